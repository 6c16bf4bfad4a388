package hostedexchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/mail"
	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/plan"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

func TestCreateBusinessUser(t *testing.T) {
	w := withAcme(t)
	w.ok("CreateSMTPDomain", path(acme)+`<SMTPDomain>acme-2.example</SMTPDomain>`)
	made := w.ok("CreateBusinessUser", `<container>LDAP://`+acme+`</container><userPrincipalName>jsmith@acme.example</userPrincipalName>`+
		`<isAdmin>True</isAdmin><planName>GoldMail</planName><newPassword do-not-log="1">`+password+`</newPassword>`+
		`<sAMAccountName>jsmith_1007acme_example_long</sAMAccountName><displayName>John Smith</displayName><givenName>John</givenName><middleName></middleName>`+
		`<sn>Smith</sn><initials>JQS</initials><description>first &lt;user&gt;</description>`+
		`<properties><property name="telephoneNumber">+1 555 0100</property><property name="l"><value>Redmond</value></property></properties>`+
		`<proxyAddresses><value>john@acme-2.example</value></proxyAddresses><alias>johnny</alias>`)
	name := "CN=jsmith@acme.example," + acme
	where, _ := xmldoc.Attr(xmldoc.Child(made, "user"), "path")
	assert.Equal(t, "LDAP://"+name, where)
	assert.Nil(t, xmldoc.Child(made, "newPassword"), "passwords are not echoed")
	for attribute, want := range map[string]string{
		"userPrincipalName": "jsmith@acme.example", "sAMAccountName": "jsmith_1007acme_exam", "displayName": "John Smith",
		"givenName": "John", "sn": "Smith", "initials": "JQS", "description": "first <user>", "telephoneNumber": "+1 555 0100", "l": "Redmond",
		"userAccountControl": "512", "mail": "jsmith@acme.example", "mailNickname": "johnny", "msExchUserAccountControl": "0",
		"msExchQueryBaseDN": acme, "msExchMailboxFolderSet": "108303", "mDBOverQuotaLimit": "20000",
	} {
		assert.Equal(t, want, w.attr(name, attribute), attribute)
	}
	assert.Equal(t, []string{"SMTP:jsmith@acme.example", "smtp:john@acme-2.example"}, w.addresses(name))
	assert.ElementsMatch(t, []string{"CN=Admins@acme," + acme, "CN=AllUsers@acme,CN=_Private," + acme}, w.Attr(name, "memberOf"))
	assert.Contains(t, w.attr(name, "homeMDB"), "CN=Mailbox Store")
	assert.Equal(t, []string{"Created", "PlanChange"}, w.events(name))
	_, err := w.Engine.Authenticate(t.Context(), "", "jsmith@acme.example", secret.New(password))
	assert.NoError(t, err)
}

func TestCreateBusinessUser_WithoutPasswordAndPlan(t *testing.T) {
	w := withAcme(t)
	w.ok("CreateBusinessUser", `<container>LDAP://`+acme+`</container><userPrincipalName>plain@acme.example</userPrincipalName><isAdmin>0</isAdmin>`)
	name := "CN=plain@acme.example," + acme
	assert.Equal(t, "514", w.attr(name, "userAccountControl"))
	assert.Empty(t, w.attr(name, "mail"))
	assert.Empty(t, w.attr(name, "homeMDB"))
	assert.Equal(t, "plain_acme.example", w.attr(name, "sAMAccountName"))
}

func TestCreateBusinessUser_MakesAccountNamesFree(t *testing.T) {
	w := withAcme(t)
	make := func(name string) string {
		w.ok("CreateBusinessUser", newUser(name, "")+`<sAMAccountName>twenty_characters_ok</sAMAccountName>`)
		return w.attr("CN="+name+"@acme.example,"+acme, "sAMAccountName")
	}
	assert.Equal(t, "twenty_characters_ok", make("one"))
	second := make("two")
	assert.Len(t, second, 20)
	assert.Equal(t, "twenty_characters", second[:17])
	assert.NotEqual(t, "twenty_characters_ok", second)
}

