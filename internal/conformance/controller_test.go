package conformance

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"text/template"
	"time"
	"unicode/utf16"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"
)

// Passwords of the domain. That of the accounts has a percent sign, which a
// panel may send percent-encoded.
const (
	administratorPassword = "P@ssw0rd!Admin"
	accountPassword       = "s3cr%Tunnel"
)

// domainController is a running Samba domain controller of fabrikam.com, with
// an address of its own in the loopback network: its ports cannot be chosen.
type domainController struct {
	address  string
	folder   string
	roots    string // file with the certificate that its own leads to
	stranger string // file with one that it does not lead to
}

// sambaConfiguration leaves out all services but LDAP.
var sambaConfiguration = template.Must(template.New("").Parse(`[global]
  workgroup = FABRIKAM
  realm = FABRIKAM.COM
  netbios name = DC1
  server role = active directory domain controller
  server services = ldap
  interfaces = {{.Address}}/8
  bind interfaces only = yes
  private dir = {{.Folder}}/private
  state directory = {{.Folder}}/state
  cache directory = {{.Folder}}/cache
  lock directory = {{.Folder}}
  pid directory = {{.Folder}}
  ncalrpc dir = {{.Folder}}/ncalrpc
  binddns dir = {{.Folder}}/bind-dns
  log file = {{.Folder}}/log
  tls certfile = {{.Folder}}/tls.crt
  tls keyfile = {{.Folder}}/tls.key
  tls cafile = {{.Folder}}/ca.crt
`))

// startController provisions a domain and starts its controller.
func startController(t *testing.T) *domainController {
	t.Helper()
	need(t, "/usr/sbin/samba", "samba-ad-dc")
	need(t, "/usr/share/samba/setup", "samba-ad-provision")
	if os.Getuid() != 0 {
		if os.Getenv("CI") != "" {
			t.Fatal("a domain controller listens on ports that need root")
		}
		t.Skip("a domain controller listens on ports that need root")
	}
	dc := &domainController{address: loopback(t), folder: t.TempDir()}
	dc.roots, dc.stranger = filepath.Join(dc.folder, "ca.crt"), filepath.Join(dc.folder, "stranger.crt")
	provision := exec.CommandContext(t.Context(), "samba-tool", "domain", "provision", "--realm=fabrikam.com", "--domain=FABRIKAM",
		"--server-role=dc", "--host-name=DC1", "--host-ip="+dc.address, "--dns-backend=NONE", "--base-schema=2008_R2",
		"--adminpass="+administratorPassword, "--targetdir="+dc.folder)
	provision.Env = append(os.Environ(), "TDB_NO_FSYNC=1") // nothing has to survive
	out, err := provision.CombinedOutput()
	require.NoError(t, err, "%s", out)
	dc.certify(t)
	configuration := filepath.Join(dc.folder, "smb.conf")
	file, err := os.Create(configuration)
	require.NoError(t, err)
	require.NoError(t, sambaConfiguration.Execute(file, map[string]string{"Address": dc.address, "Folder": dc.folder}))
	require.NoError(t, file.Close())
	dc.run(t, configuration)
	return dc
}

// loopback finds an address of the loopback network on which nobody has the
// ports of LDAP.
func loopback(t *testing.T) string {
	t.Helper()
	for i := range 100 {
		n := uint32(os.Getpid() + i*7919)
		address := net.IPv4(127, 64+byte(n>>16&63), byte(n>>8), 1+byte(n%254)).String()
		free := true
		for _, port := range []string{"389", "636", "3268", "3269"} {
			listener, err := net.Listen("tcp", net.JoinHostPort(address, port))
			if free = free && err == nil; err == nil {
				require.NoError(t, listener.Close())
			}
		}
		if free {
			return address
		}
	}
	t.Fatal("no loopback address has the ports of LDAP free")
	return ""
}

// run starts the controller. It ends with its standard input, so that it does
// not outlive the tests.
func (dc *domainController) run(t *testing.T, configuration string) {
	t.Helper()
	output, err := os.Create(filepath.Join(dc.folder, "output"))
	require.NoError(t, err)
	command := exec.Command("samba", "--interactive", "--model=single", "--debug-stdout", "--configfile="+configuration)
	command.Stdout, command.Stderr = output, output
	command.Env = append(os.Environ(), "TDB_NO_FSYNC=1")
	input, err := command.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = input.Close()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = command.Process.Kill()
			<-ended
		}
		_ = output.Close()
	})
	require.Eventually(t, func() bool {
		conn, err := dc.dial(t)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, time.Minute, 50*time.Millisecond, "the domain controller answers; see %s", output.Name())
}

func (dc *domainController) dial(t *testing.T) (*ldap.Conn, error) {
	text, err := os.ReadFile(dc.roots)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(text))
	return ldap.DialURL("ldaps://"+dc.address, ldap.DialWithTLSConfig(&tls.Config{ServerName: dc.address, RootCAs: roots}))
}

