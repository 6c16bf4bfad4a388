package store

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
)

// words tells differences as one text a line.
func words(all []Difference) string {
	var b strings.Builder
	for _, d := range all {
		b.WriteString(d.Subject)
		for flag, set := range map[string]bool{" created": d.Created, " deleted": d.Deleted} {
			if set {
				b.WriteString(flag)
			}
		}
		b.WriteString("\n")
		for _, fact := range d.Removed {
			b.WriteString("- " + fact + "\n")
		}
		for _, fact := range d.Added {
			b.WriteString("+ " + fact + "\n")
		}
	}
	return b.String()
}

func TestPicture_Differences(t *testing.T) {
	s, err := Open(t.Context(), Config{HashCost: 4, NewGUID: func() func() GUID {
		var n byte
		return func() GUID { n++; return GUID{14: n / 255, 15: n} }
	}()})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	require.NoError(t, s.Seed(t.Context(), DefaultSeed()))
	const where = "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	tx, err := s.Begin(t.Context(), true)
	require.NoError(t, err)
	before, err := tx.Picture()
	require.NoError(t, err)
	reseller, err := tx.Get(ldappath.MustParseDN(where))
	require.NoError(t, err)
	require.NoError(t, tx.Set(reseller, "description", "Another"))
	user, err := tx.Create(ldappath.MustParseDN("CN=bob,"+where), "user", Attributes{}.With("sAMAccountName", "bob"))
	require.NoError(t, err)
	require.NoError(t, tx.SetPassword(user, "Secret-01"))
	created, err := tx.Picture()
	require.NoError(t, err)
	text := words(before.Differences(created))
	assert.Contains(t, text, "LDAP://"+where+"\n- description: Organizations of the control panel\n+ description: Another\n")
	assert.Contains(t, text, "LDAP://CN=bob,"+where+" created\n")
	assert.Contains(t, text, "+ sAMAccountName: bob\n")
	assert.Contains(t, text, "+ password: #")
	assert.NotContains(t, text, "Secret-01")
	assert.Less(t, strings.Index(text, "LDAP://"+where), strings.Index(text, "LDAP://CN=bob"), "from the root down")

	_, err = tx.RegisterServer(FrontEndServer, "EX1", 0)
	require.NoError(t, err)
	require.NoError(t, tx.Delete(user))
	deleted, err := tx.Picture()
	require.NoError(t, err)
	text = words(created.Differences(deleted))
	assert.Contains(t, text, "LDAP://CN=bob,"+where+" deleted\n")
	assert.Contains(t, text, "resource\n+ ")
	assert.Contains(t, text, "kind=frontend")
	assert.Empty(t, deleted.Differences(deleted))

	require.NoError(t, tx.Rollback())
	require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
		after, err := tx.Picture()
		require.NoError(t, err)
		assert.Empty(t, before.Differences(after))
		return nil
	}))
}
