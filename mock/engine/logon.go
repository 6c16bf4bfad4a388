package engine

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// logons remembers good pairs of account and password for a short time,
// because comparing a password is made slow on purpose. It holds keyed hashes,
// never passwords. An entry is good only while the account is unchanged: a new
// password and every change of attributes give it a new update number.
type logons struct {
	key  [32]byte
	keep time.Duration
	mu   sync.Mutex
	good map[[32]byte]goodLogon
}

type goodLogon struct {
	id, usn int64
	until   time.Time
}

// mostLogons bounds the cache; when it is full it starts anew.
const mostLogons = 10000

func newLogons(keep time.Duration) (*logons, error) {
	l := &logons{keep: keep, good: make(map[[32]byte]goodLogon)}
	if _, err := rand.Read(l.key[:]); err != nil {
		return nil, fmt.Errorf("logon cache: %w", err)
	}
	return l, nil
}

func (l *logons) sum(name string, password secret.String) [32]byte {
	mac := hmac.New(sha256.New, l.key[:])
	fmt.Fprintf(mac, "%d:%s", len(name), name)
	mac.Write([]byte(password.Reveal()))
	return [32]byte(mac.Sum(nil))
}

func (l *logons) find(sum [32]byte, now time.Time) (goodLogon, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g, ok := l.good[sum]
	if ok && !now.Before(g.until) {
		delete(l.good, sum)
		ok = false
	}
	return g, ok
}

func (l *logons) add(sum [32]byte, o *directory.Object, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.good) >= mostLogons {
		clear(l.good)
	}
	l.good[sum] = goodLogon{id: o.ID, usn: o.USNChanged, until: now.Add(l.keep)}
}

// Authenticate checks the password of an account, named as DOMAIN\name, by its
// userPrincipalName or its sAMAccountName. Wrong passwords count against the
// account. It fails with mpf.CredentialsRefused, also for unknown names, and
// with the cause of the account's state. Good pairs are remembered for
// Config.LogonCache. Other errors are the store's.
func (e *Engine) Authenticate(ctx context.Context, domain, name string, password secret.String) (Identity, error) {
	full := logonName(domain, name)
	sum := e.logons.sum(full, password)
	if known, ok := e.logons.find(sum, e.now()); ok {
		who, err := e.still(ctx, known)
		if err == nil || !errors.Is(err, state.ErrNotFound) {
			return who, err
		}
	}
	o, err := e.passwords.Logon(ctx, e.viewing(ctx), e.updating(ctx), full, password.Reveal())
	if err != nil {
		return Identity{}, logonError(err)
	}
	var who Identity
	err = e.store.View(ctx, func(tx *state.Tx) error {
		if o, err = directory.In(tx).ByID(o.ID); err != nil {
			return err
		}
		who, err = accountOf(tx, o)
		return err
	})
	if err != nil {
		return Identity{}, logonError(err)
	}
	e.logons.add(sum, o, e.now())
	return who, nil
}

// viewing and updating are the transactions that a logon needs.
func (e *Engine) viewing(ctx context.Context) func(func(*state.Tx) error) error {
	return func(fn func(*state.Tx) error) error { return e.store.View(ctx, fn) }
}

func (e *Engine) updating(ctx context.Context) func(func(*state.Tx) error) error {
	return func(fn func(*state.Tx) error) error { return e.store.Update(ctx, fn) }
}

// prepare hashes the passwords that a request brings, so that no other request
// has to wait for that.
func (e *Engine) prepare(ctx context.Context, req *mpf.Request) (*directory.Prepared, error) {
	var found []string
	var walk func(n *xmldoc.Node)
	walk = func(n *xmldoc.Node) {
		if e.secrets[n.Data] && len(found) < mostPrepared {
			if text := xmldoc.Text(n); text != "" {
				found = append(found, text)
			}
		}
		for child := range xmldoc.Elements(n) {
			walk(child)
		}
	}
	for _, data := range req.Data {
		walk(data)
	}
	if req.Procedure != nil {
		for data := range req.Procedure.Constants() {
			walk(data)
		}
	}
	return e.passwords.Prepare(ctx, found...)
}

// mostPrepared bounds the passwords that are hashed before a request begins.
const mostPrepared = 16

// still gives the account of a remembered logon. It is state.ErrNotFound if
// the account has changed, and the cause of its state if it may not log on.
func (e *Engine) still(ctx context.Context, known goodLogon) (Identity, error) {
	var who Identity
	err := e.store.View(ctx, func(tx *state.Tx) error {
		o, err := directory.In(tx).ByID(known.id)
		if err != nil {
			return err
		}
		if o.USNChanged != known.usn {
			return state.ErrNotFound
		}
		account, err := directory.In(tx).AccountState(o)
		if err != nil {
			return err
		}
		if account != (directory.AccountState{}) {
			return state.ErrNotFound // let the slow way find the reason
		}
		who, err = accountOf(tx, o)
		return err
	})
	return who, err
}

// logonErrors are the rows of refused logons.
var logonErrors = []struct {
	of    error
	cause *mpf.Cause
}{
	{state.ErrNotFound, mpf.CredentialsRefused},
	{directory.ErrWrongPassword, mpf.CredentialsRefused},
	{directory.ErrAccountDisabled, mpf.AccountDisabled},
	{directory.ErrAccountLocked, mpf.AccountLocked},
	{directory.ErrAccountExpired, mpf.AccountExpired},
	{directory.ErrPasswordExpired, mpf.PasswordExpired},
}

func logonError(err error) error {
	for _, row := range logonErrors {
		if errors.Is(err, row.of) {
			return row.cause.New()
		}
	}
	return err
}
