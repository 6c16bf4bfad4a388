package mpf

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Engine is one of several engines, with the name it goes by in metrics and
// errors.
type Engine struct {
	Name      string
	Submitter Submitter
	// Probe asks the engine for something cheap, and returns the id of the
	// installation that it belongs to, empty if it cannot be known. nil submits
	// Probe() to the Submitter.
	Probe func(ctx context.Context) (installation string, err error)
}

// Policy says which of the engines that are well comes first.
type Policy string

// The policies. RoundRobin takes the engine with the fewest open requests, and
// lets those with as many take turns; Failover takes the first one of the
// configuration.
const (
	RoundRobin Policy = "round-robin"
	Failover   Policy = "failover"
)

// BalancerConfig describes how requests are spread over engines.
type BalancerConfig struct {
	// Engines are the engines, at least one.
	Engines []Engine
	// Policy is RoundRobin if it is empty.
	Policy Policy
	// Exclusion is how long an engine that failed gets no requests. Default
	// 1 minute. After Probed it stays out until a probe succeeds after
	// that.
	Exclusion time.Duration
	// Timeout bounds one request at one engine; 0 leaves it to the engine's
	// Submitter.
	Timeout time.Duration
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// Changed, if it is not nil, is told when the health of an engine changes.
	Changed func(EngineState)
}

// Balancer spreads requests over several engines by a policy. An engine that
// failed is left out for a while. Only a request that surely did not reach an
// engine goes on to another one, so nothing is ever carried out twice. (F158)
//
// All engines are to share one installation. One that tells another id than the
// others gets no requests, whatever becomes of them.
type Balancer struct {
	config BalancerConfig

	mu           sync.Mutex
	engines      []*engineState
	turn         int
	installation string // of the engines, empty until one has told it
}

var _ Submitter = (*Balancer)(nil)

// EngineState is a picture of one engine at one time.
type EngineState struct {
	Name   string
	Health Health
	// Reason is why the engine is Out or Foreign.
	Reason error
	// Open is the number of requests that wait for an answer.
	Open int
	// ExcludedUntil is the end of the exclusion, or the zero time. After
	// Probed an engine may stay out for longer.
	ExcludedUntil time.Time
	// Installation is the id that the engine told last, or "".
	Installation string
	// ProbedAt, ProbeTime and ProbeError are when the last probe ended, how long
	// it took and how it failed; the zero time before the first.
	ProbedAt   time.Time
	ProbeTime  time.Duration
	ProbeError error
	// Requests, Failures and Retries count since the start: requests given to
	// the engine, those that got no answer from it, and those of them that went
	// on to another engine.
	Requests, Failures, Retries uint64
}

// EngineError is an error of a request to one engine, with the engine's name.
type EngineError struct {
	Engine string
	Err    error
}

// Error names the engine first.
func (e *EngineError) Error() string { return e.Engine + ": " + e.Err.Error() }

// Unwrap gives the engine's own error.
func (e *EngineError) Unwrap() error { return e.Err }

// EngineOf gives the name of the engine that a Balancer got a response or an
// error from, of the first one that it asked if there were several; "" if none
// was asked.
func EngineOf(resp *Response, err error) string {
	var at *EngineError
	switch {
	case errors.As(err, &at):
		return at.Engine
	case err == nil && resp != nil:
		return resp.Engine
	}
	return ""
}

type engineState struct {
	EngineState
	submitter  Submitter
	probed     bool // it is out until a probe succeeds
	identified bool // a probe has succeeded
	probe      func(context.Context) (string, error)
}

const defaultExclusion = time.Minute

