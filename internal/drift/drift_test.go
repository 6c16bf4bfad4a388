package drift_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/drift"
	"wsexchange/internal/hsphere"
	"wsexchange/internal/hsphere/hspheretest"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/revive"
	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mock/seed"
	"wsexchange/mpf"
)

const (
	controller = "dc1.fabrikam.com"
	orgPath    = "LDAP://OU=org0001,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	firstUser  = "LDAP://CN=user000001@org0001.example,OU=org0001,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
)

// within is the path of an object of org0001.
func within(name string) string {
	return "LDAP://" + name + "," + strings.TrimPrefix(orgPath, "LDAP://")
}

// world is a panel, and an emulator that was built from it.
type world struct {
	t        *testing.T
	ctx      context.Context
	emulator *mock.Emulator
	cfg      drift.Config
}

// small is the content that worlds begin with: org0001 has user000001 to 000004,
// user000001 forwards and user000002 has further addresses.
func small() *hspheretest.Content {
	return hspheretest.Generate(hspheretest.Size{Organizations: 3, Users: 12})
}

func newWorld(t *testing.T) *world {
	t.Helper()
	e, err := mock.Open(t.Context(), mock.Config{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	w := &world{t: t, emulator: e, ctx: mpf.WithCaller(t.Context(), mpf.Caller{Trusted: true})}
	w.cfg = drift.Config{Engine: e.Engine, Controller: controller}
	return w
}

// revive builds what a content says.
func (w *world) revive(c *hspheretest.Content) *revive.Summary {
	w.t.Helper()
	p := w.open(c)
	summary, err := revive.Run(w.ctx, revive.Config{Drift: w.cfg, Passwords: w.t.TempDir() + "/passwords", Line: func(text string) {
		if strings.HasPrefix(text, "FAILED") {
			w.t.Log(text)
		}
	}}, p)
	require.NoError(w.t, err)
	return summary
}

func (w *world) open(c *hspheretest.Content) *hsphere.Panel {
	w.t.Helper()
	folder := w.t.TempDir()
	c.Write(w.t, folder)
	p, err := hsphere.Open(w.ctx, folder)
	require.NoError(w.t, err)
	return p
}

// compared is what a comparison found.
type compared struct {
	findings []drift.Finding
	problems []drift.Problem
	summary  *drift.Summary
}

func (w *world) compare(c *hspheretest.Content) compared {
	w.t.Helper()
	var found compared
	var err error
	found.summary, err = drift.Compare(w.ctx, w.cfg, w.open(c), func(r *drift.Result) error {
		found.findings = append(found.findings, r.Findings...)
		found.problems = append(found.problems, r.Problems...)
		return nil
	})
	require.NoError(w.t, err)
	return found
}

// lines are findings in short: kind, object, and what differs, with its values,
// of names their beginning.
func (c compared) lines() []string {
	var all []string
	for _, f := range c.findings {
		line := fmt.Sprintf("%s %s", f.Kind, f.Object)
		if f.Name != "" {
			name, _, _ := strings.Cut(f.Name, ",")
			line += " " + name
		}
		if f.Field != "" {
			panel, _, _ := strings.Cut(f.Panel, ",OU=")
			directory, _, _ := strings.Cut(f.Directory, ",OU=")
			line += fmt.Sprintf(" %s: %s | %s", f.Field, panel, directory)
		}
		all = append(all, line)
	}
	return all
}

// mend submits all calls of the findings.
func (w *world) mend(found compared) {
	w.t.Helper()
	for _, f := range found.findings {
		for _, c := range f.Calls {
			response, err := w.emulator.Engine.Submit(w.ctx, c.Request())
			require.NoError(w.t, err)
			if response.Err != nil && !c.Optional {
				w.t.Errorf("%s: %s: %s", f.String(), c.Target, response.Err)
			}
		}
	}
}

// do submits a call of a procedure, whose arguments are XML.
func (w *world) do(namespace, procedure, arguments string) {
	w.t.Helper()
	arguments += "<preferredDomainController>" + controller + "</preferredDomainController>"
	data, err := xmldoc.ParseString("<executeData>"+arguments+"</executeData>", xmldoc.Limits{})
	require.NoError(w.t, err)
	response, err := w.emulator.Engine.Submit(w.ctx, &mpf.Request{
		Procedure: mpf.OneCall(mpf.Target{Namespace: namespace, Procedure: procedure}, mpf.On, data),
	})
	require.NoError(w.t, err)
	if response.Err != nil {
		w.t.Fatalf("%s: %s", procedure, response.Err)
	}
}

const (
	hosted  = "Hosted Exchange"
	managed = "Managed Active Directory"
)

func TestCompare_EmptyDirectory(t *testing.T) {
	w := newWorld(t)
	found := w.compare(small())
	assert.Equal(t, map[drift.Object]int{
		drift.Reseller: 2, drift.Organization: 3, drift.User: 12, drift.Domain: 6, drift.Contact: 3, drift.List: 9, drift.Member: 21,
		drift.PublicFolder: 3, drift.AddressLists: 3,
	}, found.summary.Findings[drift.Ghost])
	assert.Equal(t, 3, found.summary.Organizations)
	assert.Equal(t, 12, found.summary.Users)
	assert.Empty(t, found.problems)
}

// Whatever changes on the panel's side is found, and the calls of what is found
// make the directory follow.
func TestCompare_ThePanelChanges(t *testing.T) {
	w := newWorld(t)
	require.True(t, w.revive(small()).Complete())
	require.Empty(t, w.compare(small()).lines())
	organization := func(c *hspheretest.Content) int { return c.Tables["he_bizorg"][0][0].(int) }
	user := func(c *hspheretest.Content, n int) int { return c.Tables["he_bizuser"][n-1][0].(int) }
	domain := func(c *hspheretest.Content, n int) int { return c.Tables["he_smtpdomain"][n-1][0].(int) }
	list := func(c *hspheretest.Content, n int) int { return c.Tables["he_distribution_list"][n-1][0].(int) }
	set := func(table, column string, value any, id func(*hspheretest.Content) int) func(*hspheretest.Content) {
		return func(c *hspheretest.Content) { c.Set(table, id(c), column, value) }
	}
	first := func(table string, row int) func(*hspheretest.Content) int {
		return func(c *hspheretest.Content) int { return c.Tables[table][row][0].(int) }
	}
	theUser := func(column string, value any) func(*hspheretest.Content) {
		return set("he_bizuser", column, value, first("he_bizuser", 0))
	}
	for name, row := range map[string]struct {
		change func(*hspheretest.Content)
		want   []string
		stays  bool // no call mends it wholly
	}{
		"description": {
			set("he_bizorg", "description", "New", organization),
			[]string{"difference organization description: New | Company org0001"},
			false,
		},
		"no description": {
			set("he_bizorg", "description", nil, organization),
			[]string{"difference organization description:  | Company org0001"},
			false,
		},
		"fewer plans": {
			set("he_bizorg", "available_plans", "base_mail,gold_mail,plat_mail", organization),
			[]string{"orphan available plan PlatinumPlusMail"},
			true,
		},
		"a larger share": {set("he_storequota", "size", 1000, first("he_storequota", 0)), []string{"difference mail store megabytes: 1001 | 86"}, false},
		"a smaller folder": {
			set("he_storequota", "size", 4, first("he_storequota", 1)),
			[]string{"difference public store megabytes: 5 | 6", "difference public folder /org0001 megabytes: 4 | 5"},
			true,
		},
		"a domain's kind": {
			set("he_smtpdomain", "domain_type", 3, first("he_smtpdomain", 1)),
			[]string{"difference domain mail.org0001.example kind: VanityDomain | SecondaryDomain"},
			false,
		},
		"another primary": {func(c *hspheretest.Content) {
			c.Set("he_smtpdomain", domain(c, 1), "domain_type", 2)
			c.Set("he_smtpdomain", domain(c, 2), "domain_type", 1)
		}, []string{
			"difference domain org0001.example kind: SecondaryDomain | PrimaryDomain",
			"difference domain mail.org0001.example kind: PrimaryDomain | SecondaryDomain",
		}, false},
		"a domain is gone": {
			func(c *hspheretest.Content) { c.Remove("he_smtpdomain", domain(c, 2)) },
			[]string{"orphan domain mail.org0001.example"},
			false,
		},
		"display name":  {theUser("display_name", "X"), []string{"difference user displayName: X | Display user000001"}, false},
		"initials":      {theUser("initials", "XY"), []string{"difference user initials: XY | GN"}, false},
		"street":        {theUser("street", nil), []string{"difference user street:  | 1 Main Street"}, false},
		"city":          {theUser("city", "Köln"), []string{"difference user l: Köln | Zürich"}, false},
		"state":         {theUser("state", "NW"), []string{"difference user st: NW | ZH"}, false},
		"country":       {theUser("country", "DE"), []string{"difference user c: DE | CH"}, false},
		"telephone":     {theUser("telephonenumber", "1"), []string{"difference user telephoneNumber: 1 | +1 555 0100"}, false},
		"account name":  {theUser("samaccountname", "other"), []string{"difference user sAMAccountName: other | user000001_org0001"}, false},
		"administrator": {theUser("is_admin", false), []string{"difference user administrator: false | true"}, false},
		"plan":          {theUser("plan_type", "base_mail"), []string{"difference user plan: BaseMail | a mailbox of 20000 kilobytes"}, false},
		"plan by properties": {
			theUser("plan_type", "plat_mail"),
			[]string{"difference user plan: PlatinumMail | a mailbox with msExchMailboxFolderSet '108303'"},
			false,
		},
		"forward keeps": {theUser("store_forward", true), []string{"difference user deliverAndRedirect: TRUE | FALSE"}, false},
		"no forward":    {theUser("altrecipient", 0), []string{"difference user altRecipient:  | CN=fwd-user000001"}, false},
		"suspended": {func(c *hspheretest.Content) {
			c.Set("accounts", c.Tables["accounts"][0][0].(int), "suspended", "2010-01-01")
		}, []string{
			"difference user enabled: false | true", "difference user enabled: false | true",
			"difference user enabled: false | true", "difference user enabled: false | true",
		}, false},
		"another address": {
			func(c *hspheretest.Content) { c.Add("he_bizuser_proxy", "new", user(c, 2)) },
			[]string{"difference user proxyAddresses: new@org0001.example | "},
			false,
		},
		"an address less": {
			func(c *hspheretest.Content) { c.Tables["he_bizuser_proxy"] = c.Tables["he_bizuser_proxy"][1:] },
			[]string{"difference user proxyAddresses:  | alias.user000002@org0001.example"},
			false,
		},
		"outside address": {
			set("he_contacts", "targetaddr", "x@y.example", first("he_contacts", 0)),
			[]string{"difference contact targetAddress: x@y.example | user000001@elsewhere.example"},
			false,
		},
		"contact's address": {
			set("he_contacts", "smtpaddr", "fresh@org0001.example", first("he_contacts", 0)),
			[]string{"difference contact proxyAddresses: fresh@org0001.example | user000001-2@org0001.example"},
			false,
		},
		"list's owner": {
			set("he_distribution_list", "managedby", "user000003@org0001.example", first("he_distribution_list", 0)),
			[]string{"difference list managedBy: CN=user000003@org0001.example | CN=user000001@org0001.example"},
			false,
		},
		"a member more": {
			func(c *hspheretest.Content) { c.Add("he_distribution_list_subscr", list(c, 1), user(c, 4)) },
			[]string{"ghost member CN=user000004@org0001.example"},
			false,
		},
		"members less": {
			func(c *hspheretest.Content) { c.Remove("he_distribution_list_subscr", list(c, 1)) },
			[]string{"orphan member CN=user000001@org0001.example", "orphan member CN=user000002@org0001.example"},
			false,
		},
		"a list is gone": {func(c *hspheretest.Content) { c.Remove("he_distribution_list", list(c, 3)) }, []string{"orphan list"}, false},
		"no folder": {func(c *hspheretest.Content) {
			c.Tables["parent_child"] = slices.DeleteFunc(c.Tables["parent_child"], func(r []any) bool {
				return r[2] == hspheretest.Types["public_folder"] && r[0] == c.Tables["accounts"][0][0]
			})
		}, []string{"orphan public folder /org0001"}, false},
		"the account is deleted": {func(c *hspheretest.Content) {
			c.Set("accounts", c.Tables["accounts"][0][0].(int), "deleted", "2010-01-01")
		}, []string{"orphan organization"}, false},
		"a user is gone": {func(c *hspheretest.Content) {
			c.Remove("he_bizuser", user(c, 4))
			c.Tables["he_distribution_list_subscr"] = slices.DeleteFunc(c.Tables["he_distribution_list_subscr"], func(r []any) bool {
				return r[1] == user(c, 4)
			})
		}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.t = t
			changed := small()
			row.change(changed)
			found := w.compare(changed)
			if row.want != nil {
				assert.Equal(t, row.want, found.lines())
			} else {
				assert.NotEmpty(t, found.lines())
			}
			if row.stays {
				return
			}
			w.mend(found)
			assert.Empty(t, w.compare(changed).lines(), "after the calls")
			w.mend(w.compare(small()))
			require.Empty(t, w.compare(small()).lines(), "and back")
		})
	}
}

// Whatever changes in the directory past the panel is found and can be mended.
func TestCompare_TheDirectoryChanges(t *testing.T) {
	w := newWorld(t)
	require.True(t, w.revive(small()).Complete())
	for name, row := range map[string]struct {
		namespace, procedure, arguments string
		want                            []string
	}{
		"disabled": {hosted, "DisableUser", "<path>" + firstUser + "</path>", []string{"difference user enabled: true | false"}},
		"renamed": {
			managed, "ModifyUser", "<user>" + firstUser + "</user><displayName>Else</displayName>",
			[]string{"difference user displayName: Display user000001 | Else"},
		},
		"no admin": {
			hosted, "MakeUserAdmin", "<path>" + firstUser + "</path><isAdmin>0</isAdmin>",
			[]string{"difference user administrator: true | false"},
		},
		"another plan": {
			hosted, "ChangeUserMailboxPlan", "<path>" + firstUser + "</path><planName>BaseMail</planName>",
			[]string{"difference user plan: GoldMail | a mailbox of 10000 kilobytes"},
		},
		"no mailbox": {
			"Managed Exchange", "DeleteMailbox", "<path>" + firstUser + "</path>",
			[]string{"difference user plan: GoldMail | no mailbox", "difference user altRecipient: CN=fwd-user000001 | "},
		},
		"user deleted": {
			hosted, "DeleteBusinessUser", "<path>" + within("CN=user000003@org0001.example") + "</path>",
			[]string{"ghost user", "ghost member CN=user000003@org0001.example"},
		},
		"user made": {
			hosted, "CreateBusinessUser", "<container>" + orgPath + "</container><userPrincipalName>x@org0001.example</userPrincipalName><isAdmin>0</isAdmin>",
			[]string{"orphan user"},
		},
		"list deleted": {hosted, "DeleteDistributionList", "<path>" + within("CN=empty") + "</path>", []string{"ghost list"}},
		"contact gone": {
			managed, "DeleteContact", "<contact>" + within("CN=fwd-user000001") + "</contact>",
			[]string{"ghost contact", "difference user altRecipient: CN=fwd-user000001 | "},
		},
		"domain made": {
			hosted, "CreateSMTPDomain", "<path>" + orgPath + "</path><SMTPDomain>more.example</SMTPDomain>",
			[]string{"orphan domain more.example"},
		},
		"share grown": {
			"Exchange Resource Manager", "ReallocateOrganizationPublic",
			"<organization>" + orgPath + "</organization><publicStore><megabytes>3</megabytes></publicStore>",
			[]string{"difference public store megabytes: 6 | 9"},
		},
		"folder gone": {hosted, "DeletePublicFolder", "<path>" + orgPath + "</path>", []string{"ghost public folder /org0001"}},
		"organization": {
			hosted, "CreateBusinessOrganization",
			"<container>LDAP://" + hspheretest.Bases[1] + "</container><name>unknown</name><SMTPDomain>unknown.example</SMTPDomain>",
			[]string{"orphan organization"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.t = t
			w.do(row.namespace, row.procedure, row.arguments)
			found := w.compare(small())
			assert.Equal(t, row.want, found.lines())
			w.mend(found)
			require.Empty(t, w.compare(small()).lines())
		})
	}
}

// Passwords are compared only if that is asked for.
func TestCompare_Passwords(t *testing.T) {
	w := newWorld(t)
	require.True(t, w.revive(small()).Complete())
	w.do(hosted, "SetUserPassword", "<path>"+firstUser+"</path><newPassword>Changed-pass-1</newPassword>")
	require.Empty(t, w.compare(small()).lines())
	w.cfg.Logon = func(ctx context.Context, principal string, password secret.String) (bool, error) {
		_, err := w.emulator.Logon(ctx, principal, password.Reveal())
		return err == nil, nil
	}
	found := w.compare(small())
	assert.Equal(t, []string{"difference user password:  | ", "difference user password:  | "}, found.lines()) // and that of user000011, which the policy refused
	assert.NotContains(t, fmt.Sprintf("%+v", found.findings), hspheretest.Password(1))
	w.mend(compared{findings: found.findings[:1]})
	assert.Len(t, w.compare(small()).lines(), 1)
}

// More objects than one answer of Search can have are all seen.
func TestCompare_MoreThanAnAnswerHolds(t *testing.T) {
	w := newWorld(t)
	const users = 2300
	require.NoError(t, seed.Inventory{Organizations: 1, Users: users}.Generate(w.ctx, w.emulator.Store.Update, nil))
	c := hspheretest.New(hspheretest.Bases[:1]...)
	c.Organization(1, "org0001", "org0001.example", 50_000)
	assert.Equal(t, users, w.compare(c).summary.Findings[drift.Orphan][drift.User])
}

func TestCompare_OneOrganization(t *testing.T) {
	w := newWorld(t)
	require.True(t, w.revive(small()).Complete())
	w.do(hosted, "CreateBusinessOrganization",
		"<container>LDAP://"+hspheretest.Bases[1]+"</container><name>un(known)*</name><SMTPDomain>unknown.example</SMTPDomain>")
	w.cfg.Organization = "ORG0002"
	found := w.compare(small())
	assert.Empty(t, found.lines())
	assert.Equal(t, 1, found.summary.Organizations)
	w.cfg.Organization = "un(known)*"
	found = w.compare(small())
	assert.Equal(t, []string{"orphan organization"}, found.lines())
	w.cfg.Organization = "nobody"
	_, err := drift.Compare(w.ctx, w.cfg, w.open(small()), func(*drift.Result) error { return nil })
	require.ErrorIs(t, err, drift.ErrNoSuchOrganization)
}

// An installation of another domain is compared below other bases.
func TestCompare_OtherBases(t *testing.T) {
	w := newWorld(t)
	w.cfg.Base = ldappath.MustParseDN(hspheretest.Bases[0])
	require.True(t, w.revive(small()).Complete())
	assert.Empty(t, w.compare(small()).lines())
	w.cfg.Bases = map[int64]ldappath.DN{2: ldappath.MustParseDN("OU=Elsewhere,OU=Hosting,DC=fabrikam,DC=com")}
	found := w.compare(small())
	assert.Equal(t, "ghost organization", found.lines()[0])
	assert.Equal(t, 1, found.summary.Findings[drift.Ghost][drift.Reseller])
	assert.Equal(t, 1, found.summary.Findings[drift.Orphan][drift.Organization])
}

// The same over the SOAP endpoint of an engine.
func TestCompare_OverSOAP(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.emulator.Handler(xmldoc.Limits{}))
	t.Cleanup(server.Close)
	client, err := mpf.NewClient(mpf.ClientConfig{
		URL: server.URL, Credentials: mpf.OfAccount, Limits: xmldoc.Limits{Elements: 100_000, TotalAttributes: 100_000},
		Account: mpf.Caller{Domain: "FABRIKAM", Username: "hsadmin", Password: secret.New("s3cr%t")},
	})
	require.NoError(t, err)
	w.cfg.Engine = client
	assert.Equal(t, 12, w.compare(small()).summary.Findings[drift.Ghost][drift.User])
	require.True(t, w.revive(small()).Complete())
	assert.Empty(t, w.compare(small()).lines())
}

// An engine that is not there ends the comparison; one that refuses to tell about
// an organization does not.
func TestCompare_EnginesThatDoNotAnswer(t *testing.T) {
	w := newWorld(t)
	require.True(t, w.revive(small()).Complete())
	real := w.cfg.Engine
	w.cfg.Engine = mpf.SubmitterFunc(func(context.Context, *mpf.Request) (*mpf.Response, error) { return nil, mpf.ErrUnreachable })
	_, err := drift.Compare(w.ctx, w.cfg, w.open(small()), func(*drift.Result) error { return nil })
	require.ErrorIs(t, err, mpf.ErrUnreachable)
	w.cfg.Engine = mpf.SubmitterFunc(func(ctx context.Context, req *mpf.Request) (*mpf.Response, error) {
		if req.MainTarget().Procedure == "GetOrganizationDomains" {
			return &mpf.Response{Err: &mpf.Error{Code: mpf.AccessDenied, Description: "no"}}, nil
		}
		return real.Submit(ctx, req)
	})
	found := w.compare(small())
	assert.Equal(t, []string{"unreadable organization", "unreadable organization", "unreadable organization"}, found.lines())
}
