package connection

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/ldap/wire"
)

func TestNew_Refusals(t *testing.T) {
	_, err := New(Config{})
	assert.ErrorContains(t, err, "a handler is required")
	_, err = New(Config{Handler: directory{}, Implicit: true})
	assert.ErrorContains(t, err, "ldaps needs a certificate")
}

func TestServer_Operations(t *testing.T) {
	observed := make(chan wire.Operation, 100)
	_, address := start(t, Config{
		Controls: []string{"1.2.3"},
		Observe:  func(operation wire.Operation, _ uint16, _ time.Duration) { observed <- operation },
	})
	conn := dial(t, address)
	who := func() string {
		t.Helper()
		result, err := conn.WhoAmI(nil)
		require.NoError(t, err)
		return result.AuthzID
	}
	assert.Empty(t, who())
	require.NoError(t, conn.Bind("alice", password))
	assert.Equal(t, wire.OpExtendedRequest, <-observed)
	assert.Equal(t, wire.OpBindRequest, <-observed)
	assert.Equal(t, "u:alice", who())
	result, err := conn.Search(find(ldap.NewControlString("1.2.3", true, ""), ldap.NewControlString("1.2.4", false, "")))
	require.NoError(t, err)
	require.Len(t, result.Entries, 1)
	assert.Equal(t, "a@b", result.Entries[0].GetAttributeValue("mail"))
	same, err := conn.Compare("CN=a", "mail", "a@b")
	require.NoError(t, err)
	assert.True(t, same)
	same, err = conn.Compare("CN=a", "mail", "x")
	require.NoError(t, err)
	assert.False(t, same)

	refused := func(err error, code uint16, text string) {
		t.Helper()
		assert.True(t, ldap.IsErrorWithCode(err, code), "%v", err)
		assert.ErrorContains(t, err, text)
	}
	_, err = conn.Search(find(ldap.NewControlString("1.2.840.113556.1.4.528", true, "")))
	refused(err, ldap.LDAPResultUnavailableCriticalExtension, "control 1.2.840.113556.1.4.528 is not supported")
	_, err = conn.Extended(ldap.NewExtendedRequest("1.2.3.4.5", nil))
	refused(err, ldap.LDAPResultProtocolError, "Unknown extended request OID")
	refused(conn.Add(ldap.NewAddRequest("CN=b", nil)), ldap.LDAPResultUnwillingToPerform, "MPF")
	refused(conn.Del(ldap.NewDelRequest("CN=a", nil)), ldap.LDAPResultUnwillingToPerform, "MPF")
	modify := ldap.NewModifyRequest("CN=a", nil)
	modify.Replace("mail", []string{"x"})
	refused(conn.Modify(modify), ldap.LDAPResultUnwillingToPerform, "MPF")
	refused(conn.ModifyDN(ldap.NewModifyDNRequest("CN=a", "CN=b", true, "")), ldap.LDAPResultUnwillingToPerform, "MPF")
	refused(conn.Bind("alice", "wrong"), ldap.LDAPResultInvalidCredentials, "52e")
	assert.Empty(t, who(), "a bind that fails leaves the client anonymous")
	require.NoError(t, conn.UnauthenticatedBind(""))
	refused(conn.UnauthenticatedBind("alice"), ldap.LDAPResultUnwillingToPerform, "needs a password")
	refused(conn.StartTLS(nil), ldap.LDAPResultUnavailable, "TLS is not configured")
}

func TestServer_OtherBinds(t *testing.T) {
	_, address := start(t, Config{})
	conn := raw(t, address)
	sasl := ber.Encode(ber.ClassContext, ber.TypeConstructed, ber.Tag(wire.BindSASL), nil, "")
	sasl.AppendChild(octets("GSS-SPNEGO"))
	for i, step := range []struct {
		name           string
		version        int64
		authentication *ber.Packet
		want           int64
	}{
		{"LDAPv2", 2, contextual(0, password), ldap.LDAPResultSuccess},
		{"LDAPv1", 1, contextual(0, password), ldap.LDAPResultProtocolError},
		{"LDAPv4", 4, contextual(0, password), ldap.LDAPResultProtocolError},
		{"SASL", 3, sasl, ldap.LDAPResultAuthMethodNotSupported},
		{"Sicily discovery", 3, contextual(ber.Tag(wire.BindSicilyDiscover), ""), ldap.LDAPResultAuthMethodNotSupported},
		{"NTLM", 3, contextual(ber.Tag(wire.BindSicilyBegin), "NTLMSSP\x00"), ldap.LDAPResultAuthMethodNotSupported},
		{"the connection goes on", 3, contextual(0, password), ldap.LDAPResultSuccess},
	} {
		id := int64(i + 1)
		send(t, conn, message(id, packet(wire.OpBindRequest), integer(step.version), octets("alice"), step.authentication))
		got := receive(t, conn)
		assert.Equal(t, wire.OpBindResponse, got.tag, step.name)
		assert.Equal(t, step.want, got.code, step.name)
		assert.Equal(t, id, got.id, step.name)
	}
}

