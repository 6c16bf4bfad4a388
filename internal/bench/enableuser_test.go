package bench

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"wsexchange/adapter"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

const (
	path    = "LDAP://CN=jsmith@acme.example,OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	message = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><EnableUser xmlns="http://provisioning.microsoft.com/webservices"><ldapPath>` + path + `</ldapPath><preferredDomainController>dc1.fabrikam.com</preferredDomainController></EnableUser></soapenv:Body></soapenv:Envelope>`
)

// instant answers at once, always the same.
func instant() mpf.Submitter {
	data := xmldoc.Element("data", xmldoc.TextElement("path", path), xmldoc.TextElement("preferredDomainController", "dc1.fabrikam.com"))
	return mpf.SubmitterFunc(func(context.Context, *mpf.Request) (*mpf.Response, error) {
		return &mpf.Response{Data: data}, nil
	})
}

// plain reads and answers with encoding/xml and nothing else.
func plain(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Body struct {
			EnableUser struct {
				LDAPPath                  string `xml:"ldapPath"`
				PreferredDomainController string `xml:"preferredDomainController"`
			} `xml:"http://provisioning.microsoft.com/webservices EnableUser"`
		} `xml:"http://schemas.xmlsoap.org/soap/envelope/ Body"`
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = xml.Unmarshal(body, &in)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var result, out bytes.Buffer
	result.WriteString("<response><data><path>")
	_ = xml.EscapeText(&result, []byte(in.Body.EnableUser.LDAPPath))
	result.WriteString("</path><preferredDomainController>")
	_ = xml.EscapeText(&result, []byte(in.Body.EnableUser.PreferredDomainController))
	result.WriteString("</preferredDomainController></data></response>")
	out.WriteString(`<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><EnableUserResponse xmlns="http://provisioning.microsoft.com/webservices"><EnableUserResult>`)
	_ = xml.EscapeText(&out, result.Bytes())
	out.WriteString(`</EnableUserResult></EnableUserResponse></soap:Body></soap:Envelope>`)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	_, _ = w.Write(out.Bytes())
}

func gateway(tb testing.TB) http.Handler {
	tb.Helper()
	h, err := adapter.New(adapter.Config{
		Submitter: instant(), BaseDN: ldappath.MustParseDN("DC=fabrikam,DC=com"),
		Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)), Registerer: prometheus.NewRegistry(),
	})
	require.NoError(tb, err)
	return h
}

// handlers are compared by the benchmarks, alone and behind a real server.
func handlers(tb testing.TB) map[string]http.Handler {
	return map[string]http.Handler{"gateway": gateway(tb), "plain": http.HandlerFunc(plain)}
}

func newRequest() *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/MPSWS/HostedExchange.asmx", bytes.NewReader([]byte(message)))
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	r.Header.Set("SOAPAction", `"http://provisioning.microsoft.com/webservices/EnableUser"`)
	return r
}

// The two do the same work, else comparing them would mean nothing.
func TestHandlersGiveTheSameAnswer(t *testing.T) {
	results := map[string]string{}
	for name, h := range handlers(t) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, newRequest())
		require.Equal(t, http.StatusOK, w.Code, w.Body.String())
		root, err := xmldoc.ParseBytes(w.Body.Bytes(), xmldoc.Limits{})
		require.NoError(t, err)
		results[name] = xmldoc.Text(xmldoc.Path(root, "Body", "EnableUserResponse", "EnableUserResult"))
	}
	require.NotEmpty(t, results["plain"])
	require.Equal(t, results["plain"], results["gateway"])
}

// BenchmarkEnableUser times the handlers alone.
func BenchmarkEnableUser(b *testing.B) {
	for name, h := range handlers(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, newRequest())
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

// BenchmarkEnableUserServed times whole calls over a connection that is kept.
func BenchmarkEnableUserServed(b *testing.B) {
	for name, h := range handlers(b) {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(h)
			defer server.Close()
			client := server.Client()
			b.ReportAllocs()
			for b.Loop() {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+"/MPSWS/HostedExchange.asmx", bytes.NewReader([]byte(message)))
				if err != nil {
					b.Fatal(err)
				}
				r.Header.Set("Content-Type", "text/xml; charset=utf-8")
				response, err := client.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		})
	}
}
