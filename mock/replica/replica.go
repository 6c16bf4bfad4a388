package replica

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"wsexchange/mock/state"
)

// mostWaiting bounds the changes of rows that wait for a controller. Beyond it
// the controller sees everything at once.
const mostWaiting = 200_000

// Delays are how long writes take from one domain controller to others. The
// zero value is no time at all.
type Delays struct {
	// Delay is how long a write takes to every other controller.
	Delay time.Duration
	// Single are the delays to single controllers by DNS name, instead of Delay.
	Single map[string]time.Duration
}

// To returns how long a write takes to a controller, by its DNS name.
func (d Delays) To(controller string) time.Duration {
	for name, delay := range d.Single {
		if strings.EqualFold(name, controller) {
			return delay
		}
	}
	return d.Delay
}

// Longest returns the time after which every controller sees a write.
func (d Delays) Longest() time.Duration {
	return max(d.Delay, slices.Max(append(slices.Collect(maps.Values(d.Single)), 0)))
}

// Clone returns a copy that shares nothing.
func (d Delays) Clone() Delays {
	d.Single = maps.Clone(d.Single)
	return d
}

// view is what a controller sees as long as that is not the root's content.
type view struct {
	controller string // DNS name, lower-case
	part       state.Part
	waiting    []delivery // in the order in which they were written
	seen       []delivery // written later than something that waits
}

// delivery is what a step has written at one controller.
type delivery struct {
	at      time.Time
	changes []state.Change
}

var views = state.Declare(state.Spec[string, view]{
	Name: "view", Key: func(v *view) string { return v.controller }, Compare: cmp.Compare[string], Ephemeral: true,
})

// Tables returns the table of the views.
func Tables() []state.Declaration { return []state.Declaration{views} }

// Replicas are the domain controllers' views as a transaction sees them.
type Replicas struct {
	tx     *state.Tx
	delays Delays
}

// In returns the views in a transaction.
func In(tx *state.Tx, delays Delays) Replicas { return Replicas{tx: tx, delays: delays} }

// Late reports whether a controller does not see everything now.
func (r Replicas) Late(controller string) bool { return r.Waiting(controller) > 0 }

// Waiting returns how many changes of rows a controller does not see yet.
func (r Replicas) Waiting(controller string) int {
	v, waiting := views.Get(r.tx, strings.ToLower(controller)), 0
	if v == nil {
		return 0
	}
	for _, d := range v.waiting {
		if !r.due(v.controller, d) {
			waiting += len(d.changes)
		}
	}
	return waiting
}

// Pending is what was written at one controller and waits for another.
type Pending struct {
	Written, Due time.Time
	Changes      []state.Change
}

// Pending returns what a controller does not see yet, in the order in which it
// was written.
func (r Replicas) Pending(controller string) []Pending {
	v := views.Get(r.tx, strings.ToLower(controller))
	if v == nil {
		return nil
	}
	var all []Pending
	for _, d := range v.waiting {
		if !r.due(v.controller, d) {
			all = append(all, Pending{d.at, d.at.Add(r.delays.To(v.controller)), d.changes})
		}
	}
	return all
}

func (r Replicas) due(controller string, d delivery) bool {
	return !r.tx.Now().Before(d.at.Add(r.delays.To(controller)))
}

// See makes the transaction, which only reads, see what a controller sees.
func (r Replicas) See(controller string) error {
	controller = strings.ToLower(controller)
	if !r.Late(controller) {
		return nil
	}
	// Deliveries that are due are made in a transaction that is dropped.
	scratch := r.tx.Fork()
	v, err := In(scratch, r.delays).fed(views.Get(r.tx, controller))
	if err != nil {
		return err
	}
	r.tx.SetPart(v.part)
	return nil
}

// fed returns the view after what is due was delivered. The transaction's part
// is the view's then.
func (r Replicas) fed(v *view) (*view, error) {
	fed := &view{controller: v.controller, seen: slices.Clone(v.seen)}
	r.tx.SetPart(v.part)
	mark := r.tx.Mark()
	for _, d := range v.waiting {
		if !r.due(v.controller, d) {
			fed.waiting = append(fed.waiting, d)
			continue
		}
		for _, c := range d.changes {
			// A name that something else has here comes when that has gone,
			// at the latest with the end of the view.
			if err := c.Merge(r.tx, fed.older(d.at, c)); err != nil && !duplicate(err) {
				return nil, err
			}
		}
		fed.seen = append(fed.seen, d)
	}
	_ = r.tx.TakeReplicated(mark)
	fed.part = r.tx.Part()
	fed.forget()
	return fed, nil
}

