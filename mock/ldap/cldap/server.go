package cldap

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/mock/ldap/wire"
)

// Config says what a Server answers. Describe is required; a number that is 0
// has its default.
type Config struct {
	// Describe returns the domain of the moment.
	Describe func(context.Context) (Domain, error)
	// Known reports whether an account exists. If nil, every account does.
	Known func(ctx context.Context, user string) bool
	// RootDSE returns attributes of the root DSE for searches that are not pings.
	// If nil, those are not answered.
	RootDSE func(ctx context.Context, r *wire.SearchRequest) ([]wire.Attribute, error)
	// PerSecond is how many questions of one address are answered in a second,
	// for IPv6 of one network of 64 bits. Default 10.
	PerSecond int
	// Total is how many questions are answered in a second in all. Default 500.
	Total int
	// Logger receives failures that are not reported to a client. If nil, they are dropped.
	Logger *slog.Logger
	// Now is the clock. If nil, it is time.Now.
	Now func() time.Time
}

// Server answers LDAP pings.
type Server struct {
	cfg   Config
	limit limit
}

// New returns a server, which serves nothing yet.
func New(cfg Config) (*Server, error) {
	if cfg.Describe == nil {
		return nil, errors.New("LDAP ping: a description of the domain is required")
	}
	if cfg.PerSecond <= 0 {
		cfg.PerSecond = 10
	}
	if cfg.Total <= 0 {
		cfg.Total = 500
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Server{cfg: cfg, limit: limit{perAddress: cfg.PerSecond, total: cfg.Total}}, nil
}

// largestQuestion is the largest datagram that is read.
const largestQuestion = 1500

// retry is how long a failure to read is waited for.
const retry = 100 * time.Millisecond

// Serve answers what comes over the connection, which it closes, until ctx
// ends. It then returns nil.
func (s *Server) Serve(ctx context.Context, conn *net.UDPConn) error {
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	buffer := make([]byte, largestQuestion+1)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil:
			s.cfg.Logger.Warn("LDAP ping cannot be read", "error", err)
			if !sleep(ctx, retry) {
				return nil
			}
			continue
		case n > largestQuestion || !s.limit.allows(from.Addr(), s.cfg.Now()):
			continue
		}
		if answer := s.answer(ctx, buffer[:n]); answer != nil {
			if _, err := conn.WriteToUDPAddrPort(answer, from); err != nil {
				s.cfg.Logger.Debug("LDAP ping cannot be answered", "remote", from.String(), "error", err)
			}
		}
	}
}

func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// answer returns the datagram that answers one, nil if it has no answer: one
// that is not understood might be an answer itself.
func (s *Server) answer(ctx context.Context, question []byte) []byte {
	message, err := wire.DecodeDatagram(question, wire.Limits{Size: largestQuestion})
	if err != nil {
		return nil
	}
	search, ok := message.Request.(*wire.SearchRequest)
	if !ok {
		return nil
	}
	attributes, err := s.attributes(ctx, search)
	if err != nil {
		s.cfg.Logger.Error("LDAP ping", "error", err)
		return nil
	}
	var e wire.Encoder
	if len(attributes) > 0 {
		e.BeginEntry(message.ID, "")
		for _, a := range attributes {
			e.Attribute(a.Name, a.Values...)
		}
		e.EndEntry()
	}
	e.Response(message.ID, wire.Response{Operation: wire.OpSearchResultDone, Result: wire.Result{Code: ldap.LDAPResultSuccess}})
	return e.Bytes()
}

// attributes returns the entry that answers a search, nothing if there is none:
// a ping for another domain is answered so.
func (s *Server) attributes(ctx context.Context, r *wire.SearchRequest) ([]wire.Attribute, error) {
	ping, err := ReadPing(r)
	if err != nil {
		if s.cfg.RootDSE == nil || r.Base != "" || r.Scope != ldap.ScopeBaseObject {
			return nil, nil
		}
		return s.cfg.RootDSE(ctx, r)
	}
	domain, err := s.cfg.Describe(ctx)
	if err != nil || !domain.Knows(ping) {
		return nil, err
	}
	known := ping.User == "" || s.cfg.Known == nil || s.cfg.Known(ctx, ping.User)
	return []wire.Attribute{{Name: "netlogon", Values: []string{string(domain.Answer(ping, known))}}}, nil
}

// limit counts answers of the current second.
type limit struct {
	perAddress, total int
	second            int64
	answered          int
	of                map[netip.Addr]int
}

// networkBits is how much of an IPv6 address one client has for itself.
const networkBits = 64

// allows reports whether one more question is answered. What is kept is bounded
// by the total.
func (l *limit) allows(address netip.Addr, now time.Time) bool {
	if second := now.Unix(); l.of == nil || second != l.second {
		l.second, l.answered, l.of = second, 0, make(map[netip.Addr]int)
	}
	address = address.Unmap().WithZone("")
	if address.Is6() {
		if network, err := address.Prefix(networkBits); err == nil {
			address = network.Addr()
		}
	}
	if l.answered >= l.total || l.of[address] >= l.perAddress {
		return false
	}
	l.answered++
	l.of[address]++
	return true
}
