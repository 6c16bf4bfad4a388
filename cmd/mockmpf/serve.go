package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"wsexchange/internal/config"
	"wsexchange/internal/daemon"
	"wsexchange/internal/tlsreload"
	"wsexchange/internal/tracing"
	"wsexchange/mock"
	"wsexchange/mock/engine"
	"wsexchange/mock/ldap"
	"wsexchange/mock/operator"
)

// service is everything that serve runs.
type service struct {
	logs     *daemon.Logs
	logger   *slog.Logger
	registry *prometheus.Registry
	health   *daemon.Health
	servers  *daemon.Servers
	reloader *daemon.Reloader[Config]
	emulator *mock.Emulator
	secure   *ldap.Server // ldaps, or nil
	door     *daemon.Server
	metrics  *daemon.Server          // or nil
	admin    *daemon.Server          // or nil
	control  *daemon.Server          // or nil
	files    *tlsreload.Certificates // or nil
	tls      *tls.Config             // or nil
	tracing  *tracing.Tracing

	current atomic.Pointer[state]
}

// state is what a reload replaces. Requests under way go on with the one that
// they began with.
type state struct {
	cfg  *Config
	door http.Handler
}

func serve(c *cobra.Command, cfg *Config, load func() (*Config, error)) error {
	logs, err := cfg.logs(c.ErrOrStderr())
	if err != nil {
		return err
	}
	s := &service{logs: logs, logger: logs.Logger(partDaemon), registry: daemon.NewRegistry("mockmpf")}
	s.current.Store(&state{cfg: cfg})
	hangups, stop := daemon.Hangups()
	defer stop()
	if s.reloader, err = daemon.NewReloader(daemon.ReloaderConfig[Config]{
		Load: load, Current: func() *Config { return s.current.Load().cfg }, Apply: s.apply,
		Logger: s.logger, Registerer: s.registry, Prefix: "mockmpf",
	}); err != nil {
		return err
	}
	s.health, s.servers = daemon.NewStartingHealth(s.registry), daemon.NewServers(s.logger)
	// The directory answers until the last request is done, so it does not
	// end with the signal.
	running, cancel := context.WithCancel(context.WithoutCancel(c.Context()))
	defer cancel()
	defer s.close(running)
	if err := s.open(running, cfg); err != nil {
		return errors.Join(err, s.servers.Stop(running, cfg.Drain))
	}
	s.start()
	worker := make(chan error, 1)
	go func() { worker <- s.emulator.Run(running) }()
	if err = s.banner(running, c.OutOrStdout()); err == nil {
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
// somebody who waits for a large database can ask.
func (s *service) open(ctx context.Context, cfg *Config) error {
	var err error
	if cfg.Metrics.Listen != "" {
		if s.metrics, err = daemon.Listen("metrics", cfg.Metrics.Listen, s.health); err != nil {
			return err
		}
		s.servers.Start(s.metrics)
	}
	if s.tracing, err = tracing.Open(tracing.Config{
		Settings: cfg.Tracing, Program: "mockmpf", Logger: s.logger, Registerer: s.registry,
	}); err != nil {
		return err
	}
	if s.files, s.tls, err = daemon.OpenTLS(cfg.TLS.Certificate, cfg.TLS.Key, s.logger); err != nil {
		return err
	}
	if s.files != nil {
		if err := s.registry.Register(daemon.NewCertificateGauge("mockmpf", s.files.Expiry)); err != nil {
			return err
		}
	}
	if err := s.openEmulator(ctx, cfg); err != nil {
		return err
	}
	s.current.Store(s.state(cfg))
	door := func(w http.ResponseWriter, r *http.Request) { s.current.Load().door.ServeHTTP(w, r) }
	if s.door, err = daemon.Listen("SOAP door", cfg.Listen, http.HandlerFunc(door)); err != nil {
		return err
	}
	s.door.TLS = s.tls
	if err := s.openControl(cfg); err != nil {
		return err
	}
	return s.openAdmin(cfg)
}

// state makes what the configuration asks for.
func (s *service) state(cfg *Config) *state {
	mux := http.NewServeMux()
	mux.Handle(cfg.Path, s.emulator.Handler(cfg.Limits.XML()))
	return &state{cfg: cfg, door: mux}
}

// apply changes the running emulator to a configuration, all or nothing.
func (s *service) apply(cfg *Config, _ []config.Change) error {
	if s.files != nil {
		if err := s.files.Reload(); err != nil {
			return err
		}
	}
	if err := s.logs.Set(cfg.Log.Level, cfg.Log.Levels); err != nil {
		return err
	}
	s.current.Store(s.state(cfg))
	return nil
}

// openAdmin prepares the listener of administrators, if one is wanted.
func (s *service) openAdmin(cfg *Config) error {
	if cfg.Admin.Listen == "" {
		return nil
	}
	admin, err := daemon.NewAdmin(daemon.AdminConfig{
		Token: cfg.Admin.Token, Health: s.health, Logs: s.logs, Reload: s.reloader.Reload,
		Configuration: func() []config.Setting { return config.Redacted(s.current.Load().cfg) },
	})
	if err != nil {
		return err
	}
	operator.HandleQueue(admin, s.emulator.Engine, s.logger)
	s.admin, err = admin.Listen(cfg.Admin.Listen, s.logger)
	return err
}

// start takes requests, and says so.
func (s *service) start() {
	for _, server := range []*daemon.Server{s.admin, s.control, s.door} {
		if server != nil {
			s.servers.Start(server)
		}
	}
	s.health.Started(s.checks()...)
}

func (s *service) openEmulator(ctx context.Context, cfg *Config) error {
	directory := ldap.Config{
		TLS: s.tls, SizeLimit: cfg.LDAP.SizeLimit, Timeout: cfg.LDAP.Timeout, Controller: cfg.LDAP.Controller, Logger: s.logs.Logger(partLDAP),
	}
	doors, err := cfg.LDAP.doors()
	if err != nil {
		return err
	}
	s.emulator, err = mock.Open(ctx, mock.Config{
		Database: cfg.Database, SeedFile: cfg.Seed, LDAPListen: cfg.LDAP.Listen, LDAP: directory, Controllers: doors,
		Replication: engine.Replication{Delay: cfg.Replication.Delay},
		Audit:       engine.AuditLevel(cfg.AuditLevel), PerfEnabled: cfg.PerfEnabled, Logger: s.logs.Logger(partEngine), Registerer: s.registry, Testing: cfg.Control.testing(),
		Tracer: s.tracing.Tracer(),
	})
	switch {
	case err != nil && cfg.Database != "":
		return fmt.Errorf("emulator with database %s: %w", cfg.Database, err)
	case err != nil:
		return fmt.Errorf("emulator: %w", err)
	}
	if cfg.LDAP.Secure == "" {
		return nil
	}
	directory.Implicit = true
	s.secure, err = ldap.Listen(ctx, cfg.LDAP.Secure, s.emulator.Door(directory))
	return err
}

// checks are what must be well for the emulator to be ready: a directory with
// its content, and doors that take connections.
func (s *service) checks() []daemon.Check {
	checks := []daemon.Check{daemon.CheckListener("listener", s.door.Listener), {Name: "database", Run: func(ctx context.Context) error {
		_, err := s.emulator.Domain(ctx)
		return err
	}}}
	if s.emulator.LDAP != nil {
		checks = append(checks, daemon.Check{Name: "ldap", Run: s.emulator.LDAP.Check})
	}
	if s.secure != nil {
		checks = append(checks, daemon.Check{Name: "ldaps", Run: s.secure.Check})
	}
	for name, door := range s.emulator.Controllers {
		checks = append(checks, daemon.Check{Name: "ldap of " + name, Run: door.Check})
	}
	return checks
}

// close ends what open began, however far it came.
func (s *service) close(ctx context.Context) {
	report := func(what string, err error) {
		if err != nil {
			s.logger.Error("closing the "+what, "error", err)
		}
	}
	for _, server := range []*daemon.Server{s.door, s.control, s.admin, s.metrics} {
		if server != nil {
			_ = server.Listener.Close() // again, after serving
		}
	}
	if s.secure != nil {
		report("ldaps door", s.secure.Close())
	}
	if s.emulator != nil {
		report("emulator", s.emulator.Close())
	}
	if s.files != nil {
		report("certificate", s.files.Close())
	}
	if s.tracing != nil {
		report("tracing", s.tracing.Close(context.WithoutCancel(ctx)))
	}
}
