package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"
)

// domainController is a small directory that answers as Active Directory does
// where it matters: binds by login, memberOf, and the rule that follows it.
type domainController struct {
	address string
	ca      string // file of its CA

	mu        sync.Mutex
	logins    map[string]string // bind name, lower case: password
	refusals  map[string]string // bind name, lower case: diagnostic text
	bindCode  int               // given to every bind, if set
	entries   map[string]map[string][]string
	chain     chainRule
	bound     []string // names, in order
	encrypted bool     // a StartTLS came
}

// chainRule is what the server makes of LDAP_MATCHING_RULE_IN_CHAIN.
type chainRule int

const (
	follows chainRule = iota
	refuses
	findsNothing
)

const fabrikam = "DC=fabrikam,DC=local"

func sid(rid uint32) string {
	domain := []byte{1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	return string(binary.LittleEndian.AppendUint32(domain, rid))
}

func group(rid uint32, name string, memberOf ...string) map[string][]string {
	return map[string][]string{
		"objectClass": {"group"}, "cn": {name}, "sAMAccountName": {name}, "objectSid": {sid(rid)}, "memberOf": memberOf,
		"primaryGroupToken": {strconv.FormatUint(uint64(rid), 10)},
	}
}

func account(login string, primary string, memberOf ...string) map[string][]string {
	return map[string][]string{
		"objectClass": {"user"}, "cn": {login}, "sAMAccountName": {login}, "userPrincipalName": {login + "@fabrikam.local"},
		"objectSid": {sid(1000 + uint32(len(login)))}, "primaryGroupID": {primary}, "memberOf": memberOf,
	}
}

func cn(name string) string { return "CN=" + name + ",CN=Users," + fabrikam }

// newDomainController fills the directory. Every password is "secret".
func newDomainController() *domainController {
	dc := &domainController{logins: map[string]string{}, refusals: map[string]string{}, entries: map[string]map[string][]string{
		"": {
			"objectClass": {"top"}, "defaultNamingContext": {fabrikam}, "configurationNamingContext": {"CN=Configuration," + fabrikam},
			"supportedCapabilities": {activeDirectory},
		},
		"CN=FABRIKAM,CN=Partitions,CN=Configuration," + fabrikam: {
			"objectClass": {"crossRef"}, "nCName": {fabrikam}, "nETBIOSName": {"FABRIKAM"},
		},
		cn("Domain Admins"):   group(512, "Domain Admins"),
		cn("Domain Users"):    group(513, "Domain Users"),
		cn("Tier One"):        group(1101, "Tier One", cn("Domain Admins")),
		cn("Tier Two"):        group(1102, "Tier Two", cn("Ring"), cn("Tier One")),
		cn("Ring"):            group(1103, "Ring", cn("Tier Two")),
		cn("Primary In Tier"): group(1104, "Primary In Tier", cn("Tier Two")),
		cn("direct"):          account("direct", "513", cn("Domain Admins")),
		cn("nested"):          account("nested", "513", "cn=tier two,cn=users,dc=fabrikam,dc=local"),
		cn("primary"):         account("primary", "512"),
		cn("primarynested"):   account("primarynested", "1104"),
		cn("outsider"):        account("outsider", "513", cn("Ring2")),
		cn("ringed"):          account("ringed", "513", cn("Lonely Ring")),
		cn("Lonely Ring"):     group(1105, "Lonely Ring", cn("Lonely Ring")),
	}}
	for _, login := range []string{"direct", "nested", "primary", "primarynested", "outsider", "ringed"} {
		for _, name := range []string{`FABRIKAM\` + login, `fabrikam.local\` + login, login + "@fabrikam.local", login} {
			dc.logins[strings.ToLower(name)] = "secret"
		}
	}
	dc.logins[`trusted\direct`] = "secret" // another domain's account of the same login
	dc.logins["direct@trusted.local"] = "secret"
	return dc
}

// start listens. Without a security it speaks no TLS at all.
func (dc *domainController) start(t *testing.T, security Security) *domainController {
	t.Helper()
	serverTLS := selfSigned(t, "localhost")
	// The certificate itself may stand in the place of its CA.
	certificate := serverTLS.Certificates[0].Certificate[0]
	dc.ca = filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(dc.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600))
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	dc.address = net.JoinHostPort("localhost", strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	if security == SecurityLDAPS {
		listener = tls.NewListener(listener, serverTLS)
	}
	var starts *tls.Config
	if security == SecurityStartTLS {
		starts = serverTLS
	}
	var serving sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { dc.serve(ctx, conn, starts) })
		}
	})
	t.Cleanup(func() { stop(); _ = listener.Close(); serving.Wait() })
	return dc
}

// serve answers one client until it leaves, or ctx ends.
func (dc *domainController) serve(ctx context.Context, conn net.Conn, startTLS *tls.Config) {
	closing := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer func() { closing(); _ = conn.Close() }()
	stream := conn
	for {
		message, err := ber.ReadPacket(stream)
		if err != nil || len(message.Children) < 2 {
			return
		}
		c := &call{stream: stream, id: message.Children[0].Value.(int64)}
		switch op := message.Children[1]; op.Tag {
		case ldap.ApplicationBindRequest:
			dc.bind(c, op)
		case ldap.ApplicationSearchRequest:
			dc.search(c, op)
		case ldap.ApplicationExtendedRequest:
			if startTLS == nil || op.Children[0].Data.String() != startTLSOID {
				c.answer(ldap.ApplicationExtendedResponse, ldap.LDAPResultProtocolError, "")
				continue
			}
			c.answer(ldap.ApplicationExtendedResponse, ldap.LDAPResultSuccess, "")
			secure := tls.Server(conn, startTLS)
			dc.mu.Lock()
			dc.encrypted = secure.Handshake() == nil
			dc.mu.Unlock()
			stream = secure
		case ldap.ApplicationUnbindRequest:
			return
		}
	}
}

// startTLSOID is the name of the extended operation.
const startTLSOID = "1.3.6.1.4.1.1466.20037"

// call is one request that is answered.
type call struct {
	stream io.Writer
	id     int64
}

func (c *call) write(op *ber.Packet) {
	message := ber.NewSequence("")
	message.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, c.id, ""))
	message.AppendChild(op)
	_, _ = c.stream.Write(message.Bytes()) // a client that has left needs no answer
}

func (c *call) answer(kind ber.Tag, code int, text string) {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, kind, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, int64(code), ""))
	op.AppendChild(octets(""))
	op.AppendChild(octets(text))
	c.write(op)
}

func (c *call) entry(dn string, attributes map[string][]string) {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchResultEntry, nil, "")
	op.AppendChild(octets(dn))
	list := ber.NewSequence("")
	for name, values := range attributes {
		set := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		for _, value := range values {
			set.AppendChild(octets(value))
		}
		one := ber.NewSequence("")
		one.AppendChild(octets(name))
		one.AppendChild(set)
		list.AppendChild(one)
	}
	op.AppendChild(list)
	c.write(op)
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func selfSigned(t *testing.T, host string) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}
}

func (dc *domainController) bind(c *call, op *ber.Packet) {
	dc.mu.Lock()
	defer dc.mu.Unlock()
	login, given := op.Children[1].Data.String(), op.Children[2].Data.String()
	code, text := ldap.LDAPResultInvalidCredentials, ""
	name := strings.ToLower(login)
	dc.bound = append(dc.bound, login)
	switch password, known := dc.logins[name]; {
	case dc.bindCode != 0:
		code = dc.bindCode
	case dc.refusals[name] != "":
		text = dc.refusals[name]
	case !known:
		text = adDiagnostic("525")
	case password != given:
		text = adDiagnostic("52e")
	default:
		code = ldap.LDAPResultSuccess
	}
	c.answer(ldap.ApplicationBindResponse, code, text)
}

func adDiagnostic(data string) string {
	return "80090308: LdapErr: DSID-0C09030B, comment: AcceptSecurityContext error, data " + data + ", v1db1"
}

func (dc *domainController) search(c *call, op *ber.Packet) {
	dc.mu.Lock()
	defer dc.mu.Unlock()
	base, scope, filter := op.Children[0].Data.String(), op.Children[1].Value.(int64), op.Children[6]
	if text, err := ldap.DecompileFilter(filter); dc.chain == refuses && err == nil && strings.Contains(text, inChain) {
		c.answer(ldap.ApplicationSearchResultDone, ldap.LDAPResultInappropriateMatching, "")
		return
	}
	found := false
	for dn, attributes := range dc.entries {
		if !inScope(dn, base, scope) {
			continue
		}
		found = true
		if dc.matches(attributes, filter) {
			c.entry(dn, attributes)
		}
	}
	if !found && scope == ldap.ScopeBaseObject {
		c.answer(ldap.ApplicationSearchResultDone, ldap.LDAPResultNoSuchObject, "")
		return
	}
	c.answer(ldap.ApplicationSearchResultDone, ldap.LDAPResultSuccess, "")
}

func inScope(dn, base string, scope int64) bool {
	name, _ := ldap.ParseDN(dn)
	above, _ := ldap.ParseDN(base)
	if scope == ldap.ScopeBaseObject {
		return name.EqualFold(above)
	}
	return above.AncestorOfFold(name)
}

// matches evaluates a filter of and, or, equality, presence, and the chain.
func (dc *domainController) matches(attributes map[string][]string, filter *ber.Packet) bool {
	switch filter.Tag {
	case ldap.FilterAnd:
		for _, part := range filter.Children {
			if !dc.matches(attributes, part) {
				return false
			}
		}
		return true
	case ldap.FilterPresent:
		return len(attributes[filter.Data.String()]) > 0
	case ldap.FilterEqualityMatch:
		for _, value := range attributes[filter.Children[0].Data.String()] {
			if strings.EqualFold(value, filter.Children[1].Data.String()) {
				return true
			}
		}
	case ldap.FilterExtensibleMatch:
		return dc.chain == follows && dc.leadsTo(attributes, filter.Children[2].Data.String(), map[string]bool{})
	}
	return false
}

func (dc *domainController) leadsTo(attributes map[string][]string, target string, seen map[string]bool) bool {
	for _, next := range attributes["memberOf"] {
		next = strings.ToLower(next)
		if seen[next] {
			continue
		}
		seen[next] = true
		if next == strings.ToLower(target) {
			return true
		}
		for dn, entry := range dc.entries {
			if strings.ToLower(dn) == next && dc.leadsTo(entry, target, seen) {
				return true
			}
		}
	}
	return false
}
