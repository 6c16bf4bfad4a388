package web_test

import (
	"cmp"
	"context"
	_ "embed" // the checks
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/journal"
	"wsexchange/mock/ledger"
	"wsexchange/mock/resource"
)

// browser is Chromium with the pages of an emulator.
type browser struct {
	*site
	ctx  context.Context
	root string
}

// chromium starts Debian's Chromium, logged on as the administrator. Without it
// the test is skipped, and fails where CI is set.
func chromium(t *testing.T) *browser {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser is started")
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") != "" {
			require.NoError(t, err, "scripts/test-needs.sh installs it")
		}
		t.Skip("there is no chromium: scripts/test-needs.sh installs it")
	}
	s := open(t)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(1280, 900), chromedp.Flag("disable-dev-shm-usage", true), chromedp.WSURLReadTimeout(time.Minute))

	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closing := chromedp.NewContext(allocated)
	t.Cleanup(closing)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	login := "Basic " + base64.StdEncoding.EncodeToString([]byte(admin+":"+adminPassword))
	require.NoError(t, chromedp.Run(ctx, network.Enable(), network.SetExtraHTTPHeaders(network.Headers{"Authorization": login})))
	return &browser{site: s, ctx: ctx, root: server.URL}
}

func (b *browser) run(t testing.TB, actions ...chromedp.Action) {
	t.Helper()
	require.NoError(t, chromedp.Run(b.ctx, actions...))
}

// text is what the page says.
func (b *browser) text(t testing.TB) (text string) {
	t.Helper()
	b.run(t, chromedp.Text("body", &text, chromedp.ByQuery))
	return text
}

func follow(text string) chromedp.Action {
	return chromedp.Click(`//a[normalize-space()="`+text+`"]`, chromedp.BySearch)
}

func press(text string) chromedp.Action {
	return chromedp.Click(`//button[normalize-space()="`+text+`"]`, chromedp.BySearch)
}

func fill(id, text string) chromedp.Action {
	return chromedp.SetValue("#"+id, text, chromedp.ByQuery)
}

// TestGuide_CreateResellerOrganizationUnit plays the guide's section of that name.
func TestGuide_CreateResellerOrganizationUnit(t *testing.T) {
	b := chromium(t)
	var container, title string
	b.run(t, chromedp.Navigate(b.root+"/MPSSampleWeb"), follow("General"), chromedp.WaitVisible(`nav.left`, chromedp.ByQuery),
		follow("Create a Reseller Organization"), chromedp.WaitVisible("#a-name", chromedp.ByQuery), chromedp.Title(&title),
		chromedp.Value("#a-container", &container, chromedp.ByQuery))
	assert.Equal(t, "Create Reseller Org", title)
	assert.Equal(t, "LDAP://OU=Hosting,DC=fabrikam,DC=com", container, "both fields of the head are empty")
	b.run(t, fill("a-name", "GuideReseller"), fill("a-description", "As the guide says"), press("Submit Request"),
		chromedp.WaitVisible("#mpsResponse", chromedp.ByQuery))
	assert.Contains(t, b.text(t), "The request succeeded")
	assert.NotNil(t, b.organization(t, "GuideReseller"))
}

// TestGuide_InitializeResourceManagement plays the guide's section of that name,
// with a store that Exchange has and nobody registered yet.
func TestGuide_InitializeResourceManagement(t *testing.T) {
	b := chromium(t)
	const name = "Mailbox Store 4 (EX1)"
	var shared string
	b.run(t, chromedp.Navigate(b.root+stores), fill("dc", "dc1.fabrikam.com"), press("Submit"),
		chromedp.WaitVisible("nav.left", chromedp.ByQuery), follow("Exchange Resource Manager"), chromedp.WaitVisible("table", chromedp.ByQuery),
		follow("Business Mailstores"), chromedp.WaitVisible("table", chromedp.ByQuery),
		chromedp.Click("section details > summary", chromedp.ByQuery), chromedp.WaitVisible("#serverName", chromedp.ByQuery),
		chromedp.Value("#shared", &shared, chromedp.ByQuery),
		fill("serverName", "EX1"), fill("storeName", name), fill("megabytes", "2000"), press("Add"), chromedp.WaitVisible("#mpsResponse", chromedp.ByQuery))
	assert.Equal(t, "1", shared)
	assert.Contains(t, b.text(t), "The request succeeded")
	added, err := b.store(t, resource.MailStore, "EX1", name)
	require.NoError(t, err)
	assert.True(t, added.Shared)
	for _, tab := range []string{"Public Stores", "OAB Servers"} {
		b.run(t, follow(tab), chromedp.WaitVisible("table", chromedp.ByQuery))
	}
}

