package wsdl

// exchangeResourceManager: mail stores and public stores, and the space that organizations hold in them.
var exchangeResourceManager = Service{Name: "ExchangeResourceManager", Operations: []Operation{
	document("AddExchangeResources", texts("preferredDomainController", "publicStoresXMLString", "mailStoresXmlString"), flags("sendCredentials")),
	document("ModifyExchangeResources", texts("preferredDomainController", "publicStoresXMLString", "mailStoresXmlString", "provisionableXmlString"), flags("sendCredentials")),
	document("QueryAllOrganizations", texts("preferredDomainController"), flags("sendCredentials")),
	document("QueryAllStores", texts("preferredDomainController"), flags("sendCredentials")),
	document("QueryConsumersByOrganization", texts("ldapPath", "organizationGUID", "preferredDomainController"), flags("sendCredentials")),
	document("QueryOrganizationsByMailstore", texts("mailStoreName", "serverName", "preferredDomainController"), flags("sendCredentials")),
	document("QueryOrganizationsByPublicstore", texts("publicStoreName", "serverName", "preferredDomainController"), flags("sendCredentials")),
	document("QueryResourcesByOrganization", texts("ldapPath", "organizationGUID", "preferredDomainController"), flags("sendCredentials")),
	document("ReallocateOrganizationMailNoMove", texts("organization", "mailStoresXmlString", "preferredDomainController"), flags("sendCredentials")),
	document("ReallocateOrganizationPublic", texts("organization", "megabytes", "preferredDomainController"), flags("sendCredentials")),
	document("ReallocatePublicFolder", texts("organization", "folderPath", "megabytes", "preferredDomainController"), flags("sendCredentials")),
	document("RemoveExchangeResources", texts("preferredDomainController", "publicStoresXMLString", "mailStoresXmlString"), flags("sendCredentials")),
}}
