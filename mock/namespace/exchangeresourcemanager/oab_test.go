package exchangeresourcemanager_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace"
	erm "wsexchange/mock/namespace/exchangeresourcemanager"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const bookDC = "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"

func oabServers(server, capacity string) string {
	if capacity != "" {
		capacity = "<capacity>" + capacity + "</capacity>"
	}
	return "<oabServers><oabServer><serverName>" + server + "</serverName>" + capacity + "</oabServer></oabServers>"
}

// shelves is an installation with the servers EX1, of the demo data, and EX2, and
// the organizations one and two.
func shelves(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := enginetest.New(t, namespace.All()...)
	u.MustCall("Exchange System Manager", "CreateServer", "<serverName>EX2</serverName>")
	for _, name := range []string{"one", "two"} {
		u.MustCall("Managed Active Directory", "CreateOrganization", "<name>"+name+"</name><container>LDAP://"+enginetest.Reseller+"</container>")
	}
	return u
}

func ofOrganization(name string) string {
	return "<organization>LDAP://OU=" + name + "," + enginetest.Reseller + "</organization>"
}

func book(u *enginetest.Universe, procedure, data string) string {
	return xmldoc.String(u.MustCall(erm.NameOAB, procedure, data).Data)
}

func TestOAB(t *testing.T) {
	u := shelves(t)
	book(u, "AddResources", oabServers("ex2", "")+bookDC)
	assert.Contains(t, book(u, "QueryAllResources", ""), "<serverName>EX2</serverName><capacity>1000</capacity><capacityFree>1000</capacityFree>")
	book(u, "ModifyResources", oabServers("EX2", "-999"))
	assert.Contains(t, book(u, "AllocateOrganization", ofOrganization("one")), "<oabServer><serverName>EX1</serverName></oabServer>", "the one with most room")
	assert.Contains(t, book(u, "AllocateOrganization", ofOrganization("two")+"<serverName>ex2</serverName>"), "<oabServer><serverName>EX2</serverName></oabServer>")
	assert.Contains(t, book(u, "QueryAllResources", ""), "<serverName>EX2</serverName><capacity>1</capacity><capacityFree>0</capacityFree>")
	assert.Contains(t, book(u, "QueryOrganization", ofOrganization("two")), "<serverName>EX2</serverName>")
	book(u, "DeallocateOrganization", ofOrganization("two"))
	assert.NotContains(t, book(u, "QueryOrganization", ofOrganization("two")), "oabServer")
	book(u, "RemoveResources", oabServers("EX2", ""))
	before := u.Dump()
	book(u, "RemoveResources", oabServers("EX2", ""))
	u.Unchanged(before)
	u.View(func(tx *state.Tx) { require.NoError(t, resource.In(tx).CheckConservation()) })
}

func TestOAB_Refusals(t *testing.T) {
	u := shelves(t)
	book(u, "AddResources", oabServers("EX2", "1"))
	book(u, "AllocateOrganization", ofOrganization("one")+"<serverName>EX2</serverName>")
	u.User(enginetest.Reseller, "plain", "Secret-01")
	before := u.Dump()
	for _, row := range []struct {
		procedure, data string
		want            *mpf.Cause
	}{
		{"AddResources", "", mpf.ArgumentMissing},
		{"AddResources", "<oabServers/>", mpf.ArgumentMissing},
		{"AddResources", "<oabServers><oabServer/></oabServers>", mpf.ArgumentMissing},
		{"AddResources", oabServers("EX9", ""), mpf.ServerNotInDirectory},
		{"AddResources", oabServers("EX1", "5"), mpf.OABServerExists},
		{"AddResources", oabServers("DC1", "-1"), mpf.ArgumentInvalid},
		{"AddResources", oabServers("DC1", "9223372036854775807"), mpf.ArgumentInvalid},
		{"AddResources", oabServers("EX1", "5") + "<preferredDomainController>dc9</preferredDomainController>", mpf.ControllerUnknown},
		{"ModifyResources", oabServers("EX2", "-1"), mpf.OABServerInUse},
		{"ModifyResources", oabServers("EX2", "-2"), mpf.ArgumentInvalid},
		{"ModifyResources", oabServers("EX2", "many"), mpf.ArgumentInvalid},
		{"ModifyResources", oabServers("EX2", ""), mpf.ArgumentMissing},
		{"ModifyResources", oabServers("DC1", "1"), mpf.OABServerUnknown},
		{"RemoveResources", oabServers("EX2", ""), mpf.OABServerInUse},
		{"RemoveResources", strings.Replace(oabServers("EX1", ""), "</oabServers>", "<oabServer><serverName>EX2</serverName></oabServer></oabServers>", 1), mpf.OABServerInUse},
		{"AllocateOrganization", ofOrganization("one"), mpf.AllocationExists},
		{"AllocateOrganization", ofOrganization("two") + "<serverName>EX2</serverName>", mpf.OABNoRoom},
		{"AllocateOrganization", ofOrganization("two") + "<serverName>DC1</serverName>", mpf.OABServerUnknown},
		{"AllocateOrganization", ofOrganization("none"), mpf.ObjectNotFound},
		{"AllocateOrganization", "", mpf.ArgumentMissing},
		{"DeallocateOrganization", ofOrganization("two"), mpf.AllocationMissing},
		{"DeallocateOrganization", ofOrganization("none"), mpf.ObjectNotFound},
		{"QueryOrganization", ofOrganization("none"), mpf.ObjectNotFound},
	} {
		r := u.Call(erm.NameOAB, row.procedure, row.data)
		require.NotNil(t, r.Err, "%s %s", row.procedure, row.data)
		assert.Equal(t, row.want.ID, r.Err.Cause, "%s %s: %s", row.procedure, row.data, r.Err.Description)
	}
	for procedure, data := range map[string]string{
		"AddResources": oabServers("DC1", ""), "ModifyResources": oabServers("EX1", "1"), "RemoveResources": oabServers("EX1", ""), "QueryAllResources": "",
	} {
		r := u.CallAs(`FABRIKAM\plain`, erm.NameOAB, procedure, data)
		require.NotNil(t, r.Err, procedure)
		assert.Equal(t, mpf.NotDomainAdmin.ID, r.Err.Cause, procedure)
	}
	r := u.CallAs(`FABRIKAM\plain`, erm.NameOAB, "DeallocateOrganization", ofOrganization("one"))
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.RoleMissing.ID, r.Err.Cause)
	u.Unchanged(before)
	book(u, "RemoveResources", oabServers("EX1", ""))
	book(u, "DeallocateOrganization", ofOrganization("one"))
	book(u, "RemoveResources", oabServers("EX2", ""))
	r = u.Call(erm.NameOAB, "AllocateOrganization", ofOrganization("two"))
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.OABNoRoom.ID, r.Err.Cause, "there is no server")
}

