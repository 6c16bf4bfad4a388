package organization

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/store"
	"wsexchange/mpf"
)

// inSeed runs fn on the seeded directory.
func inSeed(t *testing.T, fn func(*store.Tx)) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{HashCost: 4})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	require.NoError(t, s.Seed(t.Context(), store.DefaultSeed()))
	require.NoError(t, s.Update(t.Context(), func(tx *store.Tx) error { fn(tx); return nil }))
}

var reseller = ldappath.MustParseDN("OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com")

func TestOf_FindsTheNearest(t *testing.T) {
	inSeed(t, func(tx *store.Tx) {
		below, err := tx.Create(reseller.Child("OU", "department"), "organizationalUnit", nil)
		require.NoError(t, err)
		user, err := tx.Create(below.DN.Child("CN", "bob"), "user", nil)
		require.NoError(t, err)
		org, err := Of(tx, user)
		require.NoError(t, err)
		assert.Equal(t, reseller.String(), org.DN.String())
		is, err := Is(tx, below)
		require.NoError(t, err)
		assert.False(t, is, "an OU without the mark is none")
		kind, err := Type(tx, org)
		require.NoError(t, err)
		assert.Equal(t, Reseller, kind)
		assert.Equal(t, "Reseller1", Name(org))
	})
}

func TestRoot_Refusals(t *testing.T) {
	inSeed(t, func(tx *store.Tx) {
		_, err := Root(tx, ldappath.MustParseDN("CN=Users,DC=fabrikam,DC=com"))
		var e *mpf.Error
		require.True(t, errors.As(err, &e))
		assert.Equal(t, mpf.NotAnOrganization.ID, e.Cause)
		_, err = Root(tx, reseller.Child("CN", "none"))
		assert.ErrorIs(t, err, store.ErrNotFound)
	})
}

func TestWellKnown(t *testing.T) {
	inSeed(t, func(tx *store.Tx) {
		org, err := Root(tx, reseller)
		require.NoError(t, err)
		admins, err := Admins(tx, org)
		require.NoError(t, err)
		assert.Equal(t, "Admins@Reseller1", admins.DN.RDN().Value)
		all, err := AllUsers(tx, org)
		require.NoError(t, err)
		assert.Equal(t, "AllUsers@Reseller1", all.DN.RDN().Value)
		same, err := WellKnown(tx, org, store.WellKnownUserCreators)
		require.NoError(t, err)
		assert.Equal(t, admins.ID, same.ID, "by GUID")

		_, err = WellKnown(tx, org, GlobalAddressList)
		var e *mpf.Error
		require.True(t, errors.As(err, &e))
		assert.Equal(t, mpf.WellKnownMissing.ID, e.Cause)
		require.NoError(t, Mark(tx, org, "globaladdresslist", all))
		marked, err := Optional(tx, org, GlobalAddressList)
		require.NoError(t, err)
		assert.Equal(t, all.ID, marked.ID)
		require.NoError(t, tx.RemoveWellKnown(org, guid(GlobalAddressList)))
		marked, err = Optional(tx, org, GlobalAddressList)
		require.NoError(t, err)
		assert.Nil(t, marked)
	})
}
