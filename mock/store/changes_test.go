package store_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/store"
)

func TestTx_Changes(t *testing.T) {
	s := opened(t, store.Config{TrackChanges: true})
	require.NoError(t, s.Seed(t.Context(), store.DefaultSeed()))
	addUser(t, s, "ann")
	addUser(t, s, "bob")
	const ann, bob, cid, group = "CN=ann,CN=Users,DC=fabrikam,DC=com", "CN=bob,CN=Users,DC=fabrikam,DC=com",
		"CN=cid,CN=Users,DC=fabrikam,DC=com", "CN=Domain Admins,CN=Users,DC=fabrikam,DC=com"
	var got []store.ObjectChange
	require.NoError(t, s.Update(t.Context(), func(tx *store.Tx) error {
		get := func(dn string) *store.Object {
			o, err := tx.Get(ldappath.MustParseDN(dn))
			require.NoError(t, err)
			return o
		}
		o := get(ann)
		require.NoError(t, tx.Set(o, "description", "old"))
		require.NoError(t, tx.Set(o, "description", "new"))
		require.NoError(t, tx.Set(o, "company", "there and back"))
		require.NoError(t, tx.Set(o, "company"))
		require.NoError(t, tx.SetPassword(o, "Fabrikam-1234"))
		require.NoError(t, tx.AddMember(get(group), o))
		require.NoError(t, tx.Delete(get(bob)))
		_, err := tx.Create(ldappath.MustParseDN(cid), "contact", nil)
		require.NoError(t, err)
		got, err = tx.Changes()
		return err
	}))
	kinds := make(map[string]store.ChangeKind)
	attributes := make(map[string]store.AttributeChange)
	for _, c := range got {
		kinds[c.Object] = c.Kind
		for _, a := range c.Attributes {
			attributes[c.Object+" "+a.Name] = a
		}
	}
	assert.Equal(t, map[string]store.ChangeKind{ann: store.Changed, bob: store.Deleted, cid: store.Created, group: store.Changed}, kinds)
	assert.Equal(t, []string{"new"}, attributes[ann+" description"].After)
	assert.Empty(t, attributes[ann+" description"].Before)
	assert.Equal(t, []string{ann}, attributes[group+" member"].After)
	assert.Equal(t, []string{"***"}, attributes[ann+" password"].After)
	assert.NotContains(t, attributes, ann+" company")
	assert.Equal(t, []string{"contact"}, attributes[cid+" class"].After)
}

func TestDifference(t *testing.T) {
	s := opened(t, store.Config{})
	require.NoError(t, s.Seed(t.Context(), store.DefaultSeed()))
	addUser(t, s, "ann")
	image, err := s.Image(t.Context())
	require.NoError(t, err)
	before := opened(t, store.Config{Image: image})
	same, err := store.Difference(t.Context(), before, s)
	require.NoError(t, err)
	assert.Empty(t, same)
	require.NoError(t, s.Update(t.Context(), func(tx *store.Tx) error {
		o, err := tx.BySAM("ann")
		require.NoError(t, err)
		require.NoError(t, tx.SetPassword(o, "Fabrikam-1234"))
		return tx.Set(o, "description", "new")
	}))
	addUser(t, s, "bob")
	var there, back strings.Builder
	changes, err := store.Difference(t.Context(), before, s)
	require.NoError(t, err)
	require.NoError(t, store.WriteChanges(&there, changes))
	changes, err = store.Difference(t.Context(), s, before)
	require.NoError(t, err)
	require.NoError(t, store.WriteChanges(&back, changes))
	assert.Contains(t, there.String(), "changed CN=ann,CN=Users,DC=fabrikam,DC=com\n  + description: new\n  + password: ***\n")
	assert.Contains(t, there.String(), "created CN=bob,CN=Users,DC=fabrikam,DC=com\n  + class: user\n")
	assert.Contains(t, back.String(), "  - description: new\n  - password: ***\n")
	assert.Contains(t, back.String(), "deleted CN=bob,CN=Users,DC=fabrikam,DC=com\n")
}
