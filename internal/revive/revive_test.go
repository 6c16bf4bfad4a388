package revive_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/drift"
	"wsexchange/internal/hsphere"
	"wsexchange/internal/hsphere/hspheretest"
	"wsexchange/internal/revive"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mpf"
)

// world is an emulator, with what was submitted to it.
type world struct {
	t         *testing.T
	ctx       context.Context
	emulator  *mock.Emulator
	mu        sync.Mutex
	written   []string // procedures that change something
	intercept func(*mpf.Request) (*mpf.Response, error)
	lines     []string
	passwords string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	e, err := mock.Open(t.Context(), mock.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return &world{
		t: t, emulator: e, ctx: mpf.WithCaller(t.Context(), mpf.Caller{Trusted: true}), passwords: filepath.Join(t.TempDir(), "passwords"),
	}
}

var reads = []string{
	"Search", "GetOrganizationDomains", "GetAvailablePlans", "GetPlanDetail", "QueryResourcesByOrganization", "QueryConsumersByOrganization",
}

// Submit passes requests on, unless they are intercepted.
func (w *world) Submit(ctx context.Context, req *mpf.Request) (*mpf.Response, error) {
	w.mu.Lock()
	intercept := w.intercept
	if procedure := req.MainTarget().Procedure; !slices.Contains(reads, procedure) {
		w.written = append(w.written, procedure)
	}
	w.mu.Unlock()
	if intercept != nil {
		if answer, err := intercept(req); answer != nil || err != nil {
			return answer, err
		}
	}
	return w.emulator.Engine.Submit(ctx, req)
}

func (w *world) panel(c *hspheretest.Content) *hsphere.Panel {
	w.t.Helper()
	folder := w.t.TempDir()
	c.Write(w.t, folder)
	p, err := hsphere.Open(w.ctx, folder)
	require.NoError(w.t, err)
	return p
}

func (w *world) config() drift.Config {
	return drift.Config{Engine: w, Controller: "dc1.fabrikam.com", Parallel: 2}
}

func (w *world) run(c *hspheretest.Content) (*revive.Summary, error) {
	w.t.Helper()
	w.written, w.lines = nil, nil
	return revive.Run(w.ctx, revive.Config{
		Drift: w.config(), Passwords: w.passwords, Line: func(text string) { w.lines = append(w.lines, text) },
	}, w.panel(c))
}

// differences are what a comparison still finds.
func (w *world) differences(c *hspheretest.Content) []string {
	w.t.Helper()
	var found []string
	_, err := drift.Compare(w.ctx, w.config(), w.panel(c), func(r *drift.Result) error {
		for _, f := range r.Findings {
			found = append(found, f.String())
		}
		return nil
	})
	require.NoError(w.t, err)
	return found
}

func small() *hspheretest.Content {
	return hspheretest.Generate(hspheretest.Size{Organizations: 3, Users: 12})
}

// refuse makes an answer to requests for a procedure about something.
func refuse(procedure, about string) func(*mpf.Request) (*mpf.Response, error) {
	return func(req *mpf.Request) (*mpf.Response, error) {
		if req.MainTarget().Procedure != procedure || !strings.Contains(xmldoc.String(req.Element()), about) {
			return nil, nil
		}
		return &mpf.Response{Err: &mpf.Error{Code: mpf.AccessDenied, Description: "it is refused"}}, nil
	}
}

// The calls come in the panel's order.
func TestRun_Order(t *testing.T) {
	w := newWorld(t)
	c := hspheretest.New(hspheretest.Bases[0])
	o := c.Organization(1, "acme", "acme.example", 100)
	bob := c.User(o, "bob", "Winter-7-pass", "gold_mail")
	c.Set("he_bizuser", bob, "altrecipient", c.Contact(o, "fwd", "bob@acme.example", "bob@elsewhere.example"))
	c.Add("he_bizuser_proxy", "robert", bob)
	c.List(o, "outer", "bob@acme.example", c.List(o, "inner", nil, bob))
	c.Set("accounts", o.Account, "suspended", "2010-01-01")
	summary, err := w.run(c)
	require.NoError(t, err)
	assert.True(t, summary.Complete())
	assert.Equal(t, []string{
		"CreateBusinessOrganization", "ReallocateOrganizationMailNoMove", "ReallocateOrganizationPublic", "CreateSMTPDomain", "CreateSMTPDomain",
		"MailEnableGroup", "MailEnableGroup", "CreatePublicFolder", "CreateOrganizationAddressLists", "CreateContact", "MailEnableContact",
		"CreateBusinessUser", "ModifyUser", "CreateSMTPProxyAddress", "DisableUser", "CreateDistributionList", "CreateDistributionList", "GroupAdd", "GroupAdd",
	}, w.written)
	assert.Empty(t, w.differences(c))
	again, err := w.run(c)
	require.NoError(t, err)
	assert.Empty(t, w.written, "what is there is left alone")
	assert.Empty(t, again.Done)
}

// A run that ends in the middle, for whatever reason, is repeated.
func TestRun_IsRepeated(t *testing.T) {
	for name, fail := range map[string]func(w *world, cancel func(), calls int) (*mpf.Response, error){
		"interrupted":       func(_ *world, cancel func(), _ int) (*mpf.Response, error) { cancel(); return nil, context.Canceled },
		"the engine is off": func(*world, func(), int) (*mpf.Response, error) { return nil, mpf.ErrUnreachable },
		"no answer":         func(*world, func(), int) (*mpf.Response, error) { return nil, mpf.ErrTimeout },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			all := w.ctx
			for after := 3; ; after += 17 { // each run gets a little further
				require.Less(t, after, 400)
				ctx, cancel := context.WithCancel(all)
				w.ctx = ctx
				calls := 0
				w.intercept = func(req *mpf.Request) (*mpf.Response, error) {
					w.mu.Lock()
					defer w.mu.Unlock()
					if slices.Contains(reads, req.MainTarget().Procedure) {
						return nil, nil
					}
					if calls++; calls < after {
						return nil, nil
					}
					return fail(w, cancel, calls)
				}
				summary, err := w.run(small())
				cancel()
				if err == nil {
					assert.True(t, summary.Complete())
					break
				}
				require.NotNil(t, summary)
			}
			w.ctx, w.intercept = all, nil
			assert.Empty(t, w.differences(small()))
		})
	}
}

