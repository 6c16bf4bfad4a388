package connection

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/ldap/wire"
)

// How long something that happens in its own time is waited for.
const (
	eventually = 10 * time.Second
	tick       = 2 * time.Millisecond
)

const password = "secret"

type name string

func (n name) AuthzID() string { return "u:" + string(n) }

// directory is a handler of one entry. What a field is set to is called first.
type directory struct {
	bind   func(ctx context.Context)
	search func(ctx context.Context, r *wire.SearchRequest, w *SearchWriter) (wire.Result, bool)
}

func (d directory) Bind(ctx context.Context, _ *Session, r *wire.BindRequest) (Identity, wire.Result) {
	if d.bind != nil {
		d.bind(ctx)
	}
	if r.Password != password {
		return nil, wire.Result{Code: ldap.LDAPResultInvalidCredentials, Text: "data 52e"}
	}
	return name(r.Name), wire.Result{}
}

func (d directory) Search(ctx context.Context, _ *Session, r *wire.SearchRequest, w *SearchWriter) wire.Result {
	if d.search != nil {
		if result, done := d.search(ctx, r, w); done {
			return result
		}
	}
	e := w.Begin("CN=a")
	e.Attribute("mail", "a@b")
	if err := w.End(); err != nil {
		return wire.Result{Code: ldap.LDAPResultOther, Text: err.Error()}
	}
	return wire.Result{}
}

func (d directory) Compare(_ context.Context, _ *Session, r *wire.CompareRequest) wire.Result {
	if r.Attribute == "mail" && r.Value == "a@b" {
		return wire.Result{Code: ldap.LDAPResultCompareTrue}
	}
	return wire.Result{Code: ldap.LDAPResultCompareFalse}
}

// start serves a directory on a free port until the test ends.
func start(t testing.TB, cfg Config) (*Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return serve(t, cfg, l), l.Addr().String()
}

// serve serves a directory on a listener until the test ends.
func serve(t testing.TB, cfg Config, l net.Listener) *Server {
	t.Helper()
	if cfg.Handler == nil {
		cfg.Handler = directory{}
	}
	s, err := New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, s.Shutdown(context.WithoutCancel(ctx)))
		assert.NoError(t, <-served)
	})
	return s
}

// dial connects go-ldap.
func dial(t testing.TB, address string) *ldap.Conn {
	t.Helper()
	conn, err := ldap.DialURL("ldap://" + address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	conn.SetTimeout(eventually)
	return conn
}

// raw connects without a library.
func raw(t testing.TB, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(eventually)))
	return conn
}

// send writes octets.
func send(t testing.TB, conn net.Conn, octets ...[]byte) {
	t.Helper()
	_, err := conn.Write(bytes.Join(octets, nil))
	require.NoError(t, err)
}

// response is what a client reads.
type response struct {
	id   int64
	tag  wire.Operation
	code int64
	name string // of an extended response
	text string
}

func receive(t testing.TB, conn net.Conn) response {
	t.Helper()
	p, err := ber.ReadPacket(conn)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(p.Children), 2)
	op := p.Children[1]
	r := response{id: p.Children[0].Value.(int64), tag: wire.Operation(op.Tag)}
	if r.tag == wire.OpSearchResultEntry {
		return r
	}
	r.code, r.text = op.Children[0].Value.(int64), op.Children[2].Data.String()
	if r.tag == wire.OpExtendedResponse && len(op.Children) > 3 {
		r.name = op.Children[3].Data.String()
	}
	return r
}

// closed asserts that the server ends the connection.
func closed(t testing.TB, conn net.Conn) {
	t.Helper()
	_, err := conn.Read(make([]byte, 1))
	require.Error(t, err)
	var timeout net.Error
	if assert.NotErrorAs(t, err, &timeout) || !timeout.Timeout() {
		return
	}
	assert.Fail(t, "the connection is open")
}

// message returns the octets of a request.
func message(id int64, op *ber.Packet, children ...*ber.Packet) []byte {
	for _, child := range children {
		op.AppendChild(child)
	}
	m := ber.NewSequence("")
	m.AppendChild(integer(id))
	m.AppendChild(op)
	return m.Bytes()
}

func packet(operation wire.Operation) *ber.Packet {
	return ber.Encode(ber.ClassApplication, ber.TypeConstructed, ber.Tag(operation), nil, "")
}

func integer(n int64) *ber.Packet {
	return ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, n, "")
}

func enumerated(n int64) *ber.Packet {
	return ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, n, "")
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func contextual(tag ber.Tag, s string) *ber.Packet {
	return ber.NewString(ber.ClassContext, ber.TypePrimitive, tag, s, "")
}

func bindMessage(id int64, name, password string) []byte {
	return message(id, packet(wire.OpBindRequest), integer(3), octets(name), contextual(0, password))
}

func searchMessage(id int64, base string) []byte {
	return message(id, packet(wire.OpSearchRequest), octets(base), enumerated(0), enumerated(0), integer(0), integer(0),
		ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, ""),
		contextual(ldap.FilterPresent, "objectClass"), ber.NewSequence(""))
}

func extendedMessage(id int64, oid string) []byte {
	return message(id, packet(wire.OpExtendedRequest), contextual(0, oid))
}

func abandonMessage(id, of int64) []byte {
	return message(id, ber.NewInteger(ber.ClassApplication, ber.TypePrimitive, ber.Tag(wire.OpAbandonRequest), of, ""))
}

func unbindMessage(id int64) []byte {
	return message(id, ber.Encode(ber.ClassApplication, ber.TypePrimitive, ber.Tag(wire.OpUnbindRequest), nil, ""))
}

// find is a search of one entry.
func find(controls ...ldap.Control) *ldap.SearchRequest {
	return ldap.NewSearchRequest("CN=a", ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", nil, controls)
}

// pipes is a listener of connections in memory, which hold no octets: what is
// written waits until it is read.
type pipes struct {
	clients chan net.Conn
	end     chan struct{}
	once    sync.Once
}

func newPipes() *pipes { return &pipes{clients: make(chan net.Conn), end: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.clients:
		return conn, nil
	case <-p.end:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.end) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial(t testing.TB) net.Conn {
	client, server := net.Pipe()
	p.clients <- server
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// logBuffer is a log that a test reads while it is written.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// certificate makes a server's TLS configuration and a client's that trusts it.
func certificate(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "dc1.fabrikam.com"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	server = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
	return server, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}
