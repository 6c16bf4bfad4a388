package ledger

import (
	"context"

	"wsexchange/mock/state"
)

// Writer has the turn to write, until Commit or Rollback. It belongs to one
// goroutine.
type Writer struct {
	store *Store
	head  *state.Root // on which it stands
	mark  string      // of the head, in a shared ledger
	tx    *state.Tx
	done  bool
}

// Begin takes the turn to write. It waits while another writer has it, until
// ctx ends or the store is closed. The transaction asks ctx before each write.
// In a shared ledger it has what every engine has committed, and no other
// engine commits until its end.
func (s *Store) Begin(ctx context.Context) (*Writer, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	s.want()
	if err := s.begin(ctx); err != nil {
		s.unwant()
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &Writer{store: s, head: s.head, mark: s.tenure.head, tx: s.head.Begin(s.cfg.Env).With(ctx)}, nil
}

// begin takes the turn to write, and in a shared ledger the lock.
func (s *Store) begin(ctx context.Context) error {
	if err := s.take(ctx); err != nil || s.shared == nil {
		return err
	}
	if err := s.lead(ctx); err != nil {
		s.turn <- struct{}{}
		return err
	}
	return nil
}

// Tx is the transaction of the writer.
func (w *Writer) Tx() *state.Tx { return w.tx }

// Rollback forgets what the writer wrote, and gives the turn on. After Commit,
// or called again, it does nothing.
func (w *Writer) Rollback() {
	if w.done {
		return
	}
	w.done = true
	w.tx.End()
	w.store.turn <- struct{}{}
	w.store.unwant()
}

// Commit ends the transaction and writes it with its records. The turn is
// given on at once; Commit returns when the outcome is known: nil if
// everything is written and read by others, an error wrapping ErrNotWritten if
// nothing of it is. An ended ctx is refused before; while Commit waits for the
// disk, it does not take the commit back, nor end the waiting.
//
// A transaction that changed no row makes no revision; its records are
// written.
func (w *Writer) Commit(ctx context.Context, r Records) error {
	if w.done {
		return state.ErrTxDone
	}
	if err := w.tx.Ready(false); err != nil {
		w.Rollback()
		return err
	}
	changes := w.tx.Changes()
	return w.commit(ctx, w.tx.Root(w.head.Revision()), changes, r)
}

func (w *Writer) commit(ctx context.Context, root *state.Root, changes []state.Change, r Records) error {
	if ctx.Err() != nil {
		w.Rollback()
		return context.Cause(ctx)
	}
	w.done = true
	w.tx.End()
	s := w.store
	defer s.unwant()
	now := s.now()
	e := &entry{at: now, changes: changes, records: r.at(now)}
	revision := w.head.Revision()
	if len(changes) > 0 {
		revision++
		e.number = revision
	}
	e.root = root.WithRevision(revision)

	s.mu.Lock()
	if s.head != w.head { // what it stands on was refused
		err := s.broken
		s.mu.Unlock()
		s.turn <- struct{}{}
		return notWritten(err)
	}
	s.head = e.root
	if s.shared != nil {
		s.follows(e, w.mark)
	}
	s.turn <- struct{}{} // never blocks: nobody else has it
	return s.settle(ctx, e)
}

// follows notes that a commit follows the one of a mark. It is called with mu
// held.
func (s *Store) follows(e *entry, mark string) {
	s.tenure.unknown++
	if e.number != 0 {
		e.before, e.mark = mark, newMark()
		s.tenure.head = e.mark
	}
}
