package engine

import (
	"fmt"
	"strings"

	"wsexchange/mpf"
)

// Values of Config.PerfEnabled that name no procedure.
const (
	PerfAll  = "all"
	PerfNone = "none"
)

// perfEnabled finds the procedures that counters are kept of. The original has
// this as the attribute perfEnabled of a procedure, off unless it is set; here
// it is one setting for all, on unless it is set (F215).
func perfEnabled(names []string, namespaces []Namespace) (map[mpf.Target]bool, error) {
	if len(names) == 0 {
		names = []string{PerfAll}
	}
	enabled := make(map[mpf.Target]bool)
	for _, name := range names {
		found := name == PerfNone || name == PerfAll
		for _, ns := range namespaces {
			for _, p := range ns.Procedures {
				target := mpf.Target{Namespace: ns.Name, Procedure: p.Name}
				if name == PerfAll || strings.EqualFold(name, ns.Name) || strings.EqualFold(name, target.String()) {
					enabled[target], found = true, true
				}
			}
		}
		if !found {
			return nil, fmt.Errorf("perf-enabled: %q is neither %s, %s, a namespace, nor a procedure as Namespace::Procedure", name, PerfAll, PerfNone)
		}
	}
	return enabled, nil
}

// alwaysRefused returns the procedures whose rows say that every call is refused.
func alwaysRefused(namespaces []Namespace) map[mpf.Target]bool {
	refused := make(map[mpf.Target]bool)
	for _, ns := range namespaces {
		for _, p := range ns.Procedures {
			if p.Refused {
				refused[mpf.Target{Namespace: ns.Name, Procedure: p.Name}] = true
			}
		}
	}
	return refused
}

// CheckPerf tells whether the names can be Config.PerfEnabled of an engine with
// these namespaces.
func CheckPerf(names []string, namespaces []Namespace) error {
	_, err := perfEnabled(names, namespaces)
	return err
}
