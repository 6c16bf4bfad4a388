package namespace_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/namespace/exchangeprovider"
	"wsexchange/mock/namespace/exchangeresourcemanager"
	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/namespace/managedactivedirectory"
	"wsexchange/mock/namespace/managedexchange"
	"wsexchange/mpf"
)

// TestBase_NothingOutsideExists has a domain administrator behind a gateway whose
// base is a reseller name what is outside of it, in every way in which an object
// can be named: it is answered as what does not exist is.
func TestBase_NothingOutsideExists(t *testing.T) {
	w := newTenants(t)
	folder := "<folderPath>/</folderPath><folderName>news</folderName><owningOrg>LDAP://" + acme + "</owningOrg><megabytes>1</megabytes>"
	trustee := func(name string) string {
		return `<Permissions mode="update"><Permission role="Editor">` + name + `</Permission></Permissions>`
	}
	modify := func(attribute, value string) string {
		return "<user>LDAP://" + clerk + `</user><properties><property name="` + attribute + `"><value>` + value + "</value></property></properties>" + controller
	}
	sid := w.Attr(stranger, "objectSid")[0]
	before := w.Dump()
	for _, row := range []struct{ namespace, procedure, arguments string }{
		{hostedexchange.Name, "SetUserPassword", path("CN=Administrator,"+accounts) + "<newPassword>" + strong + "</newPassword>" + controller},
		{hostedexchange.Name, "SetUserPassword", path(stranger) + "<newPassword>" + strong + "</newPassword>" + controller},
		{hostedexchange.Name, "GetProperties", path(stranger) + controller + `<propertyList><property name="cn"/></propertyList>`},
		{hostedexchange.Name, "ModifyDistributionList", path("CN=all,"+acme) + "<managedBy>stranger@other.example</managedBy>" + controller},
		{adProvider, "User Set Password", path("CN=Administrator,"+accounts) + "<newPassword>" + strong + "</newPassword>"},
		{adProvider, "Search", path(hosting) + everything},
		{adProvider, "Search", path("CN=Configuration,DC=fabrikam,DC=com") + everything},
		{adProvider, "Group Add", "<group>LDAP://CN=all," + acme + "</group><path>stranger@other.example</path>"},
		{adProvider, "Lookup Account from SID", "<sid>" + sid + "</sid>"},
		{adProvider, "Get DACL", "<name>" + stranger + "</name><objectType>SE_DS_OBJECT</objectType>"},
		{adProvider, "Move Object", path(stranger) + "<container>LDAP://" + acme + "</container>"},
		{adProvider, "Move Object", path(clerk) + "<container>LDAP://" + other + "</container>"},
		{adProvider, "Group Add", "<group>LDAP://CN=Domain Admins," + accounts + "</group>" + path(clerk)},
		{managedactivedirectory.Name, "ModifyUser", modify("manager", stranger)},
		{managedactivedirectory.Name, "ModifyUser", modify("manager", "LDAP://dc1.fabrikam.com/"+stranger)},
		{managedactivedirectory.Name, "ModifyOrganization", "<org>LDAP://" + acme + `</org><properties><property name="otherWellKnownObjects" mode="append">` +
			"<value>B:32:1F62D8B94C3E47A5B0897E5AC6D2F013:" + stranger + "</value></property></properties>" + controller},
		{exchangeresourcemanager.Name, "QueryResourcesByOrganization", "<GUID>" + w.guid(other) + "</GUID>"},
		{exchangeresourcemanager.Name, "QueryConsumersByOrganization", "<GUID>" + w.guid(other) + "</GUID>"},
		{exchangeresourcemanager.Name, "QueryConsumersByOrganization", "<organization>LDAP://" + acme + "</organization><GUID>" + w.guid(other) + "</GUID>"},
		{exchangeprovider.Name, "CreateGlobalAddressList", path(acme) + "<name>second</name><readAccess>stranger@other.example</readAccess>"},
		{exchangeprovider.Name, "CreateGlobalAddressList", path(acme) + `<name>second</name><readAccess>FABRIKAM\Administrator</readAccess>`},
		{exchangeprovider.Name, "CreateGlobalAddressList", path(acme) + "<name>second</name><readAccess>" + sid + "</readAccess>"},
		{exchangeprovider.Name, "CreateGlobalAddressList", path(acme) + "<name>second</name><readAccess>Administrator<x/></readAccess>"},
		{exchangeprovider.Name, "DeleteSMTPDomain", "<SMTPDomains><SMTPDomain>other.example</SMTPDomain></SMTPDomains>"},
		{exchangeprovider.Name, "DeleteExchangeVirtualDirectory", "<server>EX1</server><serverInstance>1</serverInstance><name>other</name>"},
		{exchangeprovider.Name, "DeleteFolder", "<folderpath>/</folderpath><name>other</name>"},
		{managedexchange.Name, "CreateFolder", folder + trustee("stranger@other.example")},
		{managedexchange.Name, "CreateFolder", folder + trustee(`FABRIKAM\Administrator`)},
		{managedexchange.Name, "CreateFolder", folder + trustee(w.Object("CN=AllUsers@other,CN=_Private,"+other).DN.String())},
	} {
		r := w.as(within(first), row.namespace, row.procedure, row.arguments)
		if assert.NotNil(t, r.Err, "%s %s", row.procedure, row.arguments) {
			assert.Equal(t, mpf.NoSuchObject, r.Err.Code, "%s %s: %s", row.procedure, row.arguments, r.Err)
		}
	}
	w.Unchanged(before)
}

