package managedactivedirectory

import (
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
)

var organizationRows = []engine.Procedure{
	{
		Name: "CreateOrganization", Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "container",
		Fidelity: engine.Documented, Run: createOrganization,
		Summary: "Creates an organization: an OU with its groups and well-known objects, as the policy tells.",
		Arguments: []engine.Argument{
			need("name", engine.Text), need("container", engine.Path), policyArgument,
			may("description", engine.Text), may("properties", engine.Tree), pdc,
		},
	},
	{
		Name: "ModifyOrganization", Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "org",
		Fidelity: engine.Documented, Run: modifyOrganization,
		Summary:   "Sets attributes of an organization's OU.",
		Arguments: []engine.Argument{need("org", engine.Path), need("properties", engine.Tree), pdc},
	},
	{
		Name: "RenameOrganization", Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "org",
		Fidelity: engine.Documented, Run: rename("org", "organizationalUnit"),
		Summary:   "Renames an organization's OU; its groups keep their names.",
		Arguments: []engine.Argument{need("org", engine.Path), need("newName", engine.Text), pdc},
	},
	{
		Name: "DeleteOrganization", Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "org",
		Fidelity: engine.Documented, Run: deleteOrganization,
		Summary:   "Deletes an organization without users and child organizations, with its groups.",
		Arguments: []engine.Argument{need("org", engine.Path), pdc},
	},
}

// accountArguments are what CreateUser and CreateUser_ have in common.
var accountArguments = []engine.Argument{
	need("container", engine.Path), need("userPrincipalName", engine.Text),
	sam, may("displayName", engine.Text), may("givenName", engine.Text), may("middleName", engine.Text), may("sn", engine.Text),
	may("initials", engine.Text), may("description", engine.Text), may("properties", engine.Tree), pdc,
}

var userRows = []engine.Procedure{
	{
		Name: "CreateUser", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "container",
		Fidelity: engine.Documented, Run: createUser,
		Summary:   "Creates a user, disabled and without password, and puts it into the groups of the policy.",
		Arguments: append([]engine.Argument{policyArgument}, accountArguments...),
	},
	{
		Name: "ModifyUser", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "user",
		Fidelity: engine.Documented, Run: modifyUser,
		Summary: "Sets names and attributes of a user.",
		Arguments: []engine.Argument{
			need("user", engine.Path), may("userPrincipalName", engine.Text), sam,
			may("displayName", engine.Text), may("givenName", engine.Text), may("middleName", engine.Text), may("sn", engine.Text),
			may("initials", engine.Text), may("description", engine.Text), may("properties", engine.Tree), pdc,
		},
	},
	{
		Name: "RenameUser", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "user",
		Fidelity: engine.Documented, Run: rename("user", "user"),
		Summary:   "Renames a user's object; its logon names stay.",
		Arguments: []engine.Argument{need("user", engine.Path), need("newName", engine.Text), pdc},
	},
	{
		Name: "DeleteUser", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "user",
		Fidelity: engine.Documented, Run: remove("user", "user"),
		Summary:   "Deletes a user; a mailbox has to be deleted before.",
		Arguments: []engine.Argument{need("user", engine.Path), pdc},
	},
	{
		Name: "EnableUser", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "user",
		Fidelity: engine.Inferred, Run: setEnabled(true),
		Summary:   "Enables an account.",
		Arguments: []engine.Argument{need("user", engine.Path), pdc},
	},
	{
		Name: "DisableUser", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "user",
		Fidelity: engine.Documented, Run: setEnabled(false),
		Summary:   "Disables an account.",
		Arguments: []engine.Argument{need("user", engine.Path), need(pdcName, engine.Controller)},
	},
	{
		Name: "SetUserPassword", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "user",
		Fidelity: engine.Documented, Run: setUserPassword,
		Summary:   "Gives a user a new password.",
		Arguments: []engine.Argument{need("user", engine.Path), need("newPassword", engine.Secret), need(pdcName, engine.Controller)},
	},
	{
		Name: "ChangeUserPassword", Type: engine.Write, Access: engine.Public,
		Fidelity: engine.Inferred, Run: changeUserPassword,
		Summary: "Gives a user a new password in exchange for the old one.",
		Arguments: []engine.Argument{
			need("user", engine.Path), need("oldPassword", engine.Secret),
			need("newPassword", engine.Secret), pdc,
		},
	},
}

var groupRows = []engine.Procedure{
	{
		Name: "CreateGroup", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "container",
		Fidelity: engine.Documented, Run: createGroup,
		Summary: "Creates a group.",
		Arguments: []engine.Argument{
			need("container", engine.Path), need("name", engine.Text), groupTypeArgument(), policyArgument,
			may("description", engine.Text), pdc,
		},
	},
	{
		Name: "ModifyGroup", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "group",
		Fidelity: engine.Documented, Run: modifyGroup,
		Summary: "Sets type, description and attributes of a group.",
		Arguments: []engine.Argument{
			need("group", engine.Path), groupTypeArgument(), may("description", engine.Text),
			may("properties", engine.Tree), pdc,
		},
	},
	{
		Name: "RenameGroup", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "group",
		Fidelity: engine.Documented, Run: rename("group", "group"),
		Summary:   "Renames a group's object; its account name stays.",
		Arguments: []engine.Argument{need("group", engine.Path), need("newName", engine.Text), pdc},
	},
	{
		Name: "DeleteGroup", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "group",
		Fidelity: engine.Inferred, Run: remove("group", "group"),
		Summary:   "Deletes a group.",
		Arguments: []engine.Argument{need("group", engine.Path), pdc},
	},
	{
		Name: "GroupAdd", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "group",
		Fidelity: engine.Documented, Run: membership(groupAdd, "newMember"),
		Summary:   "Makes a user, group or contact a member of a group.",
		Arguments: []engine.Argument{need("group", engine.Path), need("newMember", engine.Path), pdc},
	},
	{
		Name: "GroupRemove", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "group",
		Fidelity: engine.Documented, Run: membership("Group Remove", "member"),
		Summary:   "Takes a member from a group.",
		Arguments: []engine.Argument{need("group", engine.Path), need("member", engine.Path), pdc},
	},
}