// What fails is reported, what needs it is not tried, and all else is made.
func TestRun_Failures(t *testing.T) {
	for name, row := range map[string]struct {
		intercept       func(*mpf.Request) (*mpf.Response, error)
		failed, skipped int
		line            string
	}{
		"an organization": {refuse("CreateBusinessOrganization", ">org0002<"), 1, 19, "CreateBusinessOrganization: it is refused"},
		"a user":          {refuse("CreateBusinessUser", "user000004@"), 1, 1, "CreateBusinessUser: it is refused"},
		"a list":          {refuse("CreateDistributionList", ">empty<"), 3, 0, "CreateDistributionList: it is refused"},
		"an address":      {refuse("CreateSMTPProxyAddress", "alias.user000002@vanity"), 1, 0, "CreateSMTPProxyAddress: it is refused"},
		"a contact":       {refuse("MailEnableContact", "fwd-user000001"), 1, 0, "MailEnableContact: it is refused"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.intercept = row.intercept
			summary, err := w.run(small())
			require.NoError(t, err)
			assert.False(t, summary.Complete())
			assert.Equal(t, row.failed, summary.Failed)
			assert.Equal(t, row.skipped, summary.Skipped)
			assert.Contains(t, strings.Join(w.lines, "\n"), row.line)
			w.intercept = nil
			summary, err = w.run(small())
			require.NoError(t, err)
			assert.True(t, summary.Complete())
			assert.Empty(t, w.differences(small()))
		})
	}
}

// In an installation that has something already, what differs is changed and
// nothing is removed.
func TestRun_PartialInstallation(t *testing.T) {
	w := newWorld(t)
	older := small()
	user := older.Tables["he_bizuser"][0][0].(int)
	older.Set("he_bizuser", user, "display_name", "Other")
	older.Set("he_bizuser", user, "plan_type", "base_mail")
	_, err := w.run(older)
	require.NoError(t, err)
	newer := small()
	newer.Remove("he_distribution_list", newer.Tables["he_distribution_list"][0][0].(int)) // which the directory keeps
	summary, err := w.run(newer)
	require.NoError(t, err)
	assert.True(t, summary.Complete())
	assert.Equal(t, map[drift.Object]int{drift.User: 2}, summary.Done)
	left := w.differences(newer)
	assert.Len(t, left, summary.Left)
	for _, line := range left {
		assert.True(t, strings.HasPrefix(line, "orphan"), line)
	}
	for _, procedure := range w.written {
		assert.NotContains(t, procedure, "Delete")
		assert.NotContains(t, procedure, "Remove")
	}
}

// Generated passwords go into a file that only its owner can read, before they
// are set, and nowhere else.
func TestRun_GeneratedPasswords(t *testing.T) {
	w := newWorld(t)
	summary, err := w.run(small())
	require.NoError(t, err)
	assert.Equal(t, 1, summary.Generated)
	text, err := os.ReadFile(w.passwords)
	require.NoError(t, err)
	name, password, ok := strings.Cut(strings.TrimSpace(string(text)), "\t")
	require.True(t, ok)
	assert.Equal(t, "user000011@org0003.example", name)
	_, err = w.emulator.Logon(w.ctx, name, password)
	require.NoError(t, err)
	all := strings.Join(w.lines, "\n")
	assert.Contains(t, all, name+"  (the policy refuses the panel's; it is in "+w.passwords+")")
	assert.NotContains(t, all, password)
	assert.NotContains(t, all, hspheretest.Password(1))

	w = newWorld(t)
	require.NoError(t, os.WriteFile(w.passwords, nil, 0o644))
	_, err = w.run(small())
	require.ErrorContains(t, err, "give it mode 0600")
}

func TestRun_DryRun(t *testing.T) {
	w := newWorld(t)
	summary, err := revive.Run(w.ctx, revive.Config{Drift: w.config(), DryRun: true}, w.panel(small()))
	require.NoError(t, err)
	assert.Empty(t, w.written)
	assert.Equal(t, 12, summary.Done[drift.User])
	assert.Equal(t, 2, summary.Done[drift.Reseller])
	assert.Contains(t, summary.String(), "     12  user\n")
}
