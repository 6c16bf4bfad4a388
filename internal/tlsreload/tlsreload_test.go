package tlsreload_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/tlsreload"
)

var expiry = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)

// pair is a certificate with its key, PEM.
func pair(t *testing.T, serial int64) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"},
		NotBefore: expiry.AddDate(-30, 0, 0), NotAfter: expiry.AddDate(0, 0, int(serial)),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, content, 0o600))
}

// start serves pair 1 from files in dir and tells of reloads.
func start(t *testing.T, certFile, keyFile string) (*tlsreload.Certificates, <-chan error) {
	t.Helper()
	certificates, err := tlsreload.New(certFile, keyFile)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, certificates.Close()) })
	reloads := make(chan error, 16)
	certificates.OnReload(func(err error) { reloads <- err })
	return certificates, reloads
}

func serial(t *testing.T, c *tlsreload.Certificates) int64 {
	t.Helper()
	certificate, err := c.GetCertificate(nil)
	require.NoError(t, err)
	return certificate.Leaf.SerialNumber.Int64()
}

func TestCertificates_FollowTheFiles(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	certificate, key := pair(t, 1)
	write(t, certFile, certificate)
	write(t, keyFile, key)
	certificates, reloads := start(t, certFile, keyFile)
	assert.EqualValues(t, 1, serial(t, certificates))
	assert.Equal(t, expiry.AddDate(0, 0, 1), certificates.Expiry())

	certificate, key = pair(t, 2)
	write(t, certFile, certificate)
	require.ErrorContains(t, <-reloads, "private key does not match public key")
	assert.EqualValues(t, 1, serial(t, certificates), "the new certificate has no key yet")
	write(t, keyFile, key)
	require.NoError(t, <-reloads)
	assert.EqualValues(t, 2, serial(t, certificates))
	assert.Equal(t, expiry.AddDate(0, 0, 2), certificates.Expiry())

	certificate, key = pair(t, 3)
	write(t, certFile, certificate[:len(certificate)/2])
	require.ErrorContains(t, <-reloads, certFile)
	assert.EqualValues(t, 2, serial(t, certificates), "half written")
	write(t, filepath.Join(dir, "new.crt"), certificate)
	write(t, filepath.Join(dir, "new.key"), key)
	require.NoError(t, os.Rename(filepath.Join(dir, "new.crt"), certFile))
	require.NoError(t, os.Rename(filepath.Join(dir, "new.key"), keyFile))
	for serial(t, certificates) != 3 { // one or two readings, as the renames fall
		<-reloads
	}
	assert.EqualValues(t, 3, serial(t, certificates))

	require.NoError(t, os.Remove(keyFile))
	require.ErrorIs(t, <-reloads, os.ErrNotExist)
	assert.EqualValues(t, 3, serial(t, certificates), "removed")
}

func TestCertificates_FollowASwappedLink(t *testing.T) {
	dir := t.TempDir() // as Kubernetes mounts secrets
	for i, version := range []string{"v1", "v2"} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, version), 0o700))
		certificate, key := pair(t, int64(i+1))
		write(t, filepath.Join(dir, version, "tls.crt"), certificate)
		write(t, filepath.Join(dir, version, "tls.key"), key)
	}
	require.NoError(t, os.Symlink("v1", filepath.Join(dir, "data")))
	for _, name := range []string{"tls.crt", "tls.key"} {
		require.NoError(t, os.Symlink(filepath.Join("data", name), filepath.Join(dir, name)))
	}
	certificates, reloads := start(t, filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key"))
	require.NoError(t, os.Symlink("v2", filepath.Join(dir, "new")))
	require.NoError(t, os.Rename(filepath.Join(dir, "new"), filepath.Join(dir, "data")))
	require.NoError(t, <-reloads)
	assert.EqualValues(t, 2, serial(t, certificates))
}

func TestCertificates_Reload(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	certificate, key := pair(t, 1)
	write(t, certFile, certificate)
	write(t, keyFile, key)
	certificates, _ := start(t, certFile, keyFile)
	require.NoError(t, certificates.Close())
	certificate, key = pair(t, 2)
	write(t, certFile, certificate)
	require.Error(t, certificates.Reload())
	write(t, keyFile, key)
	require.NoError(t, certificates.Reload())
	assert.EqualValues(t, 2, serial(t, certificates))
}

func TestCertificates_Valid(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "crt"), filepath.Join(dir, "key")
	certificate, key := pair(t, 1)
	write(t, certFile, certificate)
	write(t, keyFile, key)
	c, _ := start(t, certFile, keyFile)
	assert.NoError(t, c.Valid(expiry))
	assert.ErrorContains(t, c.Valid(expiry.AddDate(0, 0, 2)), "ended on 2040-01-02T00:00:00Z")
	assert.ErrorContains(t, c.Valid(expiry.AddDate(-31, 0, 0)), "begins on 2010-01-01T00:00:00Z")
}

func TestCertificates_ConfigRefusesOldTLS(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	certificate, key := pair(t, 1)
	write(t, certFile, certificate)
	write(t, keyFile, key)
	certificates, _ := start(t, certFile, keyFile)
	for version, want := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		near, far := net.Pipe()
		server := tls.Server(far, certificates.Config())
		go func() { _ = server.HandshakeContext(t.Context()); far.Close() }()
		client := tls.Client(near, &tls.Config{
			InsecureSkipVerify: true, MinVersion: version, MaxVersion: version, // the certificate is its own
		})
		assert.Equal(t, want, client.HandshakeContext(t.Context()) == nil, tls.VersionName(version))
		near.Close()
	}
}

func TestNew_Refuses(t *testing.T) {
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	_, err := tlsreload.New(certFile, keyFile)
	require.ErrorIs(t, err, os.ErrNotExist)
	certificate, _ := pair(t, 1)
	_, other := pair(t, 2)
	write(t, certFile, certificate)
	write(t, keyFile, other)
	_, err = tlsreload.New(certFile, keyFile)
	assert.EqualError(t, err, "certificate "+certFile+" with key "+keyFile+": tls: private key does not match public key")
}
