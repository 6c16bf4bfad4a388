package ledger

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// batch is how many commits and records are written together at most.
const batch = 64

// settle writes an entry, or waits until another one's batch has it. It is
// called with mu held and returns without.
func (s *Store) settle(ctx context.Context, e *entry) error {
	if s.backend.immediate() {
		defer s.mu.Unlock()
		err := s.backend.append(ctx, []*entry{e})
		if err != nil {
			return s.refuse(err)
		}
		s.publish([]*entry{e})
		return nil
	}
	e.outcome = make(chan outcome, 2)
	s.waiting = append(s.waiting, e)
	lead := !s.writing
	s.writing = true
	s.mu.Unlock()
	if !lead {
		end := <-e.outcome
		if !end.lead {
			return end.err
		}
	}
	s.writeBatch(context.WithoutCancel(ctx)) // not for this caller alone
	return (<-e.outcome).err
}

// writeBatch writes the oldest of what waits, tells everyone how it went, and
// lets the first of those who came meanwhile write the next batch.
func (s *Store) writeBatch(ctx context.Context) {
	s.mu.Lock()
	entries := s.waiting[:min(batch, len(s.waiting))]
	s.waiting = s.waiting[len(entries):]
	s.mu.Unlock()

	err := s.append(ctx, entries)
	unlocked := err != nil && s.shared != nil && hasRoot(entries)
	if unlocked {
		s.shared.unlock()
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenure.held = s.tenure.held && !unlocked
	if err != nil {
		entries = append(entries[:len(entries):len(entries)], s.waiting...)
		s.waiting = nil
		err = s.refuse(err)
	} else {
		s.publish(entries)
	}
	for _, e := range entries {
		if s.shared != nil && e.root != nil {
			s.tenure.unknown--
		}
		e.outcome <- outcome{err: err}
	}
	s.idle.Broadcast()
	if len(s.waiting) > 0 {
		s.waiting[0].outcome <- outcome{lead: true}
		return
	}
	s.waiting, s.writing = nil, false
}

// append writes entries. A panic, of a row that cannot be encoded, is an error:
// everyone waits for the answer.
func (s *Store) append(ctx context.Context, entries []*entry) (err error) {
	defer func() {
		if found := recover(); found != nil {
			err = fmt.Errorf("panic: %v", found)
		}
	}()
	return s.backend.append(ctx, entries)
}

// publish makes the last root of written entries the one that is read.
func (s *Store) publish(entries []*entry) {
	s.broken = nil
	for _, e := range entries {
		if e.root != nil {
			s.written.Store(e.root)
		}
		if e.mark != "" {
			s.tenure.mark, s.tenure.held = e.mark, true // the lock may have been taken again meanwhile
		}
	}
	s.tell()
}

func hasRoot(entries []*entry) bool {
	return slices.ContainsFunc(entries, func(e *entry) bool { return e.root != nil })
}

// refuse takes the head back to the written root and returns the error of what
// was not written, of what stands on it, and of the writer that does.
func (s *Store) refuse(err error) error {
	s.broken, s.head = err, s.written.Load()
	s.tenure.head = s.tenure.mark
	s.tell()
	return notWritten(err)
}

func notWritten(err error) error {
	if err == nil {
		err = errors.New("what it stands on was refused")
	}
	return fmt.Errorf("%w: %w", ErrNotWritten, err)
}
