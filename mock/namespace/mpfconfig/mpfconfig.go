package mpfconfig

import (
	"slices"
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// Name is the name of the namespace.
const Name = "MPF Config"

// Namespace gives the namespace.
func Namespace() engine.Namespace {
	return engine.Namespace{Name: Name, Description: "Tells which namespaces and procedures the engine has, and as whom procedures run.", Procedures: slices.Concat(rows, credentialRows)}
}

var rows = []engine.Procedure{
	{
		Name: "GetNamespaces", Type: engine.Read, Access: engine.Public, Fidelity: engine.Inferred, Run: getNamespaces,
		Summary: "Lists the registered namespaces.",
	},
	{
		Name: "GetProcedures", Type: engine.Read, Access: engine.Public, Fidelity: engine.Inferred, Run: getProcedures,
		Summary:   "Lists the procedures of a namespace with their arguments, or those of all namespaces.",
		Arguments: []engine.Argument{{Name: "namespace", Type: engine.Text}},
	},
}

func getNamespaces(c *engine.Call) error {
	list := xmldoc.Element("namespaces")
	for _, n := range c.Registered() {
		xmldoc.Append(list, namespaceNode(n))
	}
	c.Output(list)
	return nil
}

func namespaceNode(n engine.Namespace) *xmldoc.Node {
	node := xmldoc.SetAttr(xmldoc.Element("namespace"), "name", n.Name)
	xmldoc.SetAttr(node, "description", n.Description)
	if n.Provider != "" {
		xmldoc.SetAttr(node, "providerSource", n.Provider)
	}
	return node
}

func getProcedures(c *engine.Call) error {
	wanted, found := c.Text("namespace"), false
	list := xmldoc.Element("namespaces")
	for _, n := range c.Registered() {
		if wanted != "" && !strings.EqualFold(n.Name, wanted) {
			continue
		}
		found = true
		node := namespaceNode(n)
		for _, p := range n.Procedures {
			xmldoc.Append(node, procedureNode(c, n.Name, p))
		}
		xmldoc.Append(list, node)
	}
	if !found {
		return mpf.NamespaceUnknown.New(wanted)
	}
	c.Output(list)
	return nil
}

func procedureNode(c *engine.Call, namespace string, p engine.Procedure) *xmldoc.Node {
	node := xmldoc.SetAttr(xmldoc.Element("procedure"), "name", p.Name)
	access, kind := p.Access, p.Type
	if access == "" {
		access = engine.Private
	}
	if kind == "" {
		kind = engine.Read
	}
	xmldoc.SetAttr(node, "type", string(kind))
	xmldoc.SetAttr(node, "access", string(access))
	if held, ok := c.Directory().ExecuteAs(namespace, p.Name); ok {
		xmldoc.SetAttr(node, "runAsCredentialID", strconv.FormatInt(held.ID, 10))
	}
	xmldoc.SetAttr(node, "description", p.Summary)
	for _, a := range p.Arguments {
		argument := xmldoc.SetAttr(xmldoc.Element("argument"), "name", a.Name)
		xmldoc.SetAttr(argument, "type", string(a.Type))
		required := "0"
		if a.Required {
			required = "1"
		}
		xmldoc.Append(node, xmldoc.SetAttr(argument, "required", required))
	}
	return node
}