func TestCreateBusinessUser_Refusals(t *testing.T) {
	w := withAcme(t)
	w.organization("beta", "beta.example")
	w.user("taken", "GoldMail")
	w.ok("CreateSMTPProxyAddress", path("CN=taken@acme.example,"+acme)+`<proxyAddress>second@acme.example</proxyAddress>`)
	w.ok("RemoveAvailablePlans", path(acme)+`<availablePlans><planName>BaseMail</planName></availablePlans>`)
	of := func(upn, more string) string {
		return `<container>LDAP://` + acme + `</container><userPrincipalName>` + upn + `</userPrincipalName><isAdmin>true</isAdmin>` + more
	}
	gold := `<newPassword>` + password + `</newPassword><planName>GoldMail</planName>`
	for _, c := range []struct {
		name  string
		cause *mpf.Cause
		given string
	}{
		{"name taken", mpf.ObjectInTheWay, of("taken@acme.example", gold)},
		{"password too weak", mpf.PasswordRefused, of("weak@acme.example", `<newPassword>short</newPassword><planName>GoldMail</planName>`)},
		{"plan unknown", mpf.PlanUnknown, of("x@acme.example", `<planName>LeadMail</planName>`)},
		{"plan not available", mpf.PlanNotAvailable, of("x@acme.example", `<planName>BaseMail</planName>`)},
		{"address taken", mpf.AddressTaken, of("second@acme.example", gold)},
		{"address in foreign domain", mpf.DomainUnknown, of("x@acme.example", gold+`<proxyAddresses><value>x@beta.example</value></proxyAddresses>`)},
		{"logon name in foreign domain", mpf.DomainTaken, of("x@beta.example", gold)},
		{"logon name malformed", mpf.ArgumentInvalid, of("nobody", gold)},
		{"store without its server", mpf.ArgumentInvalid, of("x@acme.example", gold+`<mailStore><mailStoreName>Mailbox Store 1 (EX1)</mailStoreName></mailStore>`)},
		{"store unknown", mpf.StoreUnknown, of("x@acme.example", gold+`<mailStore><serverName>EX1</serverName><mailStoreName>None</mailStoreName></mailStore>`)},
		{"store without share", mpf.StoreNotAllocated, of("x@acme.example", gold+`<mailStore><serverName>EX1</serverName><mailStoreName>Mailbox Store 2 (EX1)</mailStoreName></mailStore>`)},
		{"store without plan", mpf.ArgumentMissing, of("x@acme.example", `<mailStore><serverName>EX1</serverName></mailStore>`)},
		{"attribute unknown", mpf.AttributeUnknown, of("x@acme.example", gold+`<properties><property name="shoeSize">9</property></properties>`)},
		{"administrator neither yes nor no", mpf.ArgumentInvalid, `<container>LDAP://` + acme + `</container><userPrincipalName>x@acme.example</userPrincipalName><isAdmin>maybe</isAdmin>`},
		{"administrator missing", mpf.ArgumentMissing, `<container>LDAP://` + acme + `</container><userPrincipalName>x@acme.example</userPrincipalName>`},
		{"outside of organizations", mpf.NotAnOrganization, `<container>LDAP://CN=Users,DC=fabrikam,DC=com</container><userPrincipalName>x@acme.example</userPrincipalName><isAdmin>0</isAdmin>`},
	} {
		t.Run(c.name, func(t *testing.T) { w.refused(c.cause, "CreateBusinessUser", c.given) })
	}
	e := w.refused(mpf.PasswordRefused, "CreateBusinessUser", of("weak@acme.example", `<newPassword>short</newPassword>`))
	assert.Equal(t, "0x800708c5", e.Code.String())
	assert.NotContains(t, w.Log.String(), "short")
	e = w.refused(mpf.AddressTaken, "CreateBusinessUser", of("second@acme.example", gold))
	assert.Contains(t, e.Description, "by user 'LDAP://CN=taken@acme.example,"+acme+"'")
}

func TestCreateBusinessUser_PoolIsTheLimit(t *testing.T) {
	w := withAcme(t) // 100 MB hold five mailboxes of 20000 KB
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		w.user(name, "GoldMail")
	}
	w.refused(mpf.NoRoomInOrganization, "CreateBusinessUser", newUser("f", "GoldMail"))
	w.ok("DeleteBusinessUser", path("CN=a@acme.example,"+acme))
	w.user("f", "GoldMail")
}

func TestCreateBusinessUser_ChoosesAStore(t *testing.T) {
	w := withAcme(t)
	w.of("Exchange Resource Manager", "ReallocateOrganizationMailNoMove", acmeOrg+`<mailStore><sourceMailStores><sourceMailStore op="allocate">`+
		`<serverName>EX1</serverName><mailStoreName>Mailbox Store 2 (EX1)</mailStoreName><megabytes>30</megabytes></sourceMailStore></sourceMailStores></mailStore>`)
	home := func(name, more string) string {
		w.ok("CreateBusinessUser", newUser(name, "GoldMail")+more)
		return w.attr("CN="+name+"@acme.example,"+acme, "homeMDB")
	}
	assert.Contains(t, home("tight", ""), "Mailbox Store 2", "the smallest gap that is large enough")
	assert.Contains(t, home("next", ""), "Mailbox Store 1", "10 MB are too little")
	assert.Contains(t, home("level", `<mailStore algorithm="level"/>`), "Mailbox Store 1")
	assert.Contains(t, home("named", `<mailStore><serverName>EX1</serverName><mailStoreName>Mailbox Store 1 (EX1)</mailStoreName></mailStore>`), "Mailbox Store 1")
	w.refused(mpf.ArgumentInvalid, "CreateBusinessUser", newUser("x", "GoldMail")+`<mailStore algorithm="random"/>`)
}

