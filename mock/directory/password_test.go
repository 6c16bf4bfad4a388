package directory

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"wsexchange/mock/state"
)

func TestSetPassword_Policy(t *testing.T) {
	d := updating(t)
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user", value(KindSAM, "walter"), value("displayName", "Al Smith-Jones, jr"))
	for password, rule := range map[string]string{
		"Ab1!xy": "length", "abcdefg1": "complexity", "ABCDEFG1": "complexity", "abc!efgh": "complexity",
		"1234567!": "complexity", "": "length", strings.Repeat("Ab1", 90): "length",
		"xWALTERx1": "complexity", "1-smith-A": "complexity", "Xjones99": "complexity",
		"Abcdef1": "", "abcde!1": "", "ABCDE!1": "", "Åbcdé 12": "", "Al-is-ok-1": "", "jr-is-ok-1A": "",
		strings.Repeat("Ab1", 80): "", "пароль-Длинный1": "",
	} {
		err := d.SetPassword(o, password)
		if rule == "" {
			assert.NoError(t, err, password)
			assert.NoError(t, d.SetEnabled(o, true))
			assert.NoError(t, d.CheckPassword(o, password), password)
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
	group, err := d.BySAM("A@Reseller1")
	require.NoError(t, err)
	assert.ErrorIs(t, d.SetPassword(group, "Abcdef1"), ErrClassViolation)
}

func TestPasswords_BeyondWhatTheHashReads(t *testing.T) {
	d := updating(t)
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user")
	require.NoError(t, d.SetEnabled(o, true))
	long := "Aa1" + strings.Repeat("x", 100)
	require.NoError(t, d.SetPassword(o, long+"y"))
	assert.ErrorIs(t, d.CheckPassword(o, long+"z"), ErrWrongPassword)
	assert.NoError(t, d.CheckPassword(o, long+"y"))
	require.NoError(t, d.SetPassword(o, "Aa1\x00first"))
	assert.ErrorIs(t, d.CheckPassword(o, "Aa1\x00other"), ErrWrongPassword)
}

func TestSetPasswordPolicy(t *testing.T) {
	d := updating(t)
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user")
	want := PasswordPolicy{
		MinimumLength: 3, History: 2, HistoryOnReset: true, MaximumAge: 42 * 24 * time.Hour,
		LockoutThreshold: 5, LockoutDuration: 30 * time.Minute, LockoutWindow: time.Hour,
	}
	require.NoError(t, d.SetPasswordPolicy(want))
	got, err := d.PasswordPolicy()
	require.NoError(t, err)
	assert.Equal(t, want, got)
	for _, password := range []string{"one", "two", "three"} {
		require.NoError(t, d.SetPassword(o, password))
	}
	assert.ErrorIs(t, d.SetPassword(o, "two"), ErrPasswordPolicy)
	assert.ErrorIs(t, d.SetPassword(o, "three"), ErrPasswordPolicy)
	assert.NoError(t, d.SetPassword(o, "one"), "older than the history")
}

func TestChangePassword(t *testing.T) {
	d := updating(t)
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user")
	require.NoError(t, d.SetEnabled(o, true))
	assert.ErrorIs(t, d.ChangePassword(o, "", "Abcdef1"), ErrWrongPassword, "it has none yet")
	require.NoError(t, d.SetPassword(o, "Abcdef1"))
	assert.ErrorIs(t, d.ChangePassword(o, "abcdef1", "Abcdef2"), ErrWrongPassword)
	assert.ErrorIs(t, d.ChangePassword(o, "Abcdef1", "short"), ErrPasswordPolicy)
	assert.ErrorIs(t, d.ChangePassword(o, "Abcdef1", "Abcdef1"), ErrPasswordPolicy)
	for n := 1; n < 25; n++ {
		require.NoError(t, d.ChangePassword(o, fmt.Sprintf("Abcdef%d", n), fmt.Sprintf("Abcdef%d", n+1)))
	}
	assert.ErrorIs(t, d.ChangePassword(o, "Abcdef25", "Abcdef2"), ErrPasswordPolicy, "the 24th before")
	assert.NoError(t, d.ChangePassword(o, "Abcdef25", "Abcdef1"), "the 25th before")
	require.NoError(t, d.SetPassword(o, "Abcdef9"), "a reset does not ask the history")
	assert.NoError(t, d.CheckPassword(o, "Abcdef9"))
}

func TestCheckPassword_States(t *testing.T) {
	d := updating(t)
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user")
	require.NoError(t, d.SetPassword(o, "Abcdef1"))
	assert.ErrorIs(t, d.CheckPassword(o, "Abcdef1"), ErrAccountDisabled, "new accounts are disabled")
	assert.ErrorIs(t, d.CheckPassword(o, "wrong"), ErrWrongPassword, "the state is not told to those without the password")
	require.NoError(t, d.SetEnabled(o, true))
	control, err := d.Value(o, "userAccountControl")
	require.NoError(t, err)
	assert.Equal(t, "512", control)
	for _, step := range []struct {
		name string
		run  func() error
		want error
	}{
		{"expired", func() error { return d.ExpireAccount(o, testClock) }, ErrAccountExpired},
		{"not yet expired", func() error { return d.ExpireAccount(o, testClock.Add(time.Second)) }, nil},
		{"never expires", func() error { return d.ExpireAccount(o, time.Time{}) }, nil},
		{"must change", func() error { return d.Set(o, "pwdLastSet", "0") }, ErrPasswordExpired},
		{"need not change", func() error { return d.Set(o, "userAccountControl", "66048") }, nil},
		{"locked", func() error { return d.Set(o, "lockoutTime", fileTime(testClock)) }, ErrAccountLocked},
		{"unlocked", func() error { return d.Unlock(o) }, nil},
		{"disabled", func() error { return d.SetEnabled(o, false) }, ErrAccountDisabled},
	} {
		require.NoError(t, step.run(), step.name)
		assert.ErrorIs(t, d.CheckPassword(o, "Abcdef1"), step.want, step.name)
	}
	group, err := d.BySAM("A@Reseller1")
	require.NoError(t, err)
	assert.ErrorIs(t, d.SetEnabled(group, true), ErrClassViolation)
}

func TestPasswords_GrowOld(t *testing.T) {
	now, c := testClock, newContent(t)
	c.env.Now = func() time.Time { return now }
	d := c.begin()
	require.NoError(t, d.SetPasswordPolicy(PasswordPolicy{MinimumLength: 1, MaximumAge: time.Hour}))
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user")
	require.NoError(t, d.SetEnabled(o, true))
	require.NoError(t, d.SetPassword(o, "x"))
	now = now.Add(time.Hour - time.Second)
	assert.NoError(t, d.CheckPassword(o, "x"))
	now = now.Add(time.Second)
	assert.ErrorIs(t, d.CheckPassword(o, "x"), ErrPasswordExpired)
}

func TestLogon_CountsAndLocks(t *testing.T) {
	now, c, p := testClock, newContent(t), NewPasswords(bcrypt.MinCost)
	c.env.Now = func() time.Time { return now }
	require.NoError(t, c.update(func(tx *state.Tx) error {
		return In(tx).SetPasswordPolicy(PasswordPolicy{MinimumLength: 1, LockoutThreshold: 3, LockoutDuration: time.Minute, LockoutWindow: time.Minute})
	}))
	logon := func(password string) error {
		_, err := p.Logon(t.Context(), c.view, c.update, `FABRIKAM\hsadmin`, password)
		return err
	}
	bad := func() string {
		d := c.begin()
		o, err := d.BySAM("hsadmin")
		require.NoError(t, err)
		count, err := d.Value(o, "badPwdCount")
		require.NoError(t, err)
		return count
	}
	o, err := p.Logon(t.Context(), c.view, c.update, "hsadmin@fabrikam.com", testPassword)
	require.NoError(t, err)
	assert.Equal(t, "hsadmin", o.DN.RDN().Value)
	_, err = p.Logon(t.Context(), c.view, c.update, "nobody", testPassword)
	assert.ErrorIs(t, err, state.ErrNotFound)
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	assert.Equal(t, "2", bad())
	assert.NoError(t, logon(testPassword))
	assert.Equal(t, "0", bad(), "a right one starts the count again")
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	now = now.Add(2 * time.Minute)
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	assert.Equal(t, "1", bad(), "old ones are forgotten")
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	assert.ErrorIs(t, logon("wrong"), ErrWrongPassword)
	assert.ErrorIs(t, logon(testPassword), ErrAccountLocked)
	now = now.Add(time.Minute)
	assert.NoError(t, logon(testPassword), "the lockout ends by itself")
}

func TestLogon_AccountsWithoutPassword(t *testing.T) {
	c := newContent(t)
	_, err := NewPasswords(bcrypt.MinCost).Logon(t.Context(), c.view, c.update, "MPFServiceAcct", "")
	assert.ErrorIs(t, err, ErrWrongPassword)
}

func TestLogon_EndsWithItsContext(t *testing.T) {
	c := newContent(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := NewPasswords(bcrypt.MinCost).Logon(ctx, c.view, c.update, "hsadmin", testPassword)
	assert.ErrorIs(t, err, context.Canceled)
}

// TestPrepared holds prepared hashes and comparisons to what transactions make
// without them. The cost of the environment is one that the test would notice.
func TestPrepared(t *testing.T) {
	c, p := newContent(t), NewPasswords(bcrypt.MinCost)
	prepared, err := p.Prepare(t.Context(), "Abcdef1", "Abcdef1", "Abcdef2")
	require.NoError(t, err)
	d := c.begin()
	one, two := mustCreate(t, d, testReseller.Child("CN", "one"), "user"), mustCreate(t, d, testReseller.Child("CN", "two"), "user")
	UsePrepared(d.tx, prepared)
	require.NoError(t, d.SetPassword(one, "Abcdef1"))
	require.NoError(t, d.SetPassword(two, "Abcdef1"))
	assert.NotEqual(t, string(d.passwordHash(one)), string(d.passwordHash(two)), "each hash is used once")
	_, left := prepared.takeHash("Abcdef1")
	assert.False(t, left)
	require.NoError(t, d.SetPassword(one, "Abcdef1"), "hashed here")
	assert.ErrorIs(t, d.CheckPassword(one, "Abcdef1"), ErrAccountDisabled)

	hashes, err := d.PasswordHashes(two)
	require.NoError(t, err)
	require.Len(t, hashes, 1, "the present one is not told twice")
	require.NoError(t, p.PrepareMatch(t.Context(), prepared, "Abcdef1", hashes...))
	require.NoError(t, p.PrepareMatch(t.Context(), prepared, "wrong", hashes...))
	is, known := prepared.match(hashes[0], "Abcdef1")
	assert.Equal(t, [2]bool{true, true}, [2]bool{is, known})
	is, known = prepared.match(hashes[0], "wrong")
	assert.Equal(t, [2]bool{false, true}, [2]bool{is, known})
	require.NoError(t, d.ChangePassword(two, "Abcdef1", "Abcdef2"))
	assert.ErrorIs(t, d.CheckPassword(two, "Abcdef2"), ErrAccountDisabled)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.Prepare(ctx, "Abcdef1")
	assert.ErrorIs(t, err, context.Canceled)
}

func TestPrepared_KeepsNoPassword(t *testing.T) {
	prepared, err := NewPasswords(bcrypt.MinCost).Prepare(t.Context(), "Canary-1234")
	require.NoError(t, err)
	for _, form := range []string{"%v", "%+v", "%#v"} {
		assert.NotContains(t, fmt.Sprintf(form, prepared.hashes), "Canary")
		assert.NotContains(t, fmt.Sprintf(form, PasswordHash("Canary")), "Canary")
	}
}