// NewBalancer makes a balancer over one engine or more, each with a name of its
// own.
func NewBalancer(c BalancerConfig) (*Balancer, error) {
	if len(c.Engines) == 0 {
		return nil, errors.New("there is no provisioning engine to submit to")
	}
	if c.Policy == "" {
		c.Policy = RoundRobin
	}
	if c.Policy != RoundRobin && c.Policy != Failover {
		return nil, fmt.Errorf("policy %q is not %s or %s", c.Policy, RoundRobin, Failover)
	}
	if c.Exclusion <= 0 {
		c.Exclusion = defaultExclusion
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	b := &Balancer{config: c}
	names := map[string]bool{}
	for _, e := range c.Engines {
		if e.Name == "" || names[e.Name] || e.Submitter == nil {
			return nil, fmt.Errorf("engine %q: each needs a name of its own and a way to it", e.Name)
		}
		names[e.Name] = true
		b.engines = append(b.engines, &engineState{EngineState: EngineState{Name: e.Name, Health: Unknown}, submitter: e.Submitter, probe: e.Probe})
	}
	return b, nil
}

// Submit gives the request to one engine, and to the next one as long as it
// surely did not reach any. Its errors are those of the engine that was asked
// last.
func (b *Balancer) Submit(ctx context.Context, req *Request) (*Response, error) {
	tried := make(map[*engineState]bool, len(b.engines))
	var unreachable []error
	for {
		e := b.take(tried)
		if e == nil && len(unreachable) == 0 {
			return nil, fmt.Errorf("%w: %w", ErrUnreachable, b.refusals())
		}
		if e == nil {
			return nil, errors.Join(unreachable...)
		}
		tried[e] = true
		resp, err := b.ask(ctx, e, req)
		if err == nil {
			return resp, nil
		}
		if !errors.Is(err, ErrUnreachable) || ctx.Err() != nil {
			return nil, err
		}
		unreachable = append(unreachable, err)
		if len(tried) < len(b.engines) {
			b.mu.Lock()
			e.Retries++
			b.mu.Unlock()
		}
	}
}

// take picks an engine that has not been tried and counts the request as open
// there. Engines that are left out come last, in the order in which their
// exclusions end; those of another installation never.
func (b *Balancer) take(tried map[*engineState]bool) *engineState {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.config.Now()
	best := -1
	for i := range b.engines {
		at := (b.turn + i) % len(b.engines)
		e := b.engines[at]
		if !tried[e] && b.allowed(e) && (best < 0 || e.before(b.engines[best], now, b.config.Policy)) {
			best = at
		}
	}
	if best < 0 {
		return nil
	}
	if b.config.Policy == RoundRobin {
		b.turn = (best + 1) % len(b.engines)
	}
	e := b.engines[best]
	e.Open++
	e.Requests++
	return e
}

func (e *engineState) before(other *engineState, now time.Time, policy Policy) bool {
	rank, otherRank := e.rank(now), other.rank(now)
	switch {
	case rank != otherRank:
		return rank < otherRank
	case rank == rankOut:
		return e.ExcludedUntil.Before(other.ExcludedUntil)
	case policy == Failover:
		return false // those of the configuration come in its order
	}
	return e.Open < other.Open
}

// ask submits to one engine and notes how it went.
func (b *Balancer) ask(ctx context.Context, e *engineState, req *Request) (resp *Response, err error) {
	answered := false
	defer func() { b.note(ctx, e, err, answered) }()
	told := ""
	inner := withTold(ctx, &told)
	if b.config.Timeout > 0 {
		var cancel context.CancelFunc
		inner, cancel = context.WithTimeout(inner, b.config.Timeout)
		defer cancel()
	}
	resp, err = e.submitter.Submit(inner, req)
	answered = true
	b.identify(e, told)
	switch {
	case err == nil && resp != nil:
		named := *resp // others may hold it too
		named.Engine = e.Name
		return &named, nil
	case err == nil:
		return nil, nil
	case ctx.Err() == nil && inner.Err() != nil && !errors.Is(err, ErrUnreachable) && !errors.Is(err, ErrTimeout):
		err = fmt.Errorf("%w: no answer within %s: %w", ErrTimeout, b.config.Timeout, err)
	}
	return nil, &EngineError{Engine: e.Name, Err: err}
}

// failures lists the errors that say that something is wrong with an engine.
// Credentials that are refused, a fault, and a caller who gave up do not.
var failures = []error{ErrUnreachable, ErrTimeout, ErrConnectionLost, ErrProtocol}

func (b *Balancer) note(ctx context.Context, e *engineState, err error, answered bool) {
	b.mu.Lock()
	e.Open--
	before := e.Health
	switch {
	case !answered:
		e.Failures++
	case err == nil:
		e.comeIn()
	default:
		e.Failures++
		if ctx.Err() == nil && failed(err) {
			e.goOut(err, b.config.Now().Add(b.config.Exclusion))
		}
	}
	b.unlockAndTell(e, before)
}

// failed reports whether an error says that something is wrong with the engine.
func failed(err error) bool {
	return slices.ContainsFunc(failures, func(f error) bool { return errors.Is(err, f) })
}

// Snapshot gives the state of every engine, in the order of the configuration.
func (b *Balancer) Snapshot() []EngineState {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.config.Now()
	states := make([]EngineState, len(b.engines))
	for i, e := range b.engines {
		states[i] = e.EngineState
		if !e.ExcludedUntil.After(now) {
			states[i].ExcludedUntil = time.Time{}
		}
		if e.Health == Out && e.rank(now) != rankOut {
			states[i].Health = Unknown // the exclusion has ended, and nobody probes
		}
	}
	return states
}
