package enginetest

import (
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
)

const passageName = "Test Passage"

// passage is a namespace with one procedure that calls another, so that tests
// reach private ones.
func passage() engine.Namespace {
	return engine.Namespace{Name: passageName, Description: "Calls procedures for tests", Procedures: []engine.Procedure{{
		Name: "Call", Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Invented,
		Summary: "Calls the procedure that it is told.",
		Arguments: []engine.Argument{
			{Name: "namespace", Type: engine.Text, Required: true},
			{Name: "procedure", Type: engine.Text, Required: true},
			{Name: "arguments", Type: engine.Tree},
		},
		Run: pass,
	}}}
}

func pass(c *engine.Call) error {
	var arguments []*xmldoc.Node
	for n := range xmldoc.Elements(c.Node("arguments")) {
		arguments = append(arguments, xmldoc.Clone(n))
	}
	data, err := c.Execute(c.Text("namespace"), c.Text("procedure"), arguments...)
	if err != nil {
		return err
	}
	data.Data = "result"
	c.Output(data)
	return nil
}
