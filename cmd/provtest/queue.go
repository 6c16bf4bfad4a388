package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"wsexchange/mpf"
)

// enqueue queues a request.
func (s *session) enqueue(ctx context.Context, title field, req *mpf.Request) error {
	begun := s.now()
	ids, err := s.engine.Enqueue(ctx, req, s.options.suspended)
	took := s.now().Sub(begun)
	answer, err := answered(err)
	if err != nil {
		return err
	}
	fields := []field{title}
	for _, id := range ids {
		fields = append(fields, field{"Queued", id})
	}
	return s.answer(ctx, fields, req, answer, took)
}

// answered makes an answer of what the queue says.
func answered(err error) (*mpf.Response, error) {
	var refused *mpf.Error
	if err != nil && !errors.As(err, &refused) {
		return nil, noAnswer(err)
	}
	return &mpf.Response{Err: refused}, nil
}

// askQueue does what is asked about queued requests, in the order of the
// options.
func (s *session) askQueue(ctx context.Context) error {
	o := s.options
	for _, question := range []struct {
		id  string
		ask func(context.Context, string, *[]field) (*mpf.Response, error)
	}{
		{o.activate, s.only(s.engine.Activate)},
		{o.remove, s.only(s.engine.Delete)},
		{o.depends, s.only(s.depend)},
		{o.status, s.queryStatus},
		{o.results, s.queryResults},
	} {
		if question.id == "" {
			continue
		}
		fields := []field{{"Queued", question.id}}
		begun := s.now()
		answer, err := question.ask(ctx, question.id, &fields)
		took := s.now().Sub(begun)
		if err == nil && answer == nil {
			answer = &mpf.Response{}
		}
		var usage *exit
		if err != nil && !errors.As(err, &usage) {
			answer, err = answered(err)
		}
		if err == nil {
			err = s.answer(ctx, fields, nil, answer, took)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// only makes a question of an order that gives nothing.
func (s *session) only(order func(context.Context, string) error) func(context.Context, string, *[]field) (*mpf.Response, error) {
	return func(ctx context.Context, id string, _ *[]field) (*mpf.Response, error) { return nil, order(ctx, id) }
}

func (s *session) depend(ctx context.Context, ids string) error {
	parent, child, ok := strings.Cut(ids, ",")
	if !ok {
		return usage("queue-depend: %q is not PARENT,CHILD", ids)
	}
	return s.engine.AddDependency(ctx, strings.TrimSpace(parent), strings.TrimSpace(child))
}

func (s *session) queryStatus(ctx context.Context, id string, fields *[]field) (*mpf.Response, error) {
	status, err := s.engine.QueryStatus(ctx, id)
	if err == nil {
		*fields = append(*fields, field{"Status", fmt.Sprintf("%d %s", status, status)})
	}
	return nil, err
}

func (s *session) queryResults(ctx context.Context, id string, _ *[]field) (*mpf.Response, error) {
	return s.engine.QueryResults(ctx, id)
}

// work runs the queued requests that are due.
func (s *session) work(ctx context.Context) error {
	ran := 0
	for ctx.Err() == nil {
		more, err := s.engine.RunOnce(ctx)
		if err != nil {
			return noAnswer(err)
		}
		if !more {
			return s.print([]field{{"Run", strconv.Itoa(ran)}})
		}
		ran++
	}
	return noAnswer(ctx.Err())
}
