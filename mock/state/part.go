package state

// Part is the content of the replicated tables at one moment.
type Part struct{ trees []any }

// IsZero reports whether there is no content.
func (p Part) IsZero() bool { return p.trees == nil }

// replicated calls each for the numbers of the trees of replicated tables.
func (s *Schema) replicated(each func(number int)) {
	for _, table := range s.tables {
		if !table.Replicated() {
			continue
		}
		for i := range table.trees() {
			each(s.first[table] + i)
		}
	}
}

// Part returns the content of the replicated tables.
func (t *Tx) Part() Part {
	var p Part
	t.schema.replicated(func(number int) {
		if t.writable {
			t.own[number] = false // the next write copies
		}
		p.trees = append(p.trees, t.trees[number])
	})
	return p
}

// SetPart makes a part the content of the replicated tables. That is not a
// change of the transaction. In one that only reads, the root stays as it is.
func (t *Tx) SetPart(p Part) {
	if !t.writable {
		t.trees = append([]any(nil), t.trees...)
	} else {
		t.log = append(t.log, logged{Change: Change{Before: t.Part().trees}, hidden: true})
	}
	t.putTrees(p.trees)
}

// putTrees puts trees in the places of those of the replicated tables.
func (t *Tx) putTrees(trees []any) {
	i := 0
	t.schema.replicated(func(number int) {
		if t.writable {
			t.own[number], t.readers[number] = false, 0
		}
		t.trees[number] = trees[i]
		i++
	})
}

// TakeReplicated removes the changes of replicated tables that were made since
// the mark from the transaction's changes, and returns them, one a row. The
// content stays as it is.
func (t *Tx) TakeReplicated(mark Mark) []Change {
	var taken []Change
	for _, c := range t.ChangesSince(mark) {
		if c.Table.Replicated() {
			taken = append(taken, c)
		}
	}
	for i := range t.log[mark:] {
		one := &t.log[int(mark)+i]
		one.hidden = one.hidden || one.Table.Replicated()
	}
	return taken
}

// Parts names what the change has written of its row: "" for all of it.
func (c Change) Parts() []string { return c.Table.parts(c) }

// Merge makes the change in a transaction in which the row may be another one:
// only the named parts are written. A row that is gone stays away.
func (c Change) Merge(tx *Tx, parts []string) error { return c.Table.merge(tx, c, parts) }
