package directory

import (
	"math"
	"strconv"
	"time"

	"wsexchange/mock/state"
)

// Bits of userAccountControl.
const (
	accountDisabled            = 0x2
	passwordNeverExpires       = 0x10000
	neverExpires         int64 = math.MaxInt64 // in accountExpires, as 0 is
)

// Numbers of the attributes that the state of an account is made of.
var (
	attributeExpires  = mustNumber("accountExpires")
	attributeLockout  = mustNumber("lockoutTime")
	attributeLastSet  = mustNumber("pwdLastSet")
	attributeBadCount = mustNumber("badPwdCount")
	attributeBadTime  = mustNumber("badPasswordTime")
	attributeDisplay  = mustNumber("displayName")
)

// AccountState is what an account's attributes say about logging on with it.
type AccountState struct {
	Disabled        bool
	Locked          bool
	Expired         bool
	PasswordExpired bool // or must be changed before the first logon
}

// AccountState returns the state of an account.
func (d Directory) AccountState(o *Object) (AccountState, error) {
	policy, err := d.PasswordPolicy()
	if err != nil {
		return AccountState{}, err
	}
	now, control := d.tx.Now(), d.integer(o, attributeControl)
	account := AccountState{Disabled: control&accountDisabled != 0}
	if expires := d.integer(o, attributeExpires); expires != 0 && expires != neverExpires {
		account.Expired = !now.Before(fromFileTime(expires))
	}
	if locked := d.integer(o, attributeLockout); locked != 0 {
		account.Locked = policy.LockoutDuration == 0 || now.Before(fromFileTime(locked).Add(policy.LockoutDuration))
	}
	if set := d.integer(o, attributeLastSet); control&passwordNeverExpires == 0 {
		account.PasswordExpired = set == 0 || policy.MaximumAge > 0 && !now.Before(fromFileTime(set).Add(policy.MaximumAge))
	}
	return account, nil
}

// SetEnabled enables or disables an account.
func (d Directory) SetEnabled(o *Object, enabled bool) error {
	if !o.Is("user") {
		return &ObjectError{DN: o.DN, Detail: o.Class + " cannot be enabled or disabled", Err: ErrClassViolation}
	}
	control := d.integer(o, attributeControl) | accountDisabled
	if enabled {
		control &^= accountDisabled
	}
	return d.Set(o, "userAccountControl", strconv.FormatInt(control, 10))
}

// Unlock ends an account's lockout.
func (d Directory) Unlock(o *Object) error {
	if err := d.keep(o, attributeBadCount, "0"); err != nil {
		return err
	}
	return d.Set(o, "lockoutTime", "0")
}

// CheckPassword reports why an account cannot log on with a password: nil, or
// ErrAccountLocked, ErrWrongPassword, ErrAccountDisabled, ErrAccountExpired or
// ErrPasswordExpired, tested in this order. It writes nothing;
// Passwords.Logon counts wrong passwords. Comparing takes long unless the
// transaction uses a comparison that was prepared.
func (d Directory) CheckPassword(o *Object, password string) error {
	account, err := d.AccountState(o)
	if err != nil {
		return err
	}
	return account.verdict(o, d.matches(d.passwordHash(o), password))
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

// CountWrongPassword adds to an account's wrong passwords and locks it when
// the policy says so. An account that is gone is state.ErrNotFound.
func (d Directory) CountWrongPassword(o *Object) error {
	row := objects.Get(d.tx, o.ID)
	if row == nil {
		return &state.NotFoundError{Kind: "row", Value: strconv.FormatInt(o.ID, 10)}
	}
	policy, err := d.PasswordPolicy()
	if err != nil {
		return err
	}
	bad, last, now := row.integer(attributeBadCount), row.integer(attributeBadTime), d.tx.Now()
	if policy.LockoutWindow > 0 && last != 0 && now.Sub(fromFileTime(last)) > policy.LockoutWindow {
		bad = 0
	}
	bad++
	if err := d.keep(o, attributeBadCount, strconv.FormatInt(bad, 10)); err != nil {
		return err
	}
	if err := d.keep(o, attributeBadTime, fileTime(now)); err != nil {
		return err
	}
	if policy.LockoutThreshold == 0 || bad < int64(policy.LockoutThreshold) {
		return nil
	}
	return d.keep(o, attributeLockout, fileTime(now))
}

// ExpireAccount sets when an account expires; the zero time is never.
func (d Directory) ExpireAccount(o *Object, at time.Time) error {
	expires := strconv.FormatInt(neverExpires, 10)
	if !at.IsZero() {
		expires = fileTime(at)
	}
	return d.Set(o, "accountExpires", expires)
}

// intervalsBefore1970 is how many 100 ns intervals are between 1601 and 1970.
const intervalsBefore1970 = 116444736000000000

// fileTime writes a time as the directory writes logon times: 100 ns intervals
// since 1601.
func fileTime(at time.Time) string {
	return strconv.FormatInt(at.UnixMicro()*intervalsPerMicro+intervalsBefore1970, 10)
}

func fromFileTime(n int64) time.Time {
	return time.UnixMicro((n - intervalsBefore1970) / intervalsPerMicro).UTC()
}
