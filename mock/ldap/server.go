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

	"github.com/hashicorp/go-hclog"
	"github.com/jimlambrt/gldap"

	"wsexchange/mock/store"
)

// Config says what a Server serves. Store is required.
type Config struct {
	Store *store.Store
	// TLS enables StartTLS, or ldaps when Implicit is set.
	TLS *tls.Config
	// Implicit makes every connection begin with TLS.
	Implicit bool
	// SizeLimit is the largest number of entries of one answer without paging.
	// 0 is 1000, what Active Directory allows.
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
	ctx      context.Context
	server   *gldap.Server
	mu       sync.Mutex
	accounts map[int]*store.Object // by connection id
	address  string
	done     chan error
}

// stopGrace is how long Close waits for connections that are still open: the
// library notices a shutdown only when a connection asks for something.
const stopGrace = 200 * time.Millisecond

// Listen starts a server on address, host and port. Port 0 takes a free one.
// The server ends with Close, or when ctx ends.
func Listen(ctx context.Context, address string, cfg Config) (*Server, error) {
	if cfg.Store == nil {
		return nil, errors.New("LDAP server: a store is required")
	}
	if cfg.Implicit && cfg.TLS == nil {
		return nil, errors.New("LDAP server: ldaps needs a certificate")
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
	s := &Server{cfg: cfg, ctx: ctx, accounts: map[int]*store.Object{}, done: make(chan error, 1)}
	if err := s.serve(address); err != nil {
		return nil, fmt.Errorf("LDAP server on %s: %w", address, err)
	}
	return s, nil
}

// serve starts the library's server. It opens its listener itself and does not
// tell the port, so a free one is looked for first and tried again if somebody
// else was faster.
func (s *Server) serve(address string) error {
	const attempts = 5
	for attempt := 1; ; attempt++ {
		free, err := freeAddress(address)
		if err != nil {
			return err
		}
		if err = s.run(free); err == nil {
			s.address = free
			return nil
		}
		if attempt == attempts || free == address {
			return err
		}
	}
}

func (s *Server) run(address string) error {
	server, err := gldap.NewServer(gldap.WithLogger(hclog.NewNullLogger()), gldap.WithOnClose(s.forget))
	if err != nil {
		return err
	}
	mux, err := s.routes()
	if err != nil {
		return err
	}
	if err := server.Router(mux); err != nil {
		return err
	}
	var options []gldap.Option
	if s.cfg.Implicit {
		options = append(options, gldap.WithTLSConfig(s.cfg.TLS))
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Run(address, options...) }()
	for !server.Ready() {
		select {
		case err := <-ended:
			return err
		case <-time.After(100 * time.Microsecond):
		}
	}
	select {
	case err := <-ended: // ready is said before the outcome of listening is known
		return err
	case <-time.After(time.Millisecond):
	}
	s.server = server
	go func() { s.done <- <-ended }()
	return nil
}

func freeAddress(address string) (string, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port != "0" {
		return address, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		return "", err
	}
	free := listener.Addr().String()
	return free, listener.Close()
}

// Address is the host and port that the server listens on.
func (s *Server) Address() string { return s.address }

// URL is the address with its scheme.
func (s *Server) URL() string {
	if s.cfg.Implicit {
		return "ldaps://" + s.address
	}
	return "ldap://" + s.address
}

// Close stops the server. Open connections are given a moment to end.
func (s *Server) Close() error {
	stopped := make(chan error, 1)
	go func() { stopped <- s.server.Stop() }()
	select {
	case err := <-stopped:
		return err
	case <-time.After(stopGrace):
		return nil
	}
}

func (s *Server) routes() (*gldap.Mux, error) {
	mux, err := gldap.NewMux()
	if err != nil {
		return nil, err
	}
	return mux, errors.Join(
		mux.Bind(s.bind), mux.Search(s.search), mux.Modify(refuseModify), mux.Add(refuseWrite(gldap.ApplicationAddResponse)),
		mux.Delete(refuseWrite(gldap.ApplicationDelResponse)),
		mux.ExtendedOperation(s.startTLS, gldap.ExtendedOperationStartTLS),
		mux.DefaultRoute(refuseWrite(gldap.ApplicationExtendedResponse)),
	)
}

func (s *Server) forget(connection int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.accounts, connection)
}

func (s *Server) setAccount(connection int, o *store.Object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o == nil {
		delete(s.accounts, connection)
		return
	}
	s.accounts[connection] = o
}

func (s *Server) account(connection int) *store.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accounts[connection]
}

func refuseModify(w *gldap.ResponseWriter, r *gldap.Request) {
	_ = w.Write(r.NewModifyResponse(gldap.WithResponseCode(gldap.ResultUnwillingToPerform), gldap.WithDiagnosticMessage(readOnly)))
}

func refuseWrite(application int) gldap.HandlerFunc {
	return func(w *gldap.ResponseWriter, r *gldap.Request) {
		_ = w.Write(r.NewResponse(gldap.WithApplicationCode(application),
			gldap.WithResponseCode(gldap.ResultUnwillingToPerform), gldap.WithDiagnosticMessage(readOnly)))
	}
}

const readOnly = "this directory is read over LDAP and changed by provisioning requests only"

func (s *Server) startTLS(w *gldap.ResponseWriter, r *gldap.Request) {
	answer := r.NewExtendedResponse(gldap.WithResponseCode(gldap.ResultSuccess))
	answer.SetResponseName(gldap.ExtendedOperationStartTLS)
	if s.cfg.TLS == nil || s.cfg.Implicit {
		answer.SetResultCode(gldap.ResultUnavailable)
		answer.SetDiagnosticMessage("TLS is not configured")
		_ = w.Write(answer)
		return
	}
	if err := w.Write(answer); err != nil {
		return
	}
	if err := r.StartTLS(s.cfg.TLS); err != nil {
		s.cfg.Logger.Debug("LDAP StartTLS", "error", err)
	}
}
