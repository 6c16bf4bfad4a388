package wsdl

// managedActiveDirectory: organizations, users, groups and contacts in the directory.
var managedActiveDirectory = Service{Name: "ManagedActiveDirectory", Operations: []Operation{
	outcome("CreateOrganization", String, texts("container", "name", "policyName", "description"), fragments("propertyXml"), texts("preferredDomainController"), flags("sendCredentials")),
	outcome("ModifyOrganization", Boolean, texts("organization"), fragments("propertyXml"), texts("preferredDomainController"), flags("sendCredentials")),
	outcome("RenameOrganization", String, texts("organization", "newName", "preferredDomainController"), flags("sendCredentials")),
	outcome("DeleteOrganization", Boolean, texts("organization", "preferredDomainController"), flags("sendCredentials")),
	outcome("CreateUser", String, texts("container", "userPrincipalName", "policyName", "sAMAccountName", "displayName", "givenName", "middleName", "sn", "initials", "description"), fragments("propertyXml"), texts("preferredDomainController"), flags("sendCredentials")),
	outcome("ModifyUser", Boolean, texts("user", "userPrincipalName", "sAMAccountName", "displayName", "givenName", "middleName", "sn", "initials", "description"), fragments("propertyXml"), texts("preferredDomainController"), flags("sendCredentials")),
	outcome("RenameUser", String, texts("user", "newName", "preferredDomainController"), flags("sendCredentials")),
	outcome("DeleteUser", Boolean, texts("user", "preferredDomainController"), flags("sendCredentials")),
	outcome("EnableUser", Boolean, texts("user", "preferredDomainController"), flags("sendCredentials")),
	outcome("DisableUser", Boolean, texts("user", "preferredDomainController"), flags("sendCredentials")),
	outcome("SetUserPassword", Boolean, texts("user", "newPassword", "preferredDomainController"), flags("sendCredentials")),
	outcome("ChangeUserPassword", Boolean, texts("user", "oldPassword", "newPassword", "preferredDomainController"), flags("sendCredentials")),
	outcome("CreateGroup", String, texts("container", "name", "groupType", "policyName", "description", "preferredDomainController"), flags("sendCredentials")),
	outcome("ModifyGroup", Boolean, texts("group", "groupType", "description"), fragments("propertyXml"), texts("preferredDomainController"), flags("sendCredentials")),
	outcome("RenameGroup", String, texts("group", "newName", "preferredDomainController"), flags("sendCredentials")),
	outcome("DeleteGroup", Boolean, texts("group", "preferredDomainController"), flags("sendCredentials")),
	outcome("GroupAdd", Boolean, texts("group", "newMember", "preferredDomainController"), flags("sendCredentials")),
	outcome("GroupRemove", Boolean, texts("group", "member", "preferredDomainController"), flags("sendCredentials")),
	outcome("CreateContact", String, texts("container", "name"), fragments("propertyXml"), texts("preferredDomainController"), flags("sendCredentials")),
	outcome("ModifyContact", Boolean, texts("contact"), fragments("propertyXml"), texts("preferredDomainController"), flags("sendCredentials")),
	outcome("RenameContact", String, texts("contact", "newName", "preferredDomainController"), flags("sendCredentials")),
	outcome("DeleteContact", Boolean, texts("contact", "preferredDomainController"), flags("sendCredentials")),
}}
