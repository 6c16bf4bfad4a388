package exchangeprovider

import (
	"slices"

	"wsexchange/mock/engine"
)

// Name is the name of the namespace.
const Name = "Exchange Provider"

// Namespace gives the namespace. Its procedures change what domain
// administrators may change; the managed namespaces call them for others.
func Namespace() engine.Namespace {
	n := engine.Namespace{
		Name: Name, Provider: "Provisioning.ExchangeProvider.1",
		Description: "Mailboxes, recipients, address lists, recipient policies, public folders and virtual directories.",
		Procedures:  slices.Concat(mailboxRows, recipientRows, listRows, domainRows, folderRows, directoryRows),
	}
	for i := range n.Procedures {
		n.Procedures[i].Type, n.Procedures[i].Access, n.Procedures[i].Role = engine.Write, engine.Public, engine.DomainAdmin
		n.Procedures[i].AnyCase = true
	}
	return n
}

func need(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind, Required: true}
}

func may(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind}
}

var (
	path = need("path", engine.Path)
	// pdc is in no table of the reference; callers that have one may hand it on.
	pdc = may("preferredDomainController", engine.Controller)
)

const (
	longestCN     = 64
	longestDomain = 255
	longestFilter = 2048
)

var mailboxRows = []engine.Procedure{
	{
		Name: "CreateMailbox", Fidelity: engine.Inferred, Run: createMailbox, Summary: "Gives a user a mailbox in a store.",
		Arguments: []engine.Argument{
			path, need("alias", engine.Text), need("mdb", engine.Text), need("server", engine.Text),
			need("proxyAddresses", engine.Tree), need("mail", engine.Tree), may("orgPath", engine.Path), pdc,
		},
	},
	{
		Name: "DeleteMailbox", Fidelity: engine.Documented, Run: deleteMailbox, Summary: "Takes the mailbox from a user.",
		Arguments: []engine.Argument{path, may("orgPath", engine.Path), pdc},
	},
	{
		Name: "DeleteMailboxes", Fidelity: engine.Documented, Run: deleteMailboxes, Summary: "Takes the mailboxes from all users below a container.",
		Arguments: []engine.Argument{path, pdc},
	},
	{
		Name: "EditMailbox", Fidelity: engine.Documented, Run: editMailbox, Summary: "Changes quotas, limits and protocols of a mailbox.",
		Arguments: []engine.Argument{path, may("mail", engine.Tree), pdc},
	},
	{
		Name: "MoveMailbox", Fidelity: engine.Documented, Run: moveMailbox, Summary: "Moves a mailbox to another store.",
		Arguments: []engine.Argument{path, need("mdb", engine.Text), need("server", engine.Text), pdc},
	},
}

var (
	cn           = engine.Argument{Name: "cn", Type: engine.Text, Required: true, Max: longestCN}
	proxyAddress = need("proxyAddress", engine.Text)
)

var recipientRows = []engine.Procedure{
	{
		Name: "MailEnableContact", Fidelity: engine.Documented, Run: mailEnableContact, Summary: "Makes a contact a mail recipient.",
		Arguments: []engine.Argument{path, cn, need("targetAddress", engine.Text), proxyAddress, pdc},
	},
	{
		Name: "MailDisableContact", Fidelity: engine.Documented, Run: mailDisableContact, Summary: "Ends that a contact is a mail recipient.",
		Arguments: []engine.Argument{path, cn, pdc},
	},
	{
		Name: "MailEnableGroup", Fidelity: engine.Documented, Run: mailEnableGroup, Summary: "Makes a group a distribution list.",
		Arguments: []engine.Argument{path, cn, proxyAddress, pdc},
	},
	{
		Name: "MailDisableGroup", Fidelity: engine.Documented, Run: mailDisableGroup, Summary: "Ends that a group is a distribution list.",
		Arguments: []engine.Argument{path, cn, pdc},
	},
}

var (
	listName   = engine.Argument{Name: "name", Type: engine.Text, Max: longestCN}
	readAccess = engine.Argument{Name: "readAccess", Type: engine.Tree, Trustees: engine.OwnText}
	publicMDB  = engine.Argument{Name: "publicMDB", Type: engine.Text, Trustees: engine.OwnText}
	listFilter = engine.Argument{Name: "filter", Type: engine.Text, Max: longestFilter}
)

