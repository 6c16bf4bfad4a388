package daemon

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"wsexchange/internal/config"
	"wsexchange/internal/tlsreload"
	"wsexchange/internal/tracing"
)

// Settings are those that a Frame needs of a program's configuration.
type Settings struct {
	Metrics           string // address of metrics and health, "" for none
	Admin             AdminSettings
	Certificate, Key  string // files of the doors' certificate, "" for none
	Tracing           tracing.Settings
	DrainDelay, Drain time.Duration
	Pace              Pace // of the doors and of the listener of administrators
}

// FrameConfig is what a Frame needs; all of it.
type FrameConfig[C any] struct {
	// Name is that of the program. It begins the names of metrics.
	Name string
	Logs *Logs
	// Logger is for the program's life: starts, stops, reloads.
	Logger *slog.Logger
	// Settings picks a Frame's settings out of a configuration.
	Settings func(*C) Settings
	// Load reads the configuration anew, Current gives the one that runs.
	Load    func() (*C, error)
	Current func() *C
	// Apply changes the running program to next. After an error nothing has
	// changed.
	Apply func(next *C, changed []config.Change) error
}

// Frame is what is around a service: metrics and health, administrators, the
// certificate, tracing and reload.
type Frame[C any] struct {
	Registry *prometheus.Registry
	Health   *Health
	// TLS is nil without a certificate.
	TLS *tls.Config

	config   FrameConfig[C]
	servers  *Servers
	reloader *Reloader[C]
	metrics  *Server // or nil
	admin    *Server // or nil
	systemd  supervisor
	files    *tlsreload.Certificates
	tracing  *tracing.Tracing
}

// Parts are what a Frame is around.
type Parts[C any] struct {
	// Open prepares everything, with a context that ends after the last call.
	Open func(context.Context, *C) error
	// Doors are the listeners, once they are open, in the order in which they
	// start; they stop the other way round. Nil ones are passed over. Checks are
	// what readiness asks, in addition to the certificate's being valid.
	Doors  func() []*Server
	Checks func() []Check
	// Administer adds routes to the listener of administrators, if there is one.
	Administer func(*Admin)
	// Banner tells who started the program that it is ready.
	Banner func(context.Context) error
	// Work runs beside the doors until its context ends, after the last call.
	Work func(context.Context) error
	// Close ends what Open began, however far it came.
	Close func()
}

// NewFrame makes a frame. Nothing is opened yet.
func NewFrame[C any](c FrameConfig[C]) (*Frame[C], error) {
	f := &Frame[C]{config: c, Registry: NewRegistry(c.Name), servers: NewServers(c.Logger), systemd: supervisor{c.Logger}}
	f.Health = NewHealth(f.Registry)
	var err error
	f.reloader, err = NewReloader(ReloaderConfig[C]{
		Load: c.Load, Current: c.Current, Apply: f.apply, Announce: f.systemd.reloading,
		Logger: c.Logger, Registerer: f.Registry, Prefix: c.Name,
	})
	return f, err
}

// apply reads the certificate again too.
func (f *Frame[C]) apply(next *C, changed []config.Change) error {
	if f.files != nil {
		if err := f.files.Reload(); err != nil {
			return err
		}
	}
	return f.config.Apply(next, changed)
}

// Tracer makes spans. It is nil while tracing is off.
func (f *Frame[C]) Tracer() trace.Tracer {
	if f.tracing == nil { // not open yet
		return nil
	}
	return f.tracing.Tracer()
}

// MetricsURL is where metrics are, "" if they are not served.
func (f *Frame[C]) MetricsURL() string { return f.metrics.url("/metrics") }

// AdminURL is where administrators find the readiness in detail, "" if that is
// not served.
func (f *Frame[C]) AdminURL() string { return f.admin.url("/-/ready") }

func (s *Server) url(path string) string {
	if s == nil {
		return ""
	}
	return "http://" + Dialable(s.Listener.Addr().String()) + path
}

