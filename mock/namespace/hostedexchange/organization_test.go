package hostedexchange_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/plan"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	servers = "CN=EX1,CN=Servers,CN=First Administrative Group,CN=Administrative Groups,CN=Fabrikam,CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=fabrikam,DC=com"
	webSite = "CN=1,CN=HTTP,CN=Protocols," + servers
	acmeOrg = "<organization>LDAP://" + acme + "</organization>"
)

// newOrganization is the least that an organization needs.
func newOrganization(name, domain, more string) string {
	return `<container>LDAP://` + base + `</container><name>` + name + `</name><SMTPDomain>` + domain + `</SMTPDomain>` + more
}

func TestCreateBusinessOrganization(t *testing.T) {
	w := open(t)
	made := w.ok("CreateBusinessOrganization", newOrganization("acme", "acme.example", `<mailStore><megabytes>3</megabytes><shared>1</shared></mailStore>`+
		`<publicStore><megabytes>2</megabytes></publicStore><availablePlans><planName>GoldMail</planName></availablePlans>`+
		`<properties><property name="l">City</property></properties><createAddressLists/><createSMTPDomain/>`))
	org := xmldoc.Child(made, "org")
	name, _ := xmldoc.Attr(org, "name")
	assert.Equal(t, "acme", name)
	assert.Equal(t, "acme", textAt(made, "name"), "arguments are echoed")
	assert.NotNil(t, xmldoc.Path(org, "otherWellKnownObjects", "obj"))
	assert.Equal(t, "City", w.attr(acme, "l"))
	assert.NotNil(t, w.Object("CN=Admins@acme,"+acme))
	assert.NotNil(t, w.Object("CN=AllUsers@acme,CN=_Private,"+acme))
	assert.Equal(t, "acme.example", w.attr("CN=acme,"+webSite, "msExchDefaultDomain"))
	found := w.ok("GetOrganizationDomains", path(acme))
	assert.Equal(t, "acme.example", textAt(found, "SMTPDomains", "SMTPDomain", "domainName"))
	assert.Equal(t, "PrimaryDomain", textAt(found, "SMTPDomains", "SMTPDomain", "domainTypeName"))
	assert.Equal(t, "GoldMail", textAt(w.ok("GetAvailablePlans", path(acme)), "servicePlans", "plan", "planName"))
	assert.Equal(t, "3", textAt(w.of("Exchange Resource Manager", "QueryResourcesByOrganization", acmeOrg), "orgResources", "mailStore", "megabytes"))
	lists := w.CallPrivate(hostedexchange.Name, "GetOrgExchAddressLists_", path(acme))
	require.Nil(t, lists.Err)
	assert.Contains(t, textAt(lists.Data, "globalAddressList"), "CN=acme GAL,")
	assert.Contains(t, textAt(lists.Data, "addressList"), "CN=acme AL,")
	assert.Contains(t, textAt(lists.Data, "offlineAddressList"), "CN=acme OAL,")
	guid := w.Object(acme).GUID
	w.View(func(tx *state.Tx) {
		customer, err := plan.In(tx).Customer(guid)
		require.NoError(t, err)
		assert.Equal(t, "BusinessOrganization", customer.Type)
		assets, err := plan.In(tx).Assets(customer.GUID, "PrimaryDomain", plan.StatusEnabled)
		require.NoError(t, err)
		require.Len(t, assets, 1)
		assert.Equal(t, "acme.example", assets[0].Value)
	})
}

