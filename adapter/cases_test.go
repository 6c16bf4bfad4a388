package adapter

import (
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
	"wsexchange/wsdl"
)

var update = flag.Bool("update", false, "write mpf-request and soap-response of the cases anew")

// Sections of a case, in order. mpf-request and mpf-response are empty where
// the call is refused before it is submitted.
const (
	soapRequest  = "soap-request"
	mpfRequest   = "mpf-request"
	mpfResponse  = "mpf-response"
	soapResponse = "soap-response"
)

// TestCases walks testdata/<service>/<Operation>-<case>.txtar. Each row needs a
// success and a failure.
func TestCases(t *testing.T) {
	services, err := compile(tables, wsdl.Services())
	require.NoError(t, err)
	for _, s := range services {
		seen := map[string]map[Outcome]bool{}
		files, err := filepath.Glob(filepath.Join("testdata", strings.ToLower(s.contract.Name), "*.txtar"))
		require.NoError(t, err)
		for _, file := range files {
			operation, _, ok := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".txtar"), "-")
			require.True(t, ok, "%s is not named <Operation>-<case>.txtar", file)
			require.NotNil(t, s.operations[operation], "%s is named for no operation", file)
			t.Run(s.contract.Name+"/"+filepath.Base(file), func(t *testing.T) {
				if seen[operation] == nil {
					seen[operation] = map[Outcome]bool{}
				}
				seen[operation][runCase(t, s.contract.Name, operation, file)] = true
			})
		}
		for name := range s.operations {
			assert.True(t, seen[name][OutcomeOK], "%s.%s has no case that succeeds", s.contract.Name, name)
			assert.True(t, seen[name][OutcomeMPFError], "%s.%s has no case that fails", s.contract.Name, name)
		}
	}
}

func runCase(t *testing.T, service, operation, file string) Outcome {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	require.NoError(t, err)
	sections := map[string]string{}
	for _, f := range archive.Files {
		sections[f.Name] = strings.TrimSuffix(string(f.Data), "\n")
	}
	e := &engine{answer: func(*mpf.Request) (*mpf.Response, error) {
		root, err := xmldoc.ParseString(sections[mpfResponse], xmldoc.Limits{})
		if err != nil {
			return nil, err
		}
		return mpf.ParseResponse(root)
	}}
	config := testConfig(t, e)
	var seen Observation
	config.Observe = func(o Observation) { seen = o }
	w := serve(newHandler(t, config), post(service, sections[soapRequest], func(r *http.Request) {
		r.Header.Set("SOAPAction", `"`+namespace+"/"+operation+`"`)
	}))
	request := ""
	if e.request != nil {
		request = indented(e.request.Element())
	}
	if *update {
		writeCase(t, file, archive, map[string]string{mpfRequest: request, soapResponse: w.Body.String()})
		return seen.Outcome
	}
	assert.Equal(t, sections[mpfRequest], request)
	assert.Equal(t, sections[soapResponse], w.Body.String())
	assert.NotContains(t, w.Body.String(), testPassword)
	return seen.Outcome
}

func writeCase(t *testing.T, file string, old *txtar.Archive, sections map[string]string) {
	t.Helper()
	archive := &txtar.Archive{Comment: old.Comment}
	for _, name := range []string{soapRequest, mpfRequest, mpfResponse, soapResponse} {
		content, ok := sections[name]
		for _, f := range old.Files {
			if f.Name == name && !ok {
				content = strings.TrimSuffix(string(f.Data), "\n")
			}
		}
		if content != "" {
			content += "\n"
		}
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(content)})
	}
	require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
}

// indented writes a tree with one element a line, for people to review.
func indented(n *xmldoc.Node) string {
	var b strings.Builder
	indent(&b, n, "")
	return strings.TrimSuffix(b.String(), "\n")
}

func indent(b *strings.Builder, n *xmldoc.Node, margin string) {
	if !hasElements(n) {
		b.WriteString(margin + xmldoc.String(n) + "\n")
		return
	}
	shell := xmldoc.Clone(n)
	xmldoc.SetText(shell, "\x00")
	start, end, _ := strings.Cut(xmldoc.String(shell), "\uFFFD")
	b.WriteString(margin + start + "\n")
	for c := range xmldoc.Elements(n) {
		indent(b, c, margin+"  ")
	}
	b.WriteString(margin + end + "\n")
}
