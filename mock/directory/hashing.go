package directory

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"sync"
	"sync/atomic"

	"wsexchange/mock/state"
)

// Passwords hashes and compares passwords, on at most half of the cores at
// once and at least on one. It may be used by any number of goroutines.
type Passwords struct {
	cost  int
	slots chan struct{}
	// highest is the cost that a refused logon amounts to: that of the most
	// expensive hash that is known of. 0 before the first logon.
	highest atomic.Int64
	// worked, in tests, is given the cost of each hash that a logon makes or
	// compares with.
	worked func(cost int)
}

// NewPasswords makes one that hashes at a cost, 0 being DefaultCost. The caller
// decides: where no hash reaches a disk, LowestCost is enough.
func NewPasswords(cost int) *Passwords {
	if cost == 0 {
		cost = DefaultCost
	}
	return &Passwords{cost: cost, slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
}

// defaultPasswords hash where an environment has none.
var defaultPasswords = NewPasswords(0)

// Keys of values of transactions.
type (
	passwordsKey struct{}
	preparedKey  struct{}
)

// Into makes transactions of an environment hash with p. Without it they hash
// at DefaultCost.
func (p *Passwords) Into(env *state.Env) {
	env.Values = maps.Clone(env.Values)
	if env.Values == nil {
		env.Values = make(map[any]any)
	}
	env.Values[passwordsKey{}] = p
}

func (d Directory) passwords() *Passwords {
	if p, ok := d.tx.Value(passwordsKey{}).(*Passwords); ok {
		return p
	}
	return defaultPasswords
}

// take waits for a core until ctx ends.
func (p *Passwords) take(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// hash hashes a password when it has a core. It waits as long as it takes, since
// the transactions that call it have no context to wait with; Prepare has.
func (p *Passwords) hash(password string) (string, error) {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	return hashOf(password, p.cost)
}

// matches reports whether a password is the one that was hashed.
func (p *Passwords) matches(hash PasswordHash, password string) bool {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	return isHashOf(hash, password)
}

// passwordSum is what is kept of a password in its place.
type passwordSum [sha512.Size384]byte

func sumOf(password string) passwordSum { return sha512.Sum384([]byte(password)) }

// digest makes the 64 characters that are hashed in a password's place:
// bcrypt would ignore what comes after 72 bytes or a zero.
func digest(password string) []byte {
	sum := sumOf(password)
	return []byte(base64.StdEncoding.EncodeToString(sum[:]))
}

// Prepared are hashes and comparisons of passwords that were made outside of
// any transaction, for transactions that take them by UsePrepared. It has
// passwords as their digests only. It may be used by any number of goroutines.
type Prepared struct {
	mu      sync.Mutex
	hashes  map[passwordSum][]string
	matches map[comparison]bool
}

type comparison struct {
	hash PasswordHash
	sum  passwordSum
}

// Prepare hashes passwords, several at once. One that is named twice is hashed
// twice. If ctx ends before, its cause is returned.
func (p *Passwords) Prepare(ctx context.Context, texts ...string) (*Prepared, error) {
	prepared := &Prepared{hashes: make(map[passwordSum][]string), matches: make(map[comparison]bool)}
	return prepared, p.each(ctx, len(texts), func(i int) error {
		hash, err := hashOf(texts[i], p.cost)
		if err != nil {
			return fmt.Errorf("hash password: %w", err)
		}
		prepared.mu.Lock()
		defer prepared.mu.Unlock()
		sum := sumOf(texts[i])
		prepared.hashes[sum] = append(prepared.hashes[sum], hash)
		return nil
	})
}

// PrepareMatch compares a password with hashes, several at once, and remembers
// the results. If ctx ends before, its cause is returned.
func (p *Passwords) PrepareMatch(ctx context.Context, into *Prepared, password string, hashes ...PasswordHash) error {
	return p.each(ctx, len(hashes), func(i int) error {
		is := isHashOf(hashes[i], password)
		into.mu.Lock()
		defer into.mu.Unlock()
		into.matches[comparison{hashes[i], sumOf(password)}] = is
		return nil
	})
}

// each calls fn for the numbers up to n, on as many cores as there may be, and
// returns the errors.
func (p *Passwords) each(ctx context.Context, n int, fn func(int) error) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		if errs[i] = p.take(ctx); errs[i] != nil {
			break
		}
		all.Go(func() {
			defer func() { <-p.slots }()
			errs[i] = fn(i)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// UsePrepared makes the passwords of a transaction's directory take hashes and
// comparisons that are prepared, in addition to those that it uses already; nil
// adds none.
// Each hash is used once: a password that is set more often than it was
// prepared is hashed in the transaction.
func UsePrepared(tx *state.Tx, prepared *Prepared) {
	if prepared == nil {
		return
	}
	held, _ := tx.Value(preparedKey{}).([]*Prepared)
	tx.SetValue(preparedKey{}, append(held[:len(held):len(held)], prepared))
}

func (d Directory) prepared() []*Prepared {
	held, _ := d.tx.Value(preparedKey{}).([]*Prepared)
	return held
}

// hash returns a hash of a password, a prepared one if there is one.
func (d Directory) hash(password string) (string, error) {
	for _, p := range d.prepared() {
		if hash, ok := p.takeHash(password); ok {
			return hash, nil
		}
	}
	return d.passwords().hash(password)
}

func (p *Prepared) takeHash(password string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	sum := sumOf(password)
	held := p.hashes[sum]
	if len(held) == 0 {
		return "", false
	}
	p.hashes[sum] = held[1:]
	return held[0], true
}

// matches reports whether a password is the one that was hashed. No hash is
// that of no password.
func (d Directory) matches(hash PasswordHash, password string) bool {
	if hash == "" {
		return false
	}
	for _, p := range d.prepared() {
		if is, known := p.match(hash, password); known {
			return is
		}
	}
	return d.passwords().matches(hash, password)
}

func (p *Prepared) match(hash PasswordHash, password string) (is, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	is, known = p.matches[comparison{hash, sumOf(password)}]
	return is, known
}
