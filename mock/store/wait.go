package store

import (
	"context"
	"sync/atomic"
	"time"
)

// Waits tells how often, and how long in all, transactions have waited for
// others before they could begin.
type Waits struct {
	Count int64
	Time  time.Duration
}

// waits counts for one kind of transaction.
type waits struct {
	count, nanoseconds atomic.Int64
}

func (w *waits) read() Waits { return Waits{w.count.Load(), time.Duration(w.nanoseconds.Load())} }

// Waits tells how transactions that write, and those that read, have waited
// since the store was opened.
func (s *Store) Waits() (writes, reads Waits) { return s.waited[1].read(), s.waited[0].read() }

// take gets a free session, or waits for one until ctx ends or the store is
// closed. A session that has to be opened is nil.
func (s *Store) take(ctx context.Context, free chan *session, write bool) (*session, error) {
	select {
	case held := <-free:
		return held, nil
	default:
	}
	if !write {
		select {
		case <-s.unopened: // never, where the writer's session serves
			return nil, nil
		default:
		}
	}
	w := &s.waited[0]
	if write {
		w = &s.waited[1]
	}
	started := time.Now() // not the store's clock, which tests may stop
	w.count.Add(1)
	defer func() { w.nanoseconds.Add(int64(time.Since(started))) }()
	select {
	case held := <-free:
		return held, nil
	case <-s.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