// certify makes the controller's certificate. Those that Samba makes for itself
// name the host in the subject only, which is not enough for today's clients.
func (dc *domainController) certify(t *testing.T) {
	t.Helper()
	authority := func(name, file string) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		ca := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		}
		der, err := x509.CreateCertificate(rand.Reader, ca, ca, &key.PublicKey, key)
		require.NoError(t, err)
		writePEM(t, file, "CERTIFICATE", der)
		return ca, key
	}
	ca, caKey := authority("Fabrikam CA", dc.roots)
	authority("Another CA", dc.stranger)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: controller}, NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{controller}, IPAddresses: []net.IP{net.ParseIP(dc.address)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	require.NoError(t, err)
	secret, err := x509.MarshalECPrivateKey(key)
	require.NoError(t, err)
	writePEM(t, filepath.Join(dc.folder, "tls.crt"), "CERTIFICATE", der)
	writePEM(t, filepath.Join(dc.folder, "tls.key"), "EC PRIVATE KEY", secret)
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

// Where the domain keeps accounts and groups.
const (
	domainUsers  = "CN=Users," + domainBase
	domainAdmins = "CN=Domain Admins," + domainUsers
)

// populate makes accounts in every state that a panel's account may be in.
func (dc *domainController) populate(t *testing.T) {
	t.Helper()
	conn, err := dc.dial(t)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.Bind(`FABRIKAM\Administrator`, administratorPassword))
	p := population{t, conn}
	p.add("OU=Hosting,"+domainBase, "organizationalUnit", nil)
	for _, name := range []string{"panel", "nested", "primary", "customer", "disabled", "locked", "expired", "stale"} {
		p.add("CN="+name+","+domainUsers, "user", map[string]string{
			"sAMAccountName": name, "userPrincipalName": name + ".account@fabrikam.com",
			"unicodePwd": quoted(accountPassword), "userAccountControl": "512",
		})
	}
	p.add("CN=Operators,"+domainUsers, "group", map[string]string{"sAMAccountName": "Operators"})
	p.add("CN=Panel Accounts,"+domainUsers, "group", map[string]string{"sAMAccountName": "Panel Accounts"})
	p.join("nested", "CN=Panel Accounts,"+domainUsers)
	p.join("Panel Accounts", "CN=Operators,"+domainUsers)
	p.join("Operators", domainAdmins)
	for _, name := range []string{"panel", "primary", "disabled", "locked", "expired", "stale"} {
		p.join(name, domainAdmins)
	}
	p.set("CN=primary,"+domainUsers, "primaryGroupID", "512") // memberOf leaves it out
	p.set("CN=disabled,"+domainUsers, "userAccountControl", "514")
	p.set("CN=expired,"+domainUsers, "accountExpires", "132223104000000000") // 2020
	p.set("CN=stale,"+domainUsers, "pwdLastSet", "0")
	p.set(domainBase, "lockoutThreshold", "3")
	p.lock(dc, "locked")
}

type population struct {
	t    *testing.T
	conn *ldap.Conn
}

func (p population) add(dn, class string, attributes map[string]string) {
	p.t.Helper()
	request := ldap.NewAddRequest(dn, nil)
	request.Attribute("objectClass", []string{class})
	for name, value := range attributes {
		request.Attribute(name, []string{value})
	}
	require.NoError(p.t, p.conn.Add(request), dn)
}

func (p population) set(dn, name, value string) {
	p.t.Helper()
	request := ldap.NewModifyRequest(dn, nil)
	request.Replace(name, []string{value})
	require.NoError(p.t, p.conn.Modify(request), "%s of %s", name, dn)
}

func (p population) join(member, group string) {
	p.t.Helper()
	request := ldap.NewModifyRequest(group, nil)
	request.Add("member", []string{"CN=" + member + "," + domainUsers})
	require.NoError(p.t, p.conn.Modify(request), "%s into %s", member, group)
}

// lock tries bad passwords until the controller has locked the account.
func (p population) lock(dc *domainController, name string) {
	p.t.Helper()
	for range 3 {
		conn, err := dc.dial(p.t)
		require.NoError(p.t, err)
		require.Error(p.t, conn.Bind(`FABRIKAM\`+name, "wrong"))
		_ = conn.Close()
	}
	found, err := p.conn.Search(ldap.NewSearchRequest("CN="+name+","+domainUsers, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false,
		"(lockoutTime>=1)", []string{"lockoutTime"}, nil))
	require.NoError(p.t, err)
	require.Len(p.t, found.Entries, 1, "the controller locks an account after bad passwords")
}

// quoted writes a password as unicodePwd takes it.
func quoted(password string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(`"` + password + `"`)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return string(b)
}
