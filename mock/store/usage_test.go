package store

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
)

func TestTx_MailboxUsage(t *testing.T) {
	s, err := Open(t.Context(), Config{HashCost: 4})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	require.NoError(t, s.Seed(t.Context(), DefaultSeed()))
	hosting := ldappath.MustParseDN("OU=Hosting,DC=fabrikam,DC=com")
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		user, err := tx.Create(hosting.Child("CN", "bob"), "user", nil)
		require.NoError(t, err)
		_, set, err := tx.MailboxUsage(user)
		require.NoError(t, err)
		assert.False(t, set, "nothing was set")

		require.NoError(t, tx.SetMailboxUsage(user, 5))
		require.NoError(t, tx.SetMailboxUsage(user, 7))
		kilobytes, set, err := tx.MailboxUsage(user)
		require.NoError(t, err)
		assert.True(t, set)
		assert.Equal(t, int64(7), kilobytes)
		assert.ErrorIs(t, tx.SetMailboxUsage(user, -1), ErrConstraint)

		require.NoError(t, tx.ClearMailboxUsage(user))
		_, set, err = tx.MailboxUsage(user)
		require.NoError(t, err)
		assert.False(t, set)

		require.NoError(t, tx.SetMailboxUsage(user, 9))
		assert.NoError(t, tx.Delete(user), "usage goes with the mailbox")
		return nil
	}))
}

func TestTx_FolderUsage(t *testing.T) {
	s, err := Open(t.Context(), Config{HashCost: 4})
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	require.NoError(t, s.Seed(t.Context(), DefaultSeed()))
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		hosting, err := tx.Get(ldappath.MustParseDN("OU=Hosting,DC=fabrikam,DC=com"))
		require.NoError(t, err)
		folder, err := tx.CreateFolder(Folder{Path: "/acme", OrganizationID: hosting.ID})
		require.NoError(t, err)
		require.NoError(t, tx.SetFolderUsage(folder, 11))
		kilobytes, set, err := tx.FolderUsage(folder)
		require.NoError(t, err)
		assert.True(t, set)
		assert.Equal(t, int64(11), kilobytes)
		assert.NoError(t, tx.DeleteFolder(folder), "usage goes with the folder")
		return nil
	}))
}
