package xmldoc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/antchfx/xmlquery"
)

// Node is a node of a document tree.
type Node = xmlquery.Node

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

// Parse reads one document and gives its root element. The charset of a
// transport header, if there is one, goes before the document's own encoding
// declaration. Errors of the reader are returned as they are, refusals are
// *Error.
func Parse(r io.Reader, charset string, limits Limits) (*Node, error) {
	limits = limits.withDefaults()
	guard := &guard{limits: limits}
	text, err := decodeCharset(r, charset)
	if err != nil {
		return nil, err
	}
	guard.r = text
	p := &parser{limits: limits, decoder: xml.NewDecoder(guard)}
	p.decoder.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		return declaredCharset(label, charset, text.utf16, input)
	}
	return p.parse()
}

// ParseString reads a document held in a string, such as an XML parameter.
func ParseString(s string, limits Limits) (*Node, error) {
	return Parse(strings.NewReader(s), "utf-8", limits)
}

// ParseBytes reads a document held in memory.
func ParseBytes(b []byte, limits Limits) (*Node, error) {
	return Parse(bytes.NewReader(b), "", limits)
}

type parser struct {
	limits     Limits
	decoder    *xml.Decoder
	document   Node
	current    *Node
	names      []xml.Name
	bindings   []binding
	marks      []int
	elements   int
	attributes int
	slab       []Node
	rooted     bool
}

// binding is one namespace declaration in scope.
type binding struct{ prefix, uri string }

func (p *parser) parse() (*Node, error) {
	p.document.Type = xmlquery.DocumentNode
	p.current = &p.document
	for first := true; ; first = false {
		offset := p.decoder.InputOffset()
		token, err := p.decoder.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, p.syntax(err)
		}
		if err := p.token(token, offset, first); err != nil {
			return nil, err
		}
	}
	switch {
	case len(p.names) > 0:
		return nil, p.refuse(RuleSyntax, "element <"+qualified(p.names[len(p.names)-1])+"> is not closed")
	case !p.rooted:
		return nil, p.refuse(RuleRoot, "there is no root element")
	}
	root := p.document.FirstChild
	root.Parent = nil
	return root, nil
}

func (p *parser) token(token xml.Token, offset int64, first bool) error {
	switch t := token.(type) {
	case xml.StartElement:
		return p.start(t)
	case xml.EndElement:
		return p.end(t)
	case xml.CharData:
		return p.text(t)
	case xml.ProcInst:
		if first && offset == 0 && t.Target == "xml" {
			return nil
		}
		return &Error{Rule: RuleInstruction, Offset: offset, Detail: "processing instructions are not allowed"}
	case xml.Directive:
		return &Error{Rule: RuleDoctype, Offset: offset, Detail: "document type declarations are not allowed"}
	}
	return nil
}

func (p *parser) start(t xml.StartElement) error {
	if len(p.names) == 0 && p.rooted {
		return p.refuse(RuleRoot, "there is a second root element")
	}
	p.elements++
	switch {
	case p.elements > p.limits.Elements:
		return p.limit(RuleElements, p.limits.Elements, p.elements)
	case len(p.names) >= p.limits.Depth:
		return p.limit(RuleDepth, p.limits.Depth, len(p.names)+1)
	case len(t.Attr) > p.limits.Attributes:
		return p.limit(RuleAttributes, p.limits.Attributes, len(t.Attr))
	}
	if p.attributes += len(t.Attr); p.attributes > p.limits.TotalAttributes {
		return p.limit(RuleTotalAttributes, p.limits.TotalAttributes, p.attributes)
	}
	if err := p.checkName(t.Name); err != nil {
		return err
	}
	p.marks = append(p.marks, len(p.bindings))
	if err := p.declare(t.Attr); err != nil {
		return err
	}
	uri, err := p.resolve(t.Name.Space)
	if err != nil {
		return err
	}
	n := p.node()
	n.Type, n.Data, n.Prefix, n.NamespaceURI = xmlquery.ElementNode, t.Name.Local, t.Name.Space, uri
	if err := p.attributesOf(n, t.Attr); err != nil {
		return err
	}
	link(p.current, n)
	p.current = n
	p.names = append(p.names, t.Name)
	p.rooted = true
	return nil
}

// declare checks the attributes' names and values and brings the namespace
// declarations among them into scope.
func (p *parser) declare(attributes []xml.Attr) error {
	for _, a := range attributes {
		if err := p.checkName(a.Name); err != nil {
			return err
		}
		if len(a.Value) > p.limits.Value {
			return p.limit(RuleValue, p.limits.Value, len(a.Value))
		}
		switch {
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			p.bindings = append(p.bindings, binding{uri: a.Value})
		case a.Name.Space == "xmlns":
			if a.Value == "" || a.Name.Local == "xmlns" || (a.Name.Local == "xml") != (a.Value == xmlNamespace) {
				return p.refuse(RulePrefix, "prefix \""+a.Name.Local+"\" cannot be declared so")
			}
			p.bindings = append(p.bindings, binding{prefix: a.Name.Local, uri: a.Value})
		}
	}
	return nil
}