func TestCreateBusinessOrganization_Refusals(t *testing.T) {
	w := withAcme(t)
	mail := `<mailStore><megabytes>1</megabytes><shared>1</shared></mailStore>`
	for _, c := range []struct {
		name  string
		cause *mpf.Cause
		given string
	}{
		{"name taken", mpf.ObjectInTheWay, newOrganization("acme", "other.example", mail)},
		{"domain taken", mpf.DomainTaken, newOrganization("other", "ACME.example", mail)},
		{"domain malformed", mpf.DomainInvalid, newOrganization("other", "not a domain", mail)},
		{"no such container", mpf.ObjectNotFound, `<container>LDAP://OU=nowhere,` + base + `</container><name>x</name><SMTPDomain>x.example</SMTPDomain>`},
		{"no room", mpf.NoRoom, newOrganization("other", "other.example", `<mailStore><megabytes>99999999</megabytes><shared>1</shared></mailStore>`)},
		{"size missing", mpf.ArgumentMissing, newOrganization("other", "other.example", `<mailStore><shared>1</shared></mailStore>`)},
		{"unknown plan", mpf.PlanUnknown, newOrganization("other", "other.example", mail+`<availablePlans><planName>LeadMail</planName></availablePlans>`)},
		{"name missing", mpf.ArgumentMissing, `<container>LDAP://` + base + `</container><SMTPDomain>other.example</SMTPDomain>`},
		{"name empty", mpf.ArgumentEmpty, newOrganization("", "other.example", mail)},
		{"argument unknown", mpf.ArgumentUnknown, newOrganization("other", "other.example", mail+`<surprise/>`)},
		{"path malformed", mpf.PathInvalid, `<container>nonsense</container><name>x</name><SMTPDomain>x.example</SMTPDomain>`},
	} {
		t.Run(c.name, func(t *testing.T) { w.refused(c.cause, "CreateBusinessOrganization", c.given) })
	}
	e := w.refused(mpf.DomainTaken, "CreateBusinessOrganization", newOrganization("other", "acme.example", mail))
	assert.Contains(t, e.Description, "by organizationalUnit 'LDAP://"+acme+"'")
}

func TestExchangeEnableOrganization(t *testing.T) {
	w := open(t)
	w.of("Managed Active Directory", "CreateOrganization", `<container>LDAP://`+base+`</container><name>acme</name><policyName>customer</policyName>`)
	w.refused(mpf.NotExchangeEnabled, "CreateSMTPDomain", path(acme)+`<SMTPDomain>acme.example</SMTPDomain>`)
	w.refused(mpf.NotExchangeEnabled, "CreateMailbox", path(w.User(acme, "early", password).DN.String())+`<planName>GoldMail</planName><customerTypeName>ConsumerUser</customerTypeName>`)
	enable := path(acme) + `<SMTPDomain>acme.example</SMTPDomain><mailStore algorithm="minStoreCount"><megabytes>7</megabytes><shared>1</shared></mailStore>` +
		`<sourceMailStores><sourceMailStore><serverName>EX1</serverName><mailStoreName>Mailbox Store 2 (EX1)</mailStoreName><megabytes>4</megabytes></sourceMailStore></sourceMailStores>`
	w.ok("ExchangeEnableOrganization", enable)
	found := w.of("Exchange Resource Manager", "QueryResourcesByOrganization", acmeOrg)
	assert.Equal(t, "Mailbox Store 2 (EX1)", textAt(found, "orgResources", "mailStore", "mailStoreName"))
	assert.Equal(t, "4", textAt(found, "orgResources", "mailStore", "megabytes"), "named stores decide")
	w.refused(mpf.ExchangeEnabled, "ExchangeEnableOrganization", enable)
	w.refused(mpf.NotAnOrganization, "ExchangeEnableOrganization", path("CN=_Private,"+acme)+`<SMTPDomain>x.example</SMTPDomain>`)
}

func TestDeleteBusinessOrganization_GivesEverythingBack(t *testing.T) {
	w := withAcme(t)
	w.ok("CreatePublicFolder", path(acme)+`<megabytes>3</megabytes>`)
	w.of("Exchange Provider", "CreateFolder", `<mdbDN>LDAP://CN=Public Folder Store (EX1),CN=First Storage Group,CN=InformationStore,`+servers+`</mdbDN>`+
		`<folderpath>/acme</folderpath><name>below</name>`)
	w.ok("CreateOrganizationAddressLists", path(acme)+`<SMTPDomain>acme.example</SMTPDomain>`)
	w.ok("CreateSMTPDomain", path(acme)+`<SMTPDomain>acme-2.example</SMTPDomain><createSMTPDomain/>`)
	w.ok("CreateDistributionList", `<container>LDAP://`+acme+`</container><name>sales</name>`)
	w.of("Managed Active Directory", "CreateContact", `<container>LDAP://`+acme+`</container><name>friend</name>`)
	w.user("last", "GoldMail")
	e := w.refused(mpf.OrganizationNotEmpty, "DeleteBusinessOrganization", path(acme))
	assert.Contains(t, e.Description, "has 1 active")
	w.ok("DeleteBusinessUser", path("CN=last@acme.example,"+acme))
	w.refused(mpf.DomainUnknown, "DeleteBusinessOrganization", path(acme)+`<SMTPDomain>other.example</SMTPDomain>`)
	guid := w.Object(acme).GUID
	w.ok("DeleteBusinessOrganization", path(acme)+`<SMTPDomain>acme.example</SMTPDomain><deleteSMTPDomain/>`)
	assert.Nil(t, w.Object(acme))
	assert.Nil(t, w.Object("CN=acme,"+webSite))
	w.View(func(tx *state.Tx) {
		customer, err := plan.In(tx).Customer(guid)
		require.NoError(t, err, "the record stays")
		assert.Equal(t, plan.StatusDeleted, customer.Status)
		holders, err := resource.In(tx).Holders()
		require.NoError(t, err)
		assert.Empty(t, holders)
		domain, err := directory.In(tx).Domain()
		require.NoError(t, err)
		root, err := directory.In(tx).Get(domain.Exchange)
		require.NoError(t, err)
		for o, err := range directory.In(tx).Descendants(root, "addressBookContainer", "msExchOAB", "msExchRecipientPolicy") {
			require.NoError(t, err)
			assert.NotContains(t, o.DN.RDN().Value, "acme")
			held, err := directory.In(tx).Values(o, "gatewayProxy")
			require.NoError(t, err)
			assert.NotContains(t, held, "smtp:@acme.example")
			assert.NotContains(t, held, "smtp:@acme-2.example")
		}
	})
}

