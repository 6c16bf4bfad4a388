package adapter

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mpf"
)

func TestScope(t *testing.T) {
	base, reseller := ldappath.MustParseDN("DC=fabrikam,DC=com"), ldappath.MustParseDN("OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com")
	whole, narrow := newScope(base, ldappath.DN{}, []string{"dc1.fabrikam.com"}), newScope(base, reseller, []string{"DC1.fabrikam.com", "dc2"})
	for name, c := range map[string]struct {
		s     scope
		value string
		g     guard
		want  *mpf.Cause
	}{
		"in the domain":                      {whole, "LDAP://CN=a,DC=fabrikam,DC=com", guardPath, nil},
		"the base itself":                    {narrow, "LDAP://OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com", guardPath, nil},
		"other letter case and blanks":       {narrow, " ldap:// OU=acme, ou=RESELLER1,OU=hosting,dc=Fabrikam,DC=Com ", guardPath, nil},
		"above the base":                     {narrow, "LDAP://OU=Hosting,DC=fabrikam,DC=com", guardPath, mpf.ScopeViolation},
		"beside the base":                    {narrow, "LDAP://OU=x,OU=Reseller2,OU=Hosting,DC=fabrikam,DC=com", guardPath, mpf.ScopeViolation},
		"a suffix of text only":              {narrow, "LDAP://OU=xReseller1,OU=Hosting,DC=fabrikam,DC=com", guardPath, mpf.ScopeViolation},
		"the base in an escaped value":       {narrow, `LDAP://CN=x\,OU\=Reseller1\,OU\=Hosting\,DC\=fabrikam\,DC\=com`, guardPath, mpf.ScopeViolation},
		"another domain":                     {whole, "LDAP://CN=a,DC=contoso,DC=com", guardPath, mpf.ScopeViolation},
		"a controller":                       {whole, "LDAP://DC1.Fabrikam.com/CN=a,DC=fabrikam,DC=com", guardPath, nil},
		"a controller with port":             {whole, "LDAP://dc1.fabrikam.com:389/CN=a,DC=fabrikam,DC=com", guardPath, nil},
		"another server":                     {whole, "LDAP://evil.example/CN=a,DC=fabrikam,DC=com", guardPath, mpf.ServerViolation},
		"no scheme":                          {whole, "CN=a,DC=fabrikam,DC=com", guardPath, mpf.PathUnreadable},
		"another scheme":                     {whole, "GC://CN=a,DC=fabrikam,DC=com", guardPath, mpf.PathUnreadable},
		"by GUID":                            {whole, "LDAP://<GUID=0d1e2f30415246378495a6b7c8d9eafb>", guardPath, mpf.PathUnreadable},
		"no attribute":                       {whole, "LDAP://bob@x,OU=a,DC=fabrikam,DC=com", guardPath, mpf.PathUnreadable},
		"a part without value":               {whole, `LDAP://OU=a,b\=c,DC=fabrikam,DC=com`, guardPath, mpf.PathUnreadable},
		"empty":                              {whole, " ", guardPath, nil},
		"not guarded":                        {whole, "anything", unguarded, nil},
		"a principal name":                   {narrow, "jsmith@acme.example", guardOrName, nil},
		"a path where a name may stand":      {narrow, "LDAP://CN=a,DC=fabrikam,DC=com", guardOrName, mpf.ScopeViolation},
		"a bad path where a name may stand":  {narrow, "LDAPS://CN=a,DC=fabrikam,DC=com", guardOrName, mpf.PathUnreadable},
		"a computer to be read":              {narrow, "LDAP://CN=EX1, CN=Computers,DC=fabrikam,DC=com", guardRead, nil},
		"a computer to be written":           {narrow, "LDAP://CN=EX1, CN=Computers,DC=fabrikam,DC=com", guardPath, mpf.ScopeViolation},
		"below a computer":                   {narrow, "LDAP://CN=x,CN=EX1,CN=Computers,DC=fabrikam,DC=com", guardRead, mpf.ScopeViolation},
		"the container of computers":         {narrow, "LDAP://CN=Computers,DC=fabrikam,DC=com", guardRead, mpf.ScopeViolation},
		"another object to be read":          {narrow, "LDAP://CN=Administrator,CN=Users,DC=fabrikam,DC=com", guardRead, mpf.ScopeViolation},
		"nothing is in a scope without base": {scope{}, "LDAP://CN=a,DC=fabrikam,DC=com", guardPath, mpf.ScopeViolation},
	} {
		t.Run(name, func(t *testing.T) {
			got := c.s.check(c.value, c.g)
			assert.Equal(t, got, c.s.check(c.value, c.g), "the second time as the first")
			if c.want == nil {
				assert.Nil(t, got)
				return
			}
			require.NotNil(t, got)
			assert.True(t, c.want.Is(got), "%v", got)
			assert.Equal(t, mpf.AccessDenied, got.Code)
			assert.NotContains(t, got.Description, `"`, "the path is told once")
			assert.Equal(t, 1, strings.Count(got.Description, c.value))
		})
	}
}

func TestScope_RemembersWithinBounds(t *testing.T) {
	s := newScope(ldappath.MustParseDN("DC=a"), ldappath.DN{}, nil)
	for i := range maxPassed + 10 {
		require.Nil(t, s.check(fmt.Sprintf("LDAP://CN=%d,DC=a", i), guardPath))
	}
	assert.LessOrEqual(t, len(s.passed.paths), maxPassed)
	long := "LDAP://CN=" + strings.Repeat("x", maxPassedLength) + ",DC=a"
	assert.Nil(t, s.check(long, guardPath))
	assert.False(t, s.passed.has(long))
	assert.NotNil(t, s.check("LDAP://CN=1,DC=b", guardPath))
	assert.False(t, s.passed.has("LDAP://CN=1,DC=b"))
}
