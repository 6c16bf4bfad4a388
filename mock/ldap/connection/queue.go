package connection

import (
	"context"
	"errors"
	"sync/atomic"
)

// ErrBusy is returned by Queue.Do when too much waits already.
var ErrBusy = errors.New("too many requests wait")

// Queue bounds how much expensive work, such as hashing passwords, runs at a
// time and waits in the whole process.
type Queue struct {
	slots      chan struct{}
	waiting    atomic.Int64
	maxWaiting int64
}

// NewQueue returns a Queue that runs so much work at a time, at least 1, and
// lets so much wait.
func NewQueue(running, waiting int) *Queue {
	return &Queue{slots: make(chan struct{}, max(1, running)), maxWaiting: int64(waiting)}
}

// Do runs work when it is its turn, in the order of the calls. It returns
// ErrBusy if too much waits, and the context's error if that ends before the
// turn comes; then work is not run.
func (q *Queue) Do(ctx context.Context, work func()) error {
	if err := q.enter(ctx); err != nil {
		return err
	}
	defer func() { <-q.slots }()
	if err := ctx.Err(); err != nil {
		return err
	}
	work()
	return nil
}

func (q *Queue) enter(ctx context.Context) error {
	select {
	case q.slots <- struct{}{}:
		return nil
	default:
	}
	defer q.waiting.Add(-1)
	if q.waiting.Add(1) > q.maxWaiting {
		return ErrBusy
	}
	select {
	case q.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
