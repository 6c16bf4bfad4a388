package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"wsexchange/adapter"
	"wsexchange/adapter/auth"
	"wsexchange/internal/daemon"
	"wsexchange/internal/tlsreload"
	"wsexchange/internal/tracing"
)

// service is everything that serve runs.
type service struct {
	logs     *daemon.Logs
	logger   *slog.Logger
	registry *prometheus.Registry
	health   *daemon.Health
	servers  *daemon.Servers
	web      *daemon.Server
	metrics  *daemon.Server // or nil
	admin    *daemon.Server // or nil
	tls      *tlsreload.Certificates
	auth     *auth.Metrics
	reloader *daemon.Reloader[Config]
	tracing  *tracing.Tracing

	authLogger *slog.Logger

	current atomic.Pointer[state]
}

// state is what a reload replaces. Calls under way go on with the one that they
// began with.
type state struct {
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
	s := &service{
		logs: logs, logger: logs.Logger(partDaemon), authLogger: logs.Logger(partAuth), registry: daemon.NewRegistry("wsexchange"),
	}
	hangups, stop := daemon.Hangups()
	defer stop()
	if s.reloader, err = daemon.NewReloader(daemon.ReloaderConfig[Config]{
		Load: load, Current: func() *Config { return s.current.Load().cfg }, Apply: s.apply,
		Logger: s.logger, Registerer: s.registry, Prefix: "wsexchange",
	}); err != nil {
		return err
	}
	s.health, s.servers = daemon.NewStartingHealth(s.registry), daemon.NewServers(s.logger)
	// What calls need ends after the last call, not with the signal.
	running, cancel := context.WithCancel(context.WithoutCancel(c.Context()))
	defer cancel()
	defer s.close(running)
	if err := s.open(running, cfg); err != nil {
		return errors.Join(err, s.servers.Stop(running, cfg.Drain))
	}
	s.start()
	worker := make(chan error, 1)
	go func() { worker <- s.current.Load().backend.run(running) }()
	err = s.banner(c.OutOrStdout())
	if err == nil {
		go s.reloader.Follow(c.Context(), hangups)
		err = s.servers.Wait(c.Context())
	}
	last := s.current.Load().cfg
	err = errors.Join(err, s.servers.Leave(c.Context(), s.health, last.DrainDelay, last.Drain))
	cancel()
	<-worker
	return err
}

// open prepares everything. Metrics and health are served at once, so that
// somebody who waits can ask.
func (s *service) open(ctx context.Context, cfg *Config) error {
	var err error
	if cfg.Metrics.Listen != "" {
		if s.metrics, err = daemon.Listen("metrics", cfg.Metrics.Listen, s.health); err != nil {
			return err
		}
		s.servers.Start(s.metrics)
	}
	if s.tracing, err = tracing.Open(tracing.Config{
		Settings: cfg.Tracing, Program: "wsexchange", Logger: s.logger, Registerer: s.registry,
	}); err != nil {
		return err
	}
	if s.auth, err = auth.NewMetrics(s.registry); err != nil {
		return err
	}
	if err := s.registry.Register(newEngineCollector(s.engines)); err != nil {
		return err
	}
	if err := s.openState(ctx, cfg); err != nil {
		return err
	}
	if s.web, err = daemon.Listen("web services", cfg.Listen, http.HandlerFunc(s.serveHTTP)); err != nil {
		return err
	}
	if err := s.openTLS(cfg); err != nil {
		return err
	}
	return s.openAdmin(cfg)
}

func (s *service) openState(ctx context.Context, cfg *Config) error {
	b, err := openBackend(ctx, cfg, instruments{logs: s.logs, registry: s.registry, tracer: s.tracing.Tracer()})
	if err != nil {
		return err
	}
	next := &state{cfg: cfg, backend: b}
	s.current.Store(next) // to be closed, whatever comes
	if next.gate, err = cfg.gate(b, s.authLogger, s.decided); err != nil {
		return err
	}
	s.auth.Follow(next.gate)
	next.handler, err = adapter.New(s.adapterConfig(cfg, b, next.gate))
	return err
}

func (s *service) adapterConfig(cfg *Config, b *backend, gate *auth.Gate) adapter.Config {
	return adapter.Config{
		Submitter: b.submitter, Engines: b.engines(), Gate: gate, ClosedPages: cfg.CloseWSDL, Prefix: cfg.Prefix,
		Limits: cfg.Limits.XML(), BaseDN: b.domain, ResellerOU: b.base, DomainControllers: b.controllers,
		EventSink: cfg.EventSink, Timeout: b.callTimeout(cfg), TrustedProxies: cfg.TrustedProxies,
		Logger: s.logs.Logger(partGateway), Slow: cfg.Log.Slow, Registerer: s.registry, Tracer: s.tracing.Tracer(),
	}
}

func (s *service) openTLS(cfg *Config) error {
	var err error
	if s.tls, s.web.TLS, err = daemon.OpenTLS(cfg.TLS.Certificate, cfg.TLS.Key, s.logger); err != nil || s.tls == nil {
		return err
	}
	return s.registry.Register(daemon.NewCertificateGauge("wsexchange", s.tls.Expiry))
}

// start takes calls, and says so.
func (s *service) start() {
	if s.admin != nil {
		s.servers.Start(s.admin)
	}
	s.servers.Start(s.web)
	s.health.Started(s.checks()...)
}

func (s *service) close(ctx context.Context) {
	if current := s.current.Load(); current != nil {
		if err := current.backend.close(); err != nil {
			s.logger.Error("closing the backend", "error", err)
		}
	}
	for _, server := range []*daemon.Server{s.web, s.admin, s.metrics} {
		if server != nil {
			_ = server.Listener.Close() // again, after serving
		}
	}
	if s.tls != nil {
		_ = s.tls.Close()
	}
	if s.tracing != nil {
		if err := s.tracing.Close(context.WithoutCancel(ctx)); err != nil {
			s.logger.Warn("closing the tracing", "error", err)
		}
	}
}

func (s *service) serveHTTP(w http.ResponseWriter, r *http.Request) {
	s.current.Load().handler.ServeHTTP(w, r)
}
