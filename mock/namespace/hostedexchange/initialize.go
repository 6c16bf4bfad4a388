package hostedexchange

import (
	"errors"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
)

// securityGroups are the groups that rights of the namespace are given to
// (F357).
var securityGroups = []struct{ name, description string }{
	{"MPFServiceAccts", "Run the provisioning services"},
	{"MPFClientAccts", "May submit requests over SOAP"},
	{"MPSOabUpdateAccts", "May rebuild offline address lists"},
	{"MPSExchangeAccts", "Run the Exchange providers"},
}

// initializeHostedExchange makes the installation ready. It may run again.
func initializeHostedExchange(c *engine.Call) error {
	for _, procedure := range []string{"InitializeCustomerPlanDatabase", "InitializeNamespaceSecurity"} {
		if _, err := own(c, procedure); err != nil {
			return err
		}
	}
	return nil
}

// initializeNamespaceSecurity makes the groups that are missing.
func initializeNamespaceSecurity(c *engine.Call) error {
	domain, err := c.Directory().Domain()
	if err != nil {
		return err
	}
	users := domain.DN.Child("CN", "Users")
	for _, g := range securityGroups {
		_, err := c.Directory().BySAM(g.name)
		if err == nil {
			continue
		}
		if !errors.Is(err, state.ErrNotFound) {
			return err
		}
		_, err = c.Directory().Create(users.Child("CN", g.name), "group", directory.Attributes{
			{Name: "sAMAccountName", Values: []string{g.name}},
			{Name: "description", Values: []string{g.description}},
			{Name: "groupType", Values: []string{directory.GroupGlobalSecurity}},
		})
		if err != nil {
			return err
		}
	}
	return nil
}
