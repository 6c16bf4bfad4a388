package engine

import (
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// place is a node that a path found: an element, a text, or an attribute of
// an element.
type place struct {
	node      *xmldoc.Node
	attribute *xml.Name // nil if the node itself is meant
}

func (p place) isAttribute() bool { return p.attribute != nil }

// text is the string value of the node.
func (p place) text() string {
	if p.attribute == nil {
		return xmldoc.Text(p.node)
	}
	for _, a := range p.node.Attr {
		if a.Name == *p.attribute {
			return a.Value
		}
	}
	return ""
}

func (p place) setText(text string) {
	if p.attribute == nil {
		xmldoc.SetText(p.node, text)
		return
	}
	for i, a := range p.node.Attr {
		if a.Name == *p.attribute {
			p.node.Attr[i].Value = text
			return
		}
	}
	p.node.Attr = append(p.node.Attr, xmlquery.Attr{Name: *p.attribute, Value: text})
}

// remove takes the node out of its document.
func (p place) remove() {
	if p.attribute == nil {
		xmldoc.Remove(p.node)
		return
	}
	p.node.Attr = slices.DeleteFunc(p.node.Attr, func(a xmlquery.Attr) bool { return a.Name == *p.attribute })
}

// paths holds the compiled paths of a request by their text.
type paths map[string]*xpath.Expr

// compile reads a path and keeps it. nodes says that it has to give nodes, not
// a number, text or truth. The XPath library panics on some bad expressions.
func (p paths) compile(text string, nodes bool) (err error) {
	if text == "" {
		return nil
	}
	defer func() {
		if recovered := recover(); recovered != nil {
			err = mpf.RequestMalformed.New(fmt.Sprintf("'%s' is not a valid XPath", text))
		}
	}()
	expr, ok := p[text]
	if !ok {
		if expr, err = xpath.Compile(mended(text)); err != nil {
			return mpf.RequestMalformed.New(fmt.Sprintf("'%s' is not a valid XPath: %s", text, err))
		}
	}
	// The type of an expression does not depend on the document.
	_, gives := expr.Evaluate(xmlquery.CreateXPathNavigator(xmldoc.Element("x"))).(*xpath.NodeIterator)
	if nodes && !gives {
		return mpf.RequestMalformed.New("'" + text + "' does not select nodes")
	}
	p[text] = expr
	return nil
}

// mended reads "user/[…]", which stands in the original's documents though it
// is no XPath, as "user[…]" (F190). Text in quotes is left alone.
func mended(path string) string {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(path); i++ {
		ch := path[i]
		switch {
		case quote != 0:
			if ch == quote {
				quote = 0
			}
		case ch == '\'' || ch == '"':
			quote = ch
		case ch == '/' && i > 0 && path[i-1] != '/' && strings.HasPrefix(strings.TrimLeft(path[i+1:], " "), "["):
			continue
		}
		b.WriteByte(ch)
	}
	return b.String()
}

// find gives the nodes that a path selects from a place, in document order. No
// path selects the place itself.
func (r *run) find(from place, text string) (found []place, err error) {
	if text == "" {
		return []place{from}, nil
	}
	if from.isAttribute() {
		return nil, nil
	}
	defer func() {
		if recovered := recover(); recovered != nil {
			err = r.unevaluated(text, recovered)
		}
	}()
	nodes := r.paths[text].Select(r.pathSteps.from(from.node))
	for nodes.MoveNext() {
		found = append(found, placeOf(nodes.Current()))
	}
	return found, nil
}

// unevaluated makes an error of the panic that ended an evaluation.
func (r *run) unevaluated(text string, panicked any) error {
	switch panicked.(type) {
	case tooManySteps:
		return r.exceeds("its XPath expressions took more than", r.engine.limits.PathSteps, "steps")
	case brokenOff:
		return r.alive()
	}
	return mpf.RequestMalformed.New(fmt.Sprintf("the XPath '%s' cannot be evaluated", text))
}

func placeOf(at xpath.NodeNavigator) place {
	nav := at.(*navigator).NodeNavigator
	if nav.NodeType() != xpath.AttributeNode {
		return place{node: nav.Current()}
	}
	for i := range nav.Current().Attr {
		a := &nav.Current().Attr[i]
		if a.Name.Local == nav.LocalName() && a.Name.Space == nav.Prefix() {
			name := a.Name
			return place{node: nav.Current(), attribute: &name}
		}
	}
	return place{node: nav.Current()}
}

// value gives the text that a path has from a place, and whether there is any:
// the first node's, or the number or text that the path computes. A truth is
// there if it is true.
func (r *run) value(from place, text string) (value string, exists bool, err error) {
	if text == "" {
		return from.text(), true, nil
	}
	if from.isAttribute() {
		return "", false, nil
	}
	defer func() {
		if recovered := recover(); recovered != nil {
			err = r.unevaluated(text, recovered)
		}
	}()
	switch v := r.paths[text].Evaluate(r.pathSteps.from(from.node)).(type) {
	case *xpath.NodeIterator:
		if !v.MoveNext() {
			return "", false, nil
		}
		return placeOf(v.Current()).text(), true, nil
	case bool:
		return strconv.FormatBool(v), v, nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatInt(int64(v), 10), true, nil
		}
		return strconv.FormatFloat(v, 'f', -1, 64), true, nil
	case string:
		return v, true, nil
	}
	return "", false, nil
}
