package mpfconfig

import (
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// Name is the name of the namespace.
const Name = "MPF Config"

// Namespace gives the namespace.
func Namespace() engine.Namespace {
	return engine.Namespace{Name: Name, Description: "Tells which namespaces and procedures the engine has.", Procedures: rows}
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
	{
		Name: "GetCredentials", Type: engine.Read, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Inferred,
		Run: refuse("a credential cache"), Summary: "Refused: the engine keeps no credentials.",
		Arguments: []engine.Argument{{Name: "credential", Type: engine.Text}},
	},
	{
		Name: "SetExecuteAs", Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Inferred,
		Run: refuse("procedures that run as another account"), Summary: "Refused: the engine keeps no credentials.",
		Arguments: []engine.Argument{
			{Name: "namespace", Type: engine.Text},
			{Name: "procedure", Type: engine.Text},
			{Name: "credential", Type: engine.Text},
		},
	},
}

func refuse(what string) func(*engine.Call) error {
	return func(*engine.Call) error { return mpf.NotSupported.New(what) }
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
			xmldoc.Append(node, procedureNode(p))
		}
		xmldoc.Append(list, node)
	}
	if !found {
		return mpf.NamespaceUnknown.New(wanted)
	}
	c.Output(list)
	return nil
}

func procedureNode(p engine.Procedure) *xmldoc.Node {
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
