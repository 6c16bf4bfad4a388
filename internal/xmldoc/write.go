package xmldoc

import (
	"io"
	"unicode/utf8"

	"github.com/antchfx/xmlquery"
)

// Bytes gives n as XML text, without a declaration.
func Bytes(n *Node) []byte { return AppendXML(nil, n, "") }

// String gives n as XML text, without a declaration.
func String(n *Node) string { return string(AppendXML(make([]byte, 0, 512), n, "")) }

// Write writes n as XML text, without a declaration.
func Write(w io.Writer, n *Node) error {
	_, err := w.Write(Bytes(n))
	return err
}

// AppendXML appends n as XML text to b. The text will stand where the default
// namespace is defaultNamespace, so an element in no namespace gets xmlns=""
// if that is not empty.
func AppendXML(b []byte, n *Node, defaultNamespace string) []byte {
	w := writer{b: b}
	if defaultNamespace != "" {
		w.scope = append(w.scope, binding{uri: defaultNamespace})
	}
	w.node(n)
	return w.b
}

// Size gives about the number of bytes that n takes as XML text, less what
// escapes and namespace declarations add.
func Size(n *Node) int {
	size := len(n.Data)
	if n.Type == xmlquery.ElementNode {
		size = 2*(len(n.Prefix)+len(n.Data)) + len("<:></:>")
	}
	for _, a := range n.Attr {
		size += len(a.Name.Space) + len(a.Name.Local) + len(a.Value) + len(` :=""`)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		size += Size(c)
	}
	return size
}

type writer struct {
	b     []byte
	scope []binding
}

func (w *writer) node(n *Node) {
	switch n.Type {
	case xmlquery.ElementNode:
		w.element(n)
	case xmlquery.TextNode, xmlquery.CharDataNode:
		w.b = AppendText(w.b, n.Data)
	case xmlquery.DocumentNode:
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			w.node(c)
		}
	}
}

func (w *writer) element(n *Node) {
	mark := len(w.scope)
	w.b = append(w.b, '<')
	w.name(n.Prefix, n.Data)
	w.bind(n.Prefix, n.NamespaceURI)
	for _, a := range n.Attr {
		switch {
		case !declares(a):
			if a.Name.Space != "" {
				w.bind(a.Name.Space, a.NamespaceURI)
			}
			w.attribute(a.Name.Space, a.Name.Local, a.Value)
		case a.Name.Space == "xmlns":
			w.declareOnce(mark, a.Name.Local, a.Value)
		}
	}
	if n.FirstChild == nil {
		w.b = append(w.b, '/', '>')
	} else {
		w.b = append(w.b, '>')
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			w.node(c)
		}
		w.b = append(w.b, '<', '/')
		w.name(n.Prefix, n.Data)
		w.b = append(w.b, '>')
	}
	w.scope = w.scope[:mark]
}

// bind declares a prefix unless it means uri already.
func (w *writer) bind(prefix, uri string) {
	if prefix == "xml" || w.lookup(prefix) == uri {
		return
	}
	w.declare(prefix, uri)
}

// declareOnce writes the declaration of a prefix kept from the source, which
// text may refer to, unless this element has declared the prefix already or it
// would change nothing.
func (w *writer) declareOnce(mark int, prefix, uri string) {
	for _, b := range w.scope[mark:] {
		if b.prefix == prefix {
			return
		}
	}
	if prefix != "xml" && w.lookup(prefix) != uri {
		w.declare(prefix, uri)
	}
}

func (w *writer) declare(prefix, uri string) {
	w.scope = append(w.scope, binding{prefix, uri})
	if prefix == "" {
		w.attribute("", "xmlns", uri)
	} else {
		w.attribute("xmlns", prefix, uri)
	}
}

func (w *writer) lookup(prefix string) string {
	for i := len(w.scope) - 1; i >= 0; i-- {
		if w.scope[i].prefix == prefix {
			return w.scope[i].uri
		}
	}
	return ""
}

func (w *writer) name(prefix, local string) {
	if prefix != "" {
		w.b = append(append(w.b, prefix...), ':')
	}
	w.b = append(w.b, local...)
}

func (w *writer) attribute(prefix, local, value string) {
	w.b = append(w.b, ' ')
	w.name(prefix, local)
	w.b = append(w.b, '=', '"')
	w.b = appendEscaped(w.b, value, true)
	w.b = append(w.b, '"')
}

// AppendText appends s as character data.
func AppendText(b []byte, s string) []byte { return appendEscaped(b, s, false) }

// AppendValue appends s as the value of an attribute, without quotes.
func AppendValue(b []byte, s string) []byte { return appendEscaped(b, s, true) }

// appendEscaped escapes what XML needs escaped and replaces characters that no
// XML document can hold by U+FFFD.
func appendEscaped(b []byte, s string, attribute bool) []byte {
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '&' && c != '<' && c != '>' && c != '"' {
			i++
			continue
		}
		escape, width := "", 1
		switch {
		case c == '&':
			escape = "&amp;"
		case c == '<':
			escape = "&lt;"
		case c == '>':
			escape = "&gt;"
		case c == '\r':
			escape = "&#xD;"
		case c == '"' && attribute:
			escape = "&quot;"
		case c == '\n' && attribute:
			escape = "&#xA;"
		case c == '\t' && attribute:
			escape = "&#x9;"
		case c == '"', c == '\n', c == '\t':
		case c < ' ':
			escape = "\uFFFD"
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			width = size
			if r == utf8.RuneError && size == 1 || r == 0xFFFE || r == 0xFFFF {
				escape = "\uFFFD"
			}
		}
		if escape != "" {
			b = append(append(b, s[from:i]...), escape...)
			from = i + width
		}
		i += width
	}
	return append(b, s[from:]...)
}
