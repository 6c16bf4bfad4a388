package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"wsexchange/mock/state"
)

// patience is how long an engine waits for a PostgreSQL that cannot be reached
// before it refuses what it was asked, unless a commit may have been made.
const patience = 15 * time.Second

// postgres is the backend of a PostgreSQL database, which several engines may
// have open. The session has the lock while this engine may append; it appends
// through no other connection, so that who has lost the lock cannot write.
type postgres struct {
	shown  string // the URL without its password
	engine string
	id     int64 // of this process, in the table engine
	schema *state.Schema
	env    state.Env
	logger *slog.Logger

	config *pgx.ConnConfig
	pool   *pgxpool.Pool
	db     *sql.DB // the pool, for queries of records
	scope  string  // schema of the tables, and channel of the notifications
	turns  int32   // class of the lock over all engines
	lives  int32   // class of the locks by which engines are known to live

	closing <-chan struct{}
	lost    func()

	mu      sync.Mutex // for session
	session *pgx.Conn
	locked  atomic.Bool
	ears    *pgx.Conn // of listen, which holds the lock of this engine's life

	audits, logs, revisions, bytes atomic.Int64
}

var _ shared = (*postgres)(nil)

// openPostgres opens a database, in which it makes the tables if there are
// none, and returns it with its content.
func openPostgres(ctx context.Context, cfg Config) (p *postgres, at position, installation string, err error) {
	p = &postgres{shown: Redacted(cfg.Path), engine: cfg.Engine, schema: cfg.Schema, env: cfg.Env, logger: cfg.Logger}
	if installation, at, err = p.open(ctx, cfg); err != nil {
		return nil, at, "", errors.Join(&FileError{p.shown, scrubbed(cfg.Path, err)}, p.close())
	}
	return p, at, installation, nil
}

func (p *postgres) open(ctx context.Context, cfg Config) (installation string, at position, err error) {
	if p.config, err = connection(cfg.Path, cfg.Engine); err != nil {
		return "", at, err
	}
	pooled, err := pgxpool.ParseConfig("")
	if err != nil {
		return "", at, err
	}
	pooled.ConnConfig, pooled.MaxConns, pooled.MaxConnIdleTime = p.config.Copy(), 4, time.Minute
	if p.pool, err = pgxpool.NewWithConfig(ctx, pooled); err != nil {
		return "", at, err
	}
	p.db = stdlib.OpenDBFromPool(p.pool)
	err = p.retry(ctx, func() error {
		installation, err = p.prepare(ctx)
		return err
	})
	if err != nil {
		return "", at, err
	}
	if err = p.hear(ctx); err != nil { // before loading, so that nothing is missed
		return "", at, err
	}
	if at, err = p.load(ctx); err != nil {
		return "", at, err
	}
	return installation, at, p.count(ctx)
}

// prepare makes the tables if there are none, and enters this process among
// the engines.
func (p *postgres) prepare(ctx context.Context) (installation string, err error) {
	err = pgx.BeginFunc(ctx, p.pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, "SELECT coalesce(current_schema(), '')").Scan(&p.scope); err != nil {
			return err
		}
		if p.scope == "" {
			return refusal{errors.New("the search path of the account leads to no schema")}
		}
		p.turns, p.lives = classOf(p.scope+" turns"), classOf(p.scope+" lives")
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1, 1)", p.turns); err != nil {
			return err
		}
		var err error
		if installation, err = identifyPostgres(ctx, tx, p.scope); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "INSERT INTO engine (name) VALUES ($1) RETURNING id", p.engine).Scan(&p.id)
	})
	return installation, err
}

// classOf makes the class of advisory locks of a text.
func classOf(text string) int32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte("mockmpf " + text)) // never fails
	return int32(h.Sum32())
}

// begin is called once before the first append.
func (p *postgres) begin(closing <-chan struct{}, lost func()) { p.closing, p.lost = closing, lost }

// retry runs fn until it does not fail for want of a database, for a while.
func (p *postgres) retry(ctx context.Context, fn func() error) error {
	ended := time.Now().Add(patience)
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := fn()
		if err == nil || !passes(err) || time.Now().Add(wait).After(ended) || !p.pause(ctx, wait) {
			return err
		}
	}
}

// pause waits, and reports whether it is worth going on.
func (p *postgres) pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-p.closing:
	}
	return false
}

func (p *postgres) immediate() bool { return false }

func (p *postgres) intact() error { return nil }

// probe reports why the database cannot be written now.
func (p *postgres) probe(ctx context.Context) error {
	var readOnly bool
	err := p.pool.QueryRow(ctx, "SELECT current_setting('transaction_read_only')::bool OR pg_is_in_recovery()").Scan(&readOnly)
	if err == nil && readOnly {
		err = errors.New("the server is a standby, or read-only")
	}
	return err
}

func (p *postgres) backup(context.Context, string) error { return ErrShared }

func (p *postgres) size() Size {
	return Size{File: p.bytes.Load(), Audit: p.audits.Load(), Log: p.logs.Load(), History: p.revisions.Load()}
}

// count reads how much there is, for size.
func (p *postgres) count(ctx context.Context) error {
	var audits, logs, revisions, bytes int64
	err := p.pool.QueryRow(ctx, "SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM transaction_log), (SELECT count(*) FROM revision),"+
		" pg_database_size(current_database())").Scan(&audits, &logs, &revisions, &bytes)
	if err != nil {
		return fmt.Errorf("sizes: %w", err)
	}
	p.audits.Store(audits)
	p.logs.Store(logs)
	p.revisions.Store(revisions)
	p.bytes.Store(bytes)
	return nil
}

func (p *postgres) close() error {
	p.unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop()
	p.deafen()
	var err error
	if p.db != nil {
		err = p.db.Close()
	}
	if p.pool != nil {
		p.pool.Close()
	}
	return err
}
