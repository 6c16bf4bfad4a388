package adapter

// exchangeResourceManager has the operations of ExchangeResourceManager.asmx.
var exchangeResourceManager = table{service: "ExchangeResourceManager", namespace: "Exchange Resource Manager", rows: []row{
	{name: "AddExchangeResources", parameters: []parameter{controller, publicStores, mailStores, credentials}},
	{name: "ModifyExchangeResources", parameters: []parameter{
		controller, publicStores, mailStores, fragment("provisionableXmlString", "provisionable", "provisionable"), credentials,
	}},
	{name: "QueryAllOrganizations", parameters: []parameter{controller, credentials}},
	{name: "QueryAllStores", parameters: []parameter{controller, credentials}},
	{name: "QueryConsumersByOrganization", parameters: []parameter{organizationPath, organizationGUID, controller, credentials}},
	{name: "QueryOrganizationsByMailstore", parameters: []parameter{
		optional("mailStoreName").as("mailStore", "mailStoreName"), optional("serverName").as("mailStore", "serverName"),
		controller, credentials,
	}},
	{name: "QueryOrganizationsByPublicstore", parameters: []parameter{
		optional("serverName").as("publicStore", "serverName"), optional("publicStoreName").as("publicStore", "publicStoreName"),
		controller, credentials,
	}},
	{name: "QueryResourcesByOrganization", parameters: []parameter{organizationPath, organizationGUID, controller, credentials}},
	{name: "ReallocateOrganizationMailNoMove", parameters: []parameter{
		organization, fragment("mailStoresXmlString", "mailStore", "mailStoreXmlString", "mailStore"), controller, credentials,
	}},
	{name: "ReallocateOrganizationPublic", parameters: []parameter{
		controller, organization, text("megabytes").as("publicStore", "megabytes"), credentials,
	}},
	{name: "ReallocatePublicFolder", parameters: []parameter{
		organization, controller, text("folderPath").as("publicStore", "folderPath"),
		text("megabytes").as("publicStore", "megabytes"), credentials,
	}},
	{name: "RemoveExchangeResources", parameters: []parameter{controller, publicStores, mailStores, credentials}},
}}

var (
	organization     = path("organization").alias("ldapPath", "path")
	organizationPath = optional("ldapPath").as("organization").alias("path", "organization").guarded(guardPath)
	// The panel sends the organization's name where its GUID is meant: the
	// path wins, and what is no GUID is of no use (F043).
	organizationGUID = parameter{
		name: "organizationGUID", to: place{elements: []string{"GUID"}}, aliases: []string{"GUID"},
		dropEmpty: true, guid: true, yieldsTo: "ldapPath",
	}
	publicStores = fragment("publicStoresXMLString", "publicStores", "publicStores")
	mailStores   = fragment("mailStoresXmlString", "mailStores", "mailStores")
)
