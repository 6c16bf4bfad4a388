package directory

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

func mustFilter(tb testing.TB, text string) *Filter {
	tb.Helper()
	f, err := ParseFilter(text)
	require.NoError(tb, err)
	return f
}

func TestSearch_Filters(t *testing.T) {
	d := updating(t)
	unit := mustCreate(t, d, testReseller.Child("OU", "Search"), "organizationalUnit")
	inner := mustCreate(t, d, unit.DN.Child("CN", "inner"), "group", value(KindSAM, "in"))
	outer := mustCreate(t, d, unit.DN.Child("CN", "outer"), "group", value(KindSAM, "out"))
	a := mustCreate(t, d, unit.DN.Child("CN", "Anna (1)"), "user", value(KindSAM, "anna"), value("givenName", "Anna"), value("sn", "Smith"),
		value("mail", "Anna@x.example"), value("description", "Second one"), value("countryCode", "9"), value("userAccountControl", "514"),
		values("proxyAddresses", "SMTP:Anna@x.example", "smtp:a2@x.example"), value("msExchMailboxGuid", "00FF10"), value("deliverAndRedirect", "true"),
		value("managedBy", outer.DN.String()))
	b := mustCreate(t, d, unit.DN.Child("CN", "Bert"), "user", value(KindSAM, "bert"), value("sn", "Smythe"), value("countryCode", "10"),
		value("userAccountControl", "512"), value(KindUPN, "bert@x.example"))
	mustCreate(t, d, unit.DN.Child("CN", "Carl"), "contact", value("mail", "carl@x.example"), value("extensionAttribute1", "Anna"))
	require.NoError(t, d.AddMember(inner, a))
	require.NoError(t, d.AddMember(outer, inner))
	octets := func(raw []byte) string {
		var escaped strings.Builder
		for _, octet := range raw {
			fmt.Fprintf(&escaped, `\%02x`, octet)
		}
		return escaped.String()
	}
	for filter, want := range map[string]string{
		"(objectClass=*)":         "Search Anna (1) Bert Carl inner outer",
		"(objectClass=user)":      "Anna (1) Bert",
		"(objectclass=PERSON)":    "Anna (1) Bert Carl",
		"(objectClass=unicorn)":   "",
		"(objectCategory=person)": "Anna (1) Bert Carl",
		"(objectCategory=user)":   "Anna (1) Bert Carl",
		"(objectCategory=group)":  "inner outer",
		"(objectCategory=CN=Person,CN=Schema,CN=Configuration,DC=fabrikam,DC=com)": "Anna (1) Bert Carl",
		"(&(objectCategory=person)(objectClass=user))":                             "Anna (1) Bert",
		"(cn=ANNA \\281\\29)":                "Anna (1)",
		"(name=anna*)":                       "Anna (1)",
		"(ou=search)":                        "Search",
		"(cn=search)":                        "",
		"(sAMAccountName=ANNA)":              "Anna (1)",
		"(userPrincipalName=BERT@x.example)": "Bert",
		"(sn=smith)":                         "Anna (1)",
		"(sn=sm*)":                           "Anna (1) Bert",
		"(sn=s*y*e)":                         "Bert",
		"(sn=*th)":                           "Anna (1)",
		"(sn=*)":                             "Anna (1) Bert",
		"(!(sn=*))":                          "Search Carl inner outer",
		"(sn>=smy)":                          "Bert",
		"(sn<=smith)":                        "Anna (1)",
		"(sn~=SMITH)":                        "Anna (1)",
		"(description=second ONE)":           "Anna (1)",
		"(countryCode>=10)":                  "Bert",
		"(countryCode<=9)":                   "Anna (1)",
		"(countryCode=009)":                  "Anna (1)",
		"(countryCode>=x)":                   "",
		"(userAccountControl:1.2.840.113556.1.4.803:=2)":    "Anna (1)",
		"(!(userAccountControl:1.2.840.113556.1.4.803:=2))": "Search Bert Carl inner outer",
		"(userAccountControl:1.2.840.113556.1.4.804:=3)":    "Anna (1)",
		"(sn:=smith)":                                                   "Anna (1)",
		"(sn:9.9.9:=smith)":                                             "",
		"(deliverAndRedirect=TRUE)":                                     "Anna (1)",
		"(proxyAddresses=smtp:ANNA@x.example)":                          "Anna (1)",
		"(proxyAddresses=SMTP:*)":                                       "Anna (1)",
		"(proxyAddresses=smtp:a2*)":                                     "Anna (1)",
		"(mail=*@x.example)":                                            "Anna (1) Carl",
		"(mail=c*)":                                                     "Carl",
		"(msExchMailboxGuid=\\00\\ff\\10)":                              "Anna (1)",
		"(objectGUID=" + octets(a.GUID[:]) + ")":                        "Anna (1)",
		"(objectGUID=" + a.GUID.String() + ")":                          "Anna (1)",
		"(objectSid=" + octets(b.SID.Octets()) + ")":                    "Bert",
		"(objectSid=" + string(b.SID) + ")":                             "Bert",
		"(distinguishedName=cn=bert, " + unit.DN.String() + ")":         "Bert",
		"(memberOf=" + inner.DN.String() + ")":                          "Anna (1)",
		"(member=" + inner.DN.String() + ")":                            "outer",
		"(member=cn=nobody,dc=x)":                                       "",
		"(member=nonsense)":                                             "",
		"(managedBy=*)":                                                 "Anna (1)",
		"(memberOf:1.2.840.113556.1.4.1941:=" + outer.DN.String() + ")": "Anna (1) inner",
		"(member:1.2.840.113556.1.4.1941:=" + ldap.EscapeFilter(a.DN.String()) + ")": "inner outer",
		"(anr=Smi)":                                "Anna (1)",
		"(anr=anna)":                               "Anna (1)",
		"(anr=anna smith)":                         "Anna (1)",
		"(anr= smi   an)":                          "Anna (1)",
		"(anr=anna jones)":                         "",
		"(shoeSize=43)":                            "",
		"(!(shoeSize=43))":                         "",
		"(|(shoeSize=43)(cn=bert))":                "Bert",
		"(&(!(shoeSize=43))(cn=bert))":             "",
		"(&(sn=sm*)(!(cn=bert)))":                  "Anna (1)",
		"(|(cn=bert)(sAMAccountName=in)(cn=bert))": "Bert inner",
		"(&(objectClass=user)(|(sn=x)(mail=*)))":   "Anna (1)",
		"(&(sn=smith)(cn=bert))":                   "",
		"(cn;lang-en=bert)":                        "Bert",
	} {
		found, more, err := d.Search(Query{Base: unit.DN, Scope: ScopeSubtree, Filter: mustFilter(t, filter)})
		require.NoError(t, err, filter)
		assert.False(t, more)
		assert.Equal(t, want, strings.Join(distinguishedNames(found), " "), filter)
		all, _, err := d.Search(Query{Base: unit.DN, Scope: ScopeSubtree})
		require.NoError(t, err)
		var scanned []string
		for _, o := range all {
			is, err := d.Matches(o, mustFilter(t, filter))
			require.NoError(t, err)
			if is {
				scanned = append(scanned, o.DN.RDN().Value)
			}
		}
		assert.Equal(t, want, strings.Join(scanned, " "), "%s without its index", filter)
	}
}

