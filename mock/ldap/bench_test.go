package ldap

import (
	"fmt"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/state"
)

// BenchmarkServer_Search is an equality search of an indexed attribute, the
// client's part included.
func BenchmarkServer_Search(b *testing.B) {
	conn := bound(b, start(b), adminName, adminPass)
	request := ldap.NewSearchRequest(domainDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false,
		"(userPrincipalName=hsadmin@fabrikam.com)", []string{"mail", "cn"}, nil)
	b.ReportAllocs()
	for b.Loop() {
		result, err := conn.Search(request)
		require.NoError(b, err)
		require.Len(b, result.Entries, 1)
	}
}

// BenchmarkServer_Scan is a search that no index helps, of 10 000 objects.
func BenchmarkServer_Scan(b *testing.B) {
	s := start(b)
	require.NoError(b, s.cfg.Store.Update(b.Context(), func(tx *state.Tx) error {
		for i := range 10_000 {
			create(b, tx, fmt.Sprintf("CN=Contact %05d,%s", i, betaDN), "contact", nil)
		}
		return nil
	}))
	conn := bound(b, s, adminName, adminPass)
	for b.Loop() {
		require.Empty(b, names(b, conn, find(domainDN, "(description=*nothing*)", "1.1")))
	}
}
