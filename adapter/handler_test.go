package adapter

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wsexchange/adapter/auth"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

const (
	namespace    = "http://provisioning.microsoft.com/webservices"
	testPassword = "s3cr%t"
	// basicAuth is FABRIKAM\hsadmin and testPassword, percent-encoded as the
	// panel copies them from its URL.
	basicAuth = "Basic RkFCUklLQU0lNUNoc2FkbWluOnMzY3IlMjV0"
)

// engine is a submitter that remembers what it was asked.
type engine struct {
	answer  func(*mpf.Request) (*mpf.Response, error)
	request *mpf.Request
	caller  mpf.Caller
	calls   int
}

func (e *engine) Submit(ctx context.Context, r *mpf.Request) (*mpf.Response, error) {
	e.request, e.calls = r, e.calls+1
	e.caller, _ = mpf.CallerFrom(ctx)
	if e.answer != nil {
		return e.answer(r)
	}
	return echoData(r), nil
}

// echoData answers as procedures without outputs do: with the inputs.
func echoData(r *mpf.Request) *mpf.Response {
	data := xmldoc.Element("data")
	source := r.Procedure.Steps[0].Call.ExecuteData
	if source == nil {
		source = r.Data[0]
	}
	for n := range xmldoc.Elements(source) {
		xmldoc.Append(data, xmldoc.Clone(n))
	}
	return &mpf.Response{Data: data}
}

func testConfig(t testing.TB, e *engine) Config {
	t.Helper()
	gate, err := auth.New(auth.Config{
		Realm: "mpf.example",
		Authenticator: auth.AuthenticatorFunc(func(_ context.Context, pair auth.Credentials) (auth.Identity, error) {
			if pair.Login() != `FABRIKAM\hsadmin` || pair.Password.Reveal() != testPassword {
				return auth.Identity{}, auth.Refused(auth.ReasonWrongPassword)
			}
			return auth.Identity{Domain: "FABRIKAM", Username: "hsadmin"}, nil
		}),
	})
	require.NoError(t, err)
	return Config{
		Submitter: e, Gate: gate, BaseDN: ldappath.MustParseDN("DC=fabrikam,DC=com"),
		DomainControllers: []string{"dc1.fabrikam.com"},
		NewID:             func() string { return "REQUEST1" },
		Now:               func() time.Time { return time.Date(2005, 3, 1, 12, 0, 0, 0, time.UTC) },
	}
}

func newHandler(t testing.TB, config Config) *Handler {
	t.Helper()
	h, err := New(config)
	require.NoError(t, err)
	return h
}

// envelope wraps the content of a body as the panel does.
func envelope(body string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>` + body + `</soapenv:Body></soapenv:Envelope>`
}

func operationElement(name, content string) string {
	return "<" + name + ` xmlns="` + namespace + `">` + content + "</" + name + ">"
}

// post makes a request that would be let in; change may spoil it.
func post(service, body string, change ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/MPSWS/"+service+".asmx", strings.NewReader(body))
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	r.Header.Set("Authorization", basicAuth)
	for _, c := range change {
		c(r)
	}
	return r
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const (
	userPath  = "LDAP://CN=jsmith@acme.example,OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	orgPath   = "LDAP://OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	enableOne = "<ldapPath>" + userPath + "</ldapPath><preferredDomainController>dc1.fabrikam.com</preferredDomainController>"
)
