package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
	_ "modernc.org/sqlite" // the database driver
)

// readers is how many read transactions of a file run at once; more wait.
const readers = 8

// Config says where a store is kept. Its zero value is a store in memory with
// the system's clock and random GUIDs.
type Config struct {
	Path        string           // database file, made if missing; empty = private memory
	Now         func() time.Time // nil = time.Now
	NewGUID     func() GUID      // nil = RandomGUID
	Synchronous string           // OFF, NORMAL, FULL or EXTRA; empty = NORMAL. A killed process loses nothing with any; a killed machine nothing committed with FULL
	HashCost    int              // bcrypt cost of passwords, 4 to 31; 0 = 10
	Image       Image            // content of a new store in memory, instead of none; not with Path
	// TrackChanges makes Tx.RowChanges tell what a transaction wrote. Writing
	// takes about half as long again with it.
	TrackChanges bool
}

// Store is an open database. Its methods may be called from any goroutine.
type Store struct {
	now      func() time.Time
	newGUID  func() GUID
	hashCost int
	computed map[string]computation
	pools    []*sql.DB
	writer   chan *session // holds the one write session while it is free
	reader   chan *session // holds free read sessions; nil in memory, where the writer's serves
	unopened chan struct{} // holds one for each read session that was never needed
	readDB   *sql.DB
	waited   [2]waits // of reads, of writes
	opened   bool
	tracking bool // decided when the database is opened
	inMemory bool
	pragmas  []string // of the write session

	closing sync.Once
	closed  chan struct{} // closed by Close
	failed  error         // what Close gave
}

// Open opens the database of cfg and brings its schema up to date.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s, err := newStore(cfg)
	if err != nil {
		return nil, err
	}
	if err := s.open(ctx, cfg); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func newStore(cfg Config) (*Store, error) {
	s := &Store{
		now: cfg.Now, newGUID: cfg.NewGUID, hashCost: cfg.HashCost, tracking: cfg.TrackChanges, inMemory: cfg.Path == "",
		computed: computations(), writer: make(chan *session, 1), closed: make(chan struct{}),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newGUID == nil {
		s.newGUID = RandomGUID
	}
	if s.hashCost == 0 {
		s.hashCost = bcrypt.DefaultCost
	}
	if s.hashCost < bcrypt.MinCost || s.hashCost > bcrypt.MaxCost {
		return nil, fmt.Errorf("password hash cost %d is not between %d and %d", s.hashCost, bcrypt.MinCost, bcrypt.MaxCost)
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, cfg Config) error {
	synchronous := strings.ToUpper(cfg.Synchronous)
	switch synchronous {
	case "":
		synchronous = "NORMAL"
	case "OFF", "NORMAL", "FULL", "EXTRA":
	default:
		return fmt.Errorf("synchronous %q is not OFF, NORMAL, FULL or EXTRA", cfg.Synchronous)
	}
	if cfg.Path != "" && !cfg.Image.IsZero() {
		return fmt.Errorf("database file %s: only a store in memory is opened with an image", cfg.Path)
	}
	s.pragmas = []string{"foreign_keys(1)", "busy_timeout(10000)", "temp_store(2)", "cache_size(-65536)", "synchronous(" + synchronous + ")"}
	db, err := s.database(ctx, cfg)
	if err != nil {
		return err
	}
	writer, err := openSession(ctx, db)
	if err != nil {
		return err
	}
	s.writer <- writer
	s.opened = true
	if err := s.track(ctx, writer); err != nil {
		return err
	}
	if cfg.Path == "" {
		return nil
	}
	return s.openReaders(cfg.Path)
}

// database opens the pool of the write session, with the newest schema.
func (s *Store) database(ctx context.Context, cfg Config) (*sql.DB, error) {
	if !cfg.Image.IsZero() {
		return s.copyPool(ctx, cfg.Image)
	}
	var db *sql.DB
	var err error
	if cfg.Path == "" {
		db, err = s.memoryPool(ctx)
	} else {
		db, err = s.filePool(cfg.Path)
	}
	if err != nil {
		return nil, err
	}
	return db, migrate(ctx, db)
}

// openReaders prepares the pool that views of a file use. Its connections
// cannot write whatever is asked of them.
func (s *Store) openReaders(path string) error {
	source, err := dataSource(path, "busy_timeout(10000)", "temp_store(2)", "cache_size(-16384)", "query_only(1)")
	if err != nil {
		return err
	}
	if s.readDB, err = s.pool(source, readers); err != nil {
		return err
	}
	s.reader, s.unopened = make(chan *session, readers), make(chan struct{}, readers)
	for range readers {
		s.unopened <- struct{}{}
	}
	return nil
}

func (s *Store) pool(source string, size int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	return s.hold(db, size), nil
}

// hold sets the size of a pool, which Close will close.
func (s *Store) hold(db *sql.DB, size int) *sql.DB {
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	s.pools = append(s.pools, db)
	return db
}

// dataSource names the database for the driver. Each store in memory is its
// own: it lives in the one connection of its pool.
func dataSource(path string, pragmas ...string) (string, error) {
	query := make(url.Values)
	for _, pragma := range pragmas {
		query.Add("_pragma", pragma)
	}
	if path == "" {
		return "file::memory:?" + query.Encode(), nil
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("database file %s: %w", path, err)
	}
	query.Add("_pragma", "journal_mode(WAL)")
	file := url.URL{Scheme: "file", Path: filepath.ToSlash(absolute), RawQuery: query.Encode()}
	return file.String(), nil
}

// Close closes the database. It waits for the running transactions; those that
// wait to begin, and later ones, fail with ErrClosed. Called again, it gives
// what it gave before.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		s.failed = s.close()
	})
	return s.failed
}

func (s *Store) close() error {
	var failures []error
	if s.opened {
		failures = append(failures, (<-s.writer).close())
	}
	for range cap(s.reader) {
		select {
		case <-s.unopened:
		case reader := <-s.reader:
			if reader != nil {
				failures = append(failures, reader.close())
			}
		}
	}
	for _, db := range s.pools {
		failures = append(failures, db.Close())
	}
	return errors.Join(failures...)
}

// Update runs fn in a write transaction and commits if it returns nil. An
// error or a panic of fn, or an ended ctx, undoes all it wrote. It waits while
// another writer runs.
func (s *Store) Update(ctx context.Context, fn func(*Tx) error) error {
	return s.run(ctx, true, fn)
}

// View runs fn in a transaction that sees one state of the store and in which
// every write fails with ErrReadOnly.
func (s *Store) View(ctx context.Context, fn func(*Tx) error) error {
	return s.run(ctx, false, fn)
}

func (s *Store) run(ctx context.Context, write bool, fn func(*Tx) error) error {
	tx, err := s.Begin(ctx, write)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}
