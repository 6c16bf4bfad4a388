package auth

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// Security is how the connection to a domain controller is protected.
type Security string

// The securities. Passwords cross the network readably with SecurityPlain, so
// it is never chosen by itself.
const (
	SecurityLDAPS    Security = "ldaps"
	SecurityStartTLS Security = "starttls"
	SecurityPlain    Security = "plain"
)

// defaultPorts are those of Active Directory.
var defaultPorts = map[Security]string{SecurityLDAPS: "636", SecurityStartTLS: "389", SecurityPlain: "389"}

// LDAPConfig says which directory decides, and about what.
type LDAPConfig struct {
	// Servers are the domain controllers, tried in this order: host or
	// host:port, with a scheme or without one. Required. A scheme must agree
	// with Security: ldaps://, or ldap:// for the other two.
	Servers []string
	// Security of the connections. Empty is SecurityLDAPS.
	Security Security
	// CAFile holds the certificates (PEM) that a controller's certificate must
	// lead to. Empty: those of the system.
	CAFile string
	// Domain is the NetBIOS name of the domain, given to a login without one.
	// Empty: a login without domain is bound as it is.
	Domain string
	// Group is the one to be a member of, by name (sAMAccountName or common
	// name) or DN. Empty is "Domain Admins".
	Group string
	// BaseDN is where accounts are searched. Empty: the controller's
	// defaultNamingContext.
	BaseDN string
	// DialTimeout bounds connection and TLS handshake, per controller. 0 is the
	// default, 3 s.
	DialTimeout time.Duration
	// Timeout bounds bind and searches, per controller. 0 is the default, 10 s.
	Timeout time.Duration
	// Logger hears of controllers that fail; nil hears nothing.
	Logger *slog.Logger
}

// LDAP authenticates by a bind at a domain controller with the caller's own
// pair and then looks, as the caller, whether the account is in the group. It
// needs no account of its own. Disabled, locked and expired accounts are
// refused by the bind.
type LDAP struct {
	config  LDAPConfig
	servers []controller
	roots   *x509.CertPool
}

// controller is where one domain controller listens.
type controller struct{ host, address string }

var _ Authenticator = (*LDAP)(nil)

// NewLDAP checks the configuration and reads the CA file. It connects to
// nothing.
func NewLDAP(config LDAPConfig) (*LDAP, error) {
	config.Security = cmp.Or(config.Security, SecurityLDAPS)
	config.Group = cmp.Or(config.Group, "Domain Admins")
	config.DialTimeout = cmp.Or(config.DialTimeout, 3*time.Second)
	config.Timeout = cmp.Or(config.Timeout, 10*time.Second)
	config.Logger = cmp.Or(config.Logger, slog.New(slog.DiscardHandler))
	if defaultPorts[config.Security] == "" {
		return nil, fmt.Errorf("ldap security %q: not one of ldaps, starttls, plain", config.Security)
	}
	if len(config.Servers) == 0 {
		return nil, errors.New("ldap: no domain controller")
	}
	l := &LDAP{config: config}
	for _, server := range config.Servers {
		c, err := parseController(server, config.Security)
		if err != nil {
			return nil, fmt.Errorf("ldap server %q: %w", server, err)
		}
		l.servers = append(l.servers, c)
	}
	if config.BaseDN != "" {
		if _, err := ldap.ParseDN(config.BaseDN); err != nil {
			return nil, fmt.Errorf("ldap base DN %q: %w", config.BaseDN, err)
		}
	}
	return l, l.loadRoots()
}

func (l *LDAP) loadRoots() error {
	if l.config.CAFile == "" {
		return nil
	}
	pem, err := os.ReadFile(l.config.CAFile)
	if err != nil {
		return fmt.Errorf("ldap CA file: %w", err)
	}
	l.roots = x509.NewCertPool()
	if !l.roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("ldap CA file %s: no certificate in it", l.config.CAFile)
	}
	return nil
}

