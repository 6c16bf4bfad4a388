package conformance

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/wsdl/client"
	"wsexchange/wsdl/exchangeresourcemanager"
	"wsexchange/wsdl/hostedexchange"
	"wsexchange/wsdl/managedactivedirectory"
)

// XML strings as the panel glues them.
const (
	xmlStart   = `<?xml version="1.0" encoding="utf-8" ?>` + "\n"
	allPlans   = xmlStart + "<availablePlans>\n<planName>PlatinumPlusMail</planName>\n<planName>GoldMail</planName>\n<planName>PlatinumMail</planName>\n<planName>BaseMail</planName></availablePlans>"
	onePlan    = xmlStart + "<availablePlans><planName>PlatinumPlusMail</planName></availablePlans>"
	properties = `<properties><property name="telephoneNumber">+1 555 0100</property><property name="l">Redmond</property><property name="c">US</property></properties>`
)

// TestCustomerLife plays a customer of the panel from sign-up to cancellation,
// in the order in which the panel makes its calls, and looks into the directory
// after each step.
func TestCustomerLife(t *testing.T) {
	playLife(newPanel(t, start(t)))
	record(backends, "embedded: customer's life", !t.Failed())
}

func playLife(p *panel) {
	ou := "OU=acme," + reseller
	life := customer{panel: p, ou: ou, path: "LDAP://" + ou, name: "acme", domain: "acme.example"}
	life.signUp()
	life.quotas()
	life.addressLists()
	life.users()
	life.plans()
	life.passwords()
	life.suspendAndResume()
	life.administrators()
	life.proxies()
	life.forwards()
	life.lists()
	life.domains()
	life.cancel()
}

// customer is one organization of the panel.
type customer struct {
	*panel
	ou, path, name, domain string
}

func (c customer) user(login string) string { return "CN=" + login + "@" + c.domain + "," + c.ou }

func (c customer) userPath(login string) *string { return new("LDAP://" + c.user(login)) }

func (c customer) signUp() {
	t := c.t
	create := &hostedexchange.CreateBusinessOrganization{
		Container: new("LDAP://" + reseller), Name: &c.name,
		MailStoreXmlString:      new(xmlStart + "<mailStore>\n<megabytes>1</megabytes>\n<shared>1</shared></mailStore>"),
		PublicStoreXmlString:    new(xmlStart + "<publicStore>\n<megabytes>1</megabytes></publicStore>"),
		SmtpDomain:              &c.domain,
		Description:             new("Contoso & Sons"),
		AvailablePlansXmlString: new(allPlans), PreferredDomainController: new(controller), SendCredentials: true,
	}
	made, err := c.he.CreateBusinessOrganization(c.ctx, create)
	c.ok(made.CreateBusinessOrganizationResult, err)
	ou := c.object(c.ou)
	assert.Contains(t, ou["objectclass"], "organizationalUnit")
	assert.Equal(t, "Contoso & Sons", ou.first("description"))
	c.object("CN=Admins@acme," + c.ou)
	c.object("CN=_Private," + c.ou)
	c.object("CN=AllUsers@acme,CN=_Private," + c.ou)

	again, err := c.he.CreateBusinessOrganization(c.ctx, create)
	c.refused("0x80071392", again.CreateBusinessOrganizationResult, err)
}

func (c customer) resources() (mail, free, public string) {
	got, err := c.erm.QueryResourcesByOrganization(c.ctx, &exchangeresourcemanager.QueryResourcesByOrganization{
		LdapPath: &c.path, OrganizationGUID: &c.name, PreferredDomainController: new(controller), SendCredentials: true,
	})
	root := c.ok(got.QueryResourcesByOrganizationResult, err)
	require.NotEmpty(c.t, value(c.t, root, "/response/data/orgResources/mailStore/serverName"))
	return value(c.t, root, "/response/data/orgResources/mailStore/megabytes"),
		value(c.t, root, "/response/data/orgResources/mailStore/megabytesFree"),
		value(c.t, root, "/response/data/orgResources/publicStore/megabytes")
}

