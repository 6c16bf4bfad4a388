package main

import (
	"context"
	"strconv"
	"sync"
	"time"

	"wsexchange/mpf"
)

// thread is what one thread did.
type thread struct {
	spent            time.Duration
	requests, failed int
	err              error // there was no answer
}

// load submits a request again and again in several threads and shows only
// times. (F422)
func (s *session) load(ctx context.Context, title field, req *mpf.Request) error {
	threads := make([]thread, s.options.threads)
	begun := s.now()
	var wait sync.WaitGroup
	for i := range threads {
		wait.Go(func() { threads[i].run(ctx, s, req) })
	}
	wait.Wait()
	took := s.now().Sub(begun)
	fields := []field{title}
	var all thread
	for i, t := range threads {
		all.requests += t.requests
		all.failed += t.failed
		all.spent += t.spent
		if all.err == nil {
			all.err = t.err
		}
		if t.requests > 0 {
			fields = append(fields, field{"Thread " + strconv.Itoa(i+1), milliseconds(t.spent) + ", " + milliseconds(t.spent/time.Duration(t.requests)) + " each"})
		}
	}
	s.requests += all.requests
	s.spent += all.spent
	fields = append(fields, field{"Time", milliseconds(took)}, field{"Requests", strconv.Itoa(all.requests)}, field{"Failed", strconv.Itoa(all.failed)})
	if err := s.print(fields); err != nil {
		return err
	}
	switch {
	case all.err != nil:
		return noAnswer(all.err)
	case all.failed > 0:
		return &exit{status: statusFailed}
	}
	return nil
}

// run submits until the repetitions are done or no answer comes.
func (t *thread) run(ctx context.Context, s *session, req *mpf.Request) {
	for range s.options.repeat {
		begun := s.now()
		answer, err := s.submitter.Submit(ctx, req)
		if err != nil {
			t.err = err
			return
		}
		t.spent += s.now().Sub(begun)
		t.requests++
		if answer.Err != nil {
			t.failed++
		}
	}
}
