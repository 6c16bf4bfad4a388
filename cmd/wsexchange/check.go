package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"wsexchange/adapter/auth"
	"wsexchange/internal/daemon"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// checkTimeout bounds each question of check.
const checkTimeout = 10 * time.Second

// expirySoon is how long before its end a certificate is reported.
const expirySoon = 21 * 24 * time.Hour

var errCheck = errors.New("not everything is as it should be")

// report writes one line a finding, and a second one with the cure, and
// remembers whether all were good.
type report struct {
	w   io.Writer
	bad int
}

func (r *report) ok(subject, detail string) {
	_, _ = fmt.Fprintf(r.w, "ok    %s: %s\n", subject, detail)
}

func (r *report) fail(subject string, cause error, cure string) {
	r.bad++
	text := strings.Join(strings.Fields(cause.Error()), " ") // those of directories have lines of their own
	_, _ = fmt.Fprintf(r.w, "FAIL  %s: %s\n      cure: %s\n", subject, text, cure)
}

func (r *report) skip(subject, why string) {
	_, _ = fmt.Fprintf(r.w, "skip  %s: %s\n", subject, why)
}

// check tells whether everything that serve needs is there. The account that it
// logs on with stands in WSEXCHANGE_CHECK_LOGIN and WSEXCHANGE_CHECK_PASSWORD,
// so that a password is on no command line.
func check(c *cobra.Command, cfg *Config, pdc *string) error {
	r := &report{w: c.OutOrStdout()}
	logs, err := cfg.logs(c.ErrOrStderr())
	if err != nil {
		return err
	}
	if err := logs.SetPart("", "error"); err != nil {
		return err
	}
	forget, err := cfg.copyDatabase(c.Context())
	if err != nil {
		r.fail("backend", err, "correct the settings named in the message")
		return errCheck
	}
	defer forget()
	if cfg.Emulator.LDAPListen != "" {
		cfg.Emulator.LDAPListen = "127.0.0.1:0" // beside a gateway that is running
	}
	b, err := openBackend(c.Context(), cfg, instruments{logs: logs, registry: prometheus.NewRegistry()})
	if err != nil {
		r.fail("backend", err, "correct the settings named in the message")
		return errCheck
	}
	defer func() { _ = b.close() }()
	r.ok("backend", cfg.Backend)
	r.certificate(cfg)
	account := checkAccount(b)
	r.directory(c.Context(), cfg, b, account)
	r.engines(c.Context(), cfg, b, account)
	if c.Flags().Changed(flagPDC) {
		r.pdc(c.Context(), b, *pdc)
	}
	address := "http://" + daemon.Dialable(cfg.Listen) + "/" + strings.Trim(cfg.Prefix, "/")
	if cfg.TLS.Certificate != "" {
		address = "https" + strings.TrimPrefix(address, "http")
	}
	r.ok("URL for H-Sphere", b.demo.url(address))
	if r.bad > 0 {
		return errCheck
	}
	return nil
}

const setAccount = "set " + environmentPrefix + "CHECK_LOGIN and " + environmentPrefix + "CHECK_PASSWORD"

