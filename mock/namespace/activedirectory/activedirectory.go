package activedirectory

import (
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// Provider and PreferredDC are the names of the two namespaces.
const (
	Provider    = "Active Directory Provider"
	PreferredDC = "Preferred DC Active Directory Provider"
)

// refusals are how the provider refuses elements (F224).
var refusals = &engine.Refusals{Missing: mpf.ElementMissing, Invalid: mpf.ElementInvalid}

// Namespaces returns both namespaces.
func Namespaces() []engine.Namespace {
	plain, preferred := make([]engine.Procedure, 0, len(operations)), make([]engine.Procedure, 0, len(operations))
	for _, o := range operations {
		o.row.Refusals = refusals
		plain = append(plain, o.row)
		if !o.direct {
			preferred = append(preferred, o.preferred())
		}
	}
	return []engine.Namespace{
		{
			Name: Provider, Provider: "Provisioning.ADProvider.1", Procedures: plain,
			Description: "Single operations on objects of the directory.",
		},
		{
			Name: PreferredDC, Procedures: preferred,
			Description: "The procedures of the Active Directory Provider, on a chosen domain controller.",
		},
	}
}

// operation is a procedure of the provider.
type operation struct {
	row     engine.Procedure
	outputs []string // elements that the procedure adds
	direct  bool     // in the provider's own namespace only
}
