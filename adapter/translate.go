package adapter

import (
	"errors"
	"strings"

	"wsexchange/internal/soap"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// translation makes the request of one call.
type translation struct {
	op        *operation
	arguments []argument
	limits    xmldoc.Limits
	scope     scope
	eventSink bool
	// confine checks every text, but those that a guard has read with wider
	// rules.
	confine bool
	read    map[*xmldoc.Node]bool
	// namespace is that of the operation element.
	namespace string
}

// request gives the request to submit. Its error is an *mpf.Error, which is the
// answer, or a *soap.Fault.
func (t *translation) request() (*mpf.Request, bool, error) {
	data := xmldoc.Element("executeData")
	target, blob, sendCredentials := t.op.target, (*xmldoc.Node)(nil), false
	for _, s := range t.op.build {
		if s.position < 0 {
			if !t.eventSink {
				xmldoc.Append(data, xmldoc.Element(s.parameter.to.elements[0]))
			}
			continue
		}
		p, a, err := &t.op.wire[s.position], &t.arguments[s.position], error(nil)
		switch p.kind {
		case kindCredentials:
			sendCredentials = a.flag
		case kindNamespace:
			target.Namespace, err = required(p, a)
		case kindProcedure:
			target.Procedure, err = required(p, a)
		case kindBlob:
			blob, err = t.blob(p, a)
		default:
			err = t.add(data, p, a)
		}
		if err != nil {
			return nil, false, err
		}
	}
	if refused := t.confined(data, blob); refused != nil {
		return nil, false, refused
	}
	if t.op.blob {
		return blobRequest(target, blob), sendCredentials, nil
	}
	return &mpf.Request{Procedure: mpf.OneCall(target, mpf.On, data)}, sendCredentials, nil
}

// confined returns the answer to a request with a text outside of the base.
func (t *translation) confined(trees ...*xmldoc.Node) error {
	if !t.confine {
		return nil
	}
	c := confinement{scope: t.scope, objects: t.scope.part, limits: t.limits, passed: t.read}
	for _, tree := range trees {
		if refused := c.check(tree); refused != nil {
			return refused
		}
	}
	return nil
}

// blobRequest puts the caller's data beside the procedure, moves it in before
// the call and the outcome back after it (F046).
func blobRequest(target mpf.Target, data *xmldoc.Node) *mpf.Request {
	procedure := mpf.OneCall(target, mpf.On, nil)
	procedure.Steps[0].Call.Before = []mpf.Transfer{{
		Source: mpf.DocumentData, Destination: mpf.DocumentExecuteData, Mode: mpf.Merge,
	}}
	return &mpf.Request{Data: []*xmldoc.Node{data}, Procedure: procedure}
}

func required(p *parameter, a *argument) (string, error) {
	value := strings.TrimSpace(a.text)
	if value == "" {
		return "", mpf.ArgumentMissing.New("'" + p.name + "'")
	}
	return value, nil
}

// add puts one argument into executeData.
func (t *translation) add(data *xmldoc.Node, p *parameter, a *argument) error {
	switch p.kind {
	case kindFlag:
		t.addFlag(data, p, a)
		return nil
	case kindFragment:
		return t.addFragment(data, p, a)
	}
	if !a.present || p.dropEmpty && strings.TrimSpace(a.text) == "" {
		return nil
	}
	if refused := t.scope.check(a.text, p.guard); refused != nil {
		return refused
	}
	if p.guid && !isGUID(a.text) {
		if t.given(p.yieldsTo) {
			return nil
		}
		return mpf.ArgumentInvalid.New(p.name, "it is not a GUID")
	}
	if p.yieldsTo != "" && t.given(p.yieldsTo) {
		return nil
	}
	n := descend(data, p.to.elements)
	xmldoc.SetText(n, a.text)
	if p.guard == guardRead {
		if t.read == nil {
			t.read = make(map[*xmldoc.Node]bool, 1)
		}
		t.read[n] = true
	}
	if p.secret {
		xmldoc.SetAttr(n, "do-not-log", "1")
	}
	return nil
}

func (t *translation) given(name string) bool {
	return strings.TrimSpace(t.arguments[t.op.exact[name]].text) != ""
}

// addFlag writes a boolean. One that is absent is false, as a value type of
// ASMX is (F047).
func (t *translation) addFlag(data *xmldoc.Node, p *parameter, a *argument) {
	value := "0"
	switch {
	case p.words && a.flag:
		value = "true"
	case p.words:
		value = "false"
	case a.flag:
		value = "1"
	}
	if p.to.attribute == "" {
		xmldoc.SetText(descend(data, p.to.elements), value)
	} else if n := xmldoc.Path(data, p.to.elements...); n != nil {
		xmldoc.SetAttr(n, p.to.attribute, value)
	}
}

// descend gives the element below data, made as needed.
func descend(data *xmldoc.Node, elements []string) *xmldoc.Node {
	n := data
	for i, name := range elements {
		child := (*xmldoc.Node)(nil)
		if i < len(elements)-1 {
			child = xmldoc.Child(n, name)
		}
		if child == nil {
			child = xmldoc.Element(name)
			xmldoc.Append(n, child)
		}
		n = child
	}
	return n
}

func (t *translation) addFragment(data *xmldoc.Node, p *parameter, a *argument) error {
	root, err := t.fragment(p, a)
	if root == nil || err != nil {
		return err
	}
	t.limits = t.limits.Without(root) // all of a message's XML keeps within one document's limits
	*a = argument{}                   // the text is not needed any more, and may be large
	if root.Data != p.root {
		return mpf.XMLParameter.New(p.name, "its root element is '"+root.Data+"', not '"+p.root+"'")
	}
	if root.NamespaceURI != "" {
		// Callers declare namespaces here that mean nothing to procedures.
		xmldoc.WithoutNamespace(root, root.NamespaceURI)
	}
	xmldoc.Append(data, root)
	return nil
}

// fragment gives the root of an XML parameter, nil if there is none. Nodes and
// text are taken alike.
func (t *translation) fragment(p *parameter, a *argument) (*xmldoc.Node, error) {
	content := a.text
	if a.node != nil {
		root, more := only(a.node)
		switch {
		case more || root != nil && stray(a.node):
			return nil, t.op.fault("parameter '%s' must hold one element", p.name)
		case root != nil:
			return root, nil
		}
		content = xmldoc.Text(a.node)
	}
	trimmed := xmlStart(content)
	if trimmed == "" {
		return nil, nil
	}
	root, err := xmldoc.ParseString(trimmed, t.limits)
	if err != nil {
		return nil, badXML(p.name, err, len(content)-len(trimmed))
	}
	return root, nil
}

// xmlError is the answer to a parameter that is not XML. It remembers the rule
// for the metrics.
type xmlError struct {
	answer *mpf.Error
	rule   string
}

func (e *xmlError) Error() string { return e.answer.Error() }

func (e *xmlError) Unwrap() error { return e.answer }

func badXML(name string, err error, skipped int) error {
	var refused *xmldoc.Error
	if !errors.As(err, &refused) {
		return mpf.XMLParameter.New(name, err.Error())
	}
	moved := *refused
	moved.Offset += int64(skipped)
	return &xmlError{answer: mpf.XMLParameter.New(name, moved.Error()), rule: refused.Rule}
}

// blob gives the data element as the caller sent it. Only the namespace of the
// operation goes, which data has by inheritance and not by intent.
func (t *translation) blob(p *parameter, a *argument) (*xmldoc.Node, error) {
	if a.node == nil {
		return xmldoc.Element(p.root), nil
	}
	root, more := only(a.node)
	switch {
	case root == nil || more || stray(a.node):
		return nil, t.op.fault("parameter '%s' must hold one element, '%s'", p.name, p.root)
	case root.Data != p.root:
		return nil, t.op.fault("parameter '%s' holds the element '%s', not '%s'", p.name, root.Data, p.root)
	}
	if t.namespace != "" {
		xmldoc.WithoutNamespace(root, t.namespace)
	}
	xmldoc.Remove(root)
	return root, nil
}

// only gives the first child element and whether there are more.
func only(n *xmldoc.Node) (first *xmldoc.Node, more bool) {
	for c := range xmldoc.Elements(n) {
		if first != nil {
			return first, true
		}
		first = c
	}
	return first, false
}

// isGUID tells whether text is a GUID, with or without braces and hyphens.
func isGUID(s string) bool {
	s = strings.Trim(strings.TrimSpace(s), "{}")
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		s = strings.ReplaceAll(s, "-", "")
	}
	if len(s) != 32 {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F')
	})
}

// answerTo tells whether an error of the translation is an answer of the
// operation.
func answerTo(err error) (*mpf.Error, bool) {
	var e *mpf.Error
	var f *soap.Fault
	if errors.As(err, &f) || !errors.As(err, &e) {
		return nil, false
	}
	return e, true
}
