package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"
)

// Tx is one transaction. It belongs to one goroutine.
type Tx struct {
	store    *Store
	ctx      context.Context // the caller's, asked before each statement
	run      context.Context // the same without its end, so that no statement is cut in two
	session  *session
	free     chan *session
	write    bool
	done     bool
	depth    int
	counters map[string]counter
}

// counter is a row of the counter table, held while the transaction runs.
type counter struct {
	value int64
	dirty bool
}

// Begin starts a transaction that the caller ends with Commit or Rollback.
// Prefer Update and View where the work fits in a function.
func (s *Store) Begin(ctx context.Context, write bool) (*Tx, error) {
	free, begin := s.writer, "BEGIN IMMEDIATE"
	if !write {
		begin = "BEGIN"
		if s.reader != nil {
			free = s.reader
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	held, err := s.take(ctx, free, write)
	if err != nil {
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	t := &Tx{
		store: s, ctx: ctx, run: context.WithoutCancel(ctx), session: held, free: free, write: write,
		counters: make(map[string]counter),
	}
	if err := t.begin(begin); err != nil {
		free <- t.session
		return nil, fmt.Errorf("begin transaction: %w", err)
	}
	if write && s.tracking {
		if _, err := t.exec("DELETE FROM " + changeTable); err != nil {
			return nil, errors.Join(fmt.Errorf("begin transaction: %w", err), t.Rollback())
		}
	}
	return t, nil
}

func (t *Tx) begin(statement string) error {
	if t.session == nil {
		opened, err := openSession(t.run, t.store.readDB)
		if err != nil {
			return err
		}
		t.session = opened
	}
	return t.control(statement)
}

// control runs a statement of transaction control. It runs whatever became of
// the caller's context.
func (t *Tx) control(statement string) error {
	prepared, err := t.session.prepared(t.run, statement)
	if err != nil {
		return err
	}
	_, err = prepared.ExecContext(t.run)
	return err
}

// Commit makes all that was written lasting. If it returns an error, nothing
// was.
func (t *Tx) Commit() error {
	if t.done {
		return ErrTxDone
	}
	err := t.flush()
	if err == nil {
		err = t.control("COMMIT")
	}
	if err != nil {
		return errors.Join(fmt.Errorf("commit transaction: %w", err), t.Rollback())
	}
	t.end()
	return nil
}

// Rollback undoes all that was written. After the end of the transaction it
// does nothing, so that it can be deferred.
func (t *Tx) Rollback() error {
	if t.done {
		return nil
	}
	err := t.control("ROLLBACK")
	t.end()
	if err != nil {
		return fmt.Errorf("roll back transaction: %w", err)
	}
	return nil
}

func (t *Tx) end() {
	t.done = true
	t.free <- t.session
}

// Savepoint runs fn and undoes what it wrote if it returns an error or
// panics. It can be nested.
func (t *Tx) Savepoint(fn func() error) (err error) {
	if err := t.ready(false); err != nil {
		return err
	}
	name := "level" + strconv.Itoa(t.depth)
	if err := t.control("SAVEPOINT " + name); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	held, kept := maps.Clone(t.counters), false
	t.depth++
	defer func() {
		t.depth--
		if kept || t.done {
			return
		}
		t.counters = held
		undone := errors.Join(t.control("ROLLBACK TO "+name), t.control("RELEASE "+name))
		if undone != nil {
			err = errors.Join(err, fmt.Errorf("savepoint: %w", undone))
		}
	}()
	if err := fn(); err != nil {
		return err
	}
	if err := t.control("RELEASE " + name); err != nil {
		return fmt.Errorf("savepoint: %w", err)
	}
	kept = true
	return nil
}

// Now is the store's clock, in UTC and whole microseconds, which is what the
// store keeps of a time.
func (t *Tx) Now() time.Time { return t.store.now().UTC().Truncate(time.Microsecond) }

// NewGUID makes a new GUID.
func (t *Tx) NewGUID() GUID { return t.store.newGUID() }

// Writable tells whether the transaction may write.
func (t *Tx) Writable() bool { return t.write && !t.done }

func (t *Tx) ready(write bool) error {
	switch {
	case t.done:
		return ErrTxDone
	case write && !t.write:
		return ErrReadOnly
	case t.ctx.Err() != nil:
		return fmt.Errorf("transaction: %w", context.Cause(t.ctx))
	}
	return nil
}

// exec runs a writing statement from a closed set of texts and gives the
// number of rows concerned.
func (t *Tx) exec(query string, args ...any) (int64, error) {
	if err := t.ready(true); err != nil {
		return 0, err
	}
	statement, err := t.session.prepared(t.run, query)
	if err != nil {
		return 0, err
	}
	result, err := statement.ExecContext(t.run, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	return result.RowsAffected()
}

// row runs a query from a closed set of texts that gives one row at most. It
// returns sql.ErrNoRows if it gives none.
func (t *Tx) row(query string, args []any, into ...any) error {
	if err := t.ready(false); err != nil {
		return err
	}
	statement, err := t.session.prepared(t.run, query)
	if err != nil {
		return err
	}
	err = statement.QueryRowContext(t.run, args...).Scan(into...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s: %w", firstWords(query), err)
	}
	return err
}

// scanner is a row to read from: *sql.Rows.
type scanner interface{ Scan(into ...any) error }

// collect runs a query from a closed set of texts and reads all its rows.
func collect[T any](t *Tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	if err := t.ready(false); err != nil {
		return nil, err
	}
	statement, err := t.session.prepared(t.run, query)
	if err != nil {
		return nil, err
	}
	rows, err := statement.QueryContext(t.run, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", firstWords(query), err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", firstWords(query), err)
	}
	return all, nil
}

func scanText(row scanner) (string, error) {
	var text string
	return text, row.Scan(&text)
}

func scanID(row scanner) (int64, error) {
	var id int64
	return id, row.Scan(&id)
}

// firstWords shortens a statement for an error text.
func firstWords(query string) string {
	const enough = 40
	if len(query) > enough {
		return query[:enough] + "…"
	}
	return query
}

// next gives the next number of a counter. Numbers of an undone transaction or
// savepoint are given again.
func (t *Tx) next(name string) (int64, error) {
	if err := t.ready(true); err != nil {
		return 0, err
	}
	c, err := t.counter(name)
	if err != nil {
		return 0, err
	}
	c.value++
	c.dirty = true
	t.counters[name] = c
	return c.value, nil
}

func (t *Tx) counter(name string) (counter, error) {
	if c, ok := t.counters[name]; ok {
		return c, nil
	}
	var c counter
	if err := t.row("SELECT value FROM counter WHERE name = ?", []any{name}, &c.value); err != nil {
		return counter{}, fmt.Errorf("counter %s: %w", name, err)
	}
	t.counters[name] = c
	return c, nil
}

// flush writes the counters back.
func (t *Tx) flush() error {
	if err := t.ready(false); err != nil {
		return err
	}
	for name, c := range t.counters {
		if !c.dirty {
			continue
		}
		if _, err := t.exec("UPDATE counter SET value = ? WHERE name = ?", c.value, name); err != nil {
			return err
		}
	}
	return nil
}

// HighestUSN is the update sequence number given last.
func (t *Tx) HighestUSN() (int64, error) {
	c, err := t.counter("usn")
	return c.value, err
}

func micros(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}

func fromMicros(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMicro(at).UTC()
}
