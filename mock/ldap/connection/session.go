package connection

import (
	"net"
	"sync"
)

// Session is what is known of a client.
type Session struct {
	remote net.Addr

	mu        sync.Mutex
	identity  Identity
	encrypted bool
}

// Identity returns who the client is, nil if it is anonymous.
func (s *Session) Identity() Identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.identity
}

// RemoteAddr returns the address of the client.
func (s *Session) RemoteAddr() net.Addr { return s.remote }

// Encrypted reports whether the connection is under TLS.
func (s *Session) Encrypted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.encrypted
}

func (s *Session) become(identity Identity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.identity = identity
}

func (s *Session) encrypt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.encrypted = true
}
