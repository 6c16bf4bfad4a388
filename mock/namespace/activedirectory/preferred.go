package activedirectory

import (
	"errors"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// preferred returns the row of the same name in the other namespace. It makes
// the procedure's own path domain controller specific, calls the procedure with
// that, and answers with both.
func (o operation) preferred() engine.Procedure {
	row := o.row
	row.Arguments = append(append([]engine.Argument(nil), row.Arguments...), preference, controller)
	row.Run = func(c *engine.Call) error { return o.pass(c) }
	return row
}

// place is the name of the argument that is made domain controller specific: the
// first.
func (o operation) place() string { return o.row.Arguments[0].Name }

func (o operation) pass(c *engine.Call) error {
	at, err := o.specify(c)
	if err != nil {
		return err
	}
	args := make([]*xmldoc.Node, 0, len(o.row.Arguments))
	for n := range xmldoc.Elements(c.Data) {
		switch n.Data {
		case preference.Name, controller.Name:
		case o.place():
			args = append(args, text(n.Data, at.path))
		default:
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
	at.put(c)
	return nil
}

// specify makes the procedure's own path domain controller specific, as Make
// Path Domain Controller Specific does, which an error has passed through.
func (o operation) specify(c *engine.Call) (specific, error) {
	dn := c.DN(o.place())
	if dn.IsZero() { // the object of an access control list
		p, err := ldappath.ParseLoose(c.Text(o.place()))
		if err != nil {
			return specific{}, mpf.PathInvalid.New(err.Error())
		}
		dn = p.DN
	}
	at, err := specify(c, o.place(), dn)
	var refused *mpf.Error
	if errors.As(err, &refused) {
		return specific{}, refused.Through(mpf.Source{Namespace: Provider, Procedure: "Make Path Domain Controller Specific"})
	}
	return at, err
}

// put adds a result, in the place of an argument or result of its name.
func put(c *engine.Call, n *xmldoc.Node) {
	if held := c.Node(n.Data); held != nil {
		xmldoc.Remove(held)
	}
	c.Output(n)
}

// text makes an element with a text.
func text(name, value string) *xmldoc.Node { return xmldoc.TextElement(name, value) }
