package engine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const reseller = enginetest.Reseller

// member makes an account and puts it into a group by its sAMAccountName.
func member(u *enginetest.Universe, name string, groups ...string) {
	o := u.User(reseller, name, "Secret-12345")
	u.Update(func(tx *state.Tx) error {
		for _, sam := range groups {
			group, err := directory.In(tx).BySAM(sam)
			if err != nil {
				return err
			}
			if err := directory.In(tx).AddMember(group, o); err != nil {
				return err
			}
		}
		return nil
	})
}

func identityOf(t *testing.T, r *mpf.Response) string {
	t.Helper()
	require.Nil(t, r.Err)
	text, _ := xmldoc.ChildText(r.Data, "identity")
	return text
}

func TestIdentity_TruthTable(t *testing.T) {
	u := lenient(t)
	member(u, "basic")
	const service = "MPFServiceAcct"
	for _, test := range []struct {
		request, step string // impersonate of the request's context and of the step
		basic         bool
		trusted       string
		want          string
	}{
		{"0", "0", true, "0", service},
		{"0", "0", false, "0", service},
		{"1", "0", true, "0", `FABRIKAM\basic`},
		{"1", "0", false, "0", `FABRIKAM\Administrator`},
		{"2", "0", true, "0", service},
		{"0", "1", true, "0", `FABRIKAM\basic`},
		{"0", "1", false, "0", `FABRIKAM\Administrator`},
		{"2", "1", true, "0", `FABRIKAM\basic`},
		{"1", "2", true, "0", service},
		{"1", "2", false, "0", service},
		{"1", "0", true, "2", `FABRIKAM\Administrator`},
	} {
		name := fmt.Sprintf("request %s, step %s, basic %t, trusted %s", test.request, test.step, test.basic, test.trusted)
		credentials := ""
		if test.basic {
			credentials = `<authentication><basic domain="FABRIKAM" username="basic" password="Secret-12345"/></authentication>`
		}
		r := u.Run(`<request><context><securityContext impersonate="` + test.request + `">` + credentials + `</securityContext></context>` +
			`<procedure><execute namespace="Test" procedure="WhoAmI" impersonate="` + test.step + `" trusted="` + test.trusted + `">` +
			`<after source="executeData" destination="data" mode="merge"/></execute></procedure></request>`)
		assert.Equal(t, test.want, identityOf(t, r), name)
	}
}

func TestIdentity_ForeignCaller(t *testing.T) {
	whoAmI := mpf.OneCall(mpf.Target{Namespace: "Test", Procedure: "Domain"}, mpf.On, nil)
	for _, refuse := range []bool{false, true} {
		u := enginetest.Open(t, engine.Config{Namespaces: []engine.Namespace{space()}, Policies: engine.Policies{RefuseForeignCallers: refuse}})
		ctx := mpf.WithCaller(t.Context(), mpf.Caller{Username: "panel", Trusted: true})
		r := u.Submit(ctx, &mpf.Request{Procedure: whoAmI})
		assert.Equal(t, refuse, mpf.NotDomainAdmin.Is(r.Err))
		ctx = mpf.WithCaller(t.Context(), mpf.Caller{Username: "panel"})
		r = u.Submit(ctx, &mpf.Request{Procedure: whoAmI})
		assert.True(t, mpf.TrustedNotAllowed.Is(r.Err), "nobody vouches for it")
	}
}

func TestSubmit_TrustedNeedsPermission(t *testing.T) {
	u := lenient(t)
	member(u, "nobody")
	member(u, "trusted", "MPFTrustedUsers")
	member(u, "admin", "Administrators")
	for login, allowed := range map[string]bool{
		`FABRIKAM\nobody`: false, `FABRIKAM\trusted`: true, `FABRIKAM\admin`: true, `FABRIKAM\Administrator`: true,
		`hsadmin@fabrikam.com`: true, `nosuch`: false, ``: false,
	} {
		r := u.Submit(u.As(login), &mpf.Request{Procedure: mpf.OneCall(mpf.Target{Namespace: "Test", Procedure: "Echo"}, mpf.Inherited, nil)})
		assert.Equal(t, !allowed, mpf.TrustedNotAllowed.Is(r.Err), login)
		r = u.CallAs(login, "Test", "Echo", "")
		assert.Nil(t, r.Err, "simple requests are for all: %s", login)
	}
	r := u.Submit(t.Context(), &mpf.Request{Procedure: &mpf.Procedure{}})
	assert.True(t, mpf.TrustedNotAllowed.Is(r.Err), "no caller at all")
}

