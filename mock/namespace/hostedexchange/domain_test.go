package hostedexchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/plan"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// domains gives the organization's domains with their types.
func (w *world) domains() map[string]string {
	w.t.Helper()
	found := make(map[string]string)
	for d := range xmldoc.Elements(xmldoc.Child(w.ok("GetOrganizationDomains", path(acme)), "SMTPDomains")) {
		found[textAt(d, "domainName")] = textAt(d, "domainTypeName")
	}
	return found
}

// inPolicy tells whether a recipient policy has the domain.
func (w *world) inPolicy(name string) bool {
	w.t.Helper()
	found := false
	w.View(func(tx *state.Tx) {
		domain, err := directory.In(tx).Domain()
		require.NoError(w.t, err)
		container, err := directory.In(tx).Get(domain.Exchange.Child("CN", "Recipient Policies"))
		require.NoError(w.t, err)
		policies, err := directory.In(tx).Children(container, "msExchRecipientPolicy")
		require.NoError(w.t, err)
		for _, p := range policies {
			held, err := directory.In(tx).Values(p, "gatewayProxy")
			require.NoError(w.t, err)
			for _, address := range held {
				found = found || address == "smtp:@"+name
			}
		}
	})
	return found
}

func TestCreateSMTPDomain(t *testing.T) {
	w := withAcme(t)
	old := w.user("old", "BaseMail")
	add := func(name, kind string) {
		w.ok("CreateSMTPDomain", path(acme)+`<SMTPDomain>`+name+`</SMTPDomain><createSMTPDomain/><domainTypeName>`+kind+`</domainTypeName>`)
	}
	add("two.example", "")
	add("three.example", "VanityDomain")
	assert.Equal(t, map[string]string{"acme.example": "PrimaryDomain", "two.example": "SecondaryDomain", "three.example": "VanityDomain"}, w.domains())
	assert.True(t, w.inPolicy("two.example"))
	w.ok("CreateSMTPDomain", path(acme)+`<SMTPDomain>five.example</SMTPDomain>`)
	assert.False(t, w.inPolicy("five.example"), "without the flag an event sink is assumed")
	add("four.example", "PrimaryDomain")
	assert.Equal(t, "PrimaryDomain", w.domains()["four.example"])
	assert.Equal(t, "SecondaryDomain", w.domains()["acme.example"])
	add("acme.example", "PrimaryDomain")
	add("acme.example", "primarydomain") // again is no error
	assert.Equal(t, "SecondaryDomain", w.domains()["four.example"])
	add("two.example", "PrimaryDomain")
	assert.Equal(t, "old@acme.example", w.attr(old, "mail"))
	assert.Equal(t, "new@two.example", w.attr(w.user("new", "BaseMail"), "mail"))
	guid := w.Object(acme).GUID
	w.View(func(tx *state.Tx) {
		assets, err := plan.In(tx).Assets(guid, "PrimaryDomain", plan.StatusEnabled)
		require.NoError(t, err)
		require.Len(t, assets, 1)
		assert.Equal(t, "two.example", assets[0].Value)
	})
}

func TestCreateSMTPDomain_Refusals(t *testing.T) {
	w := withAcme(t)
	w.organization("beta", "beta.example")
	of := func(name, kind string) string {
		return path(acme) + `<SMTPDomain>` + name + `</SMTPDomain><domainTypeName>` + kind + `</domainTypeName>`
	}
	e := w.refused(mpf.DomainTaken, "CreateSMTPDomain", of("BETA.example", "PrimaryDomain"))
	assert.Contains(t, e.Description, "'LDAP://OU=beta,"+base+"'")
	w.refused(mpf.DomainTaken, "CreateSMTPDomain", of("acme.example", "SecondaryDomain"))
	w.refused(mpf.DomainInvalid, "CreateSMTPDomain", of("-.example", "SecondaryDomain"))
	w.refused(mpf.DomainInvalid, "CreateSMTPDomain", of("local", "SecondaryDomain"))
	w.refused(mpf.DomainTaken, "CreateSMTPDomain", of("beta.example.", "SecondaryDomain"))
	w.refused(mpf.ArgumentInvalid, "CreateSMTPDomain", of("x.example", "TertiaryDomain"))
	w.refused(mpf.ArgumentEmpty, "CreateSMTPDomain", of("", "SecondaryDomain"))
	w.refused(mpf.NotExchangeEnabled, "CreateSMTPDomain", path(base)+`<SMTPDomain>x.example</SMTPDomain>`)
	w.refused(mpf.ObjectNotFound, "CreateSMTPDomain", path("OU=none,"+base)+`<SMTPDomain>x.example</SMTPDomain>`)
}

