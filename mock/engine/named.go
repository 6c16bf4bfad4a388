package engine

import (
	"errors"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// This file holds callers to what they may name (F131): the objects beside a
// procedure's subject, and the properties that they write. It is asked of the
// calls that a request makes, not of those that procedures make: these name what
// is the system's own. Domain administrators may name everything.

// testNamed tests the arguments and properties of a call.
func (c *Call) testNamed() error {
	if c.scope.nested {
		return nil
	}
	free := c.HasRole(DomainAdmin, ldappath.DN{})
	if err := c.testTrustees(free); err != nil || free {
		return err
	}
	for i := range c.row.Arguments {
		name := c.row.Arguments[i].Name
		if dn := c.DN(name); !dn.IsZero() && name != c.row.Subject {
			if err := c.testName(dn); err != nil {
				return err
			}
		}
	}
	for property := range xmldoc.Children(c.Node("properties"), "property") {
		if err := c.testProperty(property); err != nil {
			return err
		}
	}
	return nil
}

// testTrustees tests the arguments whose texts are names of accounts. free says
// that the caller may name everything within his base.
func (c *Call) testTrustees(free bool) error {
	if free && c.run.base.IsZero() {
		return nil
	}
	for i := range c.row.Arguments {
		for _, name := range c.trustees(&c.row.Arguments[i]) {
			if err := c.testTrustee(name, free); err != nil {
				return err
			}
		}
	}
	return nil
}

// trustees returns the names of accounts in an argument.
func (c *Call) trustees(a *Argument) (names []string) {
	if a.Trustees == "" {
		return nil
	}
	for n := range xmldoc.Children(c.Data, a.Name) {
		if a.Trustees == OwnText {
			names = append(names, strings.TrimSpace(xmldoc.Text(n)))
			continue
		}
		for named := range xmldoc.Children(n, a.Trustees) {
			names = append(names, strings.TrimSpace(xmldoc.Text(named)))
		}
	}
	return names
}

// testTrustee refuses a name that means nobody, and one that means what the caller
// may not name, alike.
func (c *Call) testTrustee(name string, free bool) error {
	if name == "" {
		return nil // the procedure says so
	}
	o, err := c.Directory().Resolve(name)
	if err == nil && !free {
		err = c.testCustomer(o.DN)
	}
	var refused *mpf.Error
	switch {
	case err == nil && c.InBase(o.DN):
		return nil
	case err == nil, errors.Is(err, state.ErrNotFound), errors.As(err, &refused):
		return mpf.ObjectNotFound.New(name)
	}
	return err
}

// testName refuses a name that the account may not see, as if there were no such
// object.
func (c *Call) testName(dn ldappath.DN) error {
	sees, err := c.seesAs(c.scope.trustee, dn)
	if err != nil {
		return err
	}
	if !sees {
		return mpf.ObjectNotFound.New(dn.ADsPath())
	}
	return nil
}

// testCustomer refuses what is not a customer's, too: accounts and groups of the
// domain itself.
func (c *Call) testCustomer(dn ldappath.DN) error {
	domain, err := c.Directory().Domain()
	if err != nil {
		return err
	}
	if !dn.Under(domain.Hosting) {
		return mpf.ObjectNotFound.New(dn.ADsPath())
	}
	if err := c.testName(dn); err != nil {
		return err
	}
	_, err = c.OpenDN(dn)
	return err
}

// testProperty refuses attributes that carry the system's own meaning, and names
// of objects that the account may not name.
func (c *Call) testProperty(property *xmldoc.Node) error {
	name, _ := xmldoc.Attr(property, "name")
	attribute, err := directory.LookupAttribute(strings.TrimSpace(name))
	if err != nil {
		return nil // the procedure says so
	}
	if attribute.Closed() {
		return mpf.AttributeClosed.New(attribute.Name)
	}
	for _, value := range propertyValues(property) {
		switch {
		case attribute.Name == "userAccountControl":
			bits, err := strconv.ParseUint(value, 0, 32)
			if err == nil && bits&^directory.OpenAccountBits != 0 {
				return mpf.AttributeClosed.New(attribute.Name)
			}
		case attribute.Link():
			path, err := ldappath.ParseLoose(value)
			if err != nil {
				continue // the procedure says so
			}
			if err := c.testCustomer(path.DN); err != nil {
				return err
			}
		}
	}
	return nil
}

// propertyValues returns the texts of a property's values.
func propertyValues(property *xmldoc.Node) []string {
	var values []string
	for n := range xmldoc.Elements(property) {
		values = append(values, strings.TrimSpace(xmldoc.Text(n)))
	}
	if len(values) == 0 {
		values = append(values, strings.TrimSpace(xmldoc.Text(property)))
	}
	return values
}

// TestMember refuses that the caller makes an object a member of a group unless
// it is a customer's that he may see, and unless he has himself the roles that
// membership gives: those of the groups that the group is in, too. Calls that
// procedures make are not tested.
func (c *Call) TestMember(group, member *directory.Object) error {
	if c.scope.nested || c.HasRole(DomainAdmin, ldappath.DN{}) {
		return nil
	}
	if err := c.testCustomer(member.DN); err != nil {
		return err
	}
	above, err := c.Directory().AllGroups(group)
	if err != nil {
		return err
	}
	for _, of := range append(above, group) {
		namers, err := c.Directory().WellKnownBy(of)
		if err != nil {
			return err
		}
		for _, namer := range namers {
			for _, h := range roles {
				for _, guid := range h.wellKnown {
					if guid != namer.GUID {
						continue
					}
					if err := c.TestRole(h.role, namer.Object.DN); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}