func TestSubmit_Credentials(t *testing.T) {
	u := lenient(t)
	for _, name := range []string{"good", "disabled"} {
		member(u, name)
	}
	u.Update(func(tx *state.Tx) error {
		o, err := directory.In(tx).BySAM("disabled")
		if err != nil {
			return err
		}
		return directory.In(tx).SetEnabled(o, false)
	})
	submit := func(basic *mpf.Basic) *mpf.Error {
		req := &mpf.Request{Procedure: mpf.OneCall(mpf.Target{Namespace: "Test", Procedure: "Echo"}, mpf.On, nil)}
		req.Context.Security = &mpf.SecurityContext{Basic: basic}
		return u.Submit(u.As(enginetest.Administrator), req).Err
	}
	assert.Nil(t, submit(enginetest.Credentials(`FABRIKAM\good`, "Secret-12345")))
	assert.Nil(t, submit(enginetest.Credentials(`FABRIKAM\good`, "Secret-12345")), "from the cache")
	assert.Nil(t, submit(enginetest.Credentials(`fabrikam.com\good`, "Secret-12345")))
	assert.True(t, mpf.CredentialsRefused.Is(submit(enginetest.Credentials(`FABRIKAM\good`, "wrong"))))
	assert.True(t, mpf.CredentialsRefused.Is(submit(enginetest.Credentials(`FABRIKAM\nosuch`, "Secret-12345"))))
	assert.True(t, mpf.CredentialsRefused.Is(submit(enginetest.Credentials(`OTHER\good`, "Secret-12345"))))
	assert.True(t, mpf.AccountDisabled.Is(submit(enginetest.Credentials(`FABRIKAM\disabled`, "Secret-12345"))))

	simple := mpf.Simple(mpf.Target{Namespace: "Test", Procedure: "Echo"}, nil)
	simple.Context.Security = &mpf.SecurityContext{Basic: enginetest.Credentials(`FABRIKAM\good`, "Secret-12345")}
	assert.True(t, mpf.CredentialsInSimple.Is(u.Submit(u.As(enginetest.Administrator), simple).Err))
}

func TestAuthenticate_CacheEndsWithThePassword(t *testing.T) {
	u := lenient(t)
	member(u, "ann")
	logon := func(password string) error {
		_, err := u.Engine.Authenticate(t.Context(), "FABRIKAM", "ann", secret.New(password))
		return err
	}
	change := func(do func(*state.Tx, *directory.Object) error) {
		u.Update(func(tx *state.Tx) error {
			o, err := directory.In(tx).BySAM("ann")
			if err != nil {
				return err
			}
			return do(tx, o)
		})
	}
	require.NoError(t, logon("Secret-12345"))
	require.NoError(t, logon("Secret-12345"))
	change(func(tx *state.Tx, o *directory.Object) error { return directory.In(tx).SetPassword(o, "Another-12345") })
	assert.Error(t, logon("Secret-12345"))
	require.NoError(t, logon("Another-12345"))
	change(func(tx *state.Tx, o *directory.Object) error { return directory.In(tx).SetEnabled(o, false) })
	assert.Error(t, logon("Another-12345"))
	change(func(tx *state.Tx, o *directory.Object) error { return directory.In(tx).SetEnabled(o, true) })
	require.NoError(t, logon("Another-12345"))
	change(func(tx *state.Tx, o *directory.Object) error {
		return directory.In(tx).ExpireAccount(o, u.Now().Add(1e9))
	})
	require.NoError(t, logon("Another-12345"))
	u.Advance(2e9)
	assert.Error(t, logon("Another-12345"), "expired while remembered")
}

func TestRoles(t *testing.T) {
	u := enginetest.New(t, space())
	const org = "OU=Tailspin," + reseller
	u.Update(func(tx *state.Tx) error {
		return organization(tx, "OU=Tailspin", reseller)
	})
	member(u, "admin", "Domain Admins")
	member(u, "orgadmin", "A@Tailspin")
	member(u, "resadmin", "A@Reseller1")
	member(u, "rescsr", "CA@Reseller1")
	member(u, "oab", "MPSOabUpdateAccts")
	member(u, "nobody")
	nest(u, "inner", "A@Tailspin")
	member(u, "nested", "inner")

	calls := []string{"Users@" + org, "Users@" + reseller, "Organizations@" + org, "Organizations@OU=New," + reseller, "Domain", "OfflineBooks"}
	for login, want := range map[string][]bool{
		"admin": {true, true, true, true, true, true}, "orgadmin": {true, false, false, false, false, false},
		"nested": {true, false, false, false, false, false}, "resadmin": {true, true, false, false, false, false},
		"rescsr": {false, false, true, true, false, false}, "oab": {false, false, false, false, false, true},
		"nobody": make([]bool, 6), "nosuch": make([]bool, 6), "": make([]bool, 6),
	} {
		for i, call := range calls {
			procedure, data := split(call)
			r := u.CallAs(login, "Test", procedure, data)
			assert.Equal(t, want[i], r.Err == nil, "%s as %s: %v", call, login, r.Err)
			switch {
			case want[i]:
			case procedure == "Domain":
				assert.True(t, mpf.NotDomainAdmin.Is(r.Err), "%s: %v", login, r.Err)
			default:
				assert.True(t, mpf.RoleMissing.Is(r.Err), "%s: %v", login, r.Err)
			}
		}
	}

	// A trusted request that does not impersonate runs as the engine's account.
	r := u.Run(request(step("Domain", "")))
	assert.Nil(t, r.Err)
	// A trustee is tested in its place.
	r = u.Run(`<request><context><securityContext trustee="FABRIKAM\nobody"/></context><procedure>` + step("Domain", "") + `</procedure></request>`)
	assert.True(t, mpf.NotDomainAdmin.Is(r.Err), "%v", r.Err)
}

