package hostedexchange

import (
	"slices"

	"wsexchange/mock/engine"
)

// listRows are the life of a distribution list.
func listRows() []engine.Procedure {
	managedBy := engine.Argument{Name: "managedBy", Type: engine.PathOrUPN}
	return publicly(
		engine.Procedure{
			Name: "CreateDistributionList", Type: engine.Write, Role: engine.UserCreator, Subject: "container",
			Summary:   "Creates a mail-enabled group.",
			Arguments: arguments(container, controller, managedBy, needed("name", maxName)),
			Fidelity:  engine.Inferred, Run: createDistributionList,
		},
		engine.Procedure{
			Name: "ModifyDistributionList", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary:   "Gives a distribution list another owner.",
			Arguments: arguments(controller, path, required(managedBy)),
			Fidelity:  engine.Documented, Run: modifyDistributionList,
		},
		engine.Procedure{
			Name: "DeleteDistributionList", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary:   "Deletes a distribution list.",
			Arguments: arguments(path, controller, engine.Argument{Name: "userPrincipalName", Type: engine.Ignored}),
			Fidelity:  engine.Documented, Run: deleteDistributionList,
		},
	)
}

// folderRows are the life of an organization's public folder.
func folderRows() []engine.Procedure {
	create := arguments(path, engine.Argument{Name: "megabytes", Type: engine.Number, Required: true}, controller, otherDomain)
	remove := arguments(path, anyController, engine.Argument{Name: "name", Type: engine.Text, Max: maxName})
	return slices.Concat(publicly(
		engine.Procedure{
			Name: "CreatePublicFolder", Type: engine.Write, Role: engine.OrgCreator, Subject: "path",
			Summary: "Creates the organization's top-level public folder.", Arguments: create,
			Fidelity: engine.Documented, Run: createPublicFolder,
		},
		engine.Procedure{
			Name: "DeletePublicFolder", Type: engine.Write, Role: engine.OrgCreator, Subject: "path",
			Summary: "Deletes a top-level public folder of the organization.", Arguments: remove,
			Fidelity: engine.Documented, Run: deletePublicFolder,
		},
	), privately(
		engine.Procedure{
			Name: "CreatePublicFolder_", Type: engine.Write,
			Summary: "Allocates room for the organization's public folder and creates it.", Arguments: create,
			Fidelity: engine.Documented, Run: allocatePublicFolder,
		},
		engine.Procedure{
			Name: "DeletePublicFolder_", Type: engine.Write,
			Summary: "Gives a public folder's room back and deletes it.", Arguments: remove,
			Fidelity: engine.Documented, Run: deallocatePublicFolder,
		},
	))
}

// domainRows are SMTP domains and the addresses in them.
func domainRows() []engine.Procedure {
	return publicly(
		engine.Procedure{
			Name: "CreateSMTPDomain", Type: engine.Write, Role: engine.OrgCreator, Subject: "path",
			Summary: "Gives an organization an SMTP domain, or makes one of its domains the primary one.",
			Arguments: arguments(path, controller, smtpDomain, createInPolicy,
				engine.Argument{Name: "domainTypeName", Type: engine.Text, OneOf: []string{primaryDomain, secondaryDomain, vanityDomain}}),
			Fidelity: engine.Documented, Run: createSMTPDomain,
		},
		engine.Procedure{
			Name: "DeleteSMTPDomain", Type: engine.Write, Role: engine.OrgCreator, Subject: "path",
			Summary:   "Takes an SMTP domain from an organization.",
			Arguments: arguments(path, smtpDomain, controller, deleteInPolicy),
			Fidelity:  engine.Documented, Run: deleteSMTPDomain,
		},
		engine.Procedure{
			Name: "CreateConsumerVanityDomain", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary:   "Gives a consumer user an SMTP domain and the primary address in it.",
			Arguments: arguments(path, needed("name", maxName), smtpDomain, createInPolicy, controller),
			Fidelity:  engine.Documented, Run: createConsumerVanityDomain,
		},
		engine.Procedure{
			Name: "GetOrganizationDomains", Type: engine.Read, Role: engine.UserCreator, Subject: "path",
			Summary: "Lists the SMTP domains of an organization.", Arguments: arguments(path, controller),
			Fidelity: engine.Inferred, Run: getOrganizationDomains,
		},
		engine.Procedure{
			Name: "CreateSMTPProxyAddress", Type: engine.Write, Role: engine.OrgCreator, Subject: "path",
			Summary:   "Gives a recipient an SMTP address, or makes one of its addresses the primary one.",
			Arguments: arguments(path, needed("proxyAddress", maxAddress), controller, customerType),
			Fidelity:  engine.Documented, Run: createSMTPProxyAddress,
		},
		engine.Procedure{
			Name: "DeleteSMTPProxyAddress", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary:   "Takes a secondary SMTP address from a recipient.",
			Arguments: arguments(path, needed("proxyAddress", maxAddress), controller),
			Fidelity:  engine.Documented, Run: deleteSMTPProxyAddress,
		},
	)
}

