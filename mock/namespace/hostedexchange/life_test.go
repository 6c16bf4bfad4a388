package hostedexchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/mail"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// TestLife is a customer's life in the order in which the control panel calls.
func TestLife(t *testing.T) {
	w := open(t)
	signUp(t, w)
	admin := users(t, w)
	mailLife(t, w, admin)
	domains(t, w)
	suspend(t, w)
	cancel(t, w)
}

func signUp(t *testing.T, w *world) {
	made := w.ok("CreateBusinessOrganization", `<container>LDAP://`+base+`</container><name>acme</name><SMTPDomain>acme.example</SMTPDomain>`+
		"<mailStore>\n<megabytes>1</megabytes>\n<shared>1</shared></mailStore><publicStore>\n<megabytes>1</megabytes></publicStore>"+
		"<availablePlans>\n<planName>PlatinumPlusMail</planName>\n<planName>GoldMail</planName>\n<planName>PlatinumMail</planName>\n"+
		`<planName>BaseMail</planName></availablePlans><description>Contoso &amp; Sons</description><createSMTPDomain/>`)
	where, _ := xmldoc.Attr(xmldoc.Child(made, "org"), "path")
	assert.Equal(t, "LDAP://"+acme, where)
	assert.Equal(t, "Contoso & Sons", w.attr(acme, "description"))
	org := "<organization>LDAP://" + acme + "</organization>"
	w.of("Exchange Resource Manager", "ReallocateOrganizationMailNoMove", org+`<mailStore><megabytes>99</megabytes><shared>1</shared></mailStore>`+controller)
	w.of("Exchange Resource Manager", "ReallocateOrganizationPublic", org+`<publicStore><megabytes>9</megabytes></publicStore>`+controller)
	enableGroups(t, w)
	w.ok("CreatePublicFolder", path(acme)+`<megabytes>5</megabytes><SMTPDomain>acme.example</SMTPDomain>`)
	w.ok("CreateOrganizationAddressLists", path(acme)+`<SMTPDomain>acme.example</SMTPDomain>`)
	found := w.of("Exchange Resource Manager", "QueryResourcesByOrganization", org+controller)
	assert.Equal(t, "100", textAt(found, "orgResources", "mailStore", "megabytes"))
	assert.Equal(t, "10", textAt(found, "orgResources", "publicStore", "megabytes"))
	assert.Equal(t, []string{"Created", "PlanAdded", "PlanAdded", "PlanAdded", "PlanAdded"}, without(w.events(acme), "AssetAdded", "PublicFolderCreated", "AddressListsCreated"))
}

// enableGroups is what Managed Exchange's MailEnableGroup comes down to.
func enableGroups(t *testing.T, w *world) {
	w.of("Exchange Provider", "MailEnableGroup", path(acme)+`<cn>Admins@acme</cn><proxyAddress>Admins@acme.example</proxyAddress>`)
	w.of("Exchange Provider", "MailEnableGroup", path("CN=_Private,"+acme)+`<cn>AllUsers@acme</cn><proxyAddress>AllUsers@acme.example</proxyAddress>`)
	assert.Equal(t, "Admins@acme.example", w.attr("CN=Admins@acme,"+acme, "mail"))
}

func users(t *testing.T, w *world) (admin string) {
	jsmith := w.user("jsmith", "GoldMail")
	w.user("plain", "")
	w.ok("CreateBusinessUser", `<container>LDAP://`+acme+`</container><userPrincipalName>admin@acme.example</userPrincipalName>`+
		`<isAdmin>true</isAdmin><newPassword>`+password+`</newPassword><planName>PlatinumPlusMail</planName><properties/>`)
	admin = "CN=admin@acme.example," + acme
	assert.Contains(t, w.Attr("CN=Admins@acme,"+acme, "member"), admin)
	assert.Equal(t, "jsmith@acme.example", w.attr(jsmith, "mail"))
	w.refused(mpf.PasswordRefused, "CreateBusinessUser", `<container>LDAP://`+acme+`</container><userPrincipalName>weak@acme.example</userPrincipalName>`+
		`<isAdmin>false</isAdmin><newPassword>weak</newPassword><planName>GoldMail</planName>`)
	w.ok("ChangeUserMailboxPlan", path(jsmith)+`<planName>PlatinumMail</planName><customerTypeName>BusinessUser</customerTypeName>`)
	assert.Equal(t, "131007", w.attr(jsmith, "msExchMailboxFolderSet"))
	return admin
}

