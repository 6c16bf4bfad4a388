package adapter

import (
	"fmt"
	"strings"

	"wsexchange/internal/soap"
	"wsexchange/internal/xmldoc"
	"wsexchange/wsdl"
)

const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// argument is the value bound to a parameter. The zero argument is null.
type argument struct {
	present bool
	flag    bool
	text    string
	node    *xmldoc.Node // the parameter element itself, for XML types
}

// bind places the children of the operation element: by exact name, by name in
// any letter case or alias, and what is left by position where there is only
// one way to do so (F044). The arguments come in wire order. Errors are Client
// faults that name the element.
func (op *operation) bind(body *xmldoc.Node) ([]argument, error) {
	var few [16]*xmldoc.Node
	placed := few[:len(op.wire):len(op.wire)]
	if len(op.wire) > len(few) {
		placed = make([]*xmldoc.Node, len(op.wire))
	}
	rest := false
	for c := range xmldoc.Elements(body) {
		i, ok := op.exact[c.Data]
		if !ok {
			rest = true
			continue
		}
		if placed[i] != nil {
			return nil, op.fault("parameter '%s' is given more than once", c.Data)
		}
		placed[i] = c
	}
	if rest {
		if err := op.bindRest(body, placed); err != nil {
			return nil, err
		}
	}
	if text := stray(body); text {
		return nil, op.fault("there is text beside the parameters")
	}
	arguments := make([]argument, len(op.wire))
	for i, n := range placed {
		if n == nil || isNil(n) {
			continue
		}
		if err := op.take(&arguments[i], i, n); err != nil {
			return nil, err
		}
	}
	return arguments, nil
}

func (op *operation) bindRest(body *xmldoc.Node, placed []*xmldoc.Node) error {
	unnamed := false
	for c := range xmldoc.Elements(body) {
		if _, ok := op.exact[c.Data]; ok {
			continue
		}
		i, ok := op.folded[strings.ToLower(c.Data)]
		if !ok {
			unnamed = true
			continue
		}
		if placed[i] != nil {
			return op.fault("parameter '%s' is given more than once: '%s' and '%s'", op.wire[i].name, placed[i].Data, c.Data)
		}
		placed[i] = c
	}
	if !unnamed {
		return nil
	}
	if n := op.place(body, placed); n != nil {
		return op.fault("the element '%s' is no parameter of this operation and cannot be placed by its position", n.Data)
	}
	return nil
}

// take reads the element of a parameter by the parameter's type.
func (op *operation) take(a *argument, i int, n *xmldoc.Node) error {
	name := op.wire[i].name
	a.present = true
	switch op.types[i] {
	case wsdl.XML:
		a.node = n
		return nil
	case wsdl.Boolean:
		if hasElements(n) {
			return op.fault("parameter '%s' is a boolean and cannot hold elements", name)
		}
		value, ok := boolean(xmldoc.Text(n))
		if !ok {
			return op.fault("parameter '%s' is neither true nor false", name)
		}
		a.flag = value
		return nil
	}
	if hasElements(n) {
		return op.fault("parameter '%s' is a string and cannot hold elements; XML in it must be escaped", name)
	}
	a.text = xmldoc.Text(n)
	return nil
}

func (op *operation) fault(format string, args ...any) *soap.Fault {
	return &soap.Fault{Code: soap.Client, String: "Server was unable to read request. ---> " + op.contract.Name + ": " +
		fmt.Sprintf(format, args...) + "."}
}

// boolean reads xsd:boolean.
func boolean(s string) (value, ok bool) {
	switch strings.Trim(s, " \t\r\n") {
	case "true", "1":
		return true, true
	case "false", "0":
		return false, true
	}
	return false, false
}

func isNil(n *xmldoc.Node) bool {
	for _, a := range n.Attr {
		if a.NamespaceURI == schemaInstance && a.Name.Local == "nil" {
			value, _ := boolean(a.Value)
			return value
		}
	}
	return false
}

func hasElements(n *xmldoc.Node) bool {
	for range xmldoc.Elements(n) {
		return true
	}
	return false
}

// stray tells whether there is text directly in an element that holds elements,
// or should.
func stray(n *xmldoc.Node) bool {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if isText(c) && strings.Trim(c.Data, " \t\r\n") != "" {
			return true
		}
	}
	return false
}
