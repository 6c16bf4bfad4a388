package xmldoc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/antchfx/xmlquery"
)

// Node is a node of a document tree.
type Node = xmlquery.Node

// The namespaces that every document has.
const (
	xmlNamespace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsNamespace = "http://www.w3.org/2000/xmlns/"
)

// Parse reads one document and gives its root element. The charset of a
// transport header, if there is one, goes before the document's own encoding
// declaration, and a byte order mark before both. Errors of the reader are
// wrapped, refusals are *Error.
func Parse(r io.Reader, charset string, limits Limits) (*Node, error) {
	p := newParser()
	p.limits = limits.withDefaults()
	root, reusable, err := p.read(r, charset)
	if reusable {
		p.release()
	}
	return root, err
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
	limits  Limits
	source  source
	decoder *xml.Decoder
	// before is the offset of the decoder at the beginning of the document.
	before     int64
	document   Node
	current    *Node
	names      []xml.Name
	bindings   []binding
	marks      []int
	elements   int
	attributes int
	slab       []Node
	rooted     bool
	// begun says that something other than white space was read.
	begun bool
	// joined collects a text that comes in pieces, split by comments or CDATA
	// sections.
	joined []byte
}

// binding is one namespace declaration in scope.
type binding struct{ prefix, uri string }

// read reads the document and tells whether the parser can read another.
func (p *parser) read(r io.Reader, charset string) (root *Node, reusable bool, err error) {
	if err := p.source.open(r, charset, p.limits); err != nil {
		return nil, false, err
	}
	p.before = p.decoder.InputOffset()
	p.document.Type = xmlquery.DocumentNode
	p.current = &p.document
	for first := true; ; first = false {
		offset := p.offset()
		if p.rooted && len(p.names) == 0 && p.source.finished(offset) {
			reusable = p.source.total <= largestReused
			break
		}
		if err := p.opening(offset, p.source.next(offset)); err != nil {
			return nil, false, err
		}
		token, err := p.decoder.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, false, p.syntax(err)
		}
		if err := p.token(token, offset, first); err != nil {
			return nil, false, err
		}
	}
	switch {
	case len(p.names) > 0:
		return nil, false, p.refuse(RuleSyntax, "element "+qualified(p.names[len(p.names)-1])+" is not closed")
	case !p.rooted:
		return nil, false, p.refuse(RuleRoot, "there is no root element")
	}
	root = p.document.FirstChild
	root.Parent = nil
	return root, reusable, nil
}

// offset gives the position in the document.
func (p *parser) offset() int64 { return p.decoder.InputOffset() - p.before }

// opening refuses what can be told by its first bytes, before the decoder reads
// all of it.
func (p *parser) opening(offset int64, head []byte) error {
	if len(head) < 2 || head[0] != '<' {
		return nil
	}
	switch {
	case head[1] == '?' && (offset > 0 || len(head) < 6 || string(head[:5]) != "<?xml" || head[5] > ' '):
		return &Error{Rule: RuleInstruction, Offset: offset, Detail: p.instruction(head)}
	case head[1] == '!' && len(head) > 2 && head[2] != '-' && head[2] != '[':
		return &Error{Rule: RuleDoctype, Offset: offset, Detail: noDoctype}
	case head[1] == '!' && len(head) > 2 && head[2] == '[' && len(p.names) == 0:
		return &Error{Rule: RuleRoot, Offset: offset, Detail: outsideRoot}
	}
	return nil
}

// instruction returns why "<?" is refused where it is: a declaration that is
// not at the very beginning is not a processing instruction, and whoever sent
// it looks for what is before it.
func (p *parser) instruction(head []byte) string {
	switch {
	case len(head) < 6 || string(head[:5]) != "<?xml" || head[5] > ' ':
		return noInstructions
	case !p.begun:
		return "there is white space before the XML declaration"
	}
	return "an XML declaration is allowed at the beginning of the document only"
}

// What is refused in more than one place.
const (
	noDoctype      = "document type declarations are not allowed"
	noInstructions = "processing instructions are not allowed"
	outsideRoot    = "there is text outside the root element"
)

