package maintain

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"wsexchange/internal/secret"
	"wsexchange/internal/version"
	"wsexchange/mock"
	"wsexchange/mock/ledger"
	"wsexchange/mpf"
)

// engineFlags say which engine a command runs its requests on: the one at an
// address, or one that it opens on the database itself.
type engineFlags struct{ url, user, passwordFile, ca string }

func (e *engineFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&e.url, "isapi", "", "address of a running engine's SOAP endpoint; without it the program must be stopped")
	c.Flags().StringVar(&e.user, "user", "", `account at that engine, DOMAIN\name or name@domain`)
	c.Flags().StringVar(&e.passwordFile, "password-file", "", "file with the account's password")
	c.Flags().StringVar(&e.ca, "ca", "", "certificates (PEM) that the engine's leads to; the system's without it")
}

// open returns the engine with a context that has its caller, and what closes it.
func (e *engineFlags) open(ctx context.Context, cfg mock.Config) (context.Context, mpf.Submitter, func() error, error) {
	if e.url == "" {
		return e.openHere(ctx, cfg)
	}
	settings, err := e.client()
	if err != nil {
		return ctx, nil, nil, err
	}
	client, err := mpf.NewClient(settings)
	return ctx, client, func() error { return nil }, err
}

// openHere opens an engine on the database. The caller is the program itself,
// which may do everything.
func (e *engineFlags) openHere(ctx context.Context, cfg mock.Config) (context.Context, mpf.Submitter, func() error, error) {
	if e.user != "" || e.passwordFile != "" || e.ca != "" {
		return ctx, nil, nil, errors.New("--user, --password-file and --ca go with --isapi")
	}
	if cfg.Database == "" {
		return ctx, nil, nil, fmt.Errorf("%w: name one, or a running engine with --isapi", ErrNoDatabase)
	}
	emulator, err := mock.Open(ctx, cfg)
	var locked *ledger.LockedError
	if errors.As(err, &locked) {
		err = fmt.Errorf("%w: stop the program, or name its engine with --isapi", err)
	}
	if err != nil {
		return ctx, nil, nil, err
	}
	return mpf.WithCaller(ctx, mpf.Caller{Trusted: true}), emulator.Engine, emulator.Close, nil
}

func (e *engineFlags) client() (mpf.ClientConfig, error) {
	cfg := mpf.ClientConfig{URL: e.url, UserAgent: "mockmpf/" + version.String()}
	if e.user != "" {
		password, err := passwordFrom(e.passwordFile)
		if err != nil {
			return cfg, err
		}
		cfg.Credentials, cfg.Account = mpf.OfAccount, mpf.Caller{Username: e.user, Password: password}
		if domain, name, ok := strings.Cut(e.user, `\`); ok {
			cfg.Account.Domain, cfg.Account.Username = domain, name
		}
	}
	if e.ca == "" {
		return cfg, nil
	}
	text, err := os.ReadFile(e.ca)
	if err != nil {
		return cfg, fmt.Errorf("ca: %w", err)
	}
	trust := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	if !trust.RootCAs.AppendCertsFromPEM(text) {
		return cfg, fmt.Errorf("ca: %s holds no certificate", e.ca)
	}
	cfg.HTTPClient = &http.Client{Transport: &http.Transport{TLSClientConfig: trust, Proxy: http.ProxyFromEnvironment}}
	return cfg, nil
}

// passwordFrom reads a password from a file.
func passwordFrom(path string) (secret.String, error) {
	if path == "" {
		return secret.String{}, errors.New("--user needs --password-file")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return secret.String{}, fmt.Errorf("password-file: %w", err)
	}
	password, err := secret.Parse(string(text))
	if err != nil {
		return secret.String{}, fmt.Errorf("password-file %s: %w", path, err)
	}
	return password, nil
}
