package engine

import (
	"errors"

	"wsexchange/mock/directory"
	"wsexchange/mock/mail"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// translation is a row: what a refusal of the store is to callers.
type translation struct {
	of   error
	make func(*Call, error) *mpf.Error
}

// translations is tried from the top; the first row that fits decides.
var translations = []translation{
	{state.ErrNotFound, notFound},
	{state.ErrConflict, conflict},
	{state.ErrNotLeaf, onObject(mpf.NotALeaf)},
	{state.ErrSyntax, withText(mpf.AttributeBadSyntax)},
	{state.ErrConstraint, withText(mpf.AttributeConstraint)},
	{directory.ErrNoSuchAttribute, withText(mpf.AttributeUnknown)},
	{directory.ErrNoSuchValue, withText(mpf.AttributeUnknown)},
	{directory.ErrValueExists, withText(mpf.AttributePresent)},
	{directory.ErrNaming, withText(mpf.ClassNotAllowed)},
	{directory.ErrClassViolation, withText(mpf.ClassConstraint)},
	{directory.ErrAlreadyMember, membership(mpf.AlreadyMember)},
	{directory.ErrNotMember, membership(mpf.NotMember)},
	{directory.ErrPasswordPolicy, plain(mpf.PasswordRefused)},
	{directory.ErrWrongPassword, plain(mpf.OldPasswordWrong)},
	{directory.ErrAccountDisabled, plain(mpf.AccountDisabled)},
	{directory.ErrAccountLocked, plain(mpf.AccountLocked)},
	{directory.ErrAccountExpired, plain(mpf.AccountExpired)},
	{directory.ErrPasswordExpired, plain(mpf.PasswordExpired)},
}

// conflicts are the rows of names that are taken, by kind.
var conflicts = map[string]*mpf.Cause{
	directory.KindSAM:     mpf.AccountTaken,
	directory.KindUPN:     mpf.PrincipalTaken,
	directory.KindAddress: mpf.AddressTaken,
	mail.KindDomain:       mpf.DomainTaken,
	mail.KindFolder:       mpf.FolderExists,
}

// Fail makes an *mpf.Error of what the store refused. An *mpf.Error stays what
// it is; an error that no row knows comes back unchanged and will be an
// internal error. The engine does the same with what Run returns.
func (c *Call) Fail(err error) error {
	var e *mpf.Error
	if err == nil || errors.As(err, &e) {
		return err
	}
	for _, row := range translations {
		if errors.Is(err, row.of) {
			if e := row.make(c, err); e != nil {
				return e
			}
		}
	}
	return err
}

func notFound(_ *Call, err error) *mpf.Error {
	var e *state.NotFoundError
	if !errors.As(err, &e) {
		return mpf.ObjectNotFound.New("")
	}
	switch e.Kind {
	case "name":
		return mpf.ObjectNotFound.New(adsPath(e.Value))
	case "job":
		return mpf.QueueJobUnknown.New(e.Value)
	}
	return mpf.ObjectNotFound.New(e.Value)
}

func conflict(c *Call, err error) *mpf.Error {
	var e *state.ConflictError
	if !errors.As(err, &e) {
		return nil
	}
	if e.Kind == directory.KindName {
		return mpf.ObjectInTheWay.New(adsPath(e.Value), "the name is taken"+c.Holder(e.Holder))
	}
	row, ok := conflicts[e.Kind]
	if !ok {
		return nil
	}
	return row.New(e.Value, c.Holder(e.Holder))
}

// conflictOf makes the conflict of a value that is taken in an index of the
// directory.
func conflictOf(tx *state.Tx, taken *state.DuplicateError) *state.ConflictError {
	conflict := &state.ConflictError{Kind: taken.Index, Value: taken.Value}
	id, _ := taken.Holder.(int64)
	if o, err := directory.In(tx).ByID(id); err == nil {
		conflict.Holder = o.DN
		if taken.Index == directory.KindName {
			conflict.Value = o.DN.String()
		}
	}
	return conflict
}

func plain(row *mpf.Cause) func(*Call, error) *mpf.Error {
	return func(*Call, error) *mpf.Error { return row.New() }
}

func withText(row *mpf.Cause) func(*Call, error) *mpf.Error {
	return func(_ *Call, err error) *mpf.Error { return row.New(err.Error()) }
}

func onObject(row *mpf.Cause) func(*Call, error) *mpf.Error {
	return func(_ *Call, err error) *mpf.Error {
		var e *directory.ObjectError
		if !errors.As(err, &e) {
			return row.New("")
		}
		return row.New(e.DN.ADsPath())
	}
}

// membership names the member; the store tells the group in its detail.
func membership(row *mpf.Cause) func(*Call, error) *mpf.Error {
	return func(_ *Call, err error) *mpf.Error {
		var e *directory.ObjectError
		if !errors.As(err, &e) {
			return row.New("", "")
		}
		return row.New(e.DN.ADsPath(), adsPath(groupOf(e.Detail)))
	}
}
