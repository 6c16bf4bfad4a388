package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Check is one thing that must be well for a program to be ready. Run must end
// with its context.
type Check struct {
	Name string
	Run  func(context.Context) error
	// Last is how something ended that goes on by itself, and how long it took;
	// it is in the place of Run.
	Last func() (time.Duration, error)
	// Advisory checks are shown, and do not decide whether a program is ready.
	Advisory bool
}

// State is where a program is in its life, from a closed list.
type State string

// The states. A program is ready while it runs, if its checks say so.
const (
	StateStarting State = "starting"
	StateRunning  State = "running"
	StateDraining State = "draining"
)

// stateErrors say why a program that does not run is not ready.
var stateErrors = map[State]string{
	StateStarting: "the program is starting", StateDraining: "the program is stopping",
}

// Readiness is the answer to whether a program is ready.
type Readiness struct {
	Ready  bool          `json:"ready"`
	State  State         `json:"state"`
	Reason string        `json:"reason,omitempty"` // of the state, if that is why
	Checks []CheckResult `json:"checks"`
}

// CheckResult is how one check went.
type CheckResult struct {
	Name    string  `json:"name"`
	OK      bool    `json:"ok"`
	Error   string  `json:"error,omitempty"`
	Seconds float64 `json:"seconds"`
	// Advisory says that the check does not decide whether the program is ready.
	Advisory bool `json:"advisory,omitempty"`
}

// Health answers /metrics, /-/healthy and /-/ready.
type Health struct {
	mux *http.ServeMux

	mu     sync.Mutex
	state  State
	checks []Check
}

// checkTimeout bounds all checks of one question together.
const checkTimeout = 5 * time.Second

// NewHealth makes the handler of the listener for operators, of a program that
// is not ready until Started.
func NewHealth(registry *prometheus.Registry) *Health {
	h := &Health{mux: http.NewServeMux(), state: StateStarting}
	h.mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry, EnableOpenMetrics: true}))
	h.mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "healthy\n")
	})
	h.mux.HandleFunc("GET /-/ready", h.ServeReady)
	return h
}

// ServeHTTP answers a request.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// Started makes the program ready as far as the checks go. It does nothing to
// one that is stopping.
func (h *Health) Started(checks ...Check) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks = checks
	if h.state == StateStarting {
		h.state = StateRunning
	}
}

// Drain makes the program not ready, so that nobody sends it more work.
func (h *Health) Drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state = StateDraining
}

// Ready asks all checks at the same time.
func (h *Health) Ready(ctx context.Context) Readiness {
	h.mu.Lock()
	state, checks := h.state, h.checks
	h.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	answer := Readiness{Ready: state == StateRunning, State: state, Reason: stateErrors[state], Checks: make([]CheckResult, len(checks))}
	var wait sync.WaitGroup
	for i, c := range checks {
		wait.Go(func() { answer.Checks[i] = c.result(ctx) })
	}
	wait.Wait()
	for _, c := range answer.Checks {
		answer.Ready = answer.Ready && (c.OK || c.Advisory)
	}
	return answer
}

func (c Check) result(ctx context.Context) CheckResult {
	took, err := c.run(ctx)
	result := CheckResult{Name: c.Name, OK: err == nil, Seconds: took.Seconds(), Advisory: c.Advisory}
	if err != nil {
		result.Error = err.Error()
	}
	return result
}

func (c Check) run(ctx context.Context) (took time.Duration, err error) {
	if c.Last != nil {
		return c.Last()
	}
	started := time.Now()
	err = c.Run(ctx)
	return time.Since(started), err
}

// ServeReady answers 200 or 503, with the details as JSON.
func (h *Health) ServeReady(w http.ResponseWriter, r *http.Request) {
	answer, status := h.Ready(r.Context()), http.StatusOK
	if !answer.Ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, answer)
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the client may have gone
}

// Probe asks a health address, such as http://127.0.0.1:9464/-/ready, and gives
// an error unless it answers 200.
func Probe(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*checkTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
		return fmt.Errorf("%s answers %s: %s", url, response.Status, strings.TrimSpace(string(body)))
	}
	return nil
}
