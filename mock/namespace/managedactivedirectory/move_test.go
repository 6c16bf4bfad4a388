package managedactivedirectory

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const betaDN = "OU=beta," + resellerDN

// withBeta is a universe with two customers, and administrators of the first one,
// of both, and of the reseller.
func withBeta(t *testing.T) (u *enginetest.Universe, ofAcme, ofBoth, ofReseller string) {
	t.Helper()
	u = withUser(t)
	u.MustCall(Name, "CreateOrganization", "<name>beta</name><container>LDAP://"+resellerDN+"</container><policyName>customer</policyName>"+dc)
	for _, name := range []string{"one", "both", "creator"} {
		u.User(resellerDN, name, "Secret-01")
	}
	join := func(account, group string) {
		u.Update(func(tx *state.Tx) error {
			return directory.In(tx).AddMember(u.Object("LDAP://"+group), u.Object("LDAP://CN="+account+","+resellerDN))
		})
	}
	join("one", "CN=Admins@acme,"+acmeDN)
	join("both", "CN=Admins@acme,"+acmeDN)
	join("both", "CN=Admins@beta,"+betaDN)
	join("creator", "CN=Admins@Reseller1,"+resellerDN)
	join("creator", "CN=CSRAdmins@Reseller1,"+resellerDN)
	return u, `FABRIKAM\one`, `FABRIKAM\both`, `FABRIKAM\creator`
}

func TestMoveObject(t *testing.T) {
	u, ofAcme, ofBoth, ofReseller := withBeta(t)
	move := func(who, object, to string) *mpf.Response {
		return u.CallAs(who, Name, "MoveObject", "<object>\n LDAP://"+object+" </object><destinationContainer>LDAP://"+to+"</destinationContainer>")
	}
	denied := func(cause *mpf.Cause, who, object, to string) {
		t.Helper()
		before := u.Dump()
		r := move(who, object, to)
		require.NotNil(t, r.Err)
		assert.Equal(t, cause.ID, r.Err.Cause, r.Err.Description)
		u.Unchanged(before)
	}
	const bobDN = "CN=bob@acme.example," + acmeDN
	denied(mpf.RoleMissing, ofAcme, bobDN, betaDN)
	u.User(acmeDN, "inside", "Secret-01")
	denied(mpf.RoleMissing, `FABRIKAM\inside`, bobDN, acmeDN)
	u.Update(func(tx *state.Tx) error {
		return directory.In(tx).AddMember(u.Object("LDAP://CN=Admins@acme,"+acmeDN), u.Object("LDAP://CN=inside,"+acmeDN))
	})
	denied(mpf.ObjectNotFound, `FABRIKAM\inside`, bobDN, betaDN)
	denied(mpf.NotDomainAdmin, ofReseller, "CN=Admins@acme,"+acmeDN, betaDN)
	denied(mpf.NotDomainAdmin, ofReseller, "CN=_Private,"+acmeDN, betaDN)
	denied(mpf.RoleMissing, ofBoth, acmeDN, betaDN)
	denied(mpf.ObjectNotFound, ofReseller, "CN=none,"+acmeDN, betaDN)
	denied(mpf.ObjectNotFound, ofReseller, bobDN, "OU=none,"+resellerDN)
	denied(mpf.ClassWrong, ofReseller, bobDN, "CN=Admins@beta,"+betaDN)

	require.Nil(t, move(ofBoth, bobDN, betaDN).Err)
	moved := u.Object("LDAP://CN=bob@acme.example," + betaDN)
	require.NotNil(t, moved)
	assert.Equal(t, []string{"bob@acme.example"}, u.Attr(moved.DN.ADsPath(), "userPrincipalName"), "nothing but the place changes")
	require.Nil(t, move(ofReseller, "OU=beta,"+resellerDN, acmeDN).Err, "an organization")
	assert.NotNil(t, u.Object("LDAP://CN=bob@acme.example,OU=beta,"+acmeDN))
	u.MustCall(Name, "CreateContact", "<container>"+acme+"</container><name>outside</name>")
	require.Nil(t, move(ofAcme, "CN=outside,"+acmeDN, "OU=beta,"+acmeDN).Err)
	r := u.Call(Name, "MoveObject", "<object>"+acme+"</object>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.ArgumentMissing.ID, r.Err.Cause)
}

func TestCreateUser_PolicyFitsTheContainer(t *testing.T) {
	u := start(t)
	create := func(container, policy string) string {
		return "<container>LDAP://" + container + "</container><userPrincipalName>" + policy + "@fit.example</userPrincipalName><policyName>" + policy + "</policyName>"
	}
	const users, hosting = "CN=Users,DC=fabrikam,DC=com", "OU=Hosting,DC=fabrikam,DC=com"
	fits := map[string]map[string]bool{
		acmeDN: {"customer": true, "default": true}, resellerDN: {"reseller": true, "default": true},
		hosting: {"hosting": true, "default": true}, users: {"default": true},
	}
	for container, policies := range fits {
		for _, policy := range []string{"default", "hosting", "reseller", "customer"} {
			if !policies[policy] {
				e := refused(t, u, mpf.PolicyMisfit, "CreateUser", create(container, policy))
				assert.Equal(t, mpf.InvalidArg, e.Code)
				continue
			}
			r := u.MustCall(Name, "CreateUser", create(container, policy))
			path, _ := xmldoc.Attr(xmldoc.Child(r.Data, "user"), "path")
			u.MustCall(Name, "DeleteUser", "<user>"+path+"</user>")
		}
	}
}
