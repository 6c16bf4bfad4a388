package examples

import (
	"cmp"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mock/engine"
	"wsexchange/mock/ledger"
	"wsexchange/mock/namespace"
	"wsexchange/mpf"
)

// example is a file.
type example struct {
	text  string
	needs []string
	fails string // the code, or ""
}

var header = regexp.MustCompile(`(?m)^  (Needs|Fails): (.*)$`)

// load reads every example, by namespace/procedure.
func load(t *testing.T) map[string]*example {
	t.Helper()
	all := make(map[string]*example)
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".xml" {
			return err
		}
		text, err := os.ReadFile(filepath.FromSlash(name))
		e := &example{text: string(text)}
		for _, line := range header.FindAllStringSubmatch(e.text, -1) {
			if line[1] == "Needs" {
				e.needs = append(e.needs, line[2])
			} else {
				e.fails = line[2]
			}
		}
		all[strings.TrimSuffix(name, ".xml")] = e
		return err
	})
	require.NoError(t, err)
	return all
}

// order gives what an example needs, in order, and the example.
func order(t *testing.T, all map[string]*example, name string, before []string) []string {
	t.Helper()
	require.Contains(t, all, name)
	require.Less(t, len(before), len(all), "%s needs itself", name)
	if slices.Contains(before, name) {
		return before
	}
	for _, need := range all[name].needs {
		before = order(t, all, need, before)
	}
	return append(before, name)
}

func (e *example) request(t *testing.T) *mpf.Request {
	t.Helper()
	root, err := xmldoc.ParseString(e.text, xmldoc.Limits{})
	require.NoError(t, err)
	req, err := mpf.ParseRequest(root, mpf.Target{})
	require.NoError(t, err)
	return req
}

// public gives the public procedures of the emulator, as namespace/procedure.
func public() []string {
	var all []string
	for _, ns := range namespace.All() {
		for _, p := range ns.Procedures {
			if p.Access == engine.Public {
				all = append(all, ns.Name+"/"+p.Name)
			}
		}
	}
	return all
}

func TestEveryPublicProcedureHasOne(t *testing.T) {
	var names []string
	for name := range load(t) {
		names = append(names, name)
	}
	assert.ElementsMatch(t, public(), names)
}

// universe is an emulator without doors.
type universe struct {
	engine *engine.Engine
	store  *ledger.Store
}

// universes gives universes with the demo data, each in a memory of its own.
func universes(t *testing.T) func(*testing.T) *universe {
	t.Helper()
	seeded, _, err := mock.OpenStore(t.Context(), mock.Config{}, true)
	require.NoError(t, err)
	root := seeded.Root()
	require.NoError(t, seeded.Close())
	return func(t *testing.T) *universe {
		kept, passwords, err := mock.OpenStore(t.Context(), mock.Config{Root: root}, false)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, kept.Close()) })
		u := &universe{store: kept}
		u.engine, err = engine.New(engine.Config{Store: kept, Passwords: passwords, Namespaces: namespace.All()})
		require.NoError(t, err)
		return u
	}
}

// idle are the procedures that find their work done in the demo data.
var idle = []string{
	"Exchange Resource Manager Ex/InitializeExchRMEx",
	"Hosted Exchange/EnsureExchangeVirtualDirectories", "Hosted Exchange/InitializeCustomerPlanDatabase",
	"Hosted Exchange/InitializeHostedExchange", "Hosted Exchange/InitializeNamespaceSecurity",
	"Managed Helpers/InitializeNamespaceSecurity", "Managed Helpers/InitializePlanDatabase", "Exchange System Manager/CreateOrganization",
	"MPS Import/EnableOrganizationForHosting",
}

// TestExamples runs every example after those that it needs. One of a
// procedure that writes has to change something.
func TestExamples(t *testing.T) {
	all := load(t)
	fresh := universes(t)
	for name, tested := range all {
		t.Run(name, func(t *testing.T) {
			target := tested.request(t).MainTarget()
			u := fresh(t)
			before := ""
			for _, step := range order(t, all, name, nil) {
				if step == name {
					before = u.dump(t)
				}
				answer, err := u.engine.Submit(mpf.WithCaller(t.Context(), mpf.Caller{Trusted: true}), all[step].request(t))
				require.NoError(t, err)
				code := mpf.OK.String()
				if answer.Err != nil {
					code = answer.Err.Code.String()
				}
				require.Equal(t, cmp.Or(all[step].fails, mpf.OK.String()), code, "%s: %v", step, answer.Err)
			}
			row, ok := u.engine.Procedure(target)
			require.True(t, ok)
			writes := row.Type == engine.Write && tested.fails == "" && !slices.Contains(idle, name)
			assert.Equal(t, writes, before != u.dump(t), "it changes something")
			if tested.fails == "" {
				assert.Equal(t, name, target.Namespace+"/"+target.Procedure, "the file is named for the procedure that it calls")
			}
		})
	}
}

// dump tells everything but the logs and the numbers given out.
func (u *universe) dump(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	require.NoError(t, u.store.Root().Dump(&b, "counter"))
	return b.String()
}
