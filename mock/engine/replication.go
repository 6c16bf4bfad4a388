package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/store"
	"wsexchange/mpf"
)

// Replication makes domain controllers see each other's writes late, as they do
// in a domain with more than one. A step works on the directory as the
// controller sees it that its preferred domain controller or a path names, else
// as the first one does. What a step writes is seen at its own controller at
// once. What is not in the directory, and what programs write past the engine,
// is seen everywhere at once; so are passwords (F122).
//
// The store keeps one truth: a write that its controller allows may still be
// refused because of what another controller knows, where the original would
// find out later and keep one of the two.
type Replication struct {
	// Delay is how long a write takes to every other controller. 0 is none.
	Delay time.Duration
	// Single are the delays to single controllers by DNS name, instead of Delay.
	Single map[string]time.Duration
}

// mostWaiting bounds the changes of rows that wait for a controller. Beyond it
// the oldest ones arrive early.
const mostWaiting = 200_000

// replication knows what controllers do not see yet.
type replication struct {
	mu      sync.Mutex
	delays  Replication
	commits []commit // oldest first
	waiting int      // rows in commits
}

// commit is what a request wrote at one controller.
type commit struct {
	transaction string
	controller  string // DNS name, lower-case
	at          time.Time
	changes     []store.RowChange
}

// To is how long a write takes to a controller, by its DNS name.
func (r Replication) To(controller string) time.Duration {
	for name, delay := range r.Single {
		if strings.EqualFold(name, controller) {
			return delay
		}
	}
	return r.Delay
}

// Longest is the time after which every controller sees a write.
func (r Replication) Longest() time.Duration {
	return max(r.Delay, slices.Max(append(slices.Collect(maps.Values(r.Single)), 0)))
}

// hidden gives the changes that a controller does not see, newest first. own
// are those of the request that asks. A row that was changed again by what the
// controller does see stays as it is now.
func (p *replication) hidden(controller string, now time.Time, own []commit) []store.RowChange {
	p.mu.Lock()
	all, delay := slices.Concat(p.commits, own), p.delays.To(controller)
	p.mu.Unlock()
	var changes []store.RowChange
	settled := make(map[string]bool)
	for _, c := range slices.Backward(all) {
		seen := c.controller == controller || !now.Before(c.at.Add(delay))
		for _, change := range slices.Backward(c.changes) {
			row := change.DirectoryRow()
			switch {
			case seen:
				settled[row] = true
			case !settled[row]:
				changes = append(changes, change)
			}
		}
	}
	return changes
}

// add notes commits.
func (p *replication) add(commits []commit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.commits = append(p.commits, commits...)
	for _, c := range commits {
		p.waiting += len(c.changes)
	}
}

// drop forgets the commits of a transaction, for it failed at its very end.
func (p *replication) drop(transaction string) {
	p.forget(func(c commit) bool { return c.transaction == transaction })
}

// prune forgets what every controller sees, and tells whether anything is left.
func (p *replication) prune(now time.Time) bool {
	longest := p.longest()
	p.forget(func(c commit) bool { return p.waiting > mostWaiting || !now.Before(c.at.Add(longest)) })
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.commits) > 0
}

func (p *replication) forget(which func(commit) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.commits = slices.DeleteFunc(p.commits, func(c commit) bool {
		gone := which(c)
		if gone {
			p.waiting -= len(c.changes)
		}
		return gone
	})
}

// longest is the time after which every controller sees a write.
func (p *replication) longest() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.delays.Longest()
}

// Replication gives the delays that hold.
func (e *Engine) Replication() Replication {
	e.replication.mu.Lock()
	defer e.replication.mu.Unlock()
	r := e.replication.delays
	r.Single = maps.Clone(r.Single)
	return r
}

// SetReplication changes the delays, for what was written before as well. The
// store must have been opened with TrackChanges. Names of controllers are not
// checked: one that does not exist sees nothing.
func (e *Engine) SetReplication(r Replication) {
	r.Single = maps.Clone(r.Single)
	e.replication.mu.Lock()
	defer e.replication.mu.Unlock()
	e.replication.delays = r
}

// Replicate makes every controller see everything at once.
func (e *Engine) Replicate() {
	e.replication.mu.Lock()
	defer e.replication.mu.Unlock()
	e.replication.commits, e.replication.waiting = nil, 0
}

// Waiting tells how many changes of the directory's rows a controller does not
// see yet.
func (e *Engine) Waiting(controller string) int {
	return len(e.replication.hidden(strings.ToLower(controller), e.now(), nil))
}

