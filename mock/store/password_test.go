package store

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSetPassword_Policy(t *testing.T) {
	tx := updating(t)
	o := mustCreate(t, tx, testReseller.Child("CN", "o"), "user", value(KindSAM, "walter"), value("displayName", "Al Smith-Jones, jr"))
	for password, rule := range map[string]string{
		"Ab1!xy": "length", "abcdefg1": "complexity", "ABCDEFG1": "complexity", "abc!efgh": "complexity",
		"1234567!": "complexity", "": "length", strings.Repeat("Ab1", 90): "length",
		"xWALTERx1": "complexity", "1-smith-A": "complexity", "Xjones99": "complexity",
		"Abcdef1": "", "abcde!1": "", "ABCDE!1": "", "Åbcdé 12": "", "Al-is-ok-1": "", "jr-is-ok-1A": "",
		strings.Repeat("Ab1", 80): "", "пароль-Длинный1": "",
	} {
		err := tx.SetPassword(o, password)
		if rule == "" {
			assert.NoError(t, err, password)
			assert.NoError(t, tx.SetEnabled(o, true))
			assert.NoError(t, tx.CheckPassword(o, password), password)
			continue
		}
		var broken *PasswordPolicyError
		require.ErrorAs(t, err, &broken, password)
		assert.ErrorIs(t, err, ErrPasswordPolicy)
		assert.Equal(t, rule, broken.Rule, password)
		if password != "" {
			assert.NotContains(t, err.Error(), password)
		}
	}
	group, err := tx.BySAM("A@Reseller1")
	require.NoError(t, err)
	assert.ErrorIs(t, tx.SetPassword(group, "Abcdef1"), ErrClassViolation)
}

func TestPasswords_BeyondWhatTheHashReads(t *testing.T) {
	tx := updating(t)
	o := mustCreate(t, tx, testReseller.Child("CN", "o"), "user")
	require.NoError(t, tx.SetEnabled(o, true))
	long := "Aa1" + strings.Repeat("x", 100)
	require.NoError(t, tx.SetPassword(o, long+"y"))
	assert.ErrorIs(t, tx.CheckPassword(o, long+"z"), ErrWrongPassword)
	assert.NoError(t, tx.CheckPassword(o, long+"y"))
	require.NoError(t, tx.SetPassword(o, "Aa1\x00first"))
	assert.ErrorIs(t, tx.CheckPassword(o, "Aa1\x00other"), ErrWrongPassword)
}

func TestSetPasswordPolicy(t *testing.T) {
	tx := updating(t)
	o := mustCreate(t, tx, testReseller.Child("CN", "o"), "user")
	want := PasswordPolicy{
		MinimumLength: 3, History: 2, HistoryOnReset: true, MaximumAge: 42 * 24 * time.Hour,
		LockoutThreshold: 5, LockoutDuration: 30 * time.Minute, LockoutWindow: time.Hour,
	}
	require.NoError(t, tx.SetPasswordPolicy(want))
	got, err := tx.PasswordPolicy()
	require.NoError(t, err)
	assert.Equal(t, want, got)
	for _, password := range []string{"one", "two", "three"} {
		require.NoError(t, tx.SetPassword(o, password))
	}
	assert.ErrorIs(t, tx.SetPassword(o, "two"), ErrPasswordPolicy)
	assert.ErrorIs(t, tx.SetPassword(o, "three"), ErrPasswordPolicy)
	assert.NoError(t, tx.SetPassword(o, "one"), "older than the history")
}

func TestChangePassword(t *testing.T) {
	tx := updating(t)
	o := mustCreate(t, tx, testReseller.Child("CN", "o"), "user")
	require.NoError(t, tx.SetEnabled(o, true))
	assert.ErrorIs(t, tx.ChangePassword(o, "", "Abcdef1"), ErrWrongPassword, "it has none yet")
	require.NoError(t, tx.SetPassword(o, "Abcdef1"))
	assert.ErrorIs(t, tx.ChangePassword(o, "abcdef1", "Abcdef2"), ErrWrongPassword)
	assert.ErrorIs(t, tx.ChangePassword(o, "Abcdef1", "short"), ErrPasswordPolicy)
	assert.ErrorIs(t, tx.ChangePassword(o, "Abcdef1", "Abcdef1"), ErrPasswordPolicy)
	for n := 1; n < 25; n++ {
		require.NoError(t, tx.ChangePassword(o, fmt.Sprintf("Abcdef%d", n), fmt.Sprintf("Abcdef%d", n+1)))
	}
	assert.ErrorIs(t, tx.ChangePassword(o, "Abcdef25", "Abcdef2"), ErrPasswordPolicy, "the 24th before")
	assert.NoError(t, tx.ChangePassword(o, "Abcdef25", "Abcdef1"), "the 25th before")
	require.NoError(t, tx.SetPassword(o, "Abcdef9"), "a reset does not ask the history")
	assert.NoError(t, tx.CheckPassword(o, "Abcdef9"))
}

