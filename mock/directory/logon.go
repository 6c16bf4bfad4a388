package directory

import (
	"context"
	"errors"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"wsexchange/mock/state"
)

// Run runs a function in a transaction of its own.
type Run = func(func(*state.Tx) error) error

// Logon finds the account of a name, in any form that Directory.Resolve takes,
// and checks its password as Directory.CheckPassword does. view and update run
// transactions. A wrong password is counted against the account in an update
// of its own, and may lock it. The password is compared outside of any
// transaction. An unknown name is state.ErrNotFound and an account without a
// password ErrWrongPassword. Every refusal takes the same work in hashing, whatever
// the cost of the account's own hash (F135).
func (p *Passwords) Logon(ctx context.Context, view, update Run, name, password string) (*Object, error) {
	var l logon
	err := view(func(tx *state.Tx) error {
		p.learnCosts(In(tx))
		return l.find(In(tx), name)
	})
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return nil, err
	}
	right, waited := p.compare(ctx, l.hash, password, l.state.Locked)
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

// compare reports whether a password is the one that was hashed. If it is not, if
// there is no hash, or if the logon is refused in any case, the work amounts to
// that of the most expensive hash.
func (p *Passwords) compare(ctx context.Context, hash PasswordHash, password string, refused bool) (bool, error) {
	if err := p.take(ctx); err != nil {
		return false, err
	}
	defer func() { <-p.slots }()
	cost, right := hash.cost(), false
	if hash != "" {
		p.did(cost)
		right = isHashOf(hash, password)
	}
	if right && !refused {
		return true, nil
	}
	p.met(cost)
	for _, missing := range costsUpTo(cost, int(p.highest.Load())) {
		p.did(missing)
		if _, err := hashOf(password, missing); err != nil {
			return false, err
		}
	}
	return right, nil
}

func (p *Passwords) did(cost int) {
	if p.worked != nil {
		p.worked(cost)
	}
}

// learnCosts looks for the most expensive hash of a directory, once: a database may
// have hashes from when another cost was configured.
func (p *Passwords) learnCosts(d Directory) {
	if p.highest.Load() != 0 {
		return
	}
	highest := p.cost
	for row := range passwords.All(d.tx) {
		highest = max(highest, PasswordHash(row.Hash).cost())
	}
	p.met(highest)
}

// met keeps the cost of a hash if it is the highest so far.
func (p *Passwords) met(cost int) {
	for known := p.highest.Load(); int64(cost) > known; known = p.highest.Load() {
		if p.highest.CompareAndSwap(known, int64(cost)) {
			return
		}
	}
}

// cost returns at what cost a hash was made, 0 for none and for what is none.
func (h PasswordHash) cost() int {
	if strings.HasPrefix(string(h), saltedScheme) {
		return LowestCost
	}
	cost, err := bcrypt.Cost([]byte(h))
	if err != nil {
		return 0
	}
	return cost
}

// costsUpTo returns the costs of the hashes that, after one at a cost, make the
// work of one at a higher cost. Each of bcrypt's costs is twice the work of the one
// below it: hashes at 8, 8 and 9 are as much as one at 10. Below bcrypt's there is
// next to none.
func costsUpTo(cost, highest int) (missing []int) {
	if cost < MinCost {
		if cost < highest {
			missing = append(missing, highest)
		}
		return missing
	}
	for ; cost < highest; cost++ {
		missing = append(missing, cost)
	}
	return missing
}
