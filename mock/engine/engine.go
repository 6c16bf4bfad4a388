package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"wsexchange/internal/throttle"
	"wsexchange/mock/directory"
	"wsexchange/mock/ledger"
	"wsexchange/mock/queue"
	"wsexchange/mpf"
)

// Config says what an engine runs on. Store is required; every other field
// works at its zero value.
type Config struct {
	Store *ledger.Store
	// Passwords hashes and checks passwords. Required; it is to be the one of
	// the store's environment.
	Passwords  *directory.Passwords
	Namespaces []Namespace
	Policies   Policies
	Limits     Limits
	// Audit says which requests the audit log keeps. Default AuditWrites.
	Audit AuditLevel
	// RetainResponses keeps queued requests after success that do not say
	// themselves whether they are to be kept.
	RetainResponses bool
	// Throttle refuses further old passwords of an account after too many wrong
	// ones; nil refuses none.
	Throttle *throttle.Throttle
	// KeepDeleted is how long deleted objects can be found over LDAP; 0 is
	// DefaultKeepDeleted, negative is permanently.
	KeepDeleted time.Duration
	// LogonCache is how long a good password is remembered. Default one
	// minute; negative never.
	LogonCache time.Duration
	// Replication makes domain controllers see each other's writes late.
	Replication Replication
	// ControllerAddresses are the DNS names of domain controllers by IP
	// addresses that are theirs alone. Any other address means the first one.
	ControllerAddresses map[netip.Addr]string
	// Now is the clock. Default time.Now. Give the store the same one.
	Now func() time.Time
	// NewID makes the GUIDs, in braces, of transactions and queued requests.
	// Default random ones.
	NewID func() string
	// Logger takes what operators have to see. Default none.
	Logger *slog.Logger
	// Tracer makes spans of requests and of their calls; nil makes none.
	Tracer trace.Tracer
	// PerfEnabled names the procedures whose calls are counted in the metrics,
	// as "Namespace::Procedure", or "Namespace" for all of one; PerfAll and
	// PerfNone are that. Nil is PerfAll.
	PerfEnabled []string
	// Registerer takes the metrics, if it is not nil.
	Registerer prometheus.Registerer
	// Observe, if it is not nil, is told of every request and every call when
	// it ends. It may be called from several goroutines.
	Observe func(Observation)
	// Intercept, if it is not nil, is called at the stages of every request.
	Intercept Intercept
	// Journal, if it is not nil, is given every request when it ends, in the
	// order in which they end. It may be called from several goroutines and
	// must not call the engine.
	Journal func(Record)
}

// Engine runs requests. Its methods may be called from any goroutine.
type Engine struct {
	store      *ledger.Store
	namespaces []Namespace
	procedures map[mpf.Target]*Procedure
	known      map[string]bool // namespaces by name
	secrets    map[string]bool // names of Secret arguments of all rows
	policies   Policies
	limits     Limits
	audit      AuditLevel
	retain     bool
	now        func() time.Time
	newID      func() string
	logger     *slog.Logger
	tracer     trace.Tracer
	logons     *logons
	metrics    *metrics
	observe    func(Observation)
	intercept  Intercept
	journal    func(Record)
	delays     atomic.Pointer[Replication]
	passwords  *directory.Passwords
	throttle   *throttle.Throttle
	addresses  map[netip.Addr]string // DNS names of domain controllers
	wake       chan struct{}         // tells the worker that there may be a job

	keepDeleted time.Duration // negative is permanently
}

var _ mpf.Submitter = (*Engine)(nil)

// New makes an engine. Rows without a name or function, and rows of the same
// name in one namespace, are errors. It does not touch the store: call Recover
// before the first request.
func New(cfg Config) (*Engine, error) {
	if cfg.Store == nil {
		return nil, errors.New("engine: no store")
	}
	if cfg.Passwords == nil {
		return nil, errors.New("engine: no passwords")
	}
	logons, err := newLogons(cmp.Or(cfg.LogonCache, time.Minute))
	if err != nil {
		return nil, err
	}
	e := &Engine{
		store: cfg.Store, passwords: cfg.Passwords, throttle: cfg.Throttle, namespaces: slices.Clone(cfg.Namespaces), policies: cfg.Policies,
		limits: cfg.Limits.withDefaults(), audit: cmp.Or(cfg.Audit, AuditWrites),
		retain: cfg.RetainResponses, now: cfg.Now, newID: cfg.NewID, logger: cfg.Logger, tracer: cfg.Tracer, logons: logons,
		observe: cfg.Observe, intercept: cfg.Intercept, journal: cfg.Journal, wake: make(chan struct{}, 1),
		addresses: maps.Clone(cfg.ControllerAddresses), keepDeleted: cmp.Or(cfg.KeepDeleted, DefaultKeepDeleted),
	}
	if e.now == nil {
		e.now = time.Now
	}
	if e.newID == nil {
		e.newID = func() string { return directory.RandomGUID().String() }
	}
	if e.logger == nil {
		e.logger = slog.New(slog.DiscardHandler)
	}
	e.SetReplication(cfg.Replication)
	if err := e.register(); err != nil {
		return nil, err
	}
	counted, err := perfEnabled(cfg.PerfEnabled, e.namespaces)
	if err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	if e.metrics, err = newMetrics(cfg.Registerer, counted, alwaysRefused(e.namespaces)); err != nil {
		return nil, fmt.Errorf("engine: %w", err)
	}
	return e, nil
}

