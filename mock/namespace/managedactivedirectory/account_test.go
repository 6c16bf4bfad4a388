package managedactivedirectory

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/mail"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	bobDN = "CN=bob@acme.example," + acmeDN
	bob   = "LDAP://" + bobDN
)

// withUser is start with the user bob@acme.example.
func withUser(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := start(t)
	u.MustCall(Name, "CreateUser", newBob)
	return u
}

const newBob = "<policyName>customer</policyName><container>" + acme + "</container><userPrincipalName>bob@acme.example</userPrincipalName>" +
	"<sAMAccountName>bob_1007acme</sAMAccountName><displayName>Bob</displayName><givenName>Robert</givenName><sn>Smith</sn>" +
	`<properties><property name="l">Seattle</property><property name="postOfficeBox"/></properties>` + dc

func TestCreateUser(t *testing.T) {
	u := start(t)
	r := u.MustCall(Name, "CreateUser", newBob)
	assert.Equal(t, `<user path="`+bob+`" name="bob@acme.example" samName="bob_1007acme"/>`, xmldoc.String(xmldoc.Child(r.Data, "user")))
	for attribute, want := range map[string]string{
		"userPrincipalName": "bob@acme.example", "sAMAccountName": "bob_1007acme", "cn": "bob@acme.example", "displayName": "Bob",
		"givenName": "Robert", "sn": "Smith", "l": "Seattle", "userAccountControl": "514",
		"memberOf": "CN=AllUsers@acme,CN=_Private," + acmeDN,
	} {
		assert.Equal(t, []string{want}, u.Attr(bobDN, attribute), attribute)
	}
	assert.Empty(t, u.Attr(bobDN, "postOfficeBox"))
	user := u.Object(bobDN)
	u.View(func(tx *state.Tx) {
		has, err := directory.In(tx).HasPassword(user)
		require.NoError(t, err)
		assert.False(t, has)
	})
	u.MustCall(Name, "CreateUser", "<container>"+acme+"</container><userPrincipalName>solo@acme.example</userPrincipalName>")
	assert.Empty(t, u.Attr("CN=solo@acme.example,"+acmeDN, "memberOf"), "the default policy has no memberships")
}

