package drift

import (
	"strconv"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// Namespaces of the procedures that are called.
const (
	hostedExchange   = "Hosted Exchange"
	managedDirectory = "Managed Active Directory"
	managedExchange  = "Managed Exchange"
	resourceManager  = "Exchange Resource Manager"
	contactAdapter   = "WS Exchange Provider Adapter"
	searchProvider   = "Preferred DC Active Directory Provider"
)

// Call is one call of a procedure that changes the directory.
type Call struct {
	Target mpf.Target
	// Removes reports whether it deletes something, or takes it from somebody.
	Removes bool
	// Needed calls have to succeed before those after them in the finding.
	// Optional ones may fail: the panel only logs that too.
	Needed, Optional bool
	// Password is what goes into the element newPassword; without one there is no
	// such element.
	Password secret.String
	// Principal is the userPrincipalName that the password is for.
	Principal string
	data      *xmldoc.Node
}

// SetsPassword reports whether the call carries a password.
func (c *Call) SetsPassword() bool { return xmldoc.Child(c.data, newPassword) != nil }

const newPassword = "newPassword"

// Request returns the call as the web services of the original submit it.
func (c *Call) Request() *mpf.Request {
	return c.request(c.Password.Reveal())
}

func (c *Call) request(password string) *mpf.Request {
	data := xmldoc.Clone(c.data)
	if n := xmldoc.Child(data, newPassword); n != nil && password == "" {
		xmldoc.Remove(n)
	} else if n != nil {
		xmldoc.SetText(n, password)
	}
	return &mpf.Request{Procedure: mpf.OneCall(c.Target, mpf.On, data)}
}

func text(name, value string) *xmldoc.Node { return xmldoc.TextElement(name, value) }

func path(name string, dn ldappath.DN) *xmldoc.Node { return text(name, dn.ADsPath()) }

func megabytes(n int64) *xmldoc.Node { return text("megabytes", strconv.FormatInt(n, 10)) }

// property is one of a properties element; an empty value clears it.
type property struct{ name, value string }

func properties(list ...property) *xmldoc.Node {
	n := xmldoc.Element("properties")
	for _, p := range list {
		xmldoc.Append(n, xmldoc.SetAttr(text("property", p.value), "name", p.name))
	}
	return n
}

func planNames(names []string) *xmldoc.Node {
	n := xmldoc.Element("availablePlans")
	for _, name := range names {
		xmldoc.Append(n, text("planName", name))
	}
	return n
}

// given leaves out elements without a text.
func given(fields ...property) []*xmldoc.Node {
	var nodes []*xmldoc.Node
	for _, f := range fields {
		if f.value != "" {
			nodes = append(nodes, text(f.name, f.value))
		}
	}
	return nodes
}

// caller makes calls with a preferred domain controller.
type caller struct {
	controller string
	// eventSink leaves out the flags that keep SMTP domains in recipient
	// policies.
	eventSink bool
}

func (c caller) call(namespace, procedure string, args ...*xmldoc.Node) Call {
	data := xmldoc.Element("executeData", args...)
	if c.controller != "" {
		xmldoc.Append(data, text("preferredDomainController", c.controller))
	}
	return Call{Target: mpf.Target{Namespace: namespace, Procedure: procedure}, data: data}
}

func (c caller) removal(namespace, procedure string, args ...*xmldoc.Node) Call {
	call := c.call(namespace, procedure, args...)
	call.Removes = true
	return call
}

// inPolicy is the flag of a name, unless an event sink does its work.
func (c caller) inPolicy(args []*xmldoc.Node, flag string) []*xmldoc.Node {
	if c.eventSink {
		return args
	}
	return append(args, xmldoc.Element(flag))
}

func (c caller) createDomain(org ldappath.DN, name, kind string) Call {
	return c.call(hostedExchange, "CreateSMTPDomain", c.inPolicy([]*xmldoc.Node{
		path("path", org), text("SMTPDomain", name), text("domainTypeName", kind),
	}, "createSMTPDomain")...)
}

func (c caller) deleteDomain(org ldappath.DN, name string) Call {
	return c.removal(hostedExchange, "DeleteSMTPDomain", c.inPolicy([]*xmldoc.Node{
		path("path", org), text("SMTPDomain", name),
	}, "deleteSMTPDomain")...)
}

// growMail changes the organization's share of mail stores by a difference, and
// growPublic that of the public store.
func (c caller) growMail(org ldappath.DN, by int64) Call {
	return c.call(resourceManager, "ReallocateOrganizationMailNoMove", path("organization", org),
		xmldoc.Element("mailStore", megabytes(by), text("shared", "1")))
}

func (c caller) growPublic(org ldappath.DN, by int64) Call {
	return c.call(resourceManager, "ReallocateOrganizationPublic", path("organization", org), xmldoc.Element("publicStore", megabytes(by)))
}

// modifyUser sets attributes, as the panel does.
func (c caller) modifyUser(user ldappath.DN, list ...property) Call {
	return c.call(managedDirectory, "ModifyUser", path("user", user), properties(list...))
}

func (c caller) enableContact(org ldappath.DN, alias, target, address string) Call {
	return c.call(contactAdapter, "MailEnableContact", path("path", org), text("cn", alias), text("targetAddress", target), text("proxyAddress", address))
}

func (c caller) mailEnableGroup(container ldappath.DN, cn, address string) Call {
	call := c.call(managedExchange, "MailEnableGroup", path("path", container), text("cn", cn), text("proxyAddress", address))
	call.Optional = true
	return call
}

func (c caller) addMember(list, member ldappath.DN) Call {
	return c.call(managedDirectory, "GroupAdd", path("group", list), path("newMember", member))
}
