package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"wsexchange/adapter/auth"
	"wsexchange/internal/daemon"
	"wsexchange/mock/operator"
)

// administer gives administrators, beside what every program has, the throttled
// sources and their release, and with the embedded backend its queue and its
// audit log.
func (s *service) administer(admin *daemon.Admin) {
	admin.Handle("GET /-/throttled", s.throttled)
	admin.Handle("DELETE /-/throttled", s.release)
	if emulator := s.current.Load().backend.emulator; emulator != nil {
		operator.HandleQueue(admin, emulator.Engine, s.logger)
		operator.HandleAudit(admin, emulator.Store)
	}
}

// throttledSource is a source that is shut out.
type throttledSource struct {
	Source  string    `json:"source"`
	Account string    `json:"account,omitempty"` // empty: the whole source
	Until   time.Time `json:"until"`
	Times   int       `json:"times"` // how often in a row
}

func (s *service) throttled(*http.Request) (any, error) {
	sources := []throttledSource{}
	gate := s.current.Load().gate
	if gate == nil {
		return sources, nil
	}
	for _, t := range gate.Throttle().List() {
		sources = append(sources, throttledSource{t.Source.String(), t.Account, t.Until, t.Times})
	}
	return sources, nil
}

// release lets a source in again: DELETE /-/throttled?source=192.0.2.7/32, with
// &account= for one account only.
func (s *service) release(r *http.Request) (any, error) {
	text := r.URL.Query().Get("source")
	source, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return nil, fmt.Errorf("source %q is no address or network as GET /-/throttled gives it", text)
		}
		source = netip.PrefixFrom(address, address.BitLen())
	}
	gate, account := s.current.Load().gate, r.URL.Query().Get("account")
	if gate == nil || !gate.Throttle().Release(source, account) {
		return nil, fmt.Errorf("source %s is not throttled", source)
	}
	s.logger.Info("throttled source released", "source", source.String(), "account", account)
	return map[string]string{"released": source.String()}, nil
}

// decided counts and logs a judgement on a caller.
func (s *service) decided(d auth.Decision) {
	s.auth.Count(d)
	level, logged := decisionLevels[d.Outcome]
	if !logged || d.Reason == auth.ReasonMissing { // the first call of every client, by the challenge
		level = slog.LevelDebug
	}
	if !s.authLogger.Enabled(context.Background(), level) {
		return
	}
	login := d.Claimed.String()
	attrs := []slog.Attr{
		slog.String("outcome", string(d.Outcome)), slog.String("reason", string(d.Reason)),
		slog.String("remote", d.Source.String()), slog.String("login", login[:min(len(login), 128)]),
	}
	if d.Err != nil {
		attrs = append(attrs, slog.String("error", d.Err.Error()))
	}
	s.authLogger.LogAttrs(context.Background(), level, "login", attrs...)
}

// decisionLevels are the levels of the decisions that are logged beside the
// line of the call; others are for debugging.
var decisionLevels = map[auth.Outcome]slog.Level{
	auth.OutcomeUnauthorized: slog.LevelInfo, auth.OutcomeUnavailable: slog.LevelError,
}

// checks are what must be well for the gateway to be ready.
func (s *service) checks() []daemon.Check {
	current := s.current.Load()
	checks := []daemon.Check{daemon.CheckListener("listener", s.web.Listener)}
	if current.backend.emulator == nil {
		checks = append(checks, daemon.Check{Name: "engines", Run: func(context.Context) error {
			return anyEngine(current.backend.balancer)
		}})
		checks = append(checks, engineChecks(current.backend.balancer)...)
	} else {
		checks = append(checks, daemon.Check{Name: "emulator", Run: current.backend.emulator.Ready})
		for _, listener := range current.backend.emulator.Listeners() {
			checks = append(checks, daemon.Check{Name: listener.Name, Run: listener.Check})
		}
	}
	if current.cfg.authMode() == "ldap" {
		checks = append(checks, daemon.Check{Name: "directory", Run: func(ctx context.Context) error {
			return anyController(ctx, current.cfg)
		}})
	}
	return checks
}

// anyController demands one domain controller that takes connections.
func anyController(ctx context.Context, cfg *Config) error {
	var problems []error
	for _, server := range cfg.Auth.LDAP.Servers {
		conn, err := dial(ctx, cfg, server, auth.Security(cfg.Auth.LDAP.Security))
		if err == nil {
			return conn.Close()
		}
		problems = append(problems, fmt.Errorf("%s: %w", server, err))
	}
	return errors.Join(problems...)
}
