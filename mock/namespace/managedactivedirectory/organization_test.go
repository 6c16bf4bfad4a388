package managedactivedirectory

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
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	resellerDN = enginetest.Reseller
	acmeDN     = "OU=acme," + resellerDN
	acme       = "LDAP://" + acmeDN
	dc         = "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"
)

// start makes the organization acme.
func start(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := enginetest.New(t, slices.Concat(activedirectory.Namespaces(), []engine.Namespace{Namespace()})...)
	u.MustCall(Name, "CreateOrganization", "<name>acme</name><container>LDAP://"+resellerDN+"</container><policyName>customer</policyName>"+
		"<description>Acme Inc</description>"+`<properties><property name="l">Seattle</property></properties>`+dc)
	return u
}

// refused calls a procedure that has to fail by a cause and leave nothing.
func refused(t *testing.T, u *enginetest.Universe, cause *mpf.Cause, procedure, executeData string) *mpf.Error {
	t.Helper()
	before := u.Dump()
	r := u.Call(Name, procedure, executeData)
	require.NotNil(t, r.Err, procedure)
	assert.Equal(t, cause.ID, r.Err.Cause, r.Err.Description)
	u.Unchanged(before)
	return r.Err
}

func TestCreateOrganization_Customer(t *testing.T) {
	u := start(t)
	assert.Equal(t, []string{"Acme Inc"}, u.Attr(acmeDN, "description"))
	assert.Equal(t, []string{"Seattle"}, u.Attr(acmeDN, "l"))
	admins, all := "CN=Admins@acme,"+acmeDN, "CN=AllUsers@acme,CN=_Private,"+acmeDN
	assert.Equal(t, []string{"A@acme"}, u.Attr(admins, "sAMAccountName"))
	assert.Equal(t, []string{"AU@acme"}, u.Attr(all, "sAMAccountName"))
	assert.Equal(t, "container", u.Object("CN=_Private,"+acmeDN).Class)
	assert.Nil(t, u.Object("CN=CSRAdmins@acme,"+acmeDN))
	assert.Contains(t, u.Attr(all, "memberOf"), "CN=AllCustomers@Reseller1,CN=_Private,"+resellerDN)
	assert.ElementsMatch(t, []string{
		"B:32:" + directory.WellKnownThisOrganizationRoot + ":" + acmeDN,
		"B:32:" + directory.WellKnownForeignOwnerOrg + ":" + resellerDN,
		"B:32:" + directory.WellKnownUserCreators + ":" + admins,
		"B:32:" + directory.WellKnownAllUsers + ":" + all,
	}, u.Attr(acmeDN, "otherWellKnownObjects"))
	group := u.Object(all)
	u.View(func(tx *state.Tx) {
		org, err := organization.Root(tx, group.DN)
		require.NoError(t, err)
		assert.Equal(t, "acme", organization.Name(org))
		kind, err := organization.Type(tx, org)
		require.NoError(t, err)
		assert.Equal(t, organization.Customer, kind)
	})
}

func TestCreateOrganization_Reseller(t *testing.T) {
	u := start(t)
	r := u.MustCall(Name, "CreateOrganization", "<name>Big</name><container>LDAP://OU=Hosting,DC=fabrikam,DC=com</container><policyName>Reseller</policyName>")
	const big = "OU=Big,OU=Hosting,DC=fabrikam,DC=com"
	assert.Equal(t, `<org path="LDAP://`+big+`" name="Big"><otherWellKnownObjects>`+
		`<obj wkName="ThisOrganizationRoot" name="LDAP://`+big+`"/>`+
		`<obj wkName="ForeignOwnerOrg" name="LDAP://OU=Hosting,DC=fabrikam,DC=com"/>`+
		`<obj wkName="OrgType" name="LDAP://CN=reseller,CN=WatOrgTypes,CN=_Private,OU=Hosting,DC=fabrikam,DC=com"/>`+
		`<obj wkName="UserCreators" name="LDAP://CN=Admins@Big,`+big+`"/>`+
		`<obj wkName="ChildOrgCreators" name="LDAP://CN=CSRAdmins@Big,`+big+`"/>`+
		`<obj wkName="AllCustomers" name="LDAP://CN=AllCustomers@Big,CN=_Private,`+big+`"/>`+
		`<obj wkName="AllUsers" name="LDAP://CN=AllUsers@Big,CN=_Private,`+big+`"/></otherWellKnownObjects><groups>`+
		`<group path="LDAP://CN=Admins@Big,`+big+`" name="Admins@Big" samName="A@Big"/>`+
		`<group path="LDAP://CN=CSRAdmins@Big,`+big+`" name="CSRAdmins@Big" samName="CA@Big"/>`+
		`<group path="LDAP://CN=AllCustomers@Big,CN=_Private,`+big+`" name="AllCustomers@Big" samName="AC@Big"/>`+
		`<group path="LDAP://CN=AllUsers@Big,CN=_Private,`+big+`" name="AllUsers@Big" samName="AU@Big"/></groups></org>`,
		xmldoc.String(xmldoc.Child(r.Data, "org")))
	org := u.Object(big)
	u.View(func(tx *state.Tx) {
		kind, err := organization.Type(tx, org)
		require.NoError(t, err)
		assert.Equal(t, organization.Reseller, kind)
	})
}

