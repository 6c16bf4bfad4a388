package activedirectory

import "wsexchange/mock/engine"

func need(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind, Required: true}
}

func may(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind}
}

// or gives an argument other names under which callers know it.
func or(a engine.Argument, aliases ...string) engine.Argument {
	a.Aliases = aliases
	return a
}

// Arguments of several procedures.
var (
	path       = need("path", engine.Path)
	skip       = may("flagSkipAction", engine.Flag)
	preference = may("preferredDomainController", engine.Preferred)
	controller = may("domainController", engine.Controller)
	aclName    = need("name", engine.Text)
	objectType = need("objectType", engine.Text)
)

// longestFilter bounds the filter of a search, in characters.
const longestFilter = 8192

// operations are the procedures, in the order of the reference's list. Object
// Exists, at the end, is ours.
var operations = []operation{
	{outputs: []string{"path", "flagSkipAction"}, row: engine.Procedure{
		Name: "Create Object", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: createObject,
		Summary: "Creates an object in a container and returns its path.",
		Arguments: []engine.Argument{
			need("container", engine.Path), need("class", engine.Text), need("name", engine.Text),
			may("properties", engine.Tree), may("flagIgnoreAlreadyExistsError", engine.Flag),
			may("flagSetOwner", engine.Ignored), may("autoGenerateEmailAddresses", engine.Ignored),
		},
	}},
	{row: engine.Procedure{
		Name: "Delete Object", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: deleteObject,
		Summary:   "Deletes an object with all below it.",
		Arguments: []engine.Argument{path, may("flagIgnoreDoesNotExistError", engine.Flag), may("flagDeleteTree", engine.Ignored)},
	}},
	{outputs: []string{"result"}, direct: true, row: engine.Procedure{
		Name: "Evaluate", Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: evaluate,
		Summary:   "Computes an expression of 32 bit numbers, such as the bits of userAccountControl.",
		Arguments: []engine.Argument{need("expression", engine.Tree)},
	}},
	{outputs: []string{"dacl"}, row: engine.Procedure{
		Name: "Get DACL", Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: getACL(dacl),
		Summary:   "Returns the entries of an object's access control list, its own and the inherited ones.",
		Arguments: []engine.Argument{aclName, objectType},
	}},
	{outputs: []string{"properties"}, row: engine.Procedure{
		Name: "Get Properties", Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: getProperties,
		Summary:   "Returns the values of the named attributes, or of all.",
		Arguments: []engine.Argument{path, may("propertyList", engine.Tree)},
	}},
	{outputs: []string{"sacl"}, row: engine.Procedure{
		Name: "Get SACL", Type: engine.Read, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: getACL(sacl),
		Summary:   "Returns the entries of an object's audit list, its own and the inherited ones.",
		Arguments: []engine.Argument{aclName, objectType},
	}},
	{row: engine.Procedure{
		Name: "Group Add", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: groupAdd,
		Summary:   "Makes the object at path a member of a group.",
		Arguments: []engine.Argument{need("group", engine.Path), need("path", engine.PathOrUPN), skip},
	}},
	{outputs: []string{"isMember"}, row: engine.Procedure{
		Name: "Group IsMember", Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: groupIsMember,
		Summary:   "Reports whether the object at path is a direct member of a group.",
		Arguments: []engine.Argument{need("group", engine.Path), need("path", engine.PathOrUPN)},
	}},
	{outputs: []string{"members"}, row: engine.Procedure{
		Name: "Group Members", Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: groupMembers,
		Summary:   "Lists the direct members of a group that the caller may see.",
		Arguments: []engine.Argument{need("group", engine.Path)},
	}},
	{row: engine.Procedure{
		Name: "Group Remove", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: groupRemove,
		Summary:   "Takes the object at path from a group.",
		Arguments: []engine.Argument{need("group", engine.Path), need("path", engine.PathOrUPN), skip},
	}},
	{outputs: []string{"name", "domain", "type"}, direct: true, row: engine.Procedure{
		Name: "Lookup Account from SID", Spellings: []string{"Lookup Account From SID"}, Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: lookupAccount,
		Summary:   "Returns the name, the domain and the kind of the account with a security identifier.",
		Arguments: []engine.Argument{need("sid", engine.Text)},
	}},
	{outputs: []string{"dcPath", "domainController"}, direct: true, row: engine.Procedure{
		Name: "Make Path Domain Controller Specific", Type: engine.Read,
		Access: engine.Public, Fidelity: engine.Documented, Run: makeSpecific,
		Summary:   "Puts the name of a domain controller into a path, by preference that of the preferred one.",
		Arguments: []engine.Argument{path, preference, controller},
	}},
	{outputs: []string{"domainPath"}, direct: true, row: engine.Procedure{
		Name: "Make Path Domain Specific", Type: engine.Read,
		Access: engine.Public, Fidelity: engine.Documented, Run: makeDomainSpecific,
		Summary:   "Puts the name of the domain into a path, in the place of a domain controller's.",
		Arguments: []engine.Argument{path},
	}},
	{outputs: []string{"path"}, row: engine.Procedure{
		Name: "Move Object", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: moveObject,
		Summary:   "Puts an object under another container and returns its new path.",
		Arguments: []engine.Argument{or(need("source", engine.Path), "path"), or(need("destination", engine.Path), "container")},
	}},
	{outputs: []string{"path"}, direct: true, row: engine.Procedure{
		Name: "Path from DN", Spellings: []string{"Path From DN"}, Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: pathFromDN,
		Summary:   "Makes a path of a distinguished name, with the server of another path of the same domain.",
		Arguments: []engine.Argument{need("referencePath", engine.Path), need("distinguishedName", engine.Text)},
	}},
	{outputs: []string{"path"}, direct: true, row: engine.Procedure{
		Name: "Path from RN", Spellings: []string{"Path From RN"}, Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: pathFromRN,
		Summary:   "Makes a path of a name that is relative to another path.",
		Arguments: []engine.Argument{need("referencePath", engine.Path), need("relativeName", engine.Text)},
	}},
	{outputs: []string{"distinguishedName"}, direct: true, row: engine.Procedure{
		Name: "Path to DN", Spellings: []string{"Path To DN"}, Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: pathToDN,
		Summary:   "Returns the distinguished name in a path.",
		Arguments: []engine.Argument{path},
	}},
	{outputs: []string{"path"}, row: engine.Procedure{
		Name: "Rename Object", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: renameObject,
		Summary:   "Gives an object another name in its container and returns its new path.",
		Arguments: []engine.Argument{or(need("source", engine.Path), "path"), or(need("name", engine.Text), "newName")},
	}},
	{outputs: []string{"objects"}, row: engine.Procedure{
		Name: "Search", Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: search,
		Summary: "Returns the objects that a filter matches, with the named attributes.",
		Arguments: []engine.Argument{
			path,
			{Name: "filter", Type: engine.Text, Required: true, Max: longestFilter},
			may("propertyList", engine.Tree), may("preferences", engine.Tree),
			{Name: "scope", Type: engine.Text, OneOf: []string{"base", "oneLevel", "subtree"}},
			may("sizeLimit", engine.Number),
		},
	}},
	{row: engine.Procedure{
		Name: "Set Properties", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: setProperties,
		Summary:   "Replaces, clears, appends and deletes values of attributes.",
		Arguments: []engine.Argument{path, may("properties", engine.Tree), skip},
	}},
	{outputs: []string{"outputName"}, direct: true, row: engine.Procedure{
		Name: "Translate Name", Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: translateName,
		Summary:   "Returns the name of an object, the caller unless one is named, in another form.",
		Arguments: []engine.Argument{may("inputName", engine.Text), may("inputFormat", engine.Text), need("outputFormat", engine.Text)},
	}},
	{row: engine.Procedure{
		Name: "Update ACL", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: updateACL,
		Summary:   "Adds and revokes entries of an object's lists, which are kept and returned; rights follow from roles.",
		Arguments: []engine.Argument{aclName, objectType, may("dacl", engine.Tree), may("sacl", engine.Tree)},
	}},
	{row: engine.Procedure{
		Name: "User Change Password", Type: engine.Write, Access: engine.Public,
		Fidelity: engine.Documented, Run: changePassword,
		Summary:   "Gives an account a new password in exchange for the old one.",
		Arguments: []engine.Argument{path, need("oldPassword", engine.Secret), need("newPassword", engine.Secret)},
	}},
	{outputs: []string{"groups"}, row: engine.Procedure{
		Name: "User Groups", Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: userGroups,
		Summary:   "Lists the groups that a user is a direct member of and the caller may see, without the primary group.",
		Arguments: []engine.Argument{path},
	}},
	{row: engine.Procedure{
		Name: "User Set Password", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: setPassword,
		Summary:   "Gives an account a new password.",
		Arguments: []engine.Argument{path, need("newPassword", engine.Secret), skip},
	}},
	{outputs: []string{"exists", "class"}, row: engine.Procedure{
		Name: "Object Exists", Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Invented, Run: objectExists,
		Summary:   "Reports whether there is an object with the path, and its class.",
		Arguments: []engine.Argument{path},
	}},
}
