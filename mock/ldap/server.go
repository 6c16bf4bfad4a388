package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"time"

	"wsexchange/internal/throttle"
	"wsexchange/mock/directory"
	"wsexchange/mock/ldap/cldap"
	"wsexchange/mock/ldap/connection"
	"wsexchange/mock/ldap/control"
	"wsexchange/mock/ledger"
	"wsexchange/mock/state"
)

// Config says what a Server serves. Store and Logon are required; a number or
// duration that is 0 has its default.
type Config struct {
	Store *ledger.Store
	// Logon checks the password of an account, as directory.Passwords.Logon
	// does.
	Logon func(ctx context.Context, name, password string) (*directory.Object, error)
	// View gives what searches see, if that is not the store as it is: what a
	// domain controller knows that learns of the others' writes late.
	View func(context.Context, func(*state.Tx) error) error
	// TLS enables StartTLS, or ldaps when Implicit is set.
	TLS *tls.Config
	// Implicit makes every connection begin with TLS.
	Implicit bool
	// GlobalCatalog makes it a listener of the global catalog, whose searches
	// may begin at the empty name: they look at all naming contexts (F417), and
	// know a part of the attributes (F454).
	GlobalCatalog bool
	// Ping makes the server answer LDAP pings, over UDP at the same address.
	Ping bool
	// SizeLimit is the largest number of entries of one answer. Default 1000, what
	// Active Directory allows (F406).
	SizeLimit int
	// Timeout bounds one search. Default 30 seconds.
	Timeout time.Duration
	// MaxWork is how many objects one search may look at. Default 1 000 000.
	MaxWork int
	// Controller is the DNS name by which the root DSE calls this server.
	// Empty: the first domain controller of the directory.
	Controller string
	// Binds bounds how many binds are checked at a time, of all servers that
	// share it. If nil, the server has one of its own.
	Binds *connection.Queue
	// Throttle refuses sources and accounts after too many wrong passwords; nil
	// refuses none.
	Throttle *throttle.Throttle
	// Connections are the limits of connections. Its other fields are set by
	// Listen.
	Connections connection.Config
	// Logger receives failures that no client is told. If nil, they are dropped.
	Logger *slog.Logger
}

// How many binds wait for their turn, at most.
const maxWaitingBinds = 256

// NewBinds returns a queue for Config.Binds that checks passwords on as many
// cores as hashing may have.
func NewBinds() *connection.Queue {
	return connection.NewQueue(max(1, runtime.GOMAXPROCS(0)/2), maxWaitingBinds)
}

func (c *Config) complete() error {
	switch {
	case c.Store == nil:
		return errors.New("a store is required")
	case c.Logon == nil:
		return errors.New("a check of passwords is required")
	case c.Implicit && c.TLS == nil:
		return errors.New("ldaps needs a certificate")
	}
	if c.View == nil {
		c.View = c.Store.View
	}
	if c.SizeLimit <= 0 {
		c.SizeLimit = 1000
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.MaxWork <= 0 {
		c.MaxWork = 1_000_000
	}
	if c.Binds == nil {
		c.Binds = NewBinds()
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Server answers LDAP requests at one address.
type Server struct {
	cfg         Config
	cancel      context.CancelFunc
	address     net.Addr
	connections *connection.Server
	ended       chan struct{} // closed when nothing listens any more
	closing     sync.Once
}

// stopGrace is how long Close waits for answers that clients are slow to take.
const stopGrace = 2 * time.Second

// Listen starts a server on address, host and port. Port 0 takes a free one.
// The server ends with Close, or when ctx ends.
func Listen(ctx context.Context, address string, cfg Config) (*Server, error) {
	s, err := listen(ctx, address, cfg)
	if err != nil {
		return nil, fmt.Errorf("LDAP server on %s: %w", address, err)
	}
	return s, nil
}

func listen(ctx context.Context, address string, cfg Config) (*Server, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	h := &handler{cfg: cfg, cookies: control.NewCookies()}
	limits := cfg.Connections
	limits.Handler, limits.Controls, limits.Implicit, limits.Logger = h, control.Requested(), cfg.Implicit, cfg.Logger
	if cfg.TLS != nil {
		limits.TLS = func() *tls.Config { return cfg.TLS }
	}
	connections, err := connection.New(limits)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	var ping *pinger
	if cfg.Ping {
		if ping, err = openPing(listener.Addr(), h); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
	}
	s := &Server{cfg: cfg, address: listener.Addr(), connections: connections, ended: make(chan struct{})}
	ctx, s.cancel = context.WithCancel(ctx)
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := connections.Serve(ctx, listener); err != nil {
			cfg.Logger.Error("LDAP server accepts no more connections", "error", err)
		}
	})
	if ping != nil {
		serving.Go(func() { ping.serve(ctx, cfg.Logger) })
	}
	go func() { serving.Wait(); close(s.ended) }()
	context.AfterFunc(ctx, func() { _ = s.Close() })
	return s, nil
}

// pinger answers LDAP pings.
type pinger struct {
	server *cldap.Server
	conn   *net.UDPConn
}

func openPing(beside net.Addr, h *handler) (*pinger, error) {
	server, err := cldap.New(cldap.Config{Describe: h.describe, Known: h.known, RootDSE: h.pingedRoot, Logger: h.cfg.Logger})
	if err != nil {
		return nil, err
	}
	tcp := beside.(*net.TCPAddr)
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: tcp.IP, Port: tcp.Port, Zone: tcp.Zone})
	if err != nil {
		return nil, fmt.Errorf("LDAP ping: %w", err)
	}
	return &pinger{server: server, conn: conn}, nil
}

func (p *pinger) serve(ctx context.Context, logger *slog.Logger) {
	if err := p.server.Serve(ctx, p.conn); err != nil {
		logger.Error("LDAP pings are not answered any more", "error", err)
	}
}

// Address is the host and port that the server listens on.
func (s *Server) Address() string { return s.address.String() }

// URL is the address with its scheme.
func (s *Server) URL() string { return s.Scheme() + s.Address() }

// Scheme returns ldap:// or ldaps://.
func (s *Server) Scheme() string {
	if s.cfg.Implicit {
		return "ldaps://"
	}
	return "ldap://"
}

// Check returns why the server accepts no connections, nil if it does.
func (s *Server) Check(ctx context.Context) error { return s.connections.Check(ctx) }

// Close stops the server: the listener is closed first, so that its port is
// free, then operations under way are given two seconds and the connections are
// ended. No request reaches the directory any more when it returns.
func (s *Server) Close() error {
	s.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
		defer cancel()
		_ = s.connections.Shutdown(ctx) // what was broken off is not an error of the stop
		s.cancel()
		<-s.ended
	})
	return nil
}