func TestSearch_ScopesAndPages(t *testing.T) {
	d := updating(t)
	unit := mustCreate(t, d, testReseller.Child("OU", "u"), "organizationalUnit")
	sub := mustCreate(t, d, unit.DN.Child("OU", "sub"), "organizationalUnit")
	mustCreate(t, d, testReseller.Child("OU", "u-2"), "organizationalUnit")
	for i := range 20 {
		mustCreate(t, d, unit.DN.Child("CN", fmt.Sprintf("one %02d", i)), "contact", value("sn", "Same"))
		mustCreate(t, d, sub.DN.Child("CN", fmt.Sprintf("two %02d", i)), "contact", value("sn", "Same"))
	}
	for _, row := range []struct {
		scope  Scope
		filter string
		want   int
	}{
		{ScopeBase, "(objectClass=*)", 1},
		{ScopeBase, "(sn=same)", 0},
		{ScopeOne, "(objectClass=*)", 21},
		{ScopeOne, "(sn=same)", 20},
		{ScopeSubtree, "(objectClass=*)", 42},
		{ScopeSubtree, "(sn=same)", 40},
		{ScopeSubtree, "(sn=s*)", 40},
		{ScopeSubtree, "(objectClass=contact)", 40},
	} {
		query := Query{Base: unit.DN, Scope: row.scope, Filter: mustFilter(t, row.filter)}
		whole, more, err := d.Search(query)
		require.NoError(t, err)
		assert.False(t, more)
		assert.Len(t, whole, row.want, "scope %d of %s", row.scope, row.filter)
		var paged []*Object
		for query.Limit, more = 7, true; more; {
			var page []*Object
			page, more, err = d.Search(query)
			require.NoError(t, err)
			paged = append(paged, page...)
			if more {
				require.Len(t, page, 7)
				query.After = page[6].DN.Key()
			}
		}
		assert.Equal(t, distinguishedNames(whole), distinguishedNames(paged), "scope %d of %s", row.scope, row.filter)
	}
	_, _, err := d.Search(Query{Base: unit.DN.Child("CN", "x"), Scope: ScopeSubtree})
	assert.ErrorIs(t, err, state.ErrNotFound)
}

