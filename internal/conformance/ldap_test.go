package conformance

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestLDAPClients has other languages' clients read the directory of the running
// program, with all that they check by themselves.
func TestLDAPClients(t *testing.T) {
	need(t, "/usr/lib/python3/dist-packages/ldap3/__init__.py", "python3-ldap3")
	need(t, "/usr/share/perl5/Net/LDAP.pm", "libnet-ldap-perl")
	p := startProgram(t)
	for script, interpreter := range map[string]string{"read.py": "/usr/bin/python3", "read.pl": "/usr/bin/perl"} {
		t.Run(script, func(t *testing.T) {
			out := run(t, ".", interpreter, filepath.Join("ldap", script), p.LDAP, `FABRIKAM\hsadmin`, "s3cr%t")
			assert.Contains(t, out, " read ")
		})
	}
}
