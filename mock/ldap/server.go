package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/jimlambrt/gldap"

	"wsexchange/mock/directory"
	"wsexchange/mock/ledger"
	"wsexchange/mock/state"
)

// Config says what a Server serves. Store is required.
type Config struct {
	Store *ledger.Store
	// Logon checks the password of an account, as directory.Passwords.Logon
	// does. Required.
	Logon func(ctx context.Context, name, password string) (*directory.Object, error)
	// View gives what searches see, if that is not the store as it is: what a
	// domain controller knows that learns of the others' writes late.
	View func(context.Context, func(*state.Tx) error) error
	// TLS enables StartTLS, or ldaps when Implicit is set.
	TLS *tls.Config
	// Implicit makes every connection begin with TLS.
	Implicit bool
	// SizeLimit is the largest number of entries of one answer. 0 is 1000, what
	// Active Directory allows (F406).
	SizeLimit int
	// Timeout bounds one search. 0 is 30 seconds.
	Timeout time.Duration
	// Controller is the DNS name by which the root DSE calls this server.
	// Empty: the first domain controller of the directory.
	Controller string
	// Logger hears of failures that no client is told. nil hears nothing.
	Logger *slog.Logger
}

// Server answers LDAP requests.
type Server struct {
	cfg      Config
	ctx      context.Context // ends when the server does
	cancel   context.CancelFunc
	library  *gldap.Server
	gate     *gate
	ended    chan struct{} // closed when no connection is accepted any more
	endedErr error         // why, to be read after ended
	closing  sync.Once

	mu       sync.Mutex
	closed   bool
	running  sync.WaitGroup // requests; added to under mu while not closed
	sessions map[int]session
}

// session is what is known of a connection.
type session struct {
	known   bool           // it comes from the gate
	account directory.GUID // zero: anonymous
}

// stopGrace is how long Close waits for answers that clients are slow to take.
const stopGrace = 2 * time.Second

// largestRequest is the largest LDAP request, in bytes. Requests are small:
// nothing is written over LDAP.
const largestRequest = 1 << 20

// BoundRequests bounds what is read as one LDAP request, to 1 MiB. The library
// has the limit for the whole program only, and none by itself: call this once,
// before anything listens.
func BoundRequests() { ber.MaxPacketLengthBytes = largestRequest }

// Listen starts a server on address, host and port. Port 0 takes a free one.
// The server ends with Close, or when ctx ends.
func Listen(ctx context.Context, address string, cfg Config) (*Server, error) {
	if cfg.Store == nil {
		return nil, errors.New("LDAP server: a store is required")
	}
	if cfg.Implicit && cfg.TLS == nil {
		return nil, errors.New("LDAP server: ldaps needs a certificate")
	}
	if cfg.View == nil {
		cfg.View = cfg.Store.View
	}
	if cfg.SizeLimit <= 0 {
		cfg.SizeLimit = 1000
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, sessions: map[int]session{}, ended: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(ctx)
	if err := s.run(address); err != nil {
		s.cancel()
		return nil, fmt.Errorf("LDAP server on %s: %w", address, err)
	}
	context.AfterFunc(s.ctx, func() { _ = s.Close() })
	return s, nil
}

// run listens, starts the library's server and waits until that listens, too.
func (s *Server) run(address string) error {
	at := make(chan net.Addr, 1)
	var err error
	s.library, err = gldap.NewServer(gldap.WithLogger(libraryLog(s.cfg.Logger, at)), gldap.WithOnClose(s.forget))
	if err != nil {
		return err
	}
	s.gate = &gate{tls: s.cfg.TLS, implicit: s.cfg.Implicit, key: newKey(), links: make(map[*link]bool)}
	mux, err := s.routes()
	if err != nil {
		return err
	}
	if err := s.library.Router(mux); err != nil {
		return err
	}
	if s.gate.listener, err = net.Listen("tcp", address); err != nil {
		return err
	}
	stopped := make(chan error, 1)
	go func() {
		stopped <- s.library.Run("127.0.0.1:0")
		_ = s.gate.listener.Close()
	}()
	select {
	case err := <-stopped:
		return err
	case library := <-at:
		s.gate.library = library.String()
	}
	go func() {
		s.endedErr = s.gate.serve()
		close(s.ended)
	}()
	go s.watch()
	return nil
}

// watch tells when the server ends though nobody asked for it.
func (s *Server) watch() {
	<-s.ended
	if s.endedErr != nil && s.ctx.Err() == nil {
		s.cfg.Logger.Error("LDAP server accepts no more connections", "error", s.endedErr)
	}
}

// Address is the host and port that the server listens on.
func (s *Server) Address() string { return s.gate.listener.Addr().String() }

// URL is the address with its scheme.
func (s *Server) URL() string {
	if s.cfg.Implicit {
		return "ldaps://" + s.Address()
	}
	return "ldap://" + s.Address()
}

// Check gives an error if the server accepts no more connections.
func (s *Server) Check(context.Context) error {
	select {
	case <-s.ended:
		return errors.Join(errors.New("LDAP server is stopped"), s.endedErr)
	default:
		return nil
	}
}

// Close stops the server: the listener is closed, searches under way are
// broken off, and no request reaches the store any more when it returns. Then
// the connections are ended.
func (s *Server) Close() error {
	s.closing.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.cancel()
		_ = s.gate.listener.Close()
		<-s.ended
		idle := make(chan struct{})
		go func() { s.running.Wait(); close(idle) }()
		select {
		case <-idle:
		case <-time.After(stopGrace):
		}
		s.gate.close()
		_ = s.library.Stop()
	})
	return nil
}

// begin counts a request in, unless the server is closed.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Add(1)
	}
	return !s.closed
}

func (s *Server) session(connection int) session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[connection]
}

func (s *Server) change(connection int, change func(*session)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	of := s.sessions[connection]
	change(&of)
	s.sessions[connection] = of
}

// forget is called by the library when a connection has ended.
func (s *Server) forget(connection int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, connection)
}
