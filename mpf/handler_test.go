package mpf_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/soap"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// door serves a Submitter that answers with what it was asked.
func door() http.Handler {
	return mpf.NewHandler(mpf.SubmitterFunc(func(_ context.Context, req *mpf.Request) (*mpf.Response, error) {
		data := xmldoc.Element("data", xmldoc.TextElement("target", req.Target.String()))
		return &mpf.Response{Data: xmldoc.Append(data, req.Element())}, nil
	}), mpf.HandlerConfig{Limits: xmldoc.Limits{Bytes: 2000}})
}

func post(t testing.TB, message string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, mpf.DoorPath, strings.NewReader(message))
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	door().ServeHTTP(w, r)
	assert.Equal(t, strconv.Itoa(w.Body.Len()), w.Header().Get("Content-Length"))
	return w
}

func message(header, body string) string {
	return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>` + header + `</s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
}

func TestHandler_ReadsTheHeaderInEveryForm(t *testing.T) {
	const asked = `<target>Test Namespace::Echo</target><request><data><a/></data></request>`
	const body = `<request><data><a/></data></request>`
	for name, text := range map[string]string{
		"elements":                     message(`<provisioning><namespace>Test Namespace</namespace><procedure>Echo</procedure></provisioning>`, body),
		"elements of a namespace":      message(`<p:provisioning xmlns:p="urn:x" s:mustUnderstand="1"><p:namespace>Test Namespace</p:namespace><p:procedure>Echo</p:procedure></p:provisioning>`, body),
		"attributes":                   message(`<provisioning namespace="Test Namespace" procedure="Echo"/>`, body),
		"a path beside it":             message(`<path s:mustUnderstand="1"><rev><via/></rev><id>1</id></path><provisioning namespace="Test Namespace" procedure="Echo"/>`, body),
		"the schema's namespace":       message(`<provisioning namespace="Test Namespace" procedure="Echo"/>`, `<request xmlns="http://maps/specs/prov.xml"><data><a/></data></request>`),
		"data alone":                   message(`<provisioning namespace="Test Namespace" procedure="Echo"/>`, `<data><a/></data>`),
		"another header, not for us":   message(`<x s:mustUnderstand="1" s:actor="urn:y"/><provisioning namespace="Test Namespace" procedure="Echo"/>`, body),
		"another header, not required": message(`<x/><provisioning namespace="Test Namespace" procedure="Echo"/>`, body),
	} {
		t.Run(name, func(t *testing.T) {
			w := post(t, text)
			assert.Equal(t, http.StatusOK, w.Code)
			assert.Equal(t, "text/xml; charset=utf-8", w.Header().Get("Content-Type"))
			assert.Equal(t, string(soap.AppendEnd(append(soap.AppendStart(nil, soap.V11), "<response><data>"+asked+"</data></response>"...))), w.Body.String())
		})
	}
	w := post(t, message(`<provisioning trusted="1"/>`, `<request><procedure/></request>`))
	assert.Contains(t, w.Body.String(), "<target>::</target><request><procedure/></request>")
}

func TestHandler_Faults(t *testing.T) {
	const header = `<provisioning namespace="N" procedure="P"/>`
	for name, row := range map[string]struct{ text, code, want string }{
		"not XML":                {"hello", "Client", "text outside the root element"},
		"empty":                  {"", "Client", "there is no root element"},
		"no envelope":            {"<request/>", "Client", "not a SOAP Envelope"},
		"no header":              {message("", "<request/>"), "Client", "The header 'provisioning' is missing"},
		"no header, bad body":    {message("", "<x/>"), "Client", "The header 'provisioning' is missing"},
		"two headers":            {message(header+header, "<request/>"), "Client", "The header 'provisioning' is given more than once."},
		"no namespace":           {message(`<provisioning procedure="P"/>`, "<request/>"), "Client", "The header 'provisioning' has no 'namespace'."},
		"no procedure":           {message(`<provisioning namespace="N"/>`, "<request/>"), "Client", "The header 'provisioning' has no 'procedure'."},
		"nothing in it":          {message(`<provisioning/>`, "<request/>"), "Client", "The header 'provisioning' has no 'namespace'."},
		"trusted with procedure": {message(`<provisioning trusted="1" namespace="N" procedure="P"/>`, "<request/>"), "Client", "A trusted request names no procedure"},
		"unknown header":         {message(header+`<x s:mustUnderstand="1"/>`, "<request/>"), "MustUnderstand", "SOAP header x was not understood."},
		"SOAP 1.2":               {strings.Replace(message(header, "<request/>"), "http://schemas.xmlsoap.org/soap/envelope/", soap.Namespace12, 1), "VersionMismatch", "speaks SOAP 1.1"},
		"too long":               {message(header, "<request><data>"+strings.Repeat("x", 2000)+"</data></request>"), "Client", `limit "bytes" is 2000`},
		"document type":          {"<!DOCTYPE a>" + message(header, "<request/>"), "Client", "document type declarations are not allowed"},
		"two bodies":             {message(header, "<request/><request/>"), "Client", "more than one child element"},
	} {
		t.Run(name, func(t *testing.T) {
			w := post(t, row.text)
			assert.Equal(t, http.StatusInternalServerError, w.Code)
			about := strings.Contains(name, "header") || strings.Contains(row.want, "'provisioning'") || strings.Contains(name, "trusted")
			assert.Equal(t, !about, strings.Contains(w.Body.String(), "<detail />"), "only faults about headers have no detail")
			env, err := soap.ReadEnvelope(w.Body, "utf-8", xmldoc.Limits{})
			require.NoError(t, err)
			require.NotNil(t, env.Fault())
			assert.Equal(t, soap.Code(row.code), env.Fault().Code)
			assert.Contains(t, env.Fault().String, row.want)
		})
	}
}

