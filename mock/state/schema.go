package state

import (
	"fmt"
	"time"
)

// Declaration is a table as a schema knows it. [Table] implements it.
type Declaration interface {
	// Name is the name of the table, as the ledger writes it.
	Name() string
	// Replicated reports whether each domain controller has its own rows.
	Replicated() bool
	// Secret reports whether rows hold what is never shown.
	Secret() bool

	// Ephemeral reports whether rows are kept in memory alone.
	Ephemeral() bool

	trees() []emptyTree
	load(tx *Tx, value []byte) error
	remove(tx *Tx, key string) error
	encode(row any) ([]byte, error)
	keyText(key any) string
	describe(tx *Tx, row any) Description
	apply(tx *Tx, key, row any) error
	revert(tx *Tx, c Change)
	merge(tx *Tx, c Change, parts []string) error
	parts(c Change) []string
	differences(a, b *Tx) []Change
	count(tx *Tx) int
	rows(tx *Tx, each func(key string, value []byte) error) error
}

// emptyTree makes the tree of a table's rows or of one of its indexes.
type emptyTree func() any

// Schema is a list of tables. It is made once and never changes.
type Schema struct {
	tables []Declaration
	first  map[Declaration]int // number of a table's first tree
	named  map[string]Declaration
	empty  []any
}

// NewSchema makes the schema of the tables, whose names must differ.
func NewSchema(tables ...Declaration) (*Schema, error) {
	s := &Schema{tables: tables, first: make(map[Declaration]int, len(tables)), named: make(map[string]Declaration, len(tables))}
	for _, table := range tables {
		if s.named[table.Name()] != nil {
			return nil, fmt.Errorf("state: table %q is declared twice", table.Name())
		}
		s.named[table.Name()] = table
		s.first[table] = len(s.empty)
		for _, tree := range table.trees() {
			s.empty = append(s.empty, tree())
		}
	}
	return s, nil
}

// Tables returns the tables in the order in which they were given.
func (s *Schema) Tables() []Declaration { return append([]Declaration(nil), s.tables...) }

// Table returns the table of a name, or nil.
func (s *Schema) Table(name string) Declaration { return s.named[name] }

// Root returns the root without any rows.
func (s *Schema) Root() *Root { return &Root{schema: s, trees: s.empty} }

// Root is the content of all tables at one moment. It never changes and may be
// read by any number of goroutines.
type Root struct {
	schema   *Schema
	trees    []any
	revision uint64
}

// Revision is the number of the commit that made the root; 0 before the first.
func (r *Root) Revision() uint64 { return r.revision }

// Schema is the schema of the root's tables.
func (r *Root) Schema() *Schema { return r.schema }

// WithRevision returns the same content as the root of another revision.
func (r *Root) WithRevision(revision uint64) *Root {
	return &Root{schema: r.schema, trees: r.trees, revision: revision}
}

// Read returns a transaction that reads the root. It needs no end.
func (r *Root) Read(env Env) *Tx { return &Tx{root: r, schema: r.schema, env: env, trees: r.trees} }

// Begin returns a transaction that starts from the root.
func (r *Root) Begin(env Env) *Tx {
	return &Tx{
		root: r, schema: r.schema, env: env, writable: true,
		trees: append([]any(nil), r.trees...), own: make([]bool, len(r.trees)), readers: make([]int, len(r.trees)),
	}
}

// Count returns the number of rows of each table, by its name.
func (r *Root) Count() map[string]int {
	tx, counts := r.Read(Env{}), make(map[string]int, len(r.schema.tables))
	for _, table := range r.schema.tables {
		counts[table.Name()] = table.count(tx)
	}
	return counts
}

// Rows calls each for every row of every table, in the order of tables and
// keys, with the table's name, the key's text and the row as JSON.
func (r *Root) Rows(each func(table, key string, value []byte) error) error {
	tx := r.Read(Env{})
	for _, table := range r.schema.tables {
		if table.Ephemeral() {
			continue
		}
		err := table.rows(tx, func(key string, value []byte) error { return each(table.Name(), key, value) })
		if err != nil {
			return fmt.Errorf("table %s: %w", table.Name(), err)
		}
	}
	return nil
}

// Env is what transactions need from outside: the clock, and new identifiers.
type Env struct {
	Now     func() time.Time // nil is time.Now
	NewGUID func() [16]byte  // nil gives none: the transaction panics when it needs one
	// Deleted are called by the directory for each object that it deletes, by
	// the object's id: rooms above it remove what hangs on the object.
	Deleted []func(tx *Tx, object int64) error
	// Values are what transactions begin with, for Tx.Value.
	Values map[any]any
}
