package ldap

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/ledger"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
)

// Names of the test directory: the demo data with two organizations.
const (
	domainDN   = "DC=fabrikam,DC=com"
	resellerDN = "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	alphaDN    = "OU=Alpha,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	betaDN     = "OU=Beta,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	oddDN      = `CN=Müller\, Jürgen \+ Söhne,OU=Alpha,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com`
	adminName  = `FABRIKAM\hsadmin`
	userPass   = "Wonderland-1"
)

// adminPass is the password of the demo data's account for a panel.
var adminPass = func() string {
	for _, account := range seed.Default().Accounts {
		if account.Name == "hsadmin" {
			return string(account.Password)
		}
	}
	return ""
}()

// passwords hashes at the lowest cost.
var passwords = directory.NewPasswords(4)

// logon is what a server checks passwords with.
func logon(s *ledger.Store) func(context.Context, string, string) (*directory.Object, error) {
	return func(ctx context.Context, name, password string) (*directory.Object, error) {
		return passwords.Logon(ctx,
			func(fn func(*state.Tx) error) error { return s.View(ctx, fn) },
			func(fn func(*state.Tx) error) error { return s.Update(ctx, fn) }, name, password)
	}
}

// opened makes the test directory in memory.
func opened(t testing.TB, now func() time.Time) *ledger.Store {
	t.Helper()
	if now == nil {
		now = time.Now
	}
	env := seed.Env(state.Env{Now: now, NewGUID: func() [16]byte { return directory.RandomGUID() }}, passwords)
	root, err := seed.Root(t.Context(), env, seed.Default())
	require.NoError(t, err)
	s, err := ledger.Open(t.Context(), ledger.Config{Schema: root.Schema(), Env: env, Root: root})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error {
		for _, org := range []string{alphaDN, betaDN} {
			create(t, tx, org, "organizationalUnit", nil)
		}
		for dn, login := range map[string]string{
			"CN=Alice," + alphaDN: "alice@alpha.example", "CN=Bob," + betaDN: "bob@beta.example", oddDN: "odd@alpha.example",
		} {
			user := create(t, tx, dn, "user", directory.Attributes{{Name: "userPrincipalName", Values: []string{login}}, {Name: "mail", Values: []string{login}}})
			require.NoError(t, directory.In(tx).SetPassword(user, userPass))
			require.NoError(t, directory.In(tx).SetEnabled(user, true))
		}
		return nil
	}))
	return s
}

func create(t testing.TB, tx *state.Tx, dn, class string, attributes directory.Attributes) *directory.Object {
	t.Helper()
	name, err := ldappath.ParseDN(dn)
	require.NoError(t, err)
	o, err := directory.In(tx).Create(name, class, attributes)
	require.NoError(t, err)
	return o
}

// update changes an object of the directory.
func update(t testing.TB, s *ledger.Store, dn string, change func(*state.Tx, *directory.Object) error) {
	t.Helper()
	name, err := ldappath.ParseDN(dn)
	require.NoError(t, err)
	require.NoError(t, s.Update(t.Context(), func(tx *state.Tx) error {
		o, err := directory.In(tx).Get(name)
		if err != nil {
			return err
		}
		return change(tx, o)
	}))
}

// start serves the test directory until the test ends.
func start(t testing.TB, change ...func(*Config)) *Server {
	t.Helper()
	var cfg Config
	for _, c := range change {
		c(&cfg)
	}
	if cfg.Store == nil {
		cfg.Store = opened(t, nil)
	}
	if cfg.Logon == nil {
		cfg.Logon = logon(cfg.Store)
	}
	s, err := Listen(t.Context(), "127.0.0.1:0", cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// dial connects to the server, anonymously.
func dial(t testing.TB, s *Server, options ...ldap.DialOpt) *ldap.Conn {
	t.Helper()
	conn, err := ldap.DialURL(s.URL(), options...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	conn.SetTimeout(30 * time.Second)
	return conn
}

// bound connects to the server as somebody.
func bound(t testing.TB, s *Server, name, password string) *ldap.Conn {
	t.Helper()
	conn := dial(t, s)
	require.NoError(t, conn.Bind(name, password))
	return conn
}

// find is a search of the subtree below base.
func find(base, filter string, attributes ...string) *ldap.SearchRequest {
	return ldap.NewSearchRequest(base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, attributes, nil)
}

// at is a search of one entry.
func at(dn string, attributes ...string) *ldap.SearchRequest {
	return ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", attributes, nil)
}

// names gives the names of the entries found.
func names(t testing.TB, conn *ldap.Conn, request *ldap.SearchRequest) []string {
	t.Helper()
	result, err := conn.Search(request)
	require.NoError(t, err)
	found := []string{}
	for _, entry := range result.Entries {
		found = append(found, entry.DN)
	}
	return found
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

func pemOf(server *tls.Config) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificates[0].Certificate[0]})
}

// How long something that happens in its own time is waited for.
const (
	eventually = 30 * time.Second
	tick       = 5 * time.Millisecond
)

// message is what the server or a client has sent.
type message struct {
	id int64
	op *ber.Packet
}

func newMessage(id int64, op *ber.Packet) *ber.Packet {
	m := ber.NewSequence("")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	m.AppendChild(op)
	return m
}

func readMessage(from io.Reader) (message, error) {
	packet, err := ber.ReadPacket(from)
	if err != nil {
		return message{}, err
	}
	if len(packet.Children) < 2 {
		return message{}, errors.New("not an LDAP message")
	}
	id, _ := packet.Children[0].Value.(int64)
	return message{id, packet.Children[1]}, nil
}
