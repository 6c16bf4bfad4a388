package activedirectory

import "wsexchange/mock/engine"

// Provider and PreferredDC are the names of the two namespaces.
const (
	Provider    = "Active Directory Provider"
	PreferredDC = "Preferred DC Active Directory Provider"
)

// Namespaces gives both namespaces.
func Namespaces() []engine.Namespace {
	plain, preferred := make([]engine.Procedure, 0, len(operations)), make([]engine.Procedure, 0, len(operations))
	for _, o := range operations {
		plain = append(plain, o.row)
		if !o.direct {
			preferred = append(preferred, o.preferred())
		}
	}
	return []engine.Namespace{
		{
			Name: Provider, Provider: "Provisioning.ADProvider.1", Procedures: plain,
			Description: "Single operations on objects of the directory.",
		},
		{
			Name: PreferredDC, Procedures: preferred,
			Description: "The procedures of the Active Directory Provider, on a chosen domain controller.",
		},
	}
}

// operation is a procedure of the provider.
type operation struct {
	row     engine.Procedure
	outputs []string // elements that the procedure adds or changes
	direct  bool     // in the provider's own namespace only
}

func need(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind, Required: true}
}

func may(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind}
}

// longestFilter bounds the filter of a search, in characters.
const longestFilter = 8192

var operations = []operation{
	{outputs: []string{"path"}, row: engine.Procedure{
		Name: "Create Object", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: createObject,
		Summary: "Creates an object in a container and gives its path.",
		Arguments: []engine.Argument{
			need("container", engine.Path), need("class", engine.Text), need("name", engine.Text),
			may("properties", engine.Tree), may("flagIgnoreAlreadyExistsError", engine.Flag),
		},
	}},
	{row: engine.Procedure{
		Name: "Delete Object", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: deleteObject,
		Summary:   "Deletes an object that has no children, or with flagDeleteTree one with all below it.",
		Arguments: []engine.Argument{need("path", engine.Path), may("flagDeleteTree", engine.Flag)},
	}},
	{outputs: []string{"properties"}, row: engine.Procedure{
		Name: "Get Properties", Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Documented, Run: getProperties,
		Summary:   "Gives the values of the named attributes, or of all.",
		Arguments: []engine.Argument{need("path", engine.Path), may("propertyList", engine.Tree)},
	}},
	{row: engine.Procedure{
		Name: "Set Properties", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: setProperties,
		Summary:   "Replaces, clears, appends and deletes values of attributes.",
		Arguments: []engine.Argument{need("path", engine.Path), need("properties", engine.Tree), may("flagSkipAction", engine.Flag)},
	}},
	{outputs: []string{"searchResults"}, row: engine.Procedure{
		Name: "Search", Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Inferred, Run: search,
		Summary: "Gives the objects that a filter matches, with the named attributes.",
		Arguments: []engine.Argument{
			need("path", engine.Path),
			{Name: "filter", Type: engine.Text, Max: longestFilter},
			{Name: "scope", Type: engine.Text, OneOf: []string{"base", "oneLevel", "subtree"}},
			may("propertyList", engine.Tree), may("sizeLimit", engine.Number),
		},
	}},
	{row: engine.Procedure{
		Name: "Group Add", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: groupAdd,
		Summary:   "Makes an object a member of a group.",
		Arguments: []engine.Argument{need("path", engine.Path), need("member", engine.PathOrUPN), may("flagSkipAction", engine.Flag)},
	}},
	{row: engine.Procedure{
		Name: "Group Remove", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: groupRemove,
		Summary:   "Takes an object from a group.",
		Arguments: []engine.Argument{need("path", engine.Path), need("member", engine.PathOrUPN), may("flagSkipAction", engine.Flag)},
	}},
	{row: engine.Procedure{
		Name: "User Set Password", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: setPassword,
		Summary:   "Gives an account a new password.",
		Arguments: []engine.Argument{need("path", engine.Path), need("newPassword", engine.Secret)},
	}},
	{row: engine.Procedure{
		Name: "User Change Password", Type: engine.Write, Access: engine.Public,
		Fidelity: engine.Documented, Run: changePassword,
		Summary:   "Gives an account a new password in exchange for the old one.",
		Arguments: []engine.Argument{need("path", engine.Path), need("oldPassword", engine.Secret), need("newPassword", engine.Secret)},
	}},
	{outputs: []string{"path"}, row: engine.Procedure{
		Name: "Move Object", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Invented, Run: moveObject,
		Summary:   "Puts an object under another container and gives its new path.",
		Arguments: []engine.Argument{need("path", engine.Path), need("container", engine.Path)},
	}},
	{outputs: []string{"path"}, row: engine.Procedure{
		Name: "Rename Object", Type: engine.Write, Access: engine.Public,
		Role: engine.DomainAdmin, Fidelity: engine.Invented, Run: renameObject,
		Summary:   "Gives an object another name in its container and gives its new path.",
		Arguments: []engine.Argument{need("path", engine.Path), need("newName", engine.Text)},
	}},
	{outputs: []string{"exists", "class"}, row: engine.Procedure{
		Name: "Object Exists", Type: engine.Read, Access: engine.Public,
		Fidelity: engine.Invented, Run: objectExists,
		Summary:   "Tells whether there is an object with the path, and its class.",
		Arguments: []engine.Argument{need("path", engine.Path)},
	}},
	{outputs: []string{"path"}, direct: true, row: engine.Procedure{
		Name: "Make Path Domain Controller Specific", Type: engine.Read,
		Access: engine.Public, Fidelity: engine.Inferred, Run: makeSpecific,
		Summary:   "Puts the name of the preferred domain controller into a path of its domain.",
		Arguments: []engine.Argument{need("path", engine.Path), may("preferredDomainController", engine.Controller)},
	}},
}
