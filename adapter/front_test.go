package adapter

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/wsdl"
)

func TestHandler_ADoubledSlashIsOne(t *testing.T) {
	config := testConfig(t, &engine{})
	config.Prefix = "/web//MPSWS/"
	for prefix, h := range map[string]*Handler{"/": newHandler(t, testConfig(t, &engine{})), "/web/": newHandler(t, config)} {
		for _, path := range []string{"MPSWS/HostedExchange.asmx", "MPSWS//HostedExchange.asmx", "/MPSWS///HostedExchange.asmx"} {
			r := post("HostedExchange", envelope(operationElement("EnableUser", enableOne)))
			r.URL.Path = prefix + path
			assert.Equal(t, http.StatusOK, serve(h, r).Code, prefix+path)
			for _, query := range []string{"", "wsdl", "disco", "op=EnableUser"} {
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				r.URL.Path, r.URL.RawQuery = prefix+path, query
				assert.Equal(t, http.StatusOK, serve(h, r).Code, prefix+path+"?"+query)
			}
		}
	}
}

func TestCall_ContentTypesThatASMXTakes(t *testing.T) {
	const action = namespace + "/EnableUser"
	h := newHandler(t, testConfig(t, &engine{}))
	message := envelope(operationElement("EnableUser", enableOne))
	for _, contentType := range []string{
		"text/xml;charset='utf-8'", `text/xml; charset="utf-8"`, "TEXT/XML ; Charset = utf-8 ;", "text/xml;charset=' utf-8 '",
		"application/soap+xml; charset='utf-8'; action='" + action + "'", "application/soap+xml; action=" + action,
	} {
		w := serve(h, post("HostedExchange", message, header("Content-Type", contentType)))
		assert.Equal(t, http.StatusOK, w.Code, "%s: %s", contentType, w.Body)
	}
	w := serve(h, post("HostedExchange", message, header("Content-Type", "application/soap+xml; action='"+namespace+"/DisableUser'")))
	assert.Contains(t, w.Body.String(), "did not recognize the value of HTTP Header SOAPAction", "an action in single quotes counts")
	w = serve(h, post("HostedExchange", message, header("Content-Type", "text/xml; charset='klingon'")))
	assert.Contains(t, w.Body.String(), "klingon")
}

func TestDiscovery(t *testing.T) {
	h := newHandler(t, testConfig(t, &engine{}))
	get := func(target string) (string, *xmldoc.Node) {
		w := serve(h, httptest.NewRequest(http.MethodGet, target, nil))
		require.Equal(t, http.StatusOK, w.Code, target)
		if w.Header().Get("Content-Type") != "text/xml; charset=utf-8" {
			return w.Body.String(), nil
		}
		root, err := xmldoc.ParseString(w.Body.String(), xmldoc.Limits{})
		require.NoError(t, err)
		return w.Body.String(), root
	}
	_, folder := get("http://mpf.example/MPSWS/Default.disco")
	isDiscovery := func(root *xmldoc.Node) {
		require.NotNil(t, root)
		assert.Equal(t, "discovery", root.Data)
		assert.Equal(t, "http://schemas.xmlsoap.org/disco/", root.NamespaceURI)
	}
	isDiscovery(folder)
	listed := 0
	for n := range xmldoc.Elements(folder) {
		assert.Equal(t, "contractRef", n.Data)
		listed++
	}
	assert.Equal(t, len(wsdl.Services()), listed)
	for _, s := range wsdl.Services() {
		address := "http://mpf.example/MPSWS/" + s.Name + ".asmx"
		page, _ := get(address)
		assert.Contains(t, page, `<html><head><link rel="alternate" type="text/xml" href="`+s.Name+`.asmx?disco" />`)
		text, root := get(address + "?DISCO")
		isDiscovery(root)
		contract := xmldoc.Child(root, "contractRef")
		require.NotNil(t, contract)
		assert.Equal(t, "http://schemas.xmlsoap.org/disco/scl/", contract.NamespaceURI)
		reference, _ := xmldoc.Attr(contract, "ref")
		assert.Equal(t, address+"?wsdl", reference)
		described, _ := get(reference)
		for i, binding := range s.Bindings() {
			assert.Contains(t, described, `<wsdl:binding name="`+binding+`"`)
			assert.Contains(t, text, `address="`+address+`" xmlns:q`+string(rune('1'+i))+`="`+wsdl.Namespace+`" binding="q`+string(rune('1'+i))+":"+binding+`" xmlns="http://schemas.xmlsoap.org/disco/soap/"`)
		}
		operation, _ := get(address + "?op=" + s.Operations[0].Name)
		assert.NotContains(t, operation, "?disco", "one operation's page has no document of its own")
	}

	closed := testConfig(t, &engine{})
	closed.ClosedPages = true
	for _, target := range []string{"/MPSWS/default.disco", "/MPSWS/HostedExchange.asmx?disco"} {
		assert.Equal(t, http.StatusUnauthorized, serve(newHandler(t, closed), httptest.NewRequest(http.MethodGet, target, nil)).Code)
	}
	assert.Equal(t, http.StatusMethodNotAllowed, serve(h, httptest.NewRequest(http.MethodPost, "/MPSWS/default.disco", nil)).Code)
}

// late is a body whose connection was given up.
type late struct{}

func (late) Read([]byte) (int, error) { return 0, fmt.Errorf("read tcp: %w", os.ErrDeadlineExceeded) }

func TestCall_AMessageThatIsLate(t *testing.T) {
	e := &engine{}
	r := post("HostedExchange", "")
	r.Body, r.ContentLength = io.NopCloser(late{}), 1000
	w := serve(newHandler(t, testConfig(t, e)), r)
	assert.Equal(t, http.StatusInternalServerError, w.Code)
	assert.Contains(t, w.Body.String(), "<faultcode>soap:Client</faultcode>")
	assert.Contains(t, w.Body.String(), "The message did not arrive in time.")
	assert.Zero(t, e.calls)
}
