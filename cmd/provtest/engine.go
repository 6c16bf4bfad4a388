package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"

	"wsexchange/internal/version"
	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/ledger"
	"wsexchange/mock/namespace"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// open finds the way to the engine.
func (s *session) open(ctx context.Context) error {
	if s.options.isapi == "" && s.options.mpsws == "" {
		return s.openHere(ctx)
	}
	cfg, err := s.options.client()
	if err != nil {
		return err
	}
	if s.options.mpsws != "" {
		s.submitter, err = mpf.NewServiceClient(cfg)
	} else {
		s.submitter, err = mpf.NewClient(cfg)
	}
	if err != nil {
		return usage("%w", err)
	}
	return nil
}

func (o *options) client() (mpf.ClientConfig, error) {
	cfg := mpf.ClientConfig{URL: o.isapi + o.mpsws, Timeout: o.timeout, UserAgent: "provtest/" + version.String()}
	if o.user != "" {
		cfg.Credentials, cfg.Account = mpf.OfAccount, o.account()
	}
	if o.ca == "" {
		return cfg, nil
	}
	text, err := os.ReadFile(o.ca)
	if err != nil {
		return cfg, usage("ca: %w", err)
	}
	trust := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	if !trust.RootCAs.AppendCertsFromPEM(text) {
		return cfg, usage("ca: %s holds no certificate", o.ca)
	}
	cfg.HTTPClient = &http.Client{Transport: &http.Transport{TLSClientConfig: trust, Proxy: http.ProxyFromEnvironment}}
	return cfg, nil
}

// readContent reads the content of a database that engines share.
func readContent(ctx context.Context, database string) (*state.Root, error) {
	schema, err := seed.Schema()
	if err != nil {
		return nil, err
	}
	read, err := ledger.ReadFile(ctx, schema, database)
	if err != nil {
		return nil, err
	}
	return read.Root(), nil
}

// openHere makes the engine in the program. A dry run makes no database, fills
// none and recovers nothing in one.
func (s *session) openHere(ctx context.Context) error {
	o := s.options
	cfg := mock.Config{Database: o.database, SeedFile: o.seed}
	switch {
	case o.dryRun && ledger.IsURL(o.database):
		read, err := readContent(ctx, o.database)
		if err != nil {
			return usage("%w", err)
		}
		cfg.Database, cfg.Root = "", read
	case o.dryRun && o.database != "":
		if _, err := os.Stat(o.database); err != nil {
			return usage("database, which a dry run does not make: %w", err)
		}
	}
	fills := !o.dryRun || cfg.Database == ""
	opened, passwords, err := mock.OpenStore(ctx, cfg, fills)
	if err != nil {
		return usage("%w", err)
	}
	s.store = opened
	s.engine, err = engine.New(engine.Config{Store: s.store, Passwords: passwords, Namespaces: namespace.All()})
	if err == nil && fills {
		err = s.engine.Recover(ctx)
	}
	if err != nil {
		return usage("%w", err)
	}
	s.submitter = s.engine
	return s.logon(ctx)
}

// logon makes the account of the options the caller; without one it is the
// program itself, which may do everything. A dry run does not count a wrong
// password.
func (s *session) logon(ctx context.Context) error {
	s.caller = mpf.Caller{Trusted: true}
	if s.options.user == "" {
		return nil
	}
	account := s.options.account()
	s.caller = mpf.Caller{Domain: account.Domain, Username: account.Username}
	var err error
	if s.options.dryRun {
		err = s.store.View(ctx, func(tx *state.Tx) error {
			o, err := directory.In(tx).Resolve(s.options.user)
			if err != nil {
				return err
			}
			return directory.In(tx).CheckPassword(o, account.Password.Reveal())
		})
	} else {
		_, err = s.engine.Authenticate(ctx, account.Domain, account.Username, account.Password)
	}
	if err != nil {
		return noAnswer(fmt.Errorf("%w: account %s: %w", mpf.ErrNotAuthenticated, s.options.user, err))
	}
	return nil
}
