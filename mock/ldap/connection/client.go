package connection

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/mock/ldap/wire"
)

// client is a connection. One goroutine reads it, in serve.
type client struct {
	cfg     *Config
	raw     net.Conn // as it was accepted
	session Session
	reader  *wire.Reader // of the goroutine that reads
	bound   bool         // the limits of reader are those of a bound client
	ctx     context.Context
	cancel  context.CancelFunc

	writing chan struct{} // has one element while stream is written or replaced
	stream  net.Conn      // raw, or TLS over it

	mu       sync.Mutex
	changed  sync.Cond // an operation has ended
	running  []*operation
	waiting  [][]byte        // requests, in the order they came
	octets   int             // of waiting
	draining bool            // the server stops: nothing begins any more
	ended    bool            // the connection ends
	spare    bool            // a goroutine waits for the next operation
	next     chan *operation // what it waits on
	work     sync.WaitGroup
}

func newClient(ctx context.Context, cfg *Config, conn net.Conn) *client {
	c := &client{cfg: cfg, raw: conn, stream: conn, writing: make(chan struct{}, 1), next: make(chan *operation, 1)}
	c.session.remote = conn.RemoteAddr()
	c.changed.L = &c.mu
	c.ctx, c.cancel = context.WithCancel(ctx)
	c.reader = wire.NewReader(conn, wire.Limits{Size: cfg.MaxAnonymousRequest})
	return c
}

// errDraining ends the reading of a connection because the server stops.
var errDraining = errors.New("the server stops")

// serve reads requests until the connection ends, and returns when no work of
// it runs any more.
func (c *client) serve() {
	stop := context.AfterFunc(c.ctx, func() { _ = c.raw.Close() })
	defer stop()
	err := c.begin()
	for err == nil {
		err = c.serveOne()
	}
	c.end(err)
}

// begin makes the handshake of ldaps.
func (c *client) begin() error {
	if !c.cfg.Implicit {
		return nil
	}
	config := c.cfg.tls()
	if config == nil {
		return errors.New("the certificate was removed")
	}
	return c.handshake(config)
}

func (c *client) handshake(config *tls.Config) error {
	if err := c.setReadDeadline(c.cfg.ReadTimeout); err != nil {
		return err
	}
	if err := c.raw.SetWriteDeadline(time.Now().Add(c.cfg.ReadTimeout)); err != nil {
		return err
	}
	stream := tls.Server(c.raw, config)
	if err := stream.HandshakeContext(c.ctx); err != nil {
		return err
	}
	c.writing <- struct{}{}
	defer func() { <-c.writing }()
	c.stream, c.reader, c.bound = stream, wire.NewReader(stream, wire.Limits{Size: c.cfg.MaxAnonymousRequest}), false
	c.session.encrypt()
	return nil
}

// serveOne reads a request and begins its operation, or has it wait.
func (c *client) serveOne() error {
	octets, err := c.read()
	if err != nil {
		return err
	}
	id, operation, err := wire.Peek(octets)
	if err != nil {
		return err
	}
	switch operation {
	case wire.OpUnbindRequest:
		return io.EOF
	case wire.OpAbandonRequest:
		c.abandon(octets)
		return nil
	case wire.OpExtendedRequest:
		if m, err := wire.Decode(octets); err == nil && m.Request.(*wire.ExtendedRequest).Name == startTLS {
			return c.startTLS(id)
		}
	}
	return c.admit(octets, id, operation)
}

// read waits for the next request and reads it.
func (c *client) read() ([]byte, error) {
	if err := c.await(); err != nil {
		return nil, err
	}
	if !c.reader.Complete() {
		if err := c.setReadDeadline(c.cfg.ReadTimeout); err != nil {
			return nil, err
		}
	}
	c.setLimits()
	return c.reader.Next()
}

// await waits for the first octet of the next request, as long as a client may
// be silent. How long that is can change meanwhile, for a bind may be under way.
func (c *client) await() error {
	since := time.Now()
	for {
		if err := c.setReadDeadline(c.idleTimeout() - time.Since(since)); err != nil {
			return err
		}
		err := c.reader.Wait()
		switch {
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		case c.busy():
			since = time.Now() // it waits for an answer
		case time.Since(since) >= c.idleTimeout():
			return err
		}
	}
}

func (c *client) idleTimeout() time.Duration {
	if c.session.Identity() != nil {
		return c.cfg.IdleTimeout
	}
	return c.cfg.AnonymousTimeout
}

// setLimits applies the limits of a client that is bound, or of one that is not.
func (c *client) setLimits() {
	if bound := c.session.Identity() != nil; bound != c.bound {
		c.bound = bound
		size := c.cfg.MaxAnonymousRequest
		if bound {
			size = c.cfg.MaxRequest
		}
		c.reader.SetLimits(wire.Limits{Size: size})
	}
}

// setReadDeadline bounds the next reads, unless the server stops: drain has set
// a deadline in the past then.
func (c *client) setReadDeadline(after time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.draining {
		return errDraining
	}
	return c.raw.SetReadDeadline(time.Now().Add(after))
}

func (c *client) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.running) > 0 && !c.draining
}

// underWay reports whether the client waits for an answer that is not being
// written yet. The operation of one that is being written may still be running.
func (c *client) underWay() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting) > 0 || slices.ContainsFunc(c.running, func(o *operation) bool { return !o.answered })
}

// drain lets the operations under way end and begins none.
func (c *client) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = true
	c.changed.Broadcast()
	_ = c.raw.SetReadDeadline(time.Unix(1, 0))
}

// abort breaks off the connection and the work for it.
func (c *client) abort() {
	c.cancel()
	_ = c.raw.Close()
}

// end ends the connection, and sends the reason if the client can read it.
func (c *client) end(err error) {
	c.mu.Lock()
	c.ended = true
	if c.spare {
		c.spare = false
		close(c.next)
	}
	draining := c.draining
	c.changed.Broadcast()
	c.mu.Unlock()
	var malformed *wire.SyntaxError
	switch {
	case draining:
		c.work.Wait()
		c.notify(ldap.LDAPResultUnavailable, errDraining.Error())
	case errors.As(err, &malformed):
		c.cfg.Logger.Debug("LDAP client breaks the protocol", "remote", c.session.remote.String(), "error", err)
		c.cancelWork()
		c.notify(ldap.LDAPResultProtocolError, err.Error())
		c.linger()
	}
	c.closeTLS()
	c.abort()
	c.work.Wait()
}

// closeTLS announces to the client that nothing was cut off, unless something is being
// written.
func (c *client) closeTLS() {
	select {
	case c.writing <- struct{}{}:
		defer func() { <-c.writing }()
	default:
		return
	}
	if stream, ok := c.stream.(*tls.Conn); ok {
		_ = stream.CloseWrite()
	}
}

// cancelWork ends the operations under way, but not the connection.
func (c *client) cancelWork() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, o := range c.running {
		o.abandoned = true
		o.cancel()
	}
}

// How much of what a client still sends is read, so that the notice reaches it
// before the connection is reset.
const (
	lingerTime   = time.Second
	lingerOctets = 1 << 20
)

func (c *client) linger() {
	half, ok := c.raw.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.setReadDeadline(lingerTime) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c.raw, lingerOctets)
}
