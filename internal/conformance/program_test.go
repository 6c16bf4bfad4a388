package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
)

const enableNobody = `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
	`<EnableUser xmlns="http://provisioning.microsoft.com/webservices"><ldapPath>LDAP://CN=nobody,` + reseller +
	`</ldapPath><preferredDomainController>` + controller + `</preferredDomainController></EnableUser></soap:Body></soap:Envelope>`

// post makes a call with the given login and gives the status and a header.
func post(t *testing.T, client *http.Client, address, login, password string) (*http.Response, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/HostedExchange.asmx", strings.NewReader(enableNobody))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	request.SetBasicAuth(login, password)
	response, err := client.Do(request)
	if err == nil {
		_ = response.Body.Close()
	}
	return response, err
}

// address gives the URL of the services without credentials.
func (t target) address() string {
	u, err := url.Parse(t.URL)
	if err != nil {
		return ""
	}
	u.User = nil
	return u.String()
}

func TestUsersFile(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("Op3n sesame"), bcrypt.MinCost)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "users")
	require.NoError(t, os.WriteFile(file, []byte("# panel\nFABRIKAM\\panel:"+string(hash)+"\n"), 0o600))
	p := startProgram(t, "--auth.mode", "file", "--auth.file", file)
	for password, want := range map[string]int{"Op3n sesame": http.StatusOK, "wrong": http.StatusUnauthorized} {
		response, err := post(t, http.DefaultClient, p.address(), `FABRIKAM\panel`, password)
		require.NoError(t, err)
		assert.Equal(t, want, response.StatusCode)
	}
}

// TestThrottle sends bad passwords from one address and looks whether another
// one can still log on.
func TestThrottle(t *testing.T) {
	p := startProgram(t, "--auth.account-failures", "3")
	var response *http.Response
	for range 4 {
		var err error
		response, err = post(t, http.DefaultClient, p.address(), `FABRIKAM\hsadmin`, "wrong")
		require.NoError(t, err)
	}
	assert.Equal(t, http.StatusTooManyRequests, response.StatusCode)
	assert.NotEmpty(t, response.Header.Get("Retry-After"))
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	other := &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}}
	response, err := post(t, other, p.address(), `FABRIKAM\hsadmin`, "s3cr%t")
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, response.StatusCode, "no account is locked for other sources")
}

// TestTLS serves a certificate and follows its files.
func TestTLS(t *testing.T) {
	folder := t.TempDir()
	first := writeCertificate(t, folder, 1)
	p := startProgram(t, "--tls.certificate", filepath.Join(folder, "tls.crt"), "--tls.key", filepath.Join(folder, "tls.key"))
	require.True(t, strings.HasPrefix(p.URL, "https://"), p.URL)
	serial := func(roots *x509.CertPool) *big.Int {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: roots}}}
		response, err := post(t, client, p.address(), `FABRIKAM\hsadmin`, "s3cr%t")
		if err != nil {
			return nil
		}
		assert.Equal(t, http.StatusOK, response.StatusCode)
		return response.TLS.PeerCertificates[0].SerialNumber
	}
	assert.Equal(t, big.NewInt(1), serial(first))
	second := writeCertificate(t, folder, 2)
	assert.Eventually(t, func() bool { n := serial(second); return n != nil && n.Int64() == 2 }, 30*time.Second, 50*time.Millisecond)
}

func writeCertificate(t *testing.T, folder string, serial int64) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	secret, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	for name, block := range map[string]*pem.Block{
		"tls.key": {Type: "EC PRIVATE KEY", Bytes: secret}, "tls.crt": {Type: "CERTIFICATE", Bytes: der},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600))
	}
	pool := x509.NewCertPool()
	leaf, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool.AddCert(leaf)
	return pool
}

// TestRefusedSettings gives the program settings that it must name and refuse.
func TestRefusedSettings(t *testing.T) {
	path, err := buildOnce()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		args []string
		text string
	}{
		"unknown flag":      {[]string{"--lisen", "x"}, "--lisen"},
		"unknown backend":   {[]string{"--backend", "none"}, "backend"},
		"engines missing":   {[]string{"--backend", "isapi", "--directory.base-dn", "DC=x,DC=y", "--auth.mode", "off"}, "mpf.engines"},
		"base missing":      {[]string{"--backend", "isapi", "--mpf.engines", "http://127.0.0.1:1/x", "--auth.mode", "off"}, "directory.base-dn"},
		"key missing":       {[]string{"--tls.certificate", "x"}, "tls.key"},
		"address is taken":  {[]string{"--listen", "256.0.0.1:1", "--emulator.ldap-listen", "", "--metrics.listen", ""}, "256.0.0.1"},
		"seed is not there": {[]string{"--emulator.seed", "/nonexistent.yaml", "--emulator.ldap-listen", ""}, "/nonexistent.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), path, append([]string{"serve"}, c.args...)...).CombinedOutput()
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			assert.Equal(t, 1, exit.ExitCode())
			assert.Contains(t, string(out), c.text)
			assert.NotContains(t, string(out), "panic")
		})
	}
}
