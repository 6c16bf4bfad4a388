package exchangeresourcemanager

import "wsexchange/mock/engine"

// Name and NameEx are the names of the two namespaces.
const (
	Name   = "Exchange Resource Manager"
	NameEx = "Exchange Resource Manager Ex"
)

// Namespaces returns the namespaces.
func Namespaces() []engine.Namespace {
	return []engine.Namespace{
		{
			Name: Name, Provider: "Provisioning.CoreRMO.1", Procedures: rows(),
			Description: "Allocates room in mail and public folder stores to organizations, mailboxes and folders.",
		},
		{
			Name: NameEx, Procedures: rowsEx(),
			Description: "Consumer mail stores and front-end servers, and older names of the resource manager's procedures.",
		},
		{
			Name: NameOAB, Procedures: rowsOAB(),
			Description: "The servers that generate offline address lists, and which organization has its list on which.",
		},
	}
}

var (
	controller   = engine.Argument{Name: "preferredDomainController", Type: engine.Controller}
	organization = engine.Argument{Name: "organization", Type: engine.Path, Required: true}
	mailbox      = engine.Argument{Name: "mailbox", Type: engine.Path, Required: true}
	mailStores   = engine.Argument{Name: "mailStores", Type: engine.Tree}
	publicStores = engine.Argument{Name: "publicStores", Type: engine.Tree}
	mailStore    = engine.Argument{Name: "mailStore", Type: engine.Tree}
	publicStore  = engine.Argument{Name: "publicStore", Type: engine.Tree}
	guid         = engine.Argument{Name: "GUID", Type: engine.Text}
	kilobytes    = engine.Argument{Name: "kilobytes", Type: engine.Number, Required: true}
	difference   = engine.Argument{Name: "kilobytes", Type: engine.Signed, Required: true}
)

func required(a engine.Argument) engine.Argument {
	a.Required = true
	return a
}

func optional(a engine.Argument) engine.Argument {
	a.Required = false
	return a
}

func rows() []engine.Procedure {
	all := append(storeRows(), organizationRows()...)
	return append(all, consumerRows()...)
}

func storeRows() []engine.Procedure {
	return []engine.Procedure{
		{
			Name: "AddExchangeResources", Summary: "Registers stores that Exchange has in the pool, with their sizes.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: addResources,
			Arguments: []engine.Argument{controller, publicStores, mailStores},
		},
		{
			Name: "RemoveExchangeResources", Summary: "Takes stores out of the pool that nobody has a share of.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: removeResources,
			Arguments: []engine.Argument{controller, publicStores, mailStores},
		},
		{
			Name: "ModifyExchangeResources", Summary: "Changes the sizes of registered stores by differences, and whether a server's stores take new allocations.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: modifyResources,
			Arguments: []engine.Argument{controller, publicStores, mailStores, {Name: "provisionable", Type: engine.Tree}},
		},
		{
			Name: "QueryAllStores", Summary: "Lists the registered stores with size and free room.",
			Type: engine.Read, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: queryAllStores,
			Arguments: []engine.Argument{controller},
		},
	}
}

