package store

import (
	"crypto/sha512"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// digest makes the 64 characters that are hashed in a password's place:
// bcrypt would ignore what comes after 72 bytes or a zero.
func digest(password string) []byte {
	sum := sha512.Sum384([]byte(password))
	return []byte(base64.StdEncoding.EncodeToString(sum[:]))
}

// matches tells whether a password is the one that was hashed.
func matches(hash, password string) bool {
	return bcrypt.CompareHashAndPassword([]byte(hash), digest(password)) == nil
}

// SetPassword gives an account a new password without asking for the old one
// and, unless the policy says so, without asking the history. F113.
// One that breaks the domain's policy is ErrPasswordPolicy.
func (t *Tx) SetPassword(o *Object, password string) error {
	policy, err := t.passwordRules(o, password)
	if err != nil {
		return err
	}
	if policy.HistoryOnReset {
		if err := t.checkHistory(o, password, policy); err != nil {
			return err
		}
	}
	return t.storePassword(o, password, policy)
}

// ChangePassword gives an account a new password if old is its present one,
// else it is ErrWrongPassword, which the caller counts by CountWrongPassword.
// A locked account is ErrAccountLocked whatever old is. The domain's policy,
// its history too, holds for the new one.
func (t *Tx) ChangePassword(o *Object, old, password string) error {
	hash, err := t.passwordHash(o)
	if err != nil {
		return err
	}
	state, err := t.AccountState(o)
	if err != nil {
		return err
	}
	if state.Locked {
		return &ObjectError{DN: o.DN, Err: ErrAccountLocked}
	}
	if !matches(hash, old) {
		return &ObjectError{DN: o.DN, Err: ErrWrongPassword}
	}
	policy, err := t.passwordRules(o, password)
	if err != nil {
		return err
	}
	if err := t.checkHistory(o, password, policy); err != nil {
		return err
	}
	return t.storePassword(o, password, policy)
}

// passwordRules holds a new password to what the policy asks of its text.
func (t *Tx) passwordRules(o *Object, password string) (PasswordPolicy, error) {
	if !o.Is("user") {
		return PasswordPolicy{}, &ObjectError{DN: o.DN, Detail: o.Class + " has no password", Err: ErrClassViolation}
	}
	policy, err := t.PasswordPolicy()
	if err != nil {
		return policy, err
	}
	account, err := t.Value(o, KindSAM)
	if err != nil {
		return policy, err
	}
	display, err := t.Value(o, "displayName")
	if err != nil {
		return policy, err
	}
	return policy, policy.check(password, account, display)
}

func (t *Tx) checkHistory(o *Object, password string, policy PasswordPolicy) error {
	past, err := collect(t, scanText, "SELECT hash FROM password_history WHERE object_id = ? ORDER BY seq DESC LIMIT ?", o.ID, policy.History)
	if err != nil {
		return err
	}
	for _, hash := range past {
		if matches(hash, password) {
			return &PasswordPolicyError{Rule: "history", Need: fmt.Sprintf("not one of the last %d", policy.History)}
		}
	}
	return nil
}

func hashPassword(password string, cost int) (string, error) {
	hash, err := bcrypt.GenerateFromPassword(digest(password), cost)
	return string(hash), err
}

func (t *Tx) storePassword(o *Object, password string, policy PasswordPolicy) error {
	hash, err := hashPassword(password, t.store.hashCost)
	if err != nil {
		return fmt.Errorf("%s: hash password: %w", o.DN, err)
	}
	return t.storeHash(o, hash, policy)
}

// storeHash gives an account a new password by its hash.
func (t *Tx) storeHash(o *Object, hash string, policy PasswordPolicy) error {
	if _, err := t.exec("INSERT INTO password (object_id, hash) VALUES (?, ?) ON CONFLICT (object_id) DO UPDATE SET hash = excluded.hash",
		o.ID, hash); err != nil {
		return err
	}
	if err := t.remember(o, hash, policy.History); err != nil {
		return err
	}
	if err := t.keep(o, "pwdLastSet", fileTime(t.Now())); err != nil {
		return err
	}
	return t.touch(o)
}

// remember puts a hash at the end of an account's history and drops what the
// policy no longer asks for.
func (t *Tx) remember(o *Object, hash string, keep int) error {
	var last sql.NullInt64
	if err := t.row("SELECT MAX(seq) FROM password_history WHERE object_id = ?", []any{o.ID}, &last); err != nil {
		return err
	}
	seq := last.Int64 + 1
	if _, err := t.exec("INSERT INTO password_history (object_id, seq, hash) VALUES (?, ?, ?)", o.ID, seq, hash); err != nil {
		return err
	}
	_, err := t.exec("DELETE FROM password_history WHERE object_id = ? AND seq <= ?", o.ID, seq-int64(keep))
	return err
}

// passwordHash gives the hash of an account's password, "" if it has none.
func (t *Tx) passwordHash(o *Object) (string, error) {
	var hash string
	err := t.row("SELECT hash FROM password WHERE object_id = ?", []any{o.ID}, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return hash, err
}

// HasPassword tells whether an account was ever given a password.
func (t *Tx) HasPassword(o *Object) (bool, error) {
	hash, err := t.passwordHash(o)
	return hash != "", err
}

// epoch is how many 100 ns intervals lie between 1601 and 1970.
const epoch = 116444736000000000

// fileTime writes a time as the directory writes logon times: 100 ns intervals
// since 1601.
func fileTime(at time.Time) string {
	return strconv.FormatInt(at.UnixMicro()*intervalsPerMicro+epoch, 10)
}

func fromFileTime(n int64) time.Time { return time.UnixMicro((n - epoch) / intervalsPerMicro).UTC() }
