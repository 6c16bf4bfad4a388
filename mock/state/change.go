package state

import (
	"fmt"
	"slices"

	"github.com/tidwall/btree"
)

// Change is a row that a transaction wrote.
type Change struct {
	Table         Declaration
	Key           any
	Before, After any // pointers to rows; nil for none
}

// KeyText is the key of the row as the ledger writes it.
func (c Change) KeyText() string { return c.Table.keyText(c.Key) }

// Encoded returns the row as it is now, as JSON; nil if it is gone.
func (c Change) Encoded() ([]byte, error) {
	if c.After == nil {
		return nil, nil
	}
	return c.Table.encode(c.After)
}

// EncodedBefore returns the row as it was, as JSON; nil if it is new.
func (c Change) EncodedBefore() ([]byte, error) {
	if c.Before == nil {
		return nil, nil
	}
	return c.Table.encode(c.Before)
}

// Apply makes the change in another transaction: its row is put or deleted,
// whatever was there.
func (c Change) Apply(tx *Tx) error { return c.Table.apply(tx, c.Key, c.After) }

// logged is a write, so that it can be taken back. Without a table it is an
// exchange of the trees of the replicated tables, for those that Before has.
type logged struct {
	Change
	hidden bool // it is not a change of the transaction
}

func (t *Tx) note(c Change) {
	if t.log == nil {
		t.log = make([]logged, 0, 32)
	}
	t.log = append(t.log, logged{c, c.Table.Ephemeral()})
}

// Mark is a moment in a transaction, for ChangesSince.
type Mark int

// Mark returns the present moment.
func (t *Tx) Mark() Mark { return Mark(len(t.log)) }

// Changes returns what the transaction has written, one change a row, in the
// order of the first writes. A row that is again what it was is left out.
func (t *Tx) Changes() []Change { return t.ChangesSince(0) }

// ChangesSince is Changes for what was written after the mark.
func (t *Tx) ChangesSince(mark Mark) []Change {
	type rowKey struct {
		table Declaration
		key   any
	}
	written := t.log[min(int(mark), len(t.log)):]
	at := make(map[rowKey]int, len(written))
	all := make([]Change, 0, len(written))
	for _, c := range written {
		if c.hidden {
			continue
		}
		key := rowKey{c.Table, c.Key}
		if i, ok := at[key]; ok {
			all[i].After = c.After
			continue
		}
		at[key] = len(all)
		all = append(all, c.Change)
	}
	return slices.DeleteFunc(all, func(c Change) bool { return c.Before == c.After })
}

// Load puts a row that was written as JSON. An unknown table is reported as
// false.
func (t *Tx) Load(table string, value []byte) (known bool, err error) {
	declared := t.schema.named[table]
	if declared == nil {
		return false, nil
	}
	return true, declared.load(t, value)
}

// StoredRow is a row as a ledger keeps it: the texts that Change.KeyText and
// Change.Encoded return.
type StoredRow struct {
	Table, Key string
	Value      []byte // nil: the row is gone
}

// Adopt makes rows those that another process has written, whatever was there.
// They may be in any order: all of them are removed before any is put, so that
// a value of a unique index can go from one row to another. That is not a
// change of the transaction.
func (t *Tx) Adopt(rows []StoredRow) error {
	mark := len(t.log)
	defer func() {
		for i := range t.log[mark:] {
			t.log[mark+i].hidden = true
		}
	}()
	for _, row := range rows {
		table := t.schema.named[row.Table]
		if table == nil {
			return fmt.Errorf("table %q is not known to this program", row.Table)
		}
		if err := table.remove(t, row.Key); err != nil {
			return fmt.Errorf("table %s, key %q: %w", row.Table, row.Key, err)
		}
	}
	for _, row := range rows {
		if row.Value == nil {
			continue
		}
		if err := t.schema.named[row.Table].load(t, row.Value); err != nil {
			return fmt.Errorf("table %s, key %q: %w", row.Table, row.Key, err)
		}
	}
	return nil
}

// ForgetChanges makes the transaction forget what it wrote, not the content:
// after loading, nothing has changed.
func (t *Tx) ForgetChanges() { t.log = nil }

// Difference returns what one would have to change in the root before to get
// the root after, table by table in the order of keys. Trees that both share
// are skipped, rows that both share are compared by their address.
func Difference(before, after *Root) []Change {
	a, b := before.Read(Env{}), after.Read(Env{})
	var all []Change
	for _, table := range after.schema.tables {
		all = append(all, table.differences(a, b)...)
	}
	return all
}

func (t *Table[K, R]) differences(a, b *Tx) []Change {
	was, is := t.tree(a), t.tree(b)
	if was == is || t.spec.Ephemeral {
		return nil
	}
	var all []Change
	left, right := was.Iter(), is.Iter()
	defer left.Release()
	defer right.Release()
	leftOK, rightOK := left.First(), right.First()
	for leftOK || rightOK {
		switch c := t.order(leftOK, rightOK, &left, &right); {
		case c < 0:
			all = append(all, Change{Table: t, Key: left.Item().key, Before: left.Item().row})
			leftOK = left.Next()
		case c > 0:
			all = append(all, Change{Table: t, Key: right.Item().key, After: right.Item().row})
			rightOK = right.Next()
		default:
			if left.Item().row != right.Item().row {
				all = append(all, Change{Table: t, Key: left.Item().key, Before: left.Item().row, After: right.Item().row})
			}
			leftOK, rightOK = left.Next(), right.Next()
		}
	}
	return all
}

// order compares the keys at two iterators; one that has ended comes last.
func (t *Table[K, R]) order(leftOK, rightOK bool, left, right *btree.IterG[item[K, R]]) int {
	switch {
	case !rightOK:
		return -1
	case !leftOK:
		return 1
	}
	return t.spec.Compare(left.Item().key, right.Item().key)
}
