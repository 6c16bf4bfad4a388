package engine_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
)

// TestLanguage runs every case in testdata: a file has the sections request
// and response, and may have policies with the names of those that are on. A
// new case needs no code; -update writes its response.
func TestLanguage(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runCase(t, file) })
	}
}

func runCase(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	require.NoError(t, err)
	policies := engine.Policies{IgnoreUnknownArguments: true}
	var request, want string
	for _, f := range archive.Files {
		switch f.Name {
		case "request":
			request = string(f.Data)
		case "response":
			want = string(f.Data)
		case "policies":
			for _, name := range strings.Fields(string(f.Data)) {
				reflect.ValueOf(&policies).Elem().FieldByName(name).SetBool(true)
			}
		default:
			require.Fail(t, "unknown section", f.Name)
		}
	}
	u := enginetest.Open(t, engine.Config{Namespaces: []engine.Namespace{space()}, Policies: policies})
	got := indented(u.Run(request).Element())
	if *update {
		archive.Files = append(archive.Files[:len(archive.Files):len(archive.Files)], txtar.File{Name: "response", Data: []byte(got)})
		for i, f := range archive.Files[:len(archive.Files)-1] {
			if f.Name == "response" {
				archive.Files[i].Data = []byte(got)
				archive.Files = archive.Files[:len(archive.Files)-1]
				break
			}
		}
		require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
		return
	}
	assert.Equal(t, want, got)
}

// indented writes a document one element a line.
func indented(n *xmldoc.Node) string {
	var b strings.Builder
	indent(&b, n, "")
	return b.String()
}

func indent(b *strings.Builder, n *xmldoc.Node, by string) {
	first := xmldoc.Clone(n)
	if isLeaf(n) {
		b.WriteString(by + xmldoc.String(first) + "\n")
		return
	}
	xmldoc.SetText(first, "")
	empty := xmldoc.String(first)
	b.WriteString(by + strings.TrimSuffix(strings.TrimSuffix(empty, "/>"), "></"+n.Data+">") + ">\n")
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		indent(b, c, by+"  ")
	}
	b.WriteString(by + "</" + n.Data + ">\n")
}

func isLeaf(n *xmldoc.Node) bool {
	for range xmldoc.Elements(n) {
		return false
	}
	return true
}
