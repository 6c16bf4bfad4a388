package engine

import (
	"errors"

	"wsexchange/mock/store"
	"wsexchange/mpf"
)

// translation is a row: what a refusal of the store is to callers.
type translation struct {
	of   error
	make func(*Call, error) *mpf.Error
}

// translations is tried from the top; the first row that fits decides.
var translations = []translation{
	{store.ErrNotFound, notFound},
	{store.ErrConflict, conflict},
	{store.ErrNotLeaf, onObject(mpf.NotALeaf)},
	{store.ErrSyntax, withText(mpf.AttributeBadSyntax)},
	{store.ErrConstraint, withText(mpf.AttributeConstraint)},
	{store.ErrNoSuchAttribute, withText(mpf.AttributeUnknown)},
	{store.ErrNoSuchValue, withText(mpf.AttributeUnknown)},
	{store.ErrValueExists, withText(mpf.AttributePresent)},
	{store.ErrNaming, withText(mpf.ClassNotAllowed)},
	{store.ErrClassViolation, withText(mpf.ClassConstraint)},
	{store.ErrAlreadyMember, membership(mpf.AlreadyMember)},
	{store.ErrNotMember, membership(mpf.NotMember)},
	{store.ErrPasswordPolicy, plain(mpf.PasswordRefused)},
	{store.ErrWrongPassword, plain(mpf.OldPasswordWrong)},
	{store.ErrAccountDisabled, plain(mpf.AccountDisabled)},
	{store.ErrAccountLocked, plain(mpf.AccountLocked)},
	{store.ErrAccountExpired, plain(mpf.AccountExpired)},
	{store.ErrPasswordExpired, plain(mpf.PasswordExpired)},
}

// conflicts are the rows of names that are taken, by kind.
var conflicts = map[string]*mpf.Cause{
	store.KindSAM:     mpf.AccountTaken,
	store.KindUPN:     mpf.PrincipalTaken,
	store.KindAddress: mpf.AddressTaken,
	store.KindDomain:  mpf.DomainTaken,
	store.KindFolder:  mpf.FolderExists,
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
	var e *store.NotFoundError
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
	var e *store.ConflictError
	if !errors.As(err, &e) {
		return nil
	}
	if e.Kind == store.KindName {
		return mpf.ObjectInTheWay.New(adsPath(e.Value), "the name is taken"+c.Holder(e.Holder))
	}
	row, ok := conflicts[e.Kind]
	if !ok {
		return nil
	}
	return row.New(e.Value, c.Holder(e.Holder))
}

func plain(row *mpf.Cause) func(*Call, error) *mpf.Error {
	return func(*Call, error) *mpf.Error { return row.New() }
}

func withText(row *mpf.Cause) func(*Call, error) *mpf.Error {
	return func(_ *Call, err error) *mpf.Error { return row.New(err.Error()) }
}

func onObject(row *mpf.Cause) func(*Call, error) *mpf.Error {
	return func(_ *Call, err error) *mpf.Error {
		var e *store.ObjectError
		if !errors.As(err, &e) {
			return row.New("")
		}
		return row.New(e.DN.ADsPath())
	}
}

// membership names the member; the store tells the group in its detail.
func membership(row *mpf.Cause) func(*Call, error) *mpf.Error {
	return func(_ *Call, err error) *mpf.Error {
		var e *store.ObjectError
		if !errors.As(err, &e) {
			return row.New("", "")
		}
		return row.New(e.DN.ADsPath(), adsPath(groupOf(e.Detail)))
	}
}