func TestHandler_RequestsThatBreakTheSchemaAreAnswered(t *testing.T) {
	w := post(t, message(`<provisioning namespace="N" procedure="P"/>`, "<requests/>"))
	assert.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Body.String(), `<response><errorContext description="The request is not valid: the root element is 'requests', not 'request'. [E-REQUEST]" code="0x82100006" executeSeqNo="1"><errorSource namespace="Provisioning.MPFProcessController.1" procedure="SubmitRequest"/></errorContext></response>`)
}

func TestHandler_HTTP(t *testing.T) {
	for _, contentType := range []string{"", "application/soap+xml", "text/plain", "multipart/related; boundary=x"} {
		assert.Equal(t, http.StatusUnsupportedMediaType, post(t, "<a/>", "Content-Type", contentType).Code, contentType)
	}
	for _, contentType := range []string{"text/xml;charset='utf-8'", "TEXT/XML; Charset = \"utf-8\" ;", "text/xml"} {
		w := post(t, message(`<provisioning namespace="N" procedure="P"/>`, "<data><a>ü</a></data>"), "Content-Type", contentType)
		assert.Contains(t, w.Body.String(), "<a>ü</a>", contentType)
	}
	latin := `<?xml version="1.0"?>` + message(`<provisioning namespace="N" procedure="P"/>`, "<data><a>\xfc</a></data>")
	assert.Contains(t, post(t, latin, "Content-Type", "application/xml; charset=iso-8859-1").Body.String(), "<a>ü</a>")
	for method, status := range map[string]int{
		http.MethodGet: http.StatusOK, http.MethodHead: http.StatusOK, http.MethodPut: http.StatusMethodNotAllowed, http.MethodDelete: http.StatusMethodNotAllowed,
	} {
		w := httptest.NewRecorder()
		door().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, mpf.DoorPath, nil))
		assert.Equal(t, status, w.Code, method)
		assert.NotEmpty(t, w.Header().Get("Content-Length"))
		if status != http.StatusOK {
			assert.Equal(t, "GET, HEAD, POST", w.Header().Get("Allow"))
		}
	}
}

func TestHandler_SpeaksHTTP10(t *testing.T) {
	server := httptest.NewServer(door())
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	text := message(`<provisioning namespace="N" procedure="P"/>`, "<request/>")
	_, err = io.WriteString(conn, "POST /mpf/soapisapi.dll HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: "+strconv.Itoa(len(text))+"\r\n\r\n"+text)
	require.NoError(t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Empty(t, resp.TransferEncoding)
	assert.EqualValues(t, len(body), resp.ContentLength)
	assert.Contains(t, string(body), "N::P")
}

func TestHandler_RequestThatBreaksOff(t *testing.T) {
	server := httptest.NewServer(door())
	t.Cleanup(server.Close)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 500\r\n\r\n<a>")
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusBadRequest, resp.StatusCode)
	require.NoError(t, conn.Close())
}

// FuzzHandler holds that the door answers every message with an envelope.
func FuzzHandler(f *testing.F) {
	f.Add(message(`<provisioning namespace="N" procedure="P"/>`, "<request/>"), "utf-8")
	f.Add(message(`<provisioning trusted="1"/>`, full), "")
	f.Add(message(`<provisioning><namespace>N</namespace><procedure>P</procedure></provisioning>`, "<data/>"), "iso-8859-1")
	f.Add("<a", "x")
	f.Fuzz(func(t *testing.T, text, charset string) {
		w := post(t, text, "Content-Type", `text/xml; charset="`+charset+`"`)
		if w.Code == http.StatusUnsupportedMediaType {
			return
		}
		env, err := soap.ReadEnvelope(w.Body, "utf-8", xmldoc.Limits{Bytes: 1 << 20})
		require.NoError(t, err)
		if w.Code == http.StatusInternalServerError {
			require.NotNil(t, env.Fault())
			return
		}
		require.Equal(t, http.StatusOK, w.Code)
		_, err = mpf.ParseResponse(env.Body)
		require.NoError(t, err)
	})
}

// answering is a transport that gives one answer to everything.
type answering string

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	_ = r.Body.Close()
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/xml"}}, Body: io.NopCloser(strings.NewReader(string(a))), Request: r,
	}, nil
}

// FuzzClients holds that every answer gives a response or an error of the
// vocabulary.
func FuzzClients(f *testing.F) {
	f.Add(enveloped(failed))
	f.Add(enveloped(`<e:Fault><faultcode>e:Server</faultcode><faultstring>x</faultstring><detail><outcome xmlns="http://maps/specs/prov.xml" name="timeout"/></detail></e:Fault>`))
	f.Add(enveloped(`<SubmitMpsRequestResponse xmlns="u"><SubmitMpsRequestResult>` + failed + `</SubmitMpsRequestResult><errorReturn>x (0x80070057)</errorReturn></SubmitMpsRequestResponse>`))
	f.Fuzz(func(t *testing.T, text string) {
		config := mpf.ClientConfig{URL: "http://mpf.example/", HTTPClient: &http.Client{Transport: answering(text)}}
		door, err := mpf.NewClient(config)
		require.NoError(t, err)
		service, err := mpf.NewServiceClient(config)
		require.NoError(t, err)
		for _, s := range []mpf.Submitter{door, service} {
			resp, err := s.Submit(t.Context(), mpf.Simple(echo, nil))
			require.NotEqual(t, resp == nil, err == nil)
			if err == nil {
				_ = xmldoc.String(resp.Element())
			}
		}
	})
}
