package directory

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/internal/ldappath"
)

// chosen returns the index that a search reads, "" if it reads the scope.
func chosen(tb testing.TB, d Directory, q Query) string {
	tb.Helper()
	base, ok, _ := d.walkTo(q.Base)
	require.True(tb, ok)
	s := &search{matcher: newMatcher(d), query: q, base: base}
	found, indexed, err := s.choose()
	require.NoError(tb, err)
	if !indexed {
		return ""
	}
	return found.index
}

// TestQueries_UseIndexes asks of each kind of filter which index it reads, in
// a directory that has much more than it looks for.
func TestQueries_UseIndexes(t *testing.T) {
	d := updating(t)
	unit := mustCreate(t, d, testReseller.Child("OU", "u"), "organizationalUnit")
	group := mustCreate(t, d, unit.DN.Child("CN", "g"), "group")
	user := mustCreate(t, d, unit.DN.Child("CN", "o"), "user", value(KindSAM, "o"), value(KindUPN, "o@x.example"), value("mail", "o@x.example"),
		value("proxyAddresses", "SMTP:o@x.example"), value("l", "Town"), value("description", "x"))
	require.NoError(t, d.AddMember(group, user))
	for i := range 200 {
		other := mustCreate(t, d, unit.DN.Child("CN", fmt.Sprintf("x%d", i)), "user", value("mail", fmt.Sprintf("x%d@x.example", i)), value("l", "Town"))
		require.NoError(t, d.AddMember(group, other))
	}
	for text, want := range map[string]string{
		"(cn=o)": "rdn", "(name=o)": "rdn", "(ou=u)": "rdn", "(cn=o*)": "rdn",
		"(mail=o@x.example)": "value", "(mail=o*)": "value", "(displayName=nobody)": "value",
		"(sAMAccountName=o)": KindSAM, "(sAMAccountName=o*)": KindSAM,
		"(userPrincipalName=o@x.example)": KindUPN, "(userPrincipalName=o@*)": KindUPN,
		"(proxyAddresses=smtp:o@x.example)": KindAddress, "(proxyAddresses=smtp:o*)": KindAddress,
		"(member=" + user.DN.String() + ")":                                                 "target",
		"(memberOf=CN=Administrators,CN=Builtin,DC=fabrikam,DC=com)":                        "link",
		"(member:1.2.840.113556.1.4.1941:=" + user.DN.String() + ")":                        "chain",
		"(memberOf:1.2.840.113556.1.4.1941:=CN=CA@Reseller1," + testReseller.String() + ")": "chain",
		"(memberOf:1.2.840.113556.1.4.1941:=CN=Domain Users,CN=Users,DC=fabrikam,DC=com)":   "", // primary group of all
		"(objectClass=group)": "class", "(objectCategory=computer)": "class",
		"(objectClass=user)": "", "(objectCategory=person)": "", "(objectClass=*)": "", "(description=x)": "", "(!(cn=o))": "",
		"(objectGUID=" + user.GUID.String() + ")": "objectGUID", "(objectSid=" + string(user.SID) + ")": "objectSid",
		"(distinguishedName=" + user.DN.String() + ")": "name", "(distinguishedName=nonsense)": "none",
		"(shoeSize=43)": "none", "(memberOf=CN=g*)": "none", "(member=cn=nobody,dc=x)": "none",
		"(anr=o)":                                              "value|value|value|rdn|sAMAccountName|value|value",
		"(|(cn=o)(mail=o@x.example))":                          "rdn|value",
		"(|(cn=o)(description=x))":                             "",
		"(&(objectClass=user)(mail=o@x.example))":              "value",
		"(&(l=Town)(mail=o@x.example))":                        "value",
		"(&(l=Town)(cn=o))":                                    "rdn",
		"(&(cn=o)(l=Town))":                                    "rdn",
		"(&(mail=x*)(sAMAccountName=o))":                       KindSAM,
		"(&(mail=x*)(|(cn=o)(userPrincipalName=o@x.example)))": "rdn|" + KindUPN,
	} {
		assert.Equal(t, want, chosen(t, d, Query{Base: unit.DN, Scope: ScopeSubtree, Filter: mustFilter(t, text)}), text)
	}
	small := mustCreate(t, d, unit.DN.Child("OU", "small"), "organizationalUnit")
	assert.Empty(t, chosen(t, d, Query{Base: small.DN, Scope: ScopeSubtree, Filter: mustFilter(t, "(l=town)")}), "the scope is shorter")
	assert.Equal(t, "value", chosen(t, d, Query{Base: testBase, Scope: ScopeSubtree, Filter: mustFilter(t, "(l=town)")}))
	assert.Empty(t, chosen(t, d, Query{Base: unit.DN, Scope: ScopeBase, Filter: mustFilter(t, "(cn=u)")}))
}

