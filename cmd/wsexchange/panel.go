package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"wsexchange/adapter/auth"
	"wsexchange/internal/daemon"
	"wsexchange/internal/drift"
	"wsexchange/internal/hsphere"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// panelOptions are the flags of the commands that read the panel's database.
type panelOptions struct {
	panel, organization, format, controller, user, passwordFile string
	bases, plans                                                []string
	parallel                                                    int
}

// panelSettings are the settings that the help of these commands shows.
var panelSettings = []string{
	"backend", "directory.base-dn", "directory.controllers", "emulator.database", "emulator.seed", "emulator.hash-cost", "event-sink",
	"mpf.engines", "mpf.username", "mpf.password-file", "mpf.timeout",
}

// panelCommand makes a command that reads the panel's database. Its exit status
// is 2 if it comes to no result.
func panelCommand(p *daemon.Program[Config], c *cobra.Command, run func(*cobra.Command, *Config, *panelOptions) error) (*cobra.Command, *panelOptions) {
	o := &panelOptions{}
	c.Args = cobra.NoArgs
	p.ConfiguredArgs(c, panelSettings, func(c *cobra.Command, cfg *Config, _ []string) error { return run(c, cfg, o) })
	flags := c.Flags()
	flags.StringVar(&o.panel, "panel", "", "H-Sphere's database, postgres://USER@HOST/DATABASE, or a folder with a CSV file of each table; "+
		"a password is taken from PGPASSWORD or PGPASSFILE, too")
	flags.StringVar(&o.organization, "organization", "", "only the organization of this name")
	flags.StringVar(&o.format, "format", "text", "text or json")
	flags.StringVar(&o.controller, "controller", "",
		"preferred domain controller; empty is the first of directory.controllers, of the emulator, or of the panel's settings")
	flags.StringVar(&o.user, "user", "",
		`account that submits the requests, DOMAIN\login; empty is mpf.username or, with the embedded backend, the program itself`)
	flags.StringVar(&o.passwordFile, "password-file", "", "file with the password of --user in its first line")
	flags.StringArrayVar(&o.bases, "base", nil,
		"what organizations are below, DN, or ID=DN for those of the reseller with this id; empty is MPF_HE_LDAP of the panel's settings")
	flags.StringArrayVar(&o.plans, "plan", nil, "name of the plan that a type of the panel means, TYPE=NAME, besides "+knownPlans())
	flags.IntVar(&o.parallel, "parallel", 4, "organizations at a time")
	silent, flagError := c.RunE, c.FlagErrorFunc()
	c.RunE = func(c *cobra.Command, args []string) error { return noResult(silent(c, args)) }
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return noResult(flagError(c, err)) })
	return c, o
}

func knownPlans() string {
	var known []string
	for _, kind := range slices.Sorted(maps.Keys(drift.PlanNames)) {
		known = append(known, kind+"="+drift.PlanNames[kind])
	}
	return strings.Join(known, ", ")
}

// Exit statuses of these commands.
const (
	statusDiffers  = 1
	statusNoResult = 2
)

// exitError is an error with an exit status.
type exitError struct {
	error
	status int
}

// ExitStatus is that of the program.
func (e *exitError) ExitStatus() int { return e.status }

func (e *exitError) Unwrap() error { return e.error }

// noResult makes an error that has no status of its own one of status 2.
func noResult(err error) error {
	var coded *exitError
	if err == nil || errors.As(err, &coded) {
		return err
	}
	return &exitError{err, statusNoResult}
}

// session is what these commands work with.
type session struct {
	panel   *hsphere.Panel
	backend *backend // embedded, or nil
	drift   drift.Config
	users   int
	forget  func()
}

// errNoPanel is that there is nothing to compare with.
var errNoPanel = errors.New("--panel is not set: it names H-Sphere's database, postgres://USER@HOST/DATABASE, or a folder with CSV files")