func (c customer) grow(megabytes string) *string {
	c.t.Helper()
	got, err := c.erm.ReallocateOrganizationMailNoMove(c.ctx, &exchangeresourcemanager.ReallocateOrganizationMailNoMove{
		Organization:              &c.path,
		MailStoresXmlString:       new(xmlStart + "<mailStore>\n<megabytes>" + megabytes + "</megabytes>\n<shared>1</shared></mailStore>"),
		PreferredDomainController: new(controller), SendCredentials: true,
	})
	require.NoError(c.t, err)
	return got.ReallocateOrganizationMailNoMoveResult
}

func (c customer) quotas() {
	t := c.t
	mail, _, public := c.resources()
	assert.Equal(t, []string{"1", "1"}, []string{mail, public})
	c.ok(c.grow("200"), nil)
	grown, err := c.erm.ReallocateOrganizationPublic(c.ctx, &exchangeresourcemanager.ReallocateOrganizationPublic{
		Organization: &c.path, Megabytes: new("50"), PreferredDomainController: new(controller), SendCredentials: true,
	})
	c.ok(grown.ReallocateOrganizationPublicResult, err)
	mail, free, public := c.resources()
	assert.Equal(t, []string{"201", "201", "51"}, []string{mail, free, public})
	c.ok(c.grow("-100"), nil)
	c.refused("0x82100103", c.grow("-1000"), nil)
	c.refused("0x82100101", c.grow("999999999"), nil)

	for _, group := range []struct{ path, role string }{{c.path, "Admins"}, {"LDAP://CN=_Private," + c.ou, "AllUsers"}} {
		c.submitted("Managed Exchange", "MailEnableGroup", `<data><path>`+group.path+`</path><cn>`+group.role+`@acme</cn><proxyAddress>`+
			group.role+`@`+c.domain+`</proxyAddress><preferredDomainController>`+controller+`</preferredDomainController></data>`)
	}
	assert.NotEmpty(t, c.object("CN=Admins@acme,"+c.ou).first("mail"))
	folder, err := c.he.CreatePublicFolder(c.ctx, &hostedexchange.CreatePublicFolder{
		LdapPath: &c.path, Megabytes: new("30"), PreferredDomainController: new(controller), SendCredentials: true,
	})
	c.ok(folder.CreatePublicFolderResult, err)
	resized, err := c.erm.ReallocatePublicFolder(c.ctx, &exchangeresourcemanager.ReallocatePublicFolder{
		Organization: &c.path, FolderPath: new("/acme"), Megabytes: new("-10"), PreferredDomainController: new(controller), SendCredentials: true,
	})
	c.ok(resized.ReallocatePublicFolderResult, err)
	root := c.consumers()
	assert.Equal(t, "/acme", value(t, root, "/response/data/publicFolders/publicFolder/folderPath"))
	assert.Equal(t, "20", value(t, root, "/response/data/publicFolders/publicFolder/megabytes"))

	names := "<propertyList><property name=\"dNSHostName\"/></propertyList>"
	host, err := c.he.GetProperties(c.ctx, &hostedexchange.GetProperties{
		LdapPath: new("LDAP://CN=EX1, CN=Computers," + domainBase), PreferredDomainController: new(controller), PropertyListXmlString: &names,
	})
	root = c.ok(host.GetPropertiesResult, err)
	assert.Equal(t, "ex1.fabrikam.com", root.FirstChild.LastChild.FirstChild.FirstChild.FirstChild.Data,
		"the panel walks first children without looking for text")
}

func (c customer) consumers() *node {
	c.t.Helper()
	got, err := c.erm.QueryConsumersByOrganization(c.ctx, &exchangeresourcemanager.QueryConsumersByOrganization{
		LdapPath: &c.path, OrganizationGUID: &c.name, PreferredDomainController: new(controller), SendCredentials: true,
	})
	return c.ok(got.QueryConsumersByOrganizationResult, err)
}

