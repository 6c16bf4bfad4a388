package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// Config says what rules may do. Its zero value allows everything but killing
// the process and rules in headers.
type Config struct {
	// Kill ends the process at once. Nil: rules that kill are refused.
	Kill func()
	// Header lets a request bring its own rules in the header X-Mock-Fault.
	Header bool
	// Sleep waits; nil is a wait of the system's clock. It ends early, with an
	// error, when ctx does.
	Sleep func(ctx context.Context, d time.Duration) error
	// Registerer gets the metrics; nil keeps none.
	Registerer prometheus.Registerer
}

// MostRules is how many rules there can be.
const MostRules = 1000

// ErrTooMany says that there are MostRules rules.
var ErrTooMany = errors.New("there are too many fault rules")

// Rules is a set of rules in force. Its methods may be called from any
// goroutine.
type Rules struct {
	kill   func()
	header bool
	sleep  func(context.Context, time.Duration) error
	hits   *prometheus.CounterVec

	mu    sync.Mutex
	rules []*active
	given int
}

// active is a rule with its counts.
type active struct {
	rule       Rule
	random     *rand.Rand
	seen, hits int
}

// Status is a rule and what became of it.
type Status struct {
	Rule
	Seen int `json:"seen"` // matches
	Hits int `json:"hits"` // matches that met the fault
}

// New makes an empty set.
func New(cfg Config) (*Rules, error) {
	r := &Rules{kill: cfg.Kill, header: cfg.Header, sleep: cfg.Sleep, hits: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "mockmpf_faults_total", Help: "Faults that rules have made, by action and stage.",
	}, []string{"action", "stage"})}
	if r.sleep == nil {
		r.sleep = sleep
	}
	for _, action := range Actions() {
		for _, stage := range engine.Stages() {
			r.hits.WithLabelValues(string(action), string(stage))
		}
	}
	if cfg.Registerer == nil {
		return r, nil
	}
	count := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "mockmpf_fault_rules", Help: "Fault rules in force."},
		func() float64 { return float64(len(r.List())) })
	for _, c := range []prometheus.Collector{r.hits, count} {
		if err := cfg.Registerer.Register(c); err != nil {
			return nil, fmt.Errorf("fault rules: metrics: %w", err)
		}
	}
	return r, nil
}

// Add puts a rule in force, behind the others, and gives it with its id and
// defaults. A rule that makes no sense, or of an id that is there already, is
// refused.
func (r *Rules) Add(rule Rule) (Rule, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.rules) >= MostRules {
		return Rule{}, ErrTooMany
	}
	if rule.ID == "" {
		r.given++
		rule.ID = "rule-" + strconv.Itoa(r.given)
	}
	if r.find(rule.ID) >= 0 {
		return Rule{}, fmt.Errorf("fault rule %q is there already", rule.ID)
	}
	made, err := r.activate(rule)
	if err != nil {
		return Rule{}, err
	}
	r.rules = append(r.rules, made)
	return made.rule, nil
}

func (r *Rules) activate(rule Rule) (*active, error) {
	rule, err := rule.ready()
	switch {
	case err != nil:
		return nil, fmt.Errorf("fault rule %q: %w", rule.ID, err)
	case rule.Action == Kill && r.kill == nil:
		return nil, fmt.Errorf("fault rule %q: this emulator may not be killed", rule.ID)
	}
	return &active{rule: rule, random: rand.New(rand.NewPCG(rule.Seed, uint64(len(rule.ID))))}, nil
}

func (r *Rules) find(id string) int {
	return slices.IndexFunc(r.rules, func(a *active) bool { return a.rule.ID == id })
}

// Remove takes a rule out and tells whether it was there.
func (r *Rules) Remove(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.find(id)
	if i >= 0 {
		r.rules = slices.Delete(r.rules, i, i+1)
	}
	return i >= 0
}

// Clear takes all rules out.
func (r *Rules) Clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rules = nil
}

// List gives the rules in their order.
func (r *Rules) List() []Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]Status, 0, len(r.rules))
	for _, a := range r.rules {
		all = append(all, Status{Rule: a.rule, Seen: a.seen, Hits: a.hits})
	}
	return all
}

// blow is a hit: what to do.
type blow struct {
	rule Rule
	wait time.Duration
}

// strike counts a point and gives what hits it, in the order of the rules.
func (r *Rules) strike(p engine.Point, operation string, own []*active) []blow {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []blow
	for _, a := range append(own[:len(own):len(own)], r.rules...) {
		if p.Queued && (a.rule.Action == Drop || a.rule.Action == Malformed) {
			continue // there is no connection
		}
		if !a.rule.matches(p, operation) {
			continue
		}
		a.seen++
		if a.seen <= a.rule.Skip || a.rule.Times > 0 && a.hits >= a.rule.Times {
			continue
		}
		if chance := a.rule.Probability; chance > 0 && chance < 1 && a.random.Float64() >= chance {
			continue
		}
		a.hits++
		b := blow{rule: a.rule}
		if a.rule.Action == Delay {
			b.wait = a.rule.Delay.draw(a.random)
		}
		all = append(all, b)
	}
	return all
}

// Intercept carries the rules out. It is what engine.Config asks for.
func (r *Rules) Intercept(ctx context.Context, p engine.Point) error {
	door := doorOf(ctx)
	var own []*active
	if door != nil {
		own = door.own
	}
	for _, b := range r.strike(p, mpf.OriginFrom(ctx).String(), own) {
		r.hits.WithLabelValues(string(b.rule.Action), string(b.rule.When)).Inc()
		switch b.rule.Action {
		case Delay:
			if err := r.sleep(ctx, b.wait); err != nil {
				return mpf.Aborted.New(err.Error())
			}
		case Fail:
			return b.rule.failure()
		case Kill:
			r.kill()
		case Drop, Malformed:
			if door != nil {
				door.spoil(b.rule.Action)
			}
			if p.Stage != engine.AtAnswer {
				return mpf.Aborted.New("the fault rule '" + b.rule.ID + "' broke the connection")
			}
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
