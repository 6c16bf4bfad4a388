package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/seed"
	"wsexchange/mpf"
)

// TestServe_Controllers writes at one domain controller and asks another.
func TestServe_Controllers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "seed.yaml")
	text := bytes.ReplaceAll(seed.DefaultYAML(), []byte("[dc1.fabrikam.com]"), []byte("[dc1.fabrikam.com, dc2.fabrikam.com]"))
	require.NoError(t, os.WriteFile(file, text, 0o600))
	e := start(t, "--seed", file, "--ldap.listeners", "dc2.fabrikam.com=127.0.0.1:0", "--replication.delay", "1h")
	caller := login(t)
	engine, err := mpf.NewClient(mpf.ClientConfig{URL: e.Banner["Engine"], Credentials: mpf.OfAccount, Account: caller})
	require.NoError(t, err)
	submit := func(procedure, data string) *mpf.Response {
		root, err := xmldoc.ParseString("<data>"+data+"</data>", xmldoc.Limits{})
		require.NoError(t, err)
		answer, err := engine.Submit(t.Context(), mpf.Simple(mpf.Target{Namespace: "Managed Active Directory", Procedure: procedure}, root))
		require.NoError(t, err)
		return answer
	}
	const unit = "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	require.Nil(t, submit("CreateUser", "<container>LDAP://"+unit+"</container><userPrincipalName>ann@fabrikam.com</userPrincipalName>"+
		"<sAMAccountName>ann</sAMAccountName><preferredDomainController>dc1.fabrikam.com</preferredDomainController>").Err)
	refused := submit("EnableUser", "<user>LDAP://CN=ann@fabrikam.com,"+unit+"</user><preferredDomainController>dc2.fabrikam.com</preferredDomainController>")
	assert.True(t, mpf.ObjectNotFound.Is(refused.Err), "%v", refused.Err)
	for url, want := range map[string]int{e.Banner["Directory"]: 1, e.Banner["Directory of dc2.fabrikam.com"]: 0} {
		conn, err := ldap.DialURL(url)
		require.NoError(t, err)
		require.NoError(t, conn.Bind(`FABRIKAM\hsadmin`, caller.Password.Reveal()))
		found, err := conn.Search(ldap.NewSearchRequest(unit, ldap.ScopeWholeSubtree, 0, 0, 0, false, "(sAMAccountName=ann)", nil, nil))
		require.NoError(t, err)
		assert.Len(t, found.Entries, want, url)
		require.NoError(t, conn.Close())
	}
}

func TestServe_RefusesControllers(t *testing.T) {
	for text, args := range map[string][]string{
		"is not name=host:port":                              {"--ldap.listeners", "dc2.fabrikam.com"},
		"dc2.fabrikam.com is there twice":                    {"--ldap.listeners", "dc2.fabrikam.com=:1", "--ldap.listeners", "dc2.fabrikam.com=:2"},
		`replication.delay: "-1s" must not be less than 0s`:  {"--replication.delay", "-1s"},
		"the directory has no such domain controller, only ": {"--ldap.listeners", "dc2.fabrikam.com=127.0.0.1:0"},
	} {
		_, errors, status := outputOf(t, nil, append([]string{"serve", "--listen", "127.0.0.1:0", "--ldap.listen", "127.0.0.1:0", "--metrics.listen", ""}, args...)...)
		assert.Equal(t, 1, status)
		assert.Contains(t, errors, text)
	}
}
