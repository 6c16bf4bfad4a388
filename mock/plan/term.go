package plan

import (
	"errors"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/column"
	"wsexchange/mock/state"
)

// Vocabularies of the plan database, as Term.Kind tells them.
const (
	TermEventType    = "event type"
	TermStatusType   = "status type"
	TermCustomerType = "customer type"
	TermAssetType    = "asset type"
	TermPlanType     = "plan type"
	TermPlanCategory = "plan category"
)

// Status types that the plan database itself gives.
const (
	StatusEnabled  = "Enabled"
	StatusDisabled = "Disabled"
	StatusDeleted  = "Deleted"
)

// Term is one word of a vocabulary of the plan database. Names are unique in
// their kind without regard to letter case.
type Term struct {
	Kind        string `json:"kind"`           // one of the Term constants
	Name        string `json:"name"`           // at most 20 characters in the original
	Code        string `json:"code,omitempty"` // two letters at most, may be empty
	Description string `json:"description,omitempty"`
}

// EnsureTerm adds a term unless its kind has one of that name, and reports
// whether it did.
func (p Plans) EnsureTerm(term Term) (bool, error) {
	if _, err := p.term(term.Kind, term.Name); !errors.Is(err, state.ErrNotFound) {
		return false, err
	}
	id, err := p.tx.Next("term")
	if err != nil {
		return false, err
	}
	err = terms.Put(p.tx, &termRow{ID: id, Term: term})
	return err == nil, err
}

// Terms lists a vocabulary in the order in which its terms were added.
func (p Plans) Terms(kind string) ([]Term, error) {
	var all []Term
	for t := range terms.All(p.tx) {
		if t.Kind == kind {
			all = append(all, t.Term)
		}
	}
	return all, p.tx.Ready(false)
}

// term returns the name of a term as rows have it. A missing one is a
// *state.NotFoundError of the kind.
func (p Plans) term(kind, name string) (column.Word, error) {
	found := termsByName.Find(p.tx, termKey{kind, ldappath.Fold(name)})
	if found == nil {
		return column.Word{}, &state.NotFoundError{Kind: kind, Value: name}
	}
	return column.Intern(found.Name), nil
}

// typed returns the names of a type and of a status, which is StatusEnabled if
// it is empty, as rows have them.
func (p Plans) typed(kind, name, status string) (typed, valid column.Word, err error) {
	if typed, err = p.term(kind, name); err != nil {
		return typed, valid, err
	}
	if status == "" {
		status = StatusEnabled
	}
	valid, err = p.term(TermStatusType, status)
	return typed, valid, err
}

// passes reports whether a name is the wanted one, in any letter case. No
// wanted one lets all pass.
func passes(wanted, name string) bool {
	return wanted == "" || ldappath.Fold(wanted) == ldappath.Fold(name)
}

// FeatureType tells what a plan feature of a name does: its value becomes the
// element NativeAttribute below ParentNode in the settings of the plan.
type FeatureType struct {
	Name            string `json:"name"`
	Description     string `json:"description,omitempty"`
	NativeAttribute string `json:"nativeAttribute"`
	ParentNode      string `json:"parentNode"`         // "mail", "properties", "options"
	DataType        string `json:"dataType,omitempty"` // "bin.hex" for octets, else empty
	Unit            string `json:"unit,omitempty"`     // of the value: "kb" or empty
}

// AddFeatureType adds a feature type. A name that is taken is a
// *state.ConflictError of KindFeatureType.
func (p Plans) AddFeatureType(f FeatureType) error {
	if featuresByName.Find(p.tx, ldappath.Fold(f.Name)) != nil {
		return &state.ConflictError{Kind: KindFeatureType, Value: f.Name}
	}
	id, err := p.tx.Next("feature type")
	if err != nil {
		return err
	}
	return featureTypes.Put(p.tx, &featureRow{ID: id, FeatureType: f})
}
