package directory

import (
	"errors"
	"fmt"

	"wsexchange/internal/ldappath"
)

// What the directory refuses beyond the refusals of package state. Test with
// errors.Is; the typed errors below unwrap to these.
var (
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

	ErrNotSeeded = errors.New("store has no starting content")
	ErrBadFilter = errors.New("bad search filter")
)

// Kinds of names that are unique in the directory, as state.ConflictError.Kind
// has them.
const (
	KindName    = "distinguished name"
	KindSAM     = "sAMAccountName"
	KindUPN     = "userPrincipalName"
	KindAddress = "proxy address"
	KindGUID    = "objectGUID"
)

// AttributeError says which attribute (and value) is unknown, absent or
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

// ObjectError says on which object an operation was refused. It unwraps to
// state.ErrNotLeaf, ErrNaming, ErrClassViolation, ErrAlreadyMember,
// ErrNotMember and the account states.
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

// PasswordPolicyError says which rule a new password broke, never the
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