// TestBase_WhatIsInsideGoesOn holds that the base takes nothing from what is in
// it, nor a base that is the domain from anything.
func TestBase_WhatIsInsideGoesOn(t *testing.T) {
	w := newTenants(t)
	for _, row := range []struct {
		base, namespace, procedure, arguments string
	}{
		{first, hostedexchange.Name, "SetUserPassword", path(clerk) + "<newPassword>Other-" + strong + "</newPassword>" + controller},
		{acme, hostedexchange.Name, "ModifyDistributionList", path("CN=all,"+acme) + "<managedBy>clerk@acme.example</managedBy>" + controller},
		{first, exchangeresourcemanager.Name, "QueryResourcesByOrganization", "<GUID>" + w.guid(acme) + "</GUID>"},
		{first, exchangeresourcemanager.Name, "QueryAllStores", ""},
		{first, managedactivedirectory.Name, "ModifyUser", "<user>LDAP://" + clerk + `</user><properties><property name="manager">CN=boss@acme.example,` + acme +
			`</property></properties>` + controller},
		{first, hostedexchange.Name, "CreateBusinessOrganization", "<container>LDAP://" + first + "</container><name>new</name><SMTPDomain>new.example</SMTPDomain>" +
			"<mailStore><megabytes>10</megabytes><shared>1</shared></mailStore><publicStore><megabytes>1</megabytes></publicStore>" + plans +
			"<createSMTPDomain/><createAddressLists/>" + controller},
		{"DC=fabrikam,DC=com", exchangeresourcemanager.Name, "QueryConsumersByOrganization", "<GUID>" + w.guid(other) + "</GUID>"},
		{"DC=fabrikam,DC=com", adProvider, "Search", path("CN=Configuration,DC=fabrikam,DC=com") + everything + "<scope>base</scope>"},
	} {
		r := w.as(within(row.base), row.namespace, row.procedure, row.arguments)
		assert.Nil(t, r.Err, "%s %s", row.procedure, row.arguments)
	}
}

// TestBase_Lists holds that lists of organizations have those of the base only.
func TestBase_Lists(t *testing.T) {
	w := newTenants(t)
	for _, row := range []struct{ namespace, procedure, arguments string }{
		{exchangeresourcemanager.Name, "QueryAllOrganizations", ""},
		{exchangeresourcemanager.Name, "QueryOrganizationsByMailstore", "<mailStore><serverName>EX1</serverName></mailStore>"},
		{exchangeresourcemanager.Name, "QueryOrganizationsByPublicstore", "<publicStore><serverName>EX1</serverName></publicStore>"},
		{hostedexchange.Name, "GetModifiedOrganizations", "<startDate>2005-01-01</startDate><endDate>2006-01-01</endDate>" + controller},
	} {
		whole := w.as(within("DC=fabrikam,DC=com"), row.namespace, row.procedure, row.arguments)
		require.Nil(t, whole.Err, row.procedure)
		assert.Contains(t, xmldoc.String(whole.Data), other, row.procedure)
		part := w.as(within(first), row.namespace, row.procedure, row.arguments)
		require.Nil(t, part.Err, row.procedure)
		assert.Contains(t, xmldoc.String(part.Data), acme, row.procedure)
		assert.NotContains(t, xmldoc.String(part.Data), other, row.procedure)
		assert.NotContains(t, xmldoc.String(part.Data), w.Object(other).GUID.Octets(), row.procedure)
	}
}

// TestBase_TravelsWithQueuedRequests queues a call that names what is outside.
func TestBase_TravelsWithQueuedRequests(t *testing.T) {
	w := newTenants(t)
	document, err := xmldoc.ParseString(`<request><context/><procedure><queue namespace="Hosted Exchange" procedure="DisableUser"><executeData>`+
		path(stranger)+controller+`</executeData></queue></procedure></request>`, xmldoc.Limits{})
	require.NoError(t, err)
	req, err := mpf.ParseRequest(document, mpf.Target{})
	require.NoError(t, err)
	before := w.read()
	r := w.Submit(mpf.WithCaller(t.Context(), within(first)), req)
	require.Nil(t, r.Err)
	ran, err := w.Engine.RunOnce(t.Context())
	require.NoError(t, err)
	require.True(t, ran)
	assert.Equal(t, before, w.read())
}

// TestBase_HoldersAreNotTold has names clash with what is outside.
func TestBase_HoldersAreNotTold(t *testing.T) {
	w := newTenants(t)
	r := w.as(within(first), hostedexchange.Name, "CreateSMTPDomain", path(acme)+"<SMTPDomain>other.example</SMTPDomain>"+controller)
	require.NotNil(t, r.Err)
	assert.NotContains(t, r.Err.Description, second)
	r = w.as(mpf.Caller{Domain: "FABRIKAM", Username: "Administrator"}, hostedexchange.Name, "CreateSMTPDomain",
		path(acme)+"<SMTPDomain>other.example</SMTPDomain>"+controller)
	require.NotNil(t, r.Err)
	assert.Contains(t, r.Err.Description, second)
}
