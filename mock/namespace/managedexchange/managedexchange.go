package managedexchange

import (
	"slices"

	"wsexchange/mock/engine"
)

// Name is the name of the namespace.
const Name = "Managed Exchange"

// Namespaces whose procedures this one calls.
const (
	provider  = "Exchange Provider"
	resources = "Exchange Resource Manager"
)

// Namespace gives the namespace.
func Namespace() engine.Namespace {
	n := engine.Namespace{
		Name: Name, Procedures: slices.Clone(rows),
		Description: "Mailboxes, mail-enabled groups and public folders for those who may create users.",
	}
	for i := range n.Procedures {
		n.Procedures[i].Type, n.Procedures[i].Access, n.Procedures[i].Role = engine.Write, engine.Public, engine.UserCreator
	}
	return n
}

func need(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind, Required: true}
}

func may(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind}
}

const pdcName = "preferredDomainController"

var rows = []engine.Procedure{
	{
		Name: "MailEnableGroup", Subject: "path", Fidelity: engine.Inferred, Run: mailEnableGroup,
		Summary: "Makes a group a distribution list; one that has the address already stays as it is.",
		Arguments: []engine.Argument{
			need("path", engine.Path), need("cn", engine.Text), need("proxyAddress", engine.Text),
			may(pdcName, engine.Controller),
		},
	},
	{
		Name: "CreateMailbox", Subject: "path", Fidelity: engine.Documented, Run: createMailbox,
		Summary: "Gives a user a mailbox in a store of the organization's share.",
		Arguments: []engine.Argument{
			need("path", engine.Path), need("alias", engine.Text), need("proxyAddresses", engine.Tree),
			need("mail", engine.Tree), may(pdcName, engine.Controller),
		},
	},
	{
		Name: "DeleteMailbox", Subject: "path", Fidelity: engine.Documented, Run: deleteMailbox,
		Summary:   "Takes the mailbox from a user and gives its room back.",
		Arguments: []engine.Argument{need("path", engine.Path), may(pdcName, engine.Controller)},
	},
	{
		Name: "CreateFolder", Subject: "owningOrg", Fidelity: engine.Documented, Run: createFolder,
		Summary: "Creates a public folder in the organization's share.",
		Arguments: []engine.Argument{
			need("folderPath", engine.Text), need("folderName", engine.Text), need("owningOrg", engine.Path),
			need("megabytes", engine.Number),
			{Name: "Permissions", Type: engine.Tree, Trustees: "Permission"},
			may("MaxItemSize", engine.Signed),
			may(pdcName, engine.Controller),
		},
	},
}
