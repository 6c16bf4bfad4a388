package xmldoc_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
)

// Parsers go from document to document. None may know of the one before: not
// its prefixes, its limits, its encoding nor its length.
func TestParse_ForgetsTheDocumentBefore(t *testing.T) {
	rows := []struct{ document, charset, text, refusal string }{
		{document: `<p:a xmlns:p="u"><p:b>secret</p:b></p:a>`, text: "secret"},
		{document: `<p:a/>`, refusal: `XML refused: prefix "p" is not declared, at byte 6`},
		{document: "<?xml version='1.0' encoding='windows-1252'?><a>\x80</a>\n", text: "€"},
		{document: "<a>\xe4</a>", charset: "iso-8859-1", text: "ä"},
		{document: "<a>\x80</a>", refusal: "XML refused: invalid UTF-8, at byte 4"},
		{document: "<a/>" + strings.Repeat(" ", 9000), text: ""},
		{document: "<a/> <!-- --> <b/>", refusal: "XML refused: there is a second root element, at byte 18"},
		{document: "<a>" + strings.Repeat("x", 50_000) + "</a>", text: strings.Repeat("x", 50_000)},
		{document: "<a/>x", refusal: "XML refused: there is text outside the root element, at byte 5"},
		{document: "<a>b</a>", text: "b"},
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 200 {
				row := rows[i%len(rows)]
				root, err := xmldoc.Parse(strings.NewReader(row.document), row.charset, xmldoc.Limits{})
				if row.refusal != "" {
					assert.EqualError(t, err, row.refusal)
					continue
				}
				if assert.NoError(t, err) {
					assert.Equal(t, row.text, xmldoc.Text(root))
				}
			}
		})
	}
	all.Wait()
}

// The limit on text is that of the text, however much longer it is escaped.
func TestParse_TextLimitCountsWhatIsMeant(t *testing.T) {
	const most = 20_000
	limits := xmldoc.Limits{Text: most}
	for name, piece := range map[string]string{
		"plain": "x", "entity": "&amp;", "number": "&#x0041;", "line end": "\r\n", "two bytes": "é",
	} {
		t.Run(name, func(t *testing.T) {
			size := len(piece)
			if piece != "é" {
				size = 1
			}
			fits := strings.Repeat(piece, most/size)
			root, err := xmldoc.ParseString("<a>"+fits+"</a>", limits)
			require.NoError(t, err)
			assert.Len(t, xmldoc.Text(root), most)
			_, err = xmldoc.ParseString("<a>"+fits+"x</a>", limits)
			var refused *xmldoc.Error
			require.True(t, errors.As(err, &refused), "%v", err)
			assert.Equal(t, xmldoc.RuleText, refused.Rule)
		})
	}
}

func TestLimits_Without(t *testing.T) {
	root, err := xmldoc.ParseString(`<a b="c"><d/><e f="g" h="i"/>text</a>`, xmldoc.Limits{})
	require.NoError(t, err)
	want := xmldoc.DefaultLimits()
	want.Elements, want.TotalAttributes = want.Elements-3, want.TotalAttributes-3
	assert.Equal(t, want, xmldoc.Limits{}.Without(root))
	few := xmldoc.Limits{Elements: 2, TotalAttributes: 2}.Without(root)
	assert.Equal(t, 1, few.Elements, "none left is not the default")
	assert.Equal(t, 1, few.TotalAttributes, "none left is not the default")
}

func TestSize(t *testing.T) {
	root, err := xmldoc.ParseString(`<a b="c"><d>text</d></a>`, xmldoc.Limits{})
	require.NoError(t, err)
	written := len(xmldoc.Bytes(root))
	assert.InDelta(t, written, xmldoc.Size(root), 8)
	assert.GreaterOrEqual(t, xmldoc.Size(root), written)
}
