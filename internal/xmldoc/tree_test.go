package xmldoc_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/antchfx/xmlquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
)

func mustParse(t testing.TB, text string) *xmldoc.Node {
	t.Helper()
	n, err := xmldoc.ParseString(text, xmldoc.Limits{})
	require.NoError(t, err)
	return n
}

func TestParse_BuildsTheTree(t *testing.T) {
	root := mustParse(t, `<?xml version="1.0"?><!-- x --><s:a xmlns:s="u" xmlns="v" s:k="1" k="2" xml:lang="en">`+
		"\r\n <b> t&#x41;<!-- y --><![CDATA[<&]]>&gt; </b>\n<c xmlns=''/><d> </d> </s:a><!-- z -->\n")
	assert.Equal(t, "a", root.Data)
	assert.Equal(t, "u", root.NamespaceURI)
	assert.Nil(t, root.Parent)
	k, _ := xmldoc.Attr(root, "k")
	assert.Equal(t, "2", k)
	b := xmldoc.Child(root, "b")
	require.NotNil(t, b)
	assert.Equal(t, "v", b.NamespaceURI)
	assert.Equal(t, " tA<&> ", xmldoc.Text(b))
	assert.Same(t, b.FirstChild, b.LastChild, "pieces of text are one node")
	assert.Same(t, b, root.FirstChild, "white space between elements is dropped")
	assert.Empty(t, xmldoc.Child(root, "c").NamespaceURI)
	assert.Equal(t, " ", xmldoc.Text(xmldoc.Child(root, "d")), "white space in an element without elements stays")
	assert.Same(t, xmldoc.Child(root, "d"), root.LastChild)
	found, err := xmlquery.Query(root, "//b")
	require.NoError(t, err)
	assert.Same(t, b, found, "XPath works on the tree")
}

func TestParse_NormalizesLineEnds(t *testing.T) {
	assert.Equal(t, "1\n2\n3\n4\r", xmldoc.Text(mustParse(t, "<a>1\r\n2\r3\n4&#xD;</a>")))
}

func TestWrite_Exactly(t *testing.T) {
	for name, row := range map[string]struct{ text, want string }{
		"empty element":                {"<a></a>", "<a/>"},
		"escapes":                      {`<a b="&#9;&#10;&#13;&quot;'&amp;&lt;&gt;">&#9;&#10;&#13;"'&amp;&lt;&gt;</a>`, "<a b=\"&#x9;&#xA;&#xD;&quot;'&amp;&lt;&gt;\">\t\n&#xD;\"'&amp;&lt;&gt;</a>"},
		"declaration dropped":          {"<?xml version='1.0'?>\n<a/>", "<a/>"},
		"comments dropped":             {"<a><!-- x --></a>", "<a/>"},
		"default namespace once":       {`<a xmlns="u"><b xmlns="u"/></a>`, `<a xmlns="u"><b/></a>`},
		"default namespace taken back": {`<a xmlns="u"><b xmlns=""/></a>`, `<a xmlns="u"><b xmlns=""/></a>`},
		"prefix once":                  {`<p:a xmlns:p="u"><p:b xmlns:p="u"/></p:a>`, `<p:a xmlns:p="u"><p:b/></p:a>`},
		"prefix that only text uses":   {`<a xmlns:p="u"><b>p:c</b></a>`, `<a xmlns:p="u"><b>p:c</b></a>`},
		"prefix moved":                 {`<p:a xmlns:p="u"><p:b xmlns:p="v" p:c="1"/></p:a>`, `<p:a xmlns:p="u"><p:b xmlns:p="v" p:c="1"/></p:a>`},
		"attribute before declaration": {`<a p:b="1" xmlns:p="u"/>`, `<a xmlns:p="u" p:b="1"/>`},
		"xml prefix":                   {`<a xml:space="preserve"/>`, `<a xml:space="preserve"/>`},
		"xml prefix declared":          {`<a xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:lang="en"/>`, `<a xml:lang="en"/>`},
	} {
		t.Run(name, func(t *testing.T) {
			n := mustParse(t, row.text)
			assert.Equal(t, row.want, xmldoc.String(n))
			assert.Equal(t, row.want, string(xmldoc.Bytes(n)))
			var out bytes.Buffer
			require.NoError(t, xmldoc.Write(&out, n))
			assert.Equal(t, row.want, out.String())
		})
	}
}

func TestAppendXML_StandsUnderADefaultNamespace(t *testing.T) {
	n := mustParse(t, `<a><b xmlns="u"/></a>`)
	assert.Equal(t, `x<a xmlns=""><b xmlns="u"/></a>`, string(xmldoc.AppendXML([]byte("x"), n, "u")))
	assert.Equal(t, `<b/>`, string(xmldoc.AppendXML(nil, n.FirstChild, "u")))
}

func TestWrite_SubtreesStandAlone(t *testing.T) {
	root := mustParse(t, `<p:a xmlns:p="u" xmlns="v"><b p:k="1"><p:c/></b></p:a>`)
	assert.Equal(t, `<b xmlns="v" xmlns:p="u" p:k="1"><p:c/></b>`, xmldoc.String(root.FirstChild))
}

