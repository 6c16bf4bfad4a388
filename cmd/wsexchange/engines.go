package main

import (
	"errors"
	"fmt"
	"time"

	"wsexchange/adapter/auth"
	"wsexchange/mpf"
)

// embedded is the name of the engine of the embedded backend.
const embedded = "embedded"

// openEmbedded makes the way to the emulator's engine, the same as to others,
// so that its metrics are the same too.
func (b *backend) openEmbedded(engine mpf.Submitter) error {
	return b.balance(mpf.BalancerConfig{Engines: []mpf.Engine{{Name: embedded, Submitter: engine}}})
}

// openEngines makes the way to the engines of the backends isapi and mpsws.
func (b *backend) openEngines(cfg *Config) error {
	var engines []mpf.Engine
	for _, address := range cfg.MPF.Engines {
		client, err := newClient(cfg.Backend, clientConfig(cfg, address))
		if err != nil {
			return err
		}
		engines = append(engines, mpf.Engine{Name: address, Submitter: client})
	}
	return b.balance(mpf.BalancerConfig{Engines: engines, Exclusion: cfg.MPF.Exclusion, Timeout: cfg.MPF.Timeout})
}

func (b *backend) balance(c mpf.BalancerConfig) error {
	for i, e := range c.Engines {
		c.Engines[i].Submitter = mpf.Traced(e.Submitter, b.tracer, e.Name)
	}
	balancer, err := mpf.NewBalancer(c)
	if err != nil {
		return err
	}
	b.submitter, b.balancer = balancer, balancer
	return nil
}

// engines are the names that metrics and the log know.
func (b *backend) engines() []string {
	var names []string
	for _, e := range b.balancer.Snapshot() {
		names = append(names, e.Name)
	}
	return names
}

// engineGrace is how much longer a call may take than one request to an engine:
// as long as net/http tries to connect to an engine that is not there, before
// the next one is asked, and a little. Without it the call would end first, and
// the balancer would take that for a caller who gave up and keep asking an
// engine that hangs.
const engineGrace = 35 * time.Second

// callTimeout bounds the work for one call.
func (b *backend) callTimeout(cfg *Config) time.Duration {
	if b.emulator != nil {
		return cfg.MPF.Timeout
	}
	return cfg.MPF.Timeout + engineGrace
}

// anyEngine demands one engine that is not left out.
func anyEngine(balancer *mpf.Balancer) error {
	var excluded []error
	for _, e := range balancer.Snapshot() {
		if e.ExcludedUntil.IsZero() {
			return nil
		}
		excluded = append(excluded, fmt.Errorf("engine %s is left out until %s", e.Name, e.ExcludedUntil.Format("15:04:05")))
	}
	return errors.Join(excluded...)
}

// clientConfig describes the way to one engine: with the service account if
// there is one, else with the caller's own credentials.
func clientConfig(cfg *Config, address string) mpf.ClientConfig {
	settings := mpf.ClientConfig{URL: address, Timeout: cfg.MPF.Timeout, Credentials: mpf.OfCaller}
	if cfg.MPF.Username != "" {
		pair := auth.NewCredentials(cfg.MPF.Username, cfg.MPF.Password.Reveal())
		settings.Credentials = mpf.OfAccount
		settings.Account = mpf.Caller{Domain: pair.Domain, Username: pair.Username, Password: pair.Password}
	}
	return settings
}

// newClient makes the client of one engine.
func newClient(backend string, settings mpf.ClientConfig) (mpf.Submitter, error) {
	if backend == "mpsws" {
		return mpf.NewServiceClient(settings)
	}
	return mpf.NewClient(settings)
}