func (c customer) addressLists() {
	lists, err := c.he.CreateOrganizationAddressLists(c.ctx, &hostedexchange.CreateOrganizationAddressLists{
		LdapPath: &c.path, SmtpDomain: &c.domain, PreferredDomainController: new(controller), SendCredentials: true,
	})
	c.ok(lists.CreateOrganizationAddressListsResult, err)
	assert.Len(c.t, c.object(c.ou, "otherWellKnownObjects")["otherwellknownobjects"][0:3], 3)
	plans, err := c.he.AddAvailablePlans(c.ctx, &hostedexchange.AddAvailablePlans{
		LdapPath: &c.path, AvailablePlansXmlString: new(onePlan), PreferredDomainController: new(controller), SendCredentials: true,
	})
	c.ok(plans.AddAvailablePlansResult, err)
	queried := c.submitted("Windows-based Hosting", "QueryPlans",
		"<data><preferredDomainController>"+controller+"</preferredDomainController></data>")
	assert.Subset(c.t, values(c.t, queried, "//planName"), []string{"BaseMail", "GoldMail", "PlatinumMail", "PlatinumPlusMail"})
	detail, err := c.he.GetPlanDetail(c.ctx, &hostedexchange.GetPlanDetail{
		PlanName: new("GoldMail"), PreferredDomainController: new(controller), StatusTypeName: new(""), SendCredentials: true,
	})
	root := c.ok(detail.GetPlanDetailResult, err)
	assert.Contains(c.t, values(c.t, root, "/response/data/planFeatures/feature/featureName"), "MailboxSize")
}

func (c customer) createUser(login, plan, password string, admin bool) *string {
	c.t.Helper()
	var planName *string
	if plan != "" {
		planName = &plan
	}
	upn := login + "@" + c.domain
	made, err := c.he.CreateBusinessUser(c.ctx, &hostedexchange.CreateBusinessUser{
		Container: &c.path, UserPrincipalName: &upn, SAMAccountName: new(login + "_acme"), DisplayName: new("User " + login),
		GivenName: new("Łukasz"), Sn: new("Żółć <&>"), PlanName: planName, NewPassword: &password, IsAdmin: admin,
		PropertiesXmlString: new(properties), PreferredDomainController: new(controller),
	})
	require.NoError(c.t, err)
	return made.CreateBusinessUserResult
}

func (c customer) users() {
	t := c.t
	c.ok(c.createUser("jsmith", "GoldMail", "P@ssw0rd!23", false), nil)
	user := c.object(c.user("jsmith"))
	assert.Equal(t, "jsmith@acme.example", user.first("userPrincipalName"))
	assert.Equal(t, "jsmith_acme", user.first("sAMAccountName"))
	assert.Equal(t, "Żółć <&>", user.first("sn"))
	assert.Equal(t, "+1 555 0100", user.first("telephoneNumber"))
	assert.Contains(t, user["proxyaddresses"], "SMTP:jsmith@acme.example")
	assert.Equal(t, "jsmith@acme.example", user.first("mail"))
	assert.NotEmpty(t, user.first("homeMDB"))
	assert.Contains(t, user["memberof"], "CN=AllUsers@acme,CN=_Private,"+c.ou)

	c.refused("0x800708c5", c.createUser("weak", "GoldMail", "weak", false), nil)
	c.gone(c.user("weak"))
	c.refused("0x80071392", c.createUser("jsmith", "GoldMail", "P@ssw0rd!23", false), nil)
	c.refused("0x80072030", c.createUser("noplan", "NoSuchPlan", "P@ssw0rd!23", false), nil)
	c.gone(c.user("noplan"))

	c.ok(c.createUser("boss", "BaseMail", "P@ssw0rd!24", true), nil)
	assert.Contains(t, c.object(c.user("boss"))["memberof"], "CN=Admins@acme,"+c.ou)
	c.ok(c.createUser("plain", "", "P@ssw0rd!25", false), nil)
	assert.Empty(t, c.object(c.user("plain")).first("homeMDB"))

	root := c.consumers()
	assert.ElementsMatch(t, []string{"20000", "10000"}, values(t, root, "/response/data/mailboxes/mailbox/kilobytes"))
	for _, path := range values(t, root, "/response/data/mailboxes/mailbox/path") {
		assert.Contains(t, path, "CN=")
	}
	usage := c.submitted("WS Exchange Provider Adapter", "GetMailboxUsage", "<data><organization>"+c.path+
		"</organization><preferredDomainController>"+controller+"</preferredDomainController><mailbox>"+*c.userPath("jsmith")+"</mailbox></data>")
	assert.Regexp(t, `^[0-9]{1,5}$`, value(t, usage, "/response/data/usage"))
}

