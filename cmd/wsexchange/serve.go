package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"wsexchange/adapter"
	"wsexchange/adapter/auth"
	"wsexchange/internal/daemon"
	"wsexchange/internal/tlsreload"
	"wsexchange/internal/xmldoc"
)

// service is everything that serve runs.
type service struct {
	load     func() (*Config, error) // reads the configuration anew
	logs     *daemon.Logs
	logger   *slog.Logger
	registry *prometheus.Registry
	hangup   chan os.Signal
	health   *daemon.Health
	servers  *daemon.Servers
	web      *daemon.Server
	metrics  *daemon.Server // or nil
	admin    *daemon.Server // or nil
	tls      *tlsreload.Certificates
	auth     *auth.Metrics
	reloads  *reloadMetrics

	authLogger *slog.Logger

	reloading sync.Mutex
	current   atomic.Pointer[state]
}

// state is what a reload replaces. Calls under way go on with the one that they
// began with.
type state struct {
	cfg     *Config
	backend *backend
	gate    *auth.Gate // nil lets everybody in
	handler *adapter.Handler
}

const checkFlag = "config.check"

func (p *program) serveCommand() *cobra.Command {
	c := p.configured(&cobra.Command{Use: "serve", Short: "Run the gateway"}, func(c *cobra.Command, cfg *Config) error {
		if only, err := c.Flags().GetBool(checkFlag); err != nil || only {
			return errors.Join(err, checkConfiguration(c, cfg))
		}
		return serve(c, cfg, func() (*Config, error) { return p.loader.Load(c.Flags(), p.environ) })
	})
	c.Flags().Bool(checkFlag, false, "only tell whether the configuration and the files that it names are good")
	return c
}

func serve(c *cobra.Command, cfg *Config, load func() (*Config, error)) error {
	daemon.RelaxCollector()
	logs, err := cfg.logs(c.ErrOrStderr())
	if err != nil {
		return err
	}
	s := &service{
		load: load, logs: logs, logger: logs.Logger(partDaemon), authLogger: logs.Logger(partAuth),
		registry: daemon.NewRegistry("wsexchange"), hangup: make(chan os.Signal, 1),
	}
	signal.Notify(s.hangup, syscall.SIGHUP) // early: without it the signal ends the program
	defer signal.Stop(s.hangup)
	s.health, s.servers = daemon.NewStartingHealth(s.registry), daemon.NewServers(s.logger)
	// What calls need ends after the last call, not with the signal.
	running, cancel := context.WithCancel(context.WithoutCancel(c.Context()))
	defer cancel()
	defer s.close()
	if err := s.open(running, cfg); err != nil {
		return errors.Join(err, s.servers.Stop(running, cfg.Drain))
	}
	s.start()
	worker := make(chan error, 1)
	go func() { worker <- s.current.Load().backend.run(running) }()
	err = s.banner(c.OutOrStdout())
	if err == nil {
		err = s.wait(c.Context())
	}
	err = errors.Join(err, s.stop(c.Context()))
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
	if s.auth, err = auth.NewMetrics(s.registry); err != nil {
		return err
	}
	if s.reloads, err = newReloadMetrics(s.registry); err != nil {
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
	b, err := openBackend(ctx, cfg, s.logs, s.registry)
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
		Submitter: b.submitter, Gate: gate, ClosedPages: cfg.CloseWSDL, Prefix: cfg.Prefix,
		Limits: cfg.Limits.xml(), BaseDN: b.domain, ResellerOU: b.base, DomainControllers: b.controllers,
		EventSink: cfg.EventSink, Timeout: cfg.MPF.Timeout, TrustedProxies: cfg.TrustedProxies,
		Logger: s.logs.Logger(partGateway), Slow: cfg.Log.Slow, Registerer: s.registry,
	}
}

func (s *service) openTLS(cfg *Config) error {
	if cfg.TLS.Certificate == "" {
		return nil
	}
	var err error
	if s.tls, err = tlsreload.New(cfg.TLS.Certificate, cfg.TLS.Key); err != nil {
		return err
	}
	s.tls.OnReload(func(err error) {
		if err != nil {
			s.logger.Error("the certificate from before stays", "error", err)
			return
		}
		s.logger.Info("new certificate", "file", cfg.TLS.Certificate, "expires", s.tls.Expiry())
	})
	s.web.TLS = &tls.Config{GetCertificate: s.tls.GetCertificate, MinVersion: tls.VersionTLS12}
	return s.registry.Register(newCertificateGauge(s.tls.Expiry))
}

// start takes calls, and says so.
func (s *service) start() {
	if s.admin != nil {
		s.servers.Start(s.admin)
	}
	s.servers.Start(s.web)
	s.health.Started(s.checks()...)
}

// wait reloads the configuration at every SIGHUP until ctx ends.
func (s *service) wait(ctx context.Context) error {
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-s.hangup:
				_, _ = s.reload() // which logs
			}
		}
	}()
	return s.servers.Wait(ctx)
}

// stop says that the program is not ready, waits until those who ask have
// noticed, and stops the listeners: the web services first, metrics last.
func (s *service) stop(ctx context.Context) error {
	cfg := s.current.Load().cfg
	s.health.Drain()
	s.logger.Info("stopping", "delay", cfg.DrainDelay, "drain", cfg.Drain)
	delay := time.NewTimer(cfg.DrainDelay)
	defer delay.Stop()
	<-delay.C
	return s.servers.Stop(ctx, cfg.Drain)
}

func (s *service) close() {
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
}

func (s *service) serveHTTP(w http.ResponseWriter, r *http.Request) {
	s.current.Load().handler.ServeHTTP(w, r)
}

func (l Limits) xml() xmldoc.Limits {
	return xmldoc.Limits{
		Bytes: int64(l.Body), Depth: l.Depth, Elements: l.Elements, Attributes: l.Attributes,
		Name: int(l.Name), Value: int(l.Value), Text: int64(l.Text),
	}
}
