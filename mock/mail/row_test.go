package mail

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/roomtest"
	"wsexchange/mock/state"
)

// filled returns a transaction with one row of everything, and the objects.
func filled(t *testing.T) (tx *state.Tx, org, user, store *directory.Object) {
	t.Helper()
	tx = updating(t)
	m := In(tx)
	org = mustCreate(t, tx, testBase.Child("OU", "org"), "organizationalUnit")
	user = mustCreate(t, tx, testBase.Child("CN", "bob"), "user")
	store = mustCreate(t, tx, testBase.Child("CN", "store"), "container")
	require.NoError(t, m.CreateDomain(org, "First.example", PrimaryDomain))
	top, err := m.CreateFolder(Folder{Path: "/top", OrganizationID: org.ID, StoreID: store.ID, MaxItemKB: -1, PostLimitKB: 5})
	require.NoError(t, err)
	_, err = m.CreateFolder(Folder{Path: "/top/below", OrganizationID: org.ID})
	require.NoError(t, err)
	require.NoError(t, m.SetFolderUsage(top, 7))
	require.NoError(t, m.SetFolderPermissions(top, false, FolderPermission{user, "owner"}))
	require.NoError(t, m.SetMailboxUsage(user, 9))
	return tx, org, user, store
}

func TestRows_AreReadableAndComeBack(t *testing.T) {
	tx, _, _, _ := filled(t)
	rows := roomtest.Rows(t, tx)
	assert.JSONEq(t, `{"name":"First.example","organization":2,"kind":"PrimaryDomain","created":"2004-05-06T07:08:09Z"}`, rows["smtp_domain first.example"])
	assert.JSONEq(t, `{"id":1,"path":"/top","organization":2,"store":4,"maxItemKB":-1,"postLimitKB":5,"created":"2004-05-06T07:08:09Z",
		"usageKB":7,"permissions":[{"trustee":3,"role":"owner"}]}`, rows["public_folder 1"])
	assert.JSONEq(t, `{"object":3,"kilobytes":9}`, rows["mailbox_usage 3"])

	loaded := In(roomtest.Reload(t, tx))
	f, err := loaded.Folder("/TOP/below")
	require.NoError(t, err)
	assert.Equal(t, int64(1), f.ParentID)
}

func TestRows_AreDescribedByNames(t *testing.T) {
	tx, _, _, _ := filled(t)
	got := roomtest.Described(tx)
	assert.Equal(t, []string{"OU=org,DC=fabrikam,DC=com"}, got["smtp_domain First.example"]["organization"])
	assert.Equal(t, []string{"CN=bob,DC=fabrikam,DC=com: owner"}, got["public_folder /top"]["permission"])
	assert.Equal(t, []string{"9"}, got["CN=bob,DC=fabrikam,DC=com"]["mailbox usage (kilobytes)"])
}

func TestObjectDeleted(t *testing.T) {
	tx, org, user, store := filled(t)
	m, d := In(tx), directory.In(tx)
	top, err := m.Folder("/top")
	require.NoError(t, err)

	require.NoError(t, d.Delete(user))
	permissions, err := m.FolderPermissions(top)
	require.NoError(t, err)
	assert.Empty(t, permissions, "a trustee's permissions go")

	require.NoError(t, d.Delete(store))
	top, err = m.Folder("/top")
	require.NoError(t, err, "a folder stays when its store goes")
	assert.Zero(t, top.StoreID)

	other := mustCreate(t, tx, testBase.Child("OU", "other"), "organizationalUnit")
	_, err = m.CreateFolder(Folder{Path: "/top/others", OrganizationID: other.ID})
	require.NoError(t, err)
	require.NoError(t, d.Delete(org))
	for _, table := range Tables() {
		assert.Zero(t, tx.Fork().Root(1).Count()[table.Name()], "%s: folders go with those above, too", table.Name())
	}
}

func TestObjects_MustExist(t *testing.T) {
	tx, org, user, _ := filled(t)
	m := In(tx)
	require.NoError(t, directory.In(tx).Delete(user))
	top, err := m.Folder("/top")
	require.NoError(t, err)
	gone := *org
	gone.ID = 99
	for name, run := range map[string]func() error{
		"organization of a domain": func() error { return m.CreateDomain(&gone, "x.example", SecondaryDomain) },
		"organization of a folder": func() error { _, err := m.CreateFolder(Folder{Path: "/x", OrganizationID: 99}); return err },
		"store of a folder": func() error {
			_, err := m.CreateFolder(Folder{Path: "/x", OrganizationID: org.ID, StoreID: 99})
			return err
		},
		"trustee":           func() error { return m.SetFolderPermissions(top, true, FolderPermission{user, "owner"}) },
		"folder for limits": func() error { return m.SetFolderLimits(&Folder{ID: 99}, 1, 1) },
	} {
		assert.ErrorIs(t, run(), state.ErrNotFound, name)
	}
}