func TestServer_MalformedRequestsAreAnswered(t *testing.T) {
	_, address := start(t, Config{})
	conn := raw(t, address)
	send(t, conn, message(1, packet(wire.OpCompareRequest)))
	assert.Equal(t, response{id: 1, tag: wire.OpCompareResponse, code: ldap.LDAPResultProtocolError, text: "compare request: entry is missing"}, receive(t, conn))
	send(t, conn, extendedMessage(2, whoAmI))
	assert.EqualValues(t, 2, receive(t, conn).id, "the connection goes on")
	send(t, conn, bindMessage(3, "alice", password))
	require.Zero(t, receive(t, conn).code)
	send(t, conn, message(4, packet(wire.OpBindRequest)))
	assert.EqualValues(t, ldap.LDAPResultProtocolError, receive(t, conn).code)
	who, err := ber.DecodePacketErr(whoAmIAnswer(t, conn))
	require.NoError(t, err)
	assert.Len(t, who.Children[1].Children[3].Data.Bytes(), 0, "a bind that fails leaves the client anonymous")
}

// whoAmIAnswer returns the octets of the answer to Who am I?
func whoAmIAnswer(t *testing.T, conn net.Conn) []byte {
	t.Helper()
	send(t, conn, extendedMessage(9, whoAmI))
	buffer := make([]byte, 200)
	n, err := conn.Read(buffer)
	require.NoError(t, err)
	return buffer[:n]
}

func TestServer_BrokenProtocolIsToldAndEnds(t *testing.T) {
	_, address := start(t, Config{})
	for name, sent := range map[string]string{
		"HTTP": "GET / HTTP/1.1\r\n\r\n", "too large": "\x30\x84\x00\x01\x00\x01", "indefinite": "\x30\x80", "unknown operation": "\x30\x05\x02\x01\x01\x7e\x00",
	} {
		t.Run(name, func(t *testing.T) {
			conn := raw(t, address)
			send(t, conn, []byte(sent))
			got := receive(t, conn)
			assert.Zero(t, got.id)
			assert.Equal(t, wire.NoticeOfDisconnection, got.name)
			assert.EqualValues(t, ldap.LDAPResultProtocolError, got.code)
			closed(t, conn)
		})
	}
}

func TestServer_SizesOfRequests(t *testing.T) {
	_, address := start(t, Config{MaxAnonymousRequest: 200, MaxRequest: 2000})
	long := func(size int) []byte { return searchMessage(9, string(make([]byte, size))) }
	conn := raw(t, address)
	send(t, conn, bindMessage(1, "alice", password))
	require.Zero(t, receive(t, conn).code)
	send(t, conn, long(1800))
	assert.Equal(t, wire.OpSearchResultEntry, receive(t, conn).tag)
	assert.Equal(t, wire.OpSearchResultDone, receive(t, conn).tag)
	send(t, conn, bindMessage(2, "", ""))
	require.Zero(t, receive(t, conn).code)
	send(t, conn, long(300))
	assert.Contains(t, receive(t, conn).text, "larger than 200", "anonymous again")
	conn = raw(t, address)
	send(t, conn, bindMessage(1, "alice", password))
	require.Zero(t, receive(t, conn).code)
	send(t, conn, long(2100))
	assert.Contains(t, receive(t, conn).text, "larger than 2000")
}

func TestServer_APanicEndsItsOperationOnly(t *testing.T) {
	log := &logBuffer{}
	_, address := start(t, Config{Logger: log.logger(), Handler: directory{search: func(_ context.Context, r *wire.SearchRequest, w *SearchWriter) (wire.Result, bool) {
		w.Begin("CN=half")
		panic("a bug")
	}}})
	conn := raw(t, address)
	send(t, conn, searchMessage(1, ""))
	assert.Equal(t, response{id: 1, tag: wire.OpSearchResultDone, code: ldap.LDAPResultOther, text: "internal error"}, receive(t, conn))
	send(t, conn, extendedMessage(2, whoAmI))
	assert.EqualValues(t, 2, receive(t, conn).id)
	assert.Contains(t, log.String(), "a bug")
}

