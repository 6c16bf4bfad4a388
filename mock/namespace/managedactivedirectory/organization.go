package managedactivedirectory

import (
	"strconv"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mpf"
)

const privateContainer = "_Private"

func createOrganization(c *engine.Call) error {
	container, err := c.Open("container", "organizationalUnit", "domainDNS")
	if err != nil {
		return err
	}
	given := properties(c)
	if text := c.Text("description"); text != "" {
		xmldoc.Append(given, property("description", text))
	}
	org, err := newObject(c, container, "organizationalUnit", c.Text("name"), given)
	if err != nil {
		return err
	}
	return complete(c, org, container)
}

// completeOrganization gives an OU what it lacks of an organization.
func completeOrganization(c *engine.Call) error {
	org, err := c.Open("org", "organizationalUnit")
	if err != nil {
		return err
	}
	container, err := c.Directory().Parent(org)
	if err != nil {
		return err
	}
	return complete(c, org, container)
}

// complete makes an OU an organization by the caller's policy and answers with
// it. What is there already stays.
func complete(c *engine.Call, org, container *directory.Object) error {
	p := policyOf(c.Text("policyName"))
	if err := markOrganization(c, org, container, p); err != nil {
		return err
	}
	if err := furnish(c, org, p); err != nil {
		return err
	}
	answer, err := organizationNode(c, org)
	if err != nil {
		return err
	}
	c.Output(answer)
	return nil
}

// newObject creates an object through the provider.
func newObject(c *engine.Call, container *directory.Object, class, name string, given *xmldoc.Node) (*directory.Object, error) {
	if err := ownDomains(c, container.DN, given); err != nil {
		return nil, err
	}
	answer, err := direct(c, "Create Object", path("container", container), xmldoc.TextElement("class", class),
		xmldoc.TextElement("name", name), given)
	if err != nil {
		return nil, err
	}
	return made(c, answer)
}

// markOrganization makes the OU an organization below the one that its
// container belongs to.
func markOrganization(c *engine.Call, org, container *directory.Object, p policy) error {
	owner, err := organization.Above(c.Tx, container)
	if err != nil {
		return err
	}
	if owner == nil {
		owner = container
	}
	if err := markOnce(c, org, organization.ThisOrganizationRoot, org); err != nil {
		return err
	}
	if err := markOnce(c, org, organization.ForeignOwnerOrg, owner); err != nil {
		return err
	}
	types := []string{p.orgType}
	switch p.orgType {
	case "":
		return nil
	case organization.Hosting:
		types = []string{organization.Customer, organization.Reseller, organization.Hosting}
	}
	for _, name := range types {
		marked, err := typeObject(c, org, name)
		if err != nil {
			return err
		}
		if name != p.orgType {
			continue
		}
		if err := markOnce(c, org, organization.OrgType, marked); err != nil {
			return err
		}
	}
	return nil
}

// markOnce makes the organization name o as wkName unless it names something
// so already.
func markOnce(c *engine.Call, org *directory.Object, wkName string, o *directory.Object) error {
	held, err := organization.Optional(c.Tx, org, wkName)
	if err != nil || held != nil {
		return err
	}
	return organization.Mark(c.Tx, org, wkName, o)
}

