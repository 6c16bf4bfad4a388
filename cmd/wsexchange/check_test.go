package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"wsexchange/adapter/auth"
	"wsexchange/mock/mocktest"
)

// certificateFor writes a certificate that is valid from and until the given
// times, counted from now, and its key.
func certificateFor(t *testing.T, from, until time.Duration) []string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(until),
		DNSNames: []string{"mpf.example"}, IPAddresses: []net.IP{net.IPv4(192, 0, 2, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	folder := t.TempDir()
	write := func(name, kind string, content []byte) string {
		file := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600))
		return file
	}
	return []string{"--tls.certificate", write("crt", "CERTIFICATE", der), "--tls.key", write("key", "PRIVATE KEY", private)}
}

// usersFile is the flag of a file with a user.
func usersFile(t *testing.T) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte("of-a-user"), bcrypt.MinCost)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "users")
	require.NoError(t, os.WriteFile(file, []byte("FABRIKAM\\ann:"+string(hash)+"\n"), 0o600))
	return "--auth.file=" + file
}

// controllerAt is the address of an emulator's LDAP.
func controllerAt(t *testing.T) string {
	t.Helper()
	return strings.TrimPrefix(mocktest.Start(t, mocktest.LDAP()).LDAPURL, "ldap://")
}

func TestCheck_CausesAndCures(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	shut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer shut.Close()
	page := httptest.NewServer(http.NotFoundHandler())
	defer page.Close()
	engines := func(url string) []string {
		return []string{"--backend=isapi", "--auth.mode=file", usersFile(t), "--directory.base-dn=DC=fabrikam,DC=com", "--mpf.engines=" + url}
	}
	day := 24 * time.Hour
	for name, row := range map[string]struct {
		args []string
		want []string // in this order
		good bool
	}{
		"demo data": {nil, []string{"ok    backend", "lets hsadmin in", "ok    naming context", "ok    engine", "ok    URL for H-Sphere: http://"}, true},
		"UNC name": {
			[]string{`--pdc=\\DC1`},
			[]string{`ok    primary domain controller "\\\\DC1": is a UNC name and means dc1.fabrikam.com`},
			true,
		},
		"IP address": {[]string{"--pdc=192.0.2.7"}, []string{`"192.0.2.7": is an IP address and means dc1.fabrikam.com`}, true},
		"unknown controller": {
			[]string{"--pdc=dc9.fabrikam.com"},
			[]string{"FAIL  primary domain controller", "no such controller, only dc1.fabrikam.com", "cure: type the full DNS name"},
			false,
		},
		"no controller named": {[]string{"--pdc="}, []string{"FAIL  primary domain controller", "it is empty"}, false},
		"no controller answers": {
			append(engines(shut.URL), "--pdc="+closed.Listener.Addr().String()),
			[]string{"FAIL  primary domain controller", "connection refused"},
			false,
		},
		"controller by LDAP": {
			append(engines(shut.URL), `--pdc=\\`+controllerAt(t)),
			[]string{"ok    primary domain controller", "is a UNC name and means dc1.fabrikam.com"},
			true,
		},
		"controller of another domain": {
			append(engines(shut.URL), "--directory.base-dn=DC=contoso,DC=com", "--pdc="+controllerAt(t)),
			[]string{"FAIL  primary domain controller", "dc1.fabrikam.com is a domain controller of DC=fabrikam,DC=com, not of DC=contoso,DC=com"},
			false,
		},
		"no base, by LDAP": {
			[]string{"--directory.base-dn=OU=Nope,DC=fabrikam,DC=com"},
			[]string{"FAIL  directory.base-dn OU=Nope,DC=fabrikam,DC=com: ", "cure: create it"},
			false,
		},
		"no base, no LDAP door": {
			[]string{"--directory.base-dn=OU=Nope,DC=fabrikam,DC=com", "--emulator.ldap-listen="},
			[]string{"FAIL  directory.base-dn OU=Nope,DC=fabrikam,DC=com: ", "cure: create it"},
			false,
		},
		"no LDAP door": {
			[]string{"--emulator.ldap-listen=", "--directory.base-dn=OU=Hosting,DC=fabrikam,DC=com"},
			[]string{"ok    directory.base-dn: OU=Hosting,DC=fabrikam,DC=com exists"},
			true,
		},
		"base not asked for": {engines(shut.URL), []string{"skip  directory.base-dn: no domain controller is asked whether DC=fabrikam,DC=com exists"}, true},
		"unknown name": {
			[]string{"--auth.mode=ldap", "--auth.ldap.servers=dc1.invalid"},
			[]string{"FAIL  domain controller dc1.invalid: ", "cure: see that the name is right"},
			false,
		},
		"closed port": {
			[]string{"--auth.mode=ldap", "--auth.ldap.security=plain", "--auth.ldap.servers=" + closed.Listener.Addr().String()},
			[]string{"FAIL  domain controller", "connection refused", "cure: see that the port is open"},
			false,
		},
		"dead engine":         {engines(closed.URL), []string{"FAIL  engine " + closed.URL + ": ", "cannot be reached", "cure: see that the engine runs"}, false},
		"engine asks for who": {engines(shut.URL), []string{"skip  engine " + shut.URL + ": it answers, ", "WSEXCHANGE_CHECK_LOGIN"}, true},
		"wrong account": {
			append(engines(shut.URL), "--mpf.username=FABRIKAM\\svc", passwordFile(t)),
			[]string{"FAIL  engine " + shut.URL, "refused the credentials", "cure: check the account"},
			false,
		},
		"no engine":        {engines(page.URL), []string{"FAIL  engine " + page.URL, "404", "cure: see that the address is that of an engine"}, false},
		"certificate":      {certificateFor(t, -day, 90*day), []string{"ok    certificate: for mpf.example, 192.0.2.1 until ", "ok    URL for H-Sphere: https://"}, true},
		"ends soon":        {certificateFor(t, -day, day), []string{"FAIL  certificate: it ends on ", "cure: renew it"}, false},
		"has ended":        {certificateFor(t, -2*day, -day), []string{"FAIL  certificate: it ended on ", "cure: renew it"}, false},
		"is of the future": {certificateFor(t, day, 90*day), []string{"FAIL  certificate: it begins on ", "cure: "}, false},
	} {
		t.Run(name, func(t *testing.T) {
			out, errors, status := outputOf(t, nil, append([]string{"check", "--emulator.hash-cost=4"}, row.args...)...)
			assert.Equal(t, row.good, status == 0, "%s%s", out, errors)
			assert.Equal(t, row.good, !strings.Contains(out, "FAIL"), out)
			rest := out
			for _, line := range row.want {
				_, after, found := strings.Cut(rest, line)
				require.True(t, found, "%q is missing, or not in order, in\n%s", line, out)
				rest = after
			}
			for line := range strings.Lines(out) {
				assert.Regexp(t, `^(ok    |FAIL  |skip  |      cure: )\S`, line)
			}
		})
	}
}

func TestFlags_UnknownOneNamesTheNearest(t *testing.T) {
	for _, row := range []struct{ flag, want string }{
		{"--lisen=x", "unknown flag: --lisen, did you mean --listen?\n"},
		{"--directory.basedn=x", "unknown flag: --directory.basedn, did you mean --directory.base-dn?\n"},
		{"--frobnicate", "unknown flag: --frobnicate\n"},
		{"--limits.depth=x", "limits.depth"},
	} {
		_, errors, status := outputOf(t, nil, "check", row.flag)
		assert.Equal(t, 1, status)
		assert.Contains(t, errors, row.want)
	}
}

func TestBindName(t *testing.T) {
	for login, want := range map[string]string{
		`FABRIKAM\panel`: `FABRIKAM\panel`, "panel@hosting.example": "panel@hosting.example", "panel": `FABRIKAM\panel`,
	} {
		assert.Equal(t, want, bindName(auth.NewCredentials(login, "x"), "FABRIKAM"))
	}
	assert.Equal(t, "panel", bindName(auth.NewCredentials("panel", "x"), ""))
}
