package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/spf13/cobra"

	"wsexchange/internal/config"
	"wsexchange/internal/daemon"
	"wsexchange/internal/front"
	"wsexchange/internal/secret"
	"wsexchange/internal/throttle"
	"wsexchange/mock"
	"wsexchange/mock/engine"
	"wsexchange/mock/ldap"
	"wsexchange/mock/operator"
	"wsexchange/mock/web"
	"wsexchange/mock/web/page"
)

// service is everything that serve runs.
type service struct {
	*daemon.Frame[Config]

	logs     *daemon.Logs
	logger   *slog.Logger
	emulator *mock.Emulator
	endpoint *daemon.Server
	control  *daemon.Server // or nil
	pages    *web.Handler   // or nil

	current atomic.Pointer[current]
}

// current is what a reload replaces. Requests under way go on with the one that
// they began with.
type current struct {
	cfg      *Config
	endpoint http.Handler
}

func serve(c *cobra.Command, cfg *Config, load func() (*Config, error)) error {
	logs, err := cfg.logs(c.ErrOrStderr())
	if err != nil {
		return err
	}
	s := &service{logs: logs, logger: logs.Logger(partDaemon)}
	s.current.Store(&current{cfg: cfg})
	if s.Frame, err = daemon.NewFrame(daemon.FrameConfig[Config]{
		Name: "mockmpf", Logs: logs, Logger: s.logger, Settings: (*Config).frame, Load: load,
		Current: func() *Config { return s.current.Load().cfg }, Apply: s.apply,
	}); err != nil {
		return err
	}
	return s.Serve(c.Context(), cfg, daemon.Parts[Config]{
		Open: s.open, Doors: func() []*daemon.Server { return []*daemon.Server{s.control, s.endpoint} }, Checks: s.checks,
		Administer: s.administer,
		Banner:     func(ctx context.Context) error { return s.banner(ctx, c.OutOrStdout()) },
		Work:       func(ctx context.Context) error { return s.emulator.Run(ctx) }, Close: s.close,
	})
}

// administer gives administrators the queue and the audit log.
func (s *service) administer(admin *daemon.Admin) {
	operator.HandleQueue(admin, s.emulator.Engine, s.logger)
	operator.HandleAudit(admin, s.emulator.Store)
}

// frame picks the settings of what is around the emulator.
func (c *Config) frame() daemon.Settings {
	return daemon.Settings{
		Metrics: c.Metrics.Listen, Admin: c.Admin, Certificate: c.TLS.Certificate, Key: c.TLS.Key,
		Tracing: c.Tracing, DrainDelay: c.DrainDelay, Drain: c.Drain, Pace: c.Limits.Pace(),
	}
}

func (s *service) open(ctx context.Context, cfg *Config) error {
	if err := s.openEmulator(ctx, cfg); err != nil {
		return err
	}
	var err error
	if s.pages, err = s.openPages(cfg); err != nil {
		return err
	}
	s.current.Store(s.state(cfg))
	endpoint := func(w http.ResponseWriter, r *http.Request) { s.current.Load().endpoint.ServeHTTP(w, r) }
	if s.endpoint, err = daemon.Listen("listen", cfg.Listen, http.HandlerFunc(endpoint)); err != nil {
		return err
	}
	s.endpoint.TLS = s.TLS
	return s.openControl(cfg)
}

// state makes what the configuration asks for.
func (s *service) state(cfg *Config) *current {
	mux := http.NewServeMux()
	mux.Handle(front.Path(cfg.Path), s.emulator.Handler(cfg.Limits.XML()))
	endpoint := front.Paths(mux)
	if s.pages != nil {
		endpoint = s.pages.Beside(endpoint)
	}
	return &current{cfg: cfg, endpoint: endpoint}
}

// openPages makes the pages for people, nil if they are switched off.
func (s *service) openPages(cfg *Config) (*web.Handler, error) {
	if !cfg.Pages.Enabled {
		return nil, nil
	}
	return web.New(web.Config{
		Settings: cfg.Pages, Emulator: s.emulator, Admit: s.emulator.Admit, Unlock: cfg.unlock(),
		Addresses: []page.Link{{Text: "SOAP endpoint of the engine", URL: cfg.Path}}, Secure: cfg.TLS.Certificate != "", Logger: s.logs.Logger(partPages),
	})
}

// unlock returns the tokens of the listeners that can change the emulator.
func (c *Config) unlock() []secret.String {
	var tokens []secret.String
	if c.Control.Listen != "" {
		tokens = append(tokens, c.Control.Token)
	}
	if c.Admin.Listen != "" {
		tokens = append(tokens, c.Admin.Token)
	}
	return tokens
}

// apply changes the running emulator to a configuration, all or nothing.
func (s *service) apply(cfg *Config, _ []config.Change) error {
	if err := s.logs.Set(cfg.Log.Level, cfg.Log.Levels); err != nil {
		return err
	}
	s.current.Store(s.state(cfg))
	return nil
}

func (s *service) openEmulator(ctx context.Context, cfg *Config) error {
	directory := cfg.LDAP.Config(ldap.Config{TLS: s.TLS, Controller: cfg.LDAP.Controller, Logger: s.logs.Logger(partLDAP)})
	further, err := cfg.LDAP.further()
	if err != nil {
		return err
	}
	policies, err := engine.ParsePolicies(cfg.Policies)
	if err != nil {
		return fmt.Errorf("policies: %w", err)
	}
	s.emulator, err = mock.Open(ctx, mock.Config{
		Database: cfg.Database, Name: cfg.Engine, SeedFile: cfg.Seed, LDAPListen: cfg.LDAP.Listen, LDAP: directory, Controllers: further,
		LDAPSecure: cfg.LDAP.Secure, Catalog: cfg.LDAP.Catalog, CatalogSecure: cfg.LDAP.CatalogTLS, Throttle: throttle.New(cfg.Auth.Config(), nil),
		Replication: engine.Replication{Delay: cfg.Replication.Delay},
		Audit:       engine.AuditLevel(cfg.AuditLevel), KeepAudit: mock.Kept(cfg.AuditKeep), KeepHistory: mock.Kept(cfg.HistoryKeep), ErrorMapFile: cfg.ErrorMap,
		Policies: policies, KeepDeleted: mock.Kept(cfg.DeletedKeep),
		PerfEnabled: cfg.PerfEnabled, Logger: s.logs.Logger(partEngine), Registerer: s.Registry, Testing: cfg.Control.testing(),
		Tracer: s.Tracer(),
	})
	err = daemon.NamedListenError(err, cfg.LDAP.addresses())
	if err != nil {
		return fmt.Errorf("emulator: %w", err)
	}
	return nil
}

// checks are what must be well for the emulator to be ready: a database that
// can be written, with its content, and listeners that take connections.
func (s *service) checks() []daemon.Check {
	checks := []daemon.Check{daemon.CheckListener("listener", s.endpoint.Listener), {Name: "database", Run: s.emulator.Ready}}
	for _, listener := range s.emulator.Listeners() {
		checks = append(checks, daemon.Check{Name: listener.Name, Run: listener.Check})
	}
	return checks
}

// close ends what open began, however far it came.
func (s *service) close() {
	report := func(what string, err error) {
		if err != nil {
			s.logger.Error("closing the "+what, "error", err)
		}
	}
	for _, server := range []*daemon.Server{s.endpoint, s.control} {
		if server != nil {
			_ = server.Listener.Close() // again, after serving
		}
	}
	if s.emulator != nil {
		report("emulator", s.emulator.Close())
	}
}
