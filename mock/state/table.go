package state

import (
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"sync/atomic"

	"github.com/tidwall/btree"
)

// degree is the number of children of a tree's inner nodes at least: a write
// copies one node at each level, so that small nodes make cheap writes.
const degree = 16

// Spec declares a table with rows R under keys K.
type Spec[K comparable, R any] struct {
	Name    string
	Key     func(*R) K
	Compare func(a, b K) int
	// KeyText writes a key for the ledger; nil is fmt.Sprint. ParseKey reads it;
	// nil reads numbers and texts that fmt.Sprint wrote.
	KeyText  func(K) string
	ParseKey func(string) (K, error)
	// Describe tells what a row says about an object, for people; nil keeps
	// the table out of changes and differences.
	Describe func(tx *Tx, row *R) Description
	// Replicated tables have rows of their own at each domain controller.
	Replicated bool
	// Secret tables hold what is never shown.
	Secret bool
	// Ephemeral tables are kept in memory alone: their rows are in no change.
	Ephemeral bool
	// Parts names what differs between two rows of one key, of what can be
	// written apart; Take returns the present row with the named parts of
	// another. nil: rows are written whole.
	Parts func(before, after *R) []string
	Take  func(present, from *R, parts []string) *R
}

// Table is a declared table. Its methods may be called from any goroutine, each
// with a transaction of its own.
type Table[K comparable, R any] struct {
	spec    Spec[K, R]
	indexes []index[K, R]
	place   atomic.Pointer[place] // in the schema that was used last
}

// place is where the trees of a table are in a schema.
type place struct {
	schema *Schema
	first  int
}

// index keeps the entries of one index of a table.
type index[K comparable, R any] interface {
	empty() any
	// free fails with a *DuplicateError if another row has an entry of the row.
	free(tx *Tx, tree int, key K, row *R) error
	update(tx *Tx, tree int, key K, before, after *R)
	// stays reports whether the entries of both rows are known to be the same.
	stays(before, after *R) bool
}

// item is a row in the tree of its table.
type item[K comparable, R any] struct {
	key K
	row *R
}

// Declare makes a table. Rows are written to the ledger as their JSON.
func Declare[K comparable, R any](spec Spec[K, R]) *Table[K, R] {
	if spec.KeyText == nil {
		spec.KeyText = func(key K) string { return fmt.Sprint(key) }
	}
	if spec.ParseKey == nil {
		spec.ParseKey = parsePlainKey[K]
	}
	return &Table[K, R]{spec: spec}
}

// Name is the name of the table.
func (t *Table[K, R]) Name() string { return t.spec.Name }

// Replicated reports whether each domain controller has its own rows.
func (t *Table[K, R]) Replicated() bool { return t.spec.Replicated }

// Secret reports whether rows hold what is never shown.
func (t *Table[K, R]) Secret() bool { return t.spec.Secret }

// Ephemeral reports whether rows are kept in memory alone.
func (t *Table[K, R]) Ephemeral() bool { return t.spec.Ephemeral }

// tree returns the rows as a transaction sees them.
func (t *Table[K, R]) tree(tx *Tx) *btree.BTreeG[item[K, R]] {
	return tx.trees[t.first(tx)].(*btree.BTreeG[item[K, R]])
}

// first is the number of the table's first tree. A table is nearly always used
// with one schema, so that its number is remembered: a map of declarations is
// slow to ask.
func (t *Table[K, R]) first(tx *Tx) int {
	if p := t.place.Load(); p != nil && p.schema == tx.schema {
		return p.first
	}
	first := tx.schema.first[t]
	t.place.Store(&place{tx.schema, first})
	return first
}

// Get returns the row of a key, or nil.
func (t *Table[K, R]) Get(tx *Tx, key K) *R {
	found, _ := t.tree(tx).Get(item[K, R]{key: key})
	return found.row
}

// Len is the number of rows.
func (t *Table[K, R]) Len(tx *Tx) int { return t.tree(tx).Len() }

// All iterates over the rows in the order of their keys. The rows are those at
// the moment when it begins, whatever is written meanwhile.
func (t *Table[K, R]) All(tx *Tx) iter.Seq[*R] {
	return func(yield func(*R) bool) {
		scan(tx, t.first(tx), func(tree *btree.BTreeG[item[K, R]]) {
			tree.Scan(func(found item[K, R]) bool { return yield(found.row) })
		})
	}
}

// From is All from a key on, which is included.
func (t *Table[K, R]) From(tx *Tx, key K) iter.Seq[*R] {
	return func(yield func(*R) bool) {
		scan(tx, t.first(tx), func(tree *btree.BTreeG[item[K, R]]) {
			tree.Ascend(item[K, R]{key: key}, func(found item[K, R]) bool { return yield(found.row) })
		})
	}
}

// Put writes a row in place of the one of its key. A value of a unique index
// that another row has is a *DuplicateError, and nothing is written.
func (t *Table[K, R]) Put(tx *Tx, row *R) error {
	if err := tx.Ready(true); err != nil {
		return err
	}
	key, first := t.spec.Key(row), t.first(tx)
	before := t.Get(tx, key)
	var passed uint64 // indexes, by their bits
	for i, one := range t.indexes {
		if one.stays(before, row) {
			passed |= 1 << i
			continue
		}
		if err := one.free(tx, first+1+i, key, row); err != nil {
			return err
		}
	}
	t.write(tx, key, before, row, passed)
	tx.note(Change{Table: t, Key: key, Before: nilOf(before), After: row})
	return nil
}

