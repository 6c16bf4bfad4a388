package connection

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
)

// Server serves LDAP clients.
type Server struct {
	cfg  Config
	done chan struct{} // closed by Shutdown

	mu         sync.Mutex
	closing    bool
	listeners  map[net.Listener]error // why one accepts nothing at the moment
	clients    map[*client]netip.Addr
	perAddress map[netip.Addr]int
	running    sync.WaitGroup // clients; added to under mu while not closing
}

// New returns a server, which serves nothing yet.
func New(cfg Config) (*Server, error) {
	switch {
	case cfg.Handler == nil:
		return nil, errors.New("LDAP server: a handler is required")
	case cfg.Implicit && cfg.tls() == nil:
		return nil, errors.New("LDAP server: ldaps needs a certificate")
	}
	return &Server{
		cfg: cfg.withDefaults(), done: make(chan struct{}), listeners: map[net.Listener]error{},
		clients: map[*client]netip.Addr{}, perAddress: map[netip.Addr]int{},
	}, nil
}

// Serve accepts connections until Shutdown, or until ctx ends, which also ends
// the connections. It then returns nil. It may be called for several listeners,
// which it closes.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	if !s.open(l) {
		_ = l.Close()
		return nil
	}
	defer s.forget(l)
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	return s.accept(ctx, l)
}

func (s *Server) open(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.listeners[l] = nil
	}
	return !s.closing
}

func (s *Server) forget(l net.Listener) {
	_ = l.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

// Check returns why the server accepts no connections at the moment, nil if it
// does.
func (s *Server) Check(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing || len(s.listeners) == 0 {
		return errors.New("LDAP server is stopped")
	}
	var failures error
	for _, err := range s.listeners {
		failures = errors.Join(failures, err)
	}
	return failures
}

// Connections returns how many clients are connected.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.clients)
}

// Shutdown closes the listeners first, so that their ports are free, then lets
// operations under way end and notifies the clients. When ctx ends before, work
// and connections are broken off, and its error is returned. No work runs any
// more when Shutdown returns.
func (s *Server) Shutdown(ctx context.Context) error {
	clients := s.stop()
	for _, c := range clients {
		c.drain()
	}
	ended := make(chan struct{})
	go func() { s.running.Wait(); close(ended) }()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	for _, c := range clients {
		c.abort()
	}
	<-ended
	return ctx.Err()
}

// stop closes the listeners and returns the clients that are connected.
func (s *Server) stop() []*client {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.closing = true
		close(s.done)
	}
	for l := range s.listeners {
		_ = l.Close()
	}
	clients := make([]*client, 0, len(s.clients))
	for c := range s.clients {
		clients = append(clients, c)
	}
	return clients
}