func TestCreateUser_MakesUniqueAccountNames(t *testing.T) {
	u := withUser(t)
	for _, c := range []struct{ name, upn, sam, want string }{
		{"from the logon name", "eve@acme.example", "", `^eve_acme\.example$`},
		{"twenty characters", "a.very.long.name.indeed@acme.example", "", `^a\.very\.long\.name\.ind$`},
		{"final dot", "nineteen.characters.@acme.example", "", `^nineteen\.characters_$`},
		{"on collision seventeen and three digits", "a.very.long.name.indigo@acme.example", "", `^a\.very\.long\.name\.\d{3}$`},
		{"asked for and taken", "other@acme.example", "BOB_1007acme", `^BOB_1007acme\d{3}$`},
		{"bad characters", "x@acme.example", "b[o]b+*", `^bob$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := u.MustCall(Name, "CreateUser", "<container>"+acme+"</container><userPrincipalName>"+c.upn+"</userPrincipalName>"+
				"<sAMAccountName>"+c.sam+"</sAMAccountName>")
			sam, _ := xmldoc.Attr(xmldoc.Child(r.Data, "user"), "samName")
			assert.Regexp(t, c.want, sam)
		})
	}
}

// TestCreateUser_TriesFiveNames takes every name that the first three trials could
// find.
func TestCreateUser_TriesFiveNames(t *testing.T) {
	u := withUser(t)
	const seed = "twenty.characters.12"
	u.Update(func(tx *state.Tx) error {
		container, err := ldappath.ParseDN(acmeDN)
		require.NoError(t, err)
		for i := range 1000 {
			name := fmt.Sprintf("%s%03d", seed[:17], i)
			if _, err := directory.In(tx).Create(container.Child("CN", name), "group", directory.Attributes{}.With("sAMAccountName", name)); err != nil {
				return err
			}
		}
		_, err = directory.In(tx).Create(container.Child("CN", seed), "group", directory.Attributes{}.With("sAMAccountName", seed))
		return err
	})
	r := u.MustCall(Name, "CreateUser", "<container>"+acme+"</container><userPrincipalName>x@acme.example</userPrincipalName><sAMAccountName>"+seed+"</sAMAccountName>")
	sam, _ := xmldoc.Attr(xmldoc.Child(r.Data, "user"), "samName")
	assert.Regexp(t, `^twenty\.characte\d{5}$`, sam)
}

func TestUntaken_GivesUpAfterFive(t *testing.T) {
	var tried []string
	name, err := untaken("twenty.characters.12", func(count int) string { return strings.Repeat("7", count) }, func(name string) (bool, error) {
		tried = append(tried, name)
		return true, nil
	})
	require.NoError(t, err)
	assert.Empty(t, name)
	assert.Equal(t, []string{
		"twenty.characters.12", "twenty.characters777", "twenty.characters777", "twenty.characters777", "twenty.characte77777", "twenty.characte77777",
	}, tried)
}

func TestCreateUser_Refusals(t *testing.T) {
	u := withUser(t)
	e := refused(t, u, mpf.ObjectInTheWay, "CreateUser", newBob)
	assert.Equal(t, mpf.AlreadyExists, e.Code)
	refused(t, u, mpf.PrincipalTaken, "CreateUser", "<container>LDAP://"+resellerDN+"</container><userPrincipalName>BOB@acme.example</userPrincipalName>")
	refused(t, u, mpf.ArgumentInvalid, "CreateUser", "<container>"+acme+"</container><userPrincipalName>x@y.z</userPrincipalName>"+
		"<sAMAccountName>"+strings.Repeat("x", 21)+"</sAMAccountName>")
	refused(t, u, mpf.AttributeConstraint, "CreateUser", "<container>"+acme+"</container><userPrincipalName>x@y.z</userPrincipalName><initials>toolong</initials>")
	refused(t, u, mpf.ObjectNotFound, "CreateUser", "<container>LDAP://OU=no,"+acmeDN+"</container><userPrincipalName>x@y.z</userPrincipalName>")
	refused(t, u, mpf.ArgumentMissing, "CreateUser", "<container>"+acme+"</container>")
	refused(t, u, mpf.ControllerUnknown, "CreateUser", "<container>"+acme+"</container><userPrincipalName>x@y.z</userPrincipalName>"+
		"<preferredDomainController>dc9.fabrikam.com</preferredDomainController>")
}

func TestModifyUser(t *testing.T) {
	u := withUser(t)
	u.MustCall(Name, "CreateContact", "<container>"+acme+"</container><name>friend</name>")
	u.MustCall(Name, "ModifyUser", "<user>"+bob+"</user><userPrincipalName>rob@acme.example</userPrincipalName>"+
		"<sAMAccountName>rob</sAMAccountName><displayName>Rob</displayName><middleName>X</middleName><sn/>"+
		`<properties><property name="l"/><property name="altRecipient">CN=friend, OU=acme,`+resellerDN+`</property>`+
		`<property name="deliverAndRedirect">TRUE</property><property name="st">WA</property></properties>`+dc)
	for attribute, want := range map[string][]string{
		"userPrincipalName": {"rob@acme.example"}, "sAMAccountName": {"rob"}, "displayName": {"Rob"}, "givenName": {"Robert"},
		"middleName": {"X"}, "sn": nil, "l": nil, "altRecipient": {"CN=friend," + acmeDN}, "deliverAndRedirect": {"TRUE"}, "st": {"WA"},
	} {
		assert.Equal(t, want, u.Attr(bobDN, attribute), attribute)
	}
	u.MustCall(Name, "ModifyUser", "<user>"+bob+`</user><properties><property name="altRecipient"></property></properties>`)
	assert.Empty(t, u.Attr(bobDN, "altRecipient"))
	before := u.Dump()
	u.MustCall(Name, "ModifyUser", "<user>"+bob+"</user><properties/>"+dc)
	u.MustCall(Name, "ModifyUser", "<user>"+bob+"</user>"+dc)
	u.Unchanged(before)
}

func TestModifyUser_Refusals(t *testing.T) {
	u := withUser(t)
	u.MustCall(Name, "CreateUser", "<container>"+acme+"</container><userPrincipalName>eve@acme.example</userPrincipalName><sAMAccountName>eve</sAMAccountName>")
	e := refused(t, u, mpf.AccountTaken, "ModifyUser", "<user>"+bob+"</user><sAMAccountName>EVE</sAMAccountName>")
	assert.Equal(t, mpf.UserExists, e.Code)
	assert.Contains(t, e.Description, "by user 'LDAP://CN=eve@acme.example,"+acmeDN+"'")
	refused(t, u, mpf.PrincipalTaken, "ModifyUser", "<user>"+bob+"</user><displayName>x</displayName><userPrincipalName>eve@acme.example</userPrincipalName>")
	refused(t, u, mpf.ObjectNotFound, "ModifyUser", "<user>LDAP://CN=none,"+acmeDN+"</user>")
	refused(t, u, mpf.ClassWrong, "ModifyUser", "<user>"+acme+"</user>")
	refused(t, u, mpf.PropertyMode, "ModifyUser", "<user>"+bob+`</user><properties><property name="l" mode="x">y</property></properties>`)
}

func TestEnableDisableAndPasswords(t *testing.T) {
	u := withUser(t)
	u.MustCall(Name, "EnableUser", "<user>"+bob+"</user>"+dc)
	assert.Equal(t, []string{"512"}, u.Attr(bobDN, "userAccountControl"))
	u.MustCall(Name, "DisableUser", "<user>"+bob+"</user>"+dc)
	assert.Equal(t, []string{"514"}, u.Attr(bobDN, "userAccountControl"))
	refused(t, u, mpf.ArgumentMissing, "DisableUser", "<user>"+bob+"</user>")
	refused(t, u, mpf.ClassWrong, "EnableUser", "<user>"+acme+"</user>")

	e := refused(t, u, mpf.PasswordRefused, "SetUserPassword", "<user>"+bob+`</user><newPassword do-not-log="1">abc</newPassword>`+dc)
	assert.Equal(t, "0x800708c5", e.Code.String())
	u.MustCall(Name, "SetUserPassword", "<user>"+bob+`</user><newPassword do-not-log="1">Secret-01</newPassword>`+dc)
	r := u.Call(Name, "ChangeUserPassword", "<user>"+bob+"</user><oldPassword>no</oldPassword><newPassword>Secret-02</newPassword>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.OldPasswordWrong.ID, r.Err.Cause)
	assert.Equal(t, []string{"1"}, u.Attr(bobDN, "badPwdCount"))
	u.MustCall(Name, "ChangeUserPassword", "<user>"+bob+"</user><oldPassword>Secret-01</oldPassword><newPassword>Secret-02</newPassword>"+dc)
	user := u.Object(bobDN)
	u.View(func(tx *state.Tx) {
		err := directory.In(tx).CheckPassword(user, "Secret-02")
		assert.ErrorIs(t, err, directory.ErrAccountDisabled, "the password is right, the account is not enabled")
	})
	for _, row := range u.Audit() {
		assert.NotContains(t, row.Request, "Secret-0")
	}
}

func TestRenameAndDelete(t *testing.T) {
	u := withUser(t)
	u.MustCall(Name, "CreateGroup", "<container>"+acme+"</container><name>staff</name>")
	u.MustCall(Name, "CreateContact", "<container>"+acme+`</container><name>friend</name><properties><property name="cn">friend</property></properties>`+dc)
	for _, c := range []struct{ kind, element, from string }{
		{"User", "user", "bob@acme.example"}, {"Group", "group", "staff"}, {"Contact", "contact", "friend"},
	} {
		t.Run(c.kind, func(t *testing.T) {
			at := "LDAP://CN=" + c.from + "," + acmeDN
			refused(t, u, mpf.ObjectInTheWay, "Rename"+c.kind, "<"+c.element+">"+at+"</"+c.element+"><newName>Admins@acme</newName>")
			r := u.MustCall(Name, "Rename"+c.kind, "<"+c.element+">"+at+"</"+c.element+"><newName>new "+c.kind+"</newName>")
			path, _ := xmldoc.ChildText(r.Data, "path")
			assert.Equal(t, "LDAP://CN=new "+c.kind+","+acmeDN, path)
			refused(t, u, mpf.ClassWrong, "Delete"+c.kind, "<"+c.element+">"+acme+"</"+c.element+">")
			u.MustCall(Name, "Delete"+c.kind, "<"+c.element+">"+path+"</"+c.element+">")
			assert.Nil(t, u.Object(path))
			refused(t, u, mpf.ObjectNotFound, "Delete"+c.kind, "<"+c.element+">"+path+"</"+c.element+">")
		})
	}
}

func TestGroups(t *testing.T) {
	u := withUser(t)
	for name, value := range map[string]string{
		"": directory.GroupGlobalSecurity, "Global Security": directory.GroupGlobalSecurity, "LOCAL SECURITY": directory.GroupLocalSecurity,
		"UNIVERSAL SECURITY": directory.GroupUniversalSecurity, "UNIVERSAL DISTRIBUTION": directory.GroupUniversalDistribution,
	} {
		r := u.MustCall(Name, "CreateGroup", "<container>"+acme+"</container><name>g "+name+"</name><groupType>"+name+"</groupType><description>d</description>"+dc)
		group := xmldoc.Child(r.Data, "group")
		path, _ := xmldoc.Attr(group, "path")
		assert.Equal(t, []string{value}, u.Attr(path, "groupType"), name)
		assert.Equal(t, []string{"d"}, u.Attr(path, "description"))
	}
	refused(t, u, mpf.ArgumentInvalid, "CreateGroup", "<container>"+acme+"</container><name>x</name><groupType>ROUND</groupType>")
	refused(t, u, mpf.ObjectInTheWay, "CreateGroup", "<container>"+acme+"</container><name>Admins@acme</name>")

	g := "LDAP://CN=g UNIVERSAL SECURITY," + acmeDN
	u.MustCall(Name, "ModifyGroup", "<group>"+g+"</group><groupType>LOCAL DISTRIBUTION</groupType><description/>"+
		`<properties><property name="info">i</property></properties>`)
	assert.Equal(t, []string{directory.GroupLocalDistribution}, u.Attr(g, "groupType"))
	assert.Empty(t, u.Attr(g, "description"))
	assert.Equal(t, []string{"i"}, u.Attr(g, "info"))
	u.MustCall(Name, "ModifyGroup", "<group>"+g+"</group>")
	assert.Equal(t, []string{directory.GroupGlobalSecurity}, u.Attr(g, "groupType"), "the documented default")

	u.MustCall(Name, "CreateContact", "<container>"+acme+"</container><name>friend</name>")
	members := []string{bobDN, "CN=g UNIVERSAL DISTRIBUTION," + acmeDN, "CN=friend," + acmeDN}
	for _, member := range members {
		u.MustCall(Name, "GroupAdd", "<group>"+g+"</group><newMember>LDAP://"+member+"</newMember>"+dc)
		refused(t, u, mpf.AlreadyMember, "GroupAdd", "<group>"+g+"</group><newMember>LDAP://"+member+"</newMember>")
	}
	assert.Equal(t, members, u.Attr(g, "member"))
	refused(t, u, mpf.GroupInItself, "GroupAdd", "<group>"+g+"</group><newMember>"+g+"</newMember>")
	for _, member := range members {
		u.MustCall(Name, "GroupRemove", "<group>"+g+"</group><member>LDAP://"+member+"</member>"+dc)
		refused(t, u, mpf.NotMember, "GroupRemove", "<group>"+g+"</group><member>LDAP://"+member+"</member>")
	}
	assert.Empty(t, u.Attr(g, "member"))
}

func TestContacts(t *testing.T) {
	u := start(t)
	r := u.MustCall(Name, "CreateContact", "<container>"+acme+`</container><name>friend</name><properties><property name="cn">friend</property>`+
		`<property name="l">Bern</property></properties>`+dc)
	path, _ := xmldoc.ChildText(r.Data, "path")
	assert.Equal(t, "LDAP://CN=friend,"+acmeDN, path)
	u.MustCall(Name, "ModifyContact", "<contact>"+path+`</contact><properties><property name="l"/><property name="telephoneNumber">1</property></properties>`)
	assert.Empty(t, u.Attr(path, "l"))
	assert.Equal(t, []string{"1"}, u.Attr(path, "telephoneNumber"))
	refused(t, u, mpf.ObjectInTheWay, "CreateContact", "<container>"+acme+"</container><name>Friend</name>")
	refused(t, u, mpf.ArgumentMissing, "ModifyContact", "<contact>"+path+"</contact>")
	refused(t, u, mpf.AttributeConstraint, "CreateContact", "<container>"+acme+`</container><name>one</name><properties><property name="cn">two</property></properties>`)
}

func TestQueries(t *testing.T) {
	u := withUser(t)
	for procedure, want := range map[string]string{
		"GetThisOrganizationRoot": `<org path="` + acme + `" name="acme"/>`,
		"GetForeignOwnerOrg":      `<org path="LDAP://` + resellerDN + `" name="Reseller1"/>`,
	} {
		r := u.MustCall(Name, procedure, "<path>"+bob+"</path>"+dc)
		assert.Equal(t, want, xmldoc.String(xmldoc.Child(r.Data, "org")), procedure)
		refused(t, u, mpf.NotAnOrganization, procedure, "<path>LDAP://CN=Users,DC=fabrikam,DC=com</path>")
	}
	r := u.MustCall(Name, "GetOtherWellKnownObject", "<path>"+bob+"</path><wkName>UserCreators</wkName>")
	assert.Equal(t, `<obj wkName="UserCreators" name="LDAP://CN=Admins@acme,`+acmeDN+`"/>`, xmldoc.String(xmldoc.Child(r.Data, "obj")))
	refused(t, u, mpf.WellKnownMissing, "GetOtherWellKnownObject", "<path>"+bob+"</path><wkName>GlobalAddressList</wkName>")

	r = u.MustCall(Name, "GetPolicy", "<policyName>customer</policyName><containerPath>"+acme+"</containerPath><objectName>x@y.z</objectName><objectType>user</objectType>")
	assert.Equal(t, `<policy policyName="customer"><user><memberships><group path="LDAP://CN=AllUsers@acme,CN=_Private,`+acmeDN+
		`"/></memberships></user></policy>`, xmldoc.String(xmldoc.Child(r.Data, "policy")))
	r = u.MustCall(Name, "GetPolicy", "<objectPath>LDAP://OU=new,"+resellerDN+"</objectPath><objectType>org</objectType>")
	assert.Contains(t, xmldoc.String(r.Data), `<group path="LDAP://CN=Admins@new,OU=new,`+resellerDN+`" name="Admins@new" samName="A@new" wkName="UserCreators"/>`)
	refused(t, u, mpf.ArgumentMissing, "GetPolicy", "<objectType>org</objectType>")
}

func TestPrivateProcedures(t *testing.T) {
	u := withUser(t)
	for _, private := range []string{"CreateSamObject_", "TestPermissions_", "TestOrgCreatorPermissions_", "CreateUser_", "SetGroupMemberships_", "CompleteOrganization_"} {
		refused(t, u, mpf.ProcedurePrivate, private, "<path>"+bob+"</path>")
	}
	assert.Nil(t, u.CallPrivate(Name, "TestPermissions_", "<path>"+bob+"</path><role>UserCreators</role>").Err)
	assert.Nil(t, u.CallPrivate(Name, "TestOrgCreatorPermissions_", "<path>"+acme+"</path>").Err)
	r := u.CallPrivate(Name, "TestPermissions_", "<path>"+bob+"</path><role>King</role>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.ArgumentInvalid.ID, r.Err.Cause)
}

func TestForeignDomains(t *testing.T) {
	u := withUser(t)
	u.MustCall(Name, "CreateOrganization", "<name>other</name><container>LDAP://"+resellerDN+"</container>")
	u.Update(func(tx *state.Tx) error {
		for name, domain := range map[string]string{"acme": "acme.example", "other": "other.example"} {
			org, err := directory.In(tx).Resolve("OU=" + name + "," + resellerDN)
			if err != nil {
				return err
			}
			if err := mail.In(tx).CreateDomain(org, domain, mail.PrimaryDomain); err != nil {
				return err
			}
		}
		return nil
	})
	address := func(text string) string {
		return `<user>` + bob + `</user><properties><property name="ProxyAddresses" mode="append">` + text + `</property></properties>`
	}
	refused(t, u, mpf.DomainTaken, "CreateUser", "<container>"+acme+"</container><userPrincipalName>eve@Other.example</userPrincipalName>")
	refused(t, u, mpf.DomainTaken, "ModifyUser", "<user>"+bob+"</user><userPrincipalName>bob@other.example</userPrincipalName>")
	refused(t, u, mpf.DomainTaken, "ModifyUser", address("<value>smtp:b@acme.example</value><value>smtp:bob@other.example</value>"))
	refused(t, u, mpf.DomainTaken, "ModifyUser", address("smtp:bob@other.example"))
	refused(t, u, mpf.DomainTaken, "CreateContact", "<container>"+acme+`</container><name>x</name><properties><property name="proxyAddresses">smtp:x@other.example</property></properties>`)
	u.MustCall(Name, "ModifyUser", address("<value>smtp:b@acme.example</value><value>smtp:bob@nobodys.example</value>"))
	u.MustCall(Name, "ModifyUser", "<user>"+bob+"</user><userPrincipalName>bob.b@acme.example</userPrincipalName>")
}