func TestCheckPassword_States(t *testing.T) {
	tx := updating(t)
	o := mustCreate(t, tx, testReseller.Child("CN", "o"), "user")
	require.NoError(t, tx.SetPassword(o, "Abcdef1"))
	assert.ErrorIs(t, tx.CheckPassword(o, "Abcdef1"), ErrAccountDisabled, "new accounts are disabled")
	assert.ErrorIs(t, tx.CheckPassword(o, "wrong"), ErrWrongPassword, "the state is not told to those without the password")
	require.NoError(t, tx.SetEnabled(o, true))
	control, err := tx.Value(o, "userAccountControl")
	require.NoError(t, err)
	assert.Equal(t, "512", control)
	for _, step := range []struct {
		name string
		run  func() error
		want error
	}{
		{"expired", func() error { return tx.ExpireAccount(o, testClock) }, ErrAccountExpired},
		{"not yet expired", func() error { return tx.ExpireAccount(o, testClock.Add(time.Second)) }, nil},
		{"never expires", func() error { return tx.ExpireAccount(o, time.Time{}) }, nil},
		{"must change", func() error { return tx.Set(o, "pwdLastSet", "0") }, ErrPasswordExpired},
		{"need not change", func() error { return tx.Set(o, "userAccountControl", "66048") }, nil},
		{"locked", func() error { return tx.Set(o, "lockoutTime", fileTime(testClock)) }, ErrAccountLocked},
		{"unlocked", func() error { return tx.Unlock(o) }, nil},
		{"disabled", func() error { return tx.SetEnabled(o, false) }, ErrAccountDisabled},
	} {
		require.NoError(t, step.run(), step.name)
		assert.ErrorIs(t, tx.CheckPassword(o, "Abcdef1"), step.want, step.name)
	}
	group, err := tx.BySAM("A@Reseller1")
	require.NoError(t, err)
	assert.ErrorIs(t, tx.SetEnabled(group, true), ErrClassViolation)
}

func TestPasswords_GrowOld(t *testing.T) {
	now := testClock
	s := openDirectory(t, Config{Now: func() time.Time { return now }})
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		require.NoError(t, tx.SetPasswordPolicy(PasswordPolicy{MinimumLength: 1, MaximumAge: time.Hour}))
		o := mustCreate(t, tx, testReseller.Child("CN", "o"), "user")
		require.NoError(t, tx.SetEnabled(o, true))
		require.NoError(t, tx.SetPassword(o, "x"))
		now = now.Add(time.Hour - time.Second)
		assert.NoError(t, tx.CheckPassword(o, "x"))
		now = now.Add(time.Second)
		assert.ErrorIs(t, tx.CheckPassword(o, "x"), ErrPasswordExpired)
		return nil
	}))
}

func TestLogon_CountsAndLocks(t *testing.T) {
	now := testClock
	s := openDirectory(t, Config{Now: func() time.Time { return now }})
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		return tx.SetPasswordPolicy(PasswordPolicy{MinimumLength: 1, LockoutThreshold: 3, LockoutDuration: time.Minute, LockoutWindow: time.Minute})
	}))
	right := string(DefaultSeed().Accounts[1].Password)
	logon := func(password string) error {
		_, err := s.Logon(t.Context(), `FABRIKAM\hsadmin`, password)
		return err
	}
	bad := func() (count string) {
		require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
			o, err := tx.BySAM("hsadmin")
			require.NoError(t, err)
			count, err = tx.Value(o, "badPwdCount")
			return err
		}))
		return count
	}
	o, err := s.Logon(t.Context(), "hsadmin@fabrikam.com", right)
	require.NoError(t, err)
	assert.Equal(t, "hsadmin", o.DN.RDN().Value)
	_, err = s.Logon(t.Context(), "nobody", right)
	assert.ErrorIs(t, err, ErrNotFound)
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	assert.Equal(t, "2", bad())
	assert.NoError(t, logon(right))
	assert.Equal(t, "0", bad(), "a right one starts the count anew")
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	now = now.Add(2 * time.Minute)
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	assert.Equal(t, "1", bad(), "old ones are forgotten")
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	assert.ErrorIs(t, logon(right), ErrAccountLocked)
	now = now.Add(time.Minute)
	assert.NoError(t, logon(right), "the lockout ends by itself")
}

func TestLogon_AccountsWithoutPassword(t *testing.T) {
	s := openDirectory(t, Config{})
	_, err := s.Logon(t.Context(), "MPFServiceAcct", "")
	assert.ErrorIs(t, err, ErrWrongPassword)
}

func TestPassword_DoesNotPrint(t *testing.T) {
	seed := DefaultSeed()
	secret := string(seed.Accounts[1].Password)
	require.NotEmpty(t, secret)
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.NotContains(t, fmt.Sprintf(form, seed), secret, form)
	}
}