func (p *parser) resolve(prefix string) (string, error) {
	for i := len(p.bindings) - 1; i >= 0; i-- {
		if p.bindings[i].prefix == prefix {
			return p.bindings[i].uri, nil
		}
	}
	switch prefix {
	case "":
		return "", nil
	case "xml":
		return xmlNamespace, nil
	}
	return "", p.refuse(RulePrefix, "prefix \""+prefix+"\" is not declared")
}

// attributesOf resolves the attributes of n and refuses any given twice, by
// the same name or by two prefixes of one namespace.
func (p *parser) attributesOf(n *Node, attributes []xml.Attr) error {
	if len(attributes) == 0 {
		return nil
	}
	n.Attr = make([]xmlquery.Attr, len(attributes))
	for i, a := range attributes {
		uri := ""
		if a.Name.Space != "" && a.Name.Space != "xmlns" {
			var err error
			if uri, err = p.resolve(a.Name.Space); err != nil {
				return err
			}
		}
		n.Attr[i] = xmlquery.Attr{Name: a.Name, Value: a.Value, NamespaceURI: uri}
		for _, b := range n.Attr[:i] {
			same := b.Name == a.Name || uri != "" && b.NamespaceURI == uri && b.Name.Local == a.Name.Local
			if same {
				return p.refuse(RuleDuplicate, "attribute "+qualified(a.Name)+" is given twice")
			}
		}
	}
	return nil
}

func (p *parser) end(t xml.EndElement) error {
	last := len(p.names) - 1
	if last < 0 {
		return p.refuse(RuleSyntax, "end of <"+qualified(t.Name)+"> without its start")
	}
	if p.names[last] != t.Name {
		return p.refuse(RuleSyntax, "element <"+qualified(p.names[last])+"> is closed by </"+qualified(t.Name)+">")
	}
	compact(p.current)
	if p.current = p.current.Parent; p.current == nil {
		p.current = &p.document
	}
	p.names = p.names[:last]
	p.bindings = p.bindings[:p.marks[last]]
	p.marks = p.marks[:last]
	return nil
}

func (p *parser) text(t xml.CharData) error {
	if len(p.names) == 0 {
		if len(bytes.TrimLeft(t, " \t\r\n")) > 0 {
			return p.refuse(RuleRoot, "there is text outside the root element")
		}
		return nil
	}
	if int64(len(t)) > p.limits.Text {
		return &Error{Rule: RuleText, Limit: p.limits.Text, Seen: int64(len(t)), Offset: p.decoder.InputOffset()}
	}
	if len(t) == 0 {
		return nil
	}
	if last := p.current.LastChild; last != nil && last.Type == xmlquery.TextNode {
		last.Data += string(t)
		return nil
	}
	n := p.node()
	n.Type, n.Data = xmlquery.TextNode, string(t)
	link(p.current, n)
	return nil
}

// node takes nodes from a slab, since a document is read and dropped whole.
func (p *parser) node() *Node {
	if len(p.slab) == 0 {
		p.slab = make([]Node, 16)
	}
	n := &p.slab[0]
	p.slab = p.slab[1:]
	return n
}

func (p *parser) checkName(name xml.Name) error {
	if n := len(name.Space) + len(name.Local) + 1; n > p.limits.Name+1 {
		return p.limit(RuleName, p.limits.Name, n-1)
	}
	if strings.Contains(name.Local, ":") {
		return p.refuse(RuleSyntax, "name \""+name.Local+"\" has a colon out of place")
	}
	return nil
}

func (p *parser) limit(rule string, limit, seen int) error {
	return &Error{Rule: rule, Limit: int64(limit), Seen: int64(seen), Offset: p.decoder.InputOffset()}
}

func (p *parser) refuse(rule, detail string) error {
	return &Error{Rule: rule, Offset: p.decoder.InputOffset(), Detail: detail}
}

// syntax turns an error of the decoder into a refusal, and passes on errors of
// the reader below it.
func (p *parser) syntax(err error) error {
	var refused *Error
	if errors.As(err, &refused) {
		return refused
	}
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return p.refuse(RuleSyntax, syntax.Msg)
	}
	if errors.Is(err, errRead) {
		return err
	}
	return p.refuse(RuleSyntax, strings.TrimPrefix(err.Error(), "xml: "))
}

var errRead = errors.New("reading XML")

// guard holds the limits that must hold before the decoder buffers anything:
// the size of the document and the length of a run without markup.
type guard struct {
	limits Limits
	r      io.Reader
	total  int64
	run    int64
}

func (g *guard) Read(b []byte) (int, error) {
	n, err := g.r.Read(b)
	if g.total += int64(n); g.total > g.limits.Bytes {
		return 0, &Error{Rule: RuleBytes, Limit: g.limits.Bytes, Seen: g.total, Offset: g.limits.Bytes}
	}
	if i := bytes.LastIndexByte(b[:n], '<'); i >= 0 {
		g.run = int64(n - i - 1)
	} else if g.run += int64(n); g.run > g.limits.Text+int64(len(b)) {
		return 0, &Error{Rule: RuleText, Limit: g.limits.Text, Seen: g.run, Offset: g.total}
	}
	if err != nil && err != io.EOF {
		var refused *Error
		if !errors.As(err, &refused) {
			err = fmt.Errorf("%w: %w", errRead, err)
		}
	}
	return n, err
}

func qualified(name xml.Name) string {
	if name.Space == "" {
		return name.Local
	}
	return name.Space + ":" + name.Local
}
