package hostedexchange

import (
	"errors"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
)

// securityGroups are the groups that rights are given to, with those that they
// are in (F357).
var securityGroups = []struct {
	name, description string
	groups            []string
}{
	{"MPFAdmins", "May change the provisioning configuration and submit trusted requests", nil},
	{"MPFAuditors", "May read the audit log", nil},
	{"MPFServiceAccts", "Run the provisioning services", nil},
	{"MPFClientAccts", "May submit requests over SOAP", nil},
	{"MPFTrustedUsers", "May submit trusted requests", nil},
	{"MPSOabUpdateAccts", "May rebuild offline address lists", nil},
	{"MPSExchangeAccts", "Run the Exchange providers", []string{"MPFServiceAccts"}},
	{"MPSReaders", "May read all customers over LDAP and provision nothing", nil},
}

// serviceAccounts are the accounts of the services, which nobody logs on with:
// they have no password.
var serviceAccounts = []struct {
	name, description string
	groups            []string
}{
	{"MPFServiceAcct", "Runs the provisioning engine; nobody logs on with it", []string{"MPFServiceAccts", "MPFTrustedUsers"}},
	{"MPFClientAcct", "Used by the SOAP listener; nobody logs on with it", []string{"MPFClientAccts"}},
}

// serviceAccountFlags are NORMAL_ACCOUNT and DONT_EXPIRE_PASSWORD.
const serviceAccountFlags = "66048"

// initializeHostedExchange makes the installation ready: what the other two
// initialisers make, and the plans that the client knows (F282). It may run
// again.
func initializeHostedExchange(c *engine.Call) error {
	for _, procedure := range []string{"InitializeCustomerPlanDatabase", "InitializeNamespaceSecurity"} {
		if _, err := own(c, procedure); err != nil {
			return err
		}
	}
	return c.Plans().EnsureMailboxPlans()
}

// initializeNamespaceSecurity makes the groups and service accounts that are
// missing.
func initializeNamespaceSecurity(c *engine.Call) error {
	for _, g := range securityGroups {
		set := directory.Attributes{}.With("description", g.description).With("groupType", directory.GroupGlobalSecurity)
		if err := ensurePrincipal(c, g.name, "group", set, g.groups); err != nil {
			return err
		}
	}
	domain, err := c.Directory().Domain()
	if err != nil {
		return err
	}
	for _, a := range serviceAccounts {
		set := directory.Attributes{}.With("description", a.description).With("userPrincipalName", a.name+"@"+domain.Name).
			With("userAccountControl", serviceAccountFlags)
		if err := ensurePrincipal(c, a.name, "user", set, a.groups); err != nil {
			return err
		}
	}
	return nil
}

// ensurePrincipal makes a group or account in CN=Users that is missing, and puts
// it into groups. One that is there stays as it is.
func ensurePrincipal(c *engine.Call, name, class string, set directory.Attributes, groups []string) error {
	if _, err := c.Directory().BySAM(name); !errors.Is(err, state.ErrNotFound) {
		return err
	}
	domain, err := c.Directory().Domain()
	if err != nil {
		return err
	}
	made, err := c.Directory().Create(domain.DN.Child("CN", "Users").Child("CN", name), class, set.With("sAMAccountName", name))
	if err != nil {
		return err
	}
	for _, above := range groups {
		group, err := c.Directory().BySAM(above)
		if err != nil {
			return err
		}
		if err := c.Directory().AddMember(group, made); err != nil {
			return err
		}
	}
	return nil
}

// MissingSecurity returns the names of the groups and service accounts that
// InitializeNamespaceSecurity would make, and how many there are.
func MissingSecurity(tx *state.Tx) (missing []string, held int, err error) {
	var names []string
	for _, g := range securityGroups {
		names = append(names, g.name)
	}
	for _, a := range serviceAccounts {
		names = append(names, a.name)
	}
	for _, name := range names {
		switch _, err := directory.In(tx).BySAM(name); {
		case err == nil:
			held++
		case errors.Is(err, state.ErrNotFound):
			missing = append(missing, name)
		default:
			return nil, 0, err
		}
	}
	return missing, held, nil
}
