package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"wsexchange/adapter/auth"
	"wsexchange/internal/daemon"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/throttle"
	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/ldap"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// backend is what runs the requests, and what is known of its directory.
type backend struct {
	submitter   mpf.Submitter
	emulator    *mock.Emulator // nil unless embedded
	balancer    *mpf.Balancer  // the submitter
	domain      ldappath.DN    // the domain's naming context
	base        ldappath.DN    // paths of calls must lie under it; zero for all of the domain
	controllers []string
	known       []string // controllers that the emulator has
	panelBase   string   // what is typed into the panel as LDAP
	netBIOS     string
	ldapURL     string
	demo        login  // an account to show, if the demo data is used
	sample      string // a computer to ask for in the first call, or ""
	tracer      trace.Tracer
	throttle    *throttle.Throttle // of web services and LDAP
	logger      *slog.Logger
}

// instruments are what a backend is watched by.
type instruments struct {
	logs     *daemon.Logs
	registry prometheus.Registerer
	tracer   trace.Tracer // or nil
	tls      *tls.Config  // of the LDAP listeners, or nil
}

func openBackend(ctx context.Context, cfg *Config, by instruments) (*backend, error) {
	b := &backend{tracer: by.tracer, logger: by.logs.Logger(partDaemon), throttle: throttle.New(cfg.Auth.Config(), nil)}
	var err error
	if cfg.Backend == "embedded" {
		err = b.openEmulator(ctx, cfg, by)
	} else {
		err = b.openEngines(cfg)
	}
	if err == nil {
		err = b.settle(cfg)
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

// settle takes what callers may name from the configuration.
func (b *backend) settle(cfg *Config) error {
	b.controllers, b.base = cfg.Directory.Controllers, ldappath.DN{}
	if len(b.controllers) == 0 {
		b.controllers = b.known
	}
	if cfg.Directory.BaseDN != "" {
		var err error
		if b.base, err = ldappath.ParseDN(cfg.Directory.BaseDN); err != nil {
			return fmt.Errorf("directory.base-dn: %w", err)
		}
		b.panelBase = cfg.Directory.BaseDN
	}
	if b.emulator == nil {
		b.domain = domainOf(b.base)
	}
	return nil
}

// reconfigured is the same backend for another configuration, with new engines
// if those have changed.
func (b *backend) reconfigured(cfg *Config, engines bool) (*backend, error) {
	next := *b
	if b.emulator == nil && engines {
		if err := next.openEngines(cfg); err != nil {
			return nil, err
		}
	}
	return &next, next.settle(cfg)
}

// domainOf gives the DC part of a name.
func domainOf(dn ldappath.DN) ldappath.DN {
	for !dn.IsZero() && !strings.EqualFold(dn.RDN().Attribute, "DC") {
		dn = dn.Parent()
	}
	return dn
}

func (b *backend) openEmulator(ctx context.Context, cfg *Config, by instruments) error {
	policies, err := engine.ParsePolicies(cfg.Emulator.Policies)
	if err != nil {
		return fmt.Errorf("emulator.policies: %w", err)
	}
	e, err := mock.Open(ctx, mock.Config{
		Database: cfg.Emulator.Database, Name: cfg.Emulator.Engine, Root: cfg.Emulator.root, SeedFile: cfg.Emulator.Seed, LDAPListen: cfg.Emulator.LDAPListen,
		Audit: engine.AuditLevel(cfg.Emulator.AuditLevel), KeepAudit: mock.Kept(cfg.Emulator.AuditKeep), KeepHistory: mock.Kept(cfg.Emulator.HistoryKeep),
		KeepDeleted:  mock.Kept(cfg.Emulator.DeletedKeep),
		ErrorMapFile: cfg.Emulator.ErrorMap, PerfEnabled: cfg.Emulator.PerfEnabled, HashCost: cfg.Emulator.HashCost,
		Logger: by.logs.Logger(partEngine), LDAP: cfg.Emulator.LDAP.Config(ldap.Config{TLS: by.tls, Logger: by.logs.Logger(partLDAP)}),
		LDAPSecure: cfg.Emulator.LDAPSecure, Throttle: b.throttle, Policies: policies,
		Registerer: by.registry, Tracer: by.tracer,
	})
	if err != nil {
		return fmt.Errorf("emulator: %w", daemon.NamedListenError(err, map[string]string{
			"emulator.ldap-listen": cfg.Emulator.LDAPListen, "emulator.ldaps-listen": cfg.Emulator.LDAPSecure,
		}))
	}
	b.emulator = e
	if err := b.openEmbedded(e.Engine); err != nil {
		return err
	}
	if e.LDAP != nil {
		b.ldapURL = e.LDAP.URL()
	}
	domain, err := e.Domain(ctx)
	if err != nil {
		return err
	}
	b.domain, b.netBIOS, b.panelBase = domain.DN, domain.NetBIOS, domain.Hosting.String()
	return e.Store.View(ctx, func(tx *state.Tx) error { return b.look(tx, cfg, domain) })
}

// look finds what the banner shows: controllers, a reseller, a server, and the
// account of the demo data.
func (b *backend) look(tx *state.Tx, cfg *Config, domain directory.Domain) error {
	var err error
	if b.known, err = directory.In(tx).Controllers(); err != nil {
		return err
	}
	if err := b.lookForReseller(tx, domain.Hosting); err != nil {
		return err
	}
	if cfg.Emulator.Seed != "" {
		return nil // a seed of one's own: its passwords are not shown
	}
	seed := seed.Demo()
	for _, account := range seed.Accounts {
		if account.Name != demoAccount {
			continue
		}
		if o, err := directory.In(tx).BySAM(account.Name); err == nil && directory.In(tx).CheckPassword(o, string(account.Password)) == nil {
			b.demo = login{domain.NetBIOS, account.Name, string(account.Password)}
		}
	}
	if len(seed.Exchange.Servers) > 0 {
		b.sample = domain.DN.Child("CN", "Computers").Child("CN", seed.Exchange.Servers[0].Name).String()
	}
	return nil
}

// lookForReseller finds a reseller for the banner. An installation that nothing
// was set up in has none.
func (b *backend) lookForReseller(tx *state.Tx, hosting ldappath.DN) error {
	exists, err := directory.In(tx).Exists(hosting)
	if err != nil || !exists {
		return err
	}
	o, err := directory.In(tx).Get(hosting)
	if err != nil {
		return err
	}
	resellers, err := directory.In(tx).Children(o, "organizationalUnit")
	if err == nil && len(resellers) > 0 {
		b.panelBase = resellers[0].DN.String()
	}
	return err
}

// demoAccount is the account of the demo data that a panel uses.
const demoAccount = "hsadmin"

func (b *backend) close() error {
	if b.emulator == nil {
		return nil
	}
	return b.emulator.Close()
}

// gate makes what lets callers in, or nil when authentication is off.
func (c *Config) gate(b *backend, logger *slog.Logger, heard func(auth.Decision)) (*auth.Gate, error) {
	authenticator, err := c.authenticator(b, logger)
	if err != nil || authenticator == nil {
		return nil, err
	}
	return auth.New(auth.Config{
		Authenticator: authenticator, Realm: c.Auth.Realm, TrustedProxies: c.TrustedProxies,
		Cache: auth.CacheConfig{TTL: c.Auth.CacheTTL}, OnDecision: heard,
		Throttle: b.throttle,
	})
}

func (c *Config) authenticator(b *backend, logger *slog.Logger) (auth.Authenticator, error) {
	switch c.authMode() {
	case "off":
		logger.Warn("authentication is off: everybody who reaches the address can call")
		return nil, nil
	case "file":
		return auth.OpenUsersFile(auth.UsersFileConfig{Path: c.Auth.File, Domain: c.Auth.LDAP.Domain, OnReload: func(err error) {
			if err != nil {
				logger.Error("users file is not read again", "error", err)
			}
		}})
	case "emulator":
		return auth.AuthenticatorFunc(func(ctx context.Context, pair auth.Credentials) (auth.Identity, error) {
			id, err := b.authenticate(ctx, pair, c.Auth.LDAP.Group)
			logger.DebugContext(ctx, "the emulator's directory was asked", "login", pair.String(), "error", err)
			return id, err
		}), nil
	}
	l := c.Auth.LDAP
	return auth.NewLDAP(auth.LDAPConfig{
		Servers: l.Servers, Security: auth.Security(l.Security), CAFile: l.CAFile, Domain: l.Domain, Group: l.Group, BaseDN: l.BaseDN, Logger: logger,
	})
}

// authenticate asks the emulator's directory itself, so that logins do not depend
// on its LDAP listener.
func (b *backend) authenticate(ctx context.Context, pair auth.Credentials, group string) (auth.Identity, error) {
	name := pair.Username
	if pair.Domain != "" {
		name = pair.Domain + `\` + name
	}
	account, err := b.emulator.Logon(ctx, name, pair.Password.Reveal())
	if err != nil {
		for _, row := range logonReasons {
			if errors.Is(err, row.err) {
				return auth.Identity{}, auth.Refused(row.reason)
			}
		}
		return auth.Identity{}, fmt.Errorf("%w: %w", auth.ErrUnavailable, err)
	}
	id := auth.Identity{Domain: b.netBIOS, DN: account.DN.String()}
	member := false
	err = b.emulator.Store.View(ctx, func(tx *state.Tx) error {
		d := directory.In(tx)
		if id.Username, err = d.Value(account, "sAMAccountName"); err != nil {
			return err
		}
		of, err := d.Resolve(group)
		if err == nil {
			member, err = d.IsMember(account, of)
		}
		return err
	})
	switch {
	case err != nil:
		return auth.Identity{}, fmt.Errorf("%w: group %s: %w", auth.ErrUnavailable, group, err)
	case !member:
		return auth.Identity{}, auth.Refused(auth.ReasonNotInGroup)
	}
	return id, nil
}

// logonReasons are why the directory refuses a logon, as the log and the metrics
// name it.
var logonReasons = []struct {
	err    error
	reason auth.Reason
}{
	{state.ErrNotFound, auth.ReasonUnknownUser},
	{directory.ErrWrongPassword, auth.ReasonWrongPassword},
	{directory.ErrAccountDisabled, auth.ReasonDisabled},
	{directory.ErrAccountLocked, auth.ReasonLocked},
	{directory.ErrAccountExpired, auth.ReasonExpired},
	{directory.ErrPasswordExpired, auth.ReasonExpired},
}
