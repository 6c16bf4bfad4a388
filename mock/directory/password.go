package directory

import (
	"fmt"
	"log/slog"
	"slices"
)

// password is the row of an account's password: hashes of it and of those
// before it, and never a password.
type password struct {
	Object  int64    `json:"object"`
	Hash    string   `json:"hash"`
	History []string `json:"history,omitempty"` // oldest first; the last is that of the present password if the policy keeps any
}

// PasswordHash is the hash of a password. It does not print.
type PasswordHash string

// String hides the hash.
func (PasswordHash) String() string { return "***" }

// GoString hides the hash.
func (PasswordHash) GoString() string { return "***" }

// LogValue hides the hash.
func (PasswordHash) LogValue() slog.Value { return slog.StringValue("***") }

// MarshalText hides the hash.
func (PasswordHash) MarshalText() ([]byte, error) { return []byte("***"), nil }

// SetPassword gives an account a new password without asking for the old one
// and, unless the policy says so, without asking the history. F113.
// One that breaks the domain's policy is ErrPasswordPolicy. Hashing takes long
// unless the transaction uses a hash that was prepared ([UsePrepared]).
func (d Directory) SetPassword(o *Object, password string) error {
	if err := d.tx.Ready(true); err != nil {
		return err
	}
	policy, err := d.passwordRules(o, password)
	if err != nil {
		return err
	}
	if policy.HistoryOnReset {
		if err := d.checkHistory(o, password, policy); err != nil {
			return err
		}
	}
	return d.storePassword(o, password, policy)
}

// ChangePassword gives an account a new password if old is its present one,
// else it is ErrWrongPassword, which the caller counts by CountWrongPassword.
// A locked account is ErrAccountLocked whatever old is. The domain's policy,
// its history too, holds for the new one.
func (d Directory) ChangePassword(o *Object, old, password string) error {
	if err := d.tx.Ready(true); err != nil {
		return err
	}
	account, err := d.AccountState(o)
	if err != nil {
		return err
	}
	if account.Locked {
		return &ObjectError{DN: o.DN, Err: ErrAccountLocked}
	}
	if !d.matches(d.passwordHash(o), old) {
		return &ObjectError{DN: o.DN, Err: ErrWrongPassword}
	}
	policy, err := d.passwordRules(o, password)
	if err != nil {
		return err
	}
	if err := d.checkHistory(o, password, policy); err != nil {
		return err
	}
	return d.storePassword(o, password, policy)
}

// passwordRules holds a new password to what the policy asks of its text.
func (d Directory) passwordRules(o *Object, password string) (PasswordPolicy, error) {
	if !o.Is("user") {
		return PasswordPolicy{}, &ObjectError{DN: o.DN, Detail: o.Class + " has no password", Err: ErrClassViolation}
	}
	policy, err := d.PasswordPolicy()
	if err != nil {
		return policy, err
	}
	row, err := d.row(o)
	if err != nil {
		return policy, err
	}
	return policy, policy.check(password, row.first(attributeSAM), row.first(attributeDisplay))
}

// checkHistory holds a new password to those that cannot come back, the newest
// first.
func (d Directory) checkHistory(o *Object, password string, policy PasswordPolicy) error {
	row := passwords.Get(d.tx, o.ID)
	if row == nil {
		return nil
	}
	for _, hash := range slices.Backward(row.last(policy.History)) {
		if d.matches(PasswordHash(hash), password) {
			return &PasswordPolicyError{Rule: "history", Need: fmt.Sprintf("not one of the last %d", policy.History)}
		}
	}
	return nil
}

// last returns the newest hashes of the history.
func (p *password) last(n int) []string { return p.History[max(0, len(p.History)-max(0, n)):] }

func (d Directory) storePassword(o *Object, text string, policy PasswordPolicy) error {
	hash, err := d.hash(text)
	if err != nil {
		return fmt.Errorf("%s: hash password: %w", o.DN, err)
	}
	row := &password{Object: o.ID, Hash: hash}
	var history []string
	if before := passwords.Get(d.tx, o.ID); before != nil {
		history = before.History
	}
	row.History = slices.Concat(history, []string{hash})
	row.History = slices.Clip(slices.Clone(row.last(policy.History)))
	changed, err := d.row(o)
	if err != nil {
		return err
	}
	if err := passwords.Put(d.tx, row); err != nil {
		return err
	}
	object := *changed
	object.plain = changed.plain.with(attributeLastSet, []string{fileTime(d.tx.Now())})
	return d.touch(o, &object)
}

// passwordHash returns the hash of an account's password, "" if it has none.
func (d Directory) passwordHash(o *Object) PasswordHash {
	if row := passwords.Get(d.tx, o.ID); row != nil {
		return PasswordHash(row.Hash)
	}
	return ""
}

// PasswordHashes returns the hash of an account's password, and those of the
// passwords that the policy does not let come back. An account without a
// password has none. They are there to be compared outside of transactions, by
// Passwords.PrepareMatch.
func (d Directory) PasswordHashes(o *Object) ([]PasswordHash, error) {
	policy, err := d.PasswordPolicy()
	if err != nil {
		return nil, err
	}
	row := passwords.Get(d.tx, o.ID)
	if row == nil {
		return nil, nil
	}
	hashes := []PasswordHash{PasswordHash(row.Hash)}
	for _, hash := range slices.Backward(row.last(policy.History)) {
		if hash != row.Hash {
			hashes = append(hashes, PasswordHash(hash))
		}
	}
	return hashes, nil
}

// HasPassword reports whether an account was ever given a password.
func (d Directory) HasPassword(o *Object) (bool, error) {
	return d.passwordHash(o) != "", d.tx.Ready(false)
}
