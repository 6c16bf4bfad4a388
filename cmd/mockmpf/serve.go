package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"wsexchange/internal/daemon"
	"wsexchange/internal/tlsreload"
	"wsexchange/mock"
	"wsexchange/mock/engine"
	"wsexchange/mock/ldap"
)

// service is everything that serve runs.
type service struct {
	cfg      *Config
	logger   *slog.Logger
	registry *prometheus.Registry
	emulator *mock.Emulator
	secure   *ldap.Server // ldaps, or nil
	door     *daemon.Server
	metrics  *daemon.Server // or nil
	control  *daemon.Server // or nil
	health   *daemon.Health
	files    *tlsreload.Certificates // or nil
	tls      *tls.Config             // or nil
}

func serve(c *cobra.Command, cfg *Config) error {
	logger, err := daemon.NewLogger(c.ErrOrStderr(), cfg.Log.Level, cfg.Log.Format)
	if err != nil {
		return err
	}
	s := &service{cfg: cfg, logger: logger, registry: daemon.NewRegistry("mockmpf")}
	// The directory answers until the last request is done, so it does not
	// end with the signal.
	running, cancel := context.WithCancel(context.WithoutCancel(c.Context()))
	defer cancel()
	defer s.close()
	if err := s.open(running); err != nil {
		return err
	}
	if err := s.banner(running, c.OutOrStdout()); err != nil {
		return err
	}
	return s.run(c.Context(), running, cancel)
}

// run serves until stop ends, then lets requests finish, then stops the worker
// of the queue.
func (s *service) run(stop, running context.Context, cancel context.CancelFunc) error {
	worker := make(chan error, 1)
	go func() { worker <- s.emulator.Run(running) }()
	end := context.AfterFunc(stop, s.health.Drain) // said before the door stops taking requests
	defer end()
	servers := []*daemon.Server{s.door}
	for _, beside := range []*daemon.Server{s.metrics, s.control} {
		if beside != nil {
			servers = append(servers, beside)
		}
	}
	err := daemon.Serve(stop, s.cfg.Drain, s.logger, servers...)
	cancel()
	<-worker
	return err
}

func (s *service) open(ctx context.Context) error {
	if err := s.openTLS(); err != nil {
		return err
	}
	if err := s.openEmulator(ctx); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle(s.cfg.Path, s.emulator.Handler(s.cfg.Limits.xml()))
	var err error
	if s.door, err = daemon.Listen("SOAP door", s.cfg.Listen, mux); err != nil {
		return err
	}
	s.door.TLS = s.tls
	s.health = daemon.NewHealth(s.registry, s.checks()...)
	if s.cfg.Metrics.Listen != "" {
		if s.metrics, err = daemon.Listen("metrics", s.cfg.Metrics.Listen, s.health); err != nil {
			return err
		}
	}
	return s.openControl()
}

func (s *service) openTLS() error {
	if s.cfg.TLS.Certificate == "" {
		return nil
	}
	var err error
	if s.files, err = tlsreload.New(s.cfg.TLS.Certificate, s.cfg.TLS.Key); err != nil {
		return err
	}
	s.files.OnReload(func(err error) {
		if err != nil {
			s.logger.Error("the certificate from before stays", "error", err)
			return
		}
		s.logger.Info("new certificate", "file", s.cfg.TLS.Certificate)
	})
	s.tls = &tls.Config{GetCertificate: s.files.GetCertificate, MinVersion: tls.VersionTLS12}
	return nil
}

func (s *service) openEmulator(ctx context.Context) error {
	directory := ldap.Config{TLS: s.tls, SizeLimit: s.cfg.LDAP.SizeLimit, Timeout: s.cfg.LDAP.Timeout, Controller: s.cfg.LDAP.Controller}
	var err error
	s.emulator, err = mock.Open(ctx, mock.Config{
		Database: s.cfg.Database, SeedFile: s.cfg.Seed, LDAPListen: s.cfg.LDAP.Listen, LDAP: directory,
		Audit: engine.AuditLevel(s.cfg.AuditLevel), Logger: s.logger, Registerer: s.registry, Testing: s.cfg.Control.testing(),
	})
	switch {
	case err != nil && s.cfg.Database != "":
		return fmt.Errorf("emulator with database %s: %w", s.cfg.Database, err)
	case err != nil:
		return fmt.Errorf("emulator: %w", err)
	}
	if s.cfg.LDAP.Secure == "" {
		return nil
	}
	directory.Implicit, directory.Store, directory.Logger = true, s.emulator.Store, s.logger
	s.secure, err = ldap.Listen(ctx, s.cfg.LDAP.Secure, directory)
	return err
}

func (s *service) checks() []daemon.Check {
	checks := []daemon.Check{{Name: "database", Run: func(ctx context.Context) error {
		_, err := s.emulator.Domain(ctx)
		return err
	}}}
	if s.emulator.LDAP != nil {
		checks = append(checks, daemon.Check{Name: "ldap", Run: s.emulator.LDAP.Check})
	}
	if s.secure != nil {
		checks = append(checks, daemon.Check{Name: "ldaps", Run: s.secure.Check})
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
	for _, server := range []*daemon.Server{s.door, s.metrics, s.control} {
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
}

// dialable turns the address of a listener into one that this machine can
// call.
func dialable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