// typeObject gives the object of an organization type, which lies in the
// topmost organization above org: the hosting one. It is made if missing.
func typeObject(c *engine.Call, org *directory.Object, orgType string) (*directory.Object, error) {
	at := org
	for at.ParentID != 0 {
		parent, err := c.Directory().Parent(at)
		if err != nil {
			return nil, err
		}
		above, err := organization.Above(c.Tx, parent)
		if err != nil {
			return nil, err
		}
		if above == nil {
			break
		}
		at = above
	}
	for _, name := range []string{privateContainer, "WatOrgTypes", orgType} {
		next, err := ensure(c, at, name)
		if err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

// ensure gives the container of a name below at, which is made if missing.
func ensure(c *engine.Call, at *directory.Object, name string) (*directory.Object, error) {
	dn := at.DN.Child("CN", name)
	exists, err := c.Directory().Exists(dn)
	if err != nil {
		return nil, err
	}
	if exists {
		return c.OpenDN(dn)
	}
	return newObject(c, at, "container", name, xmldoc.Element("properties"))
}

// furnish makes the groups of an organization.
func furnish(c *engine.Call, org *directory.Object, p policy) error {
	owner, err := organization.WellKnown(c.Tx, org, organization.ForeignOwnerOrg)
	if err != nil {
		return err
	}
	for _, g := range p.groups {
		if held, err := organization.Optional(c.Tx, org, g.wkName); err != nil || held != nil {
			if err != nil {
				return err
			}
			continue
		}
		container := org
		if g.private {
			if container, err = ensure(c, org, privateContainer); err != nil {
				return err
			}
		}
		group, err := newGroup(c, container, org, g)
		if err != nil {
			return err
		}
		if err := organization.Mark(c.Tx, org, g.wkName, group); err != nil {
			return err
		}
		if err := join(c, owner, g.parentOwn, group); err != nil {
			return err
		}
	}
	return nil
}

func newGroup(c *engine.Call, container, org *directory.Object, g policyGroup) (*directory.Object, error) {
	name := organization.Name(org)
	answer, err := chain(c, Name, "CreateSamObject_", path("container", container),
		xmldoc.TextElement("class", "group"), xmldoc.TextElement("name", g.prefix+"@"+name),
		xmldoc.TextElement("sAMAccountName", g.sam+"@"+name),
		xmldoc.Element("properties", property("groupType", directory.GroupUniversalSecurity)))
	if err != nil {
		return nil, err
	}
	return made(c, answer)
}

// join makes a group a member of the owner's well-known group, if it has it.
func join(c *engine.Call, owner *directory.Object, wkName string, group *directory.Object) error {
	if wkName == "" {
		return nil
	}
	above, err := organization.Optional(c.Tx, owner, wkName)
	if err != nil || above == nil {
		return err
	}
	_, err = direct(c, "Group Add", path("group", above), path("path", group))
	return err
}

// organizationNode is an organization as answers describe it.
func organizationNode(c *engine.Call, org *directory.Object) (*xmldoc.Node, error) {
	known, groups := xmldoc.Element("otherWellKnownObjects"), xmldoc.Element("groups")
	for _, name := range organization.WellKnownNames() {
		o, err := organization.Optional(c.Tx, org, name)
		if err != nil {
			return nil, err
		}
		if o == nil {
			continue
		}
		xmldoc.Append(known, wellKnownNode(name, o))
		if !o.Is("group") {
			continue
		}
		group, err := described(c, "group", o)
		if err != nil {
			return nil, err
		}
		xmldoc.Append(groups, group)
	}
	n := xmldoc.Element("org", known, groups)
	xmldoc.SetAttr(n, "path", org.DN.ADsPath())
	return xmldoc.SetAttr(n, "name", organization.Name(org)), nil
}

func wellKnownNode(wkName string, o *directory.Object) *xmldoc.Node {
	return xmldoc.SetAttr(xmldoc.SetAttr(xmldoc.Element("obj"), "wkName", wkName), "name", o.DN.ADsPath())
}

// openOrganization opens the root of an organization.
func openOrganization(c *engine.Call, argument string) (*directory.Object, error) {
	org, err := c.Open(argument, "organizationalUnit")
	if err != nil {
		return nil, err
	}
	is, err := organization.Is(c.Tx, org)
	if err == nil && !is {
		err = mpf.NotAnOrganization.New(org.DN.ADsPath())
	}
	return org, err
}

func modifyOrganization(c *engine.Call) error {
	org, err := openOrganization(c, "org")
	if err != nil {
		return err
	}
	return modify(c, org, properties(c))
}

// inhabitants are the classes of objects that keep an organization from being
// deleted. Groups and plain containers go with it (F231).
var inhabitants = []string{"user", "inetOrgPerson", "contact", "computer", "publicFolder", "organizationalUnit"}

func deleteOrganization(c *engine.Call) error {
	org, err := openOrganization(c, "org")
	if err != nil {
		return err
	}
	count := 0
	for o, err := range c.Directory().Descendants(org, inhabitants...) {
		if err != nil {
			return err
		}
		if o.Is("organizationalUnit") {
			is, err := organization.Is(c.Tx, o)
			if err != nil {
				return err
			}
			if !is {
				continue
			}
		}
		count++
	}
	if count > 0 {
		return mpf.OrganizationNotEmpty.New(strconv.Itoa(count))
	}
	_, err = direct(c, "Delete Object", path("path", org))
	return err
}
