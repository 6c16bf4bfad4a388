package activedirectory

import (
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
)

// preferred gives the row of the same name in the other namespace. The engine
// checks the domain controller; the database has one state for all of them.
func (o operation) preferred() engine.Procedure {
	row := o.row
	row.Arguments = append(append([]engine.Argument(nil), row.Arguments...), may("preferredDomainController", engine.Controller))
	row.Run = func(c *engine.Call) error { return o.pass(c) }
	return row
}

func (o operation) pass(c *engine.Call) error {
	args := make([]*xmldoc.Node, 0, len(o.row.Arguments))
	for n := range xmldoc.Elements(c.Data) {
		if n.Data != "preferredDomainController" {
			args = append(args, xmldoc.Clone(n))
		}
	}
	answer, err := c.Execute(Provider, o.row.Name, args...)
	if err != nil {
		return err
	}
	for _, name := range o.outputs {
		if n := xmldoc.Child(answer, name); n != nil {
			put(c, n)
		}
	}
	return nil
}

// put adds a result, in the place of an argument or result of its name.
func put(c *engine.Call, n *xmldoc.Node) {
	if held := c.Node(n.Data); held != nil {
		xmldoc.Remove(held)
	}
	c.Output(n)
}
