package managedhelpers

import (
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
)

// Name is the name of the namespace.
const Name = "Managed Helpers"

// Namespace returns the namespace.
func Namespace() engine.Namespace {
	return engine.Namespace{
		Name: Name, Description: "The initialisers of an installation, under the names of the deployment guide.", Procedures: rows,
	}
}

const (
	hosting = "Managed Hosting"
	hosted  = "Hosted Exchange"
)

var pdc = engine.Argument{Name: "preferredDomainController", Type: engine.Controller}

func required(a engine.Argument) engine.Argument {
	a.Required = true
	return a
}

var rows = []engine.Procedure{
	{
		Name: "InitializeADforHosting", Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented,
		Run: pass(hosting, "InitializeADforHosting"), Summary: "Creates the hosting OU with its groups and organization types, or completes it.",
		Arguments: []engine.Argument{{Name: "hostingOU", Type: engine.Text, Max: 64}, pdc},
	},
	{
		Name: "InitializeNamespaceSecurity", Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented,
		Run: pass(hosted, "InitializeNamespaceSecurity"), Summary: "Creates the groups and accounts of the services that are missing.",
		Arguments: []engine.Argument{required(pdc)},
	},
	{
		Name: "InitializePlanDatabase", Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented,
		Run: pass(hosted, "InitializeCustomerPlanDatabase"), Summary: "Writes the vocabularies of the plan database; may be repeated.",
		Arguments: []engine.Argument{required(pdc)},
	},
}

// pass returns a function that hands everything on to a procedure of another
// namespace and takes over its results.
func pass(namespace, procedure string) func(*engine.Call) error {
	return func(c *engine.Call) error {
		var args []*xmldoc.Node
		given := make(map[string]bool)
		for n := range xmldoc.Elements(c.Data) {
			args = append(args, xmldoc.Clone(n))
			given[n.Data] = true
		}
		answer, err := c.Execute(namespace, procedure, args...)
		if err != nil {
			return err
		}
		for n := range xmldoc.Elements(answer) {
			if !given[n.Data] {
				c.Output(xmldoc.Clone(n))
			}
		}
		return nil
	}
}
