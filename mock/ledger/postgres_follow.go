package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"wsexchange/mock/state"
)

// lastRevision is the last revision; of none there is no row.
const lastRevision = "SELECT number, mark FROM revision ORDER BY number DESC LIMIT 1"

// latest asks for the last revision, and waits a while for a database that
// cannot be reached.
func (p *postgres) latest(ctx context.Context) (at position, err error) {
	err = p.retry(ctx, func() error {
		at, err = scanRevision(p.pool.QueryRow(ctx, lastRevision))
		return err
	})
	return at, err
}

func scanRevision(row pgx.Row) (at position, err error) {
	err = row.Scan(&at.number, &at.mark)
	if errors.Is(err, pgx.ErrNoRows) {
		return position{}, nil
	}
	return at, err
}

func (p *postgres) follow(ctx context.Context, known position) (at position, err error) {
	err = p.retry(ctx, func() error {
		conn, err := p.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		at, err = p.followOn(ctx, conn.Conn(), known)
		return err
	})
	return at, err
}

// oneMoment is a transaction whose statements see the content of one moment.
var oneMoment = pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}

// followOn reads what was committed since a known content. It believes no
// notification: what is there, and of which revision, the database says.
func (p *postgres) followOn(ctx context.Context, conn *pgx.Conn, known position) (at position, err error) {
	err = pgx.BeginTxFunc(ctx, conn, oneMoment, func(tx pgx.Tx) error {
		last, err := scanRevision(tx.QueryRow(ctx, lastRevision))
		if err != nil {
			return err
		}
		if last.number == known.number && last.mark == known.mark {
			at = known
			return nil
		}
		whole, err := p.departed(ctx, tx, known, last)
		if err != nil {
			return err
		}
		at = last
		if whole {
			at.root, err = p.loadAt(ctx, tx, last.number)
			return err
		}
		at.root, err = p.added(ctx, tx, known, last)
		return err
	})
	return at, err
}

// departed reports whether a known content is not one that the database had, or
// one of which it does not know any more what has gone since.
func (p *postgres) departed(ctx context.Context, tx pgx.Tx, known, last position) (bool, error) {
	if known.number == 0 {
		return true, nil
	}
	mark := ""
	err := tx.QueryRow(ctx, "SELECT mark FROM revision WHERE number = $1", int64(known.number)).Scan(&mark)
	switch {
	case errors.Is(err, pgx.ErrNoRows) && last.number > known.number: // too old: retention has removed it
		return true, nil
	case err != nil && !errors.Is(err, pgx.ErrNoRows):
		return false, err
	case mark != known.mark:
		p.logger.Error("the database has lost commits that it had confirmed: this engine reads all of it again",
			"database", p.shown, "known_revision", known.number, "revision", last.number)
		return true, nil
	}
	return false, nil
}

// added returns a known content with what was written and removed since.
func (p *postgres) added(ctx context.Context, tx pgx.Tx, known, last position) (*state.Root, error) {
	rows, err := tx.Query(ctx, "SELECT tbl, key, NULL::text FROM gone WHERE revision > $1 UNION ALL SELECT tbl, key, value::text FROM content WHERE revision > $1",
		int64(known.number))
	if err != nil {
		return nil, err
	}
	var changed []state.StoredRow
	var row state.StoredRow
	_, err = pgx.ForEachRow(rows, []any{&row.Table, &row.Key, &row.Value}, func() error {
		changed = append(changed, row)
		row.Value = nil
		return nil
	})
	if err != nil {
		return nil, err
	}
	next := known.root.Begin(p.env)
	if err := next.Adopt(changed); err != nil {
		return nil, refusal{fmt.Errorf("content: %w: %w", ErrDamaged, err)}
	}
	return next.Root(last.number), nil
}

// load reads the whole content.
func (p *postgres) load(ctx context.Context) (at position, err error) {
	err = pgx.BeginTxFunc(ctx, p.pool, oneMoment, func(tx pgx.Tx) error {
		if at, err = scanRevision(tx.QueryRow(ctx, lastRevision)); err != nil {
			return err
		}
		at.root, err = p.loadAt(ctx, tx, at.number)
		return err
	})
	return at, err
}

func (p *postgres) loadAt(ctx context.Context, tx pgx.Tx, number uint64) (*state.Root, error) {
	return loadShared(ctx, tx, p.schema, p.env, number)
}

// loadShared reads the content through a transaction of one moment.
func loadShared(ctx context.Context, tx pgx.Tx, schema *state.Schema, env state.Env, number uint64) (*state.Root, error) {
	rows, err := tx.Query(ctx, "SELECT tbl, key, value::text FROM content ORDER BY tbl, key")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all, part := loader{tx: schema.Root().Begin(env)}, newChunk()
	for rows.Next() {
		raw := rows.RawValues()
		name := string(raw[0])
		if schema.Table(name) == nil {
			return nil, refusal{fmt.Errorf("table %q is not known to this program", name)}
		}
		part.rows = append(part.rows, storedRow{name, part.keep(raw[1]), part.keep(raw[2])})
		if !part.full() {
			continue
		}
		if err := all.put(part); err != nil {
			return nil, refusal{err}
		}
		part = newChunk()
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	if err := all.put(part); err != nil {
		return nil, refusal{err}
	}
	root := all.tx.Root(number)
	if err := complete(root, all.rows); err != nil {
		return nil, refusal{err}
	}
	return root, nil
}
