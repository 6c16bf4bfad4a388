package connection

import (
	"context"
	"crypto/tls"
	"log/slog"
	"time"

	"wsexchange/mock/ldap/wire"
)

// Handler answers the requests that need the directory. Its methods are called
// from several goroutines and return when their context ends.
type Handler interface {
	// Bind checks a name and a password. The identity is what the session has
	// from then on if the result is success.
	Bind(ctx context.Context, s *Session, r *wire.BindRequest) (Identity, wire.Result)
	// Search writes the entries and returns the result.
	Search(ctx context.Context, s *Session, r *wire.SearchRequest, w *SearchWriter) wire.Result
	// Compare returns compareTrue, compareFalse or why neither is known.
	Compare(ctx context.Context, s *Session, r *wire.CompareRequest) wire.Result
}

// Identity is who a client is after a bind, as the handler knows it.
type Identity interface {
	// AuthzID returns the authorization identity for Who am I?, such as
	// "u:FABRIKAM\\alice" (RFC 4513 section 5.2.1.8).
	AuthzID() string
}

// Config says what a Server serves and what it allows. Handler is required; a
// number or duration that is 0 has its default.
type Config struct {
	Handler Handler
	// Controls are the OIDs of the controls that searches take. Every other
	// control that is critical is refused.
	Controls []string
	// TLS returns the configuration for StartTLS and ldaps, which may change
	// while the server runs. If it is nil, or returns nil, there is no TLS.
	TLS func() *tls.Config
	// Implicit makes every connection begin with TLS (ldaps).
	Implicit bool

	// MaxConnections bounds the connections of the server. Default 1000.
	MaxConnections int
	// MaxConnectionsPerAddress bounds the connections of one client address, for
	// IPv6 of one network of 64 bits. Default 200.
	MaxConnectionsPerAddress int
	// IdleTimeout is how long a client that is bound may send nothing. Default
	// 15 minutes, Active Directory's MaxConnIdleTime.
	IdleTimeout time.Duration
	// AnonymousTimeout is the same for a client that is not bound. Default 1
	// minute.
	AnonymousTimeout time.Duration
	// ReadTimeout is how long a client may take to send one request, once its
	// first octet has come, and for the handshake of TLS. Default 30 seconds.
	ReadTimeout time.Duration
	// WriteTimeout is how long a client may leave one piece of output unread.
	// Default 30 seconds.
	WriteTimeout time.Duration
	// MaxAnonymousRequest is the size of the largest request of a client that is
	// not bound, in octets. Default 64 KiB.
	MaxAnonymousRequest int
	// MaxRequest is the size of the largest request of a client that is bound.
	// Default 256 KiB.
	MaxRequest int
	// MaxOperations is how many operations of one connection run at a time.
	// Default 8.
	MaxOperations int
	// MaxWaiting bounds the requests of one connection that are received and not
	// begun, in octets. When they are more, the connection is not read. Default
	// 64 KiB.
	MaxWaiting int
	// MaxOutput is how much of an answer is held before it is written, in
	// octets: an operation waits until the client has read the rest. A single
	// entry may be larger. Default 32 KiB.
	MaxOutput int

	// Observe is called after each operation that was answered.
	Observe func(operation wire.Operation, code uint16, took time.Duration)
	// Logger receives failures that are not reported to a client. If nil, they are dropped.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	for _, n := range []struct {
		value    *int
		standard int
	}{
		{&c.MaxConnections, 1000},
		{&c.MaxConnectionsPerAddress, 200},
		{&c.MaxAnonymousRequest, 64 << 10},
		{&c.MaxRequest, 256 << 10},
		{&c.MaxOperations, 8},
		{&c.MaxWaiting, 64 << 10},
		{&c.MaxOutput, 32 << 10},
	} {
		if *n.value <= 0 {
			*n.value = n.standard
		}
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&c.IdleTimeout, 15 * time.Minute},
		{&c.AnonymousTimeout, time.Minute},
		{&c.ReadTimeout, 30 * time.Second},
		{&c.WriteTimeout, 30 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// tls returns the configuration of the moment, nil if there is none.
func (c *Config) tls() *tls.Config {
	if c.TLS == nil {
		return nil
	}
	return c.TLS()
}
