package hostedexchange

import (
	"slices"

	"wsexchange/mock/engine"
)

// organizationRows are the life of an organization.
func organizationRows() []engine.Procedure {
	return slices.Concat(publicly(
		engine.Procedure{
			Name: "CreateBusinessOrganization", Type: engine.Write, Role: engine.OrgCreator, Subject: "container",
			Summary: "Creates an organization, enables it for Exchange and makes plans available to it.",
			Arguments: arguments(container, needed("name", maxName), smtpDomain, controller, tree("mailStore"), tree("sourceMailStores"),
				tree("publicStore"), tree("availablePlans"), description, properties, flag("createAddressLists"), createInPolicy),
			Fidelity: engine.Documented, Run: createBusinessOrganization,
		},
		engine.Procedure{
			Name: "ExchangeEnableOrganization", Type: engine.Write, Role: engine.OrgCreator, Subject: "path",
			Summary: "Gives an organization its primary SMTP domain, its share of the stores and its virtual directories.",
			Arguments: arguments(path, tree("mailStore"), tree("sourceMailStores"), smtpDomain, controller, flag("createAddressLists"),
				tree("publicStore"), createInPolicy),
			Fidelity: engine.Documented, Run: exchangeEnableOrganization,
		},
		engine.Procedure{
			Name: "DeleteBusinessOrganization", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary:   "Deletes an organization that has no users and no child organizations, and gives back all it held.",
			Arguments: arguments(path, controller, otherDomain, deleteInPolicy),
			Fidelity:  engine.Documented, Run: deleteBusinessOrganization,
		},
		engine.Procedure{
			Name: "CreateResellerOrganization", Type: engine.Write, Role: engine.OrgCreator, Subject: "container",
			Summary:   "Creates an organization that other organizations lie under.",
			Arguments: arguments(container, needed("name", maxName), description, properties, controller),
			Fidelity:  engine.Documented, Run: createResellerOrganization,
		},
		engine.Procedure{
			Name: "EnsureExchangeVirtualDirectories", Type: engine.Write, Role: engine.OrgCreator, Subject: "path",
			Summary:   "Creates the organization's virtual directory on every Exchange server that has none yet.",
			Arguments: arguments(path, controller),
			Fidelity:  engine.Documented, Run: ensureExchangeVirtualDirectories,
		},
	), privately(
		engine.Procedure{
			Name: "DeleteOrganization_", Type: engine.Write,
			Summary:   "Takes an organization's virtual directories, folders, domains and allocations, and deletes its unit.",
			Arguments: arguments(path, otherDomain, deleteInPolicy, anyController),
			Fidelity:  engine.Documented, Run: deleteOrganizationUnit,
		},
		engine.Procedure{
			Name: "EnsureExchangeVirtualDirectories_", Type: engine.Write,
			Summary:   "Creates the organization's virtual directory on every Exchange server that has none yet.",
			Arguments: arguments(path, anyController),
			Fidelity:  engine.Inferred, Run: createVirtualDirectories,
		},
	))
}

