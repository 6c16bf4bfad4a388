package connection

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/mock/ldap/wire"
)

// Pauses after a listener failed, such as for want of file descriptors.
const (
	firstPause = 5 * time.Millisecond
	lastPause  = time.Second
)

// accept accepts connections until the listener is closed.
func (s *Server) accept(ctx context.Context, l net.Listener) error {
	var pause time.Duration
	for {
		conn, err := l.Accept()
		if s.stopped(ctx) {
			if err == nil {
				_ = conn.Close()
			}
			return nil
		}
		if err == nil {
			if pause > 0 {
				s.note(l, nil)
				pause = 0
			}
			s.admit(ctx, conn)
			continue
		}
		s.note(l, err)
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		pause = min(max(2*pause, firstPause), lastPause)
		s.cfg.Logger.Warn("LDAP server cannot accept a connection", "error", err, "retry", pause.String())
		if !s.wait(ctx, pause) {
			return nil
		}
	}
}

func (s *Server) stopped(ctx context.Context) bool {
	select {
	case <-s.done:
		return true
	default:
		return ctx.Err() != nil
	}
}

// note keeps why a listener fails, for Check.
func (s *Server) note(l net.Listener, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners[l] = err
}

// wait reports whether the pause passed without the server being stopped.
func (s *Server) wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-s.done:
	}
	return false
}

// admit serves a connection, unless there are too many.
func (s *Server) admit(ctx context.Context, conn net.Conn) {
	c := newClient(ctx, &s.cfg, conn)
	if why := s.add(c, addressOf(conn.RemoteAddr())); why != "" {
		s.cfg.Logger.Debug("LDAP connection refused", "remote", conn.RemoteAddr().String(), "reason", why)
		if !s.cfg.Implicit {
			c.notify(ldap.LDAPResultBusy, why)
		}
		c.abort()
		return
	}
	go func() {
		defer s.remove(c)
		c.serve()
	}()
}

// add registers a client. It returns why it is refused, "" if it is not.
func (s *Server) add(c *client, address netip.Addr) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return "the server stops"
	case len(s.clients) >= s.cfg.MaxConnections:
		return "too many connections"
	case s.perAddress[address] >= s.cfg.MaxConnectionsPerAddress:
		return "too many connections from this address"
	}
	s.clients[c] = address
	s.perAddress[address]++
	s.running.Add(1)
	return ""
}

func (s *Server) remove(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	address := s.clients[c]
	delete(s.clients, c)
	if s.perAddress[address]--; s.perAddress[address] == 0 {
		delete(s.perAddress, address)
	}
	s.running.Done()
}

// networkBits is how much of an IPv6 address one client has for itself.
const networkBits = 64

// addressOf returns what connections are counted by. It is the zero Addr for
// connections that have no IP address.
func addressOf(remote net.Addr) netip.Addr {
	tcp, ok := remote.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	address := tcp.AddrPort().Addr().Unmap().WithZone("")
	if address.Is6() {
		if network, err := address.Prefix(networkBits); err == nil {
			return network.Addr()
		}
	}
	return address
}

// notify announces the end of the connection.
func (c *client) notify(code uint16, text string) {
	var e wire.Encoder
	e.Response(0, wire.Notice(code, text))
	_ = c.write(e.Bytes(), nil)
}