// checkAccount gives the account to check with: the configured one, else the
// demo data's.
func checkAccount(b *backend) auth.Credentials {
	if name := os.Getenv(environmentPrefix + "CHECK_LOGIN"); name != "" {
		return auth.NewCredentials(name, os.Getenv(environmentPrefix+"CHECK_PASSWORD"))
	}
	if b.demo.username == "" {
		return auth.Credentials{}
	}
	return auth.NewCredentials(b.demo.domain+`\`+b.demo.username, b.demo.password)
}

func (r *report) certificate(cfg *Config) {
	if cfg.TLS.Certificate == "" {
		r.skip("certificate", "none is set: passwords travel in the clear unless a proxy encrypts")
		return
	}
	pair, err := tls.LoadX509KeyPair(cfg.TLS.Certificate, cfg.TLS.Key)
	if err != nil {
		r.fail("certificate", err, "give PEM files of one certificate and its key in tls.certificate and tls.key")
		return
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		r.fail("certificate", err, "the first certificate of the file must be the server's")
		return
	}
	now, until := time.Now(), leaf.NotAfter.Format(time.DateOnly)
	const renew = "renew it; the file is read again when it changes"
	switch {
	case now.Before(leaf.NotBefore):
		r.fail("certificate", fmt.Errorf("it begins on %s", leaf.NotBefore.Format(time.DateOnly)), "use another until then, or set the clock of this machine")
	case now.After(leaf.NotAfter):
		r.fail("certificate", fmt.Errorf("it ended on %s", until), renew)
	case leaf.NotAfter.Sub(now) < expirySoon:
		r.fail("certificate", fmt.Errorf("it ends on %s", until), renew)
	default:
		names := slices.Clone(leaf.DNSNames)
		for _, ip := range leaf.IPAddresses {
			names = append(names, ip.String())
		}
		r.ok("certificate", fmt.Sprintf("for %s until %s", strings.Join(names, ", "), until))
	}
}

func (r *report) directory(ctx context.Context, cfg *Config, b *backend, account auth.Credentials) {
	mode := cfg.authMode()
	if mode == "off" || mode == "file" {
		r.skip("domain controller", "authentication does not ask one")
		r.base(ctx, b)
		return
	}
	servers, security := cfg.Auth.LDAP.Servers, auth.Security(cfg.Auth.LDAP.Security)
	if mode == "emulator" {
		if b.ldapURL == "" {
			r.skip("domain controller", "the emulator's LDAP listener is closed")
			r.base(ctx, b)
			return
		}
		servers, security = []string{b.ldapURL}, auth.SecurityPlain
	}
	for _, server := range servers {
		r.controller(ctx, cfg, b, server, security, account)
	}
}

// base looks for the base DN where no domain controller is asked.
func (r *report) base(ctx context.Context, b *backend) {
	const subject = "directory.base-dn"
	switch {
	case b.base.IsZero():
		return
	case b.emulator == nil:
		r.skip(subject, "no domain controller is asked whether "+b.base.String()+" exists")
		return
	}
	err := b.emulator.Store.View(ctx, func(tx *state.Tx) error {
		_, err := directory.In(tx).Get(b.base)
		return err
	})
	if err != nil {
		r.fail(subject+" "+b.base.String(), err, cureOfEntry)
		return
	}
	r.ok(subject, b.base.String()+" exists")
}

const cureOfEntry = "create it, or correct directory.base-dn; the account must be able to read it"

func (r *report) controller(ctx context.Context, cfg *Config, b *backend, server string, security auth.Security, account auth.Credentials) {
	subject := "domain controller " + server
	conn, err := dial(ctx, cfg, server, security)
	if err != nil {
		r.fail(subject, err, cureOfConnection(err))
		return
	}
	defer func() { _ = conn.Close() }()
	r.ok(subject, "answers")
	if account.Username == "" {
		r.skip(subject, "no account to log on with: "+setAccount)
		return
	}
	alone := *cfg
	alone.Auth.LDAP.Servers = []string{server}
	authenticator, err := alone.authenticator(b, slog.New(slog.DiscardHandler))
	if err == nil {
		_, err = authenticator.Authenticate(ctx, account)
	}
	if err != nil {
		r.fail(subject, fmt.Errorf("the account %s is not let in: %w (%s)", account.Username, err, auth.ReasonOf(err)),
			"check the password, the account's state, and its membership in "+cfg.Auth.LDAP.Group)
		return
	}
	r.ok(subject, "lets "+account.Username+" in, a member of "+cfg.Auth.LDAP.Group)
	if err := conn.Bind(bindName(account, cfg.Auth.LDAP.Domain), account.Password.Reveal()); err != nil {
		r.fail(subject, err, "the account must be able to bind")
		return
	}
	r.entry(conn, "naming context", b.domain)
	if !b.base.IsZero() {
		r.entry(conn, "directory.base-dn", b.base)
	}
}

// bindName is the name as it was typed, a login alone with the default domain.
func bindName(account auth.Credentials, domain string) string {
	if account.Form == auth.Plain && domain != "" {
		return domain + `\` + account.Username
	}
	return account.Login()
}

// cureOfConnection tells what to do about a domain controller that cannot be
// asked.
func cureOfConnection(err error) string {
	var name *net.DNSError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &name):
		return "see that the name is right, and that this machine can resolve it"
	case errors.As(err, &certificate):
		return "give the certificates that it leads to in auth.ldap.ca-file, and the name that it is for in auth.ldap.servers"
	}
	return "see that the port is open, and that auth.ldap.security is what the controller offers there"
}

func (r *report) entry(conn *ldap.Conn, subject string, dn ldappath.DN) {
	_, err := conn.Search(ldap.NewSearchRequest(dn.String(), ldap.ScopeBaseObject, ldap.NeverDerefAliases, 1, 5, false,
		"(objectClass=*)", []string{"1.1"}, nil))
	if err != nil {
		r.fail(subject+" "+dn.String(), err, cureOfEntry)
		return
	}
	r.ok(subject, dn.String()+" exists")
}

func dial(ctx context.Context, cfg *Config, server string, security auth.Security) (*ldap.Conn, error) {
	host := server
	if u, err := url.Parse(server); err == nil && u.Host != "" {
		host = u.Host
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	settings := &tls.Config{ServerName: name, MinVersion: tls.VersionTLS12}
	if cfg.Auth.LDAP.CAFile != "" {
		pem, err := os.ReadFile(cfg.Auth.LDAP.CAFile)
		if err != nil {
			return nil, err
		}
		settings.RootCAs = x509.NewCertPool()
		if !settings.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", cfg.Auth.LDAP.CAFile)
		}
	}
	scheme := "ldap://"
	if security == auth.SecurityLDAPS {
		scheme = "ldaps://"
	}
	dialer := &net.Dialer{Timeout: checkTimeout}
	dialer.Deadline, _ = ctx.Deadline()
	conn, err := ldap.DialURL(scheme+host, ldap.DialWithTLSConfig(settings), ldap.DialWithDialer(dialer))
	if err != nil {
		return nil, err
	}
	conn.SetTimeout(checkTimeout)
	if security == auth.SecurityStartTLS {
		if err := conn.StartTLS(settings); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

func (r *report) engines(ctx context.Context, cfg *Config, b *backend, account auth.Credentials) {
	if b.emulator != nil {
		r.engine("engine embedded", ask(ctx, b.submitter, account))
		return
	}
	for _, name := range cfg.MPF.Engines {
		subject, settings := "engine "+name, clientConfig(cfg, name)
		nobody := settings.Credentials == mpf.OfCaller && account.Username == ""
		if nobody {
			settings.Credentials = mpf.NoCredentials // to hear at least whether somebody answers
		}
		client, err := newClient(cfg.Backend, settings)
		if err != nil {
			r.fail(subject, err, "correct mpf.engines")
			continue
		}
		err = ask(ctx, client, account)
		if nobody && errors.Is(err, mpf.ErrNotAuthenticated) {
			r.skip(subject, "it answers, but there is no account to submit a request with: "+setAccount)
			continue
		}
		r.engine(subject, err)
	}
	r.installation(ctx, cfg, b)
}

// installation reports whether the engines share one installation.
func (r *report) installation(ctx context.Context, cfg *Config, b *backend) {
	if len(cfg.MPF.Engines) < 2 {
		return
	}
	const subject = "installation"
	bounded, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	_ = b.balancer.Check(bounded) // whether they answer was said before
	if err := b.balancer.Foreign(); err != nil {
		r.fail(subject, err, "give all of mpf.engines one database; docs/several-engines.md")
		return
	}
	shared := ""
	for _, e := range b.balancer.Snapshot() {
		if e.Installation == "" {
			r.skip(subject, "engine "+e.Name+" did not tell to which one it belongs")
			return
		}
		shared = e.Installation
	}
	r.ok(subject, "the engines share "+shared)
}

func (r *report) engine(subject string, err error) {
	switch {
	case err == nil:
		r.ok(subject, "answers")
	case errors.Is(err, mpf.ErrUnreachable), errors.Is(err, mpf.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		r.fail(subject, err, "see that the engine runs, and that its address in mpf.engines is right")
	case errors.Is(err, mpf.ErrNotAuthenticated):
		r.fail(subject, err, "check the account, which is mpf.username, or else the caller's")
	case errors.Is(err, mpf.ErrProtocol):
		r.fail(subject, err, "see that the address is that of an engine, and of the kind that backend names")
	default:
		r.fail(subject, err, "see that the account may submit requests")
	}
}

// ask submits a request that changes nothing.
func ask(ctx context.Context, engine mpf.Submitter, account auth.Credentials) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if account.Username != "" {
		ctx = mpf.WithCaller(ctx, mpf.Caller{Domain: account.Domain, Username: account.Username, Password: account.Password})
	}
	response, err := engine.Submit(ctx, mpf.Simple(mpf.Target{Namespace: "MPF Config", Procedure: "GetNamespaces"}, xmldoc.Element("data")))
	if err != nil {
		return err
	}
	if response.Err != nil {
		return response.Err
	}
	return nil
}
