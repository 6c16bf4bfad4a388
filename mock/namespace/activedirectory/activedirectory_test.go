package activedirectory

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/throttle"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	reseller = "LDAP://" + enginetest.Reseller
	bob      = "LDAP://CN=bob," + enginetest.Reseller
	eve      = "LDAP://CN=eve," + enginetest.Reseller
)

func start(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := enginetest.New(t, Namespaces()...)
	for _, name := range []string{"bob", "eve"} {
		u.MustCall(Provider, "Create Object", "<container>"+reseller+"</container><class>user</class><name>CN="+name+"</name>"+
			`<properties><property name="sAMAccountName">`+name+`</property><property name="l">Seattle</property></properties>`)
	}
	u.MustCall(Provider, "Create Object", "<container>"+reseller+"</container><class>group</class><name>staff</name>")
	return u
}

const group = "LDAP://CN=staff," + enginetest.Reseller

// refused calls a procedure that has to fail by a cause and leave nothing.
func refused(t *testing.T, u *enginetest.Universe, cause *mpf.Cause, procedure, executeData string) *mpf.Error {
	t.Helper()
	before := u.Dump()
	r := u.Call(PreferredDC, procedure, executeData)
	require.NotNil(t, r.Err)
	assert.Equal(t, cause.ID, r.Err.Cause, r.Err.Description)
	u.Unchanged(before)
	return r.Err
}

func TestCreateObject(t *testing.T) {
	u := start(t)
	r := u.MustCall(PreferredDC, "Create Object", "<container>"+reseller+"</container><class>contact</class><name>friend</name>"+
		"<preferredDomainController>dc1.fabrikam.com</preferredDomainController>")
	path, _ := xmldoc.ChildText(r.Data, "path")
	assert.Equal(t, "LDAP://dc1.fabrikam.com/CN=friend,"+enginetest.Reseller, path)
	assert.Equal(t, []string{"Seattle"}, u.Attr(bob, "l"))
}

func TestCreateObject_Refusals(t *testing.T) {
	u := start(t)
	e := refused(t, u, mpf.ObjectInTheWay, "Create Object", "<container>"+reseller+"</container><class>user</class><name>bob</name>")
	assert.Equal(t, mpf.AlreadyExists, e.Code)
	assert.Contains(t, e.Description, bob)
	assert.Equal(t, []mpf.Source{{Namespace: Provider, Procedure: "Create Object"}, {Namespace: PreferredDC, Procedure: "Create Object"}}, e.Sources)

	u.MustCall(PreferredDC, "Create Object", "<container>"+reseller+"</container><class>user</class><name>bob</name><flagIgnoreAlreadyExistsError/>")
	refused(t, u, mpf.ObjectNotFound, "Create Object", "<container>LDAP://OU=none,DC=fabrikam,DC=com</container><class>user</class><name>x</name>")
	refused(t, u, mpf.ClassConstraint, "Create Object", "<container>"+reseller+"</container><class>teapot</class><name>x</name>")
	refused(t, u, mpf.ClassNotAllowed, "Create Object", "<container>"+bob+"</container><class>user</class><name>x</name>")
	refused(t, u, mpf.AttributeUnknown, "Create Object", "<container>"+reseller+"</container><class>user</class><name>x</name>"+
		`<properties><property name="shoeSize">44</property></properties>`)
	refused(t, u, mpf.PropertyMode, "Create Object", "<container>"+reseller+"</container><class>user</class><name>x</name>"+
		`<properties><property name="l" mode="delete">44</property></properties>`)
	refused(t, u, mpf.AccountTaken, "Create Object", "<container>"+reseller+"</container><class>user</class><name>x</name>"+
		`<properties><property name="sAMAccountName">BOB</property></properties>`)
}

