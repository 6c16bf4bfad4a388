package directory

import (
	"context"
	"errors"

	"wsexchange/mock/state"
)

// Run runs a function in a transaction of its own.
type Run = func(func(*state.Tx) error) error

// Logon finds the account of a name, in any form that Directory.Resolve takes,
// and checks its password as Directory.CheckPassword does. view and update run
// transactions. A wrong password is counted against the account in an update
// of its own, and may lock it. The password is compared outside of any
// transaction. An unknown name is state.ErrNotFound, after as much work as a
// known one; an account without a password is ErrWrongPassword after the same.
func (p *Passwords) Logon(ctx context.Context, view, update Run, name, password string) (*Object, error) {
	var l logon
	err := view(func(tx *state.Tx) error { return l.find(In(tx), name) })
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return nil, err
	}
	right, waited := p.compare(ctx, l.hash, password)
	if err = errors.Join(err, waited); err != nil {
		return nil, err
	}
	verdict := l.state.verdict(l.object, right)
	switch {
	case errors.Is(verdict, ErrWrongPassword):
		err = update(func(tx *state.Tx) error { return In(tx).CountWrongPassword(l.object) })
	case verdict == nil && l.bad > 0:
		err = update(func(tx *state.Tx) error { return In(tx).keep(l.object, attributeBadCount, "0") })
	}
	if errors.Is(err, state.ErrNotFound) {
		err = nil // deleted meanwhile: the verdict stands
	}
	return l.object, errors.Join(verdict, err)
}

// logon is what is known of an account that a caller wants to log on with.
type logon struct {
	object *Object
	hash   PasswordHash
	state  AccountState
	bad    int64 // wrong passwords so far
}

func (l *logon) find(d Directory, name string) (err error) {
	if l.object, err = d.Resolve(name); err != nil {
		return err
	}
	l.hash, l.bad = d.passwordHash(l.object), d.integer(l.object, attributeBadCount)
	l.state, err = d.AccountState(l.object)
	return err
}

// compare reports whether a password is the one that was hashed. Without a hash
// it is not, which takes as long.
func (p *Passwords) compare(ctx context.Context, hash PasswordHash, password string) (bool, error) {
	if err := p.take(ctx); err != nil {
		return false, err
	}
	defer func() { <-p.slots }()
	if hash == "" {
		_, err := hashOf(password, p.cost)
		return false, err
	}
	return isHashOf(hash, password), nil
}
