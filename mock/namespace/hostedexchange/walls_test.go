package hostedexchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/namespace/managedactivedirectory"
	"wsexchange/mpf"
)

const (
	boss   = "boss@acme.example"
	other  = "OU=other," + base
	system = "CN=Users,DC=fabrikam,DC=com"
)

// tenants is a world with two organizations; the boss administers one of them.
func tenants(t testing.TB) *world {
	t.Helper()
	w := withAcme(t)
	w.organization("other", "other.example")
	w.user("boss", "")
	w.user("clerk", "GoldMail")
	w.ok("MakeUserAdmin", path("CN=boss@acme.example,"+acme)+`<isAdmin>true</isAdmin>`)
	w.ok("CreateBusinessUser", `<container>LDAP://`+other+`</container><userPrincipalName>stranger@other.example</userPrincipalName><isAdmin>false</isAdmin>`+
		`<newPassword>`+password+`</newPassword><planName>GoldMail</planName>`)
	w.ok("CreateDistributionList", `<container>LDAP://`+acme+`</container><name>all</name><managedBy>boss@acme.example</managedBy>`)
	return w
}

func as(w *world, login, namespace, procedure, arguments string) *mpf.Error {
	w.t.Helper()
	return w.CallAs(login, namespace, procedure, arguments+controller).Err
}

// TestWalls_Members has an administrator make others members of his list: only
// his own people exist for him.
func TestWalls_Members(t *testing.T) {
	w := tenants(t)
	add := func(group, member string) *mpf.Error {
		return as(w, boss, managedactivedirectory.Name, "GroupAdd", `<group>LDAP://`+group+`</group><newMember>LDAP://`+member+`</newMember>`)
	}
	before := w.Dump()
	var answers []string
	for _, member := range []string{
		"CN=stranger@other.example," + other, "CN=AllUsers@other,CN=_Private," + other, "CN=nobody@other.example," + other,
		"CN=hsadmin," + system, "CN=Domain Admins," + system, "CN=nobody," + system,
	} {
		e := add("CN=all,"+acme, member)
		require.NotNil(t, e, member)
		assert.Equal(t, mpf.ObjectNotFound.ID, e.Cause, member)
		answers = append(answers, e.Code.String())
	}
	for _, answer := range answers {
		assert.Equal(t, answers[0], answer, "what exists is not told")
	}
	w.Unchanged(before)
	assert.Nil(t, add("CN=all,"+acme, "CN=clerk@acme.example,"+acme))
	assert.Nil(t, add("CN=Admins@acme,"+acme, "CN=clerk@acme.example,"+acme), "he may make others what he is himself")
}

// TestWalls_Roles has a reseller's user creator give itself what it is not.
func TestWalls_Roles(t *testing.T) {
	w := tenants(t)
	creators := "CN=Admins@Reseller1," + base
	w.of(managedactivedirectory.Name, "CreateUser", `<container>LDAP://`+base+`</container><userPrincipalName>seller@fabrikam.com</userPrincipalName>`+
		`<sAMAccountName>seller</sAMAccountName>`+controller)
	seller := "CN=seller@fabrikam.com," + base
	w.of(managedactivedirectory.Name, "GroupAdd", `<group>LDAP://`+creators+`</group><newMember>LDAP://`+seller+`</newMember>`+controller)
	before := w.Dump()
	e := as(w, `FABRIKAM\seller`, managedactivedirectory.Name, "GroupAdd",
		`<group>LDAP://CN=CSRAdmins@Reseller1,`+base+`</group><newMember>LDAP://`+seller+`</newMember>`)
	require.NotNil(t, e)
	assert.Equal(t, mpf.RoleMissing.ID, e.Cause)
	w.Unchanged(before)
}

// TestWalls_Properties writes attributes that carry the system's own meaning,
// and names of strangers in others.
func TestWalls_Properties(t *testing.T) {
	w := tenants(t)
	clerk := "CN=clerk@acme.example," + acme
	modify := func(login, properties string) *mpf.Error {
		return as(w, login, managedactivedirectory.Name, "ModifyUser", `<user>LDAP://`+clerk+`</user><properties>`+properties+`</properties>`)
	}
	property := func(name, value string) string {
		return `<property name="` + name + `"><value>` + value + `</value></property>`
	}
	before := w.Dump()
	for _, row := range []struct {
		properties string
		cause      *mpf.Cause
	}{
		{property("primaryGroupID", "512"), mpf.AttributeClosed},
		{property("servicePrincipalName", "host/x"), mpf.AttributeClosed},
		{property("adminCount", "1"), mpf.AttributeClosed},
		{property("mDBOverHardQuotaLimit", "99999999"), mpf.AttributeClosed},
		{property("msExchUserAccountControl", "2"), mpf.AttributeClosed},
		{property("MSEXCHHIDEFROMADDRESSLISTS", "TRUE"), mpf.AttributeClosed},
		{property("otherWellKnownObjects", "B:32:1F62D8B94C3E47A5B0897E5AC6D2F013:"+clerk), mpf.AttributeClosed},
		{property("userAccountControl", "524800"), mpf.AttributeClosed}, // trusted for delegation
		{property("altRecipient", "CN=stranger@other.example,"+other), mpf.ObjectNotFound},
		{property("altRecipient", "LDAP://CN=nobody@other.example,"+other), mpf.ObjectNotFound},
		{property("publicDelegates", "CN=hsadmin,"+system), mpf.ObjectNotFound},
		{property("manager", "CN=stranger@other.example,"+other), mpf.ObjectNotFound},
		{`<property name="manager">CN=stranger@other.example,` + other + `</property>`, mpf.ObjectNotFound},
	} {
		e := modify(boss, row.properties)
		if assert.NotNil(t, e, row.properties) {
			assert.Equal(t, row.cause.ID, e.Cause, "%s: %v", row.properties, e)
		}
	}
	e := as(w, boss, managedactivedirectory.Name, "ModifyOrganization", `<org>LDAP://`+acme+`</org><properties>`+
		property("otherWellKnownObjects", "B:32:1F62D8B94C3E47A5B0897E5AC6D2F013:"+clerk)+`</properties>`)
	require.NotNil(t, e)
	w.Unchanged(before)
	assert.Nil(t, modify(boss, property("manager", "CN=boss@acme.example,"+acme)+property("description", "own")+property("userAccountControl", "514")))
	assert.Nil(t, modify(`FABRIKAM\hsadmin`, property("manager", "CN=stranger@other.example,"+other)+property("adminCount", "1")),
		"a domain administrator is not hindered")
	assert.Nil(t, as(w, boss, hostedexchange.Name, "DisableUser", path(clerk)))
}

// TestWalls_Addresses takes addresses in another organization's domain, in forms
// that mean it, too.
func TestWalls_Addresses(t *testing.T) {
	w := tenants(t)
	clerk := "CN=clerk@acme.example," + acme
	before := w.Dump()
	for _, domain := range []string{"other.example", "OTHER.example", "other.example.", "x@other.example"} {
		for _, property := range []string{
			`<property name="proxyAddresses" mode="append"><value>smtp:ceo@` + domain + `</value></property>`,
			`<property name="userPrincipalName"><value>ceo@` + domain + `</value></property>`,
			`<property name="mail"><value>ceo@` + domain + `</value></property>`,
		} {
			e := as(w, boss, managedactivedirectory.Name, "ModifyUser", `<user>LDAP://`+clerk+`</user><properties>`+property+`</properties>`)
			assert.NotNil(t, e, property)
		}
	}
	w.Unchanged(before)
}