func TestSetProperties_Modes(t *testing.T) {
	u := start(t)
	for _, step := range []struct {
		name, property string
		want           []string
	}{
		{"replaces by default", `<property name="otherTelephone">1</property>`, []string{"1"}},
		{"takes value children", `<property name="otherTelephone"><value>2</value><value>3</value></property>`, []string{"2", "3"}},
		{"appends", `<property name="otherTelephone" mode="append"><value>4</value></property>`, []string{"2", "3", "4"}},
		{"deletes", `<property name="otherTelephone" mode="delete">3</property>`, []string{"2", "4"}},
		{"updates", `<property name="otherTelephone" mode="Update">5</property>`, []string{"5"}},
		{"clears", `<property name="otherTelephone" mode="clear">5</property>`, nil},
		{"appends to nothing", `<property name="otherTelephone" mode="append">6</property>`, []string{"6"}},
		{"clears by an empty value", `<property name="otherTelephone"></property>`, nil},
		{"clears what is clear", `<property name="otherTelephone"><value/></property>`, nil},
	} {
		t.Run(step.name, func(t *testing.T) {
			u.MustCall(PreferredDC, "Set Properties", "<path>"+bob+"</path><properties>"+step.property+"</properties>")
			assert.Equal(t, step.want, u.Attr(bob, "otherTelephone"))
		})
	}
}

func TestSetProperties_Types(t *testing.T) {
	u := start(t)
	const dt = `xmlns:dt="urn:schemas-microsoft-com:datatypes" dt:dt=`
	u.MustCall(PreferredDC, "Set Properties", "<path>"+bob+"</path><properties>"+
		`<property name="deliverAndRedirect"><value `+dt+`"boolean">1</value></property>`+
		`<property name="altRecipient">CN=eve, OU=Reseller1, OU=Hosting,DC=fabrikam,DC=com</property>`+
		`<property name="msExchResourceGUID"><value `+dt+`"bin.base64">AAECAwQFBgcICQoLDA0ODw==</value></property>`+
		`<property name="codePage"><value `+dt+`"int">850</value></property></properties>`)
	assert.Equal(t, []string{"TRUE"}, u.Attr(bob, "deliverAndRedirect"))
	assert.Equal(t, []string{"CN=eve," + enginetest.Reseller}, u.Attr(bob, "altRecipient"))
	assert.Equal(t, []string{"000102030405060708090A0B0C0D0E0F"}, u.Attr(bob, "msExchResourceGUID"))
	assert.Equal(t, []string{"850"}, u.Attr(bob, "codePage"))
	refused(t, u, mpf.AttributeBadSyntax, "Set Properties", "<path>"+bob+`</path><properties><property name="deliverAndRedirect"><value `+
		dt+`"boolean">maybe</value></property></properties>`)
}

func TestSetProperties_Refusals(t *testing.T) {
	u := start(t)
	e := refused(t, u, mpf.ArgumentEmpty, "Set Properties", "<path>"+bob+"</path><properties/>")
	assert.Equal(t, mpf.InvalidArg, e.Code)
	e = refused(t, u, mpf.ArgumentMissing, "Set Properties", "<path>"+bob+"</path>")
	assert.Equal(t, mpf.InvalidArg, e.Code)
	for cause, properties := range map[*mpf.Cause]string{
		mpf.PropertyMode:        `<property name="l" mode="merge">x</property>`,
		mpf.AttributeUnknown:    `<property name="shoeSize">44</property>`,
		mpf.AttributeBadSyntax:  `<property name="codePage">many</property>`,
		mpf.AttributeConstraint: `<property name="objectGUID">00</property>`,
		mpf.ObjectNotFound:      `<property name="manager">CN=nobody,DC=fabrikam,DC=com</property>`,
		mpf.ArgumentInvalid:     `<thing name="l">x</thing>`,
	} {
		refused(t, u, cause, "Set Properties", "<path>"+bob+`</path><properties><property name="l">Bern</property>`+properties+"</properties>")
	}
	refused(t, u, mpf.ArgumentInvalid, "Set Properties", "<path>"+bob+`</path><properties><property>x</property></properties>`)
	refused(t, u, mpf.ArgumentInvalid, "Set Properties", "<path>"+bob+`</path><properties><property name="l" mode="append"/></properties>`)
	refused(t, u, mpf.AttributeUnknown, "Set Properties", "<path>"+bob+`</path><properties><property name="url" mode="delete">x</property></properties>`)
}

func TestGetProperties(t *testing.T) {
	u := start(t)
	r := u.MustCall(PreferredDC, "Get Properties", "<path>"+bob+`</path><propertyList><property name="l"/><property name="mail"/>`+
		`<property name="shoeSize"/></propertyList>`)
	assert.Equal(t, `<properties><property name="l"><value>Seattle</value></property><property name="mail"/><property name="shoeSize"/></properties>`,
		xmldoc.String(xmldoc.Child(r.Data, "properties")))
	e := refused(t, u, mpf.ObjectNotFound, "Get Properties", "<path>LDAP://CN=no,DC=fabrikam,DC=com</path>")
	assert.Equal(t, mpf.NoSuchObject, e.Code)
	assert.Contains(t, e.Description, "Unable to open object 'LDAP://CN=no,DC=fabrikam,DC=com'./There is no such object on the server./ADsGetObject")
	all := u.MustCall(Provider, "Get Properties", "<path>"+bob+"</path>")
	assert.Contains(t, xmldoc.String(all.Data), `<property name="sAMAccountName"><value>bob</value></property>`)
}

