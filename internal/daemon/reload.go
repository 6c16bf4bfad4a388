package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"wsexchange/internal/config"
)

// Reloaded is what a reload did, fit to be shown.
type Reloaded struct {
	Changed []config.Change `json:"changed"`
	// Restart lists what has changed too and waits for the next start.
	Restart []config.Change `json:"restart"`
}

// ReloaderConfig is what a Reloader needs; all of it.
type ReloaderConfig[C any] struct {
	// Load reads the configuration anew, Current gives the one that runs.
	Load    func() (*C, error)
	Current func() *C
	// Apply changes the running program to next. After an error nothing has
	// changed.
	Apply func(next *C, changed []config.Change) error
	// Announce reports that a reload begins; what it returns is called when
	// the reload has ended.
	Announce func() (done func())
	Logger   *slog.Logger
	// Registerer gets the metrics, whose names begin with Prefix.
	Registerer prometheus.Registerer
	Prefix     string
}

// Reloader reads the configuration of a running program anew and applies what
// can be changed in it, all or nothing.
type Reloader[C any] struct {
	config  ReloaderConfig[C]
	metrics *reloadMetrics
	mu      sync.Mutex // one reload at a time
}

// NewReloader makes a reloader. An error is that of registering its metrics.
func NewReloader[C any](c ReloaderConfig[C]) (*Reloader[C], error) {
	m, err := newReloadMetrics(c.Prefix, c.Registerer)
	if err != nil {
		return nil, err
	}
	return &Reloader[C]{config: c, metrics: m}, nil
}

// Reload applies the configuration as it is now and tells what that has
// changed. It counts and logs what came of it, without secrets.
func (r *Reloader[C]) Reload() (Reloaded, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.config.Announce()()
	done, err := r.try()
	r.metrics.count(err, time.Now())
	logger := r.config.Logger
	if err != nil {
		logger.Error("the configuration is not changed", "error", err)
		return Reloaded{}, err
	}
	for _, change := range done.Changed {
		logger.Info("setting changed", "key", change.Key, "old", change.Old, "new", change.New)
	}
	for _, change := range done.Restart {
		logger.Warn("setting needs a restart", "key", change.Key, "running", change.Old, "new", change.New)
	}
	logger.Info("configuration reloaded", "changed", len(done.Changed), "restart", len(done.Restart))
	return done, nil
}

func (r *Reloader[C]) try() (Reloaded, error) {
	loaded, err := r.config.Load()
	if err != nil {
		return Reloaded{}, err
	}
	running := r.config.Current()
	next, waiting := config.Merge(running, loaded)
	done := Reloaded{Changed: config.Diff(running, next), Restart: waiting}
	if validator, ok := any(next).(interface{ Validate() error }); ok {
		if err := validator.Validate(); err != nil {
			return Reloaded{}, fmt.Errorf("with the settings that need a restart as they are: %w", err)
		}
	}
	return done, r.config.Apply(next, done.Changed)
}

// Follow reloads at every signal until ctx ends.
func (r *Reloader[C]) Follow(ctx context.Context, hangups <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			_, _ = r.Reload() // which logs
		}
	}
}

// Hangups hears SIGHUP, which would end the program otherwise, until stop.
func Hangups() (hangups <-chan os.Signal, stop func()) {
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP)
	return heard, func() { signal.Stop(heard) }
}

// reloadMetrics tell of readings of the configuration; the first one is the
// start.
type reloadMetrics struct {
	total      *prometheus.CounterVec
	successful prometheus.Gauge
	at         prometheus.Gauge
}

// Values of the label result.
const (
	reloadSuccess = "success"
	reloadFailure = "failure"
)

func newReloadMetrics(prefix string, registerer prometheus.Registerer) (*reloadMetrics, error) {
	m := &reloadMetrics{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "_config_reloads_total", Help: "Readings of the configuration while running, by result.",
		}, []string{"result"}),
		successful: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: prefix + "_config_last_reload_successful", Help: "1 if the last reading of the configuration was good, else 0.",
		}),
		at: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: prefix + "_config_last_reload_success_timestamp_seconds", Help: "When the configuration that runs was read.",
		}),
	}
	m.total.WithLabelValues(reloadSuccess)
	m.total.WithLabelValues(reloadFailure)
	m.successful.Set(1)
	m.at.SetToCurrentTime()
	for _, c := range []prometheus.Collector{m.total, m.successful, m.at} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("metrics: %w", err)
		}
	}
	return m, nil
}

func (m *reloadMetrics) count(err error, at time.Time) {
	if err != nil {
		m.total.WithLabelValues(reloadFailure).Inc()
		m.successful.Set(0)
		return
	}
	m.total.WithLabelValues(reloadSuccess).Inc()
	m.successful.Set(1)
	m.at.Set(float64(at.UnixMilli()) / 1000)
}
