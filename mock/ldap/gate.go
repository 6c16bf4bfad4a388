package ldap

import (
	"bufio"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"net"
	"sync"
)

// gate is what clients connect to. It takes TLS off a connection, answers the
// operations at which the library would end it, and hands everything else on
// to the library, which has an address of its own. There each connection
// begins with a key, so that nobody comes in beside the gate.
type gate struct {
	listener net.Listener
	tls      *tls.Config // nil: none
	implicit bool
	library  string // address
	key      string // name of an extended operation that no client knows

	mu     sync.Mutex
	closed bool
	links  map[*link]bool
}

// newKey makes a name that nobody guesses.
func newKey() string { return "1.3.6.1.4.1.1466." + rand.Text() }

// serve accepts connections until the listener is closed. It gives why it
// ended, if that is another reason.
func (g *gate) serve() error {
	for {
		conn, err := g.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		go g.relay(conn)
	}
}

// relay serves a connection until either side ends it.
func (g *gate) relay(conn net.Conn) {
	library, err := net.Dial("tcp", g.library)
	if err != nil {
		_ = conn.Close()
		return
	}
	l := &link{gate: g, conn: conn, library: library, client: conn}
	if g.implicit {
		l.client, l.encrypted = tls.Server(conn, g.tls), true
	}
	defer g.remove(l)
	if !g.add(l) {
		return
	}
	answers := bufio.NewReader(library)
	if l.introduce(answers) != nil {
		return
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		l.answers(answers)
		l.end()
	}()
	l.requests()
	_ = library.(*net.TCPConn).CloseWrite() // it answers what it has been asked
	<-answered
}

// add notes a link, unless the gate is closed.
func (g *gate) add(l *link) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.links[l] = true
	}
	return !g.closed
}

func (g *gate) remove(l *link) {
	l.close()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.links, l)
}

// close ends all connections and takes no new ones.
func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for l := range g.links {
		l.close()
	}
}