func TestSearch(t *testing.T) {
	u := start(t)
	r := u.MustCall(Provider, "Search", "<path>"+reseller+`</path><filter>(&amp;(objectClass=user)(l=seattle))</filter><scope>OneLevel</scope>`+
		`<propertyList><property name="sAMAccountName"/><property name="mail"/><property name="ADsPath"/></propertyList>`)
	assert.Equal(t, `<objects>`+
		`<object class="user" name="bob"><property name="sAMAccountName"><value>bob</value></property><property name="mail"/>`+
		`<property name="ADsPath"><value>`+bob+`</value></property></object>`+
		`<object class="user" name="eve"><property name="sAMAccountName"><value>eve</value></property><property name="mail"/>`+
		`<property name="ADsPath"><value>`+eve+`</value></property></object>`+
		`</objects>`, xmldoc.String(xmldoc.Child(r.Data, "objects")))
	one := u.MustCall(PreferredDC, "Search", "<path>"+reseller+`</path><filter>(l=seattle)</filter><sizeLimit>1</sizeLimit>`)
	assert.NotContains(t, xmldoc.String(one.Data), eve)
	none := u.MustCall(PreferredDC, "Search", "<path>"+reseller+`</path><filter>(l=atlantis)</filter>`)
	assert.Contains(t, xmldoc.String(none.Data), "<objects/>")
	refused(t, u, mpf.ElementInvalid, "Search", "<path>"+reseller+"</path><filter>(l=</filter>")
	refused(t, u, mpf.ElementInvalid, "Search", "<path>"+reseller+"</path><filter>l=a)(l=b</filter>")
	refused(t, u, mpf.ElementMissing, "Search", "<path>"+reseller+"</path>")
	refused(t, u, mpf.ElementInvalid, "Search", "<path>"+reseller+"</path><filter>l=*</filter><propertyList><property/></propertyList>")
}

func TestSearch_Preferences(t *testing.T) {
	u := start(t)
	ask := func(preferences string) string {
		return "<path>LDAP://OU=Hosting,DC=fabrikam,DC=com</path><filter>objectClass=user</filter>" +
			`<propertyList><property name="l"/></propertyList><preferences>` + preferences + "</preferences>"
	}
	preference := func(name, value string) string {
		return "<preference><searchPref>" + name + "</searchPref><type>ADSTYPE_INTEGER</type><value>" + value + "</value></preference>"
	}
	found := func(preferences string) string {
		return xmldoc.String(xmldoc.Child(u.MustCall(PreferredDC, "Search", ask(preferences)).Data, "objects"))
	}
	assert.Contains(t, found(""), `name="bob"><property name="l"><value>Seattle</value></property></object>`)
	assert.Equal(t, "<objects/>", found(preference("ADS_SEARCHPREF_SEARCH_SCOPE", "ADS_SCOPE_ONELEVEL")))
	assert.Equal(t, "<objects/>", found(preference("ADS_SEARCHPREF_SEARCH_SCOPE", "0")))
	assert.Contains(t, found(preference("ADS_SEARCHPREF_ATTRIBTYPES_ONLY", "1")), `name="bob"><property name="l"/></object>`)
	assert.NotContains(t, found(preference("ADS_SEARCHPREF_SIZE_LIMIT", "1")), `name="eve"`)
	assert.Contains(t, found(preference("ADS_SEARCHPREF_PAGESIZE", "10")+preference("ADS_SEARCHPREF_SEARCH_SCOPE", "2")), `name="eve"`)
	for _, bad := range []string{
		preference("ADS_SEARCHPREF_NONE", "1"), preference("ADS_SEARCHPREF_SEARCH_SCOPE", "3"), preference("ADS_SEARCHPREF_SEARCH_SCOPE", "wide"),
		preference("ADS_SEARCHPREF_SIZE_LIMIT", "-1"), preference("", "1"), "<thing/>",
		"<preference><searchPref>ADS_SEARCHPREF_PAGESIZE</searchPref><value>1</value></preference>",
		"<preference><searchPref>ADS_SEARCHPREF_PAGESIZE</searchPref><type>NUMBER</type><value>1</value></preference>",
	} {
		e := refused(t, u, mpf.SearchPreference, "Search", ask(bad))
		assert.Equal(t, mpf.InvalidPreference, e.Code)
	}
}

