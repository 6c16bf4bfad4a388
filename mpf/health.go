package mpf

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Health is what a Balancer knows of an engine, from a closed list.
type Health string

// The kinds of health. An engine that is Unknown has not answered anything yet.
// One that is Out failed and gets no requests while another is well. One that is
// Foreign belongs to another installation and never gets any.
const (
	Unknown Health = "unknown"
	In      Health = "in"
	Out     Health = "out"
	Foreign Health = "foreign"
)

// InstallationHeader is the HTTP header in which an engine of ours tells the id
// of its installation, whoever asks.
const InstallationHeader = "X-MPF-Installation"

// ErrForeign says that an engine belongs to another installation than the
// others: it would not find what was made through them.
var ErrForeign = errors.New("the engines do not share one installation")

// Ranks of engines, the best first.
const (
	rankIn = iota
	rankUnknown
	rankOut
)

func (e *engineState) rank(now time.Time) int {
	switch {
	case e.ExcludedUntil.After(now), e.probed && e.Health == Out:
		return rankOut
	case e.probed && e.Health == Unknown:
		return rankUnknown
	}
	return rankIn
}

// allowed reports whether an engine may get requests at all. Of several engines
// that are probed it has to have told at least once to whom it belongs.
func (b *Balancer) allowed(e *engineState) bool {
	return e.Health != Foreign && (len(b.engines) == 1 || !e.probed || !e.ProbedAt.IsZero() && e.identified)
}

func (e *engineState) comeIn() {
	if e.Health == Foreign {
		return
	}
	e.Health, e.Reason, e.ExcludedUntil = In, nil, time.Time{}
}

func (e *engineState) goOut(err error, until time.Time) {
	e.ExcludedUntil = until
	if e.Health != Foreign {
		e.Health, e.Reason = Out, err
	}
}

// unlockAndTell ends a change of an engine, and tells who wants to know if its
// health is another than before.
func (b *Balancer) unlockAndTell(e *engineState, before Health) {
	state, changed := e.EngineState, e.Health != before
	b.mu.Unlock()
	if changed && b.config.Changed != nil {
		b.config.Changed(state)
	}
}

// identify takes the installation that an engine told. The first one is that of
// all.
func (b *Balancer) identify(e *engineState, told string) {
	if told == "" {
		return
	}
	b.mu.Lock()
	before := e.Health
	e.Installation = told
	if b.installation == "" {
		b.installation = told
	}
	switch {
	case told != b.installation:
		e.Health, e.Reason = Foreign, b.foreign(e)
	case e.Health == Foreign:
		e.Health, e.Reason = Unknown, nil
	}
	b.unlockAndTell(e, before)
}

// foreign is why an engine is refused. It is called with mu held.
func (b *Balancer) foreign(e *engineState) error {
	for _, other := range b.engines {
		if other != e && other.Installation == b.installation {
			return fmt.Errorf("%w: %s belongs to %s, %s to %s", ErrForeign, e.Name, e.Installation, other.Name, other.Installation)
		}
	}
	return fmt.Errorf("%w: %s belongs to %s, those before to %s", ErrForeign, e.Name, e.Installation, b.installation)
}

// Foreign returns why engines are refused that belong to another installation;
// nil if there are none.
func (b *Balancer) Foreign() error {
	var reasons []error
	for _, e := range b.Snapshot() {
		if e.Health == Foreign {
			reasons = append(reasons, e.Reason)
		}
	}
	return errors.Join(reasons...)
}

// refusals are why no engine may get a request.
func (b *Balancer) refusals() error {
	var reasons []error
	for _, e := range b.Snapshot() {
		reason := e.Reason
		if reason == nil {
			reason = errors.New("it has not answered a probe yet")
		}
		reasons = append(reasons, &EngineError{Engine: e.Name, Err: reason})
	}
	return errors.Join(reasons...)
}