func TestDeleteBusinessOrganization_WithOrganizationsBelow(t *testing.T) {
	w := open(t)
	w.ok("CreateResellerOrganization", `<container>LDAP://OU=Hosting,DC=fabrikam,DC=com</container><name>Second</name>`)
	second := "OU=Second,OU=Hosting,DC=fabrikam,DC=com"
	w.of("Managed Active Directory", "CreateOrganization", `<container>LDAP://`+second+`</container><name>child</name>`)
	w.refused(mpf.OrganizationNotEmpty, "DeleteBusinessOrganization", path(second))
	w.of("Managed Active Directory", "DeleteOrganization", `<org>LDAP://OU=child,`+second+`</org>`)
	w.ok("DeleteBusinessOrganization", path(second))
	w.refused(mpf.ObjectNotFound, "DeleteBusinessOrganization", path(second))
}

func TestCreateResellerOrganization(t *testing.T) {
	w := open(t)
	made := w.ok("CreateResellerOrganization", `<container>LDAP://OU=Hosting,DC=fabrikam,DC=com</container><name>Second</name>`+
		`<description>Another</description><properties><property name="st">WA</property></properties>`)
	second := "OU=Second,OU=Hosting,DC=fabrikam,DC=com"
	var known []string
	for obj := range xmldoc.Elements(xmldoc.Path(made, "org", "otherWellKnownObjects")) {
		name, _ := xmldoc.Attr(obj, "wkName")
		known = append(known, name)
	}
	assert.Subset(t, known, []string{"ThisOrganizationRoot", "ForeignOwnerOrg", "OrgType", "UserCreators", "ChildOrgCreators"})
	assert.Equal(t, "WA", w.attr(second, "st"))
	assert.Equal(t, "Another", w.attr(second, "description"))
	assert.NotNil(t, w.Object("CN=CSRAdmins@Second,"+second))
	assert.Equal(t, []string{"Created"}, w.events(second))
	w.refused(mpf.ObjectInTheWay, "CreateResellerOrganization", `<container>LDAP://OU=Hosting,DC=fabrikam,DC=com</container><name>Second</name>`)
}

func TestEnsureExchangeVirtualDirectories(t *testing.T) {
	w := withAcme(t)
	w.MustCall("Exchange Provider", "DeleteExchangeVirtualDirectory", `<server>EX1</server><serverInstance>1</serverInstance><name>acme</name>`)
	w.ok("EnsureExchangeVirtualDirectories", path(acme))
	assert.NotNil(t, w.Object("CN=acme,"+webSite))
	w.ok("EnsureExchangeVirtualDirectories", path(acme))
	w.refused(mpf.NotAnOrganization, "EnsureExchangeVirtualDirectories", path("CN=Users,DC=fabrikam,DC=com"))
}

func TestVirtualDirectoryOfSameNameStays(t *testing.T) {
	w := withAcme(t)
	w.ok("CreateResellerOrganization", `<container>LDAP://OU=Hosting,DC=fabrikam,DC=com</container><name>Second</name>`)
	second := "OU=Second,OU=Hosting,DC=fabrikam,DC=com"
	w.ok("CreateBusinessOrganization", `<container>LDAP://`+second+`</container><name>acme</name><SMTPDomain>other.example</SMTPDomain>`)
	w.ok("DeleteBusinessOrganization", path("OU=acme,"+second))
	assert.NotNil(t, w.Object("CN=acme,"+webSite))
}

