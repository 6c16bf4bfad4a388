package main

import (
	"errors"
	"fmt"
	"time"

	"wsexchange/adapter/auth"
	"wsexchange/mpf"
)

// openEngines makes the way to the engines of the backends isapi and mpsws.
func (b *backend) openEngines(cfg *Config) error {
	var engines []mpf.Engine
	for _, address := range cfg.MPF.Engines {
		client, err := newClient(cfg, address)
		if err != nil {
			return err
		}
		engines = append(engines, mpf.Engine{Name: address, Submitter: client})
	}
	balancer, err := mpf.NewBalancer(mpf.BalancerConfig{Engines: engines, Exclusion: cfg.MPF.Exclusion, Timeout: cfg.MPF.Timeout})
	if err != nil {
		return err
	}
	b.submitter, b.balancer = balancer, balancer
	return nil
}

// engineGrace is how much longer a call may take than one request to an engine:
// as long as net/http tries to connect to an engine that is not there, before
// the next one is asked, and a little. Without it the call would end first, and
// the balancer would take that for a caller who gave up and keep asking an
// engine that hangs.
const engineGrace = 35 * time.Second

// callTimeout bounds the work for one call.
func (b *backend) callTimeout(cfg *Config) time.Duration {
	if b.balancer == nil {
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

// newClient makes the client of one engine: with the service account if there
// is one, else with the caller's own credentials.
func newClient(cfg *Config, address string) (mpf.Submitter, error) {
	settings := mpf.ClientConfig{URL: address, Timeout: cfg.MPF.Timeout, Credentials: mpf.OfCaller}
	if cfg.MPF.Username != "" {
		pair := auth.NewCredentials(cfg.MPF.Username, cfg.MPF.Password.Reveal())
		settings.Credentials = mpf.OfAccount
		settings.Account = mpf.Caller{Domain: pair.Domain, Username: pair.Username, Password: pair.Password}
	}
	if cfg.Backend == "mpsws" {
		return mpf.NewServiceClient(settings)
	}
	return mpf.NewClient(settings)
}
