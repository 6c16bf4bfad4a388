package mpsimport

import (
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
)

// Name is the name of the namespace.
const Name = "MPS Import"

// Namespaces that this one calls.
const (
	activeDirectory = "Managed Active Directory"
	hostedExchange  = "Hosted Exchange"
	resources       = "Exchange Resource Manager"
	resourcesEx     = "Exchange Resource Manager Ex"
)

// Namespace returns the namespace.
func Namespace() engine.Namespace {
	n := engine.Namespace{
		Name: Name, Procedures: rows(), Description: "Makes organizations, users and mailboxes that exist already known to hosting.",
	}
	for i := range n.Procedures {
		n.Procedures[i].Type, n.Procedures[i].Access, n.Procedures[i].Role = engine.Write, engine.Public, engine.DomainAdmin
	}
	return n
}

// Types of customers.
const (
	businessUser         = "BusinessUser"
	consumerUser         = "ConsumerUser"
	businessOrganization = "BusinessOrganization"
	resellerOrganization = "ResellerOrganization"
)

func rows() []engine.Procedure {
	var (
		path         = engine.Argument{Name: "path", Type: engine.Path, Required: true}
		pdc          = engine.Argument{Name: "preferredDomainController", Type: engine.Controller, Required: true}
		planName     = engine.Argument{Name: "planName", Type: engine.Text, Required: true}
		userType     = engine.Argument{Name: "customerTypeName", Type: engine.Text, OneOf: []string{businessUser, consumerUser}}
		customerType = engine.Argument{
			Name: "customerTypeName", Type: engine.Text, OneOf: []string{businessUser, consumerUser, businessOrganization, resellerOrganization},
		}
		policy = engine.Argument{Name: "policyName", Type: engine.Text, OneOf: []string{"reseller", "customer", "default"}}
		text   = func(name string) engine.Argument { return engine.Argument{Name: name, Type: engine.Text} }
		tree   = func(name string) engine.Argument { return engine.Argument{Name: name, Type: engine.Tree} }
	)
	return []engine.Procedure{
		{
			Name: "ImportOrganization", Fidelity: engine.Documented, Run: importOrganization,
			Summary: "Makes an OU an organization and a customer, with mail storage, an SMTP domain and plans if asked for.",
			Arguments: []engine.Argument{
				path, pdc, policy, text("SMTPDomain"), tree("mailStore"), tree("sourceMailStores"), tree("publicStore"), tree("availablePlans"),
				{Name: "createAddressLists", Type: engine.Flag},
				{Name: "createSMTPDomain", Type: engine.Flag},
			},
		},
		{
			Name: "EnableOrganizationForHosting", Fidelity: engine.Documented, Run: enableOrganization,
			Summary:   "Gives an OU the groups, containers and well-known objects that it lacks of an organization.",
			Arguments: []engine.Argument{path, pdc, policy},
		},
		{
			Name: "EnableUserForHosting", Fidelity: engine.Documented, Run: enableUser,
			Summary: "Enables a user, names it by its userPrincipalName, and puts it into the groups of its organization.",
			Arguments: []engine.Argument{
				path,
				{Name: "userPrincipalName", Type: engine.Text, Required: true},
				userType, pdc,
				{Name: "policyName", Type: engine.Text, OneOf: []string{"reseller", "customer", "default", "hosting"}},
			},
		},
		{
			Name: "EnableCustomerForPlans", Fidelity: engine.Documented, Run: enableCustomer,
			Summary:   "Enters an organization or a user in the plan database; one that is there stays.",
			Arguments: []engine.Argument{path, pdc, customerType},
		},
		{
			Name: "CreateMailbox", Fidelity: engine.Documented, Run: createMailbox,
			Summary: "Gives a user a mailbox in the named store, as a plan describes it.",
			Arguments: []engine.Argument{
				path, {Name: "mailStore", Type: engine.Tree, Required: true}, planName, pdc, tree("proxyAddresses"), text("alias"), userType,
			},
		},
		{
			Name: "ApplyMailboxPlan", Fidelity: engine.Documented, Run: applyMailboxPlan,
			Summary:   "Fits a mailbox that exists to a plan: its size, protocols, addresses and attributes.",
			Arguments: []engine.Argument{path, planName, pdc, tree("proxyAddresses"), text("alias"), userType},
		},
		{
			Name: "AllocateExistingMailbox", Fidelity: engine.Documented, Run: allocateMailbox,
			Summary:   "Takes a mailbox's size out of its organization's share of the store where it is, which grows if it has to.",
			Arguments: []engine.Argument{path, pdc, userType, {Name: "kilobytes", Type: engine.Number}},
		},
	}
}

// call calls a procedure with the caller's domain controller.
func call(c *engine.Call, namespace, procedure string, args ...*xmldoc.Node) (*xmldoc.Node, error) {
	return c.Execute(namespace, procedure, append(args, pass(c, "preferredDomainController")...)...)
}

// pass hands arguments that were given on to another procedure.
func pass(c *engine.Call, names ...string) []*xmldoc.Node {
	var given []*xmldoc.Node
	for _, name := range names {
		for n := range xmldoc.Children(c.Data, name) {
			given = append(given, xmldoc.Clone(n))
		}
	}
	return given
}

func pathTo(name string, o *directory.Object) *xmldoc.Node {
	return xmldoc.TextElement(name, o.DN.ADsPath())
}

func text(name, value string) *xmldoc.Node { return xmldoc.TextElement(name, value) }