func TestRoles(t *testing.T) {
	w := withAcme(t)
	w.user("boss", "")
	w.user("clerk", "")
	w.ok("MakeUserAdmin", path("CN=boss@acme.example,"+acme)+`<isAdmin>true</isAdmin>`)
	as := func(login, procedure, arguments string) *mpf.Error {
		return w.CallAs(login, hostedexchange.Name, procedure, arguments+controller).Err
	}
	assert.Nil(t, as("boss@acme.example", "CreateBusinessUser", newUser("made", "GoldMail")))
	assert.Nil(t, as("boss@acme.example", "DeleteBusinessUser", path("CN=made@acme.example,"+acme)))
	before := w.Dump()
	for _, c := range []struct{ login, procedure, arguments string }{
		{"clerk@acme.example", "CreateBusinessUser", newUser("x", "")},
		{"clerk@acme.example", "DisableUser", path("CN=boss@acme.example," + acme)},
		{"clerk@acme.example", "SetUserPassword", path("CN=boss@acme.example,"+acme) + `<newPassword>` + password + `</newPassword>`},
		{"boss@acme.example", "CreateSMTPDomain", path(acme) + `<SMTPDomain>x.example</SMTPDomain>`},
		{"boss@acme.example", "CreateResellerOrganization", `<container>LDAP://OU=Hosting,DC=fabrikam,DC=com</container><name>x</name>`},
		{"boss@acme.example", "CreateBusinessOrganization", newOrganization("x", "x.example", "")},
		{"boss@acme.example", "RebuildOfflineAddressList", path(acme)},
	} {
		e := as(c.login, c.procedure, c.arguments)
		if assert.NotNil(t, e, c.procedure) {
			assert.Equal(t, mpf.RoleMissing.ID, e.Cause, c.procedure)
		}
	}
	for _, procedure := range []string{"InitializeHostedExchange", "InitializeNamespaceSecurity"} {
		e := as("boss@acme.example", procedure, "")
		if assert.NotNil(t, e, procedure) {
			assert.Equal(t, mpf.NotDomainAdmin.ID, e.Cause, procedure)
		}
	}
	w.Unchanged(before)
	assert.Nil(t, w.CallAs(enginetest.Administrator, hostedexchange.Name, "DisableUser", path("CN=boss@acme.example,"+acme)+controller).Err)
}

func TestDeleteBusinessOrganization_ReleasesWhatIsLeftBehind(t *testing.T) {
	w := withAcme(t)
	user := w.user("gone", "GoldMail")
	w.of("Managed Active Directory", "DeleteUser", "<user>LDAP://"+user+"</user>")
	w.of("Exchange Resource Manager", "AllocatePublicFolder", "<organization>LDAP://"+acme+"</organization>"+
		"<publicStore><folderPath>/acme</folderPath><megabytes>2</megabytes></publicStore>")
	w.ok("DeleteBusinessOrganization", path(acme))
	assert.Nil(t, w.Object(acme))
	stores := xmldoc.String(w.of("Exchange Resource Manager", "QueryAllStores", ""))
	assert.Contains(t, stores, "<megabytes>1000000</megabytes><megabytesFree>1000000</megabytesFree>")
	assert.NotContains(t, stores, "<megabytesFree>999")
}

func TestOrganizationsOfOneName(t *testing.T) {
	w := withAcme(t)
	lists := func(org, domain string) string { return path(org) + "<SMTPDomain>" + domain + "</SMTPDomain>" }
	w.ok("CreateOrganizationAddressLists", lists(acme, "acme.example"))
	w.ok("CreatePublicFolder", path(acme)+"<megabytes>1</megabytes>")
	w.ok("CreateResellerOrganization", "<container>LDAP://OU=Hosting,DC=fabrikam,DC=com</container><name>Reseller2</name>")
	second := "OU=acme,OU=Reseller2,OU=Hosting,DC=fabrikam,DC=com"
	w.ok("CreateBusinessOrganization", `<container>LDAP://OU=Reseller2,OU=Hosting,DC=fabrikam,DC=com</container><name>acme</name>`+
		`<SMTPDomain>acme2.example</SMTPDomain><publicStore><megabytes>1</megabytes></publicStore>`)
	e := w.refused(mpf.ObjectInTheWay, "CreateOrganizationAddressLists", lists(second, "acme2.example"))
	assert.Contains(t, e.Description, "CN=acme GAL,")
	w.refused(mpf.FolderExists, "CreatePublicFolder", path(second)+"<megabytes>1</megabytes>")
}