func (p *parser) token(token xml.Token, offset int64, first bool) error {
	if _, text := token.(xml.CharData); !text {
		p.begun = true
	}
	switch t := token.(type) {
	case xml.StartElement:
		p.join()
		return p.start(t)
	case xml.EndElement:
		p.join()
		return p.end(t)
	case xml.CharData:
		return p.text(t)
	case xml.Comment:
		if !validComment(t) {
			return &Error{Rule: RuleSyntax, Offset: offset, Detail: "a comment holds what is no character"}
		}
	case xml.ProcInst:
		if !first || offset != 0 || t.Target != "xml" {
			return &Error{Rule: RuleInstruction, Offset: offset, Detail: noInstructions}
		}
	case xml.Directive:
		return &Error{Rule: RuleDoctype, Offset: offset, Detail: noDoctype}
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
			if a.Value == xmlNamespace || a.Value == xmlnsNamespace {
				return p.refuse(RulePrefix, "the default namespace cannot be declared so")
			}
			p.bindings = append(p.bindings, binding{uri: a.Value})
		case a.Name.Space == "xmlns":
			reserved := a.Name.Local == "xmlns" || a.Value == xmlnsNamespace || (a.Name.Local == "xml") != (a.Value == xmlNamespace)
			if a.Value == "" || reserved {
				return p.refuse(RulePrefix, "prefix "+printable(a.Name.Local)+" cannot be declared so")
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
	return "", p.refuse(RulePrefix, "prefix "+printable(prefix)+" is not declared")
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
		return p.refuse(RuleSyntax, "end of element "+qualified(t.Name)+" without its start")
	}
	if p.names[last] != t.Name {
		return p.refuse(RuleSyntax, "element "+qualified(p.names[last])+" is closed as "+qualified(t.Name))
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

// text adds a piece of text to the current element.
func (p *parser) text(t xml.CharData) error {
	if len(p.names) == 0 {
		if len(bytes.TrimLeft(t, " \t\r\n")) > 0 {
			return p.refuse(RuleRoot, outsideRoot)
		}
		return nil
	}
	last := p.current.LastChild
	joins := last != nil && last.Type == xmlquery.TextNode
	size := int64(len(t))
	if joins {
		size += int64(max(len(last.Data), len(p.joined)))
	}
	switch {
	case size > p.limits.Text:
		return &Error{Rule: RuleText, Limit: p.limits.Text, Seen: size, Offset: p.offset()}
	case len(t) == 0:
		return nil
	case joins && len(p.joined) == 0:
		p.joined = append(append(p.joined, last.Data...), t...)
	case joins:
		p.joined = append(p.joined, t...)
	default:
		n := p.node()
		n.Type, n.Data = xmlquery.TextNode, string(t)
		link(p.current, n)
	}
	return nil
}

// join ends a text that came in pieces.
func (p *parser) join() {
	if len(p.joined) > 0 {
		p.current.LastChild.Data = string(p.joined)
		p.joined = p.joined[:0]
	}
}

// node takes nodes from a slab, since a document is read and dropped whole.
func (p *parser) node() *Node {
	if len(p.slab) == 0 {
		p.slab = make([]Node, min(8+p.elements, 64))
	}
	n := &p.slab[0]
	p.slab = p.slab[1:]
	return n
}

func (p *parser) checkName(name xml.Name) error {
	size := len(name.Local)
	if name.Space != "" {
		size += len(name.Space) + 1
	}
	if size > p.limits.Name {
		return p.limit(RuleName, p.limits.Name, size)
	}
	if strings.Contains(name.Local, ":") {
		return p.refuse(RuleSyntax, "name "+printable(name.Local)+" has a colon out of place")
	}
	return nil
}

func (p *parser) limit(rule string, limit, seen int) error {
	return &Error{Rule: rule, Limit: int64(limit), Seen: int64(seen), Offset: p.offset()}
}

func (p *parser) refuse(rule, detail string) error {
	return &Error{Rule: rule, Offset: p.offset(), Detail: detail}
}

// syntax turns an error of the decoder into a refusal, and passes on errors of
// the reader below it.
func (p *parser) syntax(err error) error {
	var refused *Error
	if errors.As(err, &refused) {
		return refused
	}
	if errors.Is(err, errRead) {
		return err
	}
	text := strings.TrimPrefix(err.Error(), "xml: ")
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		text = syntax.Msg
	}
	for _, row := range quoting {
		if strings.HasPrefix(text, row.prefix) {
			text = row.detail
		}
	}
	return p.refuse(RuleSyntax, text)
}

// quoting lists the messages of the decoder that quote the document, which may
// be a password with a character that ought to be escaped.
var quoting = []struct{ prefix, detail string }{
	{"invalid character entity", malformedReference},
	{"invalid XML name", "a name is not valid"},
	{"invalid characters between </", "an end tag is not closed"},
	{"unsupported version", "only XML 1.0 is supported"},
}

// qualified quotes a name as it stands in the document.
func qualified(name xml.Name) string {
	if name.Space == "" {
		return printable(name.Local)
	}
	return printable(name.Space + ":" + name.Local)
}