// TestConsole_LiveInABrowser holds that a request shows in the list without
// loading it again.
func TestConsole_LiveInABrowser(t *testing.T) {
	b := chromium(t)
	b.run(t, chromedp.Navigate(b.root+"/console"), chromedp.Poll(`document.getElementById("live").textContent === "Live"`, nil))
	b.organize(t)
	b.run(t, chromedp.WaitVisible("#r2", chromedp.ByQuery))
	assert.Contains(t, b.text(t), "CreateBusinessUser")
	assert.Contains(t, b.text(t), "UTC)", "times are in the reader's zone, with UTC beside")
}

//go:embed testdata/accessible.js
var accessible string

// visited are the pages; all of them are looked at.
func (s *site) visited(t testing.TB) []string {
	t.Helper()
	s.organize(t)
	const acme = "OU%3Dacme,OU%3DReseller1,OU%3DHosting,DC%3Dfabrikam,DC%3Dcom"
	audit, err := s.Store.Audit(t.Context(), ledger.AuditQuery{Limit: 1})
	require.NoError(t, err)
	require.NotEmpty(t, audit)
	return []string{
		"/", "/MPSSampleWeb", "/MPSSampleWeb/General/CreateUser", "/MPSSampleWeb/HostedExchange/CreateBusinessOrganization", stores,
		stores + "?dc=dc1.fabrikam.com", business, business + "&server=EX1&store=Mailbox+Store+1+%28EX1%29", "/console", "/console/requests/1",
		"/console/directory?dn=" + acme, "/console/organizations", "/console/organization?dn=" + acme, "/console/resources", "/console/plans",
		"/console/queue", "/console/audit", "/console/audit/" + audit[0].TransactionID, "/console/faults", "/console/snapshots",
		"/console/difference?before=start", "/console/controllers", "/console/unlock",
	}
}

// TestPages_AreAccessible visits every page with script, on a desk and on a
// phone, light and dark: every field has a label, links and buttons have names,
// headings and landmarks are there, texts have the contrast of WCAG AA, nothing
// is wider than the window, and no policy was broken.
func TestPages_AreAccessible(t *testing.T) {
	b := chromium(t)
	pages := b.visited(t)
	for _, scheme := range []string{"light", "dark"} {
		width := map[string]int64{"light": 1280, "dark": 390}[scheme]
		b.run(t, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
			chromedp.EmulateViewport(width, 800))
		for _, path := range pages {
			var wrong []string
			b.run(t, chromedp.Navigate(b.root+path), chromedp.Evaluate(accessible, &wrong))
			assert.Empty(t, wrong, "%s, %s", path, scheme)
		}
	}
}

// TestPages_WithoutScript holds that every page is whole without script, and
// below 200 KB.
func TestPages_WithoutScript(t *testing.T) {
	s := open(t)
	for _, path := range s.visited(t) {
		w := s.send(httptest.NewRequest(http.MethodGet, path, nil))
		body := w.Body.String()
		assert.Less(t, len(body), 200<<10, path)
		assert.Contains(t, body, "</html>", path)
		assert.Equal(t, 1, strings.Count(body, "<script"), "%s: its one script is a file", path)
		assert.NotRegexp(t, `(?i)<[^>]+ (on[a-z]+|style)=`, body, path)
		assert.NotContains(t, body, "javascript:", path)
	}
	assert.NotEmpty(t, s.Journal.List(journal.Filter{}))
}

// TestScreenshots takes the pictures of docs/screenshots, and writes them there
// for make screenshots.
func TestScreenshots(t *testing.T) {
	b, folder := chromium(t), cmp.Or(os.Getenv("SCREENSHOTS"), t.TempDir())
	b.visited(t)
	for name, path := range map[string]string{
		"sample": "/MPSSampleWeb/General/CreateResellerOrganization", "resources": business, "requests": "/console", "request": "/console/requests/1",
		"organization": "/console/organization?dn=OU%3Dacme,OU%3DReseller1,OU%3DHosting,DC%3Dfabrikam,DC%3Dcom",
	} {
		var picture []byte
		b.run(t, chromedp.EmulateViewport(1280, 800), chromedp.Navigate(b.root+path), chromedp.CaptureScreenshot(&picture))
		assert.Greater(t, len(picture), 10_000, name)
		require.NoError(t, os.WriteFile(filepath.Join(folder, name+".png"), picture, 0o644))
	}
}
