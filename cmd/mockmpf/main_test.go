package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/daemon/daemontest"
	"wsexchange/internal/secret"
	"wsexchange/mock/seed"
	"wsexchange/mpf"
)

func outputOf(t *testing.T, environ []string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	return daemontest.Output(t, run, environ, args...)
}

const adminToken = "only for the tests of admin"

// start runs serve with free ports, and an admin listener, until the test ends.
func start(t *testing.T, args ...string) *daemontest.Program {
	t.Helper()
	p := daemontest.Start(t, run, []string{"MOCKMPF_ADMIN_TOKEN=" + adminToken}, append([]string{
		"serve", "--listen", "127.0.0.1:0", "--ldap.listen", "127.0.0.1:0", "--metrics.listen", "127.0.0.1:0", "--admin.listen", "127.0.0.1:0",
	}, args...)...)
	p.Token = adminToken
	return p
}

// login is the demo data's account for gateways.
func login(t *testing.T) mpf.Caller {
	t.Helper()
	for _, account := range seed.Default().Accounts {
		if account.Name == demoAccount {
			return mpf.Caller{Domain: "FABRIKAM", Username: account.Name, Password: secret.New(string(account.Password))}
		}
	}
	require.FailNow(t, "the demo data has no "+demoAccount)
	return mpf.Caller{}
}

// submit asks an engine for its plans.
func submit(t *testing.T, url string, caller mpf.Caller, client *http.Client) (*mpf.Response, error) {
	t.Helper()
	c, err := mpf.NewClient(mpf.ClientConfig{URL: url, Credentials: mpf.OfAccount, Account: caller, HTTPClient: client})
	require.NoError(t, err)
	return c.Submit(t.Context(), &mpf.Request{Target: mpf.Target{Namespace: "Windows-based Hosting", Procedure: "QueryPlans"}})
}