func TestDeleteSMTPDomain(t *testing.T) {
	w := withAcme(t)
	w.ok("CreateSMTPDomain", path(acme)+`<SMTPDomain>two.example</SMTPDomain><createSMTPDomain/>`)
	user := w.user("one", "BaseMail")
	w.ok("CreateSMTPProxyAddress", path(user)+`<proxyAddress>one@two.example</proxyAddress>`)
	w.refused(mpf.DomainInUse, "DeleteSMTPDomain", path(acme)+`<SMTPDomain>two.example</SMTPDomain>`)
	w.ok("DeleteSMTPProxyAddress", path(user)+`<proxyAddress>one@two.example</proxyAddress>`)
	w.ok("DeleteSMTPDomain", path(acme)+`<SMTPDomain>Two.example</SMTPDomain><deleteSMTPDomain/>`)
	assert.NotContains(t, w.domains(), "two.example")
	assert.False(t, w.inPolicy("two.example"))
	w.refused(mpf.DomainUnknown, "DeleteSMTPDomain", path(acme)+`<SMTPDomain>two.example</SMTPDomain>`)
	w.refused(mpf.DomainIsPrimary, "DeleteSMTPDomain", path(acme)+`<SMTPDomain>acme.example</SMTPDomain>`)
	w.organization("beta", "two.example")
	w.refused(mpf.DomainUnknown, "DeleteSMTPDomain", path(acme)+`<SMTPDomain>two.example</SMTPDomain>`)
}

func TestGetOrganizationDomains_OfAUser(t *testing.T) {
	w := withAcme(t)
	found := w.ok("GetOrganizationDomains", path(w.user("one", "")))
	assert.Equal(t, "acme.example", textAt(found, "SMTPDomains", "SMTPDomain", "domainName"))
	w.refused(mpf.NotAnOrganization, "GetOrganizationDomains", path("CN=Users,DC=fabrikam,DC=com"))
}

func TestCreateSMTPProxyAddress(t *testing.T) {
	w := withAcme(t)
	name := w.user("one", "BaseMail")
	add := func(address, primary string) {
		w.ok("CreateSMTPProxyAddress", path(name)+`<proxyAddress setPrimary="`+primary+`">`+address+`</proxyAddress>`)
	}
	add("second@acme.example", "0")
	assert.Equal(t, []string{"SMTP:one@acme.example", "smtp:second@acme.example"}, w.addresses(name))
	add("Third@acme.example", "1")
	assert.Equal(t, []string{"smtp:one@acme.example", "smtp:second@acme.example", "SMTP:Third@acme.example"}, w.addresses(name))
	assert.Equal(t, "Third@acme.example", w.attr(name, "mail"))
	add("second@acme.example", "true")
	assert.Equal(t, []string{"smtp:one@acme.example", "SMTP:second@acme.example", "smtp:Third@acme.example"}, w.addresses(name))
	add("second@acme.example", "1") // again is no error
	assert.Equal(t, "second@acme.example", w.attr(name, "mail"))
	w.ok("DeleteSMTPProxyAddress", path(name)+`<proxyAddress>third@acme.example</proxyAddress>`)
	assert.Equal(t, []string{"smtp:one@acme.example", "SMTP:second@acme.example"}, w.addresses(name))
}

func TestCreateSMTPProxyAddress_Refusals(t *testing.T) {
	w := withAcme(t)
	w.organization("beta", "beta.example")
	name, plain, other := w.user("one", "BaseMail"), w.user("plain", ""), w.user("other", "BaseMail")
	of := func(name, address string) string { return path(name) + `<proxyAddress>` + address + `</proxyAddress>` }
	e := w.refused(mpf.AddressTaken, "CreateSMTPProxyAddress", of(name, "OTHER@acme.example"))
	assert.Contains(t, e.Description, "by user 'LDAP://"+other+"'")
	w.refused(mpf.AddressTaken, "CreateSMTPProxyAddress", of(name, "one@acme.example"))
	w.refused(mpf.DomainUnknown, "CreateSMTPProxyAddress", of(name, "x@beta.example"))
	w.refused(mpf.DomainUnknown, "CreateSMTPProxyAddress", of(name, "x@nowhere.example"))
	w.refused(mpf.AddressInvalid, "CreateSMTPProxyAddress", of(name, "nobody"))
	w.refused(mpf.AddressInvalid, "CreateSMTPProxyAddress", of(name, "smtp:x@acme.example"))
	w.refused(mpf.AddressInvalid, "CreateSMTPProxyAddress", of(name, "a..b@acme.example"))
	w.refused(mpf.MailEnabledNot, "CreateSMTPProxyAddress", of(plain, "x@acme.example"))
	w.refused(mpf.ClassWrong, "CreateSMTPProxyAddress", of(acme, "x@acme.example"))
	w.refused(mpf.ObjectNotFound, "CreateSMTPProxyAddress", of("CN=nobody,"+acme, "x@acme.example"))
	w.refused(mpf.ArgumentInvalid, "CreateSMTPProxyAddress", path(name)+`<proxyAddress setPrimary="perhaps">x@acme.example</proxyAddress>`)
	w.refused(mpf.AddressIsPrimary, "DeleteSMTPProxyAddress", of(name, "One@acme.example"))
	w.refused(mpf.AddressUnknown, "DeleteSMTPProxyAddress", of(name, "other@acme.example"))
	w.refused(mpf.MailEnabledNot, "DeleteSMTPProxyAddress", of(plain, "x@acme.example"))
}
