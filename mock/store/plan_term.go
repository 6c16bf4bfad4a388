package store

import (
	"database/sql"
	"errors"
	"fmt"

	"wsexchange/internal/ldappath"
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

// Status types that the store itself gives.
const (
	StatusEnabled  = "Enabled"
	StatusDisabled = "Disabled"
	StatusDeleted  = "Deleted"
)

// Term is one word of a vocabulary of the plan database. Names are unique in
// their kind without regard to letter case.
type Term struct {
	Kind        string // one of the Term constants
	Name        string // at most 20 characters in the original
	Code        string // two letters at most, may be empty
	Description string
}

// EnsureTerm adds a term unless its kind has one of that name, and tells
// whether it did.
func (t *Tx) EnsureTerm(term Term) (bool, error) {
	if _, err := t.term(term.Kind, term.Name); !errors.Is(err, ErrNotFound) {
		return false, err
	}
	id, err := t.next("term")
	if err != nil {
		return false, err
	}
	_, err = t.exec("INSERT INTO term (id, kind, folded, name, code, description) VALUES (?, ?, ?, ?, ?, ?)",
		id, term.Kind, ldappath.Fold(term.Name), term.Name, term.Code, term.Description)
	return err == nil, err
}

// Terms lists a vocabulary in the order in which its terms were added.
func (t *Tx) Terms(kind string) ([]Term, error) {
	return collect(t, func(row scanner) (Term, error) {
		term := Term{Kind: kind}
		return term, row.Scan(&term.Name, &term.Code, &term.Description)
	}, "SELECT name, code, description FROM term WHERE kind = ? ORDER BY id", kind)
}

// term gives the row of a term. A missing one is a *NotFoundError of the kind.
func (t *Tx) term(kind, name string) (int64, error) {
	var id int64
	err := t.row("SELECT id FROM term WHERE kind = ? AND folded = ?", []any{kind, ldappath.Fold(name)}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, &NotFoundError{Kind: kind, Value: name}
	}
	return id, err
}

// FeatureType tells what a plan feature of a name does: its value becomes the
// element NativeAttribute below ParentNode in the settings of the plan.
type FeatureType struct {
	Name            string
	Description     string
	NativeAttribute string
	ParentNode      string // "mail", "properties", "options"
	DataType        string // "bin.hex" for octets, else empty
	Unit            string // of the value: "kb" or empty
}

// AddFeatureType adds a feature type. A name that is taken is a
// *ConflictError of KindFeatureType.
func (t *Tx) AddFeatureType(f FeatureType) error {
	if _, err := t.featureType(f.Name); err == nil {
		return &ConflictError{Kind: KindFeatureType, Value: f.Name}
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	id, err := t.next("feature type")
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO feature_type (id, folded, name, description, native_attribute, parent_node, data_type, unit)"+
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		id, ldappath.Fold(f.Name), f.Name, f.Description, f.NativeAttribute, f.ParentNode, f.DataType, f.Unit)
	if err != nil {
		return fmt.Errorf("feature type %q: %w", f.Name, err)
	}
	return nil
}

func (t *Tx) featureType(name string) (int64, error) {
	var id int64
	err := t.row("SELECT id FROM feature_type WHERE folded = ?", []any{ldappath.Fold(name)}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, &NotFoundError{Kind: KindFeatureType, Value: name}
	}
	return id, err
}