func TestCreateOrganization_Refusals(t *testing.T) {
	u := start(t)
	e := refused(t, u, mpf.ObjectInTheWay, "CreateOrganization", "<name>ACME</name><container>LDAP://"+resellerDN+"</container>")
	assert.Equal(t, mpf.AlreadyExists, e.Code)
	assert.Contains(t, e.Description, acme)
	assert.Equal(t, mpf.Source{Namespace: Name, Procedure: "CreateOrganization"}, e.Sources[len(e.Sources)-1])
	refused(t, u, mpf.ObjectNotFound, "CreateOrganization", "<name>x</name><container>LDAP://OU=no,DC=fabrikam,DC=com</container>")
	refused(t, u, mpf.ArgumentMissing, "CreateOrganization", "<name>x</name>")
	refused(t, u, mpf.ArgumentEmpty, "CreateOrganization", "<name/><container>LDAP://"+resellerDN+"</container>")
	refused(t, u, mpf.ArgumentInvalid, "CreateOrganization", "<name>x</name><container>LDAP://"+resellerDN+"</container><policyName>royal</policyName>")
	refused(t, u, mpf.AttributeUnknown, "CreateOrganization", "<name>x</name><container>LDAP://"+resellerDN+"</container>"+
		`<properties><property name="shoeSize">44</property></properties>`)
}

func TestCreateOrganization_SameBeginning(t *testing.T) {
	u := start(t)
	u.MustCall(Name, "CreateOrganization", "<name>acme</name><container>LDAP://OU=Hosting,DC=fabrikam,DC=com</container>")
	sam := u.Attr("CN=Admins@acme,OU=acme,OU=Hosting,DC=fabrikam,DC=com", "sAMAccountName")
	require.Len(t, sam, 1)
	assert.Regexp(t, `^A@acme\d{3}$`, sam[0])
}

func TestModifyAndRenameOrganization(t *testing.T) {
	u := start(t)
	u.MustCall(Name, "ModifyOrganization", "<org>"+acme+"</org><properties><property name=\"description\">New</property></properties>"+dc)
	assert.Equal(t, []string{"New"}, u.Attr(acmeDN, "description"))
	before := u.Dump()
	u.MustCall(Name, "ModifyOrganization", "<org>"+acme+"</org><properties/>")
	u.Unchanged(before)
	refused(t, u, mpf.NotAnOrganization, "ModifyOrganization", "<org>LDAP://OU=Domain Controllers,DC=fabrikam,DC=com</org><properties/>")

	r := u.MustCall(Name, "RenameOrganization", "<org>"+acme+"</org><newName>apex</newName>"+dc)
	path, _ := xmldoc.ChildText(r.Data, "path")
	assert.Equal(t, "LDAP://OU=apex,"+resellerDN, path)
	org := u.Object(path)
	u.View(func(tx *state.Tx) {
		all, err := organization.AllUsers(tx, org)
		require.NoError(t, err)
		assert.Equal(t, "CN=AllUsers@acme,CN=_Private,OU=apex,"+resellerDN, all.DN.String(), "groups keep their names")
	})
	u.MustCall(Name, "CreateOrganization", "<name>other</name><container>LDAP://"+resellerDN+"</container>")
	refused(t, u, mpf.ObjectInTheWay, "RenameOrganization", "<org>"+path+"</org><newName>other</newName>")
}

func TestDeleteOrganization(t *testing.T) {
	u := start(t)
	u.MustCall(Name, "CreateUser", "<container>"+acme+"</container><userPrincipalName>bob@acme.example</userPrincipalName>")
	u.MustCall(Name, "CreateOrganization", "<name>sub</name><container>"+acme+"</container>")
	e := refused(t, u, mpf.OrganizationNotEmpty, "DeleteOrganization", "<org>"+acme+"</org>"+dc)
	assert.Equal(t, mpf.InvalidOperation, e.Code)
	assert.Contains(t, e.Description, "The organization has 2 active")
	u.MustCall(Name, "DeleteUser", "<user>LDAP://CN=bob@acme.example,"+acmeDN+"</user>")
	u.MustCall(Name, "DeleteOrganization", "<org>LDAP://OU=sub,"+acmeDN+"</org>")
	u.MustCall(Name, "CreateGroup", "<container>"+acme+"</container><name>list</name>")
	u.MustCall(Name, "DeleteOrganization", "<org>"+acme+"</org>"+dc)
	assert.Nil(t, u.Object(acmeDN))
	assert.Empty(t, u.Attr("CN=AllCustomers@Reseller1,CN=_Private,"+resellerDN, "member"))
	refused(t, u, mpf.ObjectNotFound, "DeleteOrganization", "<org>"+acme+"</org>"+dc)
}

func TestRolesOfOrganizations(t *testing.T) {
	u := start(t)
	creator := u.User(resellerDN, "creator", "Secret-01")
	plain := u.User(acmeDN, "plain", "Secret-01")
	org := u.Object(resellerDN)
	u.Update(func(tx *state.Tx) error {
		group, err := organization.WellKnown(tx, org, organization.ChildOrgCreators)
		if err != nil {
			return err
		}
		return directory.In(tx).AddMember(group, creator)
	})
	two := "<name>two</name><container>LDAP://" + resellerDN + "</container>"
	r := u.CallAs(`FABRIKAM\plain`, Name, "CreateOrganization", two)
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.RoleMissing.ID, r.Err.Cause)
	r = u.CallAs(`FABRIKAM\creator`, Name, "CreateOrganization", two)
	require.Nil(t, r.Err)

	user := "<container>" + acme + "</container><userPrincipalName>new@acme.example</userPrincipalName>"
	r = u.CallAs(`FABRIKAM\plain`, Name, "CreateUser", user)
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.AccessDenied, r.Err.Code)
	u.MustCall(Name, "GroupAdd", "<group>LDAP://CN=Admins@acme,"+acmeDN+"</group><newMember>"+plain.DN.ADsPath()+"</newMember>")
	r = u.CallAs(`FABRIKAM\plain`, Name, "CreateUser", user)
	assert.Nil(t, r.Err, "a member of Admins@ may create users")
}
