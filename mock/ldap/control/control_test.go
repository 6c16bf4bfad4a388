package control

import (
	"slices"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/ldap/wire"
)

// search returns a search with controls.
func search(controls ...wire.Control) *wire.SearchRequest {
	return &wire.SearchRequest{
		Base: "DC=x", Scope: ldap.ScopeWholeSubtree, Controls: controls,
		Filter: wire.Filter{Choice: ldap.FilterEqualityMatch, Attribute: "cn", Value: "a"},
	}
}

func paging(size int32, cookie string) wire.Control {
	return wire.Control{OID: Paging, Critical: true, Value: wire.EncodePaging(size, cookie), HasValue: true}
}

// cookieOf returns the cookie of a control.
func cookieOf(t *testing.T, c wire.Control) string {
	t.Helper()
	_, cookie, err := wire.DecodePaging(c.Value)
	require.NoError(t, err)
	return cookie
}

func TestRead_Pages(t *testing.T) {
	cookies := NewCookies()
	s, refused := cookies.Read(search(paging(10, "")), "alice")
	require.Zero(t, refused)
	assert.True(t, s.Paged)
	assert.Equal(t, 10, s.PageSize)
	assert.Empty(t, s.Position)
	next := s.Next("the tenth")
	assert.Equal(t, Paging, next.OID)
	cookie := cookieOf(t, next)
	s, refused = cookies.Read(search(paging(20, cookie)), "alice")
	require.Zero(t, refused)
	assert.Equal(t, "the tenth", s.Position)
	assert.Equal(t, 20, s.PageSize, "which may change")
	assert.Empty(t, cookieOf(t, s.Next("")), "after the last page")
}

func TestRead_RefusesCookies(t *testing.T) {
	cookies := NewCookies()
	s, _ := cookies.Read(search(paging(10, "")), "alice")
	cookie := cookieOf(t, s.Next("position"))
	changed := []byte(cookie)
	changed[len(changed)-1]++
	scoped, based, filtered := search(paging(10, cookie)), search(paging(10, cookie)), search(paging(10, cookie))
	deleted := search(paging(10, cookie), wire.Control{OID: ShowDeleted, Critical: true})
	scoped.Scope, based.Base, filtered.Filter.Value = ldap.ScopeSingleLevel, "DC=y", "b"
	for name, row := range map[string]struct {
		request *wire.SearchRequest
		client  string
	}{
		"changed":        {search(paging(10, string(changed))), "alice"},
		"short":          {search(paging(10, "x")), "alice"},
		"cut":            {search(paging(10, cookie[:sealSize])), "alice"},
		"another client": {search(paging(10, cookie)), "bob"},
		"another scope":  {scoped, "alice"},
		"another base":   {based, "alice"},
		"another filter": {filtered, "alice"},
		"deleted ones":   {deleted, "alice"},
		"a bad value":    {search(wire.Control{OID: Paging, Value: "x", HasValue: true}), "alice"},
		"no value":       {search(wire.Control{OID: Paging}), "alice"},
		"twice":          {search(paging(10, ""), paging(10, "")), "alice"},
		"bad sorting":    {search(wire.Control{OID: Sorting, Value: "x"}), "alice"},
	} {
		t.Run(name, func(t *testing.T) {
			_, refused := cookies.Read(row.request, row.client)
			assert.EqualValues(t, ldap.LDAPResultUnavailableCriticalExtension, refused.Code)
			assert.Contains(t, refused.Text, "Error processing control")
		})
	}
	_, refused := NewCookies().Read(search(paging(10, cookie)), "alice")
	assert.NotZero(t, refused.Code, "another key")
	_, refused = cookies.Read(search(paging(10, cookie)), "alice")
	assert.Zero(t, refused.Code)
}

func TestCookies_FiltersThatLookAlike(t *testing.T) {
	cookies := NewCookies()
	seal := func(f wire.Filter) [sealSize]byte {
		return cookies.sealOf(&wire.SearchRequest{Filter: f}, "")
	}
	filters := []wire.Filter{
		{Choice: ldap.FilterEqualityMatch, Attribute: "a", Value: "bc"},
		{Choice: ldap.FilterEqualityMatch, Attribute: "ab", Value: "c"},
		{Choice: ldap.FilterExtensibleMatch, Attribute: "a", Value: "bc"},
		{Choice: ldap.FilterExtensibleMatch, Attribute: "a", Value: "bc", DNAttributes: true},
		{Choice: ldap.FilterSubstrings, Attribute: "a", Substrings: &wire.Substrings{Initial: "b", Any: []string{"c"}}},
		{Choice: ldap.FilterSubstrings, Attribute: "a", Substrings: &wire.Substrings{Initial: "b", Final: "c"}},
		{Choice: ldap.FilterAnd, Parts: []wire.Filter{{Choice: ldap.FilterPresent, Attribute: "a"}}},
		{Choice: ldap.FilterOr, Parts: []wire.Filter{{Choice: ldap.FilterPresent, Attribute: "a"}}},
	}
	seen := map[[sealSize]byte]int{}
	for i, f := range filters {
		_, found := seen[seal(f)]
		assert.False(t, found, "%d", i)
		seen[seal(f)] = i
	}
}

