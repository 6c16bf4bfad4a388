package managedactivedirectory

import (
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mpf"
)

// getPolicy tells what the policy gives to an object that there is or will be.
func getPolicy(c *engine.Call) error {
	dn := c.DN("objectPath")
	if dn.IsZero() {
		for _, name := range []string{"containerPath", "objectName"} {
			if c.Text(name) == "" {
				return mpf.ArgumentMissing.New(name)
			}
		}
		attribute := "CN"
		if organizationType(c) {
			attribute = "OU"
		}
		dn = c.DN("containerPath").Child(attribute, c.Text("objectName"))
	}
	p := policyOf(c.Text("policyName"))
	n := xmldoc.SetAttr(xmldoc.Element("policy"), "policyName", p.name)
	if organizationType(c) {
		xmldoc.Append(n, organizationPolicy(p, dn))
	} else {
		memberships, err := userPolicy(c, p, dn)
		if err != nil {
			return err
		}
		xmldoc.Append(n, memberships)
	}
	c.Output(n)
	return nil
}

func organizationType(c *engine.Call) bool {
	return strings.EqualFold(c.Text("objectType"), "org")
}

// organizationPolicy lists the groups of an organization with their names.
func organizationPolicy(p policy, dn ldappath.DN) *xmldoc.Node {
	name, n := dn.RDN().Value, xmldoc.Element("org")
	for _, g := range p.groups {
		container := dn
		if g.private {
			container = dn.Child("CN", privateContainer)
		}
		group := xmldoc.SetAttr(xmldoc.Element("group"), "path", container.Child("CN", g.prefix+"@"+name).ADsPath())
		xmldoc.SetAttr(group, "name", g.prefix+"@"+name)
		xmldoc.SetAttr(group, "samName", cleanSAM(g.sam+"@"+name))
		xmldoc.Append(n, xmldoc.SetAttr(group, "wkName", g.wkName))
	}
	return n
}

// userPolicy lists the groups that a user joins.
func userPolicy(c *engine.Call, p policy, dn ldappath.DN) (*xmldoc.Node, error) {
	memberships := xmldoc.Element("memberships")
	container, err := c.OpenDN(dn.Parent())
	if err != nil {
		return nil, err
	}
	org, err := organization.Of(c.Tx, container)
	if err != nil {
		return nil, err
	}
	for _, wkName := range p.users {
		group, err := organization.Optional(c.Tx, org, wkName)
		if err != nil {
			return nil, err
		}
		if group != nil {
			xmldoc.Append(memberships, xmldoc.SetAttr(xmldoc.Element("group"), "path", group.DN.ADsPath()))
		}
	}
	return xmldoc.Element("user", memberships), nil
}

// relative returns the function of the procedures that give an organization in
// its relation to an object.
func relative(wkName string) func(*engine.Call) error {
	return func(c *engine.Call) error {
		o, err := c.Open("path")
		if err != nil {
			return err
		}
		org, err := organization.Of(c.Tx, o)
		if err != nil {
			return err
		}
		found, err := organization.WellKnown(c.Tx, org, wkName)
		if err != nil {
			return err
		}
		n := xmldoc.SetAttr(xmldoc.Element("org"), "path", found.DN.ADsPath())
		c.Output(xmldoc.SetAttr(n, "name", organization.Name(found)))
		return nil
	}
}

func getOtherWellKnownObject(c *engine.Call) error {
	o, err := c.Open("path")
	if err != nil {
		return err
	}
	org, err := organization.Of(c.Tx, o)
	if err != nil {
		return err
	}
	found, err := organization.WellKnown(c.Tx, org, c.Text("wkName"))
	if err != nil {
		return err
	}
	c.Output(wellKnownNode(c.Text("wkName"), found))
	return nil
}

// testedRoles are the roles that a procedure can ask for by name; the page of
// one spells them in the plural.
var testedRoles = map[string]engine.Role{
	"usercreator": engine.UserCreator, "usercreators": engine.UserCreator,
	"orgcreator": engine.OrgCreator, "orgcreators": engine.OrgCreator,
	"domainadmin": engine.DomainAdmin, "oabupdater": engine.OABUpdater,
}

func testPermissions(c *engine.Call) error {
	role, ok := testedRoles[strings.ToLower(c.Text("role"))]
	if !ok {
		return mpf.ArgumentInvalid.New("role", "'"+c.Text("role")+"' is no role")
	}
	return c.TestRole(role, c.DN("path"))
}

func testOrgCreator(c *engine.Call) error { return c.TestRole(engine.OrgCreator, c.DN("path")) }