var listRows = []engine.Procedure{
	{
		Name: "CreateGlobalAddressList", Fidelity: engine.Documented, Run: createGlobalAddressList,
		Summary:   "Gives an organization its global address list.",
		Arguments: []engine.Argument{path, listName, readAccess, listFilter, pdc},
	},
	{
		Name: "DeleteGlobalAddressList", Fidelity: engine.Documented, Run: globalList.remove,
		Summary: "Deletes an organization's global address list.", Arguments: []engine.Argument{path, pdc},
	},
	{
		Name: "CreateAddressList", Fidelity: engine.Documented, Run: createAddressList,
		Summary:   "Gives an organization the address list that goes into its offline address list.",
		Arguments: []engine.Argument{path, listName, readAccess, listFilter, pdc},
	},
	{
		Name: "DeleteAddressList", Fidelity: engine.Documented, Run: addressList.remove,
		Summary: "Deletes an organization's address list.", Arguments: []engine.Argument{path, pdc},
	},
	{
		Name: "CreateOfflineAddressList", Fidelity: engine.Documented, Run: createOfflineAddressList,
		Summary:   "Gives an organization its offline address list.",
		Arguments: []engine.Argument{path, listName, readAccess, publicMDB, may("server", engine.Text), pdc},
	},
	{
		Name: "DeleteOfflineAddressList", Fidelity: engine.Documented, Run: offlineList.remove,
		Summary: "Deletes an organization's offline address list.", Arguments: []engine.Argument{path, pdc},
	},
	{
		Name: "RebuildOfflineAddressList", Fidelity: engine.Documented, Run: rebuildOfflineAddressList,
		Summary: "Generates an organization's offline address list anew.", Arguments: []engine.Argument{path, pdc},
	},
}

var domainRows = []engine.Procedure{
	{
		Name: "CreateSMTPDomain", Fidelity: engine.Documented, Run: createSMTPDomain,
		Summary: "Puts SMTP domains into recipient policies.",
		Arguments: []engine.Argument{
			need("SMTPDomains", engine.Tree),
			{Name: "policyName", Type: engine.Text, Max: longestCN},
			pdc,
		},
	},
	{
		Name: "DeleteSMTPDomain", Fidelity: engine.Documented, Run: deleteSMTPDomain,
		Summary: "Takes SMTP domains from recipient policies.", Arguments: []engine.Argument{need("SMTPDomains", engine.Tree), pdc},
	},
}

var permissions = engine.Argument{Name: "Permissions", Type: engine.Tree, Trustees: "Permission"}

var folderRows = []engine.Procedure{
	{
		Name: "CreateFolder", Fidelity: engine.Documented, Run: createFolder, Summary: "Creates a public folder.",
		Arguments: []engine.Argument{
			need("mdbDN", engine.Path), need("folderpath", engine.Text), need("name", engine.Text),
			may("maxItemSize", engine.Signed), may("prohibitPostLimit", engine.Signed), permissions,
			may("owningOrg", engine.Path), pdc,
		},
	},
	{
		Name: "ModifyFolder", Fidelity: engine.Documented, Run: modifyFolder, Summary: "Changes limits and permissions of a public folder.",
		Arguments: []engine.Argument{
			need("mdbDN", engine.Path), need("folderpath", engine.Text), need("name", engine.Text),
			may("maxItemSize", engine.Signed), may("prohibitPostLimit", engine.Signed), permissions, pdc,
		},
	},
	{
		Name: "DeleteFolder", Fidelity: engine.Inferred, Run: deleteFolder, Summary: "Deletes a public folder that has none below it.",
		Arguments: []engine.Argument{may("mdbDN", engine.Path), need("folderpath", engine.Text), need("name", engine.Text), pdc},
	},
}

var directoryRows = []engine.Procedure{
	{
		Name: "CreateExchangeVirtualDirectory", Fidelity: engine.Documented, Run: createVirtualDirectory,
		Summary: "Creates a virtual directory of Outlook Web Access.",
		Arguments: []engine.Argument{
			{Name: "SMTPDomain", Type: engine.Text, Max: longestDomain},
			need("server", engine.Text),
			need("serverInstance", engine.Text),
			{Name: "name", Type: engine.Text, Required: true, Max: longestCN},
			may("sslEnable", engine.Boolean), may("folderPath", engine.Text), may("authenticationDomain", engine.Text), pdc,
		},
	},
	{
		Name: "DeleteExchangeVirtualDirectory", Fidelity: engine.Documented, Run: deleteVirtualDirectory,
		Summary: "Deletes a virtual directory of Outlook Web Access.",
		Arguments: []engine.Argument{
			need("server", engine.Text), need("serverInstance", engine.Text),
			{Name: "name", Type: engine.Text, Required: true, Max: longestCN},
			pdc,
		},
	},
}
