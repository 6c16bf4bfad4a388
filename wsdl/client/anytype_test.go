package client

import (
	"encoding/xml"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type message struct {
	XMLName xml.Name `xml:"urn:m message"`
	Content *AnyType `xml:"content,omitempty"`
}

func TestAnyType_StandsOnItsOwn(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"no namespace":        {`<a><b/></a>`, `<a xmlns=""><b/></a>`},
		"attributes":          {`<a x="1"/>`, `<a xmlns="" x="1"/>`},
		"blank in the tag":    {"<a\n/>", "<a xmlns=\"\"\n/>"},
		"default declared":    {`<a xmlns="urn:x"/>`, `<a xmlns="urn:x"/>`},
		"default undeclared":  {`<a xmlns=""/>`, `<a xmlns=""/>`},
		"prefix":              {`<p:a xmlns:p="urn:x"><b/></p:a>`, `<p:a xmlns:p="urn:x"><b/></p:a>`},
		"prefix on attribute": {`<a xmlns:p="urn:x" p:b="1"/>`, `<a xmlns="" xmlns:p="urn:x" p:b="1"/>`},
		"two elements":        {`<a/>text<b/>`, `<a xmlns=""/>text<b xmlns=""/>`},
		"comment and CDATA":   {`<!-- <c/> --><ä><![CDATA[<d>]]></ä>`, `<!-- <c/> --><ä xmlns=""><![CDATA[<d>]]></ä>`},
		"text":                {`a &amp; b`, `a &amp; b`},
		"nothing":             {``, ``},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := xml.Marshal(message{Content: &AnyType{c.in}})
			require.NoError(t, err)
			assert.Equal(t, `<message xmlns="urn:m"><content>`+c.want+`</content></message>`, string(got))
			var back message
			require.NoError(t, xml.Unmarshal(got, &back))
			assert.Equal(t, c.want, back.Content.InnerXML)
		})
	}
}

func TestAnyType_RefusesWhatBreaksTheMessage(t *testing.T) {
	for name, in := range map[string]string{
		"end tag too many": `<a/></content><content>`,
		"not closed":       `<a>`,
		"crossed":          `<a><b></a></b>`,
		"declaration":      `<?xml version="1.0"?><a/>`,
		"instruction":      `<a><?php x ?></a>`,
		"document type":    `<!DOCTYPE a><a/>`,
		"bare ampersand":   `<a>R&D</a>`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := xml.Marshal(message{Content: &AnyType{in}})
			assert.ErrorContains(t, err, "xml content of content")
		})
	}
}

func TestAnyType_NilIsAbsent(t *testing.T) {
	got, err := xml.Marshal(message{})
	require.NoError(t, err)
	assert.Equal(t, `<message xmlns="urn:m"></message>`, string(got))
	var back message
	require.NoError(t, xml.Unmarshal(got, &back))
	assert.Nil(t, back.Content)
}

func FuzzStandalone(f *testing.F) {
	for _, seed := range []string{`<a><b/></a>`, `<a xmlns:p="urn:x" p:b="1"/>`, `<a/></content><content>`, "a &amp; b", "<a\n/>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		out, err := standalone(in)
		if err != nil {
			return
		}
		again, err := standalone(out)
		require.NoError(t, err)
		assert.Equal(t, out, again)
		assert.NoError(t, xml.Unmarshal([]byte(`<message xmlns="urn:m"><content>`+out+`</content></message>`), new(message)))
	})
}
