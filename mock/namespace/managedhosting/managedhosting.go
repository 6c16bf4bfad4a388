package managedhosting

import (
	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
)

// Name is the name of the namespace.
const Name = "Managed Hosting"

const managed = "Managed Active Directory"

// defaultHosting is the name of the hosting OU that callers need not give.
const defaultHosting = "Hosting"

// hostingSetting is where the store keeps the name of the hosting OU.
const hostingSetting = "hosting"

// Namespace gives the namespace.
func Namespace() engine.Namespace {
	return engine.Namespace{
		Name: Name, Description: "Prepares a directory for hosting; tells what organizations and callers are.",
		Procedures: rows,
	}
}

var pdc = engine.Argument{Name: "preferredDomainController", Type: engine.Controller}

var rows = []engine.Procedure{
	{
		Name: "InitializeADforHosting", Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Inferred,
		Run: initialize, Summary: "Creates the hosting OU with its groups and organization types, or completes it.",
		Arguments: []engine.Argument{{Name: "hostingOU", Type: engine.Text, Max: 64}, pdc},
	},
	{
		Name: "GetOrgType", Type: engine.Read, Access: engine.Public, Fidelity: engine.Inferred, Run: getOrgType,
		Summary:   "Tells whether an object belongs to the hosting organization, a reseller or a customer.",
		Arguments: []engine.Argument{{Name: "path", Type: engine.Path, Required: true}, pdc},
	},
	{
		Name: "TestDomainAdmin", Type: engine.Read, Access: engine.Public, Fidelity: engine.Documented, Run: testDomainAdmin,
		Summary: "Fails unless the caller is a domain administrator.", Arguments: []engine.Argument{pdc},
	},
	{
		Name: "GetCallerUIRoles", Type: engine.Read, Access: engine.Public, Fidelity: engine.Inferred, Run: getCallerRoles,
		Summary:   "Lists the roles that the caller has for an object, or for the hosting OU.",
		Arguments: []engine.Argument{{Name: "path", Type: engine.Path}, pdc},
	},
}

// initialize makes the hosting OU or completes it; a repetition changes
// nothing (F236).
func initialize(c *engine.Call) error {
	domain, err := c.Directory().Domain()
	if err != nil {
		return err
	}
	name := c.Text("hostingOU")
	switch {
	case name != "":
	case domain.Hosting.Parent().Equal(domain.DN):
		name = domain.Hosting.RDN().Value
	default:
		name = defaultHosting
	}
	dn := domain.DN.Child("OU", name)
	exists, err := c.Directory().Exists(dn)
	if err != nil {
		return err
	}
	args := []*xmldoc.Node{xmldoc.TextElement("policyName", organization.Hosting)}
	if n := c.Node(pdc.Name); n != nil {
		args = append(args, xmldoc.Clone(n))
	}
	procedure := "CompleteOrganization_"
	if exists {
		args = append(args, xmldoc.TextElement("org", dn.ADsPath()))
	} else {
		procedure = "CreateOrganization"
		args = append(args, xmldoc.TextElement("container", domain.DN.ADsPath()), xmldoc.TextElement("name", name))
	}
	answer, err := c.Execute(managed, procedure, args...)
	if err != nil {
		return err
	}
	c.Output(xmldoc.Child(answer, "org"))
	return remember(c, domain, dn)
}

// remember makes the OU the directory's hosting OU if it has none.
func remember(c *engine.Call, domain directory.Domain, dn ldappath.DN) error {
	if !domain.Hosting.IsZero() {
		exists, err := c.Directory().Exists(domain.Hosting)
		if err != nil || exists {
			return err
		}
	}
	return c.Directory().SetSetting(hostingSetting, dn.String())
}

// noOrganization is what the type of an object outside of all organizations
// is called.
const noOrganization = "private"

func getOrgType(c *engine.Call) error {
	o, err := c.Open("path")
	if err != nil {
		return err
	}
	org, err := organization.Above(c.Tx, o)
	if err != nil {
		return err
	}
	if org == nil {
		c.OutputText("orgType", noOrganization)
		return nil
	}
	kind, err := organization.Type(c.Tx, org)
	if err != nil {
		return err
	}
	c.OutputText("orgType", kind)
	return nil
}

func testDomainAdmin(c *engine.Call) error { return c.TestRole(engine.DomainAdmin, ldappath.DN{}) }

func getCallerRoles(c *engine.Call) error {
	subject := c.DN("path")
	if subject.IsZero() {
		domain, err := c.Directory().Domain()
		if err != nil {
			return err
		}
		subject = domain.Hosting
	} else if _, err := c.Open("path"); err != nil {
		return err
	}
	roles := xmldoc.Element("roles")
	for _, role := range []engine.Role{engine.DomainAdmin, engine.OrgCreator, engine.UserCreator} {
		if c.HasRole(role, subject) {
			xmldoc.Append(roles, xmldoc.TextElement("role", string(role)))
		}
	}
	c.Output(roles)
	return nil
}