func (c customer) plans() {
	change := func(login, plan string) *string {
		got, err := c.he.ChangeUserMailboxPlan(c.ctx, &hostedexchange.ChangeUserMailboxPlan{
			LdapPath: c.userPath(login), PlanName: &plan, PreferredDomainController: new(controller), CustomerTypeName: new("BusinessUser"),
		})
		require.NoError(c.t, err)
		return got.ChangeUserMailboxPlanResult
	}
	c.ok(change("jsmith", "PlatinumPlusMail"), nil)
	assert.Equal(c.t, "131071", c.object(c.user("jsmith")).first("msExchMailboxFolderSet"))
	assert.NotEmpty(c.t, c.object(c.user("jsmith")).first("showInAddressBook"))
	c.ok(change("boss", "GoldMail"), nil)
	c.refused("0x80072030", change("boss", "NoSuchPlan"), nil)
	assert.ElementsMatch(c.t, []string{"20000", "20000"}, values(c.t, c.consumers(), "/response/data/mailboxes/mailbox/kilobytes"))
}

func (c customer) passwords() {
	set := func(password string) *string {
		got, err := c.he.SetUserPassword(c.ctx, &hostedexchange.SetUserPassword{
			LdapPath: c.userPath("jsmith"), NewPassword: &password, PreferredDomainController: new(controller),
		})
		require.NoError(c.t, err)
		return got.SetUserPasswordResult
	}
	c.ok(set("N3w P@ssword"), nil)
	c.refused("0x800708c5", set("x"), nil)
	assert.NoError(c.t, c.bind("jsmith@acme.example", "N3w P@ssword"))
	assert.Error(c.t, c.bind("jsmith@acme.example", "P@ssw0rd!23"))
}

func (c customer) suspendAndResume() {
	off, err := c.he.DisableUser(c.ctx, &hostedexchange.DisableUser{LdapPath: c.userPath("jsmith"), PreferredDomainController: new(controller)})
	c.ok(off.DisableUserResult, err)
	assert.Error(c.t, c.bind("jsmith@acme.example", "N3w P@ssword"))
	assert.Equal(c.t, "514", c.object(c.user("jsmith")).first("userAccountControl"))
	on, err := c.he.EnableUser(c.ctx, &hostedexchange.EnableUser{LdapPath: c.userPath("jsmith"), PreferredDomainController: new(controller)})
	c.ok(on.EnableUserResult, err)
	assert.NoError(c.t, c.bind("jsmith@acme.example", "N3w P@ssword"))
}

func (c customer) administrators() {
	for _, admin := range []bool{true, false} {
		got, err := c.he.MakeUserAdmin(c.ctx, &hostedexchange.MakeUserAdmin{
			LdapPath: c.userPath("jsmith"), IsAdmin: admin, PreferredDomainController: new(controller),
		})
		c.ok(got.MakeUserAdminResult, err)
		member := slices.Contains(c.object(c.user("jsmith"))["memberof"], "CN=Admins@acme,"+c.ou)
		assert.Equal(c.t, admin, member)
	}
}

func (c customer) proxies() {
	add := func(login, address string) *string {
		got, err := c.he.CreateSMTPProxyAddress(c.ctx, &hostedexchange.CreateSMTPProxyAddress{
			LdapPath: c.userPath(login), PreferredDomainController: new(controller), ProxyAddress: &address,
		})
		require.NoError(c.t, err)
		return got.CreateSMTPProxyAddressResult
	}
	remove := func(login, address string) *string {
		got, err := c.he.DeleteSMTPProxyAddress(c.ctx, &hostedexchange.DeleteSMTPProxyAddress{
			LdapPath: c.userPath(login), PreferredDomainController: new(controller), ProxyAddress: &address,
		})
		require.NoError(c.t, err)
		return got.DeleteSMTPProxyAddressResult
	}
	c.ok(add("jsmith", "sales@acme.example"), nil)
	assert.Contains(c.t, c.object(c.user("jsmith"))["proxyaddresses"], "smtp:sales@acme.example")
	c.refused("0x80071392", add("boss", "SALES@acme.example"), nil)
	c.ok(remove("jsmith", "sales@acme.example"), nil)
	c.ok(add("boss", "sales@acme.example"), nil)
	c.refused("0x80131509", remove("boss", "boss@acme.example"), nil)
}