func TestSearch_LeavesTheConfigurationToItself(t *testing.T) {
	d := updating(t)
	domain := mustDomain(t, d)
	for _, filter := range []string{"(objectClass=msExchPrivateMDB)", "(cn=EX1)", "(legacyExchangeDN=*)"} {
		found, _, err := d.Search(Query{Base: domain.DN, Scope: ScopeSubtree, Filter: mustFilter(t, filter)})
		require.NoError(t, err)
		for _, o := range found {
			assert.False(t, o.DN.Under(domain.Configuration), "%s finds %s", filter, o.DN)
		}
		found, _, err = d.Search(Query{Base: domain.Configuration, Scope: ScopeSubtree, Filter: mustFilter(t, filter)})
		require.NoError(t, err)
		assert.NotEmpty(t, found, filter)
	}
}

func TestParseFilter_Refuses(t *testing.T) {
	for _, text := range []string{
		"", "cn=x", "(cn=x", "(&(cn=x)", "()", "(!)", "(cn=\\zz)", strings.Repeat("(!", 70) + "(cn=x)" + strings.Repeat(")", 70),
		"(|" + strings.Repeat("(cn=x)", 2000) + ")", "(cn=" + strings.Repeat("x", 1<<16) + ")",
	} {
		_, err := ParseFilter(text)
		assert.ErrorIs(t, err, ErrBadFilter, "%.60s", text)
	}
}

func FuzzParseFilter(f *testing.F) {
	for _, text := range []string{"(cn=x)", "(&(a=b)(|(c=d*e)(!(f>=g))))", "(m:1.2:=x)", "(anr=x)", "(cn=\\2a)"} {
		f.Add(text)
	}
	d := In(newContent(f).root.Read(testEnv()))
	f.Fuzz(func(t *testing.T, text string) {
		filter, err := ParseFilter(text)
		if err != nil {
			assert.ErrorIs(t, err, ErrBadFilter)
			return
		}
		found, _, err := d.Search(Query{Base: testReseller, Scope: ScopeSubtree, Filter: filter})
		require.NoError(t, err)
		for _, o := range found {
			is, err := d.Matches(o, filter)
			require.NoError(t, err)
			assert.True(t, is)
		}
	})
}
