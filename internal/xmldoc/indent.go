package xmldoc

import (
	"strings"

	"github.com/antchfx/xmlquery"
)

// Indented writes a tree with a line for each element, those within another by
// so many blanks further to the right. Elements with text beside elements stay
// as they are: white space would change them.
func Indented(n *Node, width int) string {
	var b strings.Builder
	indent(&b, n, width, 0)
	return b.String()
}

func indent(b *strings.Builder, n *Node, width, level int) {
	pad := strings.Repeat(" ", width*level)
	elements, texts := false, false
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		isElement := c.Type == xmlquery.ElementNode
		elements = elements || isElement
		texts = texts || !isElement && strings.TrimSpace(c.Data) != ""
	}
	if !elements || texts {
		b.WriteString(pad + String(n) + "\n")
		return
	}
	empty := &Node{Type: n.Type, Data: n.Data, Prefix: n.Prefix, NamespaceURI: n.NamespaceURI, Attr: n.Attr}
	b.WriteString(pad + strings.TrimSuffix(String(empty), "/>") + ">\n")
	for c := range Elements(n) {
		indent(b, c, width, level+1)
	}
	name := n.Data
	if n.Prefix != "" {
		name = n.Prefix + ":" + name
	}
	b.WriteString(pad + "</" + name + ">\n")
}