// write puts a row in place of the one before, either of which may be nil, and
// updates the indexes but for those passed, by their bits.
func (t *Table[K, R]) write(tx *Tx, key K, before, row *R, passed uint64) {
	first := t.first(tx)
	rows := owned[item[K, R]](tx, first)
	if row == nil {
		rows.Delete(item[K, R]{key: key})
	} else {
		rows.Set(item[K, R]{key, row})
	}
	for i, one := range t.indexes {
		if passed&(1<<i) == 0 {
			one.update(tx, first+1+i, key, before, row)
		}
	}
}

// revert takes a change back that was the last one of its row.
func (t *Table[K, R]) revert(tx *Tx, c Change) {
	before, _ := c.Before.(*R)
	after, _ := c.After.(*R)
	var passed uint64
	for i, one := range t.indexes {
		if after != nil && one.stays(before, after) {
			passed |= 1 << i
		}
	}
	t.write(tx, c.Key.(K), after, before, passed)
}

// Delete removes the row of a key, and reports whether there was one.
func (t *Table[K, R]) Delete(tx *Tx, key K) (bool, error) {
	if err := tx.Ready(true); err != nil {
		return false, err
	}
	before := t.Get(tx, key)
	if before == nil {
		return false, nil
	}
	t.write(tx, key, before, nil, 0)
	tx.note(Change{Table: t, Key: key, Before: before})
	return true, nil
}

// nilOf returns a nil pointer as an untyped nil.
func nilOf[R any](row *R) any {
	if row == nil {
		return nil
	}
	return row
}

func (t *Table[K, R]) trees() []emptyTree {
	all := []emptyTree{func() any {
		return btree.NewBTreeGOptions(func(a, b item[K, R]) bool { return t.spec.Compare(a.key, b.key) < 0 },
			btree.Options{Degree: degree, NoLocks: true})
	}}
	for _, one := range t.indexes {
		all = append(all, one.empty)
	}
	return all
}

func (t *Table[K, R]) load(tx *Tx, value []byte) error {
	row, err := new(R), error(nil)
	if own, ok := any(row).(json.Unmarshaler); ok { // json.Unmarshal would read the text once more
		err = own.UnmarshalJSON(value)
	} else {
		err = json.Unmarshal(value, row)
	}
	if err != nil {
		return err
	}
	return t.Put(tx, row)
}

func (t *Table[K, R]) encode(row any) ([]byte, error) {
	if own, ok := row.(json.Marshaler); ok { // json.Marshal would copy the text
		return own.MarshalJSON()
	}
	return json.Marshal(row)
}

// parsePlainKey reads a key that is a number or a text.
func parsePlainKey[K comparable](text string) (key K, err error) {
	switch k := any(&key).(type) {
	case *int64:
		*k, err = strconv.ParseInt(text, 10, 64)
	case *string:
		*k = text
	default:
		err = fmt.Errorf("keys of type %T are not read from text", key)
	}
	return key, err
}

func (t *Table[K, R]) remove(tx *Tx, key string) error {
	parsed, err := t.spec.ParseKey(key)
	if err != nil {
		return err
	}
	_, err = t.Delete(tx, parsed)
	return err
}

func (t *Table[K, R]) keyText(key any) string { return t.spec.KeyText(key.(K)) }

func (t *Table[K, R]) describe(tx *Tx, row any) Description {
	if t.spec.Describe == nil || row == nil {
		return Description{}
	}
	return t.spec.Describe(tx, row.(*R))
}

func (t *Table[K, R]) apply(tx *Tx, key, row any) error {
	if row == nil {
		_, err := t.Delete(tx, key.(K))
		return err
	}
	return t.Put(tx, row.(*R))
}

// parts names what a change has written of its row: wholeRow unless the row
// was changed in parts.
func (t *Table[K, R]) parts(c Change) []string {
	if t.spec.Parts == nil || c.Before == nil || c.After == nil {
		return []string{wholeRow}
	}
	return t.spec.Parts(c.Before.(*R), c.After.(*R))
}

const wholeRow = ""

// merge makes a change where the row may be another one than it was when the
// change was made: the named parts are written. A change of a row that is gone
// is dropped.
func (t *Table[K, R]) merge(tx *Tx, c Change, parts []string) error {
	present := t.Get(tx, c.Key.(K))
	switch {
	case len(parts) == 0, present == nil && c.Before != nil:
		return nil
	case c.After == nil, present == nil, t.spec.Take == nil, parts[0] == wholeRow:
		return t.apply(tx, c.Key, c.After)
	}
	return t.Put(tx, t.spec.Take(present, c.After.(*R), parts))
}

func (t *Table[K, R]) count(tx *Tx) int { return t.Len(tx) }

func (t *Table[K, R]) rows(tx *Tx, each func(key string, value []byte) error) error {
	for row := range t.All(tx) {
		value, err := t.encode(row)
		if err != nil {
			return err
		}
		if err := each(t.spec.KeyText(t.spec.Key(row)), value); err != nil {
			return err
		}
	}
	return nil
}