// View runs fn in a transaction that sees the store as a domain controller
// does, by its DNS name. Nothing can be written in it for good.
func (e *Engine) View(ctx context.Context, controller string, fn func(*store.Tx) error) error {
	tx, err := e.begin(ctx, false)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	hidden := e.replication.hidden(strings.ToLower(controller), e.now(), nil)
	if len(hidden) == 0 || !tx.Writable() {
		return fn(tx)
	}
	return tx.Without(hidden, func() error { return fn(tx) })
}

// begin begins a transaction. One that reads can write, too, while there is
// something to be hidden from it.
func (e *Engine) begin(ctx context.Context, writes bool) (*store.Tx, error) {
	tx, err := e.store.Begin(ctx, writes)
	if err != nil || writes || !e.replication.prune(e.now()) {
		return tx, err
	}
	// Only now is it certain that what the transaction would see is known.
	if err := tx.Rollback(); err != nil {
		return nil, err
	}
	return e.store.Begin(ctx, true)
}

// part is what one step of a request wrote, by the numbers of row changes.
type part struct {
	controller string
	from, to   int64
}

// callAt runs a call of the request at its domain controller. It is tried
// without being heard first: what fails there fails, what only reads answers
// from there, and what would succeed there runs for good.
func (r *run) callAt(s scope, target mpf.Target, data *xmldoc.Node) error {
	if !r.tx.Writable() || r.engine.replication.longest() == 0 {
		return r.call(s, target, data)
	}
	controller, err := r.controllerOf(target, data)
	if err != nil {
		return r.unexpected(err, mpf.Source(target))
	}
	own, err := r.written()
	if err != nil {
		return r.unexpected(err, mpf.Source(target))
	}
	hidden := r.engine.replication.hidden(controller, r.engine.now(), own)
	if len(hidden) == 0 {
		return r.callFor(controller, s, target, data)
	}
	row, refused := r.engine.lookup(target)
	if refused == nil && row.Type == Write && r.tried(hidden, s, target, data) {
		return r.callFor(controller, s, target, data)
	}
	var failed error
	err = r.tx.Without(hidden, func() error {
		failed = r.call(s, target, data)
		return nil
	})
	if err != nil {
		return r.unexpected(err, mpf.Source(target))
	}
	return failed
}

// replicate notes what the request wrote, and where, before that is committed:
// who sees it then must know whether to hide it.
func (r *run) replicate() error {
	if len(r.parts) == 0 {
		return nil
	}
	commits, err := r.written()
	if err == nil {
		r.engine.replication.add(commits)
	}
	return err
}

// callFor is call for what its controller would do: it notes where it was
// written.
func (r *run) callFor(controller string, s scope, target mpf.Target, data *xmldoc.Node) error {
	from, err := r.tx.LastRowChange()
	if err != nil {
		return r.unexpected(err, mpf.Source(target))
	}
	// What was taken back since has given its numbers free.
	r.parts = slices.DeleteFunc(r.parts, func(p part) bool { return p.to > from })
	if err := r.call(s, target, data); err != nil {
		return err
	}
	to, err := r.tx.LastRowChange()
	if err != nil {
		return r.unexpected(err, mpf.Source(target))
	}
	r.parts = append(r.parts, part{controller: controller, from: from, to: to})
	return nil
}

// tried tells whether a call succeeds where the hidden changes have not
// happened. Nobody hears of it and nothing is left of it.
func (r *run) tried(hidden []store.RowChange, s scope, target mpf.Target, data *xmldoc.Node) bool {
	kept := *r
	r.silent = true
	var failed error
	err := r.tx.Without(hidden, func() error {
		failed = r.call(s, target, xmldoc.Clone(data))
		return nil
	})
	r.compensate(len(kept.compensations))
	*r = kept
	return err == nil && failed == nil
}

// written gives what the steps before have written.
func (r *run) written() ([]commit, error) {
	var all []commit
	for _, p := range r.parts {
		changes, err := r.tx.RowChangesBetween(p.from, p.to)
		if err != nil {
			return nil, err
		}
		changes = slices.DeleteFunc(changes, func(c store.RowChange) bool { return c.DirectoryRow() == "" })
		if len(changes) > 0 {
			all = append(all, commit{transaction: r.id, controller: p.controller, at: r.engine.now(), changes: changes})
		}
	}
	return all, nil
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
		case Controller:
			preferred = cmp.Or(r.controllers[controllerKey(text)], preferred)
		case Path, PathOrUPN:
			if p, err := ldappath.Parse(text); err == nil && p.Server != "" {
				found = cmp.Or(r.controllers[controllerKey(p.Server)], found)
			}
		}
	}
	return cmp.Or(preferred, found), nil
}