func mailLife(t *testing.T, w *world, admin string) {
	jsmith := "CN=jsmith@acme.example," + acme
	w.ok("CreateSMTPProxyAddress", path(jsmith)+`<proxyAddress setPrimary="0">john@acme.example</proxyAddress>`)
	assert.Equal(t, []string{"SMTP:jsmith@acme.example", "smtp:john@acme.example"}, w.addresses(jsmith))
	w.of("Managed Active Directory", "CreateContact", `<container>LDAP://`+acme+`</container><name>friend</name>`)
	w.of("Exchange Provider", "MailEnableContact", path(acme)+`<cn>friend</cn><targetAddress>friend@outside.example</targetAddress><proxyAddress>friend@acme.example</proxyAddress>`)
	w.of("Managed Active Directory", "ModifyUser", `<user>LDAP://`+jsmith+`</user><properties><property name="altRecipient">CN=friend, `+acme+`</property>`+
		`<property name="deliverAndRedirect">TRUE</property></properties>`+controller)
	assert.Equal(t, "CN=friend,"+acme, w.attr(jsmith, "altRecipient"))
	owner := `<managedBy>LDAP://` + admin + `</managedBy>`
	w.ok("CreateDistributionList", `<container>LDAP://`+acme+`</container><name>sales</name>`+owner)
	w.ok("CreateDistributionList", `<container>LDAP://`+acme+`</container><name>all staff</name>`+owner)
	assert.Equal(t, "allstaff@acme.example", w.attr("CN=all staff,"+acme, "mail"))
	staff := "<group>LDAP://CN=all staff," + acme + "</group>"
	w.of("Managed Active Directory", "GroupAdd", staff+`<newMember>LDAP://`+jsmith+`</newMember>`)
	w.of("Managed Active Directory", "GroupAdd", staff+`<newMember>LDAP://CN=sales,`+acme+`</newMember>`)
	w.ok("ModifyDistributionList", path("CN=sales,"+acme)+`<managedBy>jsmith@acme.example</managedBy>`)
	assert.Equal(t, jsmith, w.attr("CN=sales,"+acme, "managedBy"))
	w.ok("DeleteSMTPProxyAddress", path(jsmith)+`<proxyAddress>john@acme.example</proxyAddress>`)
}

func domains(t *testing.T, w *world) {
	w.ok("CreateSMTPDomain", path(acme)+`<SMTPDomain>acme-2.example</SMTPDomain><domainTypeName>SecondaryDomain</domainTypeName><createSMTPDomain/>`)
	w.ok("CreateSMTPDomain", path(acme)+`<SMTPDomain>acme-2.example</SMTPDomain><domainTypeName>PrimaryDomain</domainTypeName><createSMTPDomain/>`)
	w.ok("CreateSMTPDomain", path(acme)+`<SMTPDomain>acme-2.example</SMTPDomain><domainTypeName>PrimaryDomain</domainTypeName><createSMTPDomain/>`)
	assert.Equal(t, "jsmith@acme.example", w.attr("CN=jsmith@acme.example,"+acme, "mail"), "promotion leaves addresses as they are")
	w.ok("CreateBusinessUser", `<container>LDAP://`+acme+`</container><userPrincipalName>new@acme-2.example</userPrincipalName>`+
		`<isAdmin>0</isAdmin><newPassword>`+password+`</newPassword><planName>BaseMail</planName>`)
	assert.Equal(t, "new@acme-2.example", w.attr("CN=new@acme-2.example,"+acme, "mail"))
	w.refused(mpf.DomainIsPrimary, "DeleteSMTPDomain", path(acme)+`<SMTPDomain>acme-2.example</SMTPDomain>`)
	w.refused(mpf.DomainInUse, "DeleteSMTPDomain", path(acme)+`<SMTPDomain>acme.example</SMTPDomain>`)
}

func suspend(t *testing.T, w *world) {
	jsmith := "CN=jsmith@acme.example," + acme
	w.ok("SetUserPassword", path(jsmith)+`<newPassword>An0ther!Secret</newPassword>`)
	w.refused(mpf.PasswordRefused, "SetUserPassword", path(jsmith)+`<newPassword>no</newPassword>`)
	assert.Equal(t, "512", w.attr(jsmith, "userAccountControl"))
	w.ok("DisableUser", path(jsmith))
	assert.Equal(t, "514", w.attr(jsmith, "userAccountControl"))
	w.ok("EnableUser", path(jsmith))
	assert.Equal(t, "512", w.attr(jsmith, "userAccountControl"))
	w.ok("MakeUserAdmin", path(jsmith)+`<isAdmin>1</isAdmin>`)
	w.ok("MakeUserAdmin", path(jsmith)+`<isAdmin>0</isAdmin>`)
	assert.NotContains(t, w.Attr("CN=Admins@acme,"+acme, "member"), jsmith)
}

func cancel(t *testing.T, w *world) {
	w.refused(mpf.OrganizationNotEmpty, "DeleteBusinessOrganization", path(acme))
	w.ok("DeleteDistributionList", path("CN=all staff,"+acme))
	w.ok("DeletePublicFolder", path(acme)+`<name>acme</name>`)
	for _, name := range []string{"jsmith@acme.example", "plain@acme.example", "admin@acme.example", "new@acme-2.example"} {
		w.ok("DeleteBusinessUser", path("CN="+name+","+acme))
	}
	w.ok("DeleteBusinessOrganization", path(acme)+`<deleteSMTPDomain/>`)
	assert.Nil(t, w.Object(acme))
	w.View(func(tx *state.Tx) {
		holders, err := resource.In(tx).Holders()
		require.NoError(t, err)
		assert.Empty(t, holders, "all shares are given back")
		_, _, err = mail.In(tx).DomainOwner("acme.example")
		assert.ErrorIs(t, err, state.ErrNotFound)
		_, err = directory.In(tx).ByProxyAddress("jsmith@acme.example")
		assert.ErrorIs(t, err, state.ErrNotFound)
		_, err = mail.In(tx).Folder("/acme")
		assert.ErrorIs(t, err, state.ErrNotFound)
	})
	signUp(t, w)
}

// without gives the names that are none of those to leave out.
func without(names []string, leaveOut ...string) []string {
	var kept []string
next:
	for _, name := range names {
		for _, out := range leaveOut {
			if name == out {
				continue next
			}
		}
		kept = append(kept, name)
	}
	return kept
}
