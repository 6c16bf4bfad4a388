package ledger

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"wsexchange/mock/state"
)

// atOnce is how many rows are handed from the reading to the decoding
// goroutine together.
const atOnce = 256

type storedRow struct {
	table, key string
	value      []byte
}

// load reads the content. A row that the schema does not know, or that cannot
// be decoded, is refused by its table and key.
func (s *database) load(ctx context.Context, schema *state.Schema, env state.Env) (*state.Root, error) {
	var revision uint64
	if err := s.conn.QueryRowContext(ctx, "SELECT coalesce(max(number), 0) FROM revision").Scan(&revision); err != nil {
		return nil, explained(err)
	}
	tx, rows := schema.Root().Begin(env), 0
	for row, err := range ahead(ctx, s.storedRows) {
		if err != nil {
			return nil, fmt.Errorf("content: %w", explained(err))
		}
		known, err := tx.Load(row.table, row.value)
		if !known {
			return nil, fmt.Errorf("table %q is not known to this program (row with key %q)", row.table, row.key)
		}
		if err != nil {
			return nil, fmt.Errorf("table %s, key %q: %w row: %w", row.table, row.key, ErrDamaged, err)
		}
		if rows++; rows%atOnce == 0 {
			tx.ForgetChanges()
		}
	}
	tx.ForgetChanges()
	root := tx.Root(revision)
	if err := complete(root, rows); err != nil {
		return nil, err
	}
	return root, nil
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

// storedRows calls each for the rows of the content, in their order.
func (s *database) storedRows(ctx context.Context, each func(storedRow) bool) (err error) {
	rows, err := s.conn.QueryContext(ctx, "SELECT tbl, key, CAST(value AS BLOB) FROM content ORDER BY tbl, key")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var row storedRow
		if err := rows.Scan(&row.table, &row.key, &row.value); err != nil {
			return err
		}
		if !each(row) {
			return nil
		}
	}
	return rows.Err()
}

// ahead iterates over what read calls each for, which it runs in a goroutine
// of its own, and then over its error.
func ahead(ctx context.Context, read func(ctx context.Context, each func(storedRow) bool) error) iter.Seq2[storedRow, error] {
	return func(yield func(storedRow, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		chunks, failed := make(chan []storedRow, 4), error(nil)
		defer func() {
			stop()
			for range chunks { // until the goroutine has ended
			}
		}()
		go func() {
			defer close(chunks)
			failed = readChunks(ctx, chunks, read)
		}()
		for chunk := range chunks {
			for _, row := range chunk {
				if !yield(row, nil) {
					return
				}
			}
		}
		if failed != nil {
			yield(storedRow{}, failed)
		}
	}
}

func readChunks(ctx context.Context, chunks chan<- []storedRow, read func(ctx context.Context, each func(storedRow) bool) error) error {
	chunk := make([]storedRow, 0, atOnce)
	send := func() bool {
		select {
		case chunks <- chunk:
			chunk = make([]storedRow, 0, atOnce)
			return true
		case <-ctx.Done():
			return false
		}
	}
	err := read(ctx, func(row storedRow) bool {
		chunk = append(chunk, row)
		return len(chunk) < atOnce || send()
	})
	if err == nil && !send() {
		err = context.Cause(ctx)
	}
	return err
}