func parseController(server string, security Security) (controller, error) {
	scheme, rest, ok := strings.Cut(server, "://")
	if !ok {
		scheme, rest = "", server
	}
	wanted := "ldap"
	if security == SecurityLDAPS {
		wanted = "ldaps"
	}
	if ok && !strings.EqualFold(scheme, wanted) {
		return controller{}, fmt.Errorf("scheme %q does not go with security %q, which needs %q", scheme, security, wanted)
	}
	u, err := url.Parse("ldap://" + rest)
	if err != nil {
		return controller{}, errors.New("not a host or host:port")
	}
	if u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" {
		return controller{}, errors.New("not a host or host:port")
	}
	return controller{u.Hostname(), net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), defaultPorts[security]))}, nil
}

// Authenticate binds at the first controller that answers.
func (l *LDAP) Authenticate(ctx context.Context, pair Credentials) (Identity, error) {
	if pair.Password.IsZero() {
		// RFC 4513, 5.1.2: such a bind succeeds, as nobody. [F023]
		return Identity{}, Refused(ReasonEmptyPassword)
	}
	var failures []error
	for _, server := range l.servers {
		identity, err := l.authenticateAt(ctx, server, pair)
		if err == nil || errors.Is(err, ErrBadCredentials) {
			return identity, err
		}
		failures = append(failures, fmt.Errorf("domain controller %s: %w", server.address, err))
		l.config.Logger.WarnContext(ctx, "domain controller cannot authenticate", "server", server.address, "error", err)
		if ctx.Err() != nil {
			break
		}
	}
	return Identity{}, unavailable("%w", errors.Join(failures...))
}

func (l *LDAP) authenticateAt(ctx context.Context, server controller, pair Credentials) (Identity, error) {
	conn, err := l.dial(ctx, server)
	if err != nil {
		return Identity{}, err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(ctx, l.config.Timeout)
	defer cancel()
	// The library's calls know no context: its end closes the connection.
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	identity, err := l.bindAndSearch(conn, pair)
	if err != nil && ctx.Err() != nil {
		return Identity{}, ctx.Err()
	}
	return identity, err
}

// dial connects, with TLS unless it was asked to do without.
func (l *LDAP) dial(ctx context.Context, server controller) (*ldap.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, l.config.DialTimeout)
	defer cancel()
	plain, err := new(net.Dialer).DialContext(ctx, "tcp", server.address)
	if err != nil {
		return nil, err
	}
	settings := &tls.Config{ServerName: server.host, RootCAs: l.roots, MinVersion: tls.VersionTLS12}
	if l.config.Security == SecurityLDAPS {
		encrypted := tls.Client(plain, settings)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			plain.Close()
			return nil, fmt.Errorf("tls: %w", err)
		}
		conn := ldap.NewConn(encrypted, true)
		conn.Start()
		return conn, nil
	}
	conn := ldap.NewConn(plain, false)
	conn.Start()
	if l.config.Security == SecurityStartTLS {
		stop := context.AfterFunc(ctx, func() { conn.Close() })
		defer stop()
		if err := conn.StartTLS(settings); err != nil {
			conn.Close()
			return nil, fmt.Errorf("starttls: %w", err)
		}
	}
	return conn, nil
}

// bindName is the name as typed, a login alone with the default domain.
func (l *LDAP) bindName(pair Credentials) string {
	if pair.Form == Plain && l.config.Domain != "" {
		return l.config.Domain + `\` + pair.Username
	}
	return pair.Login()
}

func (l *LDAP) bindAndSearch(conn *ldap.Conn, pair Credentials) (Identity, error) {
	if err := conn.Bind(l.bindName(pair), pair.Password.Reveal()); err != nil {
		return Identity{}, bindError(err)
	}
	d, err := readDirectory(conn, l.config)
	if err != nil {
		return Identity{}, err
	}
	account, err := d.findAccount(pair)
	if err != nil {
		return Identity{}, err
	}
	member, err := d.isMember(account, l.config.Group)
	if err != nil {
		return Identity{}, err
	}
	if !member {
		return Identity{}, Refused(ReasonNotInGroup)
	}
	return Identity{
		Domain:   cmp.Or(d.netBIOSName(pair), d.dnsName()),
		Username: cmp.Or(account.GetAttributeValue("sAMAccountName"), pair.Username),
		DN:       account.DN,
	}, nil
}
