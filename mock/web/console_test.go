package web_test

import (
	"bufio"
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mock/web"
	"wsexchange/mock/web/console"
)

// unlock gives the token for changes.
func (s *site) unlock(t testing.TB) {
	t.Helper()
	require.Equal(t, http.StatusSeeOther, s.post(t, "/console/unlock", "/console/unlock", "token", unlockToken).Code)
}

func TestConsole_WhyARequestFailed(t *testing.T) {
	s := open(t)
	s.organize(t)
	const form = "/MPSSampleWeb/HostedExchange/CreateBusinessUser"
	s.post(t, form, form, "container", "LDAP://OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com", "userPrincipalName", "jo@acme.example",
		"preferredDomainController", "dc1.fabrikam.com", "isAdmin", "0", "newPassword", "An0ther-Passw0rd")
	list := s.get(t, "/console?procedure=CreateBusinessUser&code=0x80072035")
	link := regexp.MustCompile(`href="(/console/requests/\d+)"`).FindAllStringSubmatch(s.get(t, "/console"), -1)
	require.Len(t, link, 3, "the newest first")
	assert.NotContains(t, textOf(list), "CreateBusinessOrganization", "filtered by the journal's words")
	body := s.get(t, link[0][1])
	text := textOf(body)
	assert.Contains(t, text, "In the way")
	assert.Contains(t, text, "CN=jo@acme.example,OU=acme", "the holder of the name")
	assert.Regexp(t, `E-[A-Z-]+`, text, "the rule")
	assert.NotContains(t, body, "An0ther-Passw0rd")
	assert.Contains(t, body, "/console/faults?", "make a fault of this")
	done := textOf(s.get(t, link[1][1]))
	assert.Contains(t, done, "created CN=jo@acme.example,OU=acme")
	assert.Regexp(t, `1\. Hosted Exchange::CreateBusinessUser, .* 2\. `, done, "the tree of calls")
	assert.NotContains(t, done, "Jo-s-Passw0rd")
}

func TestConsole_LooksAreForAdministratorsAndChangesForTheToken(t *testing.T) {
	s := open(t)
	r := httptest.NewRequest(http.MethodGet, "/console", nil)
	r.SetBasicAuth(clerk, clerkPassword)
	assert.Equal(t, http.StatusForbidden, s.send(r).Code)
	locked := s.post(t, "/console/faults", "/console/faults", "fault", "fail", "procedure", "CreateUser")
	assert.Equal(t, http.StatusForbidden, locked.Code)
	assert.Empty(t, s.Faults.List())
	assert.Equal(t, http.StatusForbidden, s.post(t, "/console/unlock", "/console/unlock", "token", "wrong").Code)
	s.unlock(t)
	s.post(t, "/console/faults", "/console/faults", "fault", "fail", "procedure", "CreateUser")
	assert.Len(t, s.Faults.List(), 1)
	s.post(t, "/console/unlock", "/console/unlock", "lock", "1")
	assert.Equal(t, http.StatusForbidden, s.post(t, "/console/faults", "/console/faults", "action", "clear").Code)

	off := open(t, func(c *web.Config) { c.Unlock = nil })
	refused := off.post(t, "/console/faults", "/console/faults", "fault", "fail")
	assert.Equal(t, http.StatusForbidden, refused.Code)
	assert.Contains(t, textOf(refused.Body.String()), "can be looked at, not changed")
}

func TestConsole_AForgedCookieUnlocksNothing(t *testing.T) {
	s := open(t)
	s.unlock(t)
	good := s.cookies[0].Value
	until, seal, _ := strings.Cut(good, ".")
	later := strconv.FormatInt(time.Now().Add(1000*time.Hour).Unix(), 10)
	for _, forged := range []string{"", ".", until + ".", later + "." + seal, "x." + seal, until + "." + strings.ToLower(seal) + "x"} {
		s.cookies[0].Value = forged
		assert.Equal(t, http.StatusForbidden, s.post(t, "/console/faults", "/console/faults", "action", "clear").Code, forged)
	}
	s.cookies[0].Value = good
	assert.Equal(t, http.StatusSeeOther, s.post(t, "/console/faults", "/console/faults", "action", "clear").Code)
}