func TestSearch_WildcardsDoNotMatchNames(t *testing.T) {
	d := updating(t)
	admins, err := d.BySAM("Domain Admins")
	require.NoError(t, err)
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user", value("manager", admins.DN.String()))
	require.NoError(t, d.AddMember(admins, o))
	for filter, want := range map[string]int{
		"(memberOf=CN=Domain Admins,CN=Users,DC=fabrikam,DC=com)": 1,
		"(memberOf=CN=Domain Admins*)":                            0,
		"(memberOf=*Admins*)":                                     0,
		"(memberOf>=CN=A)":                                        0,
		"(memberOf<=CN=Z)":                                        0,
		"(manager=*Users*)":                                       0,
		"(distinguishedName=CN=o*)":                               0,
		"(!(memberOf=CN=Domain Admins*))":                         0, // undefined, not false
		"(memberOf=*)":                                            1,
		"(manager=*)":                                             1,
		"(distinguishedName=" + o.DN.String() + ")":               1,
	} {
		found, _, err := d.Search(Query{Base: o.DN, Scope: ScopeSubtree, Filter: mustFilter(t, filter)})
		require.NoError(t, err)
		assert.Len(t, found, want, filter)
	}
}

func TestSearch_Budget(t *testing.T) {
	d := updating(t)
	unit := mustCreate(t, d, testReseller.Child("OU", "u"), "organizationalUnit")
	group := mustCreate(t, d, unit.DN.Child("CN", "g"), "group")
	for i := range 500 {
		o := mustCreate(t, d, unit.DN.Child("CN", fmt.Sprint(i)), "contact", value("l", "Town"))
		require.NoError(t, d.AddMember(group, o))
	}
	spent := func(text string, bound int) (objects int, err error) {
		_, _, err = d.Search(Query{Base: unit.DN, Scope: ScopeSubtree, Filter: mustFilter(t, text), Budget: func(n int) error {
			if objects += n; objects > bound {
				return assert.AnError
			}
			return nil
		}})
		return objects, err
	}
	for _, text := range []string{"(description=x)", "(&(objectClass=group)(description=x))", "(l=t*)", "(memberOf:1.2.840.113556.1.4.1941:=" + group.DN.String() + ")", "(objectClass=user)"} {
		_, err := spent(text, 100)
		if text == "(&(objectClass=group)(description=x))" {
			assert.NoError(t, err, "a handful of groups")
			continue
		}
		assert.ErrorIs(t, err, assert.AnError, text)
		_, err = spent(text, 5000)
		assert.NoError(t, err, text)
	}
	few, err := spent("(cn=7)", 1000)
	require.NoError(t, err)
	assert.LessOrEqual(t, few, 64)
}

func TestInChain_FollowsPrimaryGroups(t *testing.T) {
	d := updating(t)
	o := mustCreate(t, d, testReseller.Child("CN", "o"), "user")
	inner := mustCreate(t, d, testReseller.Child("CN", "inner"), "group")
	outer := mustCreate(t, d, testReseller.Child("CN", "outer"), "group")
	require.NoError(t, d.AddMember(outer, inner))
	require.NoError(t, d.AddMember(inner, o))
	require.NoError(t, d.Set(o, primaryGroupID, string(inner.SID[len(testSID)+1:])))
	require.NoError(t, d.RemoveMember(inner, o), "the primary group alone is left")
	for _, base := range []ldappath.DN{testBase, testReseller} {
		for group, want := range map[*Object]int{inner: 1, outer: 2} {
			found, _, err := d.Search(Query{Base: base, Scope: ScopeSubtree, Filter: mustFilter(t, "(memberOf:"+ruleInChain+":="+group.DN.String()+")")})
			require.NoError(t, err)
			assert.Len(t, found, want, group.DN)
		}
	}
}