// Serve runs a service until ctx ends, or until a listener fails. SIGHUP
// reloads the configuration meanwhile.
func (f *Frame[C]) Serve(ctx context.Context, cfg *C, p Parts[C]) error {
	hangups, stop := Hangups() // early: without it the signal ends the program
	defer stop()
	// What calls need ends after the last call, not with the signal.
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer f.close(running)
	defer p.Close()
	if err := f.open(running, cfg, p); err != nil {
		f.servers.Stop(running, f.config.Settings(cfg).Drain)
		return err
	}
	for _, server := range append([]*Server{f.admin}, p.Doors()...) {
		if server != nil {
			server.Pace = func() Pace { return f.config.Settings(f.config.Current()).Pace }
			f.servers.Start(server)
		}
	}
	f.Health.Started(append(p.Checks(), f.checks()...)...)
	worker := make(chan error, 1)
	go func() { worker <- p.Work(running) }()
	watched := make(chan struct{})
	go func() { f.systemd.watch(running, f.alive); close(watched) }()
	err := p.Banner(running)
	if err == nil {
		f.systemd.ready()
		go f.reloader.Follow(ctx, hangups)
		err = f.servers.Wait(ctx)
	}
	last := f.config.Settings(f.config.Current())
	f.systemd.stopping(last.DrainDelay + last.Drain)
	f.servers.Leave(ctx, f.Health, last.DrainDelay, last.Drain)
	cancel()
	<-worker
	<-watched
	return err
}

// checks are what readiness asks of the frame itself.
func (f *Frame[C]) checks() []Check {
	if f.files == nil {
		return nil
	}
	return []Check{{Name: "certificate", Run: func(context.Context) error { return f.files.Valid(time.Now()) }}}
}

// open serves metrics and health at once, so that somebody who waits for the
// rest can ask.
func (f *Frame[C]) open(ctx context.Context, cfg *C, p Parts[C]) error {
	settings := f.config.Settings(cfg)
	var err error
	if settings.Metrics != "" {
		if f.metrics, err = Listen("metrics.listen", settings.Metrics, f.Health); err != nil {
			return err
		}
		f.servers.Start(f.metrics)
	}
	if f.tracing, err = tracing.Open(tracing.Config{
		Settings: settings.Tracing, Program: f.config.Name, Logger: f.config.Logger, Registerer: f.Registry,
	}); err != nil {
		return err
	}
	if f.files, f.TLS, err = OpenTLS(settings.Certificate, settings.Key, f.config.Logger); err != nil {
		return err
	}
	if f.files != nil {
		if err := f.Registry.Register(NewCertificateGauge(f.config.Name, f.files.Expiry)); err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
	}
	if err := p.Open(ctx, cfg); err != nil {
		return err
	}
	return f.openAdmin(settings.Admin, p.Administer)
}

func (f *Frame[C]) openAdmin(settings AdminSettings, administer func(*Admin)) error {
	if settings.Listen == "" {
		return nil
	}
	admin, err := NewAdmin(AdminConfig{
		Token: settings.Token, Health: f.Health, Logs: f.config.Logs, Reload: f.reloader.Reload,
		Configuration: func() []config.Setting { return config.Redacted(f.config.Current()) },
	})
	if err != nil {
		return err
	}
	administer(admin)
	f.admin, err = admin.Listen(settings.Listen, f.config.Logger)
	return err
}

func (f *Frame[C]) close(ctx context.Context) {
	for _, server := range []*Server{f.admin, f.metrics} {
		if server != nil {
			_ = server.Listener.Close() // again, after serving
		}
	}
	if f.files != nil {
		_ = f.files.Close()
	}
	if f.tracing == nil {
		return
	}
	if err := f.tracing.Close(context.WithoutCancel(ctx)); err != nil {
		f.config.Logger.Warn("closing the tracing", "error", err)
	}
}
