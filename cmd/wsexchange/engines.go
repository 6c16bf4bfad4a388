package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"wsexchange/adapter/auth"
	"wsexchange/internal/daemon"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
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
		probe, err := newProbe(cfg, address)
		if err != nil {
			return err
		}
		engines = append(engines, mpf.Engine{Name: address, Submitter: client, Probe: probe})
	}
	return b.balance(mpf.BalancerConfig{
		Engines: engines, Policy: mpf.Policy(cfg.MPF.Policy), Exclusion: cfg.MPF.Exclusion, Timeout: cfg.MPF.Timeout, Changed: b.engineChanged,
	})
}

// newProbe makes the probe of an engine. Without a service account it has no
// credentials: an engine that refuses that has answered.
func newProbe(cfg *Config, address string) (func(context.Context) (string, error), error) {
	settings := clientConfig(cfg, address)
	if settings.Credentials == mpf.OfCaller {
		settings.Credentials = mpf.NoCredentials
	}
	settings.Timeout = cfg.MPF.Probe
	client, err := newClient(cfg.Backend, settings)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) { return identity(ctx, client, cfg.Directory.BaseDN) }, nil
}

// identity asks an engine for something cheap: the objectGUID of the base. That
// tells its installation, too, unless the engine tells an id with its answer.
func identity(ctx context.Context, engine mpf.Submitter, base string) (string, error) {
	dn, err := ldappath.ParseDN(base)
	if err != nil {
		return "", err
	}
	request := mpf.Simple(mpf.Target{Namespace: "Active Directory Provider", Procedure: "Get Properties"}, xmldoc.Element("executeData",
		xmldoc.TextElement("path", dn.ADsPath()),
		xmldoc.Element("propertyList", xmldoc.SetAttr(xmldoc.Element("property"), "name", "objectGUID"))))
	response, err := engine.Submit(ctx, request)
	switch {
	case errors.Is(err, mpf.ErrNotAuthenticated), errors.Is(err, mpf.ErrFault):
		return "", nil // it is there
	case err != nil:
		return "", err
	case response == nil || response.Err != nil:
		return "", nil
	}
	return guidIn(response.Data), nil
}

// guidIn returns the one value in the answer of Get Properties, or "".
func guidIn(data *xmldoc.Node) string {
	property := xmldoc.Child(xmldoc.Child(data, "properties"), "property")
	value, _ := xmldoc.ChildText(property, "value")
	if value == "" {
		return ""
	}
	return directoryObject + value
}

// directoryObject is before the objectGUID of the base in the place of an
// installation's id.
const directoryObject = "base object "

// startProbe bounds the probes before the first call.
const startProbe = 5 * time.Second

// settleEngines probes the engines before the first call, and refuses those that
// do not share an installation.
func (b *backend) settleEngines(ctx context.Context, cfg *Config) error {
	b.balancer.Probed()
	bounded, cancel := context.WithTimeout(ctx, min(startProbe, cfg.MPF.Probe))
	defer cancel()
	_ = b.balancer.Check(bounded) // logged by engineChanged
	if err := b.balancer.Foreign(); err != nil {
		return fmt.Errorf("mpf.engines: %w: give all of them one database", err)
	}
	return nil
}

// engineChanged logs that an engine went or returned.
func (b *backend) engineChanged(e mpf.EngineState) {
	switch {
	case e.Health == mpf.In:
		b.logger.Info("engine is in use", "engine", e.Name, "installation", e.Installation)
	case e.Reason != nil:
		b.logger.Warn("engine is left out", "engine", e.Name, "health", string(e.Health), "error", e.Reason)
	}
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

var errNotProbed = errors.New("it has not answered yet")

// engineChecks tell how the last probe of each engine went.
func engineChecks(balancer *mpf.Balancer) []daemon.Check {
	var checks []daemon.Check
	for i, e := range balancer.Snapshot() {
		checks = append(checks, daemon.Check{Name: "engine " + e.Name, Advisory: true, Last: func() (time.Duration, error) {
			e := balancer.Snapshot()[i]
			if e.Health == mpf.In {
				return e.ProbeTime, nil
			}
			return e.ProbeTime, cmp.Or(e.Reason, e.ProbeError, errNotProbed)
		}})
	}
	return checks
}

// anyEngine demands one engine that is well.
func anyEngine(balancer *mpf.Balancer) error {
	var excluded []error
	for _, e := range balancer.Snapshot() {
		if e.Health == mpf.In {
			return nil
		}
		excluded = append(excluded, fmt.Errorf("engine %s is %s: %w", e.Name, e.Health, cmp.Or(e.Reason, e.ProbeError, errNotProbed)))
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