// older names the parts of a change that nothing seen has written later.
func (v *view) older(at time.Time, c state.Change) []string {
	parts := c.Parts()
	for _, d := range v.seen {
		if !d.at.After(at) {
			continue
		}
		for _, other := range d.changes {
			if other.Table == c.Table && other.Key == c.Key {
				written := other.Parts()
				parts = slices.DeleteFunc(parts, func(p string) bool {
					return p == "" || slices.Contains(written, p) || slices.Contains(written, "")
				})
			}
		}
	}
	return parts
}

// forget drops what was seen before everything that waits was written.
func (v *view) forget() {
	if len(v.waiting) == 0 {
		v.seen = nil
		return
	}
	oldest := v.waiting[0].at
	v.seen = slices.DeleteFunc(v.seen, func(d delivery) bool { return d.at.Before(oldest) })
}

// At runs fn on the view of a controller and sends what it changed to the root
// and to the others, all of them by their DNS names. If fn fails, or the root
// refuses what the view allowed, the error is returned and nothing is written:
// a *state.DuplicateError is a name that is taken in the root.
func (r Replicas) At(controller string, all []string, fn func() error) error {
	kept := r.tx.Keep()
	err := r.at(strings.ToLower(controller), all, fn)
	if err != nil {
		r.tx.Back(kept)
	}
	return err
}

func (r Replicas) at(controller string, all []string, fn func() error) error {
	if !r.tx.Writable() {
		if err := r.See(controller); err != nil {
			return err
		}
		return fn()
	}
	root := r.tx.Part()
	v := &view{controller: controller}
	late := r.Late(controller)
	if late {
		var err error
		if v, err = r.fed(views.Get(r.tx, controller)); err != nil {
			return err
		}
	}
	mark := r.tx.Mark()
	if err := fn(); err != nil {
		return err
	}
	changes := r.tx.TakeReplicated(mark)
	if len(changes) == 0 && !late {
		return nil
	}
	v.part = r.tx.Part()
	d := delivery{at: r.tx.Now(), changes: changes}
	r.tx.SetPart(root)
	for _, c := range changes {
		if err := c.Merge(r.tx, c.Parts()); err != nil {
			return err
		}
	}
	if late {
		v.seen = append(v.seen, d)
		if err := r.put(v); err != nil {
			return err
		}
	}
	return r.send(controller, all, d, root)
}

// send lets a delivery wait for the controllers that see it later. root is what
// those saw that had seen everything until now.
func (r Replicas) send(from string, all []string, d delivery, root state.Part) error {
	if len(d.changes) == 0 {
		return nil
	}
	for _, name := range all {
		name = strings.ToLower(name)
		if name == from || r.delays.To(name) == 0 {
			continue
		}
		next := &view{controller: name, part: root}
		if v := views.Get(r.tx, name); v != nil && r.Late(name) {
			*next = *v
			next.waiting = slices.Clip(v.waiting)
		}
		next.waiting = append(next.waiting, d)
		if err := r.put(next); err != nil {
			return err
		}
	}
	return nil
}

// put keeps a view, unless its controller sees everything.
func (r Replicas) put(v *view) error {
	rows := 0
	for _, d := range v.waiting {
		rows += len(d.changes)
	}
	if rows == 0 || rows > mostWaiting {
		_, err := views.Delete(r.tx, v.controller)
		return err
	}
	return views.Put(r.tx, v)
}

// Catch makes every controller see everything at once.
func (r Replicas) Catch() error {
	for v := range views.All(r.tx) {
		if _, err := views.Delete(r.tx, v.controller); err != nil {
			return err
		}
	}
	return nil
}

// Any reports whether there is a controller that does not see everything.
func (r Replicas) Any() bool {
	for v := range views.All(r.tx) {
		if r.Late(v.controller) {
			return true
		}
	}
	return false
}

func duplicate(err error) bool {
	var taken *state.DuplicateError
	return errors.As(err, &taken)
}
