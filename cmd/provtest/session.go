package main

import (
	"context"
	"errors"
	"io"
	"time"

	"wsexchange/mock/engine"
	"wsexchange/mock/journal"
	"wsexchange/mock/ledger"
	"wsexchange/mpf"
)

// session is one run of the program.
type session struct {
	options *options
	stdin   io.Reader
	out     io.Writer
	now     func() time.Time

	submitter mpf.Submitter
	caller    mpf.Caller
	engine    *engine.Engine // in the program, or nil
	store     *ledger.Store  // of engine

	note     journal.Note // in the file at hand
	printed  bool
	requests int
	spent    time.Duration
}

func (s *session) run(ctx context.Context) (err error) {
	defer func() {
		if s.store != nil {
			err = errors.Join(err, s.store.Close())
		}
	}()
	if err := s.open(ctx); err != nil {
		return err
	}
	if s.engine != nil {
		ctx = mpf.WithCaller(ctx, s.caller)
	}
	switch {
	case s.options.asksQueue():
		err = s.askQueue(ctx)
	default:
		err = s.files(ctx)
	}
	if err == nil && s.options.work {
		err = s.work(ctx)
	}
	return err
}

// files submits the files in order until one does not succeed.
func (s *session) files(ctx context.Context) error {
	names := s.options.files
	if len(names) == 0 && s.options.namespace != "" {
		names = []string{""}
	}
	for _, name := range names {
		req, err := s.read(name)
		var refused *mpf.Error
		if err != nil && !errors.As(err, &refused) {
			return err
		}
		if err := s.file(ctx, name, req, refused); err != nil {
			return err
		}
	}
	if s.options.measure && s.requests > 0 {
		return s.print(s.total())
	}
	return nil
}

// file does with a request what the options say.
func (s *session) file(ctx context.Context, name string, req *mpf.Request, refused *mpf.Error) error {
	title := field{"File", name}
	if name == "" {
		title = field{"Procedure", s.options.target().String()}
	}
	switch {
	case refused != nil:
		return s.answer(ctx, []field{title}, nil, &mpf.Response{Err: refused}, 0)
	case s.options.queues():
		return s.enqueue(ctx, title, req)
	case s.options.dryRun:
		return s.rehearse(ctx, title, req)
	case s.options.timesOnly:
		return s.load(ctx, title, req)
	}
	begun := s.now()
	answer, err := s.submitter.Submit(ctx, req)
	took := s.now().Sub(begun)
	if err != nil {
		return noAnswer(err)
	}
	s.requests++
	s.spent += took
	return s.answer(ctx, []field{title}, req, answer, took)
}
