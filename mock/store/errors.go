package store

import (
	"errors"
	"fmt"

	"wsexchange/internal/ldappath"
)

// What can be refused. Test with errors.Is; the typed errors below unwrap to
// these.
var (
	ErrNotFound        = errors.New("no such object")
	ErrConflict        = errors.New("already in use")
	ErrNotLeaf         = errors.New("object has children")
	ErrConstraint      = errors.New("constraint violation")
	ErrSyntax          = errors.New("invalid attribute syntax")
	ErrNoSuchAttribute = errors.New("no such attribute")
	ErrNoSuchValue     = errors.New("attribute does not have this value")
	ErrValueExists     = errors.New("attribute already has this value")
	ErrNaming          = errors.New("naming violation")
	ErrClassViolation  = errors.New("class violation")
	ErrAlreadyMember   = errors.New("already a member")
	ErrNotMember       = errors.New("not a member")

	ErrPasswordPolicy  = errors.New("password does not meet the password policy")
	ErrWrongPassword   = errors.New("wrong password")
	ErrAccountDisabled = errors.New("account is disabled")
	ErrAccountLocked   = errors.New("account is locked out")
	ErrAccountExpired  = errors.New("account has expired")
	ErrPasswordExpired = errors.New("password has expired")

	ErrReadOnly      = errors.New("transaction is read-only")
	ErrTxDone        = errors.New("transaction is already ended")
	ErrClosed        = errors.New("store is closed")
	ErrAlreadySeeded = errors.New("store already has its starting content")
	ErrNotSeeded     = errors.New("store has no starting content")
	ErrBadFilter     = errors.New("bad search filter")
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

// Kinds of names that are unique in the store, as ConflictError.Kind tells them.
const (
	KindName    = "distinguished name"
	KindSAM     = "sAMAccountName"
	KindUPN     = "userPrincipalName"
	KindAddress = "proxy address"
	KindDomain  = "SMTP domain"
	KindFolder  = "public folder"
	KindGUID    = "objectGUID"
)

// ConflictError tells that a name is taken, and by whom. It is ErrConflict.
// Its text does not name the holder, which not every caller may know.
type ConflictError struct {
	Kind   string  // one of the Kind constants
	Value  string  // the name asked for
	Holder *Object // who has it: the object, or the organization of a domain or folder
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
	Syntax    Syntax
	Value     string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("attribute %s: %q is no %s", e.Attribute, e.Value, e.Syntax)
}

// Is makes the error ErrSyntax.
func (e *SyntaxError) Is(target error) bool { return target == ErrSyntax }

// AttributeError tells which attribute (and value) is unknown, absent or
// already there. It unwraps to ErrNoSuchAttribute, ErrNoSuchValue or
// ErrValueExists.
type AttributeError struct {
	Attribute string
	Value     string // empty where no value is concerned
	Err       error
}

func (e *AttributeError) Error() string {
	if e.Value == "" {
		return fmt.Sprintf("attribute %s: %v", e.Attribute, e.Err)
	}
	return fmt.Sprintf("attribute %s, value %q: %v", e.Attribute, e.Value, e.Err)
}

func (e *AttributeError) Unwrap() error { return e.Err }

// ObjectError tells on which object an operation was refused. It unwraps to
// ErrNotLeaf, ErrNaming, ErrClassViolation, ErrAlreadyMember, ErrNotMember and
// the account states.
type ObjectError struct {
	DN     ldappath.DN
	Detail string
	Err    error
}

func (e *ObjectError) Error() string {
	text := fmt.Sprintf("%s: %v", e.DN, e.Err)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

func (e *ObjectError) Unwrap() error { return e.Err }

// PasswordPolicyError tells which rule a new password broke, never the
// password. It is ErrPasswordPolicy.
type PasswordPolicyError struct {
	Rule string // "length", "complexity", "history"
	Need string // for people: what the rule asks
}

func (e *PasswordPolicyError) Error() string {
	return fmt.Sprintf("%v: %s: %s", ErrPasswordPolicy, e.Rule, e.Need)
}

// Is makes the error ErrPasswordPolicy.
func (e *PasswordPolicyError) Is(target error) bool { return target == ErrPasswordPolicy }