func (c customer) forwards() {
	made, err := c.mad.CreateContact(c.ctx, &managedactivedirectory.CreateContact{
		Container: &c.path, Name: new("friend"), PropertyXml: &client.AnyType{InnerXML: `<properties><property name="cn">friend</property></properties>`},
		PreferredDomainController: new(controller), SendCredentials: true,
	})
	require.NoError(c.t, err)
	require.NotEmpty(c.t, text(made.CreateContactResult), text(made.ErrorReturn))
	c.submitted("WS Exchange Provider Adapter", "MailEnableContact", "<data><path>"+c.path+
		"</path><cn>friend</cn><targetAddress>friend@elsewhere.example</targetAddress><proxyAddress>friend@acme.example</proxyAddress></data>")
	assert.Equal(c.t, "SMTP:friend@elsewhere.example", c.object("CN=friend,"+c.ou).first("targetAddress"))

	c.forward("CN=friend, " + c.ou)
	assert.Equal(c.t, "CN=friend,"+c.ou, c.object(c.user("jsmith")).first("altRecipient"))
	c.forward("")
	assert.Empty(c.t, c.object(c.user("jsmith")).first("altRecipient"))
	deleted, err := c.mad.DeleteContact(c.ctx, &managedactivedirectory.DeleteContact{
		Contact: new("LDAP://CN=friend," + c.ou), PreferredDomainController: new(controller), SendCredentials: true,
	})
	c.done(deleted.DeleteContactResult, deleted.ErrorReturn, err)
	c.gone("CN=friend," + c.ou)
	again, err := c.mad.DeleteContact(c.ctx, &managedactivedirectory.DeleteContact{
		Contact: new("LDAP://CN=friend," + c.ou), PreferredDomainController: new(controller), SendCredentials: true,
	})
	require.NoError(c.t, err)
	assert.False(c.t, again.DeleteContactResult)
	assert.Contains(c.t, text(again.ErrorReturn), "There is no such object on the server.")
}

func (c customer) forward(recipient string) {
	c.t.Helper()
	got, err := c.mad.ModifyUser(c.ctx, &managedactivedirectory.ModifyUser{
		User: c.userPath("jsmith"), UserPrincipalName: new("jsmith@acme.example"), DisplayName: new("Johnny"),
		PropertyXml:               &client.AnyType{InnerXML: `<properties><property name="altRecipient">` + recipient + `</property></properties>`},
		PreferredDomainController: new(controller), SendCredentials: true,
	})
	c.done(got.ModifyUserResult, got.ErrorReturn, err)
}

func (c customer) lists() {
	owner := *c.userPath("boss")
	for _, name := range []string{"all staff", "board"} {
		made, err := c.he.CreateDistributionList(c.ctx, &hostedexchange.CreateDistributionList{
			Container: &c.path, Name: &name, PreferredDomainController: new(controller), ManagedBy: &owner, SendCredentials: true,
		})
		c.ok(made.CreateDistributionListResult, err)
	}
	list := "CN=all staff," + c.ou
	assert.Equal(c.t, c.user("boss"), c.object(list).first("managedBy"))
	assert.NotEmpty(c.t, c.object(list).first("mail"))
	for _, member := range []string{c.user("jsmith"), "CN=board," + c.ou} {
		added, err := c.mad.GroupAdd(c.ctx, &managedactivedirectory.GroupAdd{
			Group: new("LDAP://" + list), NewMember: new("LDAP://" + member), PreferredDomainController: new(controller), SendCredentials: true,
		})
		c.done(added.GroupAddResult, added.ErrorReturn, err)
		assert.Contains(c.t, c.object(list)["member"], member)
		assert.Contains(c.t, c.object(member)["memberof"], list)
	}
	removed, err := c.mad.GroupRemove(c.ctx, &managedactivedirectory.GroupRemove{
		Group: new("LDAP://" + list), Member: c.userPath("jsmith"), PreferredDomainController: new(controller), SendCredentials: true,
	})
	c.done(removed.GroupRemoveResult, removed.ErrorReturn, err)
	assert.NotContains(c.t, c.object(list)["member"], c.user("jsmith"))
	changed, err := c.he.ModifyDistributionList(c.ctx, &hostedexchange.ModifyDistributionList{
		LdapPath: new("LDAP://" + list), PreferredDomainController: new(controller), ManagedBy: c.userPath("jsmith"), SendCredentials: true,
	})
	c.ok(changed.ModifyDistributionListResult, err)
	assert.Equal(c.t, c.user("jsmith"), c.object(list).first("managedBy"))
	for _, name := range []string{"all staff", "board"} {
		deleted, err := c.he.DeleteDistributionList(c.ctx, &hostedexchange.DeleteDistributionList{
			LdapPath: new("LDAP://CN=" + name + "," + c.ou), PreferredDomainController: new(controller), SendCredentials: true,
		})
		c.ok(deleted.DeleteDistributionListResult, err)
		c.gone("CN=" + name + "," + c.ou)
	}
}

