package hostedexchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"wsexchange/mpf"
)

// consumer makes a consumer user of acme, with what else is given.
func consumer(name, more string) string {
	return `<container>LDAP://` + acme + `</container><userPrincipalName>` + name + `@acme.example</userPrincipalName><sAMAccountName>` + name +
		`</sAMAccountName><newPassword>` + password + `</newPassword><planName>BaseMail</planName>` + more
}

func TestCreateConsumerUser_InANamedStore(t *testing.T) {
	w := withAcme(t)
	const small = "Mailbox Store 2 (EX1)"
	named := func(server, store string) string {
		return `<mailStore><serverName>` + server + `</serverName><mailStoreName>` + store + `</mailStoreName></mailStore>`
	}
	add := func(name, megabytes string) {
		w.of("Exchange Resource Manager", "RemoveExchangeResources", `<mailStores><mailStore><serverName>EX1</serverName><mailStoreName>`+name+
			`</mailStoreName></mailStore></mailStores>`)
		w.of("Exchange Resource Manager Ex", "AddExchangeResources", `<consumerMailStores><mailStore><serverName>EX1</serverName><mailStoreName>`+name+
			`</mailStoreName><megabytes>`+megabytes+`</megabytes></mailStore></consumerMailStores>`)
	}
	add(small, "15")
	w.ok("CreateConsumerUser", consumer("one", named("ex1", small)))
	assert.Contains(t, w.attr("CN=one@acme.example,"+acme, "homeMDB"), "CN="+small)
	w.refused(mpf.StoreUnavailable, "CreateConsumerUser", consumer("two", named("EX1", "Nowhere")))
	w.refused(mpf.StoreUnavailable, "CreateConsumerUser", consumer("two", named("EX9", small)))
	w.refused(mpf.NoRoomInStore, "CreateConsumerUser", consumer("two", named("EX1", small)))
	w.ok("CreateConsumerUser", consumer("two", ""))
	assert.Contains(t, w.attr("CN=two@acme.example,"+acme, "homeMDB"), "CN=Mailbox Store 3 (EX1)", "the consumer store with most room")
}

func TestCreateMailbox_WithAddressesInAnyElement(t *testing.T) {
	w := withAcme(t)
	name := w.user("jsmith", "")
	w.refused(mpf.ArgumentInvalid, "CreateMailbox", path(name)+`<planName>GoldMail</planName><proxyAddresses>js@acme.example</proxyAddresses>`)
	w.ok("CreateMailbox", path(name)+`<planName>GoldMail</planName>`+
		`<proxyAddresses><value>js@acme.example</value><proxyAddress>john@acme.example</proxyAddress></proxyAddresses>`)
	assert.Equal(t, []string{"SMTP:jsmith@acme.example", "smtp:js@acme.example", "smtp:john@acme.example"}, w.addresses(name))
}

func TestAvailablePlans_AreOfOrganizations(t *testing.T) {
	w := withAcme(t)
	name := path(w.user("jsmith", "GoldMail"))
	plans := `<availablePlans><planName>GoldMail</planName></availablePlans>`
	w.refused(mpf.NotAnOrganization, "AddAvailablePlans", name+plans)
	w.refused(mpf.NotAnOrganization, "RemoveAvailablePlans", name+plans)
	w.refused(mpf.NotAnOrganization, "GetAvailablePlans", name)
}

func TestCreateSMTPDomain_PromotionWithPolicy(t *testing.T) {
	w := withAcme(t)
	w.ok("CreateSMTPDomain", path(acme)+`<SMTPDomain>two.example</SMTPDomain>`)
	promote := path(acme) + `<SMTPDomain>two.example</SMTPDomain><domainTypeName>PrimaryDomain</domainTypeName>`
	w.ok("CreateSMTPDomain", promote+`<createSMTPDomain/>`)
	assert.True(t, w.inPolicy("two.example"), "the flag counts for a domain that is there too")
	before := w.Dump()
	w.ok("CreateSMTPDomain", promote)
	w.Unchanged(before)
}

func TestMailboxPlan_IsCheckedBeforeTheDomain(t *testing.T) {
	w := open(t)
	const hosting = "OU=Hosting,DC=fabrikam,DC=com"
	w.ok("CreateResellerOrganization", `<container>LDAP://`+hosting+`</container><name>bare</name>`)
	bare := "OU=bare," + hosting
	w.ok("CreateBusinessUser", `<container>LDAP://`+bare+`</container><userPrincipalName>a@b.example</userPrincipalName><isAdmin>0</isAdmin>`)
	user := path("CN=a@b.example," + bare)
	for _, procedure := range []string{"CreateMailbox", "ChangeUserMailboxPlan"} {
		w.refused(mpf.PlanNotAvailable, procedure, user+`<planName>GoldMail</planName>`)
	}
	w.ok("AddAvailablePlans", path(bare)+`<availablePlans><planName>GoldMail</planName></availablePlans>`)
	for _, procedure := range []string{"CreateMailbox", "ChangeUserMailboxPlan"} {
		w.refused(mpf.NotExchangeEnabled, procedure, user+`<planName>GoldMail</planName>`)
	}
}

func TestProcedures_OfTheOrganizationsAdministrator(t *testing.T) {
	w := withAcme(t)
	w.ok("CreateBusinessUser", `<container>LDAP://`+acme+`</container><userPrincipalName>boss@acme.example</userPrincipalName><isAdmin>1</isAdmin>`+
		`<sAMAccountName>boss</sAMAccountName><newPassword>`+password+`</newPassword>`)
	r := w.CallAs(`FABRIKAM\boss`, "Hosted Exchange", "CreateBusinessUser", newUser("jsmith", "PlatinumPlusMail")+controller)
	assert.Nil(t, r.Err, "a plan that needs address lists has them made for a UserCreator too")
	assert.Contains(t, w.attr("CN=jsmith@acme.example,"+acme, "msExchUseOAB"), "CN=acme OAL,")
}
