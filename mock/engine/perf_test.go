package engine_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mpf"
)

// TestPerfEnabled keeps counters of the procedures that are named, and of no
// others, whatever is called.
func TestPerfEnabled(t *testing.T) {
	all := space()
	first := all.Procedures[0].Name
	for name, row := range map[string]struct {
		enabled []string
		want    []string
	}{
		"nothing said":  {nil, nil},
		"all":           {[]string{engine.PerfAll}, nil},
		"none":          {[]string{engine.PerfNone}, []string{}},
		"a namespace":   {[]string{all.Name}, nil},
		"one procedure": {[]string{all.Name + "::" + first}, []string{first}},
	} {
		t.Run(name, func(t *testing.T) {
			want := row.want
			if want == nil {
				for _, p := range all.Procedures {
					want = append(want, p.Name)
				}
			}
			registry := prometheus.NewPedanticRegistry()
			u := enginetest.Open(t, engine.Config{Namespaces: []engine.Namespace{all}, Registerer: registry, PerfEnabled: row.enabled})
			for _, p := range all.Procedures {
				_, err := u.Engine.Submit(u.As(enginetest.Administrator), mpf.Simple(mpf.Target{Namespace: all.Name, Procedure: p.Name}, nil))
				require.NoError(t, err)
			}
			families, err := registry.Gather()
			require.NoError(t, err)
			for _, f := range families {
				counted := map[string]bool{}
				for _, m := range f.Metric {
					of := map[string]string{}
					for _, l := range m.Label {
						of[l.GetName()] = l.GetValue()
					}
					if of["namespace"] == all.Name {
						counted[of["procedure"]] = true
					}
				}
				names := slices.Collect(maps.Keys(counted))
				switch {
				case f.GetName() == "mockmpf_procedures_total":
					assert.ElementsMatch(t, want, names, "those that were never called, too")
				default: // it begins with a call, which a refused one is not
					assert.Subset(t, want, names, f.GetName())
				}
			}
		})
	}
	_, err := engine.New(engine.Config{Store: enginetest.New(t, all).Store, Passwords: directory.NewPasswords(4), PerfEnabled: []string{"Nowhere::Nothing"}})
	assert.ErrorContains(t, err, `"Nowhere::Nothing" is neither all, none, a namespace`)
}
