package engine

import (
	"context"

	"wsexchange/mpf"
)

// Stage is a place in the life of a request.
type Stage string

// The stages.
const (
	// AtRequest is before anything of a request began.
	AtRequest Stage = "request"
	// BeforeCall is when the arguments and the role of a call were found good
	// and it has written nothing.
	BeforeCall Stage = "before"
	// AfterCall is when a call has succeeded and what it wrote can still be
	// undone.
	AfterCall Stage = "after"
	// AtRollback is when a request has failed and is about to be undone.
	AtRollback Stage = "rollback"
	// AtAnswer is when everything is committed or undone and the answer is
	// about to be given.
	AtAnswer Stage = "answer"
)

// Stages lists the stages in the order of a request.
func Stages() []Stage { return []Stage{AtRequest, BeforeCall, AfterCall, AtRollback, AtAnswer} }

// Point is what an Intercept is told.
type Point struct {
	Stage Stage
	// Target is the procedure that is called; at the stages of the whole
	// request the one that it is about.
	Target mpf.Target
	// Step is the number of the call in its request, from 1; 0 at the stages
	// of the whole request.
	Step          int
	TransactionID string
	ClientID      string
	Caller        string
	// Queued says that the engine's queue submitted the request.
	Queued bool
	// Organization gives the path of the organization that the request is
	// about, as far as that is known by then, or "".
	Organization func() string
}

// Intercept is called at every stage of every request, from the goroutine that
// runs it; between BeforeCall and AtRollback that holds the store. What it
// returns fails the call or the request with an internal error, or with itself
// if it is an *mpf.Error; at AtRollback it is logged as a rollback that may
// have left something behind, and at AtAnswer it is too late for it.
type Intercept func(ctx context.Context, p Point) error

// intercept tells of a stage of the whole request, or of a call. A rehearsal is
// nothing that happens.
func (r *run) intercept(stage Stage, target mpf.Target, step int) error {
	if r.engine.intercept == nil || r.rehearsal != nil {
		return nil
	}
	return r.engine.intercept(r.ctx, Point{
		Stage: stage, Target: target, Step: step, TransactionID: r.id, ClientID: r.request.Context.ClientTransactionID,
		Caller: r.account(), Queued: r.origin.job != nil, Organization: r.tenant,
	})
}

// account names who the request is from.
func (r *run) account() string {
	if r.basic != nil {
		return r.basic.String()
	}
	return r.caller.String()
}

// tenant finds the organization while there is a transaction, and remembers it
// for after.
func (r *run) tenant() string {
	if r.tx == nil || r.ended || r.engine.intercept == nil && r.engine.journal == nil {
		return r.organizationPath
	}
	if found := r.organization(r.tx); found != "" {
		r.organizationPath = found
	}
	return r.organizationPath
}