// An organization's offline address list is counted while it is there, and one
// that has no room is refused.
func TestOAB_CountsTheListsOfOrganizations(t *testing.T) {
	u := enginetest.New(t, namespace.All()...)
	const hosted = "Hosted Exchange"
	for _, name := range []string{"one", "two"} {
		u.MustCall(hosted, "CreateBusinessOrganization", "<container>LDAP://"+enginetest.Reseller+"</container><name>"+name+"</name><SMTPDomain>"+name+".example</SMTPDomain>"+
			"<mailStore><megabytes>1</megabytes><shared>1</shared></mailStore><publicStore><megabytes>1</megabytes></publicStore>"+bookDC)
	}
	book(u, "ModifyResources", oabServers("EX1", "-999"))
	lists := func(name string) string {
		return "<path>LDAP://OU=" + name + "," + enginetest.Reseller + "</path>" + bookDC
	}
	u.MustCall(hosted, "CreateOrganizationAddressLists", lists("one")+"<SMTPDomain>one.example</SMTPDomain>")
	assert.Contains(t, book(u, "QueryAllResources", ""), "<capacity>1</capacity><capacityFree>0</capacityFree>")
	before := u.Dump()
	r := u.Call(hosted, "CreateOrganizationAddressLists", lists("two")+"<SMTPDomain>two.example</SMTPDomain>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.OABNoRoom.ID, r.Err.Cause, r.Err.Description)
	u.Unchanged(before)
	u.MustCall(hosted, "DeleteBusinessOrganization", lists("one"))
	u.MustCall(hosted, "CreateOrganizationAddressLists", lists("two")+"<SMTPDomain>two.example</SMTPDomain>")
	assert.Equal(t, []string{"CN=EX1,CN=Servers,CN=First Administrative Group,CN=Administrative Groups,CN=Fabrikam,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=fabrikam,DC=com"},
		u.Attr("CN=two OAL,CN=Offline Address Lists,CN=Address Lists Container,CN=Fabrikam,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=fabrikam,DC=com", "offLineABServer"))
}

// A store that organizations do not share warns: the panel's sign-up asks for
// shared ones.
func TestSharedNoneWarns(t *testing.T) {
	u := enginetest.New(t, namespace.All()...)
	store := func(shared string) string {
		return "<mailStores><mailStore><serverName>EX1</serverName><mailStoreName>Mailbox Store 4 (EX1)</mailStoreName><megabytes>10</megabytes><shared>" + shared + "</shared></mailStore></mailStores>"
	}
	const warning = "<warning>The store 'Mailbox Store 4 (EX1)' on server 'EX1' has shared 0"
	for _, ns := range []string{erm.Name, erm.NameEx} {
		assert.Contains(t, xmldoc.String(u.MustCall(ns, "AddExchangeResources", store("0")).Data), warning)
		assert.NotContains(t, xmldoc.String(u.MustCall(erm.Name, "ModifyExchangeResources", store("1")).Data), "warning")
		assert.Contains(t, xmldoc.String(u.MustCall(erm.Name, "ModifyExchangeResources", store("0")).Data), warning)
		u.MustCall(erm.NameEx, "RemoveExchangeResources", store("0"))
		assert.NotContains(t, xmldoc.String(u.MustCall(ns, "AddExchangeResources", store("1")).Data), "warning")
		u.MustCall(erm.Name, "RemoveExchangeResources", store("1"))
	}
}
