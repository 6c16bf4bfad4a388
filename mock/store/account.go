package store

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// Bits of userAccountControl.
const (
	accountDisabled            = 0x2
	passwordNeverExpires       = 0x10000
	neverExpires         int64 = math.MaxInt64 // in accountExpires, as 0 is
)

// AccountState is what an account's attributes say about logging on with it.
type AccountState struct {
	Disabled        bool
	Locked          bool
	Expired         bool
	PasswordExpired bool // or must be changed before the first logon
}

// AccountState tells the state of an account.
func (t *Tx) AccountState(o *Object) (AccountState, error) {
	policy, err := t.PasswordPolicy()
	if err != nil {
		return AccountState{}, err
	}
	numbers := make(map[string]int64)
	for _, name := range []string{"userAccountControl", "accountExpires", "lockoutTime", "pwdLastSet"} {
		if numbers[name], err = t.integer(o, name); err != nil {
			return AccountState{}, err
		}
	}
	now, control := t.Now(), numbers["userAccountControl"]
	state := AccountState{Disabled: control&accountDisabled != 0}
	if expires := numbers["accountExpires"]; expires != 0 && expires != neverExpires {
		state.Expired = !now.Before(fromFileTime(expires))
	}
	if locked := numbers["lockoutTime"]; locked != 0 {
		state.Locked = policy.LockoutDuration == 0 || now.Before(fromFileTime(locked).Add(policy.LockoutDuration))
	}
	if set := numbers["pwdLastSet"]; control&passwordNeverExpires == 0 {
		state.PasswordExpired = set == 0 || policy.MaximumAge > 0 && !now.Before(fromFileTime(set).Add(policy.MaximumAge))
	}
	return state, nil
}

// SetEnabled enables or disables an account.
func (t *Tx) SetEnabled(o *Object, enabled bool) error {
	if !o.Is("user") {
		return &ObjectError{DN: o.DN, Detail: o.Class + " cannot be enabled or disabled", Err: ErrClassViolation}
	}
	control, err := t.integer(o, "userAccountControl")
	if err != nil {
		return err
	}
	control |= accountDisabled
	if enabled {
		control &^= accountDisabled
	}
	return t.Set(o, "userAccountControl", strconv.FormatInt(control, 10))
}

// Unlock ends an account's lockout.
func (t *Tx) Unlock(o *Object) error {
	if err := t.keep(o, "badPwdCount", "0"); err != nil {
		return err
	}
	return t.Set(o, "lockoutTime", "0")
}

// CheckPassword tells whether an account can log on with a password: nil, or
// ErrAccountLocked, ErrWrongPassword, ErrAccountDisabled, ErrAccountExpired or
// ErrPasswordExpired, tested in this order. It writes nothing; Store.Logon
// counts wrong passwords.
func (t *Tx) CheckPassword(o *Object, password string) error {
	hash, err := t.passwordHash(o)
	if err != nil {
		return err
	}
	state, err := t.AccountState(o)
	if err != nil {
		return err
	}
	return state.verdict(o, matches(hash, password))
}

// verdict is why a logon is refused, as the original orders the reasons: the
// state of an account is told only to those who know its password. F107.
func (s AccountState) verdict(o *Object, right bool) error {
	for _, reason := range []struct {
		applies bool
		err     error
	}{
		{s.Locked, ErrAccountLocked},
		{!right, ErrWrongPassword},
		{s.Disabled, ErrAccountDisabled},
		{s.Expired, ErrAccountExpired},
		{s.PasswordExpired, ErrPasswordExpired},
	} {
		if reason.applies {
			return &ObjectError{DN: o.DN, Err: reason.err}
		}
	}
	return nil
}

// Logon finds the account of a name, in any form that Tx.Resolve takes, and
// checks its password as Tx.CheckPassword does. A wrong password is counted
// against the account in a transaction of its own, and may lock it. The
// password is compared outside of any transaction. An unknown name is
// ErrNotFound, after as much work as a known one.
func (s *Store) Logon(ctx context.Context, name, password string) (*Object, error) {
	var (
		o     *Object
		hash  string
		state AccountState
		bad   int64
	)
	err := s.View(ctx, func(t *Tx) (err error) {
		if o, err = t.Resolve(name); err != nil {
			return err
		}
		if hash, err = t.passwordHash(o); err != nil {
			return err
		}
		if bad, err = t.integer(o, "badPwdCount"); err != nil {
			return err
		}
		state, err = t.AccountState(o)
		return err
	})
	if errors.Is(err, ErrNotFound) {
		_, _ = bcrypt.GenerateFromPassword(digest(password), s.hashCost)
	}
	if err != nil {
		return nil, err
	}
	verdict := state.verdict(o, matches(hash, password))
	switch {
	case errors.Is(verdict, ErrWrongPassword):
		err = s.Update(ctx, func(t *Tx) error { return t.CountWrongPassword(o) })
	case verdict == nil && bad > 0:
		err = s.Update(ctx, func(t *Tx) error { return t.keep(o, "badPwdCount", "0") })
	}
	if errors.Is(err, ErrNotFound) {
		err = nil // deleted meanwhile: the verdict stands
	}
	return o, errors.Join(verdict, err)
}

// CountWrongPassword adds to an account's wrong passwords and locks it when
// the policy says so. An account that is gone is ErrNotFound.
func (t *Tx) CountWrongPassword(o *Object) error {
	if _, err := t.ByID(o.ID); err != nil {
		return err
	}
	policy, err := t.PasswordPolicy()
	if err != nil {
		return err
	}
	bad, err := t.integer(o, "badPwdCount")
	if err != nil {
		return err
	}
	last, err := t.integer(o, "badPasswordTime")
	if err != nil {
		return err
	}
	now := t.Now()
	if policy.LockoutWindow > 0 && last != 0 && now.Sub(fromFileTime(last)) > policy.LockoutWindow {
		bad = 0
	}
	bad++
	if err := t.keep(o, "badPwdCount", strconv.FormatInt(bad, 10)); err != nil {
		return err
	}
	if err := t.keep(o, "badPasswordTime", fileTime(now)); err != nil {
		return err
	}
	if policy.LockoutThreshold == 0 || bad < int64(policy.LockoutThreshold) {
		return nil
	}
	return t.keep(o, "lockoutTime", fileTime(now))
}

// ExpireAccount sets when an account expires; the zero time is never.
func (t *Tx) ExpireAccount(o *Object, at time.Time) error {
	expires := strconv.FormatInt(neverExpires, 10)
	if !at.IsZero() {
		expires = fileTime(at)
	}
	return t.Set(o, "accountExpires", expires)
}
