package hostedexchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// allocated gives the kilobytes that a mailbox has.
func (w *world) allocated(name string) string {
	w.t.Helper()
	found := w.of("Exchange Resource Manager", "QueryMailboxAllocation", "<mailbox>LDAP://"+name+"</mailbox>")
	return textAt(found, "mailbox", "kilobytes")
}

func TestCreateMailbox(t *testing.T) {
	w := withAcme(t)
	name := w.user("jsmith", "")
	w.ok("CreateMailbox", path(name)+`<planName>goldmail</planName><alias>js</alias>`)
	assert.Equal(t, "20000", w.allocated(name))
	assert.Equal(t, "js", w.attr(name, "mailNickname"))
	assert.Equal(t, []string{"SMTP:jsmith@acme.example"}, w.addresses(name))
	require.Len(t, w.Attr(name, "showInAddressBook"), 1)
	assert.Contains(t, w.attr(name, "showInAddressBook"), "CN=Default Global Address List,")
	assert.Empty(t, w.attr(name, "msExchUseOAB"), "the organization has no lists yet")
	w.refused(mpf.MailboxExists, "CreateMailbox", path(name)+`<planName>GoldMail</planName>`)
	plan := w.CallPrivate(hostedexchange.Name, "GetCustomerPlanRecord_", path(name))
	require.Nil(t, plan.Err)
	assert.Equal(t, "GoldMail", textAt(plan.Data, "planName"))
}

func TestCreateMailbox_Refusals(t *testing.T) {
	w := withAcme(t)
	name := path(w.user("jsmith", ""))
	w.MustCall("Hosted Exchange", "CreateMailboxPlan", `<planName>HugeMail</planName><planDescription>Too much</planDescription>`+
		`<planFeatures><feature><featureName>MailboxSize</featureName><featureValue>409601</featureValue></feature></planFeatures>`)
	w.ok("AddAvailablePlans", path(acme)+`<availablePlans><planName>HugeMail</planName></availablePlans>`)
	for _, c := range []struct {
		name  string
		cause *mpf.Cause
		given string
	}{
		{"no such user", mpf.ObjectNotFound, path("CN=nobody,"+acme) + `<planName>GoldMail</planName>`},
		{"not a user", mpf.ClassWrong, path("CN=Admins@acme,"+acme) + `<planName>GoldMail</planName>`},
		{"plan unknown", mpf.PlanUnknown, name + `<planName>LeadMail</planName>`},
		{"plan missing", mpf.ArgumentMissing, name},
		{"no room", mpf.NoRoomInOrganization, name + `<planName>HugeMail</planName>`},
		{"kind of user unknown", mpf.ArgumentInvalid, name + `<planName>GoldMail</planName><customerTypeName>Robot</customerTypeName>`},
		{"address malformed", mpf.AddressInvalid, name + `<planName>GoldMail</planName><proxyAddresses><value>no address</value></proxyAddresses>`},
	} {
		t.Run(c.name, func(t *testing.T) { w.refused(c.cause, "CreateMailbox", c.given) })
	}
	w.of("Exchange Resource Manager", "ReallocateOrganizationMailNoMove", acmeOrg+`<mailStore><megabytes>900</megabytes><shared>1</shared></mailStore>`)
	e := w.refused(mpf.MailboxTooLarge, "CreateMailbox", name+`<planName>HugeMail</planName>`)
	assert.Contains(t, e.Description, "c1032226")
}

func TestChangeUserMailboxPlan(t *testing.T) {
	w := withAcme(t)
	name := w.user("jsmith", "GoldMail")
	w.ok("ChangeUserMailboxPlan", path(name)+`<planName>BaseMail</planName><customerTypeName>BusinessUser</customerTypeName>`)
	assert.Equal(t, "10000", w.allocated(name))
	assert.Equal(t, "10000", w.attr(name, "mDBOverQuotaLimit"))
	assert.Empty(t, w.attr(name, "msExchMailboxFolderSet"), "what only the former plan set is cleared")
	assert.Contains(t, w.Attr(name, "protocolSettings")[1], "IMAP4§0")
	made := w.ok("ChangeUserMailboxPlan", path(name)+`<planName>PlatinumPlusMail</planName>`)
	assert.Equal(t, "20000", textAt(made, "mail", "size"))
	assert.Equal(t, "131071", textAt(made, "properties", "property", "value"))
	assert.Equal(t, "20000", w.allocated(name))
	assert.Contains(t, w.attr(name, "msExchUseOAB"), "CN=acme OAL,", "full Outlook brings the address lists")
	assert.Len(t, w.Attr(name, "showInAddressBook"), 3)
	assert.Contains(t, w.Attr(name, "protocolSettings")[1], "IMAP4§1")
	assert.Equal(t, []string{"Created", "PlanChange", "PlanChange", "PlanChange"}, w.events(name))
	w.View(func(tx *state.Tx) { assert.NoError(t, resource.In(tx).CheckConservation()) })
}

func TestChangeUserMailboxPlan_OfUserWithoutMailbox(t *testing.T) {
	w := withAcme(t)
	w.ok("CreateSMTPDomain", path(acme)+`<SMTPDomain>acme-2.example</SMTPDomain>`)
	name := w.user("plain", "")
	w.ok("ChangeUserMailboxPlan", path(name)+`<planName>BaseMail</planName><SMTPDomain>acme-2.example</SMTPDomain>`)
	assert.Equal(t, "plain@acme-2.example", w.attr(name, "mail"))
	assert.Equal(t, "10000", w.allocated(name))
}

func TestChangeUserMailboxPlan_Refusals(t *testing.T) {
	w := withAcme(t)
	name := w.user("jsmith", "BaseMail")
	w.ok("RemoveAvailablePlans", path(acme)+`<availablePlans><planName>PlatinumMail</planName></availablePlans>`)
	w.refused(mpf.PlanNotAvailable, "ChangeUserMailboxPlan", path(name)+`<planName>PlatinumMail</planName>`)
	w.refused(mpf.PlanUnknown, "ChangeUserMailboxPlan", path(name)+`<planName>LeadMail</planName>`)
	w.refused(mpf.DomainUnknown, "ChangeUserMailboxPlan", path(name)+`<planName>GoldMail</planName><SMTPDomain>other.example</SMTPDomain>`)
	w.refused(mpf.ObjectNotFound, "ChangeUserMailboxPlan", path("CN=nobody,"+acme)+`<planName>GoldMail</planName>`)
	for _, other := range []string{"a", "b", "c", "d"} {
		w.user(other, "GoldMail")
	}
	w.user("e", "BaseMail")
	w.refused(mpf.NoRoomInOrganization, "ChangeUserMailboxPlan", path(name)+`<planName>GoldMail</planName>`)
}

func TestDeleteMailbox_(t *testing.T) {
	w := withAcme(t)
	name := w.user("jsmith", "GoldMail")
	require.Nil(t, w.CallPrivate(hostedexchange.Name, "DeleteMailbox_", path(name)).Err)
	assert.Empty(t, w.attr(name, "homeMDB"))
	assert.Empty(t, w.Attr(name, "proxyAddresses"))
	assert.Equal(t, "0", w.allocated(name))
	e := w.CallPrivate(hostedexchange.Name, "DeleteMailbox_", path(name)).Err
	require.NotNil(t, e)
	assert.Equal(t, mpf.MailboxMissing.ID, e.Cause)
	e = w.Call(hostedexchange.Name, "DeleteMailbox_", path(name)).Err
	require.NotNil(t, e)
	assert.Equal(t, mpf.ProcedurePrivate.ID, e.Cause)
}
