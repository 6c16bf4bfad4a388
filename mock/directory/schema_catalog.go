package directory

// catalogStandard are the attributes that the global catalog has by the
// original's own schema: those with isMemberOfPartialAttributeSet (F454).
var catalogStandard = []string{
	"c", "cn", "dNSHostName", "dc", "description", "displayName", "distinguishedName", "givenName", "groupType", "homePhone", "instanceType",
	"ipPhone", "isDeleted", "keywords", "l", "legacyExchangeDN", "location", "mail", "manager", "member", "name", "o", "objectCategory",
	"objectClass", "objectGUID", "objectSid", "ou", "primaryGroupID", "sAMAccountName", "sAMAccountType", "serviceBindingInformation",
	"servicePrincipalName", "sn", "st", "street", "telephoneNumber", "uSNChanged", "uSNCreated", "userAccountControl", "userCertificate",
	"userPrincipalName", "versionNumber", systemWellKnown, "whenChanged", "whenCreated",
}

// catalogExchange are the attributes of recipients that Exchange's preparation of
// the forest adds, for address books and for the routing of mail (F455).
var catalogExchange = []string{
	"adminDisplayName", "altRecipient", "assistant", "authOrig", "co", "company", "countryCode", "dLMemDefault", "dLMemRejectPerms", "dLMemSubmitPerms",
	"delivContLength", "deliverAndRedirect", "department", "displayNamePrintable", "extensionAttribute1", "extensionAttribute2", "extensionAttribute3",
	"extensionAttribute4", "extensionAttribute5", "extensionAttribute6", "extensionAttribute7", "extensionAttribute8", "extensionAttribute9",
	"extensionAttribute10", "extensionAttribute11", "extensionAttribute12", "extensionAttribute13", "extensionAttribute14", "extensionAttribute15",
	"facsimileTelephoneNumber", "folderPathname", "hideDLMembership", "homeMDB", "homeMTA", "info", "initials", "internetEncoding", "mAPIRecipient",
	"mDBOverHardQuotaLimit", "mDBOverQuotaLimit", "mDBStorageQuota", "mDBUseDefaults", "mailNickname", "managedBy", "mobile", "msExchADCGlobalNames",
	"msExchExpansionServerName", "msExchHideFromAddressLists", "msExchHomeServerName", "msExchMailboxGuid", "msExchMasterAccountSid",
	"msExchOmaAdminWirelessEnable", "msExchPoliciesExcluded", "msExchPoliciesIncluded", "msExchRecipLimit", "msExchRequireAuthToSendTo",
	"msExchUserAccountControl", "oOFReplyToOriginator", "otherHomePhone", "otherTelephone", "pager", "physicalDeliveryOfficeName", "postalCode",
	"protocolSettings", "proxyAddresses", "publicDelegates", "replicationSensitivity", "reportToOriginator", "reportToOwner", "secretary",
	"securityProtocol", "showInAddressBook", "streetAddress", "submissionContLength", "targetAddress", "telephoneAssistant", "textEncodedORAddress",
	"title", "unauthOrig",
}

// inCatalog says by number which attributes the global catalog has: those of
// both lists, the back-links of their links, and what is made on request.
var inCatalog = func() []bool {
	in := make([]bool, len(attributeTypes))
	for _, names := range [][]string{catalogStandard, catalogExchange, onRequest} {
		for _, name := range names {
			in[mustNumber(name)] = true
		}
	}
	for back, forward := range forwardOf {
		in[back] = in[forward]
	}
	return in
}()

// InCatalog reports whether the global catalog has the attribute.
func (a AttributeType) InCatalog() bool { return inCatalog[a.number] }

// InCatalog returns the filter as the global catalog reads it: items about
// attributes that it does not have are undefined.
func (f *Filter) InCatalog() *Filter {
	partial := *f
	partial.known = f.known && f.attribute.InCatalog()
	partial.parts = nil
	for _, part := range f.parts {
		partial.parts = append(partial.parts, part.InCatalog())
	}
	return &partial
}