func (c customer) domains() {
	add := func(domain, kind string) *string {
		got, err := c.he.CreateSMTPDomain(c.ctx, &hostedexchange.CreateSMTPDomain{
			LdapPath: &c.path, PreferredDomainController: new(controller), SmtpDomain: &domain, DomainTypeName: &kind,
		})
		require.NoError(c.t, err)
		return got.CreateSMTPDomainResult
	}
	remove := func(domain string) *string {
		got, err := c.he.DeleteSMTPDomain(c.ctx, &hostedexchange.DeleteSMTPDomain{
			LdapPath: &c.path, PreferredDomainController: new(controller), SmtpDomain: &domain,
		})
		require.NoError(c.t, err)
		return got.DeleteSMTPDomainResult
	}
	kinds := func() map[string]string {
		got, err := c.he.GetOrganizationDomains(c.ctx, &hostedexchange.GetOrganizationDomains{LdapPath: &c.path, PreferredDomainController: new(controller)})
		root := c.ok(got.GetOrganizationDomainsResult, err)
		names := values(c.t, root, "/response/data/SMTPDomains/SMTPDomain/domainName")
		types := values(c.t, root, "/response/data/SMTPDomains/SMTPDomain/domainTypeName")
		found := map[string]string{}
		for i, name := range names {
			found[name] = types[i]
		}
		return found
	}
	c.ok(add("acme-corp.example", "SecondaryDomain"), nil)
	assert.Equal(c.t, map[string]string{"acme.example": "PrimaryDomain", "acme-corp.example": "SecondaryDomain"}, kinds())
	c.ok(add("acme-corp.example", "PrimaryDomain"), nil)
	assert.Equal(c.t, map[string]string{"acme.example": "SecondaryDomain", "acme-corp.example": "PrimaryDomain"}, kinds())
	c.ok(add("acme.example", "PrimaryDomain"), nil)
	c.ok(remove("acme-corp.example"), nil)
	assert.Equal(c.t, map[string]string{"acme.example": "PrimaryDomain"}, kinds())
}

func (c customer) cancel() {
	cancel := func() *string {
		got, err := c.he.DeleteBusinessOrganization(c.ctx, &hostedexchange.DeleteBusinessOrganization{LdapPath: &c.path, PreferredDomainController: new(controller)})
		require.NoError(c.t, err)
		return got.DeleteBusinessOrganizationResult
	}
	c.refused("0x80131509", cancel(), nil)
	for _, login := range []string{"jsmith", "boss", "plain"} {
		got, err := c.he.DeleteBusinessUser(c.ctx, &hostedexchange.DeleteBusinessUser{LdapPath: c.userPath(login), PreferredDomainController: new(controller)})
		c.ok(got.DeleteBusinessUserResult, err)
		c.gone(c.user(login))
	}
	assert.Empty(c.t, values(c.t, c.consumers(), "/response/data/mailboxes/mailbox"))
	folder, err := c.he.DeletePublicFolder(c.ctx, &hostedexchange.DeletePublicFolder{
		LdapPath: &c.path, PreferredDomainController: new(controller), SendCredentials: true,
	})
	c.ok(folder.DeletePublicFolderResult, err)
	c.ok(cancel(), nil)
	c.gone(c.ou)
}
