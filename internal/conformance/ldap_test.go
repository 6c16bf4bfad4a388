package conformance

import (
	"crypto/tls"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/wsdl/client"
	"wsexchange/wsdl/managedactivedirectory"
)

const (
	ldapUser, ldapPassword = `FABRIKAM\hsadmin`, "s3cr%t"
	showDeleted            = "1.2.840.113556.1.4.417"
	deletedBase            = "<WKGUID=18E2EA80684F11D2B9AA00C04F79F805," + domainBase + ">"
)

// directoryProgram is the running program with its directory over LDAP,
// StartTLS and ldaps.
type directoryProgram struct {
	*program
	secure    string // URL of ldaps
	authority string // file of the certificate
	tls       *tls.Config
}

// ways are how a client may come to the directory.
func (p *directoryProgram) ways() map[string][]string {
	return map[string][]string{"plain": {p.LDAP}, "StartTLS": {p.LDAP, p.authority, "starttls"}, "ldaps": {p.secure, p.authority}}
}

func startDirectory(t *testing.T, args ...string) *directoryProgram {
	t.Helper()
	folder := t.TempDir()
	pool := writeCertificate(t, folder, 1)
	authority := filepath.Join(folder, "tls.crt")
	secure := freeAddress(t)
	p := startProgram(t, append([]string{
		"--tls.certificate", authority, "--tls.key", filepath.Join(folder, "tls.key"), "--emulator.ldaps-listen", secure,
	}, args...)...)
	return &directoryProgram{p, "ldaps://" + secure, authority, &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}}
}

// freeAddress returns an address that nothing listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// TestLDAPClients has the clients of other languages read the directory of the
// running program, with all that they check by themselves.
func TestLDAPClients(t *testing.T) {
	need(t, "/usr/lib/python3/dist-packages/ldap3/__init__.py", "python3-ldap3")
	need(t, "/usr/share/perl5/Net/LDAP.pm", "libnet-ldap-perl")
	need(t, "/usr/share/perl5/IO/Socket/SSL.pm", "libio-socket-ssl-perl")
	p := startDirectory(t)
	for script, interpreter := range map[string]string{"read.py": "/usr/bin/python3", "read.pl": "/usr/bin/perl"} {
		for way, to := range p.ways() {
			t.Run(script+" "+way, func(t *testing.T) {
				out := run(t, ".", interpreter, append([]string{filepath.Join("ldap", script), to[0], ldapUser, ldapPassword}, to[1:]...)...)
				assert.Contains(t, out, " read ")
			})
		}
	}
	for way, to := range p.ways() {
		t.Run("ldap-utils "+way, func(t *testing.T) { p.ldapUtils(t, to) })
		t.Run("go-ldap "+way, func(t *testing.T) { p.goLDAP(t, to) })
	}
}

// ldapUtils uses OpenLDAP's clients.
func (p *directoryProgram) ldapUtils(t *testing.T, to []string) {
	need(t, "/usr/bin/ldapsearch", "ldap-utils")
	account := "CN=hsadmin,CN=Users," + domainBase
	for name, row := range map[string]struct {
		program   string
		arguments []string
		code      int
		want      string
	}{
		"search":          {"ldapsearch", []string{"-LLL", "-b", domainBase, "(sAMAccountName=hsadmin)", "sAMAccountName"}, 0, "sAMAccountName: hsadmin\n"},
		"pages":           {"ldapsearch", []string{"-b", domainBase, "-E", "pr=7/noprompt", "(objectClass=*)", "1.1"}, 0, "dn: " + account + "\n"},
		"schema":          {"ldapsearch", []string{"-LLL", "-b", "CN=Aggregate,CN=Schema,CN=Configuration," + domainBase, "-s", "base", "attributeTypes"}, 0, "NAME 'mail'"},
		"deleted objects": {"ldapsearch", []string{"-LLL", "-b", deletedBase, "-E", "!" + showDeleted, "(isDeleted=TRUE)", "isDeleted"}, 0, "isDeleted: TRUE\n"},
		"compare true":    {"ldapcompare", []string{account, "sAMAccountName:HSADMIN"}, 6, "TRUE\n"},
		"compare false":   {"ldapcompare", []string{account, "sAMAccountName:x"}, 5, "FALSE\n"},
		"whoami":          {"ldapwhoami", nil, 0, `u:FABRIKAM\hsadmin` + "\n"},
		"unknown":         {"ldapexop", []string{"1.2.3.4.5"}, 1, "Protocol error (2)"},
		"a write":         {"ldapdelete", []string{account}, 53, "MPF"},
	} {
		arguments := append([]string{"-o", "ldif-wrap=no", "-x", "-H", to[0], "-D", ldapUser, "-w", ldapPassword}, row.arguments...)
		if row.program == "ldapwhoami" || row.program == "ldapcompare" || row.program == "ldapexop" || row.program == "ldapdelete" {
			arguments = arguments[2:]
		}
		if to[len(to)-1] == "starttls" {
			arguments = append([]string{"-ZZ"}, arguments...)
		}
		command := exec.CommandContext(t.Context(), row.program, arguments...)
		command.Env = append(os.Environ(), "LDAPCONF=/dev/null", "LDAPTLS_CACERT="+p.authority)
		out, _ := command.CombinedOutput()
		assert.Equal(t, row.code, command.ProcessState.ExitCode(), "%s: %s", name, out)
		assert.Contains(t, string(out), row.want, name)
	}
}

