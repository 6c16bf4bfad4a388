package web_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"wsexchange/internal/secret"
	"wsexchange/mock"
	"wsexchange/mock/engine"
	"wsexchange/mock/journal"
	"wsexchange/mock/seed"
	"wsexchange/mock/web"
	"wsexchange/mock/web/page"
)

const (
	admin, adminPassword = `FABRIKAM\hsadmin`, "s3cr%t"
	clerk, clerkPassword = `FABRIKAM\clerk`, "No-r1ghts-at-all"
	unlockToken          = "only for the tests of the pages"
)

// site is an emulator with its pages.
type site struct {
	*mock.Emulator
	http.Handler
	cookies []*http.Cookie
}

// open starts an emulator with the demo data, and an account without rights.
func open(t testing.TB, change ...func(*web.Config)) *site {
	t.Helper()
	content := *seed.Demo()
	content.Accounts = append(content.Accounts, seed.Account{Name: "clerk", Password: clerkPassword})
	e, err := mock.Open(t.Context(), mock.Config{Seed: &content, Testing: &mock.Testing{Journal: journal.Config{}}, Audit: engine.AuditAll})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	cfg := web.Config{
		Settings: web.Settings{Enabled: true, TopLevel: []string{".com", ".net"}}, Emulator: e, Admit: e.Admit,
		Unlock: []secret.String{secret.New(unlockToken)}, Addresses: []page.Link{{Text: "Engine", URL: "/mpf/soapisapi.dll"}},
	}
	for _, f := range change {
		f(&cfg)
	}
	handler, err := web.New(cfg)
	require.NoError(t, err)
	return &site{Emulator: e, Handler: handler.Beside(http.NotFoundHandler())}
}

// send sends a request as the administrator, with the cookies that were set.
func (s *site) send(r *http.Request) *httptest.ResponseRecorder {
	if _, _, given := r.BasicAuth(); !given {
		r.SetBasicAuth(admin, adminPassword)
	}
	for _, c := range s.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		s.cookies = append(slices.DeleteFunc(s.cookies, func(old *http.Cookie) bool { return old.Name == c.Name }), c)
	}
	return w
}

func (s *site) get(t testing.TB, path string) string {
	t.Helper()
	w := s.send(httptest.NewRequest(http.MethodGet, path, nil))
	require.Equal(t, http.StatusOK, w.Code, "%s: %s", path, textOf(w.Body.String()))
	return w.Body.String()
}

var formToken = regexp.MustCompile(`name="formToken" value="([^"]+)"`)

// post fills in a form of a page and sends it to an address.
func (s *site) post(t testing.TB, path, action string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	token := formToken.FindStringSubmatch(s.get(t, path))
	require.NotNil(t, token, "%s has no form", path)
	form := url.Values{page.TokenField: {token[1]}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, action, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.send(r)
}

// textOf is what a page says, in one line.
func textOf(body string) string {
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		return err.Error()
	}
	var b bytes.Buffer
	for n := range root.Descendants() {
		if n.Type == html.TextNode && strings.TrimSpace(n.Data) != "" {
			b.WriteString(strings.Join(strings.Fields(n.Data), " ") + " ")
		}
	}
	return b.String()
}

func TestPages_AskForCredentials(t *testing.T) {
	s := open(t)
	for _, path := range []string{"/MPSSampleWeb", "/mpssampleweb/General/CreateUser"} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		assert.Equal(t, http.StatusUnauthorized, w.Code, path)
		assert.Contains(t, w.Header().Get("WWW-Authenticate"), "Basic")
	}
	r := httptest.NewRequest(http.MethodGet, "/MPSSampleWeb", nil)
	r.SetBasicAuth(admin, "wrong")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	assert.Equal(t, http.StatusUnauthorized, w.Code)
}

func TestPages_Index(t *testing.T) {
	s := open(t)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil)) // nobody logs on for it
	require.Equal(t, http.StatusOK, w.Code)
	assert.Contains(t, w.Body.String(), `href="/MPSSampleWeb"`)
	assert.Contains(t, w.Body.String(), `href="/mpf/soapisapi.dll"`)
	assert.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'; script-src 'self'")
	assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))

	other := httptest.NewRecorder()
	s.ServeHTTP(other, httptest.NewRequest(http.MethodGet, "/MPSWS/HostedExchange.asmx", nil))
	assert.Equal(t, http.StatusNotFound, other.Code, "what is not a page is the program's own")
	assert.Equal(t, "404 page not found\n", other.Body.String())
}

func TestForms_OfOthersAreRefused(t *testing.T) {
	s := open(t)
	const form = "/MPSSampleWeb/General/CreateResellerOrganization"
	send := func(change func(*http.Request, url.Values)) *httptest.ResponseRecorder {
		token := formToken.FindStringSubmatch(s.get(t, form))[1]
		fields := url.Values{
			page.TokenField: {token}, "container": {"LDAP://OU=Hosting,DC=fabrikam,DC=com"}, "name": {"R9"},
			"preferredDomainController": {"dc1.fabrikam.com"},
		}
		r := httptest.NewRequest(http.MethodPost, form, nil)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		change(r, fields)
		r.Body = http.NoBody
		if len(fields) > 0 {
			with := httptest.NewRequest(http.MethodPost, form, strings.NewReader(fields.Encode()))
			with.Header = r.Header
			r = with
		}
		return s.send(r)
	}
	assert.Equal(t, http.StatusForbidden, send(func(_ *http.Request, f url.Values) { f.Del(page.TokenField) }).Code, "no token")
	assert.Equal(t, http.StatusForbidden, send(func(_ *http.Request, f url.Values) { f.Set(page.TokenField, "x") }).Code, "wrong token")
	assert.Equal(t, http.StatusForbidden, send(func(r *http.Request, _ url.Values) { r.Header.Set("Sec-Fetch-Site", "cross-site") }).Code, "another site")
	assert.Equal(t, http.StatusForbidden, send(func(r *http.Request, _ url.Values) { r.Header.Set("Origin", "http://elsewhere.example") }).Code, "another origin")
	long := send(func(_ *http.Request, f url.Values) { f.Set("description", strings.Repeat("x", 2<<20)) })
	assert.Equal(t, http.StatusRequestEntityTooLarge, long.Code)
	assert.Empty(t, s.Journal.List(journal.Filter{}), "none was carried out")
	assert.Contains(t, textOf(send(func(*http.Request, url.Values) {}).Body.String()), "The request succeeded", "the same form as it should be")
}