// TestSearch_AgreesWithMatches compares what searches find, in pages and by
// whatever index, with what Matches says of each object in scope.
func TestSearch_AgreesWithMatches(t *testing.T) {
	c := newContent(t)
	items := []string{
		"(cn=a)", "(cn=b*)", "(name=*)", "(objectClass=group)", "(objectClass=user)", "(objectClass=organizationalUnit)", "(objectCategory=group)",
		"(sAMAccountName=a)", "(sAMAccountName=a*)", "(userPrincipalName=*x*)", "(proxyAddresses=smtp:a@x.example)", "(proxyAddresses=smtp:*)",
		"(displayName=a)", "(displayName=b*)", "(member=*)", "(shoeSize=1)", "(memberOf=*a*)", "(instanceType>=4)", "(sn~=x)",
	}
	rapid.Check(t, func(t *rapid.T) {
		p := playground{d: c.begin(), root: testReseller}
		for range rapid.IntRange(5, 30).Draw(t, "steps") {
			p.step(t)
		}
		all := p.objects(t)
		base := rapid.SampledFrom(all).Draw(t, "base")
		someone := rapid.SampledFrom(all).Draw(t, "someone").DN.String()
		own := append(slices.Clone(items), "(member="+someone+")", "(memberOf="+someone+")", "(altRecipient="+someone+")", "(altRecipientBL="+someone+")",
			"(memberOf:"+ruleInChain+":="+someone+")", "(member:"+ruleInChain+":="+someone+")", "(distinguishedName="+someone+")")
		filter, err := ParseFilter(drawFilter(t, own, 2))
		if errors.Is(err, ErrBadFilter) {
			t.Skip("a name with characters that filters escape")
		}
		require.NoError(t, err)
		scope := Scope(rapid.IntRange(0, 2).Draw(t, "scope"))
		var want []string
		for _, o := range all {
			is, err := p.d.Matches(o, filter)
			require.NoError(t, err)
			in := o.ID == base.ID && scope != ScopeOne || o.ParentID == base.ID && scope == ScopeOne || scope == ScopeSubtree && o.DN.Under(base.DN)
			if is && in {
				want = append(want, o.DN.Key())
			}
		}
		slices.SortFunc(want, cmp.Compare[string])
		q := Query{Base: base.DN, Scope: scope, Filter: filter, Limit: rapid.IntRange(1, 3).Draw(t, "limit")}
		var got []string
		for more := true; more; {
			var found []*Object
			found, more, err = p.d.Search(q)
			require.NoError(t, err)
			for _, o := range found {
				got = append(got, o.DN.Key())
				q.After = o.DN.Key()
			}
		}
		require.Equal(t, want, got)
	})
}

func drawFilter(t *rapid.T, items []string, depth int) string {
	item := func() string { return rapid.SampledFrom(items).Draw(t, "item") }
	if depth == 0 {
		return item()
	}
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return "(&" + drawFilter(t, items, depth-1) + drawFilter(t, items, depth-1) + ")"
	case 1:
		return "(|" + drawFilter(t, items, depth-1) + drawFilter(t, items, depth-1) + ")"
	case 2:
		return "(!" + drawFilter(t, items, depth-1) + ")"
	}
	return item()
}

// TestSearch_AfterAnything begins searches after texts that are no keys of
// objects, as a client's cookie may have them when the object is gone.
func TestSearch_AfterAnything(t *testing.T) {
	d := updating(t)
	for _, name := range []string{"a", "a, b", "b", `f\g`, "Ü", "x"} {
		unit := mustCreate(t, d, testReseller.Child("OU", name), "organizationalUnit")
		mustCreate(t, d, unit.DN.Child("CN", name), "contact", value("sn", "Same"))
		mustCreate(t, d, testReseller.Child("CN", name), "contact", value("sn", "Same"))
	}
	base := testReseller.Key()
	rapid.Check(t, func(t *rapid.T) {
		after := rapid.OneOf(
			rapid.StringMatching(`(dc|cn|ou|)[=,]?[a-b,\\ ]{0,4},?`),
			rapid.Map(rapid.StringMatching(`(cn|ou|zz|)=?(a|a\\, b|b|f\\\\g|ü|c| )?[,.+]?(cn=[ab],?)?`), func(s string) string { return base + s }),
		).Draw(t, "after")
		for _, scope := range []Scope{ScopeBase, ScopeOne, ScopeSubtree} {
			for _, filter := range []*Filter{Everything(), mustFilterOf("(sn=same)")} {
				all, _, err := d.Search(Query{Base: testReseller, Scope: scope, Filter: filter})
				require.NoError(t, err)
				all = slices.DeleteFunc(all, func(o *Object) bool { return after != "" && o.DN.Key() <= after })
				got, _, err := d.Search(Query{Base: testReseller, Scope: scope, Filter: filter, After: after})
				require.NoError(t, err)
				require.Equal(t, distinguishedNames(all), distinguishedNames(got), "scope %d after %q", scope, after)
			}
		}
	})
}

func mustFilterOf(text string) *Filter {
	f, err := ParseFilter(text)
	if err != nil {
		panic(err)
	}
	return f
}
