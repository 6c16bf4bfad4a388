package organization

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// inSeed runs fn on the seeded directory.
func inSeed(t *testing.T, fn func(*state.Tx)) {
	t.Helper()
	env := seed.Env(state.Env{Now: time.Now, NewGUID: func() [16]byte { return directory.RandomGUID() }}, passwords(t))
	root, err := seed.Root(t.Context(), env, seed.Default())
	require.NoError(t, err)
	fn(root.Begin(env))
}

func passwords(t *testing.T) *directory.Passwords {
	t.Helper()
	const lowest = 4
	return directory.NewPasswords(lowest)
}

var reseller = ldappath.MustParseDN("OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com")

func TestOf_FindsTheNearest(t *testing.T) {
	inSeed(t, func(tx *state.Tx) {
		below, err := directory.In(tx).Create(reseller.Child("OU", "department"), "organizationalUnit", nil)
		require.NoError(t, err)
		user, err := directory.In(tx).Create(below.DN.Child("CN", "bob"), "user", nil)
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
	inSeed(t, func(tx *state.Tx) {
		_, err := Root(tx, ldappath.MustParseDN("CN=Users,DC=fabrikam,DC=com"))
		var e *mpf.Error
		require.True(t, errors.As(err, &e))
		assert.Equal(t, mpf.NotAnOrganization.ID, e.Cause)
		_, err = Root(tx, reseller.Child("CN", "none"))
		assert.ErrorIs(t, err, state.ErrNotFound)
	})
}

func TestWellKnown(t *testing.T) {
	inSeed(t, func(tx *state.Tx) {
		org, err := Root(tx, reseller)
		require.NoError(t, err)
		admins, err := Admins(tx, org)
		require.NoError(t, err)
		assert.Equal(t, "Admins@Reseller1", admins.DN.RDN().Value)
		all, err := AllUsers(tx, org)
		require.NoError(t, err)
		assert.Equal(t, "AllUsers@Reseller1", all.DN.RDN().Value)
		same, err := WellKnown(tx, org, directory.WellKnownUserCreators)
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
		require.NoError(t, directory.In(tx).RemoveWellKnown(org, guid(GlobalAddressList)))
		marked, err = Optional(tx, org, GlobalAddressList)
		require.NoError(t, err)
		assert.Nil(t, marked)
	})
}
