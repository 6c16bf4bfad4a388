package ledger

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"wsexchange/mock/state"
)

// Store is an open ledger. Its methods may be called from any goroutine.
type Store struct {
	cfg          Config
	backend      backend
	installation string

	turn    chan struct{} // holds the one turn to write while it is free
	waited  waits
	closing sync.Once
	closed  chan struct{}
	failed  error // what Close returned

	written atomic.Pointer[state.Root]

	mu      sync.Mutex
	head    *state.Root // the root with which the next writer begins
	waiting []*entry    // to be written, oldest first
	writing bool        // someone writes, or has been told to
	idle    sync.Cond   // of mu: nobody writes
	ended   bool        // nothing is taken any more
	broken  error       // why the last write failed; nil after one that did not

	shared     shared // the backend, if other engines may have it open; else nil
	tenure     tenure
	following  chan struct{} // holds one who reads what others committed
	asked      asking
	life       context.Context // until the store is closed
	end        context.CancelFunc
	background sync.WaitGroup
}

// Open opens the ledger of cfg. A database file that is missing is made; one
// that is damaged, empty, of another program or of another format, or that
// another process has open, is refused with what and where, and left as it is.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	if cfg.Path == "" {
		root := cfg.Root
		if root == nil {
			root = cfg.Schema.Root()
		}
		return newStore(cfg, new(memory), root, ""), nil
	}
	if IsURL(cfg.Path) {
		return openShared(ctx, cfg)
	}
	kept, root, installation, err := openDatabase(ctx, cfg, known)
	if err != nil {
		return nil, err
	}
	return newStore(cfg, kept, root, installation), nil
}

func newStore(cfg Config, kept backend, root *state.Root, installation string) *Store {
	s := &Store{cfg: cfg, backend: kept, installation: installation, turn: make(chan struct{}, 1), closed: make(chan struct{}), head: root}
	s.idle.L = &s.mu
	s.life, s.end = context.WithCancel(context.Background())
	s.written.Store(root)
	s.turn <- struct{}{}
	return s
}

// openShared opens a ledger that other engines may have open.
func openShared(ctx context.Context, cfg Config) (*Store, error) {
	kept, at, installation, err := openPostgres(ctx, cfg)
	if err != nil {
		return nil, err
	}
	s := newStore(cfg, kept, at.root, installation)
	kept.begin(s.closed, s.lost)
	s.shared, s.following = kept, make(chan struct{}, 1)
	s.tenure.mark, s.tenure.head, s.tenure.news = at.mark, at.mark, make(chan struct{})
	s.background.Go(s.listen)
	return s, nil
}

// Root returns the last written root, as far as this engine knows: see Current.
func (s *Store) Root() *state.Root { return s.written.Load() }

// Env returns what transactions of the store are given.
func (s *Store) Env() state.Env { return s.cfg.Env }

// Installation is the id of the installation, a GUID in braces, given when the
// database file was made. It is empty in memory.
func (s *Store) Installation() string { return s.installation }

// View runs fn with the last written root, which is that of Current. It never
// waits for a writer. Every write fails with state.ErrReadOnly.
func (s *Store) View(ctx context.Context, fn func(*state.Tx) error) error {
	root, err := s.Current(ctx)
	if err != nil {
		return err
	}
	return fn(root.Read(s.cfg.Env).With(ctx))
}

// open returns why nothing can be asked of the store.
func (s *Store) open(ctx context.Context) error {
	select {
	case <-s.closed:
		return ErrClosed
	default:
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// Update runs fn in a transaction of its own and commits if it returns nil, as
// [Writer.Commit] does, without records.
func (s *Store) Update(ctx context.Context, fn func(*state.Tx) error) error {
	w, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer w.Rollback()
	if err := fn(w.Tx()); err != nil {
		return err
	}
	return w.Commit(ctx, Records{})
}

// Record writes records without a change of the content: of failed and reading
// requests, and of running ones. Like a commit it returns when its outcome is
// known, whatever becomes of ctx meanwhile.
func (s *Store) Record(ctx context.Context, r Records) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	if r.empty() {
		return nil
	}
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return ErrClosed
	}
	now := s.now()
	return s.settle(ctx, &entry{at: now, records: r.at(now)})
}

// Replace makes the content that of a root of the same schema, in one commit.
// Rows that both have in common are not written. Like a commit it returns when
// its outcome is known.
func (s *Store) Replace(ctx context.Context, root *state.Root) error {
	return s.ReplaceIf(ctx, root, func(*state.Tx) bool { return true })
}