func TestConsole_Faults(t *testing.T) {
	s := open(t)
	s.unlock(t)
	refused := s.post(t, "/console/faults", "/console/faults", "fault", "delay", "delay", "never")
	assert.Contains(t, textOf(refused.Body.String()), "is not a duration such as 250ms")
	s.post(t, "/console/faults", "/console/faults", "fault", "fail", "namespace", "Hosted Exchange", "procedure", "CreateResellerOrganization",
		"code", "0x80070005", "times", "1")
	rules := s.Faults.List()
	require.Len(t, rules, 1)
	assert.Equal(t, fault.Fail, rules[0].Action)
	const form = "/MPSSampleWeb/General/CreateResellerOrganization"
	s.post(t, form, form, "container", "LDAP://OU=Hosting,DC=fabrikam,DC=com", "name", "R2", "preferredDomainController", "dc1.fabrikam.com")
	assert.Contains(t, textOf(s.get(t, "/console/faults")),
		"namespace Hosted Exchange, procedure CreateResellerOrganization before fail 0x80070005 1 1", "seen and hit")
	s.post(t, "/console/faults", "/console/faults", "action", "remove", "id", rules[0].ID)
	assert.Empty(t, s.Faults.List())
}

func TestConsole_Snapshots(t *testing.T) {
	s := open(t)
	s.unlock(t)
	s.organize(t)
	s.post(t, "/console/snapshots", "/console/snapshots", "action", "take", "name", "with acme")
	text := textOf(s.get(t, "/console/difference?before=start&after=with+acme"))
	assert.Contains(t, text, "created OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com")
	file := s.post(t, "/console/snapshots", "/console/snapshots/state", "name", "with acme")
	require.Equal(t, http.StatusOK, file.Code)

	s.post(t, "/console/snapshots", "/console/snapshots", "action", "reset")
	assert.NotContains(t, textOf(s.get(t, "/console/organizations")), "acme")
	s.post(t, "/console/snapshots", "/console/snapshots", "action", "restore", "name", "with acme")
	assert.Contains(t, textOf(s.get(t, "/console/organizations")), "acme.example")
	s.post(t, "/console/snapshots", "/console/snapshots", "action", "restore", "name", "start")

	upload := func(token string, content []byte) int {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		part, err := form.CreateFormFile("state", "state.ndjson")
		require.NoError(t, err)
		_, err = part.Write(content)
		require.NoError(t, err)
		require.NoError(t, form.Close())
		r := httptest.NewRequest(http.MethodPost, "/console/snapshots/upload?formToken="+url.QueryEscape(token), &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		return s.send(r).Code
	}
	token := formToken.FindStringSubmatch(s.get(t, "/console/snapshots"))[1]
	assert.Equal(t, http.StatusForbidden, upload("x", file.Body.Bytes()))
	assert.Equal(t, http.StatusBadRequest, upload(token, file.Body.Bytes()[:1000]))
	assert.NotContains(t, textOf(s.get(t, "/console/organizations")), "acme", "half a file changes nothing")
	assert.Equal(t, http.StatusSeeOther, upload(token, file.Body.Bytes()))
	assert.Contains(t, textOf(s.get(t, "/console/organizations")), "acme.example")
}

func TestConsole_DirectoryAndOrganizations(t *testing.T) {
	s := open(t)
	s.organize(t)
	const jo = "CN=jo@acme.example,OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	text := textOf(s.get(t, "/console/directory?dn="+url.QueryEscape(jo)))
	assert.Contains(t, text, "userPrincipalName jo@acme.example")
	assert.Contains(t, text, "Objects with a link to it member of", "links of the other direction")
	assert.Contains(t, text, "dc1.fabrikam.com ✓ as it is")
	assert.Contains(t, text, "Hosted Exchange::CreateBusinessUser", "who wrote it")
	found := textOf(s.get(t, "/console/directory?filter="+url.QueryEscape("(mail=jo@acme.example)")))
	assert.Contains(t, found, "Found below CN=jo@acme.example user")
	assert.Contains(t, textOf(s.get(t, "/console/directory?filter=("+"mail")), "Filter:", "what cannot be read is told")
	assert.Equal(t, http.StatusNotFound, s.send(httptest.NewRequest(http.MethodGet, "/console/directory?dn=CN=no,DC=fabrikam,DC=com", nil)).Code)

	org := textOf(s.get(t, "/console/organization?dn="+url.QueryEscape("LDAP://OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com")))
	for _, part := range []string{"acme.example PrimaryDomain", "GoldMail", "jo@acme.example", "Mailbox Store 1 (EX1)", "of 100000 KB used"} {
		assert.Contains(t, org, part)
	}
	assert.Contains(t, textOf(s.get(t, "/console/resources")), "Mailbox Store 1 (EX1)")
	assert.Contains(t, textOf(s.get(t, "/console/plans")), "MailboxSize 20000")
	audit := s.get(t, "/console/audit?procedure=CreateBusinessUser")
	assert.Contains(t, textOf(audit), "Hosted Exchange::CreateBusinessUser")
	row := regexp.MustCompile(`href="(/console/audit/[^"]+)"`).FindStringSubmatch(audit)
	require.NotNil(t, row)
	assert.NotContains(t, s.get(t, row[1]), "Jo-s-Passw0rd")
	assert.Contains(t, textOf(s.get(t, "/console/queue")), "0 queued requests")
	assert.Contains(t, textOf(s.get(t, "/console/controllers")), "dc1.fabrikam.com")
}

func TestConsole_Controllers(t *testing.T) {
	s := open(t)
	s.unlock(t)
	s.post(t, "/console/controllers", "/console/controllers", "action", "delays", "delay0", "90s")
	assert.Equal(t, 90*time.Second, s.Engine.Replication().To("dc1.fabrikam.com"))
	assert.Equal(t, http.StatusBadRequest, s.post(t, "/console/controllers", "/console/controllers", "action", "delays", "delay0", "-1s").Code)
	assert.Equal(t, http.StatusSeeOther, s.post(t, "/console/controllers", "/console/controllers", "action", "replicate").Code)
}

func TestConsole_RunAgain(t *testing.T) {
	s := open(t)
	s.unlock(t)
	s.organize(t)
	page := "/console/requests/1"
	request := s.Journal.List(journal.Filter{})[0].Request
	again := s.post(t, page, page, "request", strings.ReplaceAll(strings.ReplaceAll(request, "acme.example", "b.example"), ">acme<", ">bcme<"))
	assert.Contains(t, textOf(again.Body.String()), "The request succeeded")
	assert.Equal(t, http.StatusBadRequest, s.post(t, page, page, "request", "<request>").Code)
	assert.Contains(t, textOf(s.get(t, "/console/organizations")), "bcme")
}

func TestConsole_RequestsAreLive(t *testing.T) {
	s := open(t)
	server := httptest.NewServer(s)
	defer server.Close()
	events := regexp.MustCompile(`data-events="([^"]+)"`).FindStringSubmatch(s.get(t, "/console"))
	require.NotNil(t, events)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+strings.ReplaceAll(events[1], "&amp;", "&"), nil)
	require.NoError(t, err)
	req.SetBasicAuth(admin, adminPassword)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	assert.Equal(t, "text/event-stream", resp.Header.Get("Content-Type"))
	const form = "/MPSSampleWeb/General/CreateResellerOrganization"
	s.post(t, form, form, "container", "LDAP://OU=Hosting,DC=fabrikam,DC=com", "name", "R2", "preferredDomainController", "dc1.fabrikam.com")
	lines := bufio.NewScanner(resp.Body)
	require.True(t, lines.Scan())
	assert.Equal(t, "id: 1", lines.Text())
	require.True(t, lines.Scan())
	assert.Contains(t, lines.Text(), `data: <tr id="r1">`)
	assert.Contains(t, lines.Text(), "CreateResellerOrganization")
}

func TestConsole_WithoutAJournal(t *testing.T) {
	s := open(t)
	s.Journal, s.Faults, s.Snapshots = nil, nil, nil
	assert.Contains(t, textOf(s.get(t, "/console")), "keeps no journal")
	assert.Equal(t, http.StatusNotFound, s.send(httptest.NewRequest(http.MethodGet, "/console/faults", nil)).Code)
}

func TestConsole_Gateway(t *testing.T) {
	s := open(t, func(c *web.Config) {
		c.Status = func(context.Context) console.Status {
			return console.Status{
				Stations: []console.Station{{Name: "Gateway", Text: "4 services"}, {Name: "Ledger", Err: context.DeadlineExceeded}},
				Facts:    []console.Fact{{Name: "Version", Value: "1.2.3"}},
			}
		}
	})
	text := textOf(s.get(t, "/console/gateway"))
	assert.Contains(t, text, "Gateway 4 services ✓ well → Ledger ✗ context deadline exceeded")
	assert.Contains(t, text, "Version 1.2.3")
	assert.Contains(t, text, "Requests a second")
	assert.NotContains(t, textOf(open(t).get(t, "/console")), "Gateway")
}
