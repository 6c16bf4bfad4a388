package ldap

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestListen_Refusals(t *testing.T) {
	store := opened(t, nil)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	for name, row := range map[string]struct {
		address string
		cfg     Config
		want    string
	}{
		"no store":       {"127.0.0.1:0", Config{}, "a store is required"},
		"no certificate": {"127.0.0.1:0", Config{Store: store, Logon: logon(store), Implicit: true}, "ldaps needs a certificate"},
		"no port":        {"127.0.0.1", Config{Store: store, Logon: logon(store)}, "missing port"},
		"port taken":     {taken.Addr().String(), Config{Store: store, Logon: logon(store)}, "address already in use"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Listen(t.Context(), row.address, row.cfg)
			assert.ErrorContains(t, err, row.want)
		})
	}
}

func TestServer_Close(t *testing.T) {
	s := start(t)
	idle := bound(t, s, adminName, adminPass)
	require.NoError(t, s.Check(t.Context()))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close(), "twice is once")
	assert.ErrorContains(t, s.Check(t.Context()), "stopped")
	_, err := net.Dial("tcp", s.Address())
	assert.Error(t, err, "nobody listens any more")
	_, err = idle.Search(at(""))
	assert.Error(t, err, "an open connection gets no answer")
	again, err := Listen(t.Context(), s.Address(), s.cfg)
	require.NoError(t, err, "the port is free")
	require.NoError(t, again.Close())
}

func TestServer_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store := opened(t, nil)
	s, err := Listen(ctx, "127.0.0.1:0", Config{Store: store, Logon: logon(store)})
	require.NoError(t, err)
	cancel()
	<-s.ended
	assert.ErrorContains(t, s.Check(t.Context()), "stopped")
}

// TestServer_Many starts and stops many servers at once. Each answers with its
// own name, so that no two can have had one port.
func TestServer_Many(t *testing.T) {
	store := opened(t, nil)
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			name := "dc" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ".example"
			s, err := Listen(t.Context(), "127.0.0.1:0", Config{Store: store, Logon: logon(store), Controller: name})
			if !assert.NoError(t, err) {
				return
			}
			conn, err := ldap.DialURL(s.URL())
			if assert.NoError(t, err) {
				result, err := conn.Search(at("", "dnsHostName"))
				if assert.NoError(t, err) {
					assert.Equal(t, name, result.Entries[0].GetAttributeValue("dnsHostName"))
				}
			}
			assert.NoError(t, s.Close(), "with a client that stays")
			if conn != nil {
				_ = conn.Close()
			}
		})
	}
	all.Wait()
}

func TestServer_ManyClients(t *testing.T) {
	s := start(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			conn, err := ldap.DialURL(s.URL())
			if !assert.NoError(t, err) {
				return
			}
			defer func() { _ = conn.Close() }()
			account, password, want := adminName, adminPass, 2
			if i%2 == 0 {
				account, password, want = "bob@beta.example", userPass, 1
			}
			for range 5 {
				if !assert.NoError(t, conn.Bind(account, password)) {
					return
				}
				result, err := conn.Search(find(resellerDN, "(|(cn=alice)(cn=bob))"))
				if assert.NoError(t, err) {
					assert.Len(t, result.Entries, want)
				}
			}
		})
	}
	all.Wait()
}

func TestServer_ForgetsConnections(t *testing.T) {
	s := start(t)
	for range 3 {
		conn := bound(t, s, adminName, adminPass)
		require.NoError(t, conn.Unbind())
	}
	assert.Eventually(t, func() bool { return s.connections.Connections() == 0 }, eventually, tick)
}

func TestServer_TLS(t *testing.T) {
	server, client := certificate(t)
	t.Run("ldaps", func(t *testing.T) {
		s := start(t, func(c *Config) { c.TLS, c.Implicit = server, true })
		assert.Contains(t, s.URL(), "ldaps://127.0.0.1:")
		conn := dial(t, s, ldap.DialWithTLSConfig(client))
		require.NoError(t, conn.Bind(adminName, adminPass))
		assert.Len(t, names(t, conn, at(domainDN)), 1)
		root, err := conn.Search(at("", "supportedExtension"))
		require.NoError(t, err)
		assert.NotContains(t, root.Entries[0].GetAttributeValues("supportedExtension"), startTLS, "no StartTLS within TLS")
		plain, err := ldap.DialURL("ldap://" + s.Address())
		require.NoError(t, err)
		defer func() { _ = plain.Close() }()
		assert.Error(t, plain.Bind(adminName, adminPass))
	})
	t.Run("StartTLS", func(t *testing.T) {
		s := start(t, func(c *Config) { c.TLS = server })
		conn := dial(t, s)
		root, err := conn.Search(at("", "supportedExtension"))
		require.NoError(t, err)
		assert.Contains(t, root.Entries[0].GetAttributeValues("supportedExtension"), startTLS)
		require.NoError(t, conn.StartTLS(client))
		state, ok := conn.TLSConnectionState()
		require.True(t, ok)
		assert.GreaterOrEqual(t, state.Version, uint16(tls.VersionTLS12))
		require.NoError(t, conn.Bind(adminName, adminPass))
		assert.Len(t, names(t, conn, at(domainDN)), 1)
	})
	t.Run("StartTLS without a certificate", func(t *testing.T) {
		conn := dial(t, start(t))
		err := conn.StartTLS(client)
		assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailable), "%v", err)
	})
}

