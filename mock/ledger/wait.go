package ledger

import (
	"context"
	"sync/atomic"
	"time"
)

// Waits counts how often, and how long in all, transactions have waited for
// others before they could begin.
type Waits struct {
	Count int64
	Time  time.Duration
}

type waits struct {
	count, nanoseconds atomic.Int64
}

// Waits returns how transactions that write, and those that read, have waited
// since the store was opened. Those that read never wait.
func (s *Store) Waits() (writes, reads Waits) {
	return Waits{s.waited.count.Load(), time.Duration(s.waited.nanoseconds.Load())}, Waits{}
}

// take gets the turn to write, or waits for it until ctx ends or the store is
// closed.
func (s *Store) take(ctx context.Context) error {
	select {
	case <-s.turn:
		return nil
	default:
	}
	started := time.Now() // not the store's clock, which tests may stop
	s.waited.count.Add(1)
	defer func() { s.waited.nanoseconds.Add(int64(time.Since(started))) }()
	select {
	case <-s.turn:
		return nil
	case <-s.closed:
		return ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