func TestServe(t *testing.T) {
	e := start(t)
	caller := login(t)
	answer, err := submit(t, e.Banner["Engine"], caller, nil)
	require.NoError(t, err)
	require.Nil(t, answer.Err)
	assert.Equal(t, "FABRIKAM, DC=fabrikam,DC=com", e.Banner["Domain"])

	wrong := caller
	wrong.Password = secret.New("no such password")
	_, err = submit(t, e.Banner["Engine"], wrong, nil)
	assert.ErrorIs(t, err, mpf.ErrNotAuthenticated)
	elsewhere, err := http.Get(strings.TrimSuffix(e.Banner["Engine"], "soapisapi.dll"))
	require.NoError(t, err)
	_ = elsewhere.Body.Close()
	assert.Equal(t, http.StatusNotFound, elsewhere.StatusCode)

	conn, err := ldap.DialURL(e.Banner["Directory"])
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.Bind(`FABRIKAM\hsadmin`, caller.Password.Reveal()))
	found, err := conn.Search(ldap.NewSearchRequest("DC=fabrikam,DC=com", ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(ou=Reseller1)", nil, nil))
	require.NoError(t, err)
	assert.Len(t, found.Entries, 1)

	health := strings.TrimSuffix(strings.TrimPrefix(e.Banner["Metrics"], "http://"), "/metrics")
	_, errors, status := outputOf(t, nil, "healthcheck", "--metrics.listen", health)
	assert.Equal(t, 0, status, errors)
	assert.Contains(t, e.Metrics(), "mockmpf_build_info")

	assert.Equal(t, 0, e.Stop(), e.Log)
	assert.NotContains(t, e.Log.String(), caller.Password.Reveal())
	_, errors, status = outputOf(t, nil, "healthcheck", "--metrics.listen", health)
	assert.Equal(t, 1, status)
	assert.Contains(t, errors, "refused")
}

func TestServe_ADoubledSlashIsOne(t *testing.T) {
	e := start(t)
	for _, path := range []string{"//mpf/soapisapi.dll", "/mpf//soapisapi.dll"} {
		answer, err := submit(t, strings.Replace(e.Banner["Engine"], "/mpf/soapisapi.dll", path, 1), login(t), nil)
		require.NoError(t, err, path)
		assert.Nil(t, answer.Err)
	}
}

func TestServe_StopsDuringARequest(t *testing.T) {
	e := start(t)
	e.StopDuringRequest(e.Banner["Engine"])
}

// TestServe_FirstRequest sends the request of the banner as it stands there.
func TestServe_FirstRequest(t *testing.T) {
	e := start(t)
	_, rest, ok := strings.Cut(e.Text, "<<'XML'\n")
	require.True(t, ok, e.Text)
	body, _, ok := strings.Cut(rest, "XML\n")
	require.True(t, ok, e.Text)
	caller := login(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.Banner["Engine"], strings.NewReader(body))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	request.SetBasicAuth(caller.Domain+`\`+caller.Username, caller.Password.Reveal())
	assert.Contains(t, e.Text, "-u '"+caller.Domain+`\`+caller.Username+":"+caller.Password.Reveal()+"'")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, response.StatusCode)
	assert.Contains(t, string(answer), "<planName>GoldMail</planName>")
}

func TestServe_KeepsItsDatabase(t *testing.T) {
	database := filepath.Join(t.TempDir(), "emulator.db")
	file := filepath.Join(t.TempDir(), "seed.yaml")
	text := bytes.ReplaceAll(seed.DefaultYAML(), []byte("name: Reseller1"), []byte("name: OurReseller"))
	require.NoError(t, os.WriteFile(file, text, 0o600))
	first := start(t, "--database", database, "--seed", file)
	assert.NotContains(t, first.Text, login(t).Password.Reveal(), "a seed of one's own: its passwords are not shown")
	require.Equal(t, 0, first.Stop(), first.Log)
	second := start(t, "--database", database)
	conn, err := ldap.DialURL(second.Banner["Directory"])
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.Bind("hsadmin", login(t).Password.Reveal()))
	found, err := conn.Search(ldap.NewSearchRequest("DC=fabrikam,DC=com", ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(ou=OurReseller)", nil, nil))
	require.NoError(t, err)
	assert.Len(t, found.Entries, 1)
}

func TestServe_TLS(t *testing.T) {
	certificate, key, trust := certificate(t)
	e := start(t, "--tls.certificate", certificate, "--tls.key", key, "--ldap.secure", "127.0.0.1:0")
	require.True(t, strings.HasPrefix(e.Banner["Engine"], "https://"), e.Text)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}
	defer client.CloseIdleConnections()
	answer, err := submit(t, e.Banner["Engine"], login(t), client)
	require.NoError(t, err)
	assert.Nil(t, answer.Err)
	secure, err := ldap.DialURL(e.Banner["Directory with TLS"], ldap.DialWithTLSConfig(trust))
	require.NoError(t, err)
	defer func() { _ = secure.Close() }()
	assert.NoError(t, secure.Bind("hsadmin", login(t).Password.Reveal()))
	plain, err := ldap.DialURL(e.Banner["Directory"])
	require.NoError(t, err)
	defer func() { _ = plain.Close() }()
	require.NoError(t, plain.StartTLS(trust))
	assert.NoError(t, plain.Bind("hsadmin", login(t).Password.Reveal()))
}

func TestServe_Refusals(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	free := []string{"--listen=127.0.0.1:0", "--ldap.listen=127.0.0.1:0", "--metrics.listen=127.0.0.1:0"}
	for name, row := range map[string]struct {
		args    []string
		environ []string
		want    string
	}{
		"half a certificate":  {[]string{"--tls.key=x"}, nil, "tls.certificate and tls.key must be set together"},
		"ldaps without one":   {[]string{"--ldap.secure=127.0.0.1:0"}, nil, "ldaps needs tls.certificate"},
		"no such certificate": {[]string{"--tls.key=/no/such", "--tls.certificate=/no/such"}, nil, "/no/such"},
		"no path":             {[]string{"--path=mpf"}, nil, "is no path"},
		"path with pattern":   {[]string{"--path=/{x}"}, nil, "is no path"},
		"no limit":            {[]string{"--limits.depth=0"}, nil, `limits.depth: "0" must not be less than 1`},
		"audit level":         {[]string{"--audit-level=some"}, nil, "audit-level"},
		"log level":           {[]string{"--log.level=loud"}, nil, "log.level"},
		"unknown variable":    {nil, []string{"MOCKMPF_LISTN=x"}, "MOCKMPF_LISTEN"},
		"unknown flag":        {[]string{"--listn=x"}, nil, "unknown flag"},
		"argument":            {[]string{"now"}, nil, "unknown command"},
		"no such seed":        {[]string{"--seed=/no/such.yaml"}, nil, "/no/such.yaml"},
		"no such directory":   {[]string{"--database=/no/such/dir/file.db"}, nil, "/no/such/dir/file.db"},
		"address taken":       {[]string{"--listen=" + taken.Addr().String()}, nil, "mockmpf: listen: listen tcp "},
		"LDAP address taken":  {[]string{"--ldap.listen=" + taken.Addr().String()}, nil, "ldap.listen: "},
		"metrics taken":       {[]string{"--metrics.listen=" + taken.Addr().String()}, nil, "metrics.listen: listen tcp "},
	} {
		t.Run(name, func(t *testing.T) {
			out, errors, status := outputOf(t, row.environ, append(append([]string{"serve"}, free...), row.args...)...)
			assert.Equal(t, 1, status)
			assert.Contains(t, errors, row.want)
			assert.NotContains(t, out, "ready")
		})
	}
}

func TestSeed(t *testing.T) {
	out, errors, status := outputOf(t, nil, "seed")
	require.Equal(t, 0, status, errors)
	file := filepath.Join(t.TempDir(), "seed.yaml")
	require.NoError(t, os.WriteFile(file, []byte(out), 0o600))
	out, errors, status = outputOf(t, nil, "seed", file)
	assert.Equal(t, 0, status, errors)
	assert.Contains(t, out, "is a good seed: domain fabrikam.com, ")
	require.NoError(t, os.WriteFile(file, []byte("domain: {name: x, colour: red}\n"), 0o600))
	_, errors, status = outputOf(t, nil, "seed", file)
	assert.Equal(t, 1, status)
	assert.Contains(t, errors, "colour")
	_, errors, status = outputOf(t, nil, "seed", file+".absent")
	assert.Equal(t, 1, status)
	assert.Contains(t, errors, "no such file")
}

func TestSmallCommands(t *testing.T) {
	out, _, status := outputOf(t, nil, "version")
	assert.Equal(t, 0, status)
	assert.NotEmpty(t, strings.TrimSpace(out))
	out, _, status = outputOf(t, nil, "configuration")
	assert.Equal(t, 0, status)
	for _, setting := range []string{"MOCKMPF_LDAP_SECURE", "audit-level", "127.0.0.1:8090"} {
		assert.Contains(t, out, setting)
	}
	_, errors, status := outputOf(t, nil, "healthcheck", "--metrics.listen=")
	assert.Equal(t, 1, status)
	assert.Contains(t, errors, "nothing to ask")
}

// certificate writes a certificate and its key, and gives who trusts it.
func certificate(t *testing.T) (certificate, key string, trust *tls.Config) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	octets, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	dir := t.TempDir()
	certificate, key = filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	require.NoError(t, os.WriteFile(certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: octets}), 0o600))
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return certificate, key, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}
