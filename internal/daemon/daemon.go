package daemon

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"wsexchange/internal/version"
)

// NewRegistry makes a registry that knows the process, the Go runtime and the
// build. The prefix begins the name of the build's metric.
func NewRegistry(prefix string) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: prefix + "_build_info", Help: "Always 1; the labels tell the version of the program and of Go.",
		ConstLabels: prometheus.Labels{"version": version.String(), "goversion": runtime.Version()},
	})
	build.Set(1)
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), build)
	return registry
}

// Server is an HTTP server with the listener it serves.
type Server struct {
	Name     string
	Listener net.Listener
	Handler  http.Handler
	// TLS encrypts the connections, if it is not nil.
	TLS *tls.Config
	// Pace returns the least rate for the next request; nil is DefaultPace.
	Pace func() Pace
}

// Listen opens the listener of a server, which is called by the setting with its
// address.
func Listen(name, address string, handler http.Handler) (*Server, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &Server{Name: name, Listener: listener, Handler: handler}, nil
}

// Timeouts of every server: what a client may take for its headers, for its
// request, and between two requests.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 60 * time.Second
	idleTimeout   = 120 * time.Second
)

// Servers are the servers of a program, in the order in which they started.
type Servers struct {
	logger  *slog.Logger
	failed  chan error
	running []running
}

type running struct {
	*Server
	http   *http.Server
	bodies *bodies
	fresh  *fresh
}

// fresh are the connections that have not sent a whole head of a request yet.
type fresh struct {
	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// follow is a http.Server's ConnState.
func (f *fresh) follow(conn net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if state == http.StateNew {
		f.conns[conn] = struct{}{}
	} else {
		delete(f.conns, conn)
	}
}

func (f *fresh) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.conns {
		_ = conn.Close()
	}
}

// NewServers makes an empty set. The logger hears what goes wrong with single
// connections, at the level debug.
func NewServers(logger *slog.Logger) *Servers {
	return &Servers{logger: logger, failed: make(chan error, 8)}
}

// Start begins to serve.
func (s *Servers) Start(server *Server) {
	arriving, unheard := &bodies{}, &fresh{conns: make(map[net.Conn]struct{})}
	pace := server.Pace
	if pace == nil {
		pace = func() Pace { return DefaultPace }
	}
	h := &http.Server{
		Handler: &paced{next: server.Handler, pace: pace, bodies: arriving}, ConnState: unheard.follow, TLSConfig: server.TLS, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
	}
	s.running = append(s.running, running{server, h, arriving, unheard})
	go func() {
		var err error
		if server.TLS != nil {
			err = h.ServeTLS(server.Listener, "", "")
		} else {
			err = h.Serve(headListener{server.Listener})
		}
		if !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("%s: %w", server.Name, err)
		}
	}()
}

// Wait waits until ctx ends, or until a server fails, which is its error.
func (s *Servers) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return err
	}
}

// Stop stops the servers, the last one started first. Each closes its
// listener, cuts off what has not arrived as a whole, and lets the calls go on
// that have begun. What is left of them after the drain time, which is for all
// together, is cut off: that is a warning in the log and not an error, since the
// program was asked to stop.
func (s *Servers) Stop(ctx context.Context, drain time.Duration) {
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	for len(s.running) > 0 {
		last := s.running[len(s.running)-1]
		s.running = s.running[:len(s.running)-1]
		last.bodies.stop()
		cut := time.AfterFunc(lastBytes, last.fresh.close)
		if err := last.http.Shutdown(deadline); err != nil {
			s.logger.Warn("calls were cut off", "server", last.Name, "drain", drain, "error", err)
			_ = last.http.Close() // the listener is closed already
		}
		cut.Stop()
	}
}

// Leave stops a program whose time has come: it says that it is not ready,
// takes calls for the delay, so that those who ask notice, and stops the
// servers.
func (s *Servers) Leave(ctx context.Context, health *Health, delay, drain time.Duration) {
	health.Drain()
	s.logger.Info("stopping", "delay", delay, "drain", drain)
	wait := time.NewTimer(delay)
	defer wait.Stop()
	<-wait.C
	s.Stop(ctx, drain)
}

// Serve runs the servers until ctx ends, or until one of them fails. Then it
// stops them one after the other in the given order; calls that are under way
// may go on for the drain time.
func Serve(ctx context.Context, drain time.Duration, logger *slog.Logger, servers ...*Server) error {
	s := NewServers(logger)
	for i := len(servers) - 1; i >= 0; i-- {
		s.Start(servers[i])
	}
	err := s.Wait(ctx)
	s.Stop(ctx, drain)
	return err
}
