package wsexchangeprovideradapter

import (
	"slices"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
)

// Name is the name of the namespace.
const Name = "WS Exchange Provider Adapter"

const provider = "Exchange Provider"

// Namespace gives the namespace.
func Namespace() engine.Namespace {
	n := engine.Namespace{
		Name: Name, Procedures: slices.Clone(rows),
		Description: "Mail-enabled contacts and groups, and the usage of mailboxes and public folders, for control panels.",
	}
	for i := range n.Procedures {
		n.Procedures[i].Access = engine.Public
	}
	return n
}

func need(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind, Required: true}
}

var (
	path         = need("path", engine.Path)
	cn           = need("cn", engine.Text)
	proxyAddress = need("proxyAddress", engine.Text)
	organization = need("organization", engine.Path)
	mailbox      = need("mailbox", engine.PathOrUPN)
	folderPath   = need("folderPath", engine.Text)
	kilobytes    = need("kilobytes", engine.Number)
	pdc          = engine.Argument{Name: "preferredDomainController", Type: engine.Controller}
)

var rows = []engine.Procedure{
	{
		Name: "MailEnableContact", Type: engine.Write, Role: engine.UserCreator, Subject: "path", Fidelity: engine.Inferred,
		Run: mailEnableContact, Summary: "Makes a contact in a container a mail recipient, with the next free address if the one asked for is taken in its organization.",
		Arguments: []engine.Argument{path, cn, need("targetAddress", engine.Text), proxyAddress, pdc},
	},
	{
		Name: "MailDisableContact", Type: engine.Write, Role: engine.UserCreator, Subject: "path", Fidelity: engine.Invented,
		Run: pass("MailDisableContact"), Summary: "Ends that a contact is a mail recipient.", Arguments: []engine.Argument{path, cn, pdc},
	},
	{
		Name: "MailEnableGroup", Type: engine.Write, Role: engine.UserCreator, Subject: "path", Fidelity: engine.Invented,
		Run: pass("MailEnableGroup"), Summary: "Makes a group in a container a distribution list.",
		Arguments: []engine.Argument{path, cn, proxyAddress, pdc},
	},
	{
		Name: "MailDisableGroup", Type: engine.Write, Role: engine.UserCreator, Subject: "path", Fidelity: engine.Invented,
		Run: pass("MailDisableGroup"), Summary: "Ends that a group is a distribution list.", Arguments: []engine.Argument{path, cn, pdc},
	},
	{
		Name: "GetMailboxUsage", Type: engine.Read, Role: engine.UserCreator, Subject: "organization", Fidelity: engine.Inferred,
		Run: getMailboxUsage, Summary: "Tells how many kilobytes a mailbox holds.", Arguments: []engine.Argument{organization, pdc, mailbox},
	},
	{
		Name: "GetFolderUsage", Type: engine.Read, Role: engine.UserCreator, Subject: "organization", Fidelity: engine.Invented,
		Run: getFolderUsage, Summary: "Tells how many kilobytes a public folder holds.",
		Arguments: []engine.Argument{organization, pdc, folderPath},
	},
	{
		Name: "SetMailboxUsage", Type: engine.Write, Role: engine.DomainAdmin, Fidelity: engine.Invented,
		Run: setMailboxUsage, Summary: "Sets how many kilobytes a mailbox holds.",
		Arguments: []engine.Argument{organization, pdc, mailbox, kilobytes},
	},
	{
		Name: "SetFolderUsage", Type: engine.Write, Role: engine.DomainAdmin, Fidelity: engine.Invented,
		Run: setFolderUsage, Summary: "Sets how many kilobytes a public folder holds.",
		Arguments: []engine.Argument{organization, pdc, folderPath, kilobytes},
	},
}

// pass returns a function that hands everything on to a procedure of the
// provider.
func pass(procedure string) func(*engine.Call) error {
	return func(c *engine.Call) error {
		var args []*xmldoc.Node
		for n := range xmldoc.Elements(c.Data) {
			args = append(args, xmldoc.Clone(n))
		}
		_, err := c.Execute(provider, procedure, args...)
		return err
	}
}