func organizationRows() []engine.Procedure {
	return []engine.Procedure{
		{
			Name: "QueryResourcesByOrganization", Summary: "Tells an organization's shares of stores and what is left of them.",
			Type: engine.Read, Access: engine.Public, Role: engine.UserCreator, Subject: "organization", Fidelity: engine.Documented, Run: queryResources,
			Arguments: []engine.Argument{optional(organization), guid, controller},
		},
		{
			Name: "QueryConsumersByOrganization", Summary: "Lists the mailboxes and public folders that draw on an organization's shares.",
			Type: engine.Read, Access: engine.Public, Role: engine.UserCreator, Subject: "organization", Fidelity: engine.Documented, Run: queryConsumers,
			Arguments: []engine.Argument{optional(organization), guid, controller},
		},
		{
			Name: "QueryAllOrganizations", Summary: "Lists the organizations that have shares of stores.",
			Type: engine.Read, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: queryAllOrganizations,
			Arguments: []engine.Argument{controller},
		},
		{
			Name: "QueryOrganizationsByMailstore", Summary: "Lists the organizations that have a share of a mail store, with its size.",
			Type: engine.Read, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: queryByMailStore,
			Arguments: []engine.Argument{required(mailStore), controller},
		},
		{
			Name: "QueryOrganizationsByPublicstore", Summary: "Lists the organizations that have a share of a public folder store, with its size.",
			Type: engine.Read, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: queryByPublicStore,
			Arguments: []engine.Argument{required(publicStore), controller},
		},
		{
			Name: "AllocateOrganization", Summary: "Gives an organization its shares of mail stores and of a public folder store.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "organization", Fidelity: engine.Documented, Run: allocateOrganization,
			Arguments: []engine.Argument{organization, publicStore, mailStore, controller},
		},
		{
			Name: "DeallocateOrganization", Summary: "Gives all shares of an organization back; nothing may draw on them.",
			Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "organization", Fidelity: engine.Documented, Run: deallocateOrganization,
			Arguments: []engine.Argument{organization, controller},
		},
		{
			Name: "ReallocateOrganizationMailNoMove", Summary: "Changes an organization's shares of mail stores by a difference without moving a mailbox.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "organization", Fidelity: engine.Documented, Run: reallocateMail,
			Arguments: []engine.Argument{organization, required(mailStore), controller},
		},
		{
			Name: "ReallocateOrganizationPublic", Summary: "Changes an organization's share of its public folder store by a difference.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "organization", Fidelity: engine.Documented, Run: reallocatePublic,
			Arguments: []engine.Argument{controller, organization, required(publicStore)},
		},
	}
}

func consumerRows() []engine.Procedure {
	return []engine.Procedure{
		{
			Name: "AllocateMailbox", Summary: "Takes a mailbox's size out of its organization's shares and tells the store to create it in.",
			Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "organization", Fidelity: engine.Documented, Run: allocateMailbox,
			Arguments: []engine.Argument{organization, mailbox, kilobytes, mailStore, controller},
		},
		{
			Name: "DeallocateMailbox", Summary: "Gives a mailbox's size back; one whose user is gone is named by GUID.",
			Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "mailbox", Fidelity: engine.Documented, Run: deallocateMailbox,
			Arguments: []engine.Argument{optional(mailbox), guid, controller},
		},
		{
			Name: "ReallocateMailbox", Summary: "Changes a mailbox's size by a difference.",
			Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "mailbox", Fidelity: engine.Inferred, Run: reallocateMailbox,
			Arguments: []engine.Argument{mailbox, difference, controller},
		},
		{
			Name: "QueryMailboxAllocation", Summary: "Tells a mailbox's size and store; 0 kilobytes and no store if it has none.",
			Type: engine.Read, Access: engine.Public, Role: engine.UserCreator, Subject: "mailbox", Fidelity: engine.Inferred, Run: queryMailbox,
			Arguments: []engine.Argument{mailbox, controller},
		},
		{
			Name: "AllocatePublicFolder", Summary: "Takes a folder's size out of its organization's share and tells the store to create it in.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "organization", Fidelity: engine.Documented, Run: allocateFolder,
			Arguments: []engine.Argument{organization, required(publicStore), controller},
		},
		{
			Name: "DeallocatePublicFolder", Summary: "Gives a folder's size back.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "organization", Fidelity: engine.Documented, Run: deallocateFolder,
			Arguments: []engine.Argument{organization, required(publicStore), controller},
		},
		{
			Name: "ReallocatePublicFolder", Summary: "Changes a folder's size by a difference.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "organization", Fidelity: engine.Documented, Run: reallocateFolder,
			Arguments: []engine.Argument{organization, controller, required(publicStore)},
		},
		{
			Name: "GetFolderUID_", Summary: "Tells the GUID under which a public folder draws on its organization's share.",
			Type: engine.Read, Access: engine.Private, Fidelity: engine.Inferred, Run: getFolderUID,
			Arguments: []engine.Argument{organization, required(publicStore), controller},
		},
	}
}
