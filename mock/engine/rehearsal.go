package engine

import (
	"context"
	"errors"
	"time"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Rehearsal is what a request would do.
type Rehearsal struct {
	Response *mpf.Response
	// Steps are the calls, in the order in which they began.
	Steps []RehearsedStep
	// Changes are what the request would leave behind, or, if it fails, what it
	// had written by then and would take back.
	Changes []state.ObjectChange
	// Undone are the calls with effects outside of the database that a rollback
	// would undo, in its order.
	Undone []mpf.Source
	// Queued are the requests that it would queue.
	Queued []RehearsedJob
}

// RehearsedStep is a call of a procedure.
type RehearsedStep struct {
	// Seq is the executeSeqNo, from 1. Depth is 0 for calls of the request and
	// one more for each call in between.
	Seq, Depth int
	Target     mpf.Target
	Code       mpf.HRESULT
	Duration   time.Duration
}

// RehearsedJob is a request to be queued. An activated one would run whatever
// becomes of the request that queued it.
type RehearsedJob struct {
	Target    mpf.Target
	Activated bool
}

// rehearsing is what a run notes that is to be taken back.
type rehearsing struct {
	witnessed bool // the rest is that at a failure
	changes   []state.ObjectChange
	undone    []mpf.Source
}

// Rehearse runs a request as Submit would and takes everything back: nothing
// is written, not even to the logs, and a wrong password is not counted.
// Numbers and GUIDs that are given out differ from those of the request
// itself. Effects outside of the database take place and are
// undone. It fails if ctx has ended or the store cannot be read.
func (e *Engine) Rehearse(ctx context.Context, req *mpf.Request) (*Rehearsal, error) {
	caller, _ := mpf.CallerFrom(ctx)
	r := &run{
		engine: e, ctx: ctx, id: e.newID(), request: req, origin: origin{caller: caller},
		paths: make(paths), pathSteps: &pathSteps{ctx: ctx, left: e.limits.PathSteps}, started: e.now(),
		caller: Identity{Domain: caller.Domain, Username: caller.Username}, rehearsal: new(rehearsing),
	}
	r.frame = r.newFrame()
	writes, refused := e.check(req, r.paths)
	r.writes = writes
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// A transaction that nobody waits for, and that is dropped.
	root, err := e.store.Current(ctx)
	if err != nil {
		return nil, err
	}
	r.tx = root.Begin(e.store.Env()).With(ctx)
	var failed *mpf.Error
	if refused != nil {
		err = refused
	} else {
		err = r.rehearse()
	}
	if err != nil {
		failed = r.failure(err)
	}
	return r.rehearsed(failed), nil
}

// rehearse runs the steps in the transaction.
func (r *run) rehearse() error {
	if security := r.request.Context.Security; security != nil && security.Basic != nil {
		if err := r.testLogon(security.Basic); err != nil {
			return err
		}
	}
	if err := r.perform(); err != nil {
		return err
	}
	return r.fatal
}

// testLogon is logon without counting a wrong password.
func (r *run) testLogon(basic *mpf.Basic) error {
	o, err := directory.In(r.tx).Resolve(logonName(basic.Domain, basic.Username))
	if err == nil {
		err = directory.In(r.tx).CheckPassword(o, basic.Password.Reveal())
	}
	if err != nil {
		return logonError(err)
	}
	who, err := accountOf(r.tx, o)
	r.basic = &who
	return err
}

// witness notes what was written when a call fails by itself, before its
// writes are taken back.
func (r *run) witness(err error) {
	var passing *mpf.Error
	if r.rehearsal == nil || errors.As(err, &passing) && len(passing.Sources) > 0 {
		return
	}
	r.rehearsal.witnessed = true
	r.note()
}

// note notes what was written so far and would have to be undone.
func (r *run) note() {
	r.rehearsal.changes, r.rehearsal.undone = r.described(), r.undone()
}

// undone lists what compensate would undo.
func (r *run) undone() []mpf.Source {
	var all []mpf.Source
	for i := len(r.compensations) - 1; i >= 0; i-- {
		all = append(all, r.compensations[i].source)
	}
	return all
}

// rehearsed puts together what was noted, and takes everything back.
func (r *run) rehearsed(failed *mpf.Error) *Rehearsal {
	noted := r.rehearsal
	if failed == nil || !noted.witnessed {
		r.note()
	}
	result := &Rehearsal{Changes: noted.changes, Undone: noted.undone}
	for _, j := range r.jobs {
		result.Queued = append(result.Queued, RehearsedJob{
			Target: mpf.Target{Namespace: j.job.Namespace, Procedure: j.job.Procedure}, Activated: j.activated,
		})
	}
	for _, c := range r.calls {
		result.Steps = append(result.Steps, RehearsedStep{Seq: c.seq, Depth: c.depth, Target: c.target, Code: c.code, Duration: c.duration})
	}
	r.compensate(0)
	result.Response = &mpf.Response{Data: r.result(failed != nil), Err: failed}
	return result
}
