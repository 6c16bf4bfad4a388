package ledger

import (
	"context"
	"time"

	"wsexchange/mock/state"
)

// longestTenure is how long an engine keeps the lock over all engines while it
// has more to write: others get their turn in between.
const longestTenure = 25 * time.Millisecond

// shared is a backend that several engines have open. Only who holds its lock
// appends revisions.
type shared interface {
	backend
	// lock takes the lock over all engines, and returns what they have
	// committed, which is known if nothing is new.
	lock(ctx context.Context, known position) (position, error)
	// unlock gives the lock back, if it is held.
	unlock()
	// latest returns the number and mark of the last revision.
	latest(ctx context.Context) (position, error)
	// follow returns known with what was committed since.
	follow(ctx context.Context, known position) (position, error)
	// listen calls heard when another engine may have committed, until ctx ends.
	listen(ctx context.Context, heard func())
	// owner names this process among those that have the ledger open, and
	// owners returns all of them that live.
	owner() string
	owners(ctx context.Context) (map[string]bool, error)
}

// position is a content as of a revision. The mark tells revisions of one
// number apart: a database that lost commits gives their numbers again.
type position struct {
	root   *state.Root // nil where only the revision is known
	number uint64
	mark   string
}

// tenure is what a store knows of the lock over all engines. Its fields are
// under the store's mu.
type tenure struct {
	held    bool
	since   time.Time
	wanting int           // writers that have begun, or are waiting to
	unknown int           // commits that have not been answered
	passing *handover     // the lock is being taken or given back
	mark    string        // of the written root
	head    string        // mark of the head
	news    chan struct{} // closed when a root is published or the lock changes
}

// handover is an attempt to take the lock, or to give it back.
type handover struct {
	take bool
	done chan struct{}
	err  error
}

// want counts a writer, and ends what it counted.
func (s *Store) want() {
	if s.shared == nil {
		return
	}
	s.mu.Lock()
	s.tenure.wanting++
	s.mu.Unlock()
}

func (s *Store) unwant() {
	if s.shared == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenure.wanting--
	s.releaseIdle()
}

// releaseIdle gives the lock back if nobody wants it. It is called with mu held.
func (s *Store) releaseIdle() {
	if s.tenure.held && s.tenure.wanting == 0 && s.tenure.passing == nil {
		s.pass(false)
	}
}

// lead makes the head hold what every engine has committed, and keeps others
// from committing. It is called by who has the turn to write.
func (s *Store) lead(ctx context.Context) error {
	for {
		s.mu.Lock()
		if t := &s.tenure; t.held && t.passing == nil && time.Since(t.since) < longestTenure {
			s.mu.Unlock()
			return nil
		}
		p := s.pass(true)
		s.mu.Unlock()
		select {
		case <-p.done:
			if p.err != nil {
				return p.err
			}
		case <-s.closed:
			return ErrClosed
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// pass begins to take the lock or to give it back, unless either is under way.
// It is called with mu held.
func (s *Store) pass(take bool) *handover {
	if s.life.Err() != nil {
		ended := &handover{done: make(chan struct{}), err: ErrClosed}
		close(ended.done)
		return ended
	}
	if s.tenure.passing == nil {
		s.tenure.passing = &handover{take: take, done: make(chan struct{})}
		p := s.tenure.passing
		s.background.Go(func() { s.passOn(p) })
	}
	return s.tenure.passing
}

// passOn takes or gives back the lock once every commit has been answered.
func (s *Store) passOn(p *handover) {
	s.mu.Lock()
	for s.tenure.unknown > 0 {
		s.idle.Wait()
	}
	held := s.tenure.held
	s.tenure.held = false
	s.mu.Unlock()
	if held {
		s.shared.unlock()
	}
	if p.take {
		p.err = s.lock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenure.passing = nil
	close(p.done)
	s.tell()
	s.releaseIdle()
}

func (s *Store) lock() error {
	got, err := s.shared.lock(s.life, s.position())
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenure.held, s.tenure.since = true, time.Now()
	s.adopt(got)
	return nil
}

// position is the written root with its mark.
func (s *Store) position() position {
	s.mu.Lock()
	defer s.mu.Unlock()
	root := s.written.Load()
	return position{root, root.Revision(), s.tenure.mark}
}

// adopt makes what others have committed the head and the written root. It is
// called with mu held, while no commit of this engine waits.
func (s *Store) adopt(got position) {
	if got.root != s.written.Load() {
		s.written.Store(got.root)
		s.head = got.root
	}
	s.tenure.mark, s.tenure.head = got.mark, got.mark
}

// tell wakes who waits for a root to be published. It is called with mu held.
func (s *Store) tell() {
	if s.shared != nil {
		close(s.tenure.news)
		s.tenure.news = make(chan struct{})
	}
}

// lost notes that the lock is gone with its session.
func (s *Store) lost() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenure.held = false
	s.tell()
}

// catchUp takes over what others have committed, and returns the content as of
// a moment after the call.
func (s *Store) catchUp(ctx context.Context) (*state.Root, error) {
	select {
	case s.following <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-s.following }()
	known := s.position()
	got, err := s.shared.follow(ctx, known)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.tenure.held && s.tenure.unknown == 0 && s.written.Load() == known.root {
		s.adopt(got)
		s.tell()
	}
	return got.root, nil
}

// listen follows other engines as they commit, until the store is closed.
func (s *Store) listen() {
	s.shared.listen(s.life, func() {
		s.mu.Lock()
		own := s.tenure.held || s.tenure.unknown > 0
		s.mu.Unlock()
		if own {
			return // who holds the lock has followed, and nobody else commits
		}
		ctx, cancel := context.WithTimeout(s.life, patience)
		defer cancel()
		if _, err := s.catchUp(ctx); err != nil && ctx.Err() == nil {
			s.cfg.Logger.Warn("what other engines committed could not be read yet", "error", err)
		}
	})
}

// Shared reports whether other engines may have the ledger open.
func (s *Store) Shared() bool { return s.shared != nil }

// Owner names this process among those that share the ledger; empty if nobody
// can share it.
func (s *Store) Owner() string {
	if s.shared == nil {
		return ""
	}
	return s.shared.owner()
}

// Abandoned returns a function that reports whether an owner has ended. Of a
// ledger that is not shared every owner from before has.
func (s *Store) Abandoned(ctx context.Context) (func(owner string) bool, error) {
	if s.shared == nil {
		return func(string) bool { return true }, nil
	}
	living, err := s.shared.owners(ctx)
	if err != nil {
		return nil, err
	}
	return func(owner string) bool { return !living[owner] }, nil
}