func TestServer_TLS(t *testing.T) {
	server, client := certificate(t)
	config := func() *tls.Config { return server }
	t.Run("ldaps", func(t *testing.T) {
		_, address := start(t, Config{TLS: config, Implicit: true})
		conn, err := ldap.DialURL("ldaps://"+address, ldap.DialWithTLSConfig(client))
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		require.NoError(t, conn.Bind("alice", password))
		plain := raw(t, address)
		send(t, plain, bindMessage(1, "alice", password))
		_, err = ber.ReadPacket(plain)
		assert.Error(t, err)
	})
	t.Run("StartTLS", func(t *testing.T) {
		_, address := start(t, Config{TLS: config})
		conn := dial(t, address)
		require.NoError(t, conn.StartTLS(client))
		require.NoError(t, conn.Bind("alice", password))
		_, err := conn.Extended(ldap.NewExtendedRequest(startTLS, nil))
		assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultOperationsError), "%v", err)
		_, err = conn.Search(find())
		assert.NoError(t, err, "the connection goes on")
	})
	t.Run("StartTLS as soon as an answer is read", func(t *testing.T) {
		observed := make(chan struct{})
		_, address := start(t, Config{TLS: config, Observe: func(wire.Operation, uint16, time.Duration) { <-observed }})
		conn := raw(t, address)
		send(t, conn, searchMessage(1, "CN=a"))
		for receive(t, conn).tag != wire.OpSearchResultDone {
		}
		// The search has been answered and has not ended.
		send(t, conn, extendedMessage(2, startTLS))
		assert.EqualValues(t, ldap.LDAPResultSuccess, receive(t, conn).code)
		close(observed)
	})
	t.Run("requests before the answer", func(t *testing.T) {
		_, address := start(t, Config{TLS: config})
		conn := raw(t, address)
		send(t, conn, extendedMessage(1, startTLS), bindMessage(2, "mallory", password))
		got := receive(t, conn)
		assert.Equal(t, wire.NoticeOfDisconnection, got.name)
		closed(t, conn)
	})
	t.Run("while operations run", func(t *testing.T) {
		release := make(chan struct{})
		_, address := start(t, Config{TLS: config, Handler: directory{search: func(context.Context, *wire.SearchRequest, *SearchWriter) (wire.Result, bool) {
			<-release
			return wire.Result{}, true
		}}})
		conn := raw(t, address)
		send(t, conn, searchMessage(1, ""), extendedMessage(2, startTLS))
		assert.EqualValues(t, ldap.LDAPResultOperationsError, receive(t, conn).code)
		close(release)
		assert.EqualValues(t, 1, receive(t, conn).id)
	})
}

func TestServer_ShutdownFreesThePortFirst(t *testing.T) {
	began, release := make(chan struct{}), make(chan struct{})
	s, address := start(t, Config{Handler: directory{search: func(context.Context, *wire.SearchRequest, *SearchWriter) (wire.Result, bool) {
		close(began)
		<-release
		return wire.Result{}, true
	}}})
	require.Eventually(t, func() bool { return s.Check(t.Context()) == nil }, eventually, tick)
	busy, idle := raw(t, address), raw(t, address)
	send(t, busy, searchMessage(1, ""))
	<-began
	require.Eventually(t, func() bool { return s.Connections() == 2 }, eventually, tick)
	down := make(chan error)
	go func() { down <- s.Shutdown(t.Context()) }()
	got := receive(t, idle)
	assert.Equal(t, wire.NoticeOfDisconnection, got.name)
	assert.EqualValues(t, ldap.LDAPResultUnavailable, got.code)
	closed(t, idle)
	again, err := net.Listen("tcp", address)
	require.NoError(t, err, "the port is free while an operation runs")
	require.NoError(t, again.Close())
	assert.ErrorContains(t, s.Check(t.Context()), "stopped")
	close(release)
	assert.Equal(t, response{id: 1, tag: wire.OpSearchResultDone}, receive(t, busy), "it is answered")
	assert.Equal(t, wire.NoticeOfDisconnection, receive(t, busy).name)
	assert.NoError(t, <-down)
	assert.Zero(t, s.Connections())
}

func TestServer_ShutdownBreaksOffWhatDoesNotEnd(t *testing.T) {
	began := make(chan struct{})
	s, address := start(t, Config{Handler: directory{search: func(ctx context.Context, _ *wire.SearchRequest, _ *SearchWriter) (wire.Result, bool) {
		close(began)
		<-ctx.Done()
		return wire.Result{}, true
	}}})
	conn := raw(t, address)
	send(t, conn, searchMessage(1, ""))
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	assert.ErrorIs(t, s.Shutdown(ctx), context.Canceled)
	closed(t, conn)
}

// failing is a listener that fails before it accepts.
type failing struct {
	net.Listener
	failures int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.failures > 0 {
		f.failures--
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

func TestServer_GoesOnAfterAcceptFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	log := &logBuffer{}
	s := serve(t, Config{Logger: log.logger()}, &failing{Listener: l, failures: 5})
	require.NoError(t, dial(t, l.Addr().String()).Bind("alice", password))
	assert.Contains(t, log.String(), "too many open files")
	assert.Contains(t, log.String(), "retry=80ms", "the pause grows")
	assert.NoError(t, s.Check(t.Context()))
}

func TestServer_CheckSaysWhyNothingIsAccepted(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := serve(t, Config{}, &failing{Listener: l, failures: 1 << 20})
	assert.Eventually(t, func() bool { return errors.Is(s.Check(t.Context()), syscall.EMFILE) }, eventually, tick)
}

func TestServer_ServeReportsAListenerThatIsClosed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s, err := New(Config{Handler: directory{}})
	require.NoError(t, err)
	require.NoError(t, l.Close())
	assert.ErrorIs(t, s.Serve(t.Context(), l), net.ErrClosed)
	require.NoError(t, s.Shutdown(t.Context()))
	require.NoError(t, s.Shutdown(t.Context()), "twice is once")
	assert.NoError(t, s.Serve(t.Context(), l), "it serves nothing any more")
}
