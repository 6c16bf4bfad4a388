package house

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rules name packages of this module that others must not import, tests
// included. Only cmd and the conformance tests see both halves.
var rules = []struct{ from, forbidden, reason string }{
	{"adapter", "mock", "the gateway meets the emulator in mpf only"},
	{"mock", "adapter", "the emulator meets the gateway in mpf only"},
	{"mock", "wsdl", "the emulator does not know the web services"},
	{"mock", "internal/soap", "the emulator's SOAP door is mpf.NewHandler"},
	{"mpf", "adapter", "the vocabulary has no behaviour of either side"},
	{"mpf", "mock", "the vocabulary has no behaviour of either side"},
	{"mpf", "wsdl", "the vocabulary does not know the web services"},
	{"wsdl", "adapter", "the contract knows no implementation"},
	{"wsdl", "mock", "the contract knows no implementation"},
	{"wsdl", "mpf", "the contract knows no implementation"},
	{"internal/soap", "mpf", "envelopes know nothing of what they carry"},
	{"internal/xmldoc", "mpf", "the XML layer knows no document type"},
	{"internal/ldappath", "mpf", "paths know no document type"},
	{"adapter", "internal/wsdlgen", "the generator is a tool"},
	{"cmd", "internal/wsdlgen", "the generator is a tool"},
	{"mock/engine", "mock/namespace", "the engine gets its procedures as rows"},
	{"mock/state", "mock/", "the state knows no room and no ledger"},
	{"mock/ledger", "mpf", "the ledger knows no documents"},
	{"mock/ledger", "mock/engine", "the ledger knows no engine"},
	{"mock/directory", "mpf", "the directory knows no documents"},
	{"mock/directory", "mock/resource", "the directory knows no other room"},
	{"mock/directory", "mock/plan", "the directory knows no other room"},
	{"mock/directory", "mock/queue", "the directory knows no other room"},
	{"mock/directory", "mock/mail", "the directory knows no other room"},
	{"mock/resource", "mpf", "the resource manager's rows know no documents"},
	{"mock/resource", "mock/plan", "the resource manager knows no plans"},
	{"mock/plan", "mpf", "plans know no documents"},
	{"mock/queue", "mpf", "the queue knows no documents"},
	{"mock/replica", "mock/directory", "views are of whatever controllers replicate"},
	{"mock/namespace", "github.com/labstack/echo/v4", "semantics know no web framework"},
	{"mock/engine", "github.com/labstack/echo/v4", "semantics know no web framework"},
	{"mpf", "github.com/labstack/echo/v4", "semantics know no web framework"},
	{"adapter", "html/template", heavy},
	{"adapter", "text/template", heavy},
	{"mock", "html/template", heavy},
	{"mock", "text/template", heavy},
	{"cmd", "html/template", heavy},
	{"cmd", "text/template", heavy},
}

const heavy = "it makes the linker keep every method, which is 4 MB of a program"

const module = "wsexchange/"

func TestImports(t *testing.T) {
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	packages := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); name == "testdata" || name == "bin" || strings.HasPrefix(name, ".") {
			return filepath.SkipDir
		}
		pkg, err := build.ImportDir(path, 0)
		if err != nil {
			return nil // a folder without Go files
		}
		packages++
		rel, err := filepath.Rel(root, path)
		require.NoError(t, err)
		check(t, filepath.ToSlash(rel), append(append(pkg.Imports, pkg.TestImports...), pkg.XTestImports...))
		return nil
	})
	require.NoError(t, err)
	assert.Greater(t, packages, 20, "the walk found the module's packages")
}

func check(t *testing.T, from string, imports []string) {
	for _, path := range imports {
		for _, r := range rules {
			if under(from, r.from) && under(strings.TrimPrefix(path, module), r.forbidden) {
				t.Errorf("%s imports %s: %s", from, path, r.reason)
			}
		}
	}
}

func under(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}
