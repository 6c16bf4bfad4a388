package windowsbasedhosting

import (
	"slices"

	"wsexchange/mock/engine"
)

// Name is the name of the namespace.
const Name = "Windows-based Hosting"

// Namespaces that this one calls.
const (
	activeDirectory = "Managed Active Directory"
	plans           = "Hosted Exchange" // the plan database's
)

// Namespace gives the namespace.
func Namespace() engine.Namespace {
	return engine.Namespace{
		Name: Name, Procedures: slices.Concat(planRows(), organizationRows(), userRows()),
		Description: "Organizations of resellers and customers, and the plans that they may use.",
	}
}

var (
	controller   = engine.Argument{Name: "preferredDomainController", Type: engine.Controller}
	customer     = engine.Argument{Name: "org", Type: engine.Path, Required: true}
	planName     = engine.Argument{Name: "planName", Type: engine.Text, Required: true, Max: 64}
	planType     = engine.Argument{Name: "planTypeName", Type: engine.Text, Max: 20}
	planStatus   = engine.Argument{Name: "statusTypeName", Type: engine.Text, Max: 20}
	planCategory = engine.Argument{Name: "categoryName", Type: engine.Text, Max: 64}
	credentials  = engine.Argument{Name: "sendCredentials", Type: engine.Ignored}
)

func required(a engine.Argument) engine.Argument {
	a.Required = true
	return a
}

func planRows() []engine.Procedure {
	definition := []engine.Argument{
		planName, required(planType),
		{Name: "planDescription", Type: engine.Text, Required: true, Max: 255},
		controller,
		{Name: "planCategories", Type: engine.Tree},
		{Name: "planFeatures", Type: engine.Tree},
	}
	choice := []engine.Argument{customer, controller, {Name: "plans", Type: engine.Tree}, {Name: "availablePlans", Type: engine.Tree}}
	return []engine.Procedure{
		{
			Name: "QueryPlans", Summary: "Lists the plans, those that are enabled unless a status is asked for.",
			Type: engine.Read, Access: engine.Public, Fidelity: engine.Invented, Run: queryPlans,
			Arguments: []engine.Argument{controller, credentials, planType, planCategory, planStatus},
		},
		{
			Name: "QueryCustomerPlans", Summary: "Lists the plans that a customer may use.",
			Type: engine.Read, Access: engine.Public, Fidelity: engine.Documented, Run: queryCustomerPlans,
			Arguments: []engine.Argument{customer, controller, planStatus},
		},
		{
			Name: "QueryServicesByCustomer", Summary: "Lists the names of a customer's plans, and its web services, of which there are none here.",
			Type: engine.Read, Access: engine.Public, Role: engine.UserCreator, Subject: "org", Fidelity: engine.Documented, Run: queryServices,
			Arguments: []engine.Argument{customer, controller},
		},
		{
			Name: "CreatePlan", Summary: "Makes a plan of any type from categories and feature types that exist.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: createPlan, Arguments: definition,
		},
		{
			Name: "EnablePlan", Summary: "Lets a plan be given to users again.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: setStatus("Enabled"),
			Arguments: []engine.Argument{controller, planName},
		},
		{
			Name: "DisablePlan", Summary: "Keeps a plan from being given to users; those who have it keep it.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: setStatus("Disabled"),
			Arguments: []engine.Argument{controller, planName},
		},
		{
			Name: "AddPlansToCustomer", Summary: "Makes plans available to a customer.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "org", Fidelity: engine.Documented, Run: setPlans("Enabled"), Arguments: choice,
		},
		{
			Name: "RemovePlansFromCustomer", Summary: "Takes plans from a customer that no user of it has.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "org", Fidelity: engine.Documented, Run: setPlans("Deleted"), Arguments: choice,
		},
		{
			Name: "ChangeCustomerPlan", Summary: "Makes another plan of the same type available to a customer in the place of one that no user has.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "org", Fidelity: engine.Documented, Run: changeCustomerPlan,
			Arguments: []engine.Argument{customer, planName, {Name: "oldPlanName", Type: engine.Text, Required: true, Max: 64}, controller},
		},
	}
}

func organizationRows() []engine.Procedure {
	arguments := []engine.Argument{
		{Name: "name", Type: engine.Text, Required: true, Max: 64},
		{Name: "container", Type: engine.Path, Required: true},
		controller,
		{Name: "description", Type: engine.Text},
		{Name: "properties", Type: engine.Tree},
	}
	return []engine.Procedure{
		{
			Name: "CreateResellerOrganization", Summary: "Creates an organization that may hold customers.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "container", Fidelity: engine.Documented,
			Run: create("reseller", "ResellerOrganization"), Arguments: arguments,
		},
		{
			Name: "CreateCustomerOrganization", Summary: "Creates an organization for users, not yet enabled for Exchange.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "container", Fidelity: engine.Documented,
			Run: create("customer", "BusinessOrganization"), Arguments: arguments,
		},
	}
}
