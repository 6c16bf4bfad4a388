package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	_ "modernc.org/sqlite" // the database driver

	"wsexchange/mock/state"
)

// database is the backend of an SQLite file.
type database struct {
	path   string
	engine string
	logger *slog.Logger
	locked *os.File
	file   os.FileInfo                 // of the database when it was opened
	wal    atomic.Pointer[os.FileInfo] // of its write-ahead log; nil before the first write

	writers *sql.DB // one connection, conn
	readers *sql.DB

	mu         sync.Mutex // for conn, which one goroutine uses at a time
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	lastAudit  int64
	running    map[string]bool // ids of logged transactions that have not ended
	unwiped    bool            // secrets that were deleted or overwritten may still be in the WAL

	audits, logs, revisions atomic.Int64 // rows
}

// checked is the size of file, in bytes, below which every page is checked
// when it is opened. What is damaged in a larger one is found when its rows
// are loaded, unless it is in the audit or transaction log.
const checked = 32 << 20

// openDatabase opens a file, which it makes if it is missing, and returns it
// with its content.
func openDatabase(ctx context.Context, cfg Config, f formats) (s *database, root *state.Root, installation string, err error) {
	path, err := resolve(cfg.Path)
	if err != nil {
		return nil, nil, "", &FileError{cfg.Path, err}
	}
	s = &database{path: path, engine: cfg.Engine, logger: cfg.Logger, statements: make(map[string]*sql.Stmt), running: make(map[string]bool)}
	if s.locked, err = lock(path); err != nil {
		return nil, nil, "", err
	}
	root, installation, err = s.open(ctx, cfg, f)
	if err != nil {
		var named *FileError
		if !errors.As(err, &named) {
			err = &FileError{path, err}
		}
		return nil, nil, "", errors.Join(err, s.close())
	}
	return s, root, installation, nil
}

// resolve returns the absolute path of a file behind symbolic links, so that
// it has one lock under all its names.
func resolve(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		var directory string
		directory, err = filepath.EvalSymlinks(filepath.Dir(path))
		target = filepath.Join(directory, filepath.Base(path))
	}
	if err != nil {
		return "", err
	}
	return filepath.Abs(target)
}

func (s *database) open(ctx context.Context, cfg Config, f formats) (*state.Root, string, error) {
	if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) {
		if err := f.create(ctx, s.path); err != nil {
			return nil, "", fmt.Errorf("new file: %w", err)
		}
	}
	id, err := identify(ctx, s.path)
	if err != nil {
		return nil, "", err
	}
	if err := f.refuseNewer(id.format); err != nil {
		return nil, "", err
	}
	if s.file, err = os.Stat(s.path); err != nil {
		return nil, "", err
	}
	if err := s.connect(ctx, cfg.Synchronous); err != nil {
		return nil, "", explained(err)
	}
	if err := s.check(ctx); err != nil {
		return nil, "", err
	}
	if id.format < f.current {
		if err := f.migrate(ctx, s, id.format); err != nil {
			return nil, "", err
		}
	}
	if err := s.count(ctx); err != nil {
		return nil, "", explained(err)
	}
	if info, err := os.Stat(s.path + "-wal"); err == nil && info.Size() > 0 {
		s.unwiped = true // left by a crash
		s.wipe(ctx)
	}
	root, err := s.load(ctx, cfg.Schema, cfg.Env)
	return root, id.installation, err
}

// source names a file for the driver, by its absolute path.
func source(path string, pragmas ...string) string {
	query := url.Values{"_pragma": pragmas, "mode": {"rw"}}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // that of a drive would be read as a host
		path = "/" + path
	}
	file := url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}
	return file.String()
}

func (s *database) connect(ctx context.Context, synchronous string) (err error) {
	s.writers, err = sql.Open("sqlite", source(s.path, "busy_timeout(5000)", "journal_mode(WAL)", "synchronous("+synchronous+")",
		"secure_delete(1)", "cell_size_check(1)", "temp_store(2)", "cache_size(-8192)", "journal_size_limit(16777216)"))
	if err != nil {
		return err
	}
	s.writers.SetMaxOpenConns(1)
	if s.conn, err = s.writers.Conn(ctx); err != nil {
		return err
	}
	s.readers, err = sql.Open("sqlite", source(s.path, "busy_timeout(5000)", "query_only(1)", "temp_store(2)", "cache_size(-2048)"))
	if err != nil {
		return err
	}
	s.readers.SetMaxOpenConns(4)
	s.readers.SetMaxIdleConns(1)
	return nil
}

