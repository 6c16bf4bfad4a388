package connection

import (
	"crypto/tls"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLDAPUtils has OpenLDAP's clients talk to the server.
func TestLDAPUtils(t *testing.T) {
	server, _ := certificate(t)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificates[0].Certificate[0]}), 0o600))
	t.Setenv("LDAPTLS_CACERT", authority)
	config := func() *tls.Config { return server }
	_, plain := start(t, Config{TLS: config})
	_, implicit := start(t, Config{TLS: config, Implicit: true})
	bound := []string{"-x", "-D", "alice", "-w", password}
	for name, row := range map[string]struct {
		program   string
		arguments []string
		code      int
		want      string
	}{
		"search":            {"ldapsearch", []string{"-LLL", "-b", "CN=a", "mail"}, 0, "dn: CN=a\nmail: a@b\n\n"},
		"search by LDAPv2":  {"ldapsearch", []string{"-P", "2", "-LLL", "-b", "CN=a"}, 0, "dn: CN=a\nmail: a@b\n\n"},
		"StartTLS":          {"ldapwhoami", []string{"-ZZ"}, 0, "u:alice\n"},
		"whoami":            {"ldapwhoami", nil, 0, "u:alice\n"},
		"compare true":      {"ldapcompare", []string{"CN=a", "mail:a@b"}, 6, "TRUE\n"},
		"compare false":     {"ldapcompare", []string{"CN=a", "mail:x"}, 5, "FALSE\n"},
		"unknown operation": {"ldapexop", []string{"1.2.3.4.5"}, 1, "Protocol error (2)"},
		"critical control":  {"ldapsearch", []string{"-b", "CN=a", "-e", "!1.2.3.4"}, 12, "result: 12 Critical extension is unavailable"},
		"delete":            {"ldapdelete", []string{"CN=a"}, 53, "MPF"},
	} {
		t.Run(name, func(t *testing.T) {
			program, err := exec.LookPath(row.program)
			if err != nil && os.Getenv("CI") == "true" {
				require.NoError(t, err)
			}
			if err != nil {
				t.Skip(row.program + " is not installed")
			}
			for _, uri := range []string{"ldap://" + plain, "ldaps://" + implicit} {
				if name == "StartTLS" && uri != "ldap://"+plain {
					continue
				}
				arguments := append(append([]string{"-H", uri}, bound...), row.arguments...)
				command := exec.CommandContext(t.Context(), program, arguments...)
				out, _ := command.CombinedOutput()
				assert.Equal(t, row.code, command.ProcessState.ExitCode(), "%s", out)
				assert.Contains(t, string(out), row.want)
			}
		})
	}
}
