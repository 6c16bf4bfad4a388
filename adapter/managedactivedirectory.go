package adapter

// managedActiveDirectory has the operations of ManagedActiveDirectory.asmx.
var managedActiveDirectory = table{service: "ManagedActiveDirectory", namespace: "Managed Active Directory", rows: []row{
	{name: "CreateOrganization", value: attribute("org", "path"), parameters: []parameter{
		optional("name"), container, optional("policyName"), optional("description"), propertyXML, pdc, credentials,
	}},
	{name: "ModifyOrganization", parameters: []parameter{org, propertyXML, pdc, credentials}},
	{name: "RenameOrganization", value: element("path"), parameters: []parameter{org, newName, pdc, credentials}},
	{name: "DeleteOrganization", parameters: []parameter{org, pdc, credentials}},
	{name: "CreateUser", value: attribute("user", "path"), parameters: []parameter{
		container, optional("userPrincipalName"), optional("policyName"), samName, optional("givenName"), optional("sn"),
		optional("middleName"), optional("initials"), optional("displayName"), optional("description"), propertyXML, pdc, credentials,
	}},
	{name: "ModifyUser", parameters: []parameter{
		user, optional("userPrincipalName"), samName, optional("givenName"), optional("sn"), optional("middleName"),
		optional("initials"), optional("displayName"), optional("description"), propertyXML, pdc, credentials,
	}},
	{name: "RenameUser", value: element("path"), parameters: []parameter{user, newName, pdc, credentials}},
	{name: "DeleteUser", parameters: []parameter{user, pdc, credentials}},
	{name: "EnableUser", parameters: []parameter{user, pdc, credentials}},
	{name: "DisableUser", parameters: []parameter{user, pdc, credentials}},
	{name: "SetUserPassword", parameters: []parameter{user, newPassword, pdc, credentials}},
	{name: "ChangeUserPassword", parameters: []parameter{user, password("oldPassword"), newPassword, pdc, credentials}},
	{name: "CreateGroup", value: attribute("group", "path"), parameters: []parameter{
		container, optional("name"), optional("groupType"), optional("policyName"), optional("description"), pdc, credentials,
	}},
	{name: "ModifyGroup", parameters: []parameter{
		group, optional("groupType"), optional("description"), propertyXML, pdc, credentials,
	}},
	{name: "RenameGroup", value: element("path"), parameters: []parameter{group, newName, pdc, credentials}},
	{name: "DeleteGroup", parameters: []parameter{group, pdc, credentials}},
	{name: "GroupAdd", parameters: []parameter{group, path("newMember").alias("member"), pdc, credentials}},
	{name: "GroupRemove", parameters: []parameter{group, path("member").alias("oldMember"), pdc, credentials}},
	{name: "CreateContact", value: element("path"), parameters: []parameter{
		container, optional("name"), propertyXML, pdc, credentials,
	}},
	{name: "ModifyContact", parameters: []parameter{contact, propertyXML, pdc, credentials}},
	{name: "RenameContact", value: element("path"), parameters: []parameter{contact, newName, pdc, credentials}},
	{name: "DeleteContact", parameters: []parameter{contact, pdc, credentials}},
}}

var (
	propertyXML = fragment("propertyXml", "properties", "propertiesXml", "properties", "propertiesXmlString")
	pdc         = optional("preferredDomainController").alias("domainController", "pdc")
	newName     = optional("newName").alias("name")
	org         = path("organization").as("org").alias("org", "ldapPath", "path")
	user        = path("user").alias("ldapPath", "path")
	group       = path("group").alias("ldapPath", "path")
	contact     = path("contact").alias("ldapPath", "path")
)

func element(name string) place { return place{elements: []string{name}} }

func attribute(name, attribute string) place {
	return place{elements: []string{name}, attribute: attribute}
}