// ReplaceIf is Replace if the present content is as wanted, and does nothing
// otherwise.
func (s *Store) ReplaceIf(ctx context.Context, root *state.Root, wanted func(*state.Tx) bool) error {
	if root.Schema() != s.cfg.Schema {
		return errors.New("ledger: the root is of another schema")
	}
	w, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer w.Rollback()
	if !wanted(w.Tx()) {
		return nil
	}
	return w.commit(ctx, root, state.Difference(w.head, root), Records{})
}

// now is the clock, in UTC and whole microseconds.
func (s *Store) now() time.Time { return s.cfg.Env.Now().UTC().Truncate(time.Microsecond) }

// Audit returns the rows of the audit log that a query asks for, newest first.
func (s *Store) Audit(ctx context.Context, q AuditQuery) ([]AuditRow, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	return s.backend.audit(ctx, q)
}

// LoggedTransaction returns a logged transaction, or a *state.NotFoundError.
func (s *Store) LoggedTransaction(ctx context.Context, id string) (LoggedTransaction, error) {
	if err := s.open(ctx); err != nil {
		return LoggedTransaction{}, err
	}
	var found []LoggedTransaction
	if id != "" {
		var err error
		if found, err = s.backend.logged(ctx, id, ""); err != nil {
			return LoggedTransaction{}, err
		}
	}
	if len(found) == 0 {
		return LoggedTransaction{}, &state.NotFoundError{Kind: "transaction", Value: id}
	}
	return found[0], nil
}

// LoggedTransactions returns the logged transactions in a state, oldest first.
// Those that run after a start are what a crash left: nothing of their changes
// is in the content.
func (s *Store) LoggedTransactions(ctx context.Context, in TransactionState) ([]LoggedTransaction, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	return s.backend.logged(ctx, "", in)
}

// RunningTransactions returns the logged transactions that have not ended,
// oldest first.
func (s *Store) RunningTransactions(ctx context.Context) ([]LoggedTransaction, error) {
	return s.LoggedTransactions(ctx, TransactionRunning)
}

// LoggedSteps returns the steps of a logged transaction in their order, none
// if it is not in the log.
func (s *Store) LoggedSteps(ctx context.Context, id string) ([]LoggedStep, error) {
	found, err := s.LoggedTransaction(ctx, id)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	return found.Steps, err
}

// Prune removes what is older than the configuration keeps: audit rows of
// requests that began, logged transactions that began and have ended, and
// revisions that were made that long before now. The last revision stays.
func (s *Store) Prune(ctx context.Context, now time.Time) (Pruned, error) {
	if err := s.open(ctx); err != nil {
		return Pruned{}, err
	}
	var before limits
	if s.cfg.KeepAudit > 0 {
		before.audit = now.Add(-s.cfg.KeepAudit)
	}
	if s.cfg.KeepHistory > 0 {
		before.history = now.Add(-s.cfg.KeepHistory)
	}
	return s.backend.prune(ctx, before)
}

// Size returns how much the ledger holds, for metrics.
func (s *Store) Size() Size {
	size := s.backend.size()
	size.Revision = s.Root().Revision()
	return size
}

// Writable returns why the ledger cannot be written, nil if it can. A database
// file that was deleted or replaced is ErrReplaced. After a write that failed
// it tries one without meaning, and if that succeeds, the ledger counts as
// writable again.
func (s *Store) Writable(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	broken := s.broken
	s.mu.Unlock()
	if broken == nil {
		if err := s.backend.intact(); err != nil {
			return fmt.Errorf("ledger cannot be written: %w", err)
		}
		return nil
	}
	if err := s.backend.probe(ctx); err != nil {
		return fmt.Errorf("ledger cannot be written: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == broken { //nolint:errorlint // the same failure, not the same kind
		s.broken = nil
	}
	return nil
}

// Backup writes a copy of the database file while it is used, with mode 0600.
// A file that exists is refused. A ledger in memory is ErrInMemory.
func (s *Store) Backup(ctx context.Context, file string) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	return s.backend.backup(ctx, file)
}

// Close closes the ledger. It waits for the running writer, and for what waits
// to be written; those that wait for their turn, and later ones, fail with
// ErrClosed. Called again, it returns what it returned before.
func (s *Store) Close() error {
	s.closing.Do(func() {
		close(s.closed)
		<-s.turn // for ever
		s.mu.Lock()
		s.ended = true
		for s.writing {
			s.idle.Wait()
		}
		s.end()
		s.mu.Unlock()
		s.background.Wait()
		s.failed = s.backend.close()
	})
	return s.failed
}
