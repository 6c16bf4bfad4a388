package engine

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/replica"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Replication makes domain controllers see each other's writes late, as they do
// in a domain with more than one. A step works on the directory as the
// controller sees it that its preferred domain controller or a path names, else
// as the first one does. What a step writes is seen at its own controller at
// once. What is not in the directory, and what programs write past the engine,
// is seen everywhere at once; so are passwords (F122).
//
// A write that its controller allows may still be refused because of what
// another controller knows, where the original would find out later and rename
// one of the two.
type Replication = replica.Delays

// Replication returns the delays that hold.
func (e *Engine) Replication() Replication { return e.delays.Load().Clone() }

// SetReplication changes the delays, for what was written before as well.
// Names of controllers are not checked.
func (e *Engine) SetReplication(r Replication) {
	r = r.Clone()
	e.delays.Store(&r)
}

// replicas returns the controllers' views in a transaction.
func (e *Engine) replicas(tx *state.Tx) replica.Replicas { return replica.In(tx, *e.delays.Load()) }

// Replicate makes every controller see everything at once.
func (e *Engine) Replicate(ctx context.Context) error {
	late := false
	_ = e.store.View(ctx, func(tx *state.Tx) error { // reading memory does not fail
		late = e.replicas(tx).Any()
		return nil
	})
	if !late {
		return nil
	}
	return e.store.Update(ctx, func(tx *state.Tx) error { return e.replicas(tx).Catch() })
}

// Waiting returns how many changes of the directory's rows a controller does
// not see yet.
func (e *Engine) Waiting(controller string) int {
	return e.replicas(e.read(context.Background())).Waiting(controller)
}

// Pending is a write that a domain controller does not see yet.
type Pending struct {
	Written, Due time.Time
	Changes      []state.ObjectChange
}

// mostPending bounds the writes that Pending describes.
const mostPending = 1000

// Pending returns what a controller does not see yet, object by object, oldest
// first, at most 1000 writes. Passwords are hidden.
func (e *Engine) Pending(controller string) []Pending {
	tx := e.read(context.Background())
	waiting := e.replicas(tx).Pending(controller)
	all := make([]Pending, 0, min(len(waiting), mostPending))
	for _, p := range waiting[:cap(all)] {
		all = append(all, Pending{p.Written, p.Due, state.Describe(tx, tx, p.Changes)})
	}
	return all
}

// View runs fn in a transaction that sees the state as a domain controller
// does, by its DNS name; for a name of none it is the state as it is. It only
// reads.
func (e *Engine) View(ctx context.Context, controller string, fn func(*state.Tx) error) error {
	return e.store.View(ctx, func(tx *state.Tx) error {
		if err := e.replicas(tx).See(controller); err != nil {
			return err
		}
		return fn(tx)
	})
}

// read returns a transaction that reads what was written last.
func (e *Engine) read(ctx context.Context) *state.Tx {
	return e.store.Root().Read(e.store.Env()).With(ctx)
}

// callAt runs a call of the request at its domain controller.
func (r *run) callAt(s scope, target mpf.Target, data *xmldoc.Node) error {
	if r.engine.delays.Load().Longest() == 0 {
		return r.call(s, target, data)
	}
	controller, err := r.controllerOf(target, data)
	if err != nil {
		return r.unexpected(err, mpf.Source(target))
	}
	r.at = controller
	compensations, jobs, steps := len(r.compensations), len(r.jobs), len(r.steps)
	err = r.engine.replicas(r.tx).At(controller, r.hosts, func() error { return r.call(s, target, data) })
	var taken *state.DuplicateError
	if !errors.As(err, &taken) {
		return err
	}
	// What the controller allowed is taken where it does not see it yet.
	r.compensate(compensations)
	r.dropJobs(jobs)
	r.steps = r.steps[:steps]
	c := &Call{Tx: r.tx, run: r, namespace: target.Namespace, scope: s, seq: r.seq}
	var failed *mpf.Error
	if !errors.As(c.Fail(conflictOf(r.tx, taken)), &failed) {
		return r.unexpected(err, mpf.Source(target))
	}
	failed = failed.Through(mpf.Source(target))
	failed.ExecuteSeqNo = cmp.Or(failed.ExecuteSeqNo, r.seq)
	return failed
}

// controllerOf finds the domain controller that a call is for: the preferred
// one, else one that a path names, else the first. Names that are none are
// refused when the arguments are read.
func (r *run) controllerOf(target mpf.Target, data *xmldoc.Node) (string, error) {
	found, err := r.controller("")
	if err != nil {
		return "", err
	}
	row, refused := r.engine.lookup(target)
	if refused != nil {
		return found, nil
	}
	preferred := ""
	for _, a := range row.Arguments {
		text := strings.TrimSpace(xmldoc.Text(xmldoc.Child(data, a.Name)))
		switch a.Type {
		case Controller, Preferred:
			preferred = cmp.Or(r.named(text), preferred)
		case Path, PathOrUPN:
			if p, err := ldappath.Parse(text); err == nil && p.Server != "" {
				found = cmp.Or(r.named(p.Server), found)
			}
		}
	}
	return cmp.Or(preferred, found), nil
}