// register indexes the rows.
func (e *Engine) register() error {
	e.procedures, e.known, e.secrets = make(map[mpf.Target]*Procedure), make(map[string]bool), make(map[string]bool)
	for i := range e.namespaces {
		ns := &e.namespaces[i]
		if ns.Name == "" || e.known[ns.Name] {
			return fmt.Errorf("engine: namespace %q has no name or is given twice", ns.Name)
		}
		e.known[ns.Name] = true
		ns.Procedures = slices.Clone(ns.Procedures)
		for j := range ns.Procedures {
			if err := e.registerRow(ns.Name, &ns.Procedures[j]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) registerRow(namespace string, row *Procedure) error {
	target := mpf.Target{Namespace: namespace, Procedure: row.Name}
	row.Access, row.Type = cmp.Or(row.Access, Private), cmp.Or(row.Type, Read)
	switch {
	case row.Name == "" || row.Run == nil:
		return fmt.Errorf("engine: procedure %s has no name or no function", target)
	case e.procedures[target] != nil:
		return fmt.Errorf("engine: procedure %s is given twice", target)
	case row.Subject != "" && row.argument(row.Subject) == nil:
		return fmt.Errorf("engine: procedure %s: subject %q is none of its arguments", target, row.Subject)
	}
	seen := make(map[string]bool)
	for _, a := range row.Arguments {
		if a.Name == "" || seen[a.Name] {
			return fmt.Errorf("engine: procedure %s: argument %q has no name or is given twice", target, a.Name)
		}
		seen[a.Name] = true
		if a.Type == Secret {
			e.secrets[a.Name] = true
		}
	}
	e.procedures[target] = row
	for _, spelling := range row.Spellings {
		e.procedures[mpf.Target{Namespace: namespace, Procedure: spelling}] = row
	}
	return nil
}

// Namespaces gives the rows, in the order in which they were given.
func (e *Engine) Namespaces() []Namespace { return slices.Clone(e.namespaces) }

// Procedures gives the targets of all rows, in the order of the rows.
func (e *Engine) Procedures() []mpf.Target {
	var all []mpf.Target
	for _, ns := range e.namespaces {
		for _, p := range ns.Procedures {
			all = append(all, mpf.Target{Namespace: ns.Name, Procedure: p.Name})
		}
	}
	return all
}

// Procedure finds the row of a target.
func (e *Engine) Procedure(target mpf.Target) (*Procedure, bool) {
	row, ok := e.procedures[target]
	return row, ok
}

// lookup finds the row of a target, or tells what is unknown about it.
func (e *Engine) lookup(target mpf.Target) (*Procedure, *mpf.Error) {
	if row, ok := e.procedures[target]; ok {
		return row, nil
	}
	if !e.known[target.Namespace] {
		return nil, mpf.NamespaceUnknown.New(target.Namespace)
	}
	return nil, mpf.ProcedureUnknown.New(target.Procedure, target.Namespace)
}

// origin is where a request comes from.
type origin struct {
	caller  mpf.Caller
	system  bool // the engine's own account submitted it
	vouched bool // the right to submit was tested before
	id      string
	job     *queue.Job // the queued request that runs, or nil
}

// Submit runs a request as one transaction, on behalf of the caller in ctx.
// Whatever fails, it answers with the error and leaves nothing behind; an ended
// ctx stops the request before its next call. Only a ctx that has ended before
// anything began is an error of Submit itself.
func (e *Engine) Submit(ctx context.Context, req *mpf.Request) (*mpf.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	caller, _ := mpf.CallerFrom(ctx)
	return e.submit(ctx, req, origin{caller: caller}), nil
}