func TestWrite_ReplacesWhatXMLCannotHold(t *testing.T) {
	n := xmldoc.SetAttr(xmldoc.TextElement("a", "x\x00\x1f\xff\uFFFE\xed\xa0\x80y"), "b", "\x01")
	back := mustParse(t, xmldoc.String(n))
	assert.Equal(t, "x\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDy", xmldoc.Text(back))
}

func TestTree_Building(t *testing.T) {
	root := xmldoc.Element("a", xmldoc.TextElement("b", "1"), xmldoc.TextElement("c", "2"))
	b, c := xmldoc.Child(root, "b"), xmldoc.Child(root, "c")
	xmldoc.InsertBefore(c, xmldoc.Element("x"))
	assert.Equal(t, "<a><b>1</b><x/><c>2</c></a>", xmldoc.String(root))
	xmldoc.InsertBefore(b, c)
	assert.Equal(t, "<a><c>2</c><b>1</b><x/></a>", xmldoc.String(root))
	xmldoc.Append(root, c)
	assert.Equal(t, "<a><b>1</b><x/><c>2</c></a>", xmldoc.String(root))
	xmldoc.Remove(b)
	xmldoc.Remove(c)
	assert.Equal(t, "<a><x/></a>", xmldoc.String(root))
	xmldoc.SetText(root, "t")
	xmldoc.SetAttr(xmldoc.SetAttr(root, "k", "1"), "k", "2")
	assert.Equal(t, `<a k="2">t</a>`, xmldoc.String(root))
	xmldoc.SetText(root, "")
	assert.Nil(t, root.FirstChild)
}

func TestTree_Lookups(t *testing.T) {
	root := mustParse(t, `<a><b><c>1</c></b><b>2</b><p:d xmlns:p="u" k="3">x<e>y</e></p:d></a>`)
	assert.Equal(t, "1", xmldoc.Text(xmldoc.Path(root, "b", "c")))
	assert.Nil(t, xmldoc.Path(root, "b", "x", "c"))
	assert.Equal(t, "xy", xmldoc.Text(xmldoc.Child(root, "d")))
	text, ok := xmldoc.ChildText(root, "b")
	assert.True(t, ok)
	assert.Equal(t, "1", text)
	_, ok = xmldoc.ChildText(root, "x")
	assert.False(t, ok)
	count := 0
	for n := range xmldoc.Children(root, "b") {
		xmldoc.Remove(n)
		count++
	}
	assert.Equal(t, 2, count, "the current child can be taken out")
	assert.Empty(t, xmldoc.Text(nil))
	assert.Nil(t, xmldoc.Child(nil, "a"))
	_, ok = xmldoc.Attr(nil, "a")
	assert.False(t, ok)
	assert.Nil(t, xmldoc.Clone(nil))
}

func TestEqual(t *testing.T) {
	same := [][2]string{
		{`<p:a xmlns:p="u"/>`, `<a xmlns="u"/>`},
		{`<a b="1" c="2"/>`, `<a c="2" b="1"/>`},
		{`<a xmlns:p="u" p:b="1"/>`, `<a xmlns:q="u" q:b="1"/>`},
		{"<a>x</a>", "<a><![CDATA[x]]></a>"},
	}
	for _, pair := range same {
		assert.True(t, xmldoc.Equal(mustParse(t, pair[0]), mustParse(t, pair[1])), pair)
	}
	other := [][2]string{
		{`<a xmlns="u"/>`, `<a/>`},
		{`<a b="1"/>`, `<a b="2"/>`},
		{`<a b="1"/>`, `<a/>`},
		{`<a/>`, `<a b="1"/>`},
		{`<a b="1"/>`, `<a xmlns:p="u" p:b="1"/>`},
		{"<a>x</a>", "<a>y</a>"},
		{"<a/>", "<a><b/></a>"},
		{"<a><b/><c/></a>", "<a><c/><b/></a>"},
	}
	for _, pair := range other {
		assert.False(t, xmldoc.Equal(mustParse(t, pair[0]), mustParse(t, pair[1])), pair)
	}
	assert.True(t, xmldoc.Equal(nil, nil))
	assert.False(t, xmldoc.Equal(nil, mustParse(t, "<a/>")))
}

func TestWithoutNamespace(t *testing.T) {
	root := mustParse(t, `<p:a xmlns:p="u" xmlns="u"><b/><c xmlns="v" xmlns:p="u"><p:d/></c></p:a>`)
	xmldoc.WithoutNamespace(root, "u")
	assert.Equal(t, `<a><b/><c xmlns="v"><d xmlns=""/></c></a>`, xmldoc.String(root))
}

func TestParse_LongTextInPiecesIsNotQuadratic(t *testing.T) {
	const pieces = 100_000
	root, err := xmldoc.Parse(strings.NewReader("<a>"+strings.Repeat("x<!---->", pieces)+"</a>"), "", xmldoc.Limits{})
	require.NoError(t, err)
	assert.Equal(t, pieces, len(xmldoc.Text(root)))
}
