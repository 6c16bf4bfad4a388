package daemon

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"wsexchange/internal/version"
)

// NewLogger makes a logger. The level is debug, info, warn or error, the format
// text or json.
func NewLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var at slog.Level
	if err := at.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q is none of debug, info, warn, error", level)
	}
	options := &slog.HandlerOptions{Level: at}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(w, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return nil, fmt.Errorf("log format %q is none of text, json", format)
}

// NewRegistry makes a registry that knows the process, the Go runtime and the
// build. The prefix begins the name of the build's metric.
func NewRegistry(prefix string) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: prefix + "_build_info", Help: "Always 1; the label tells the version of the program.",
		ConstLabels: prometheus.Labels{"version": version.String()},
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
}

// Listen opens the listener of a server.
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

// Serve runs the servers until ctx ends, or until one of them fails. Then it
// stops them one after the other in the given order; calls that are under way
// may go on for the drain time.
func Serve(ctx context.Context, drain time.Duration, logger *slog.Logger, servers ...*Server) error {
	failed := make(chan error, len(servers))
	running := make([]*http.Server, len(servers))
	for i, s := range servers {
		running[i] = &http.Server{
			Handler: s.Handler, TLSConfig: s.TLS, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, IdleTimeout: idleTimeout,
			ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
		}
		go func() {
			var err error
			if s.TLS != nil {
				err = running[i].ServeTLS(s.Listener, "", "")
			} else {
				err = running[i].Serve(s.Listener)
			}
			if !errors.Is(err, http.ErrServerClosed) {
				failed <- fmt.Errorf("%s: %w", s.Name, err)
			}
		}()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	for i, s := range servers {
		if stopErr := running[i].Shutdown(deadline); stopErr != nil {
			err = errors.Join(err, fmt.Errorf("%s: calls were cut off after %s: %w", s.Name, drain, stopErr), running[i].Close())
		}
	}
	return err
}

// Check is one thing that must be well for a program to be ready.
type Check struct {
	Name string
	Run  func(context.Context) error
}

// Health answers /metrics, /-/healthy and /-/ready.
type Health struct {
	checks   []Check
	draining atomic.Bool
	mux      *http.ServeMux
}

// checkTimeout bounds all checks of one question together.
const checkTimeout = 5 * time.Second

// NewHealth makes the handler of the listener for operators.
func NewHealth(registry *prometheus.Registry, checks ...Check) *Health {
	h := &Health{checks: checks, mux: http.NewServeMux()}
	h.mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{Registry: registry, EnableOpenMetrics: true}))
	h.mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "healthy\n")
	})
	h.mux.HandleFunc("GET /-/ready", h.ready)
	return h
}

// ServeHTTP answers a request.
func (h *Health) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.mux.ServeHTTP(w, r) }

// Drain makes the program not ready, so that nobody sends it more work.
func (h *Health) Drain() { h.draining.Store(true) }

func (h *Health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
	defer cancel()
	status, result := http.StatusOK, map[string]string{}
	if h.draining.Load() {
		status, result["draining"] = http.StatusServiceUnavailable, "the program is stopping"
	}
	for _, c := range h.checks {
		result[c.Name] = "ok"
		if err := c.Run(ctx); err != nil {
			status, result[c.Name] = http.StatusServiceUnavailable, err.Error()
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(result)
}

// Probe asks a health address, such as http://127.0.0.1:9464/-/ready, and gives
// an error unless it answers 200.
func Probe(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
		return fmt.Errorf("%s answers %s: %s", url, response.Status, strings.TrimSpace(string(body)))
	}
	return nil
}