func TestCreateConsumerUser(t *testing.T) {
	w := withAcme(t)
	of := func(name, account, more string) string {
		return `<container>LDAP://` + acme + `</container><userPrincipalName>` + name + `@acme.example</userPrincipalName><sAMAccountName>` + account + `</sAMAccountName>` +
			`<newPassword>` + password + `</newPassword>` + more
	}
	w.ok("CreateConsumerUser", of("solo", "solo", `<planName>BaseMail</planName><sn>Solo</sn>`))
	name := "CN=solo@acme.example," + acme
	assert.Equal(t, "solo", w.attr(name, "sAMAccountName"))
	assert.Equal(t, name, w.attr(name, "msExchQueryBaseDN"))
	assert.Contains(t, w.attr(name, "homeMDB"), "Mailbox Store 3")
	assert.Empty(t, w.Attr(name, "memberOf"))
	w.refused(mpf.AccountTaken, "CreateConsumerUser", of("other", "SOLO", ""))
	w.refused(mpf.ArgumentInvalid, "CreateConsumerUser", of("other", "more_than_20_characters", ""))
	w.refused(mpf.ArgumentEmpty, "CreateConsumerUser", of("other", "", ""))
	w.refused(mpf.PlanUnknown, "CreateConsumerUser", of("other", "other", `<planName>LeadMail</planName>`))
	w.refused(mpf.StoreUnavailable, "CreateConsumerUser", of("other", "other", `<planName>BaseMail</planName>`+
		`<mailStore><serverName>EX1</serverName><mailStoreName>Mailbox Store 1 (EX1)</mailStoreName></mailStore>`))

	w.ok("CreateConsumerVanityDomain", path(name)+`<name>me</name><SMTPDomain>solo.example</SMTPDomain><createSMTPDomain/>`)
	assert.Equal(t, "me@solo.example", w.attr(name, "mail"))
	assert.Equal(t, []string{"smtp:solo@acme.example", "SMTP:me@solo.example"}, w.addresses(name))
	w.refused(mpf.DomainTaken, "CreateConsumerVanityDomain", path(name)+`<name>me</name><SMTPDomain>acme.example</SMTPDomain>`)
	w.refused(mpf.AddressInvalid, "CreateConsumerVanityDomain", path(name)+`<name>m e</name><SMTPDomain>solo.example</SMTPDomain>`)
	w.ok("CreateConsumerVanityDomain", path(name)+`<name>me</name><SMTPDomain>solo.example</SMTPDomain>`)

	w.ok("ChangeUserMailboxPlan", path(name)+`<planName>GoldMail</planName><customerTypeName>ConsumerUser</customerTypeName>`)
	w.ok("DeleteConsumerUser", path(name)+`<deleteSMTPDomain/>`)
	assert.Nil(t, w.Object(name))
	w.View(func(tx *state.Tx) {
		_, _, err := mail.In(tx).DomainOwner("solo.example")
		assert.ErrorIs(t, err, state.ErrNotFound, "the vanity domain went with its user")
		require.NoError(t, resource.In(tx).CheckConservation())
	})
	w.refused(mpf.ObjectNotFound, "DeleteConsumerUser", path(name))
}

func TestDeleteBusinessUser(t *testing.T) {
	w := withAcme(t)
	name := w.user("gone", "GoldMail")
	w.ok("MakeUserAdmin", path(name)+`<isAdmin>1</isAdmin>`)
	other := w.user("other", "GoldMail")
	w.of("Managed Active Directory", "ModifyUser", `<user>LDAP://`+other+`</user><properties><property name="altRecipient">`+name+`</property></properties>`)
	guid := w.Object(name).GUID
	w.ok("DeleteBusinessUser", path(name))
	assert.Nil(t, w.Object(name))
	assert.Empty(t, w.attr(other, "altRecipient"))
	assert.Empty(t, w.Attr("CN=Admins@acme,"+acme, "member"))
	assert.Equal(t, []string{other}, w.Attr("CN=AllUsers@acme,CN=_Private,"+acme, "member"))
	w.View(func(tx *state.Tx) {
		_, err := resource.In(tx).Consumer(guid)
		assert.ErrorIs(t, err, state.ErrNotFound)
		customer, err := plan.In(tx).Customer(guid)
		require.NoError(t, err)
		assert.Equal(t, plan.StatusDeleted, customer.Status)
	})
	w.user("gone", "GoldMail")
	w.refused(mpf.ObjectNotFound, "DeleteBusinessUser", path("CN=nobody,"+acme))
	w.refused(mpf.ClassWrong, "DeleteBusinessUser", path("CN=Admins@acme,"+acme))
}

