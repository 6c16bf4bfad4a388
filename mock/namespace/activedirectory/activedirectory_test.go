package activedirectory

import (
	"errors"
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
	assert.Equal(t, "LDAP://CN=friend,"+enginetest.Reseller, path)
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
	r := u.MustCall(PreferredDC, "Search", "<path>"+reseller+`</path><filter>(&amp;(objectClass=user)(l=seattle))</filter><scope>OneLevel</scope>`+
		`<propertyList><property name="sAMAccountName"/></propertyList>`)
	assert.Equal(t, `<searchResults>`+
		`<searchResult path="`+bob+`"><properties><property name="sAMAccountName"><value>bob</value></property></properties></searchResult>`+
		`<searchResult path="`+eve+`"><properties><property name="sAMAccountName"><value>eve</value></property></properties></searchResult>`+
		`</searchResults>`, xmldoc.String(xmldoc.Child(r.Data, "searchResults")))
	one := u.MustCall(PreferredDC, "Search", "<path>"+reseller+`</path><filter>(l=seattle)</filter><sizeLimit>1</sizeLimit>`)
	assert.NotContains(t, xmldoc.String(one.Data), eve)
	refused(t, u, mpf.ArgumentInvalid, "Search", "<path>"+reseller+"</path><filter>(l=</filter>")
}

func TestGroups(t *testing.T) {
	u := start(t)
	args := "<path>" + group + "</path><member>" + bob + "</member>"
	u.MustCall(PreferredDC, "Group Add", args)
	assert.Equal(t, []string{"CN=bob," + enginetest.Reseller}, u.Attr(group, "member"))
	assert.Equal(t, []string{"CN=staff," + enginetest.Reseller}, u.Attr(bob, "memberOf"))
	refused(t, u, mpf.AlreadyMember, "Group Add", args)
	refused(t, u, mpf.GroupInItself, "Group Add", "<path>"+group+"</path><member>"+group+"</member>")
	refused(t, u, mpf.ClassWrong, "Group Add", "<path>"+bob+"</path><member>"+bob+"</member>")
	u.MustCall(PreferredDC, "Group Remove", args)
	assert.Empty(t, u.Attr(group, "member"))
	refused(t, u, mpf.NotMember, "Group Remove", args)
	before := u.Dump()
	u.MustCall(PreferredDC, "Group Add", args+"<flagSkipAction/>")
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
	r := u.MustCall(PreferredDC, "Rename Object", "<path>"+bob+"</path><newName>CN=rob</newName>")
	path, _ := xmldoc.ChildText(r.Data, "path")
	assert.Equal(t, "LDAP://CN=rob,"+enginetest.Reseller, path)
	refused(t, u, mpf.ObjectInTheWay, "Rename Object", "<path>"+path+"</path><newName>eve</newName>")
	r = u.MustCall(PreferredDC, "Move Object", "<path>"+path+"</path><container>LDAP://OU=Hosting,DC=fabrikam,DC=com</container>")
	path, _ = xmldoc.ChildText(r.Data, "path")
	assert.Equal(t, "LDAP://CN=rob,OU=Hosting,DC=fabrikam,DC=com", path)

	exists := u.MustCall(PreferredDC, "Object Exists", "<path>"+path+"</path>")
	assert.Contains(t, xmldoc.String(exists.Data), "<exists>1</exists><class>user</class>")
	u.MustCall(PreferredDC, "Delete Object", "<path>"+path+"</path>")
	exists = u.MustCall(PreferredDC, "Object Exists", "<path>"+path+"</path>")
	assert.Contains(t, xmldoc.String(exists.Data), "<exists>0</exists>")
	e := refused(t, u, mpf.NotALeaf, "Delete Object", "<path>"+reseller+"</path>")
	assert.Equal(t, mpf.NotLeaf, e.Code)
	u.MustCall(PreferredDC, "Delete Object", "<path>"+reseller+"</path><flagDeleteTree/>")
	assert.Nil(t, u.Object(eve))
}

func TestMakeSpecific(t *testing.T) {
	u := start(t)
	r := u.MustCall(Provider, "Make Path Domain Controller Specific", "<path>"+bob+"</path><preferredDomainController>dc1.fabrikam.com</preferredDomainController>")
	path, _ := xmldoc.ChildText(r.Data, "path")
	assert.Equal(t, "LDAP://dc1.fabrikam.com/CN=bob,"+enginetest.Reseller, path)
	bad := u.Call(Provider, "Make Path Domain Controller Specific", "<path>LDAP://DC=other,DC=com</path><preferredDomainController>dc1.fabrikam.com</preferredDomainController>")
	require.NotNil(t, bad.Err)
	assert.Equal(t, mpf.DomainMismatch, bad.Err.Code)
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
	asked := "<path>LDAP://DC=fabrikam,DC=com</path><filter>(sAMAccountName=of*)</filter><sizeLimit>2</sizeLimit>"
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
