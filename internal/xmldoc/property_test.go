package xmldoc_test

import (
	"encoding/xml"
	"os"
	"strings"
	"testing"

	"github.com/antchfx/xmlquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/internal/xmldoc"
)

// Prefixes and what they mean somewhere; the empty prefix also means nothing.
var (
	prefixes   = []string{"", "p", "q", "é"}
	namespaces = []string{"http://u", "http://v", "urn:w&x"}
	names      = []string{"a", "b", "data", "Ünï", "x.y-z_1"}
)

// character draws what an XML document can hold.
var character = rapid.OneOf(
	rapid.RuneFrom([]rune("\t\n\r <>&\"']")), rapid.RuneFrom([]rune("abcXYZ019")),
	rapid.Rune().Filter(func(r rune) bool {
		return r >= ' ' && r < 0xd800 || r >= 0xe000 && r <= 0xfffd || r >= 0x10000
	}))

func text(t *rapid.T, label string) string {
	return string(rapid.SliceOfN(character, 0, 12).Draw(t, label))
}

// tree draws a tree in the shape that Parse gives: no empty text, no two texts
// side by side, no white space between elements.
func tree(t *rapid.T, depth int) *xmldoc.Node {
	n := xmldoc.Element(rapid.SampledFrom(names).Draw(t, "name"))
	scope := map[string]string{}
	bind := func(prefix string, none bool) string {
		if uri, ok := scope[prefix]; ok {
			return uri
		}
		choice := namespaces
		if none {
			choice = append([]string{""}, namespaces...)
		}
		scope[prefix] = rapid.SampledFrom(choice).Draw(t, "namespace")
		return scope[prefix]
	}
	n.Prefix = rapid.SampledFrom(prefixes).Draw(t, "prefix")
	n.NamespaceURI = bind(n.Prefix, n.Prefix == "")
	for range rapid.IntRange(0, 3).Draw(t, "attributes") {
		prefix := rapid.SampledFrom(prefixes).Draw(t, "attribute prefix")
		a := xmlquery.Attr{Name: xml.Name{Space: prefix, Local: rapid.SampledFrom(names).Draw(t, "attribute")}, Value: text(t, "value")}
		if prefix != "" {
			a.NamespaceURI = bind(prefix, false)
		}
		if !hasAttribute(n, a) {
			n.Attr = append(n.Attr, a)
		}
	}
	elements := false
	for range rapid.IntRange(0, min(3, depth)).Draw(t, "children") {
		last := n.LastChild
		if rapid.Bool().Draw(t, "element") {
			xmldoc.Append(n, tree(t, depth-1))
			elements = true
		} else if last == nil || last.Type != xmlquery.TextNode {
			if s := text(t, "text"); s != "" {
				xmldoc.Append(n, &xmldoc.Node{Type: xmlquery.TextNode, Data: s})
			}
		}
	}
	if elements {
		for c := n.FirstChild; c != nil; {
			next := c.NextSibling
			if c.Type == xmlquery.TextNode && strings.Trim(c.Data, " \t\r\n") == "" {
				c.Data = "." + c.Data
			}
			c = next
		}
	}
	return n
}

func hasAttribute(n *xmldoc.Node, a xmlquery.Attr) bool {
	for _, b := range n.Attr {
		if b.Name.Local == a.Name.Local && b.NamespaceURI == a.NamespaceURI {
			return true
		}
	}
	return false
}

func TestProperty_WriteThenParse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := tree(t, 4)
		written := xmldoc.String(want)
		got, err := xmldoc.ParseString(written, xmldoc.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if !xmldoc.Equal(want, got) {
			t.Fatalf("%s came back as %s", written, xmldoc.String(got))
		}
		if again := xmldoc.String(got); again != written {
			t.Fatalf("%s was written again as %s", written, again)
		}
		if clone := xmldoc.Clone(got); !xmldoc.Equal(got, clone) || xmldoc.String(clone) != written {
			t.Fatalf("the clone of %s is %s", written, xmldoc.String(clone))
		}
	})
}

func TestProperty_EmbeddedInAnyDefaultNamespace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := tree(t, 3)
		outer := rapid.SampledFrom(append([]string{""}, namespaces...)).Draw(t, "outer")
		b := xmldoc.AppendText([]byte(`<w xmlns="`), outer)
		b = xmldoc.AppendXML(append(b, `">`...), want, outer)
		root, err := xmldoc.ParseBytes(append(b, `</w>`...), xmldoc.Limits{})
		if err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if !xmldoc.Equal(want, root.FirstChild) {
			t.Fatalf("%s came back as %s", b, xmldoc.String(root.FirstChild))
		}
	})
}

// FuzzParse holds that nothing panics, that what parses comes back the same
// after writing, and that every refusal names a rule.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"enableuser.xml", "createbusinessuser.xml"} {
		seed, err := os.ReadFile("testdata/" + name)
		require.NoError(f, err)
		f.Add(seed, "")
	}
	f.Add([]byte("\xff\xfe<\x00a\x00/\x00>\x00"), "utf-16")
	f.Add([]byte(`<?xml version="1.0" encoding="windows-1252"?><a>`+"\x80</a>"), "")
	f.Add([]byte(`<p:a xmlns:p="u" p:b="&#x41;&lt;"><![CDATA[x]]>y<!-- z --></p:a>`), "utf-8")
	f.Add([]byte(`<a>&#xD800;</a>`), "iso-8859-1")
	f.Add([]byte(`<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`), "")
	f.Fuzz(func(t *testing.T, document []byte, charset string) {
		root, err := xmldoc.Parse(strings.NewReader(string(document)), charset, xmldoc.Limits{})
		if err != nil {
			refused := new(xmldoc.Error)
			require.ErrorAs(t, err, &refused)
			require.Contains(t, xmldoc.Rules(), refused.Rule)
			require.LessOrEqual(t, len(err.Error()), 400)
			return
		}
		written := xmldoc.Bytes(root)
		again, err := xmldoc.ParseBytes(written, xmldoc.Limits{Bytes: 64 << 20, Attributes: 1000, TotalAttributes: 100_000})
		require.NoError(t, err, "%s", written)
		assert.True(t, xmldoc.Equal(root, again), "%s", written)
		assert.Equal(t, string(written), xmldoc.String(again))
	})
}
