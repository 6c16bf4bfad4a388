package main

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"wsexchange/adapter"
	"wsexchange/adapter/auth"
	"wsexchange/internal/daemon"
	"wsexchange/mock/web"
)

// service is everything that serve runs.
type service struct {
	*daemon.Frame[Config]

	logs       *daemon.Logs
	logger     *slog.Logger
	authLogger *slog.Logger
	web        *daemon.Server
	auth       *auth.Metrics
	pages      *web.Handler // or nil

	current atomic.Pointer[current]
}

// current is what a reload replaces. Calls under way go on with the one that they
// began with.
type current struct {
	cfg     *Config
	backend *backend
	gate    *auth.Gate // nil lets everybody in
	handler *adapter.Handler
}

func serve(c *cobra.Command, cfg *Config, load func() (*Config, error)) error {
	daemon.RelaxCollector()
	logs, err := cfg.logs(c.ErrOrStderr())
	if err != nil {
		return err
	}
	s := &service{logs: logs, logger: logs.Logger(partDaemon), authLogger: logs.Logger(partAuth)}
	if s.Frame, err = daemon.NewFrame(daemon.FrameConfig[Config]{
		Name: "wsexchange", Logs: logs, Logger: s.logger, Settings: (*Config).frame, Load: load,
		Current: func() *Config { return s.current.Load().cfg }, Apply: s.apply,
	}); err != nil {
		return err
	}
	return s.Serve(c.Context(), cfg, daemon.Parts[Config]{
		Open: s.open, Doors: func() []*daemon.Server { return []*daemon.Server{s.web} }, Checks: s.checks, Administer: s.administer,
		Banner: func(context.Context) error { return s.banner(c.OutOrStdout()) },
		Work:   s.work, Close: s.close,
	})
}

// frame picks the settings of what is around the services.
func (c *Config) frame() daemon.Settings {
	return daemon.Settings{
		Metrics: c.Metrics.Listen, Admin: c.Admin, Certificate: c.TLS.Certificate, Key: c.TLS.Key,
		Tracing: c.Tracing, DrainDelay: c.DrainDelay, Drain: c.Drain, Pace: c.Limits.Pace(),
	}
}

func (s *service) open(ctx context.Context, cfg *Config) error {
	var err error
	if s.auth, err = auth.NewMetrics(s.Registry); err != nil {
		return err
	}
	if err := s.Registry.Register(newEngineCollector(s.engines)); err != nil {
		return err
	}
	if err := s.openState(ctx, cfg); err != nil {
		return err
	}
	if s.web, err = daemon.Listen("listen", cfg.Listen, http.HandlerFunc(s.serveHTTP)); err != nil {
		return err
	}
	s.web.TLS = s.TLS
	return nil
}

func (s *service) openState(ctx context.Context, cfg *Config) error {
	b, err := openBackend(ctx, cfg, instruments{logs: s.logs, registry: s.Registry, tracer: s.Tracer(), tls: s.TLS})
	if err != nil {
		return err
	}
	next := &current{cfg: cfg, backend: b}
	s.current.Store(next) // to be closed, whatever comes
	if b.emulator == nil {
		if err := b.settleEngines(ctx, cfg); err != nil {
			return err
		}
	}
	if next.gate, err = cfg.gate(b, s.authLogger, s.decided); err != nil {
		return err
	}
	s.auth.Follow(next.gate)
	if next.handler, err = adapter.New(s.adapterConfig(cfg, b, next.gate)); err != nil {
		return err
	}
	s.pages, err = s.openPages(cfg, b)
	return err
}

func (s *service) adapterConfig(cfg *Config, b *backend, gate *auth.Gate) adapter.Config {
	return adapter.Config{
		Submitter: b.submitter, Engines: b.engines(), Gate: gate, ClosedPages: cfg.CloseWSDL, Prefix: cfg.Prefix,
		Limits: cfg.Limits.XML(), BaseDN: b.domain, ResellerOU: b.base, ConfineTexts: b.emulator == nil, DomainControllers: b.controllers,
		EventSink: cfg.EventSink, Timeout: b.callTimeout(cfg), TrustedProxies: cfg.TrustedProxies,
		Logger: s.logs.Logger(partGateway), Slow: cfg.Log.Slow, Registerer: s.Registry, Tracer: s.Tracer(),
	}
}

// work runs the embedded engine's queue, or probes the engines, until ctx ends.
func (s *service) work(ctx context.Context) error {
	if emulator := s.current.Load().backend.emulator; emulator != nil {
		return emulator.Run(ctx)
	}
	for {
		now := s.current.Load()
		timer := time.NewTimer(now.cfg.MPF.Probe)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		bounded, cancel := context.WithTimeout(ctx, now.cfg.MPF.Probe)
		_ = now.backend.balancer.Check(bounded) // kept with the engines, and logged when it changes
		cancel()
	}
}

func (s *service) close() {
	if current := s.current.Load(); current != nil {
		if err := current.backend.close(); err != nil {
			s.logger.Error("closing the backend", "error", err)
		}
	}
	if s.web != nil {
		_ = s.web.Listener.Close() // again, after serving
	}
}

func (s *service) serveHTTP(w http.ResponseWriter, r *http.Request) {
	if s.pages != nil && s.pages.Serves(r) {
		s.pages.ServeHTTP(w, r)
		return
	}
	s.current.Load().handler.ServeHTTP(w, r)
}
