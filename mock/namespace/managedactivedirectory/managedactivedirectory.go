package managedactivedirectory

import (
	"slices"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/activedirectory"
)

// Name is the name of the namespace.
const Name = "Managed Active Directory"

// Namespace gives the namespace.
func Namespace() engine.Namespace {
	return engine.Namespace{
		Name: Name, Description: "Organizations, users, groups and contacts of a hosting directory.",
		Procedures: slices.Concat(organizationRows, userRows, groupRows, contactRows, []engine.Procedure{moveRow}, queryRows, privateRows),
	}
}

func need(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind, Required: true}
}

func may(name string, kind engine.ArgumentType) engine.Argument {
	return engine.Argument{Name: name, Type: kind}
}

const pdcName = "preferredDomainController"

// pdc is the argument that nearly every procedure ends with.
var pdc = may(pdcName, engine.Controller)

// sam is an account name as callers may ask for it; the directory limits it.
var sam = engine.Argument{Name: "sAMAccountName", Type: engine.Text, Max: longestSAM}

// policyArgument names a policy of the table in policy.go.
var policyArgument = engine.Argument{Name: "policyName", Type: engine.Text, OneOf: policyNames()}

// direct calls a procedure of the Preferred DC Active Directory Provider with
// the caller's domain controller.
func direct(c *engine.Call, procedure string, args ...*xmldoc.Node) (*xmldoc.Node, error) {
	return chain(c, activedirectory.PreferredDC, procedure, args...)
}

// chain calls a procedure of a namespace with the caller's domain controller.
func chain(c *engine.Call, namespace, procedure string, args ...*xmldoc.Node) (*xmldoc.Node, error) {
	if controller := c.Text(pdcName); controller != "" {
		args = append(args, xmldoc.TextElement(pdcName, controller))
	}
	return c.Execute(namespace, procedure, args...)
}

// path makes an argument of an object's path.
func path(name string, o *directory.Object) *xmldoc.Node {
	return xmldoc.TextElement(name, o.DN.ADsPath())
}

// property makes a property element for the provider.
func property(name, value string) *xmldoc.Node {
	return xmldoc.SetAttr(xmldoc.TextElement("property", value), "name", name)
}

// made opens the object whose path a procedure gave.
func made(c *engine.Call, answer *xmldoc.Node) (*directory.Object, error) {
	text, _ := xmldoc.ChildText(answer, "path")
	dn, err := c.ParsePath(text)
	if err != nil {
		return nil, err
	}
	return c.OpenDN(dn)
}

// rename returns the function of the Rename procedures.
func rename(argument string, classes ...string) func(*engine.Call) error {
	return func(c *engine.Call) error {
		o, err := c.Open(argument, classes...)
		if err != nil {
			return err
		}
		answer, err := direct(c, "Rename Object", path("source", o), xmldoc.TextElement("name", c.Text("newName")))
		if err != nil {
			return err
		}
		renamed, err := made(c, answer)
		if err != nil {
			return err
		}
		c.OutputText("path", renamed.DN.ADsPath())
		return nil
	}
}

// remove returns the function of the Delete procedures.
func remove(argument string, classes ...string) func(*engine.Call) error {
	return func(c *engine.Call) error {
		o, err := c.Open(argument, classes...)
		if err != nil {
			return err
		}
		_, err = direct(c, "Delete Object", path("path", o))
		return err
	}
}

// modify sets properties if there are any; without any it does nothing.
func modify(c *engine.Call, o *directory.Object, properties *xmldoc.Node) error {
	if err := ownDomains(c, o.DN, properties); err != nil {
		return err
	}
	for range xmldoc.Elements(properties) {
		_, err := direct(c, "Set Properties", path("path", o), properties)
		return err
	}
	return nil
}

// properties copies the caller's properties behind those given.
func properties(c *engine.Call, given ...*xmldoc.Node) *xmldoc.Node {
	all := xmldoc.Element("properties", given...)
	if own := c.Node("properties"); own != nil {
		for n := range xmldoc.Elements(xmldoc.Clone(own)) {
			xmldoc.Append(all, n)
		}
	}
	return all
}

// described is an account as answers name it.
func described(c *engine.Call, element string, o *directory.Object) (*xmldoc.Node, error) {
	account, err := c.Directory().Value(o, "sAMAccountName")
	if err != nil {
		return nil, err
	}
	n := xmldoc.Element(element)
	xmldoc.SetAttr(n, "path", o.DN.ADsPath())
	xmldoc.SetAttr(n, "name", o.DN.RDN().Value)
	return xmldoc.SetAttr(n, "samName", account), nil
}
