package managedhosting

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace/activedirectory"
	"wsexchange/mock/namespace/managedactivedirectory"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

func start(t *testing.T) *enginetest.Universe {
	t.Helper()
	return enginetest.New(t, slices.Concat(activedirectory.Namespaces(),
		[]engine.Namespace{managedactivedirectory.Namespace(), Namespace()})...)
}

const hostingDN = "OU=Hosting,DC=fabrikam,DC=com"

func TestInitialize_FromNothing(t *testing.T) {
	u := start(t)
	hosting := u.Object(hostingDN)
	u.Update(func(tx *state.Tx) error { return directory.In(tx).DeleteTree(hosting) })
	u.MustCall(Name, "InitializeADforHosting", "<hostingOU>Rooms</hostingOU><preferredDomainController>dc1.fabrikam.com</preferredDomainController>")
	const rooms = "OU=Rooms,DC=fabrikam,DC=com"
	for _, dn := range []string{
		"CN=Admins@Rooms," + rooms, "CN=CSRAdmins@Rooms," + rooms, "CN=AllCustomers@Rooms,CN=_Private," + rooms,
		"CN=hosting,CN=WatOrgTypes,CN=_Private," + rooms, "CN=reseller,CN=WatOrgTypes,CN=_Private," + rooms,
		"CN=customer,CN=WatOrgTypes,CN=_Private," + rooms,
	} {
		assert.NotNil(t, u.Object(dn), dn)
	}
	u.View(func(tx *state.Tx) {
		domain, err := directory.In(tx).Domain()
		require.NoError(t, err)
		assert.Equal(t, rooms, domain.Hosting.String())
	})
	before := u.Dump()
	u.MustCall(Name, "InitializeADforHosting", "<hostingOU>rooms</hostingOU>")
	u.Unchanged(before)
	u.MustCall("Managed Active Directory", "CreateOrganization", "<name>First</name><container>LDAP://"+rooms+"</container><policyName>reseller</policyName>")
	assert.Equal(t, "reseller", orgType(u, "OU=First,"+rooms))
}

func TestInitialize_CompletesWhatIsThere(t *testing.T) {
	u := start(t)
	admins := u.Object("CN=Admins@Hosting," + hostingDN)
	u.Update(func(tx *state.Tx) error { return directory.In(tx).Delete(admins) })
	u.MustCall(Name, "InitializeADforHosting", "")
	assert.NotNil(t, u.Object("CN=Admins@Hosting,"+hostingDN))
	hosting := u.Object(hostingDN)
	u.View(func(tx *state.Tx) {
		group, err := organization.Admins(tx, hosting)
		require.NoError(t, err)
		assert.NotEqual(t, admins.ID, group.ID)
	})
	before := u.Dump()
	u.MustCall(Name, "InitializeADforHosting", "")
	u.Unchanged(before)
}

func TestInitialize_NeedsADomainAdministrator(t *testing.T) {
	u := start(t)
	u.User(enginetest.Reseller, "plain", "Secret-01")
	for _, procedure := range []string{"InitializeADforHosting", "TestDomainAdmin"} {
		r := u.CallAs(`FABRIKAM\plain`, Name, procedure, "")
		require.NotNil(t, r.Err, procedure)
		assert.Equal(t, mpf.InvalidArg, r.Err.Code)
		assert.Contains(t, r.Err.Description, "Insufficient Privilege! Not Domain Administrator.")
	}
	assert.Nil(t, u.Call(Name, "TestDomainAdmin", "").Err)
}

func orgType(u *enginetest.Universe, dn string) string {
	text, _ := xmldoc.ChildText(u.MustCall(Name, "GetOrgType", "<path>LDAP://"+dn+"</path>").Data, "orgType")
	return text
}

func TestGetOrgType(t *testing.T) {
	u := start(t)
	u.MustCall("Managed Active Directory", "CreateOrganization", "<name>acme</name><container>LDAP://"+enginetest.Reseller+"</container><policyName>customer</policyName>")
	assert.Equal(t, "hosting", orgType(u, hostingDN))
	assert.Equal(t, "reseller", orgType(u, "CN=Admins@Reseller1,"+enginetest.Reseller))
	assert.Equal(t, "customer", orgType(u, "CN=_Private,OU=acme,"+enginetest.Reseller))
	assert.Equal(t, "private", orgType(u, "CN=Users,DC=fabrikam,DC=com"))
	r := u.Call(Name, "GetOrgType", "<path>LDAP://CN=none,DC=fabrikam,DC=com</path>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.ObjectNotFound.ID, r.Err.Cause)
}

func TestGetCallerUIRoles(t *testing.T) {
	u := start(t)
	r := u.MustCall(Name, "GetCallerUIRoles", "")
	assert.Equal(t, "<roles><role>DomainAdmin</role><role>OrgCreator</role><role>UserCreator</role></roles>", xmldoc.String(xmldoc.Child(r.Data, "roles")))
	helper := u.User(enginetest.Reseller, "helper", "Secret-01")
	reseller := u.Object(enginetest.Reseller)
	u.Update(func(tx *state.Tx) error {
		group, err := organization.Admins(tx, reseller)
		if err != nil {
			return err
		}
		return directory.In(tx).AddMember(group, helper)
	})
	r = u.CallAs(`FABRIKAM\helper`, Name, "GetCallerUIRoles", "<path>LDAP://"+enginetest.Reseller+"</path>")
	require.Nil(t, r.Err)
	assert.Equal(t, "<roles><role>UserCreator</role></roles>", xmldoc.String(xmldoc.Child(r.Data, "roles")))
}
