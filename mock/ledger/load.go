package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"wsexchange/mock/state"
)

// load reads the content. A row that the schema does not know, or that cannot
// be decoded, is refused by its table and key.
//
// The tables that controllers replicate, which have most of the rows, and the
// others are read at the same time, each into a transaction of its own.
func (s *database) load(ctx context.Context, schema *state.Schema, env state.Env) (*state.Root, error) {
	revision, replicated, others, err := contents(ctx, s.conn, schema)
	if err != nil {
		return nil, err
	}
	first, second := loader{tx: schema.Root().Begin(env)}, loader{tx: schema.Root().Begin(env)}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return first.load(ctx, s.readers, replicated) })
	group.Go(func() error { return second.load(ctx, s.readers, others) })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	second.tx.SetPart(first.tx.Part())
	first.tx.End()
	root := second.tx.Root(revision)
	return root, complete(root, first.rows+second.rows)
}

// querier is a database, a connection or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, arguments ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, arguments ...any) *sql.Row
}

// contents returns the last revision, and the names of the tables that have
// rows: of those that controllers replicate, and of the others.
func contents(ctx context.Context, db querier, schema *state.Schema) (revision uint64, replicated, others []string, err error) {
	if err := db.QueryRowContext(ctx, "SELECT coalesce(max(number), 0) FROM revision").Scan(&revision); err != nil {
		return 0, nil, nil, explained(err)
	}
	err = tables(ctx, db, func(name string) error {
		table := schema.Table(name)
		switch {
		case table == nil:
			return fmt.Errorf("table %q is not known to this program", name)
		case table.Replicated():
			replicated = append(replicated, name)
		default:
			others = append(others, name)
		}
		return nil
	})
	return revision, replicated, others, err
}

// tables calls each for the names of the tables that have rows.
func tables(ctx context.Context, db querier, each func(name string) error) error {
	var name sql.NullString
	for {
		if err := db.QueryRowContext(ctx, "SELECT min(tbl) FROM content WHERE tbl > ?", name.String).Scan(&name); err != nil {
			return fmt.Errorf("content: %w", explained(err))
		}
		if !name.Valid {
			return nil
		}
		if err := each(name.String); err != nil {
			return err
		}
	}
}

// complete returns an error if several rows were of one key.
func complete(root *state.Root, rows int) error {
	for _, count := range root.Count() {
		rows -= count
	}
	if rows != 0 {
		return fmt.Errorf("content: %w: rows with the key of another row: %d", ErrDamaged, rows)
	}
	return nil
}

// loader puts the rows of some tables into a transaction.
type loader struct {
	tx   *state.Tx
	rows int
}

// storedRow is a row as it is read. Its texts are parts of the chunk.
type storedRow struct {
	table      string
	key, value []byte
}

// chunk is what is handed from the reading to the decoding goroutine at once.
type chunk struct {
	rows  []storedRow
	texts []byte
}

const (
	chunkRows  = 256
	chunkTexts = 128 << 10 // bytes; a chunk of long rows has more
)

func newChunk() *chunk {
	return &chunk{rows: make([]storedRow, 0, chunkRows), texts: make([]byte, 0, chunkTexts)}
}

func (c *chunk) full() bool { return len(c.rows) == chunkRows || len(c.texts) > chunkTexts-4096 }

// keep returns a copy of a text among those of the chunk.
func (c *chunk) keep(text []byte) []byte {
	start := len(c.texts)
	c.texts = append(c.texts, text...)
	return c.texts[start:len(c.texts):len(c.texts)]
}

// load reads in one goroutine what it decodes and puts in another.
func (l *loader) load(ctx context.Context, db querier, tables []string) error {
	if len(tables) == 0 {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	chunks := make(chan *chunk, 4)
	group.Go(func() error {
		defer close(chunks)
		err := readRows(ctx, db, tables, func(full *chunk) error {
			select {
			case chunks <- full:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
		if err != nil {
			return fmt.Errorf("content: %w", explained(err))
		}
		return nil
	})
	group.Go(func() error {
		for c := range chunks {
			if err := l.put(c); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

func (l *loader) put(c *chunk) error {
	for _, row := range c.rows {
		if _, err := l.tx.Load(row.table, row.value); err != nil {
			return fmt.Errorf("table %s, key %q: %w row: %w", row.table, row.key, ErrDamaged, err)
		}
	}
	l.rows += len(c.rows)
	l.tx.ForgetChanges() // what is loaded has not changed
	return nil
}

// readRows calls each for chunks of the rows of the tables, in the order of
// their keys.
func readRows(ctx context.Context, db querier, tables []string, each func(*chunk) error) (err error) {
	names := make([]any, len(tables))
	for i, name := range tables {
		names[i] = name
	}
	rows, err := db.QueryContext(ctx, "SELECT tbl, CAST(key AS BLOB), CAST(value AS BLOB) FROM content WHERE tbl IN (?"+
		strings.Repeat(", ?", len(tables)-1)+") ORDER BY tbl, key", names...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var table, key, value sql.RawBytes
	name, c := "", newChunk()
	for rows.Next() {
		if err := rows.Scan(&table, &key, &value); err != nil {
			return err
		}
		if string(table) != name {
			name = string(table)
		}
		c.rows = append(c.rows, storedRow{name, c.keep(key), c.keep(value)})
		if !c.full() {
			continue
		}
		if err := each(c); err != nil {
			return err
		}
		c = newChunk()
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return each(c)
}