func TestGroups(t *testing.T) {
	u := start(t)
	args := "<group>" + group + "</group><path>" + bob + "</path>"
	isMember := func() string {
		answer, _ := xmldoc.ChildText(u.MustCall(PreferredDC, "Group IsMember", args).Data, "isMember")
		return answer
	}
	assert.Equal(t, "0", isMember())
	assert.Contains(t, xmldoc.String(u.MustCall(Provider, "Group Members", "<group>"+group+"</group>").Data), "<members/>")
	u.MustCall(PreferredDC, "Group Add", args)
	assert.Equal(t, []string{"CN=bob," + enginetest.Reseller}, u.Attr(group, "member"))
	assert.Equal(t, []string{"CN=staff," + enginetest.Reseller}, u.Attr(bob, "memberOf"))
	assert.Equal(t, "1", isMember())
	assert.Contains(t, xmldoc.String(u.MustCall(Provider, "Group Members", "<group>"+group+"</group>").Data), "<members><member>"+bob+"</member></members>")
	assert.Contains(t, xmldoc.String(u.MustCall(Provider, "User Groups", "<path>"+bob+"</path>").Data), "<groups><group>"+group+"</group></groups>")
	refused(t, u, mpf.AlreadyMember, "Group Add", args)
	refused(t, u, mpf.GroupInItself, "Group Add", "<group>"+group+"</group><path>"+group+"</path>")
	for procedure, path := range map[string]string{
		"Group Add": "<path>" + bob + "</path>", "Group Remove": "<path>" + bob + "</path>", "Group IsMember": "<path>" + bob + "</path>", "Group Members": "",
	} {
		e := refused(t, u, mpf.ElementMissing, procedure, path)
		assert.Equal(t, mpf.InputElementMissing, e.Code)
		refused(t, u, mpf.ClassWrong, procedure, "<group>"+bob+"</group>"+path)
	}
	refused(t, u, mpf.ClassWrong, "User Groups", "<path>"+group+"</path>")
	refused(t, u, mpf.ObjectNotFound, "User Groups", "<path>LDAP://CN=no,DC=fabrikam,DC=com</path>")
	u.MustCall(PreferredDC, "Group Remove", args)
	assert.Empty(t, u.Attr(group, "member"))
	refused(t, u, mpf.NotMember, "Group Remove", args)
}

func TestSkipAction(t *testing.T) {
	u := start(t)
	before := u.Dump()
	for procedure, args := range map[string]string{
		"Group Add": "<group>" + group + "</group><path>" + bob + "</path>", "Group Remove": "<group>" + group + "</group><path>" + bob + "</path>",
		"Set Properties":    "<path>" + bob + `</path><properties><property name="l">Bern</property></properties>`,
		"User Set Password": "<path>" + bob + "</path><newPassword>Secret-01</newPassword>",
	} {
		u.MustCall(PreferredDC, procedure, args+"<flagSkipAction/>")
		u.Unchanged(before)
		refused(t, u, mpf.ObjectNotFound, procedure, strings.ReplaceAll(args, "CN=bob", "CN=nobody")+"<flagSkipAction/>")
	}
	made := u.MustCall(Provider, "Create Object", "<container>"+reseller+"</container><class>user</class><name>cn=bob</name>"+
		`<properties><property name="l">Bern</property></properties><flagIgnoreAlreadyExistsError/>`)
	assert.Contains(t, xmldoc.String(made.Data), "<flagSkipAction/><path>"+bob+"</path>")
	u.Unchanged(before)
}

