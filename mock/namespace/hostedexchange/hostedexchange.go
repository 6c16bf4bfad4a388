package hostedexchange

import (
	"slices"

	"wsexchange/mock/engine"
)

// Names of the namespace and of those whose procedures it calls.
const (
	Name            = "Hosted Exchange"
	activeDirectory = "Managed Active Directory"
	exchange        = "Exchange Provider"
	resources       = "Exchange Resource Manager"
	consumerStores  = "Exchange Resource Manager Ex"
)

// Namespace gives the namespace with all its procedures.
func Namespace() engine.Namespace {
	return engine.Namespace{
		Name:        Name,
		Description: "Organizations, users, mailboxes, lists, public folders and SMTP domains of hosted Exchange customers.",
		Procedures: slices.Concat(
			organizationRows(), userRows(), mailboxRows(), listRows(), folderRows(), domainRows(), addressListRows(),
			directoryRows(), initializeRows(), planRows(),
		),
	}
}

// The arguments that many procedures share.
var (
	controller     = engine.Argument{Name: "preferredDomainController", Type: engine.Controller, Required: true}
	path           = engine.Argument{Name: "path", Type: engine.Path, Required: true}
	container      = engine.Argument{Name: "container", Type: engine.Path, Required: true}
	smtpDomain     = engine.Argument{Name: "SMTPDomain", Type: engine.Text, Required: true, Max: maxDomain}
	otherDomain    = engine.Argument{Name: "SMTPDomain", Type: engine.Text, Max: maxDomain}
	customerType   = engine.Argument{Name: "customerTypeName", Type: engine.Text, OneOf: []string{businessUser, consumerUser}}
	createInPolicy = engine.Argument{Name: "createSMTPDomain", Type: engine.Flag}
	deleteInPolicy = engine.Argument{Name: "deleteSMTPDomain", Type: engine.Flag}
	properties     = tree("properties")
	description    = text("description")
	newPassword    = engine.Argument{Name: "newPassword", Type: engine.Secret}
)

func text(name string) engine.Argument {
	return engine.Argument{Name: name, Type: engine.Text}
}

func needed(name string, longest int) engine.Argument {
	return engine.Argument{Name: name, Type: engine.Text, Required: true, Max: longest}
}

func tree(name string) engine.Argument {
	return engine.Argument{Name: name, Type: engine.Tree}
}

func flag(name string) engine.Argument {
	return engine.Argument{Name: name, Type: engine.Flag}
}

// arguments makes one list of single arguments.
func arguments(all ...engine.Argument) []engine.Argument { return all }

// publicly completes rows that others may call.
func publicly(rows ...engine.Procedure) []engine.Procedure {
	for i := range rows {
		rows[i].Access = engine.Public
	}
	return rows
}

// privately completes rows that only procedures call. They answer to the role
// of their caller.
func privately(rows ...engine.Procedure) []engine.Procedure {
	for i := range rows {
		rows[i].Access, rows[i].Role, rows[i].Subject = engine.Private, engine.Anyone, ""
	}
	return rows
}
