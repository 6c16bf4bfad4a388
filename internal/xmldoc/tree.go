package xmldoc

import (
	"encoding/xml"
	"iter"
	"strings"

	"github.com/antchfx/xmlquery"
)

// Element makes an element in no namespace with the given children.
func Element(name string, children ...*Node) *Node {
	n := &Node{Type: xmlquery.ElementNode, Data: name}
	for _, c := range children {
		link(n, c)
	}
	return n
}

// TextElement makes an element in no namespace that holds text.
func TextElement(name, text string) *Node {
	if text == "" {
		return Element(name)
	}
	nodes := &[2]Node{{Type: xmlquery.ElementNode, Data: name}, {Type: xmlquery.TextNode, Data: text}}
	link(&nodes[0], &nodes[1])
	return &nodes[0]
}

// SetText replaces the content of n by text.
func SetText(n *Node, text string) {
	n.FirstChild, n.LastChild = nil, nil
	if text != "" {
		link(n, &Node{Type: xmlquery.TextNode, Data: text})
	}
}

// Text gives all text below n, in document order. It is "" for nil.
func Text(n *Node) string {
	if n == nil {
		return ""
	}
	if n.Type == xmlquery.TextNode || n.Type == xmlquery.CharDataNode {
		return n.Data
	}
	if c := n.FirstChild; c != nil && c.NextSibling == nil {
		return Text(c)
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(Text(c))
	}
	return b.String()
}

// Child gives the first child element with the local name, or nil. It is nil
// for nil.
func Child(n *Node, name string) *Node {
	for c := range Elements(n) {
		if c.Data == name {
			return c
		}
	}
	return nil
}

// ChildText gives the text of the first child element with the local name, and
// whether there is one.
func ChildText(n *Node, name string) (string, bool) {
	c := Child(n, name)
	return Text(c), c != nil
}

// Elements walks the child elements of n. The current child may be taken out
// of the tree while walking.
func Elements(n *Node) iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		if n == nil {
			return
		}
		for c := n.FirstChild; c != nil; {
			next := c.NextSibling
			if c.Type == xmlquery.ElementNode && !yield(c) {
				return
			}
			c = next
		}
	}
}

// Children walks the child elements with the local name.
func Children(n *Node, name string) iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		for c := range Elements(n) {
			if c.Data == name && !yield(c) {
				return
			}
		}
	}
}

// Path walks down by local names and gives the first element found, or nil.
func Path(n *Node, names ...string) *Node {
	for _, name := range names {
		n = Child(n, name)
	}
	return n
}

// Attr gives the value of an attribute in no namespace, and whether it is
// there.
func Attr(n *Node, name string) (string, bool) {
	if n != nil {
		for _, a := range n.Attr {
			if a.Name.Space == "" && a.Name.Local == name {
				return a.Value, true
			}
		}
	}
	return "", false
}

// SetAttr sets an attribute in no namespace and gives n.
func SetAttr(n *Node, name, value string) *Node {
	for i, a := range n.Attr {
		if a.Name.Space == "" && a.Name.Local == name {
			n.Attr[i].Value = value
			return n
		}
	}
	n.Attr = append(n.Attr, xmlquery.Attr{Name: xml.Name{Local: name}, Value: value})
	return n
}

// Append adds a child at the end of n, taking it out of the tree it was in, and
// gives n.
func Append(n, child *Node) *Node {
	Remove(child)
	link(n, child)
	return n
}

// InsertBefore puts a node before its new sibling.
func InsertBefore(sibling, n *Node) {
	Remove(n)
	n.Parent, n.NextSibling, n.PrevSibling = sibling.Parent, sibling, sibling.PrevSibling
	if sibling.PrevSibling != nil {
		sibling.PrevSibling.NextSibling = n
	} else if sibling.Parent != nil {
		sibling.Parent.FirstChild = n
	}
	sibling.PrevSibling = n
}

// Remove takes n out of its tree.
func Remove(n *Node) {
	if n.Parent != nil {
		if n.Parent.FirstChild == n {
			n.Parent.FirstChild = n.NextSibling
		}
		if n.Parent.LastChild == n {
			n.Parent.LastChild = n.PrevSibling
		}
	}
	if n.PrevSibling != nil {
		n.PrevSibling.NextSibling = n.NextSibling
	}
	if n.NextSibling != nil {
		n.NextSibling.PrevSibling = n.PrevSibling
	}
	n.Parent, n.PrevSibling, n.NextSibling = nil, nil, nil
}

// Clone copies n and everything below it into a tree of its own.
func Clone(n *Node) *Node {
	if n == nil {
		return nil
	}
	nodes := make([]Node, nodesOf(n))
	clone(n, nodes)
	return &nodes[0]
}

// clone copies n into the first of some nodes and what is below it into those
// that follow. It returns the rest.
func clone(n *Node, to []Node) []Node {
	c, rest := &to[0], to[1:]
	c.Type, c.Data, c.Prefix, c.NamespaceURI = n.Type, n.Data, n.Prefix, n.NamespaceURI
	c.Attr = append(c.Attr, n.Attr...)
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		link(c, &rest[0])
		rest = clone(child, rest)
	}
	return rest
}

// nodesOf returns how many nodes a tree has.
func nodesOf(n *Node) int {
	nodes := 1
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		nodes += nodesOf(child)
	}
	return nodes
}

// Equal tells whether two trees are the same: names, namespaces, attributes in
// any order, text and order of children. Prefixes do not count.
func Equal(a, b *Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Type != b.Type || a.Data != b.Data || a.NamespaceURI != b.NamespaceURI || !equalAttributes(a, b) {
		return false
	}
	x, y := a.FirstChild, b.FirstChild
	for x != nil && y != nil {
		if !Equal(x, y) {
			return false
		}
		x, y = x.NextSibling, y.NextSibling
	}
	return x == nil && y == nil
}

func equalAttributes(a, b *Node) bool {
	count := 0
	for _, y := range b.Attr {
		if !declares(y) {
			count++
		}
	}
	for _, x := range a.Attr {
		if declares(x) {
			continue
		}
		count--
		found := false
		for _, y := range b.Attr {
			found = found || x.Name.Local == y.Name.Local && x.NamespaceURI == y.NamespaceURI && x.Value == y.Value && !declares(y)
		}
		if !found {
			return false
		}
	}
	return count == 0
}

// WithoutNamespace moves n and every element below it that is in the given
// namespace into none, and drops the declarations of that namespace.
func WithoutNamespace(n *Node, uri string) {
	if n.NamespaceURI == uri {
		n.NamespaceURI, n.Prefix = "", ""
	}
	kept := n.Attr[:0]
	for _, a := range n.Attr {
		if !declares(a) || a.Value != uri {
			kept = append(kept, a)
		}
	}
	n.Attr = kept
	for c := range Elements(n) {
		WithoutNamespace(c, uri)
	}
}

// declares tells whether an attribute is a namespace declaration.
func declares(a xmlquery.Attr) bool {
	return a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns"
}

func link(parent, n *Node) {
	n.Parent, n.PrevSibling, n.NextSibling = parent, parent.LastChild, nil
	if parent.LastChild != nil {
		parent.LastChild.NextSibling = n
	} else {
		parent.FirstChild = n
	}
	parent.LastChild = n
}

// compact drops white space between the child elements of n.
func compact(n *Node) {
	hasElement := false
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == xmlquery.ElementNode {
			hasElement = true
			break
		}
	}
	if !hasElement {
		return
	}
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == xmlquery.TextNode && strings.Trim(c.Data, " \t\r\n") == "" {
			Remove(c)
		}
		c = next
	}
}
