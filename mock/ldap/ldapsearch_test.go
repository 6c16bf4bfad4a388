package ldap

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ldapsearch runs OpenLDAP's client and gives what it writes and its exit
// status, which is the result code.
func ldapsearch(t *testing.T, s *Server, arguments ...string) (string, int) {
	t.Helper()
	path, err := exec.LookPath("ldapsearch")
	if err != nil && os.Getenv("CI") == "true" {
		require.NoError(t, err, "Debian package ldap-utils")
	}
	if err != nil {
		t.Skip("ldapsearch is not installed (Debian package ldap-utils)")
	}
	command := exec.CommandContext(t.Context(), path, append([]string{"-H", s.URL(), "-o", "ldif-wrap=no"}, arguments...)...)
	command.Env = append(os.Environ(), "LDAPCONF=/dev/null", "LDAPRC=")
	output, err := command.CombinedOutput()
	if err != nil {
		require.IsType(t, &exec.ExitError{}, err)
	}
	return string(output), command.ProcessState.ExitCode()
}

func as(name, password string, arguments ...string) []string {
	return append([]string{"-x", "-LLL", "-D", name, "-w", password}, arguments...)
}

func TestLdapsearch(t *testing.T) {
	s := start(t)
	out, code := ldapsearch(t, s, "-x", "-LLL", "-s", "base", "-b", "", "defaultNamingContext")
	assert.Equal(t, 0, code)
	assert.Equal(t, "dn:\ndefaultNamingContext: DC=fabrikam,DC=com\n\n", out)

	out, code = ldapsearch(t, s, as(adminName, adminPass, "-b", alphaDN, "(cn=Alice)", "mail", "objectGUID", "canonicalName")...)
	assert.Equal(t, 0, code)
	assert.Contains(t, out, "dn: CN=Alice,"+alphaDN+"\n")
	assert.Contains(t, out, "mail: alice@alpha.example\n")
	assert.Contains(t, out, "canonicalName: fabrikam.com/Hosting/Reseller1/Alpha/Alice\n")
	assert.Contains(t, out, "objectGUID:: ")

	out, code = ldapsearch(t, s, as(adminName, adminPass, "-b", oddDN, "-s", "base", "1.1")...)
	assert.Equal(t, 0, code)
	assert.True(t, strings.HasPrefix(out, "dn:: "), "a name that is not ASCII is in base64: %s", out)

	out, code = ldapsearch(t, s, as("alice@alpha.example", "wrong-Pass1", "-b", alphaDN)...)
	assert.Equal(t, 49, code)
	assert.Contains(t, out, "AcceptSecurityContext error, data 52e")

	out, code = ldapsearch(t, s, as(adminName, adminPass, "-b", "CN=x,"+alphaDN)...)
	assert.Equal(t, 32, code)
	assert.Contains(t, out, "Matched DN: "+alphaDN)

	_, code = ldapsearch(t, s, as(adminName, adminPass, "-b", domainDN, "-z", "2", "1.1")...)
	assert.Equal(t, 4, code)
	_, code = ldapsearch(t, s, "-x", "-b", domainDN)
	assert.Equal(t, 1, code, "not without a bind")

	out, code = ldapsearch(t, s, as(adminName, adminPass, "-b", domainDN, "-E", "pr=3/noprompt", "1.1")...)
	assert.Equal(t, 0, code)
	whole, code := ldapsearch(t, s, as(adminName, adminPass, "-b", domainDN, "1.1")...)
	assert.Equal(t, 0, code)
	assert.Equal(t, strings.Count(whole, "dn:"), strings.Count(out, "dn:"))
	_, code = ldapsearch(t, s, as(adminName, adminPass, "-b", domainDN, "-E", "!1.2.3.4", "1.1")...)
	assert.Equal(t, 12, code, "a critical control that nobody knows")
}

func TestLdapsearch_StartTLS(t *testing.T) {
	server, _ := certificate(t)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(authority, pemOf(server), 0o600))
	t.Setenv("LDAPTLS_CACERT", authority)
	for name, s := range map[string]*Server{
		"StartTLS": start(t, func(c *Config) { c.TLS = server }),
		"ldaps":    start(t, func(c *Config) { c.TLS, c.Implicit = server, true }),
	} {
		arguments := as(adminName, adminPass, "-b", domainDN, "-s", "base", "1.1")
		if !s.cfg.Implicit {
			arguments = append([]string{"-ZZ"}, arguments...)
		}
		out, code := ldapsearch(t, s, arguments...)
		assert.Equal(t, 0, code, "%s: %s", name, out)
		assert.Equal(t, "dn: "+domainDN+"\n\n", out, name)
	}
}
