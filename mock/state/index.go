package state

import (
	"fmt"
	"iter"
	"slices"

	"github.com/tidwall/btree"
)

// Index finds the rows of a table by values V that they have.
type Index[K comparable, R, V any] struct {
	name    string
	table   *Table[K, R]
	number  int // among the table's trees
	unique  bool
	values  func(row *R, add func(V))
	compare func(a, b V) int
	same    func(before, after *R) bool // nil: unknown
}

// entry is a value and the key of a row that has it.
type entry[K comparable, V any] struct {
	value V
	key   K
}

// Unique adds an index to a table, of values that one row has at most. values
// calls add for each value of a row. Indexes are added where the table is
// declared, before a schema is made of it.
func Unique[K comparable, R, V any](table *Table[K, R], name string, compare func(a, b V) int, values func(row *R, add func(V))) *Index[K, R, V] {
	return addIndex(table, name, true, compare, values)
}

// Ordered adds an index to a table, of values that any number of rows may
// have. Rows of one value are in the order of their keys.
func Ordered[K comparable, R, V any](table *Table[K, R], name string, compare func(a, b V) int, values func(row *R, add func(V))) *Index[K, R, V] {
	return addIndex(table, name, false, compare, values)
}

func addIndex[K comparable, R, V any](table *Table[K, R], name string, unique bool, compare func(a, b V) int, values func(row *R, add func(V))) *Index[K, R, V] {
	ix := &Index[K, R, V]{name: name, table: table, number: 1 + len(table.indexes), unique: unique, values: values, compare: compare}
	table.indexes = append(table.indexes, ix)
	return ix
}

// SameIf makes writes pass the index by where same reports that a row's values
// are those that it had before. Where it reports false they are compared.
func (ix *Index[K, R, V]) SameIf(same func(before, after *R) bool) *Index[K, R, V] {
	ix.same = same
	return ix
}

func (ix *Index[K, R, V]) stays(before, after *R) bool {
	return before != nil && ix.same != nil && ix.same(before, after)
}

func (ix *Index[K, R, V]) empty() any {
	compareKeys := ix.table.spec.Compare
	less := func(a, b entry[K, V]) bool {
		c := ix.compare(a.value, b.value)
		if c == 0 {
			c = compareKeys(a.key, b.key)
		}
		return c < 0
	}
	if ix.unique {
		less = func(a, b entry[K, V]) bool { return ix.compare(a.value, b.value) < 0 }
	}
	return btree.NewBTreeGOptions(less, btree.Options{Degree: degree, NoLocks: true})
}

func (ix *Index[K, R, V]) slot(tx *Tx) int { return ix.table.first(tx) + ix.number }

func (ix *Index[K, R, V]) tree(tx *Tx) *btree.BTreeG[entry[K, V]] {
	return tx.trees[ix.slot(tx)].(*btree.BTreeG[entry[K, V]])
}

// Find returns the row that has the value, or nil. Of an index that is not
// unique it is the row of the lowest key.
func (ix *Index[K, R, V]) Find(tx *Tx, value V) *R {
	if ix.unique {
		found, ok := ix.tree(tx).Get(entry[K, V]{value: value})
		if !ok {
			return nil
		}
		return ix.table.Get(tx, found.key)
	}
	for _, row := range ix.From(tx, value) {
		return row
	}
	return nil
}

// From iterates over values and rows, from a value on, which is included, in
// the order of values and keys. The entries are those at the moment when it
// begins, whatever is written meanwhile; a row that was deleted since is left
// out. The zero value of K must not be greater than any key.
func (ix *Index[K, R, V]) From(tx *Tx, value V) iter.Seq2[V, *R] {
	return func(yield func(V, *R) bool) {
		scan(tx, ix.slot(tx), func(tree *btree.BTreeG[entry[K, V]]) {
			tree.Ascend(entry[K, V]{value: value}, func(e entry[K, V]) bool {
				row := ix.table.Get(tx, e.key)
				return row == nil || yield(e.value, row)
			})
		})
	}
}

// Keys is From without the rows: it iterates over values and the keys of the
// rows that have them.
func (ix *Index[K, R, V]) Keys(tx *Tx, value V) iter.Seq2[V, K] {
	return func(yield func(V, K) bool) {
		scan(tx, ix.slot(tx), func(tree *btree.BTreeG[entry[K, V]]) {
			tree.Ascend(entry[K, V]{value: value}, func(e entry[K, V]) bool { return yield(e.value, e.key) })
		})
	}
}

// Is iterates over the rows that have exactly the value.
func (ix *Index[K, R, V]) Is(tx *Tx, value V) iter.Seq[*R] {
	return func(yield func(*R) bool) {
		for found, row := range ix.From(tx, value) {
			if ix.compare(found, value) != 0 || !yield(row) {
				return
			}
		}
	}
}

// DuplicateError is that a value of a unique index belongs to another row.
type DuplicateError struct {
	Table, Index string
	Value        string
	Holder       any // the key of the row that has it
}

func (e *DuplicateError) Error() string {
	return fmt.Sprintf("table %s: %s %q belongs to row %v", e.Table, e.Index, e.Value, e.Holder)
}

func (ix *Index[K, R, V]) free(tx *Tx, tree int, key K, row *R) error {
	if !ix.unique {
		return nil
	}
	var failed error
	entries := tx.trees[tree].(*btree.BTreeG[entry[K, V]])
	ix.values(row, func(value V) {
		if held, ok := entries.Get(entry[K, V]{value: value}); ok && held.key != key {
			failed = &DuplicateError{Table: ix.table.spec.Name, Index: ix.name, Value: fmt.Sprint(value), Holder: held.key}
		}
	})
	return failed
}

func (ix *Index[K, R, V]) update(tx *Tx, tree int, key K, before, after *R) {
	switch {
	case before == nil:
		entries := owned[entry[K, V]](tx, tree)
		ix.values(after, func(value V) { entries.Set(entry[K, V]{value, key}) })
		return
	case after == nil:
		entries := owned[entry[K, V]](tx, tree)
		ix.values(before, func(value V) { entries.Delete(entry[K, V]{value, key}) })
		return
	}
	var was, is []V
	ix.values(before, func(value V) { was = append(was, value) })
	ix.values(after, func(value V) { is = append(is, value) })
	same := func(a, b V) bool { return ix.compare(a, b) == 0 }
	if slices.EqualFunc(was, is, same) {
		return
	}
	entries := owned[entry[K, V]](tx, tree)
	for _, value := range was {
		if !slices.ContainsFunc(is, func(v V) bool { return same(v, value) }) {
			entries.Delete(entry[K, V]{value, key})
		}
	}
	for _, value := range is {
		if !slices.ContainsFunc(was, func(v V) bool { return same(v, value) }) {
			entries.Set(entry[K, V]{value, key})
		}
	}
}