// dial connects by go-ldap in one of the ways, anonymously.
func (p *directoryProgram) dial(t *testing.T, to []string) *ldap.Conn {
	t.Helper()
	conn, err := ldap.DialURL(to[0], ldap.DialWithTLSConfig(p.tls))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	if to[len(to)-1] == "starttls" {
		require.NoError(t, conn.StartTLS(p.tls))
	}
	return conn
}

func (p *directoryProgram) goLDAP(t *testing.T, to []string) {
	conn := p.dial(t, to)
	_, encrypted := conn.TLSConnectionState()
	assert.Equal(t, len(to) > 1, encrypted)
	require.NoError(t, conn.Bind(ldapUser, ldapPassword))
	who, err := conn.WhoAmI(nil)
	require.NoError(t, err)
	assert.Equal(t, `u:FABRIKAM\hsadmin`, who.AuthzID)
	everything := ldap.NewSearchRequest(domainBase, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", nil, nil)
	paged, err := conn.SearchWithPaging(everything, 7)
	require.NoError(t, err)
	everything.Controls = nil
	whole, err := conn.Search(everything)
	require.NoError(t, err)
	assert.Len(t, paged.Entries, len(whole.Entries))
	same, err := conn.Compare("CN=hsadmin,CN=Users,"+domainBase, "sAMAccountName", "HSADMIN")
	require.NoError(t, err)
	assert.True(t, same)
}

// TestLDAPDeletedObjects has a mail server notice what the panel deletes.
func TestLDAPDeletedObjects(t *testing.T) {
	p := newPanel(t, startProgram(t).target)
	conn, err := ldap.DialURL(p.target.LDAP)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.Bind(ldapUser, ldapPassword))
	root, err := conn.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", []string{"highestCommittedUSN"}, nil))
	require.NoError(t, err)
	seen := root.Entries[0].GetAttributeValue("highestCommittedUSN")
	made, err := p.mad.CreateContact(p.ctx, &managedactivedirectory.CreateContact{
		Container: new("LDAP://" + reseller), Name: new("gone"), PropertyXml: &client.AnyType{InnerXML: `<properties><property name="mail">gone@x.example</property></properties>`},
		PreferredDomainController: new(controller), SendCredentials: true,
	})
	require.NoError(t, err)
	require.NotEmpty(t, text(made.CreateContactResult), text(made.ErrorReturn))
	deleted, err := p.mad.DeleteContact(p.ctx, &managedactivedirectory.DeleteContact{
		Contact: new("LDAP://CN=gone," + reseller), PreferredDomainController: new(controller), SendCredentials: true,
	})
	p.done(deleted.DeleteContactResult, deleted.ErrorReturn, err)
	p.gone("CN=gone," + reseller)
	search := ldap.NewSearchRequest(deletedBase, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false,
		"(&(isDeleted=TRUE)(uSNChanged>="+seen+"))", nil, []ldap.Control{ldap.NewControlMicrosoftShowDeleted()})
	found, err := conn.Search(search)
	require.NoError(t, err)
	require.Len(t, found.Entries, 1)
	assert.Regexp(t, `^CN=gone\\0ADEL:[0-9a-f-]{36},CN=Deleted Objects,`+domainBase+"$", found.Entries[0].DN)
	assert.Equal(t, reseller, found.Entries[0].GetAttributeValue("lastKnownParent"))
	assert.Empty(t, found.Entries[0].GetAttributeValues("mail"))
}

// TestLDAPDomainIsFound has the clients that join machines to a domain find it
// by an LDAP ping. They know the port of LDAP only.
func TestLDAPDomainIsFound(t *testing.T) {
	need(t, "/usr/bin/net", "samba-common-bin")
	need(t, "/usr/sbin/adcli", "adcli")
	const address = "127.0.0.79"
	l, err := net.Listen("tcp", address+":389")
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("the port of LDAP is needed: " + err.Error())
	}
	require.NoError(t, err, "the port of LDAP has to be free, and to be one that root may open")
	require.NoError(t, l.Close())
	path, err := buildOnce()
	require.NoError(t, err)
	launch(t, path, "serve", "--listen", "127.0.0.1:0", "--metrics.listen", "", "--emulator.ldap-listen", address+":389", "--log.level", "error")
	for name, command := range map[string][]string{
		"net": {
			"/usr/bin/net", "ads", "info", "-S", address, "--configfile=/dev/null", "--option=security=ADS", "--option=realm=FABRIKAM.COM",
			"--option=workgroup=FABRIKAM", "--option=lock directory=" + t.TempDir(), "--option=private dir=" + t.TempDir(),
		},
		"adcli": {"/usr/sbin/adcli", "info", "--domain-controller=" + address, "fabrikam.com"},
	} {
		out := run(t, ".", command[0], command[1:]...)
		for _, want := range map[string][]string{
			"net":   {"LDAP server name: dc1.fabrikam.com\n", "Realm: FABRIKAM.COM\n", "Server time offset: 0\n"},
			"adcli": {"domain-name = fabrikam.com\n", "domain-short = FABRIKAM\n", "domain-controller-usable = yes\n", "computer-site = Default-First-Site-Name\n"},
		}[name] {
			assert.Contains(t, out, want)
		}
	}
}
