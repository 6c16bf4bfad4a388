package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tidwall/btree"
)

// Refusals of a transaction.
var (
	ErrReadOnly = errors.New("transaction is read-only")
	ErrTxDone   = errors.New("transaction is already ended")
)

// Tx is one transaction: a root as it is being changed. It belongs to one
// goroutine.
type Tx struct {
	root     *Root // that it began with
	schema   *Schema
	env      Env
	ctx      context.Context // nil never ends
	writable bool
	done     bool
	trees    []any
	own      []bool   // by tree: it is the transaction's own copy
	readers  []int    // by tree: iterations over it that go on
	log      []logged // what was written
	values   map[any]any
}

// With makes the transaction ask ctx before each write.
func (t *Tx) With(ctx context.Context) *Tx {
	t.ctx = ctx
	return t
}

// Began returns the root with which the transaction began.
func (t *Tx) Began() *Root { return t.root }

// Now is the clock, in UTC and whole microseconds, which is what the ledger
// keeps of a time.
func (t *Tx) Now() time.Time {
	if t.env.Now == nil {
		return time.Now().UTC().Truncate(time.Microsecond)
	}
	return t.env.Now().UTC().Truncate(time.Microsecond)
}

// NewGUID makes a new identifier.
func (t *Tx) NewGUID() [16]byte { return t.env.NewGUID() }

// Writable reports whether the transaction may write.
func (t *Tx) Writable() bool { return t.writable && !t.done }

// Ready returns why the transaction cannot go on, or, with write, why it may
// not write.
func (t *Tx) Ready(write bool) error {
	switch {
	case t.done:
		return ErrTxDone
	case write && !t.writable:
		return ErrReadOnly
	case t.ctx != nil && t.ctx.Err() != nil:
		return fmt.Errorf("transaction: %w", context.Cause(t.ctx))
	}
	return nil
}

// End ends the transaction: nothing can be written in it any more. It may be
// called again.
func (t *Tx) End() { t.done = true }

// Root ends the transaction and returns its content as a root of the revision.
func (t *Tx) Root(revision uint64) *Root {
	t.done = true
	return &Root{schema: t.schema, trees: t.trees, revision: revision}
}

// Kept is the content of a transaction at one moment: how much had been
// written.
type Kept int

// Keep marks the present content, to be taken back by Back. It costs nothing;
// Back costs as much as what was written since.
func (t *Tx) Keep() Kept { return Kept(len(t.log)) }

// Back makes the content what it was when it was kept. What was kept since is
// worth nothing after.
func (t *Tx) Back(to Kept) {
	for i := len(t.log) - 1; i >= int(to); i-- {
		if one := t.log[i]; one.Table != nil {
			one.Table.revert(t, one.Change)
		} else {
			t.putTrees(one.Before.([]any))
		}
	}
	clear(t.log[to:])
	t.log = t.log[:to]
}

// Savepoint runs fn and forgets what it wrote if it returns an error or
// panics. It can be nested.
func (t *Tx) Savepoint(fn func() error) error {
	if err := t.Ready(false); err != nil {
		return err
	}
	kept, good := t.Keep(), false
	defer func() {
		if !good {
			t.Back(kept)
		}
	}()
	if err := fn(); err != nil {
		return err
	}
	good = true
	return nil
}

// owned returns a tree that the transaction may write: its own copy of what it
// shares with roots and iterators.
func owned[T any](t *Tx, number int) *btree.BTreeG[T] {
	tree := t.trees[number].(*btree.BTreeG[T])
	if t.own[number] && t.readers[number] == 0 {
		return tree
	}
	shared := *tree // so that the shared tree itself stays untouched
	tree = shared.Copy()
	t.trees[number], t.own[number], t.readers[number] = tree, true, 0
	return tree
}

// scan calls fn with a tree that writes leave as it is until fn returns.
func scan[T any](t *Tx, number int, fn func(*btree.BTreeG[T])) {
	tree := t.trees[number].(*btree.BTreeG[T])
	if t.writable {
		t.readers[number]++
		defer func() {
			if t.trees[number] == any(tree) && t.readers[number] > 0 {
				t.readers[number]--
			}
		}()
	}
	fn(tree)
}

// Value returns what SetValue has kept under a key, or nil. Values belong to
// the transaction alone, such as a cache of what was computed of its root;
// taking content back does not take them back.
func (t *Tx) Value(key any) any {
	if value, ok := t.values[key]; ok {
		return value
	}
	return t.env.Values[key]
}

// Deleted calls what the environment has for deleted objects.
func (t *Tx) Deleted(object int64) error {
	for _, hook := range t.env.Deleted {
		if err := hook(t, object); err != nil {
			return err
		}
	}
	return nil
}

// SetValue keeps a value with the transaction. Keys are of unexported types,
// as those of contexts.
func (t *Tx) SetValue(key, value any) {
	if t.values == nil {
		t.values = make(map[any]any)
	}
	t.values[key] = value
}

// Fork returns a transaction that starts from the present content of this one,
// which it leaves as it is.
func (t *Tx) Fork() *Tx {
	fork := t.Root(t.root.revision).Begin(t.env)
	t.done = false
	clear(t.own) // the next write copies
	return fork
}
