package managedactivedirectory

import (
	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mpf"
)

// moveObject puts an object under another container. Nothing but its place
// changes. The row tests the role for the object; the same one is tested here for
// where it goes (F265).
func moveObject(c *engine.Call) error {
	o, err := c.Open("object")
	if err != nil {
		return err
	}
	destination, err := c.Open("destinationContainer", "organizationalUnit", "container", "domainDNS")
	if err != nil {
		return err
	}
	role, err := roleToMove(c, o)
	if err != nil {
		return err
	}
	for _, place := range []ldappath.DN{o.DN, destination.DN} {
		if err := c.TestRole(role, place); err != nil {
			return err
		}
	}
	_, err = direct(c, "Move Object", path("source", o), path("destination", destination))
	return err
}

// roleToMove returns the role that moving an object asks for: OrgCreator for an
// organization and what holds one, domain administrator for what organizations are made of, since
// roles follow from its groups.
func roleToMove(c *engine.Call, o *directory.Object) (engine.Role, error) {
	is, err := organization.Is(c.Tx, o)
	if err != nil {
		return "", err
	}
	if is {
		return engine.OrgCreator, nil
	}
	for unit, err := range c.Directory().Descendants(o, "organizationalUnit") {
		if err != nil {
			return "", err
		}
		if is, err = organization.Is(c.Tx, unit); is || err != nil {
			return engine.OrgCreator, err
		}
	}
	if o.DN.RDN().Value == privateContainer {
		return engine.DomainAdmin, nil
	}
	namers, err := c.Directory().WellKnownBy(o)
	if err != nil {
		return "", err
	}
	if len(namers) > 0 {
		return engine.DomainAdmin, nil
	}
	return engine.UserCreator, nil
}

// fitPolicy refuses a policy for users that is not that of the organization
// which the container belongs to. The default one fits everywhere (F230).
func fitPolicy(c *engine.Call, container *directory.Object) error {
	name := policyOf(c.Text("policyName")).name
	if name == policies[0].name {
		return nil
	}
	org, err := organization.Above(c.Tx, container)
	if err != nil {
		return err
	}
	kind := "none"
	if org != nil {
		if kind, err = organization.Type(c.Tx, org); err != nil {
			return err
		}
	}
	if kind != name {
		return mpf.PolicyMisfit.New(name, container.DN.ADsPath(), kind)
	}
	return nil
}