func TestPasswords(t *testing.T) {
	u := start(t)
	e := refused(t, u, mpf.PasswordRefused, "User Set Password", "<path>"+bob+"</path><newPassword>short</newPassword>")
	assert.Equal(t, "0x800708c5", e.Code.String())
	r := u.MustCall(PreferredDC, "User Set Password", "<path>"+bob+"</path><newPassword>Secret-01</newPassword>")
	assert.NotContains(t, xmldoc.String(r.Data), "Secret-01")
	r = u.Call(PreferredDC, "User Change Password", "<path>"+bob+"</path><oldPassword>wrong</oldPassword><newPassword>Secret-02</newPassword>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.OldPasswordWrong.ID, r.Err.Cause)
	assert.Equal(t, mpf.InvalidPassword, r.Err.Code)
	u.MustCall(PreferredDC, "User Change Password", "<path>"+bob+"</path><oldPassword>Secret-01</oldPassword><newPassword>Secret-02</newPassword>")
	refused(t, u, mpf.PasswordRefused, "User Change Password", "<path>"+bob+"</path><oldPassword>Secret-02</oldPassword><newPassword>Secret-01</newPassword>")
	assert.NotContains(t, u.Log.String(), "Secret-0")
}

// Guesses of the old password lock the account, though the requests fail, and
// whether or not somebody handles their errors.
func TestChangePassword_CountsWrongGuesses(t *testing.T) {
	u := start(t)
	u.MustCall(PreferredDC, "User Set Password", "<path>"+bob+"</path><newPassword>Secret-01</newPassword>")
	u.Update(func(tx *state.Tx) error {
		policy, err := directory.In(tx).PasswordPolicy()
		policy.LockoutThreshold, policy.LockoutDuration = 3, time.Hour
		return errors.Join(err, directory.In(tx).SetPasswordPolicy(policy))
	})
	change := func(old string) string {
		return "<path>" + bob + "</path><oldPassword>" + old + "</oldPassword><newPassword>Secret-02</newPassword>"
	}
	caught := `<request><procedure><try><execute namespace="` + PreferredDC + `" procedure="User Change Password"><executeData>` + change("wrong") +
		`</executeData></execute></try><catch><transform/></catch></procedure></request>`
	document, err := xmldoc.ParseString(caught, xmldoc.Limits{})
	require.NoError(t, err)
	req, err := mpf.ParseRequest(document, mpf.Target{})
	require.NoError(t, err)
	rehearsed, err := u.Engine.Rehearse(u.As(enginetest.Administrator), req)
	require.NoError(t, err)
	require.Nil(t, rehearsed.Response.Err)
	assert.Empty(t, u.Attr(bob, "badPwdCount"), "a rehearsal counts nothing")

	require.NotNil(t, u.Call(PreferredDC, "User Change Password", change("wrong")).Err)
	assert.Equal(t, []string{"1"}, u.Attr(bob, "badPwdCount"))
	require.Nil(t, u.Run(caught).Err)
	assert.Equal(t, []string{"2"}, u.Attr(bob, "badPwdCount"), "handled errors count as well")
	require.NotNil(t, u.Call(PreferredDC, "User Change Password", change("wrong")).Err)
	refused(t, u, mpf.AccountLocked, "User Change Password", change("Secret-01"))
	refused(t, u, mpf.AccountLocked, "User Change Password", change("wrong"))
	u.Advance(time.Hour)
	u.MustCall(PreferredDC, "User Change Password", change("Secret-01"))
}

func TestMoveRenameDelete(t *testing.T) {
	u := start(t)
	answer := func(procedure, args string) string {
		path, _ := xmldoc.ChildText(u.MustCall(Provider, procedure, args).Data, "path")
		return path
	}
	path := answer("Rename Object", "<source>"+bob+"</source><name>CN=rob</name>")
	assert.Equal(t, "LDAP://CN=rob,"+enginetest.Reseller, path)
	refused(t, u, mpf.ObjectInTheWay, "Rename Object", "<source>"+path+"</source><name>eve</name>")
	refused(t, u, mpf.ElementMissing, "Rename Object", "<source>"+path+"</source>")
	path = answer("Move Object", "<source>"+path+"</source><destination>LDAP://dc1/OU=Hosting,DC=fabrikam,DC=com</destination>")
	assert.Equal(t, "LDAP://dc1/CN=rob,OU=Hosting,DC=fabrikam,DC=com", path)
	refused(t, u, mpf.ElementMissing, "Move Object", "<source>"+path+"</source>")
	refused(t, u, mpf.ObjectNotFound, "Move Object", "<source>"+path+"</source><destination>LDAP://OU=none,DC=fabrikam,DC=com</destination>")
	refused(t, u, mpf.ClassNotAllowed, "Move Object", "<source>"+path+"</source><destination>"+eve+"</destination>")
	path = answer("Rename Object", "<path>"+path+"</path><newName>cn=a\\,b</newName>")
	assert.Equal(t, "LDAP://dc1/CN=a\\,b,OU=Hosting,DC=fabrikam,DC=com", path, "names of before, an escaped name")

	exists := u.MustCall(PreferredDC, "Object Exists", "<path>"+path+"</path>")
	assert.Contains(t, xmldoc.String(exists.Data), "<exists>1</exists><class>user</class>")
	u.MustCall(PreferredDC, "Delete Object", "<path>"+path+"</path>")
	exists = u.MustCall(PreferredDC, "Object Exists", "<path>"+path+"</path>")
	assert.Contains(t, xmldoc.String(exists.Data), "<exists>0</exists>")
	refused(t, u, mpf.ObjectNotFound, "Delete Object", "<path>"+path+"</path>")
	before := u.Dump()
	u.MustCall(PreferredDC, "Delete Object", "<path>"+path+"</path><flagIgnoreDoesNotExistError/>")
	u.Unchanged(before)
	e := refused(t, u, mpf.ObjectIsRoot, "Delete Object", "<path>LDAP://DC=fabrikam,DC=com</path>")
	assert.Equal(t, mpf.UnwillingToPerform, e.Code)
	u.MustCall(PreferredDC, "Delete Object", "<path>"+reseller+"</path>")
	assert.Nil(t, u.Object(eve), "with all below it")
}

func TestWritesNeedADomainAdministrator(t *testing.T) {
	u := start(t)
	u.User(enginetest.Reseller, "plain", "Secret-01")
	r := u.CallAs(`FABRIKAM\plain`, Provider, "Delete Object", "<path>"+bob+"</path>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.NotDomainAdmin.ID, r.Err.Cause)
	assert.NotNil(t, u.Object(bob))
}

func TestSearch_GivesWhatTheCallerSees(t *testing.T) {
	u := start(t)
	for _, unit := range []string{"Alpha", "Beta"} {
		u.MustCall(Provider, "Create Object", "<container>"+reseller+"</container><class>organizationalUnit</class><name>"+unit+"</name>")
		u.User("OU="+unit+","+enginetest.Reseller, "of"+unit, "Wonderland-1")
	}
	asked := "<path>LDAP://DC=fabrikam,DC=com</path><filter>(sAMAccountName=of*)</filter><sizeLimit>2</sizeLimit>" +
		`<propertyList><property name="distinguishedName"/></propertyList>`
	for _, namespace := range []string{Provider, PreferredDC} {
		all := xmldoc.String(u.MustCall(namespace, "Search", asked).Data)
		assert.Contains(t, all, "CN=ofAlpha,")
		assert.Contains(t, all, "CN=ofBeta,")
		r := u.CallAs(`FABRIKAM\ofBeta`, namespace, "Search", asked)
		require.Nil(t, r.Err)
		assert.NotContains(t, xmldoc.String(r.Data), "CN=ofAlpha,")
		assert.Contains(t, xmldoc.String(r.Data), "CN=ofBeta,")
	}
}

// Old passwords cannot be tried faster than at a logon, even where no policy
// locks accounts.
func TestChangePassword_IsThrottled(t *testing.T) {
	limits := throttle.New(throttle.Config{AccountFailures: 3}, time.Now)
	u := enginetest.Open(t, engine.Config{Namespaces: Namespaces(), Throttle: limits})
	for _, name := range []string{"bob", "eve"} {
		u.MustCall(Provider, "Create Object", "<container>"+reseller+"</container><class>user</class><name>CN="+name+"</name>")
		u.MustCall(PreferredDC, "User Set Password", "<path>LDAP://CN="+name+","+enginetest.Reseller+"</path><newPassword>Secret-01</newPassword>")
	}
	change := func(name, old, password string) string {
		return "<path>LDAP://CN=" + name + "," + enginetest.Reseller + "</path><oldPassword>" + old + "</oldPassword><newPassword>" + password + "</newPassword>"
	}
	for range 3 {
		failed := u.Call(PreferredDC, "User Change Password", change("bob", "wrong", "Secret-02")).Err
		require.NotNil(t, failed)
		assert.Equal(t, mpf.OldPasswordWrong.ID, failed.Cause)
	}
	refused(t, u, mpf.TooManyPasswords, "User Change Password", change("bob", "Secret-01", "Secret-02"))
	u.MustCall(PreferredDC, "User Change Password", change("eve", "Secret-01", "Secret-02"))
}