func TestSearch_Limit(t *testing.T) {
	for name, row := range map[string]struct {
		paged     bool
		page      int
		clients   int32
		want      int
		wantPaged bool
	}{
		"no limits":                  {want: 1000},
		"the client's":               {clients: 5, want: 5},
		"more than the server's":     {clients: 5000, want: 1000},
		"pages":                      {paged: true, page: 100, want: 100, wantPaged: true},
		"a large page":               {paged: true, page: 5000, want: 1000, wantPaged: true},
		"an empty page":              {paged: true, want: 0, wantPaged: true},
		"a page above the limit":     {paged: true, page: 100, clients: 50, want: 50},
		"a page below the limit":     {paged: true, page: 10, clients: 50, want: 10, wantPaged: true},
		"a page as large as a limit": {paged: true, page: 50, clients: 50, want: 50},
	} {
		s := Search{Paged: row.paged, PageSize: row.page}
		limit, paged := s.Limit(row.clients, 1000)
		assert.Equal(t, row.want, limit, name)
		assert.Equal(t, row.wantPaged, paged, name)
	}
}

func TestRead_OtherControls(t *testing.T) {
	s, refused := NewCookies().Read(search(wire.Control{OID: DomainScope, Critical: true}, wire.Control{OID: "1.2.3"}), "")
	require.Zero(t, refused)
	assert.False(t, s.Paged)
	assert.Nil(t, s.Sort)
	assert.Contains(t, Supported(), SortResult)
	assert.NotContains(t, Requested(), SortResult)
}

func TestSort(t *testing.T) {
	known := func(attribute string) bool { return attribute == "cn" }
	for name, row := range map[string]struct {
		keys []wire.SortKey
		code uint16
		of   string
	}{
		"one":      {[]wire.SortKey{{Attribute: "cn"}}, ldap.LDAPResultSuccess, ""},
		"unknown":  {[]wire.SortKey{{Attribute: "x"}}, ldap.LDAPResultNoSuchAttribute, "x"},
		"two":      {[]wire.SortKey{{Attribute: "cn"}, {Attribute: "sn"}}, ldap.LDAPResultUnwillingToPerform, "sn"},
		"own rule": {[]wire.SortKey{{Attribute: "cn", Rule: "2.5.13.3"}}, ldap.LDAPResultInappropriateMatching, "cn"},
	} {
		s := Sort{Keys: row.keys}
		code, of := s.Fault(known)
		assert.Equal(t, row.code, code, name)
		assert.Equal(t, row.of, of, name)
		control, refused := s.Answer(code, of)
		assert.Equal(t, SortResult, control.OID, name)
		assert.Zero(t, refused, name)
		s.Critical = true
		_, refused = s.Answer(code, of)
		assert.Equal(t, code != ldap.LDAPResultSuccess, refused.Code == ldap.LDAPResultUnavailableCriticalExtension, name)
	}
}

func TestSort_Compare(t *testing.T) {
	entries := [][]string{{"b"}, nil, {"C"}, {"z", "A"}, {}}
	s := Sort{Keys: []wire.SortKey{{Attribute: "cn"}}}
	slices.SortStableFunc(entries, s.Compare)
	assert.Equal(t, [][]string{{"z", "A"}, {"b"}, {"C"}, nil, {}}, entries)
	s.Keys[0].Reverse = true
	slices.SortStableFunc(entries, s.Compare)
	assert.Equal(t, [][]string{nil, {}, {"C"}, {"b"}, {"z", "A"}}, entries)
}

func FuzzReadCookie(f *testing.F) {
	cookies := NewCookies()
	s, _ := cookies.Read(search(paging(1, "")), "")
	f.Add(cookies.close("position", s.seal))
	f.Fuzz(func(t *testing.T, cookie string) {
		if position, ok := cookies.open(cookie, s.seal); ok {
			require.Equal(t, cookie, cookies.close(position, s.seal))
		}
	})
}
