package state

import (
	"errors"
	"fmt"

	"wsexchange/internal/ldappath"
)

// What every room can refuse. Test with errors.Is; the typed errors below
// unwrap to these.
var (
	ErrNotFound   = errors.New("no such object")
	ErrConflict   = errors.New("already in use")
	ErrConstraint = errors.New("constraint violation")
	ErrSyntax     = errors.New("invalid attribute syntax")
	ErrNotLeaf    = errors.New("object has children")
	ErrInUse      = errors.New("in use")
)

// NotFoundError tells what was looked for. It is ErrNotFound.
type NotFoundError struct {
	Kind     string      // how it was looked for: "name", "GUID", "sAMAccountName", …
	Value    string      // what was looked for
	Ancestor ldappath.DN // for names: the deepest ancestor that exists, empty if none
}

func (e *NotFoundError) Error() string {
	text := fmt.Sprintf("no such object: %s %q", e.Kind, e.Value)
	if !e.Ancestor.IsZero() {
		text += fmt.Sprintf("; the deepest that exists is %q", e.Ancestor)
	}
	return text
}

// Is makes the error ErrNotFound.
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// ConflictError tells that a name is taken, and by whom. It is ErrConflict.
// Its text does not name the holder, which not every caller may know.
type ConflictError struct {
	Kind   string      // such as "sAMAccountName"
	Value  string      // the name asked for
	Holder ldappath.DN // the object that has it, or the organization of a domain or folder; empty if none is known
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s %q is already in use", e.Kind, e.Value)
}

// Is makes the error ErrConflict.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// Rules that a ConstraintError can name.
const (
	RuleTooLong    = "too long"
	RuleSingle     = "single-valued"
	RuleSystemOnly = "kept by the system"
	RuleRDN        = "changed by rename only"
	RuleEmpty      = "empty value"
	RuleRange      = "out of range"
	RuleCharacters = "characters not allowed"
	RulePrimary    = "one primary address of each type"
	RuleTarget     = "target not of the right class"
)

// ConstraintError tells which attribute broke which rule. It is ErrConstraint.
type ConstraintError struct {
	Attribute string
	Rule      string // one of the Rule constants
	Detail    string // for people: limits and measured sizes, never the value of a secret
}

func (e *ConstraintError) Error() string {
	text := fmt.Sprintf("attribute %s: %s", e.Attribute, e.Rule)
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return text
}

// Is makes the error ErrConstraint.
func (e *ConstraintError) Is(target error) bool { return target == ErrConstraint }

// SyntaxError tells that a value is not of its attribute's syntax. It is
// ErrSyntax.
type SyntaxError struct {
	Attribute string
	Syntax    string
	Value     string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("attribute %s: %q is no %s", e.Attribute, e.Value, e.Syntax)
}

// Is makes the error ErrSyntax.
func (e *SyntaxError) Is(target error) bool { return target == ErrSyntax }
