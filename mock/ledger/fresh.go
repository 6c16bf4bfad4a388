package ledger

import (
	"context"
	"sync"

	"wsexchange/mock/state"
)

// Current returns a root that has everything that any engine has answered
// before the call. Where the ledger is not shared that is Root. Otherwise it
// asks the database for its last revision; calls at the same time ask once.
func (s *Store) Current(ctx context.Context) (*state.Root, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	if s.shared == nil {
		return s.Root(), nil
	}
	before := s.position()
	last, err := s.asked.ask(ctx, func() (position, error) { return s.shared.latest(s.life) })
	if err != nil {
		return nil, err
	}
	for {
		s.mu.Lock()
		root, mark, news := s.written.Load(), s.tenure.mark, s.tenure.news
		own := s.tenure.held || s.tenure.unknown > 0
		s.mu.Unlock()
		switch {
		case last.number < before.number: // the database has lost commits
		case root.Revision() > last.number, root.Revision() == last.number && mark == last.mark:
			return root, nil
		case own: // it is this engine's own commit, which is about to be published
			select {
			case <-news:
				continue
			case <-s.closed:
				return nil, ErrClosed
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		return s.catchUp(ctx)
	}
}

// asking has one question to the database at a time. Who asks meanwhile waits
// for the next one, so that every answer is of a moment after the question.
type asking struct {
	mu     sync.Mutex
	next   *answer
	active bool
}

type answer struct {
	done chan struct{}
	at   position
	err  error
}

func (a *asking) ask(ctx context.Context, question func() (position, error)) (position, error) {
	a.mu.Lock()
	if a.next == nil {
		a.next = &answer{done: make(chan struct{})}
	}
	mine := a.next
	if !a.active {
		a.active = true
		go a.run(question)
	}
	a.mu.Unlock()
	select {
	case <-mine.done:
		return mine.at, mine.err
	case <-ctx.Done():
		return position{}, context.Cause(ctx)
	}
}

func (a *asking) run(question func() (position, error)) {
	for {
		a.mu.Lock()
		asked := a.next
		a.next = nil
		if asked == nil {
			a.active = false
			a.mu.Unlock()
			return
		}
		a.mu.Unlock()
		asked.at, asked.err = question()
		close(asked.done)
	}
}
