package adapter

// hostedExchange has the operations of HostedExchange.asmx. Elements stand in
// the order in which the procedures' reference lists them.
var hostedExchange = table{service: "HostedExchange", namespace: "Hosted Exchange", rows: []row{
	{name: "AddAvailablePlans", parameters: []parameter{object, controller, availablePlans, credentials}},
	{name: "ChangeUserMailboxPlan", parameters: []parameter{object, text("planName"), controller, customerType}},
	{name: "ChangeUserPassword", parameters: []parameter{object, password("oldPassword"), newPassword, controller}},
	{name: "CreateBusinessOrganization", parameters: []parameter{
		container, text("name"), smtpDomain, controller, mailStore, publicStore, availablePlans,
		optional("description"), properties, constant("createSMTPDomain"), credentials,
	}},
	{name: "CreateBusinessUser", parameters: []parameter{
		container, text("userPrincipalName"), controller, word("isAdmin"), optional("planName"), mailStore, newPassword,
		samName, optional("displayName"), optional("givenName"), optional("middleName"), optional("sn"),
		optional("initials"), optional("description"), properties, proxyAddresses,
	}},
	{name: "CreateConsumerUser", parameters: []parameter{
		container, text("userPrincipalName"), samName, controller, optional("planName"), newPassword,
		optional("displayName"), optional("givenName"), optional("middleName"), optional("sn"), optional("initials"),
		optional("description"), properties,
	}},
	{name: "CreateConsumerVanityDomain", parameters: []parameter{
		object, text("name"), smtpDomain, constant("createSMTPDomain"), controller, credentials,
	}},
	{name: "CreateDistributionList", parameters: []parameter{container, controller, managedBy, text("name"), credentials}},
	{name: "CreateMailbox", parameters: []parameter{object, text("planName"), controller, customerType, credentials}},
	{name: "CreateMailboxPlan", parameters: []parameter{
		text("planName"), text("description").as("planDescription").alias("planDescription"),
		fragment("planCategoriesXmlString", "planCategories", "planCategories"), planFeatures, credentials,
	}},
	{name: "CreateOrganizationAddressLists", parameters: []parameter{object, smtpDomain, controller, credentials}},
	{name: "CreatePlanFeatureTypes", parameters: []parameter{planFeatures, controller, credentials}},
	{name: "CreatePublicFolder", parameters: []parameter{
		object, text("megabytes"), controller, optional("smtpDomain").as("SMTPDomain").alias("domain"), credentials,
	}},
	{name: "CreateResellerOrganization", parameters: []parameter{
		container, text("name"), optional("description"), properties, controller, credentials,
	}},
	{name: "CreateSMTPDomain", parameters: []parameter{
		object, controller, smtpDomain, constant("createSMTPDomain"), optional("domainTypeName").alias("domainType"),
	}},
	{name: "CreateSMTPProxyAddress", parameters: []parameter{
		object, text("proxyAddress"), digit("setPrimary").on("proxyAddress", "setPrimary").alias("isPrimary", "primary"), controller,
	}},
	{name: "DeleteBusinessOrganization", parameters: []parameter{
		object, controller, optional("smtpDomain").as("SMTPDomain").alias("domain"), constant("deleteSMTPDomain"),
	}},
	{name: "DeleteBusinessUser", parameters: []parameter{object, controller}},
	{name: "DeleteConsumerUser", parameters: []parameter{object, controller, constant("deleteSMTPDomain")}},
	{name: "DeleteDistributionList", parameters: []parameter{object, controller, credentials}},
	{name: "DeletePublicFolder", parameters: []parameter{
		object, controller, optional("name").alias("orgName", "folderName"), credentials,
	}},
	{name: "DeleteSMTPDomain", parameters: []parameter{object, smtpDomain, controller, constant("deleteSMTPDomain")}},
	{name: "DeleteSMTPProxyAddress", parameters: []parameter{object, text("proxyAddress"), controller}},
	{name: "DisableUser", parameters: []parameter{object, controller}},
	{name: "EnableUser", parameters: []parameter{object, controller}},
	{name: "EnsureExchangeVirtualDirectories", parameters: []parameter{object, controller, credentials}},
	{name: "ExchangeEnableOrganization", parameters: []parameter{
		object, mailStore, smtpDomain, controller, publicStore, credentials,
	}},
	{name: "GetAvailablePlans", parameters: []parameter{object, controller}},
	{name: "GetModifiedOrganizations", parameters: []parameter{
		text("startDate"), text("endDate"), optional("maximumRows"), controller, credentials,
	}},
	{name: "GetOrganizationDomains", parameters: []parameter{object, controller}},
	{name: "GetPlanDetail", parameters: []parameter{text("planName"), controller, optional("statusTypeName"), credentials}},
	{name: "GetPlans", parameters: []parameter{
		optional("planTypeName"), optional("categoryName"), optional("statusTypeName"), controller, credentials,
	}},
	{name: "GetProperties", parameters: []parameter{
		object.guarded(guardRead), controller,
		fragment("propertyListXmlString", "propertyList", "propertyListXml", "propertyList", "propertiesXmlString"),
	}},
	{name: "InitializeCustomerPlanDatabase", parameters: []parameter{controller, credentials}},
	{name: "InitializeHostedExchange", parameters: []parameter{controller, credentials}},
	{name: "InitializeNamespaceSecurity", parameters: []parameter{controller, credentials}},
	{name: "MakeUserAdmin", parameters: []parameter{object, digit("isAdmin"), controller}},
	{name: "ModifyDistributionList", parameters: []parameter{controller, object, managedBy, credentials}},
	{name: "ModifyUser", parameters: []parameter{
		controller, object, optional("displayName"), optional("givenName"), optional("middleName"), optional("sn"),
		optional("initials"), optional("description"), properties, credentials,
	}},
	{name: "RebuildOfflineAddressList", parameters: []parameter{object, controller, credentials}},
	{name: "RemoveAvailablePlans", parameters: []parameter{object, controller, availablePlans, credentials}},
	{name: "SetUserPassword", parameters: []parameter{object, newPassword, controller}},
}}

var (
	availablePlans = fragment("availablePlansXmlString", "availablePlans", "availablePlans", "availablePlansXml")
	planFeatures   = fragment("planFeaturesXmlString", "planFeatures", "planFeatures")
	proxyAddresses = fragment("proxyAddressesXmlString", "proxyAddresses", "proxyAddresses")
	mailStore      = fragment("mailStoreXmlString", "mailStore", "mailStore")
	publicStore    = fragment("publicStoreXmlString", "publicStore", "publicStore")
	customerType   = optional("customerTypeName").alias("customerType")
	samName        = optional("sAMAccountName")
	newPassword    = password("newPassword", "password")
	// The panel names the owner by path, the documents by user principal name.
	managedBy = text("managedBy").guarded(guardOrName)
)
