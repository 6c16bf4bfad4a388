package mail

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/roomtest"
	"wsexchange/mock/state"
)

var (
	testClock = roomtest.Clock
	testBase  = ldappath.MustParseDN("DC=fabrikam,DC=com")
)

// updating returns a transaction with a small domain.
func updating(tb testing.TB) *state.Tx {
	tb.Helper()
	tx := roomtest.Begin(tb, state.Env{Deleted: []func(*state.Tx, int64) error{ObjectDeleted}}, directory.Tables(), Tables())
	_, err := directory.In(tx).CreateDomainRoot(testBase, "FABRIKAM", "S-1-5-21-1-2-3")
	require.NoError(tb, err)
	return tx
}

func mustCreate(tb testing.TB, tx *state.Tx, dn ldappath.DN, class string) *directory.Object {
	tb.Helper()
	o, err := directory.In(tx).Create(dn, class, nil)
	require.NoError(tb, err)
	return o
}