// addressListRows are the address lists of an organization.
func addressListRows() []engine.Procedure {
	of := arguments(path, anyController)
	return slices.Concat(publicly(
		engine.Procedure{
			Name: "CreateOrganizationAddressLists", Type: engine.Write, Role: engine.OrgCreator, Subject: "path",
			Summary:   "Creates an organization's global, plain and offline address list and shows its users in them.",
			Arguments: arguments(path, smtpDomain, controller),
			Fidelity:  engine.Documented, Run: createOrganizationAddressLists,
		},
		engine.Procedure{
			Name: "RebuildOfflineAddressList", Type: engine.Write, Role: engine.OABUpdater, Subject: "path",
			Summary: "Makes the server of an organization's offline address list build it anew.", Arguments: arguments(path, controller),
			Fidelity: engine.Documented, Run: rebuildOfflineAddressList,
		},
	), privately(
		engine.Procedure{
			Name: "CreateAddressLists_", Type: engine.Write, Summary: "Creates an organization's three address lists.", Arguments: of,
			Fidelity: engine.Documented, Run: createAddressLists,
		},
		engine.Procedure{
			Name: "ShowOrgUsersInAddressLists_", Type: engine.Write, Summary: "Shows the users of an organization in its address lists.",
			Arguments: of, Fidelity: engine.Documented, Run: showUsersInAddressLists,
		},
		engine.Procedure{
			Name: "GetOrgExchAddressLists_", Type: engine.Read, Summary: "Gives the paths of an organization's three address lists.",
			Arguments: of, Fidelity: engine.Inferred, Run: getAddressLists,
		},
		engine.Procedure{
			Name: "GetOrgOfflineAddressList_", Type: engine.Read, Summary: "Gives the path of an organization's offline address list.",
			Arguments: of, Fidelity: engine.Inferred, Run: getOfflineAddressList,
		},
	))
}

// directoryRows read the directory.
func directoryRows() []engine.Procedure {
	return publicly(engine.Procedure{
		Name: "GetProperties", Type: engine.Read, Role: engine.Anyone,
		Summary:   "Gives the values of attributes of any object.",
		Arguments: arguments(path, controller, required(tree("propertyList"))),
		Fidelity:  engine.Documented, Run: getProperties,
	})
}

// initializeRows are called when the emulated installation is set up.
func initializeRows() []engine.Procedure {
	return publicly(
		engine.Procedure{
			Name: "InitializeHostedExchange", Type: engine.Write, Role: engine.DomainAdmin,
			Summary: "Makes the installation ready for Hosted Exchange.", Arguments: arguments(controller),
			Fidelity: engine.Inferred, Run: initializeHostedExchange,
		},
		engine.Procedure{
			Name: "InitializeNamespaceSecurity", Type: engine.Write, Role: engine.DomainAdmin,
			Summary: "Creates the groups that the namespace's rights are given to.", Arguments: arguments(controller),
			Fidelity: engine.Inferred, Run: initializeNamespaceSecurity,
		},
	)
}