var contactRows = []engine.Procedure{
	{
		Name: "CreateContact", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "container",
		Fidelity: engine.Documented, Run: createContact,
		Summary: "Creates a contact.",
		Arguments: []engine.Argument{
			need("container", engine.Path), need("name", engine.Text),
			may("properties", engine.Tree), pdc,
		},
	},
	{
		Name: "ModifyContact", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "contact",
		Fidelity: engine.Documented, Run: modifyContact,
		Summary:   "Sets attributes of a contact.",
		Arguments: []engine.Argument{need("contact", engine.Path), need("properties", engine.Tree), pdc},
	},
	{
		Name: "RenameContact", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "contact",
		Fidelity: engine.Documented, Run: rename("contact", "contact"),
		Summary:   "Renames a contact.",
		Arguments: []engine.Argument{need("contact", engine.Path), need("newName", engine.Text), pdc},
	},
	{
		Name: "DeleteContact", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "contact",
		Fidelity: engine.Documented, Run: remove("contact", "contact"),
		Summary:   "Deletes a contact.",
		Arguments: []engine.Argument{need("contact", engine.Path), pdc},
	},
}

// moveRow is for objects of all kinds, organizations too.
var moveRow = engine.Procedure{
	Name: "MoveObject", Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "object",
	Fidelity: engine.Documented, Run: moveObject,
	Summary:   "Puts an object, or an organization, under another container; nothing but its place changes.",
	Arguments: []engine.Argument{need("object", engine.Path), need("destinationContainer", engine.Path), pdc},
}

var queryRows = []engine.Procedure{
	{
		Name: "GetPolicy", Type: engine.Read, Access: engine.Public, Fidelity: engine.Inferred, Run: getPolicy,
		Summary: "Tells what a policy gives to an organization or a user.",
		Arguments: []engine.Argument{
			policyArgument, may("containerPath", engine.Path), may("objectName", engine.Text),
			{Name: "objectType", Type: engine.Text, Required: true, OneOf: []string{"org", "user"}},
			may("objectPath", engine.Path),
		},
	},
	{
		Name: "GetThisOrganizationRoot", Type: engine.Read, Access: engine.Public, Fidelity: engine.Inferred,
		Run: relative(organization.ThisOrganizationRoot), Summary: "Gives the organization that an object belongs to.",
		Arguments: []engine.Argument{need("path", engine.Path), pdc},
	},
	{
		Name: "GetForeignOwnerOrg", Type: engine.Read, Access: engine.Public, Fidelity: engine.Inferred,
		Run: relative(organization.ForeignOwnerOrg), Summary: "Gives the organization above the one that an object belongs to.",
		Arguments: []engine.Argument{need("path", engine.Path), pdc},
	},
	{
		Name: "GetOtherWellKnownObject", Type: engine.Read, Access: engine.Public, Fidelity: engine.Inferred,
		Run: getOtherWellKnownObject, Summary: "Gives what an object's organization names under a well-known name.",
		Arguments: []engine.Argument{need("path", engine.Path), need("wkName", engine.Text), pdc},
	},
}

var privateRows = []engine.Procedure{
	{
		Name: "CompleteOrganization_", Type: engine.Write, Fidelity: engine.Invented, Run: completeOrganization,
		Summary:   "Gives an OU what it lacks of an organization.",
		Arguments: []engine.Argument{need("org", engine.Path), policyArgument, pdc},
	},
	{
		Name: "CreateUser_", Type: engine.Write, Fidelity: engine.Inferred, Run: createAccount,
		Summary: "Creates a user without memberships.", Arguments: accountArguments,
	},
	{
		Name: "CreateSamObject_", Type: engine.Write, Fidelity: engine.Documented, Run: createSamObject,
		Summary: "Creates an account under a sAMAccountName that is free.",
		Arguments: []engine.Argument{
			need("container", engine.Path),
			{Name: "class", Type: engine.Text, Required: true, OneOf: []string{"user", "group"}},
			need("name", engine.Text),
			may("sAMAccountName", engine.Text), may("properties", engine.Tree), pdc,
		},
	},
	{
		Name: "SetGroupMemberships_", Type: engine.Write, Fidelity: engine.Inferred, Run: setMemberships,
		Summary:   "Puts a user into the groups of a policy.",
		Arguments: []engine.Argument{need("path", engine.Path), policyArgument, pdc},
	},
	{
		Name: "TestPermissions_", Type: engine.Read, Fidelity: engine.Inferred, Run: testPermissions,
		Summary:   "Fails unless the caller has a role for an object.",
		Arguments: []engine.Argument{need("path", engine.Path), need("role", engine.Text), pdc},
	},
	{
		Name: "TestOrgCreatorPermissions_", Type: engine.Read, Fidelity: engine.Inferred, Run: testOrgCreator,
		Summary:   "Fails unless the caller may create organizations below an object.",
		Arguments: []engine.Argument{need("path", engine.Path), pdc},
	},
}