func TestRoles_NestedCalls(t *testing.T) {
	wrapper := engine.Namespace{Name: "Wrap", Procedures: []engine.Procedure{{Name: "Domain", Access: engine.Public, Run: func(c *engine.Call) error {
		_, err := c.Execute("Test", "Domain")
		return err
	}}}}
	for _, tested := range []bool{false, true} {
		u := enginetest.Open(t, engine.Config{Namespaces: []engine.Namespace{space(), wrapper}, Policies: engine.Policies{TestNestedRoles: tested}})
		member(u, "nobody")
		r := u.CallAs(`FABRIKAM\nobody`, "Wrap", "Domain", "")
		assert.Equal(t, tested, mpf.NotDomainAdmin.Is(r.Err))
	}
}

func TestHolder(t *testing.T) {
	clash := engine.Namespace{Name: "Clash", Procedures: []engine.Procedure{{
		Name: "Take", Type: engine.Write, Access: engine.Public, Run: func(c *engine.Call) error {
			domain, err := directory.In(c.Tx).Domain()
			if err != nil {
				return err
			}
			_, err = directory.In(c.Tx).Create(domain.Hosting.Child("CN", "other"), "user", directory.Attributes{{Name: "sAMAccountName", Values: []string{"taken"}}})
			return err
		},
	}}}
	u := enginetest.New(t, space(), clash)
	member(u, "taken")
	member(u, "resadmin", "A@Reseller1")
	for login, sees := range map[string]bool{"Administrator": true, "resadmin": true, "taken": false} {
		r := u.CallAs(`FABRIKAM\`+login, "Clash", "Take", "")
		require.True(t, mpf.AccountTaken.Is(r.Err), "%v", r.Err)
		if sees {
			assert.Contains(t, r.Err.Description, "by user 'LDAP://CN=taken,"+reseller+"'")
		} else {
			assert.Contains(t, r.Err.Description, "by another object of kind user")
			assert.NotContains(t, r.Err.Description, "LDAP://")
		}
	}
}

func split(call string) (procedure, data string) {
	for i := range call {
		if call[i] == '@' {
			return call[:i], "<path>LDAP://" + call[i+1:] + "</path>"
		}
	}
	return call, ""
}

// TestSight holds that a procedure without a role serves its caller only with
// what the caller may see.
func TestSight(t *testing.T) {
	u := enginetest.New(t, space())
	u.Update(func(tx *state.Tx) error {
		for _, name := range []string{"Alpha", "Beta"} {
			unit, err := ldappath.ParseDN("OU=" + name + "," + enginetest.Reseller)
			if err != nil {
				return err
			}
			if _, err := directory.In(tx).Create(unit, "organizationalUnit", nil); err != nil {
				return err
			}
		}
		return nil
	})
	u.User("OU=Alpha,"+enginetest.Reseller, "alice", "Wonderland-1")
	u.User("OU=Beta,"+enginetest.Reseller, "bob", "Wonderland-1")
	u.User("CN=Users,DC=fabrikam,DC=com", "clerk", "Wonderland-1")
	const alice, bob, clerk = "CN=alice,OU=Alpha," + enginetest.Reseller, "CN=bob,OU=Beta," + enginetest.Reseller, "CN=clerk,CN=Users,DC=fabrikam,DC=com"
	for _, row := range []struct {
		caller, path string
		sees         bool
	}{
		{`FABRIKAM\alice`, alice, true},
		{`FABRIKAM\alice`, bob, false},
		{`FABRIKAM\alice`, "CN=none,OU=Beta," + enginetest.Reseller, false},
		{`FABRIKAM\alice`, clerk, true},
		{`FABRIKAM\clerk`, alice, false},
		{`FABRIKAM\nobody`, clerk, false},
		{enginetest.Administrator, alice, true},
	} {
		r := u.CallAs(row.caller, "Test", "Typed", "<text>x</text><path>LDAP://"+row.path+"</path>")
		if row.sees {
			assert.Nil(t, r.Err, row)
			continue
		}
		if assert.NotNil(t, r.Err, row) {
			assert.Equal(t, mpf.ObjectNotFound.ID, r.Err.Cause, row)
		}
	}
}