// userRows are the life of an account.
func userRows() []engine.Procedure {
	person := arguments(text("displayName"), text("givenName"), text("middleName"), text("sn"), text("initials"), description, properties)
	return slices.Concat(publicly(
		engine.Procedure{
			Name: "CreateBusinessUser", Type: engine.Write, Role: engine.UserCreator, Subject: "container",
			Summary: "Creates a user of an organization, with a password, administrator's rights and a mailbox if asked for.",
			Arguments: slices.Concat(arguments(container, needed("userPrincipalName", 0), controller,
				engine.Argument{Name: "isAdmin", Type: engine.Boolean, Required: true}, text("planName"), tree("mailStore"), newPassword,
				text("sAMAccountName")), person, arguments(tree("proxyAddresses"), text("alias"))),
			Fidelity: engine.Documented, Run: createBusinessUser,
		},
		engine.Procedure{
			Name: "CreateConsumerUser", Type: engine.Write, Role: engine.UserCreator, Subject: "container",
			Summary: "Creates a user who shares nothing with the others of the organization, with a password and a mailbox if asked for.",
			Arguments: slices.Concat(arguments(container, needed("userPrincipalName", 0), needed("sAMAccountName", maxAccount), controller,
				text("planName"), tree("mailStore"), newPassword), person, arguments(tree("proxyAddresses"), text("alias"))),
			Fidelity: engine.Documented, Run: createConsumerUser,
		},
		engine.Procedure{
			Name: "DeleteBusinessUser", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary:   "Deletes a user with the mailbox, and gives back all the user held.",
			Arguments: arguments(path, controller),
			Fidelity:  engine.Documented, Run: deleteBusinessUser,
		},
		engine.Procedure{
			Name: "DeleteConsumerUser", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary:   "Deletes a consumer user with the mailbox and the vanity domains that nobody else uses.",
			Arguments: arguments(path, controller, deleteInPolicy),
			Fidelity:  engine.Documented, Run: deleteConsumerUser,
		},
		engine.Procedure{
			Name: "ModifyUser", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary:   "Changes names and attributes of a user.",
			Arguments: slices.Concat(arguments(controller, path), person),
			Fidelity:  engine.Documented, Run: modifyUser,
		},
		engine.Procedure{
			Name: "EnableUser", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary: "Lets a user log on again.", Arguments: arguments(path, controller),
			Fidelity: engine.Inferred, Run: enableUser,
		},
		engine.Procedure{
			Name: "DisableUser", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary: "Keeps a user from logging on.", Arguments: arguments(path, controller),
			Fidelity: engine.Documented, Run: disableUser,
		},
		engine.Procedure{
			Name: "SetUserPassword", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary: "Sets a new password without asking for the old one.", Arguments: arguments(path, required(newPassword), controller),
			Fidelity: engine.Documented, Run: setUserPassword,
		},
		engine.Procedure{
			Name: "ChangeUserPassword", Type: engine.Write, Role: engine.Anyone,
			Summary: "Changes a password for someone who knows the old one.",
			Arguments: arguments(path, engine.Argument{Name: "oldPassword", Type: engine.Secret, Required: true},
				required(newPassword), controller),
			Fidelity: engine.Documented, Run: changeUserPassword,
		},
		engine.Procedure{
			Name: "MakeUserAdmin", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary:   "Makes a user an administrator of the organization, or takes that back.",
			Arguments: arguments(path, engine.Argument{Name: "isAdmin", Type: engine.Boolean, Required: true}, controller),
			Fidelity:  engine.Documented, Run: makeUserAdmin,
		},
	), privately(engine.Procedure{
		Name: "DeleteUser_", Type: engine.Write,
		Summary: "Deletes a user's account.", Arguments: arguments(path, anyController),
		Fidelity: engine.Documented, Run: deleteAccount,
	}))
}

// mailboxRows are the life of a mailbox.
func mailboxRows() []engine.Procedure {
	return slices.Concat(publicly(
		engine.Procedure{
			Name: "CreateMailbox", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary:   "Gives a user a mailbox as a plan describes it.",
			Arguments: arguments(path, needed("planName", 0), controller, customerType, tree("mailStore"), tree("proxyAddresses"), text("alias")),
			Fidelity:  engine.Documented, Run: createMailbox,
		},
		engine.Procedure{
			Name: "ChangeUserMailboxPlan", Type: engine.Write, Role: engine.UserCreator, Subject: "path",
			Summary:   "Fits a user's mailbox to another plan.",
			Arguments: arguments(path, needed("planName", 0), controller, customerType, otherDomain),
			Fidelity:  engine.Documented, Run: changeUserMailboxPlan,
		},
	), privately(engine.Procedure{
		Name: "ApplyMailboxPlan_", Type: engine.Write,
		Summary:   "Fits a mailbox that was made without hosting to a plan.",
		Arguments: arguments(path, needed("planName", 0), anyController, customerType, tree("proxyAddresses"), text("alias")),
		Fidelity:  engine.Inferred, Run: applyMailboxPlan,
	}, engine.Procedure{
		Name: "DeleteMailbox_", Type: engine.Write,
		Summary: "Gives a mailbox's room back and deletes the mailbox.", Arguments: arguments(path, anyController),
		Fidelity: engine.Documented, Run: deleteMailbox,
	}))
}