// Probe is the request of Check: it reads, and every engine knows it.
func Probe() *Request {
	return Simple(Target{Namespace: "MPF Config", Procedure: "GetNamespaces"}, nil)
}

// Probed makes engines that failed stay out until a probe succeeds, and lets
// engines of which nothing is known wait for one. It is to be called before
// the first Check, by who calls Check from time to time.
func (b *Balancer) Probed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.engines {
		e.probed = true
	}
}

// probeResult is how a probe went.
type probeResult struct {
	installation string
	took         time.Duration
	err          error
}

// Check probes every engine, excluded or not, all at the same time, and gives
// their errors in the order of the configuration; nil for an engine that gave
// any answer of MPF's. Engines that answer get requests again, unless they
// belong to another installation; that is theirs all at once if all of them
// tell the same new one.
func (b *Balancer) Check(ctx context.Context) []error {
	results := make([]probeResult, len(b.engines))
	var wait sync.WaitGroup
	for i, e := range b.engines {
		wait.Go(func() { results[i] = b.check(ctx, e) })
	}
	wait.Wait()
	b.moveTogether(results)
	errs := make([]error, len(results))
	for i, r := range results { // in the order of the configuration: the first one decides
		b.identify(b.engines[i], r.installation)
		b.noteProbe(ctx, b.engines[i], r)
		errs[i] = r.err
	}
	return errs
}

// check probes one engine.
func (b *Balancer) check(ctx context.Context, e *engineState) (result probeResult) {
	b.mu.Lock()
	e.Open++
	e.Requests++
	b.mu.Unlock()
	began := time.Now()
	defer func() {
		result.took = time.Since(began)
		b.mu.Lock()
		e.Open--
		b.mu.Unlock()
	}()
	told := ""
	ctx = withTold(ctx, &told)
	if b.config.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, b.config.Timeout)
		defer cancel()
	}
	if e.probe != nil {
		result.installation, result.err = e.probe(ctx)
	} else {
		_, result.err = e.submitter.Submit(ctx, Probe())
	}
	if result.installation == "" {
		result.installation = told
	}
	if result.err != nil {
		result.err = &EngineError{Engine: e.Name, Err: result.err}
	}
	return result
}

// moveTogether takes another installation for that of all engines if every one
// of them has told it.
func (b *Balancer) moveTogether(results []probeResult) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range results {
		if r.installation == "" || r.installation != results[0].installation {
			return
		}
	}
	b.installation = results[0].installation
}

// noteProbe keeps how a probe went.
func (b *Balancer) noteProbe(ctx context.Context, e *engineState, r probeResult) {
	b.mu.Lock()
	before, now := e.Health, b.config.Now()
	e.ProbedAt, e.ProbeTime, e.ProbeError = now, r.took, r.err
	switch {
	case r.err == nil:
		e.identified = true
		if !e.probed || e.Health != Out || !e.ExcludedUntil.After(now) {
			e.comeIn()
		}
	case errors.Is(context.Cause(ctx), context.Canceled): // the program stops
	default:
		e.Failures++
		if until := now.Add(b.config.Exclusion); e.probed {
			e.goOut(r.err, e.ExcludedUntil) // it comes in with the next probe that succeeds
		} else if failed(r.err) {
			e.goOut(r.err, until)
		}
	}
	b.unlockAndTell(e, before)
}

type toldKey struct{}

// withTold gives a context in which a client keeps the installation that an
// engine tells with its answer.
func withTold(ctx context.Context, told *string) context.Context {
	return context.WithValue(ctx, toldKey{}, told)
}

// tell keeps the installation of an answer.
func tell(ctx context.Context, resp *http.Response) {
	if told, ok := ctx.Value(toldKey{}).(*string); ok {
		*told = firstBytes(resp.Header.Get(InstallationHeader), longestInstallation)
	}
}

// longestInstallation is above the length of a GUID in braces, in bytes.
const longestInstallation = 64

func firstBytes(text string, most int) string { return text[:min(len(text), most)] }
