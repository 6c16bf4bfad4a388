package mail

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

func TestTx_MailboxUsage(t *testing.T) {
	tx := updating(t)
	m := In(tx)
	user := mustCreate(t, tx, testBase.Child("CN", "bob"), "user")
	_, set, err := m.MailboxUsage(user)
	require.NoError(t, err)
	assert.False(t, set, "nothing was set")

	require.NoError(t, m.SetMailboxUsage(user, 5))
	require.NoError(t, m.SetMailboxUsage(user, 7))
	kilobytes, set, err := m.MailboxUsage(user)
	require.NoError(t, err)
	assert.True(t, set)
	assert.Equal(t, int64(7), kilobytes)
	assert.ErrorIs(t, m.SetMailboxUsage(user, -1), state.ErrConstraint)

	require.NoError(t, m.ClearMailboxUsage(user))
	_, set, err = m.MailboxUsage(user)
	require.NoError(t, err)
	assert.False(t, set)

	require.NoError(t, m.SetMailboxUsage(user, 9))
	require.NoError(t, directory.In(tx).Delete(user))
	_, set, err = m.MailboxUsage(user)
	require.NoError(t, err)
	assert.False(t, set, "usage goes with the mailbox")
	assert.ErrorIs(t, m.SetMailboxUsage(user, 9), state.ErrNotFound)
}

func TestTx_FolderUsage(t *testing.T) {
	tx := updating(t)
	m := In(tx)
	org := mustCreate(t, tx, testBase.Child("OU", "acme"), "organizationalUnit")
	folder, err := m.CreateFolder(Folder{Path: "/acme", OrganizationID: org.ID})
	require.NoError(t, err)
	_, set, err := m.FolderUsage(folder)
	require.NoError(t, err)
	assert.False(t, set)
	require.NoError(t, m.SetFolderUsage(folder, 11))
	kilobytes, set, err := m.FolderUsage(folder)
	require.NoError(t, err)
	assert.True(t, set)
	assert.Equal(t, int64(11), kilobytes)
	assert.ErrorIs(t, m.SetFolderUsage(folder, -1), state.ErrConstraint)
	require.NoError(t, m.DeleteFolder(folder))
	_, set, err = m.FolderUsage(folder)
	require.NoError(t, err)
	assert.False(t, set, "usage goes with the folder")
}
