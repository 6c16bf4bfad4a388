package ldappath

import (
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for in, want := range map[string]string{
		"LDAP://OU=acme,DC=fabrikam,DC=com":                    "LDAP://OU=acme,DC=fabrikam,DC=com",
		"ldap:// CN=EX01, CN=Computers,DC=fabrikam,DC=com ":    "LDAP://CN=EX01,CN=Computers,DC=fabrikam,DC=com",
		"LDAP://dc1.fabrikam.com/OU=acme,DC=fabrikam,DC=com":   "LDAP://dc1.fabrikam.com/OU=acme,DC=fabrikam,DC=com",
		`LDAP://CN=a\/b,DC=x`:                                  `LDAP://CN=a\/b,DC=x`,
		`LDAP://CN=a/b,DC=x`:                                   `LDAP://CN=a\/b,DC=x`,
		`LDAP://CN=Smith\, John,OU=acme,DC=x`:                  `LDAP://CN=Smith\, John,OU=acme,DC=x`,
		`LDAP://CN=all staff,OU=Żółć,DC=x`:                     `LDAP://CN=all staff,OU=Żółć,DC=x`,
		"LDAP://dc1:389/CN=u@acme.example,OU=acme,DC=fabrikam": "LDAP://dc1:389/CN=u@acme.example,OU=acme,DC=fabrikam",
	} {
		p, err := Parse(in)
		require.NoError(t, err, in)
		assert.Equal(t, want, p.String(), in)
		again, err := Parse(p.String())
		require.NoError(t, err, in)
		assert.True(t, p.DN.Equal(again.DN), in)
	}
}

func TestParse_refuses(t *testing.T) {
	for _, in := range []string{
		"", "OU=acme,DC=x", "LDAP://", "LDAP:///OU=a", "LDAP://server/", "LDAP://bob@x,OU=a", "LDAP://OU=a,,DC=x",
		"LDAP://CN=a+SN=b,DC=x", "LDAP://OU=,DC=x", "LDAP://<GUID=123>", "LDAP://CN=\xff,DC=x", "LDAP://CN=a\x00,DC=x",
		"http://OU=a,DC=x", "LDAP://1x=a", `LDAP://CN=a\`,
	} {
		_, err := Parse(in)
		assert.Error(t, err, in)
	}
}

func TestDN_Under(t *testing.T) {
	base := MustParseDN("OU=Hosting,DC=fabrikam,DC=com")
	assert.True(t, MustParseDN("cn=a, ou=HOSTING,dc=Fabrikam,dc=COM").Under(base))
	assert.True(t, base.Under(base))
	assert.False(t, MustParseDN("OU=EvilHosting,DC=fabrikam,DC=com").Under(base))
	assert.False(t, MustParseDN(`CN=x\,OU=Hosting,DC=fabrikam,DC=com`).Under(base))
	assert.False(t, base.Parent().Under(base))
	assert.Equal(t, "fabrikam.com", base.Domain())
}

func drawDN(t *rapid.T, label string) DN {
	dn := MustParseDN("DC=com")
	for i, n := 0, rapid.IntRange(0, 4).Draw(t, label+"depth"); i < n; i++ {
		dn = dn.Child(rapid.SampledFrom([]string{"CN", "OU", "DC"}).Draw(t, label+"attr"),
			rapid.StringMatching(`[a-bA-B,\\+"<>;=/# ]{0,3}[ab]`).Draw(t, label+"value"))
	}
	return dn
}

func TestDN_keyAgreesWithComparison(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawDN(t, "a"), drawDN(t, "b")
		assert.Equal(t, a.Equal(b), a.Key() == b.Key())
		assert.Equal(t, a.Under(b), len(a.Key()) >= len(b.Key()) && a.Key()[:len(b.Key())] == b.Key())
		again, err := Parse(a.ADsPath())
		if assert.NoError(t, err, a.ADsPath()) {
			assert.True(t, a.Equal(again.DN), a.ADsPath())
		}
	})
}

// TestRDN_Key holds the key to its definition: the parts folded, the value
// escaped.
func TestRDN_Key(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := RDN{Attribute: rapid.SampledFrom([]string{"CN", "ou", "Dc"}).Draw(t, "attribute"), Value: rapid.OneOf(
			rapid.String(), rapid.StringMatching(`[ #A-Za-z,+"\\<>;=ÄäÖß]{0,12}`)).Draw(t, "value")}
		escaped := func(text string) string { return strings.ReplaceAll(ldap.EscapeDN(text), "\n", `\0A`) }
		assert.Equal(t, strings.ToLower(r.Attribute)+"="+escaped(Fold(r.Value)), r.Key())
		assert.Equal(t, r.Attribute+"="+escaped(r.Value), r.String())
	})
}

// TestParseDN_PlainNamesAreReadAlike holds the short way of reading to the long
// one.
func TestParseDN_PlainNamesAreReadAlike(t *testing.T) {
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.StringMatching(`( ?(CN|ou|2.5|x-1)? ?= ?[a-zA-Z0-9@. =\\#ä+]{0,4},){1,3}DC=com ?`),
			rapid.StringMatching(`(CN=[a-z]{1,4}, ?){1,3}DC=com`),
		).Draw(t, "name")
		short, ok := parsePlain(s)
		if !ok {
			return
		}
		plain++
		long, err := parseAny(s)
		require.NoError(t, err, s)
		assert.Equal(t, long, short, s)
	})
	assert.NotZero(t, plain)
}

func FuzzParse(f *testing.F) {
	f.Add("LDAP://dc1/CN=a\\/b, OU=x,DC=y")
	f.Add("LDAP://CN=Smith\\2C John,DC=x")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParseLoose(s)
		if err != nil {
			return
		}
		again, err := Parse(p.String())
		require.NoError(t, err, "%q → %q", s, p.String())
		require.True(t, p.DN.Equal(again.DN), "%q → %q", s, p.String())
	})
}
