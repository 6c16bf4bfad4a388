package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
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
	"github.com/hashicorp/go-hclog"
	"github.com/jimlambrt/gldap"
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
	server, err := gldap.NewServer(gldap.WithLogger(hclog.NewNullLogger()))
	require.NoError(t, err)
	mux, err := gldap.NewMux()
	require.NoError(t, err)
	serverTLS := selfSigned(t, "localhost")
	require.NoError(t, mux.Bind(dc.bind))
	require.NoError(t, mux.Search(dc.search))
	var options []gldap.Option
	switch security {
	case SecurityLDAPS:
		options = append(options, gldap.WithTLSConfig(serverTLS))
	case SecurityStartTLS:
		require.NoError(t, mux.ExtendedOperation(func(w *gldap.ResponseWriter, r *gldap.Request) {
			dc.startTLS(w, r, serverTLS)
		}, gldap.ExtendedOperationStartTLS))
	}
	require.NoError(t, server.Router(mux))
	// The certificate itself may stand in the place of its CA.
	certificate := serverTLS.Certificates[0].Certificate[0]
	dc.ca = filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(dc.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600))
	dc.address = net.JoinHostPort("localhost", strconv.Itoa(freePort(t)))
	done := make(chan error, 1)
	go func() { done <- server.Run(dc.address, options...) }()
	for !server.Ready() {
		select {
		case err := <-done:
			require.NoError(t, err)
		default:
		}
	}
	t.Cleanup(func() { _ = server.Stop(); <-done })
	return dc
}

// freePort finds a port: gldap takes a number, and tells none that it got.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
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

func (dc *domainController) startTLS(w *gldap.ResponseWriter, r *gldap.Request, config *tls.Config) {
	response := r.NewExtendedResponse(gldap.WithResponseCode(gldap.ResultSuccess))
	response.SetResponseName(gldap.ExtendedOperationStartTLS)
	_ = w.Write(response)
	dc.mu.Lock()
	dc.encrypted = r.StartTLS(config) == nil
	dc.mu.Unlock()
}

func (dc *domainController) bind(w *gldap.ResponseWriter, r *gldap.Request) {
	dc.mu.Lock()
	defer dc.mu.Unlock()
	response := r.NewBindResponse(gldap.WithResponseCode(gldap.ResultInvalidCredentials))
	defer func() { _ = w.Write(response) }()
	message, err := r.GetSimpleBindMessage()
	if err != nil {
		return
	}
	name := strings.ToLower(message.UserName)
	dc.bound = append(dc.bound, message.UserName)
	switch password, known := dc.logins[name]; {
	case dc.bindCode != 0:
		response.SetResultCode(dc.bindCode)
	case dc.refusals[name] != "":
		response.SetDiagnosticMessage(dc.refusals[name])
	case !known:
		response.SetDiagnosticMessage(adDiagnostic("525"))
	case password != string(message.Password):
		response.SetDiagnosticMessage(adDiagnostic("52e"))
	default:
		response.SetResultCode(gldap.ResultSuccess)
	}
}

func adDiagnostic(data string) string {
	return "80090308: LdapErr: DSID-0C09030B, comment: AcceptSecurityContext error, data " + data + ", v1db1"
}

func (dc *domainController) search(w *gldap.ResponseWriter, r *gldap.Request) {
	dc.mu.Lock()
	defer dc.mu.Unlock()
	done := r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultSuccess))
	defer func() { _ = w.Write(done) }()
	message, err := r.GetSearchMessage()
	if err != nil {
		done.SetResultCode(gldap.ResultProtocolError)
		return
	}
	if dc.chain == refuses && strings.Contains(message.Filter, inChain) {
		done.SetResultCode(gldap.ResultInappropriateMatching)
		return
	}
	filter, err := ldap.CompileFilter(message.Filter)
	if err != nil {
		done.SetResultCode(gldap.ResultProtocolError)
		return
	}
	found := false
	for dn, attributes := range dc.entries {
		if !inScope(dn, message.BaseDN, message.Scope) {
			continue
		}
		found = true
		if dc.matches(attributes, filter) {
			_ = w.Write(r.NewSearchResponseEntry(dn, gldap.WithAttributes(attributes)))
		}
	}
	if !found && message.Scope == gldap.BaseObject {
		done.SetResultCode(gldap.ResultNoSuchObject)
	}
}

func inScope(dn, base string, scope gldap.Scope) bool {
	name, _ := ldap.ParseDN(dn)
	above, _ := ldap.ParseDN(base)
	if scope == gldap.BaseObject {
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
