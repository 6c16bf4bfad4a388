package adapter

import (
	"bytes"
	"html/template"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"wsexchange/internal/soap"
	"wsexchange/wsdl"
)

// pages are the help pages, as ASMX gives them, and the WSDL.
type pages struct {
	prefix    string
	list      []*service
	templates *template.Template
	// wsdl has the text before, between and after the two addresses.
	wsdl map[string][][]byte
}

const addressMark = "http://address.invalid/"

func newPages(list []*service, prefix string) *pages {
	p := &pages{prefix: prefix, list: list, wsdl: make(map[string][][]byte), templates: template.Must(template.New("").Parse(pageTemplates))}
	for _, s := range list {
		p.wsdl[s.contract.Name] = bytes.Split(wsdl.Render(s.contract, addressMark), []byte(addressMark))
	}
	return p
}

// page answers a GET: the list of services, a service's page, one operation's
// page, or the WSDL. Names in the query are compared without regard to letter
// case.
func (h *Handler) page(c echo.Context, s *service) error {
	query := c.Request().URL.Query()
	op, wantsOperation, wantsWSDL := "", false, false
	for key, values := range query {
		switch {
		case strings.EqualFold(key, "wsdl"):
			wantsWSDL = true
		case strings.EqualFold(key, "op") && len(values) > 0:
			op, wantsOperation = values[0], true
		}
	}
	switch {
	case s == nil:
		return h.html(c, "folder", h.list)
	case wantsWSDL:
		parts := h.pages.wsdl[s.contract.Name]
		return h.send(c, http.StatusOK, "text/xml; charset=utf-8", bytes.Join(parts, []byte(template.HTMLEscapeString(h.address(c.Request(), s)))))
	case wantsOperation:
		for name, o := range s.operations {
			if strings.EqualFold(name, op) {
				return h.html(c, "operation", h.sample(c.Request(), s, o))
			}
		}
	}
	return h.html(c, "service", s)
}

func (h *Handler) html(c echo.Context, name string, data any) error {
	var b bytes.Buffer
	if err := h.pages.templates.ExecuteTemplate(&b, name, data); err != nil {
		return err
	}
	return h.send(c, http.StatusOK, "text/html; charset=utf-8", b.Bytes())
}

// address is where the caller reaches a service: the host as he wrote it, or as
// a trusted proxy reports it.
func (h *Handler) address(r *http.Request, s *service) string {
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if trustedPeer(r.RemoteAddr, h.config.TrustedProxies) {
		if forwarded := firstOf(r.Header.Get("X-Forwarded-Proto")); forwarded == "http" || forwarded == "https" {
			scheme = forwarded
		}
		if forwarded := firstOf(r.Header.Get("X-Forwarded-Host")); forwarded != "" {
			host = forwarded
		}
	}
	if !isHost(host) {
		host = "localhost"
	}
	return scheme + "://" + host + h.config.Prefix + "/" + s.contract.Name + ".asmx"
}

func firstOf(header string) string {
	first, _, _ := strings.Cut(header, ",")
	return strings.TrimSpace(first)
}

func trustedPeer(remote string, trusted []netip.Prefix) bool {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(trusted, func(p netip.Prefix) bool {
		return p.Contains(address.Unmap().WithZone(""))
	})
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
	host := r.Host
	if !isHost(host) {
		host = "localhost"
	}
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

// Name is the name of the service, for the pages.
func (s *service) Name() string { return s.contract.Name }

// Operations are the operations in order, for the pages.
func (s *service) Operations() []wsdl.Operation { return s.contract.Operations }

const pageTemplates = `{{define "head"}}<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{{.}}</title><style>
body{font:14px Verdana,sans-serif;margin:0}h1{background:#036;color:#fff;font-size:22px;margin:0;padding:12px 24px}
div{padding:8px 24px}pre{background:#e5e5cc;padding:8px;overflow:auto}li{margin:4px 0}a{color:#369}</style></head><body>{{end}}
{{define "folder"}}{{template "head" "Web Services"}}<h1>Web Services</h1><div><ul>
{{range .}}<li><a href="{{.Name}}.asmx">{{.Name}}</a></li>
{{end}}</ul></div></body></html>{{end}}
{{define "service"}}{{template "head" (print .Name " Web Service")}}<h1>{{.Name}}</h1><div>
<p>The following operations are supported. For a formal definition, please review the <a href="{{.Name}}.asmx?WSDL">Service Description</a>.</p><ul>
{{$name := .Name}}{{range .Operations}}<li><a href="{{$name}}.asmx?op={{.Name}}">{{.Name}}</a></li>
{{end}}</ul></div></body></html>{{end}}
{{define "operation"}}{{template "head" (print .Service " Web Service")}}<h1>{{.Service}}</h1><div>
<p>Click <a href="{{.Service}}.asmx">here</a> for a complete list of operations.</p><h2>{{.Operation}}</h2>
{{range .Messages}}<h3>{{.Version}}</h3><p>The following is a sample {{.Version}} request and response. The placeholders shown need to be replaced with actual values.</p>
<pre>{{.Request}}</pre><pre>{{.Response}}</pre>
{{end}}</div></body></html>{{end}}`
