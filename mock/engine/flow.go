package engine

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// frame is the procedure of a request while it runs: its documents, the cases
// of its selects, and what it hands down to calls.
type frame struct {
	run   *run
	docs  documents // data, procedureData, context
	cases map[string]string
	scope scope
}

// steps runs steps in order until one fails.
func (f *frame) steps(steps []mpf.Step) error {
	for _, s := range steps {
		err := f.run.alive()
		switch {
		case err != nil:
		case s.Try != nil:
			err = f.try(s.Try)
		case s.Select != nil:
			err = f.choose(s.Select)
		case s.Call != nil:
			err = f.call(s.Call)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// try runs a body and, if it fails, its catch. What the body's finished steps
// did stays. An error of the catch takes the place of the first one only if
// its code is another (F195), or its procedure handed the first one on (F257).
func (f *frame) try(t *mpf.Try) error {
	err := f.steps(t.Body)
	if err == nil {
		return nil
	}
	var failed *mpf.Error
	if f.run.fatal != nil || !errors.As(err, &failed) {
		return err
	}
	outer := f.scope.handling
	f.scope.handling = failed
	defer func() { f.scope.handling = outer }()
	err = f.steps(t.Catch)
	var again *mpf.Error
	if f.run.fatal == nil && errors.As(err, &again) && again.Code == failed.Code && again != f.run.reraised {
		return failed
	}
	return err
}

// choose evaluates a select.
func (f *frame) choose(s *mpf.Select) error {
	delete(f.cases, s.Name)
	value, exists, err := f.run.value(*f.docs[s.Source], s.SourcePath)
	switch {
	case err != nil:
		return err
	case !exists:
		f.assign(s.Name, s.IfNullCase)
		return nil
	}
	for _, w := range s.Where {
		if w.Value == value {
			f.assign(s.Name, &w.Case)
			return nil
		}
	}
	f.assign(s.Name, s.DefaultCase)
	return nil
}

func (f *frame) assign(name string, to *string) {
	if to != nil {
		f.cases[name] = *to
	}
}

// call runs an execute, queue or transform step as often as its loops say.
func (f *frame) call(c *mpf.Call) error {
	it := &step{frame: f, call: c}
	f.run.merged = mergedNodes{}
	err := it.each(0, f.docs)
	return it.blame(err, f.run.seq+1)
}

// step is one execute, queue or transform element while it runs.
type step struct {
	frame *frame
	call  *mpf.Call
	data  *xmldoc.Node // kept executeData, by policy
}

// each runs the loops from the i-th on; the first one is the outermost.
func (s *step) each(i int, in documents) error {
	if i == len(s.call.ForEach) {
		return s.repeat(in)
	}
	loop := s.call.ForEach[i]
	var found []place
	if root := in[loop.Root]; root != nil {
		var err error
		if found, err = s.frame.run.find(*root, loop.Path); err != nil {
			return err
		}
	}
	if len(found) == 0 {
		switch loop.IfNull {
		case mpf.SkipIfNull:
			return nil
		case mpf.IgnoreIfNull:
			return s.each(i+1, in.with(loop.Name, nil))
		}
		return mpf.SourceNodeMissing.New(sourceName(loop.Root, loop.Path))
	}
	for _, p := range found {
		if err := s.frame.run.iterate(); err != nil {
			return err
		}
		if err := s.each(i+1, in.with(loop.Name, &p)); err != nil {
			return err
		}
	}
	return nil
}

// repeat runs the step as often as its repeat elements say, if its when
// elements hold.
func (s *step) repeat(in documents) error {
	holds, err := s.holds(in)
	if err != nil || !holds {
		return err
	}
	times := 1
	for _, r := range s.call.Repeat {
		n, err := s.count(r, in)
		if err != nil {
			return err
		}
		if times *= n; times > s.frame.run.engine.limits.Iterations {
			return s.frame.run.exceeds("a step is to be repeated more than", s.frame.run.engine.limits.Iterations, "times")
		}
	}
	for range times {
		if err := s.frame.run.iterate(); err != nil {
			return err
		}
		if err := s.once(in); err != nil {
			return err
		}
		s.frame.run.merged.next()
	}
	return nil
}

// holds tells whether all when elements hold (F196).
func (s *step) holds(in documents) (bool, error) {
	for _, w := range s.call.When {
		if w.Select != "" {
			if set, ok := s.frame.cases[w.Select]; !ok || set != w.Case {
				return false, nil
			}
			continue
		}
		if in[w.Source] == nil {
			return false, nil
		}
		_, exists, err := s.frame.run.value(*in[w.Source], w.SourcePath)
		if err != nil || !exists {
			return false, err
		}
	}
	return true, nil
}

func (s *step) count(r mpf.Repeat, in documents) (int, error) {
	var value string
	exists := in[r.Source] != nil
	if exists {
		var err error
		if value, exists, err = s.frame.run.value(*in[r.Source], r.SourcePath); err != nil {
			return 0, err
		}
	}
	if !exists {
		switch r.IfNull {
		case mpf.SkipIfNull:
			return 0, nil
		case mpf.IgnoreIfNull:
			return 1, nil
		}
		return 0, mpf.SourceNodeMissing.New(sourceName(r.Source, r.SourcePath))
	}
	n, err := strconv.Atoi(strings.TrimSpace(value))
	if err != nil || n < 0 {
		return 0, mpf.RequestMalformed.New("'" + sourceName(r.Source, r.SourcePath) + "' says how often to repeat, but is no number of 0 or more")
	}
	return min(n, math.MaxInt32), nil
}

// once runs the step: befores, the call, afters.
func (s *step) once(in documents) error {
	if s.data == nil || !s.frame.run.engine.policies.AccumulateExecuteData {
		s.data = xmldoc.Element(mpf.DocumentExecuteData)
		if s.call.ExecuteData != nil {
			if err := s.frame.run.charge(s.call.ExecuteData); err != nil {
				return err
			}
			s.data = xmldoc.Clone(s.call.ExecuteData)
		}
	}
	in = in.with(mpf.DocumentExecuteData, &place{node: s.data})
	seq := s.frame.run.seq + 1 // of the call to come
	for _, t := range s.call.Before {
		what, err := s.frame.run.transfer(t, in)
		if err != nil {
			return s.blame(err, seq)
		}
		if what == skip {
			return nil
		}
	}
	if err := s.act(); err != nil {
		return err
	}
	for _, t := range s.call.After {
		if _, err := s.frame.run.transfer(t, in); err != nil {
			return s.blame(err, seq)
		}
	}
	return nil
}

func (s *step) act() error {
	below := s.frame.scope.with(s.call.Impersonate, s.call.Trusted)
	switch s.call.Kind {
	case mpf.Transform:
		return nil
	case mpf.Queue:
		err := s.frame.run.enqueueStep(s.call, below, s.data, s.frame.docs[mpf.DocumentContext].node)
		s.data.Attr = nil // queued calls give no executeData (F216)
		xmldoc.SetText(s.data, "")
		return err
	}
	if err := s.frame.run.takeTurn(); err != nil {
		return err
	}
	trustee, err := s.frame.run.trusteeOf(below)
	if err != nil {
		return s.frame.run.unexpected(err, mpf.Source(s.call.Target))
	}
	below.trustee = trustee
	return s.frame.run.callAt(below, s.call.Target, s.data)
}

// blame says at which step something other than its call failed: with the
// number that the call has or would have had (F198).
func (s *step) blame(err error, seq int) error {
	var e *mpf.Error
	if !errors.As(err, &e) || e.ExecuteSeqNo != 0 || len(e.Sources) > 0 {
		return err
	}
	located := *e
	if s.call.Kind != mpf.Transform {
		located = *e.Through(mpf.Source(s.call.Target))
	}
	located.ExecuteSeqNo = seq
	return &located
}
