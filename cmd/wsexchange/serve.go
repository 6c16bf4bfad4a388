package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"wsexchange/adapter"
	"wsexchange/internal/daemon"
	"wsexchange/internal/tlsreload"
	"wsexchange/internal/xmldoc"
)

// service is everything that serve runs.
type service struct {
	cfg      *Config
	logger   *slog.Logger
	registry *prometheus.Registry
	backend  *backend
	web      *daemon.Server
	metrics  *daemon.Server
	health   *daemon.Health
	tls      *tlsreload.Certificates
}

func serve(c *cobra.Command, cfg *Config) error {
	logger, err := daemon.NewLogger(c.ErrOrStderr(), cfg.Log.Level, cfg.Log.Format)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	s := &service{cfg: cfg, logger: logger, registry: daemon.NewRegistry("wsexchange")}
	defer s.close()
	if err := s.open(ctx); err != nil {
		return err
	}
	if err := s.banner(c.OutOrStdout()); err != nil {
		return err
	}
	worker := make(chan error, 1)
	go func() { worker <- s.backend.run(ctx) }()
	go func() { // health says so before the listener stops taking calls
		<-ctx.Done()
		s.health.Drain()
	}()
	servers := []*daemon.Server{s.web}
	if s.metrics != nil {
		servers = append(servers, s.metrics)
	}
	err = daemon.Serve(ctx, cfg.Drain, logger, servers...)
	cancel()
	<-worker
	return err
}

func (s *service) open(ctx context.Context) error {
	var err error
	if s.backend, err = openBackend(ctx, s.cfg, s.logger, s.registry); err != nil {
		return err
	}
	gate, err := s.cfg.gate(s.backend, s.logger)
	if err != nil {
		return err
	}
	handler, err := adapter.New(adapter.Config{
		Submitter: s.backend.submitter, Gate: gate, ClosedPages: s.cfg.CloseWSDL, Prefix: s.cfg.Prefix,
		Limits: s.cfg.Limits.xml(), BaseDN: s.backend.domain, ResellerOU: s.backend.base, DomainControllers: s.backend.controllers,
		EventSink: s.cfg.EventSink, Timeout: s.cfg.MPF.Timeout, TrustedProxies: s.cfg.TrustedProxies,
		Logger: s.logger, Registerer: s.registry,
	})
	if err != nil {
		return err
	}
	if s.web, err = daemon.Listen("web services", s.cfg.Listen, handler); err != nil {
		return err
	}
	if s.cfg.TLS.Certificate != "" {
		if s.tls, err = tlsreload.New(s.cfg.TLS.Certificate, s.cfg.TLS.Key); err != nil {
			return err
		}
		s.web.TLS = &tls.Config{GetCertificate: s.tls.GetCertificate, MinVersion: tls.VersionTLS12}
	}
	s.health = daemon.NewHealth(s.registry, s.backend.checks...)
	if s.cfg.Metrics.Listen != "" {
		s.metrics, err = daemon.Listen("metrics", s.cfg.Metrics.Listen, s.health)
	}
	return err
}

func (s *service) close() {
	if s.backend != nil {
		if err := s.backend.close(); err != nil {
			s.logger.Error("closing the backend", "error", err)
		}
	}
	if s.tls != nil {
		_ = s.tls.Close()
	}
}

// banner tells what to type into the panel, and a call that works as it is
// pasted.
func (s *service) banner(w io.Writer) error {
	address := s.url()
	demo := s.backend.demo
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%-27s %s\n", name+":", value) }
	fmt.Fprintf(&b, "For H-Sphere, E.Manager → MS Exchange:\n")
	line("URL", demo.url(address))
	line("Primary Domain Controller", strings.Join(s.backend.controllers, ", "))
	line("LDAP", s.backend.panelBase)
	if s.backend.ldapURL != "" {
		line("Directory", s.backend.ldapURL)
	}
	if s.metrics != nil {
		line("Metrics", "http://"+s.metrics.Listener.Addr().String()+"/metrics")
	}
	line("WSDL", address+"/HostedExchange.asmx?WSDL")
	if s.backend.sample != "" {
		fmt.Fprintf(&b, "First call:\n%s\n", demo.curl(address, s.backend))
	}
	b.WriteString("ready\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *service) url() string {
	scheme := "http"
	if s.web.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + dialable(s.web.Listener.Addr().String()) + "/" + strings.Trim(s.cfg.Prefix, "/")
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

func (l Limits) xml() xmldoc.Limits {
	return xmldoc.Limits{
		Bytes: int64(l.Body), Depth: l.Depth, Elements: l.Elements, Attributes: l.Attributes,
		Name: int(l.Name), Value: int(l.Value), Text: int64(l.Text),
	}
}

var _ http.Handler = (*adapter.Handler)(nil)