// open opens panel and engine. A command that only reads works on a copy of the
// embedded emulator's database, which a gateway may have open.
func (o *panelOptions) open(c *cobra.Command, cfg *Config, reads bool) (_ *session, _ context.Context, err error) {
	ctx := c.Context()
	if o.panel == "" {
		return nil, nil, errNoPanel
	}
	if o.format != "text" && o.format != "json" {
		return nil, nil, fmt.Errorf("format %q is not one of text, json", o.format)
	}
	s := &session{forget: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	s.drift = drift.Config{Controller: o.controller, Organization: o.organization, Parallel: o.parallel, EventSink: cfg.EventSink}
	if err := o.names(&s.drift); err != nil {
		return nil, nil, err
	}
	if s.panel, err = hsphere.Open(ctx, o.panel); err != nil {
		return nil, nil, err
	}
	counts, err := s.panel.Counts(ctx)
	if err != nil {
		return nil, nil, err
	}
	s.users = counts.Users
	if cfg.Backend == embedded {
		if reads {
			if s.forget, err = cfg.copyDatabase(ctx); err != nil {
				return nil, nil, err
			}
		}
		ctx, err = s.openEmbedded(ctx, c.ErrOrStderr(), cfg, o)
	} else {
		ctx, err = s.openEngines(ctx, cfg, o)
	}
	return s, ctx, err
}

func (s *session) close() error {
	var failures []error
	if s.panel != nil {
		failures = append(failures, s.panel.Close())
	}
	if s.backend != nil {
		failures = append(failures, s.backend.close())
	}
	s.forget()
	return errors.Join(failures...)
}

// names reads the options of the form NAME=VALUE.
func (o *panelOptions) names(to *drift.Config) error {
	to.Bases, to.Plans = map[int64]ldappath.DN{}, map[string]string{}
	for _, given := range o.bases {
		id, rest, _ := strings.Cut(given, "=")
		reseller, err := strconv.ParseInt(id, 10, 64)
		if err != nil {
			rest = given
		}
		dn, wrong := ldappath.ParseDN(strings.TrimPrefix(rest, "LDAP://"))
		switch {
		case wrong != nil:
			return fmt.Errorf("--base %s: %w", given, wrong)
		case err != nil:
			to.Base = dn
		default:
			to.Bases[reseller] = dn
		}
	}
	for _, given := range o.plans {
		kind, name, ok := strings.Cut(given, "=")
		if !ok || kind == "" || name == "" {
			return fmt.Errorf("--plan %s is not of the form TYPE=NAME", given)
		}
		to.Plans[kind] = name
	}
	return nil
}

// openEmbedded opens the emulator without its listeners. Without an account the
// program itself submits, which may do everything.
func (s *session) openEmbedded(ctx context.Context, stderr io.Writer, cfg *Config, o *panelOptions) (context.Context, error) {
	cfg.Emulator.LDAPListen, cfg.Emulator.LDAPSecure = "", ""
	logs, err := cfg.logs(stderr)
	if err != nil {
		return nil, err
	}
	if err := logs.SetPart("", "error"); err != nil {
		return nil, err
	}
	if s.backend, err = openBackend(ctx, cfg, instruments{logs: logs, registry: prometheus.NewRegistry()}); err != nil {
		return nil, err
	}
	s.drift.Engine = s.backend.submitter
	s.settle(cfg, s.backend.controllers)
	if s.drift.Fallback, err = ldappath.ParseDN(s.backend.panelBase); err != nil {
		return nil, err
	}
	if o.user == "" {
		return mpf.WithCaller(ctx, mpf.Caller{Trusted: true}), nil
	}
	account, err := o.account()
	if err != nil {
		return nil, err
	}
	if _, err := s.backend.emulator.Engine.Authenticate(ctx, account.Domain, account.Username, account.Password); err != nil {
		return nil, fmt.Errorf("account %s: %w", o.user, err)
	}
	return mpf.WithCaller(ctx, mpf.Caller{Domain: account.Domain, Username: account.Username}), nil
}

// answers bounds what engines may answer: a search finds a thousand objects with
// some forty attributes each.
var answers = xmldoc.Limits{Bytes: 64 << 20, Elements: 400_000, TotalAttributes: 400_000, Text: 4 << 20}

// openEngines opens the way to the engines of the backends isapi and mpsws.
func (s *session) openEngines(ctx context.Context, cfg *Config, o *panelOptions) (context.Context, error) {
	if o.user == "" && cfg.MPF.Username == "" {
		return nil, fmt.Errorf("--user is not set: the backend %s needs an account, that or mpf.username", cfg.Backend)
	}
	var engines []mpf.Engine
	for _, address := range cfg.MPF.Engines {
		settings := clientConfig(cfg, address)
		settings.Limits = answers
		if o.user != "" {
			settings.Credentials = mpf.OfCaller
		}
		client, err := newClient(cfg.Backend, settings)
		if err != nil {
			return nil, err
		}
		engines = append(engines, mpf.Engine{Name: address, Submitter: client})
	}
	balancer, err := mpf.NewBalancer(mpf.BalancerConfig{Engines: engines, Exclusion: cfg.MPF.Exclusion, Timeout: cfg.MPF.Timeout})
	if err != nil {
		return nil, err
	}
	s.drift.Engine = balancer
	s.settle(cfg, cfg.Directory.Controllers)
	if s.drift.Fallback, err = ldappath.ParseDN(cfg.Directory.BaseDN); err != nil || o.user == "" {
		return ctx, err
	}
	account, err := o.account()
	return mpf.WithCaller(ctx, account), err
}

// settle takes the preferred domain controller from the settings.
func (s *session) settle(_ *Config, controllers []string) {
	if s.drift.Controller == "" && len(controllers) > 0 {
		s.drift.Controller = controllers[0]
	}
}

// account is that of --user.
func (o *panelOptions) account() (mpf.Caller, error) {
	if o.passwordFile == "" {
		return mpf.Caller{}, errors.New("--password-file is not set: it holds the password of --user")
	}
	text, err := os.ReadFile(o.passwordFile)
	if err != nil {
		return mpf.Caller{}, err
	}
	password, err := secret.Parse(string(text))
	if err != nil {
		return mpf.Caller{}, fmt.Errorf("%s: %w", o.passwordFile, err)
	}
	pair := auth.NewCredentials(o.user, password.Reveal())
	return mpf.Caller{Domain: pair.Domain, Username: pair.Username, Password: pair.Password}, nil
}

// progress shows on a terminal how far the work is, in users of the panel.
type progress struct{ bar *progressbar.ProgressBar }

// newProgress shows nothing unless w is a terminal.
func newProgress(w io.Writer, what string, users int) *progress {
	if file, ok := w.(*os.File); !ok || !term.IsTerminal(int(file.Fd())) {
		return &progress{}
	}
	const each = 200 * time.Millisecond
	return &progress{progressbar.NewOptions(users, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("users"),
		progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(each), progressbar.OptionClearOnFinish())}
}

func (p *progress) add(users int) {
	if p.bar != nil {
		_ = p.bar.Add(users) // it is only shown
	}
}

// apart lets something else be printed where the bar is.
func (p *progress) apart(print func()) {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	print()
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
