package engine

import (
	"cmp"
	"strconv"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// Limits bounds what one request may do. A zero field takes its default.
type Limits struct {
	// Depth is how deep calls may be nested. Default 32.
	Depth int
	// Calls is how many procedures a request may call, nested ones included.
	// Default 20 000.
	Calls int
	// Iterations is how many times forEach and repeat may run steps, all
	// together. Default 20 000.
	Iterations int
	// DataBytes is how much before and after may move, and how large the data
	// of a request may be, in bytes of names and text. Default 32 MiB.
	DataBytes int
	// PathSteps is how many moves through documents the XPath expressions of a
	// request may take, all together. Default 10 000 000, about a second.
	PathSteps int
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Depth: cmp.Or(l.Depth, 32), Calls: cmp.Or(l.Calls, 20_000),
		Iterations: cmp.Or(l.Iterations, 20_000), DataBytes: cmp.Or(l.DataBytes, 32<<20), PathSteps: cmp.Or(l.PathSteps, 10_000_000),
	}
}

// stop ends the request with an error that no catch can handle.
func (r *run) stop(err *mpf.Error) error {
	if r.fatal == nil {
		r.fatal = err
	}
	return r.fatal
}

// alive stops the request if its context has ended or it has been stopped
// before.
func (r *run) alive() error {
	if r.fatal != nil {
		return r.fatal
	}
	if err := r.ctx.Err(); err != nil {
		return r.stop(mpf.Aborted.New(err.Error()))
	}
	return nil
}

func (r *run) iterate() error {
	if r.iterations++; r.iterations > r.engine.limits.Iterations {
		return r.exceeds("steps were repeated more than", r.engine.limits.Iterations, "times")
	}
	return r.alive()
}

// charge counts data before it is copied.
func (r *run) charge(n *xmldoc.Node) error {
	if r.moved += size(n); r.moved > r.engine.limits.DataBytes {
		return r.exceeds("its steps moved more than", r.engine.limits.DataBytes, "bytes of data")
	}
	return nil
}

func (r *run) exceeds(what string, limit int, unit string) error {
	return r.stop(mpf.LimitExceeded.New(what + " " + strconv.Itoa(limit) + " " + unit))
}

// size measures a tree by its names and texts, roughly as its XML is long.
func size(n *xmldoc.Node) int {
	if n == nil {
		return 0
	}
	const markup = 5 // brackets and slash of an element
	total := len(n.Data)
	if n.FirstChild != nil {
		total += len(n.Data) + markup
	}
	for _, a := range n.Attr {
		total += len(a.Name.Local) + len(a.Value) + markup
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		total += size(c)
	}
	return total + markup
}
