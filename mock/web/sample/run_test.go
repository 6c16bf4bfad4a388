package sample

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
)

func TestTrees(t *testing.T) {
	for text, want := range map[string]string{
		`<p n="1"/>`:            `<list><p n="1"/></list>`,
		` <list><p/></list> `:   `<list><p/></list>`,
		`<list>1</list><list/>`: `<list>1</list><list/>`,
		`plain`:                 `<list>plain</list>`,
		`<list/> and text`:      `<list><list/> and text</list>`,
		`<list/><other/>`:       `<list><list/><other/></list>`,
	} {
		nodes, err := trees("list", text)
		require.NoError(t, err, text)
		got := ""
		for _, n := range nodes {
			got += xmldoc.String(n)
		}
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"<a>", "</field><field>", "&x;", "<!DOCTYPE a><a/>"} {
		_, err := trees("list", text)
		assert.Error(t, err, text)
	}
}

func FuzzTrees(f *testing.F) {
	for _, text := range []string{`<p n="1"/>`, `<list/><list/>`, "text", "<a>", "</field><field>"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		nodes, err := trees("list", text)
		if err != nil {
			return
		}
		for _, n := range nodes {
			require.Equal(t, "list", n.Data)
			_, err := xmldoc.ParseString(xmldoc.String(n), xmldoc.Limits{})
			require.NoError(t, err, "what was read can be sent")
		}
	})
}

func TestLabel(t *testing.T) {
	for name, want := range map[string]string{
		"preferredDomainController": "Preferred Domain Controller", "name": "Name", "SMTPDomain": "SMTP Domain", "sn": "Sn",
		"createSMTPDomain": "Create SMTP Domain", "mdbDN": "Mdb DN", "sAMAccountName": "SAM Account Name",
	} {
		assert.Equal(t, want, label(name))
	}
}
