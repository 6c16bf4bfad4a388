package deploy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"
)

// The account of the demo data, and where organizations are created.
const (
	login    = `FABRIKAM\hsadmin`
	password = "s3cr%t"
	reseller = "LDAP://OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
)

// post sends a body to a service and gives the status of HTTP.
func (p *program) post(asmx, body, password string) int {
	p.t.Helper()
	u, err := url.Parse(p.banner["URL"])
	require.NoError(p.t, err)
	u.User = nil
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, u.String()+"/"+asmx, strings.NewReader(body))
	require.NoError(p.t, err)
	request.Header.Set("Content-Type", "text/xml; charset=utf-8")
	request.SetBasicAuth(login, password)
	response, err := http.DefaultClient.Do(request)
	require.NoError(p.t, err)
	require.NoError(p.t, response.Body.Close())
	return response.StatusCode
}

// call submits a request for a procedure and gives the status of HTTP.
func (p *program) call(namespace, procedure, data string) int {
	p.t.Helper()
	return p.post("MPSGeneral.asmx", fmt.Sprintf(`<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>`+
		`<SubmitMpsRequest xmlns="http://provisioning.microsoft.com/webservices"><mpsNamespace>%s</mpsNamespace><procedure>%s</procedure>`+
		`<dataXmlBlob><data xmlns="">%s</data></dataXmlBlob></SubmitMpsRequest></soap:Body></soap:Envelope>`, namespace, procedure, data), password)
}

// query is a call that succeeds with the demo data.
func (p *program) query() int {
	return p.call("Windows-based Hosting", "QueryPlans", "")
}

// startBefore starts the gateway before an engine, with a users file.
func startBefore(t testing.TB, engine string, args ...string) *program {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	require.NoError(t, err)
	users := filepath.Join(t.TempDir(), "users")
	require.NoError(t, os.WriteFile(users, []byte(login+":"+string(hash)+"\n"), 0o600))
	return startGateway(t, append([]string{
		"--backend", "isapi", "--mpf.engines", engine, "--directory.base-dn", strings.TrimPrefix(reseller, "LDAP://"),
		"--directory.controllers", "dc1.fabrikam.com", "--auth.mode", "file", "--auth.file", users,
	}, args...)...)
}

// startControlled starts the emulator with the control API.
func startControlled(t testing.TB, args ...string) *program {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(token), 0o600))
	return startEmulator(t, append([]string{"--control.listen", "127.0.0.1:0", "--control.token-file", file}, args...)...)
}

// deaf gives the URL of an engine that takes requests and does not answer.
func deaf(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return "http://" + listener.Addr().String() + "/mpf/soapisapi.dll"
}

// certificate writes a certificate that ends after some days, and its key, into
// one file.
func certificate(t testing.TB, days int) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().AddDate(0, 0, days)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "tls.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...)
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}