func TestServer_RefusesWrites(t *testing.T) {
	s := start(t)
	conn := bound(t, s, adminName, adminPass)
	var before, after bytes.Buffer
	require.NoError(t, s.cfg.Store.Root().Dump(&before))
	alice := "CN=Alice," + alphaDN
	add := ldap.NewAddRequest("CN=New,"+alphaDN, nil)
	add.Attribute("objectClass", []string{"contact"})
	modify := ldap.NewModifyRequest(alice, nil)
	modify.Replace("description", []string{"x"})
	for name, write := range map[string]func() error{
		"add":    func() error { return conn.Add(add) },
		"modify": func() error { return conn.Modify(modify) },
		"delete": func() error { return conn.Del(ldap.NewDelRequest(alice, nil)) },
	} {
		err := write()
		assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultUnwillingToPerform), "%s: %v", name, err)
		assert.ErrorContains(t, err, "changed by provisioning requests (MPF) only", name)
	}
	_, err := conn.PasswordModify(ldap.NewPasswordModifyRequest(alice, userPass, "Other-Pass1"))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultProtocolError), "Active Directory does not know it: %v", err)
	assert.Len(t, names(t, conn, at(domainDN)), 1, "the connection goes on")
	err = conn.ModifyDN(ldap.NewModifyDNRequest(alice, "CN=Alicia", true, ""))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultUnwillingToPerform), "%v", err)
	assert.ErrorContains(t, err, "changed by provisioning requests (MPF) only")
	assert.Len(t, names(t, conn, at(domainDN)), 1, "the connection goes on")
	require.NoError(t, s.cfg.Store.Root().Dump(&after))
	assert.Equal(t, before.String(), after.String())
}

// packet gives the octets of a message with a search of the root DSE.
func packet() []byte {
	message := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	message.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 1, ""))
	search := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchRequest, nil, "")
	search.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	for _, tag := range []ber.Tag{ber.TagEnumerated, ber.TagEnumerated, ber.TagInteger, ber.TagInteger} {
		search.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, tag, 0, ""))
	}
	search.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, ""))
	filter, _ := ldap.CompileFilter("(&(objectClass=*)(cn=a*b))")
	search.AppendChild(filter)
	attributes := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	attributes.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "*", ""))
	search.AppendChild(attributes)
	message.AppendChild(search)
	controls := ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, "")
	controls.AppendChild(ldap.NewControlPaging(7).Encode())
	message.AppendChild(controls)
	return message.Bytes()
}

// garbage is what no client should send.
func garbage() map[string][]byte {
	whole := packet()
	rows := map[string][]byte{
		"nothing": {}, "one byte": {0x30}, "text": []byte("GET / HTTP/1.1\r\n\r\n"), "TLS": {0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0},
		"length of 2 GB":          {0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 0x02, 0x01, 0x01},
		"length of 2^63":          {0x30, 0x88, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"deeper than any request": bytes.Repeat([]byte{0x30, 0x80}, 100_000),
		"empty sequence":          {0x30, 0x00},
		"id without operation":    {0x30, 0x03, 0x02, 0x01, 0x01},
		"empty bind":              {0x30, 0x05, 0x02, 0x01, 0x01, 0x60, 0x00},
		"empty search":            {0x30, 0x05, 0x02, 0x01, 0x01, 0x63, 0x00},
		"empty extended request":  {0x30, 0x05, 0x02, 0x01, 0x01, 0x77, 0x00},
		"SASL bind":               {0x30, 0x12, 0x02, 0x01, 0x01, 0x60, 0x0d, 0x02, 0x01, 0x03, 0x04, 0x00, 0xa3, 0x06, 0x04, 0x04, 'G', 'S', 'S', 'A'},
		"unknown operation":       {0x30, 0x05, 0x02, 0x01, 0x01, 0x7e, 0x00},
		"control without a value": {0x30, 0x0b, 0x02, 0x01, 0x01, 0x42, 0x00, 0xa0, 0x04, 0x30, 0x02, 0x04, 0x00},
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range whole {
		rows["cut at "+string(rune(i))] = whole[:i]
	}
	for i := range 400 {
		broken := bytes.Clone(whole)
		for range 1 + i%4 {
			broken[random.IntN(len(broken))] = byte(random.UintN(256))
		}
		rows["broken "+string(rune(i))] = broken
	}
	return rows
}

// send writes octets to the server, reads what it answers, and gives up the
// connection.
func send(t testing.TB, s *Server, octets []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Address())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, _ = conn.Write(octets) // the server may have closed already
	_ = conn.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, conn)
}

func TestServer_Garbage(t *testing.T) {
	var log bytes.Buffer
	s := start(t, func(c *Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	good := bound(t, s, adminName, adminPass)
	for _, octets := range garbage() {
		send(t, s, octets)
	}
	assert.Len(t, names(t, good, at(domainDN)), 1, "others are served on")
	require.NoError(t, s.Close())
	assert.NotContains(t, log.String(), "panic", "in a handler of ours")
}

func FuzzServer(f *testing.F) {
	for _, octets := range garbage() {
		if len(octets) < 1000 {
			f.Add(octets)
		}
	}
	s := start(f)
	f.Fuzz(func(t *testing.T, octets []byte) {
		if len(octets) > 1<<16 {
			t.Skip("more than a request is long")
		}
		send(t, s, octets)
		send(t, s, packet())
		require.NoError(t, s.Check(t.Context()))
	})
}

func TestServer_AbandonIsPassedOver(t *testing.T) {
	s := start(t)
	conn, err := net.Dial("tcp", s.Address())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	abandon := ber.NewInteger(ber.ClassApplication, ber.TypePrimitive, ldap.ApplicationAbandonRequest, 7, "")
	_, err = conn.Write(append(newMessage(8, abandon).Bytes(), searchMessage(9, "")...))
	require.NoError(t, err)
	answer, err := readMessage(conn)
	require.NoError(t, err)
	assert.Equal(t, int64(9), answer.id)
}
