package adapter

import (
	"bytes"
	"html"
	"net/http"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"wsexchange/adapter/auth"
	"wsexchange/internal/soap"
	"wsexchange/wsdl"
)

// pages are the help pages, as ASMX gives them, and the WSDL.
type pages struct {
	prefix string
	list   []*service
	// wsdl has the text before, between and after the two addresses.
	wsdl map[string]func() [][]byte
}

const addressMark = "http://address.invalid/"

func newPages(list []*service, prefix string) *pages {
	p := &pages{prefix: prefix, list: list, wsdl: make(map[string]func() [][]byte)}
	for _, s := range list {
		p.wsdl[s.contract.Name] = sync.OnceValue(func() [][]byte {
			return bytes.Split(wsdl.Render(s.contract, addressMark), []byte(addressMark))
		})
	}
	return p
}

// folder answers a GET of the folder with the list of services.
func (h *Handler) folder(c echo.Context) error { return h.html(c, folderPage(h.list)) }

// page answers a GET of a service: its page, one operation's page, the WSDL or
// the discovery document. Names in the query are compared without regard to
// letter case.
func (h *Handler) page(c echo.Context, s *service) error {
	query := c.Request().URL.Query()
	op, wantsOperation, wantsWSDL, wantsDiscovery := "", false, false, false
	for key, values := range query {
		switch {
		case strings.EqualFold(key, "wsdl"):
			wantsWSDL = true
		case strings.EqualFold(key, "disco"):
			wantsDiscovery = true
		case strings.EqualFold(key, "op") && len(values) > 0:
			op, wantsOperation = values[0], true
		}
	}
	switch {
	case wantsWSDL:
		parts := h.pages.wsdl[s.contract.Name]()
		return h.xml(c, bytes.Join(parts, []byte(html.EscapeString(h.address(c.Request(), s)))))
	case wantsDiscovery:
		return h.xml(c, discoveryOf(s.contract, h.address(c.Request(), s)))
	case wantsOperation:
		for name, o := range s.operations {
			if strings.EqualFold(name, op) {
				page := h.sample(c.Request(), s, o)
				return h.html(c, page.page())
			}
		}
	}
	return h.html(c, servicePage(s.contract))
}

func (h *Handler) html(c echo.Context, page string) error {
	return h.send(c, http.StatusOK, "text/html; charset=utf-8", []byte(page))
}

func (h *Handler) xml(c echo.Context, document []byte) error {
	return h.send(c, http.StatusOK, "text/xml; charset=utf-8", document)
}

// address is where the caller reaches a service.
func (h *Handler) address(r *http.Request, s *service) string {
	scheme, host := h.reached(r)
	return scheme + "://" + host + h.config.Prefix + "/" + s.contract.Name + ".asmx"
}

// reached tells the scheme and the host that the caller asked for: as he wrote
// them, or as a trusted proxy reports them.
func (h *Handler) reached(r *http.Request) (scheme, host string) {
	scheme, host = "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if auth.FromProxy(r, h.config.TrustedProxies) {
		if forwarded := strings.ToLower(firstOf(r.Header.Get("X-Forwarded-Proto"))); forwarded == "http" || forwarded == "https" {
			scheme = forwarded
		}
		if forwarded := firstOf(r.Header.Get("X-Forwarded-Host")); forwarded != "" {
			host = forwarded
		}
	}
	if !isHost(host) {
		host = "localhost"
	}
	return scheme, host
}

func firstOf(header string) string {
	first, _, _ := strings.Cut(header, ",")
	return strings.TrimSpace(first)
}

// isHost keeps out of our documents what is no host name: clients choose it.
func isHost(s string) bool {
	return s != "" && len(s) <= 261 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(".-_:[]", r)
	})
}

// sample is what the page of one operation shows.
type sample struct {
	Service, Operation string
	Messages           []sampleMessage
}

type sampleMessage struct{ Version, Request, Response string }

func (h *Handler) sample(r *http.Request, s *service, op *operation) sample {
	_, host := h.reached(r)
	path := h.config.Prefix + "/" + s.contract.Name + ".asmx"
	page := sample{Service: s.contract.Name, Operation: op.contract.Name}
	for _, v := range []soap.Version{soap.V11, soap.V12} {
		action := ""
		if v == soap.V11 {
			action = "SOAPAction: \"" + op.contract.SOAPAction() + "\"\n"
		}
		request := sampleEnvelope(v, op.contract.Name, op.contract.Parameters)
		result := []wsdl.Parameter{{Name: op.contract.ResultName(), Type: op.contract.Result}}
		if op.contract.ErrorReturn {
			result = append(result, wsdl.Parameter{Name: wsdl.ErrorReturn, Type: wsdl.String})
		}
		page.Messages = append(page.Messages, sampleMessage{
			Version: v.String(),
			Request: "POST " + path + " HTTP/1.1\nHost: " + host + "\nContent-Type: " + v.ContentType() +
				"\nContent-Length: length\n" + action + "\n" + request,
			Response: "HTTP/1.1 200 OK\nContent-Type: " + v.ContentType() + "\nContent-Length: length\n\n" +
				sampleEnvelope(v, op.contract.ResponseName(), result),
		})
	}
	return page
}

func sampleEnvelope(v soap.Version, element string, content []wsdl.Parameter) string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<soap:Envelope xmlns:soap=\"" + v.Namespace() + "\">\n  <soap:Body>\n")
	b.WriteString("    <" + element + " xmlns=\"" + wsdl.Namespace + "\">\n")
	for _, p := range content {
		value := p.Type.String()
		if p.Type == wsdl.XML {
			value = "xml"
		}
		b.WriteString("      <" + p.Name + ">" + value + "</" + p.Name + ">\n")
	}
	b.WriteString("    </" + element + ">\n  </soap:Body>\n</soap:Envelope>")
	return b.String()
}