func TestModifyUser(t *testing.T) {
	w := withAcme(t)
	name := w.user("jsmith", "")
	w.ok("ModifyUser", path(name)+`<displayName>Johnny</displayName><properties><property name="l"><value>Seattle</value></property>`+
		`<property name="otherTelephone"><value>1</value><value>2</value></property></properties>`)
	assert.Equal(t, "Johnny", w.attr(name, "displayName"))
	assert.Equal(t, "Seattle", w.attr(name, "l"))
	assert.Equal(t, []string{"1", "2"}, w.Attr(name, "otherTelephone"))
	w.ok("ModifyUser", path(name)+`<properties/>`)
	w.refused(mpf.AttributeUnknown, "ModifyUser", path(name)+`<properties><property name="shoeSize">9</property></properties>`)
	w.refused(mpf.ObjectNotFound, "ModifyUser", path("CN=nobody,"+acme))
}

func TestEnableAndDisableUser(t *testing.T) {
	w := withAcme(t)
	name := w.user("jsmith", "")
	for range 2 { // again is no error
		w.ok("DisableUser", path(name))
		assert.Equal(t, "514", w.attr(name, "userAccountControl"))
	}
	for range 2 {
		w.ok("EnableUser", path(name))
		assert.Equal(t, "512", w.attr(name, "userAccountControl"))
	}
	assert.Equal(t, []string{"Created", "Disabled", "Disabled", "Enabled", "Enabled"}, w.events(name))
	w.refused(mpf.ObjectNotFound, "EnableUser", path("CN=nobody,"+acme))
	w.refused(mpf.ObjectNotFound, "DisableUser", path("CN=nobody,"+acme))
	w.refused(mpf.NotAnOrganization, "DisableUser", path("CN=hsadmin,CN=Users,DC=fabrikam,DC=com"))
	before := w.Dump()
	e := w.Call("Hosted Exchange", "DisableUser", path(name)+`<preferredDomainController>dc9.fabrikam.com</preferredDomainController>`).Err
	require.NotNil(t, e)
	assert.Equal(t, mpf.ControllerUnknown.ID, e.Cause)
	w.Unchanged(before)
}

func TestPasswords(t *testing.T) {
	w := withAcme(t)
	name := w.user("jsmith", "")
	logon := func(word string) error {
		_, err := w.Engine.Authenticate(t.Context(), "", "jsmith@acme.example", secret.New(word))
		return err
	}
	w.ok("SetUserPassword", path(name)+`<newPassword do-not-log="1">An0ther!Secret</newPassword>`)
	assert.NoError(t, logon("An0ther!Secret"))
	assert.Error(t, logon(password))
	w.refused(mpf.PasswordRefused, "SetUserPassword", path(name)+`<newPassword>simple</newPassword>`)
	w.refused(mpf.ArgumentEmpty, "SetUserPassword", path(name)+`<newPassword></newPassword>`)
	w.ok("ChangeUserPassword", path(name)+`<oldPassword>An0ther!Secret</oldPassword><newPassword>Th1rd!Secret</newPassword>`)
	assert.NoError(t, logon("Th1rd!Secret"))
	r := w.Call(hostedexchange.Name, "ChangeUserPassword", path(name)+`<oldPassword>wrong</oldPassword><newPassword>F0urth!Secret</newPassword>`+controller)
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.OldPasswordWrong.ID, r.Err.Cause)
	assert.Equal(t, []string{"1"}, w.Attr(name, "badPwdCount"), "it counts as a wrong logon does")
	w.refused(mpf.PasswordRefused, "ChangeUserPassword", path(name)+`<oldPassword>Th1rd!Secret</oldPassword><newPassword>An0ther!Secret</newPassword>`)
	for _, word := range []string{"An0ther!Secret", "Th1rd!Secret", "F0urth!Secret"} {
		assert.NotContains(t, w.Log.String(), word)
	}
}

func TestMakeUserAdmin(t *testing.T) {
	w := withAcme(t)
	name := w.user("jsmith", "")
	admins := "CN=Admins@acme," + acme
	for range 2 { // again is no error
		w.ok("MakeUserAdmin", path(name)+`<isAdmin>1</isAdmin>`)
		assert.Equal(t, []string{name}, w.Attr(admins, "member"))
	}
	for range 2 {
		w.ok("MakeUserAdmin", path(name)+`<isAdmin>false</isAdmin>`)
		assert.Empty(t, w.Attr(admins, "member"))
	}
	w.refused(mpf.ClassWrong, "MakeUserAdmin", path(admins)+`<isAdmin>1</isAdmin>`)
	w.refused(mpf.ArgumentMissing, "MakeUserAdmin", path(name))
}