// check looks at every page of a file that is not too large.
func (s *database) check(ctx context.Context) error {
	if s.file.Size() > checked {
		return nil
	}
	var verdict string
	if err := s.conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return explained(err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, verdict)
	}
	return nil
}

// count reads what is kept in memory about the records.
func (s *database) count(ctx context.Context) error {
	var audits, logs, revisions int64
	err := s.conn.QueryRowContext(ctx, "SELECT (SELECT count(*) FROM audit), (SELECT coalesce(max(id), 0) FROM audit),"+
		" (SELECT count(*) FROM transaction_log), (SELECT count(*) FROM revision)").Scan(&audits, &s.lastAudit, &logs, &revisions)
	if err != nil {
		return err
	}
	s.audits.Store(audits)
	s.logs.Store(logs)
	s.revisions.Store(revisions)
	running, err := s.logged(ctx, "", TransactionRunning)
	for _, l := range running {
		s.running[l.ID] = true
	}
	return err
}

// same returns ErrReplaced if the names of the database and of its write-ahead
// log no longer lead to the files that were opened.
func (s *database) same() error {
	if err := sameFile(s.path, s.file); err != nil {
		return err
	}
	if wal := s.wal.Load(); wal != nil {
		return sameFile(s.path+"-wal", *wal)
	}
	return nil
}

// sameFile returns ErrReplaced if a name does not lead to a file.
func sameFile(path string, opened os.FileInfo) error {
	now, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(opened, now) {
		err = ErrReplaced
	}
	if err != nil {
		return &FileError{path, err}
	}
	return nil
}

// intact does not wait for a writer.
func (s *database) intact() error { return s.same() }

// change runs fn in a transaction of the database. It is called with mu held,
// or before there are others.
func (s *database) change(ctx context.Context, fn func() error) (err error) {
	if err := s.same(); err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed {
			// After some failures SQLite has rolled back already, which makes
			// this one fail; the first error says why.
			_ = s.exec(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	if err = s.exec(ctx, "BEGIN IMMEDIATE"); err == nil {
		err = fn()
	}
	if err == nil {
		err = s.exec(ctx, "COMMIT")
	}
	if err != nil {
		return &FileError{s.path, explained(err)}
	}
	committed = true
	if s.wal.Load() == nil {
		if info, err := os.Stat(s.path + "-wal"); err == nil {
			s.wal.Store(&info)
		}
	}
	return nil
}

// exec runs a statement, prepared once. Texts must come from a closed set.
func (s *database) exec(ctx context.Context, query string, arguments ...any) error {
	_, err := s.affect(ctx, query, arguments...)
	return err
}

func (s *database) affect(ctx context.Context, query string, arguments ...any) (int64, error) {
	statement := s.statements[query]
	if statement == nil {
		var err error
		if statement, err = s.conn.PrepareContext(ctx, query); err != nil {
			return 0, err
		}
		s.statements[query] = statement
	}
	result, err := statement.ExecContext(ctx, arguments...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (s *database) immediate() bool { return false }

func (s *database) size() Size {
	size := Size{Audit: s.audits.Load(), Log: s.logs.Load(), History: s.revisions.Load()}
	if info, err := os.Stat(s.path); err == nil {
		size.File = info.Size()
	}
	if info, err := os.Stat(s.path + "-wal"); err == nil {
		size.WAL = info.Size()
	}
	return size
}

// probed is how many bytes a probe writes, so that the disk has room for a few
// commits if it succeeds.
const probed = 64 << 10

// probe writes a value of no meaning as a commit would be written, and removes
// it.
func (s *database) probe(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.change(ctx, func() error {
		return s.exec(ctx, "INSERT OR REPLACE INTO installation (name, value) VALUES ('probe', ?)", strings.Repeat("probe...", probed/8))
	})
	if err != nil {
		return err
	}
	return s.change(ctx, func() error { return s.exec(ctx, "DELETE FROM installation WHERE name = 'probe'") })
}

func (s *database) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var failures []error
	if s.readers != nil {
		failures = append(failures, s.readers.Close())
	}
	for _, statement := range s.statements {
		failures = append(failures, statement.Close())
	}
	if s.conn != nil {
		failures = append(failures, s.conn.Close())
	}
	if s.writers != nil {
		failures = append(failures, s.writers.Close())
	}
	if s.locked != nil {
		failures = append(failures, s.locked.Close()) // after the database
	}
	return errors.Join(failures...)
}
