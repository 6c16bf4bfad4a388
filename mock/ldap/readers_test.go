package ldap

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// TestReaders has a mail server's account, which is in MPSReaders, read all
// customers.
func TestReaders(t *testing.T) {
	s := start(t)
	conn := bound(t, s, "bob@beta.example", userPass)
	assert.Empty(t, names(t, conn, find(domainDN, "(cn=alice)", "1.1")))
	update(t, s.cfg.Store, "CN=Bob,"+betaDN, func(tx *state.Tx, bob *directory.Object) error {
		readers, err := directory.In(tx).Get(ldappath.MustParseDN("CN=MPSReaders,CN=Users," + domainDN))
		require.NoError(t, err, "the demo data has the group")
		return directory.In(tx).AddMember(readers, bob)
	})
	assert.Equal(t, []string{"CN=Alice," + alphaDN}, names(t, conn, find(domainDN, "(cn=alice)", "1.1")))
	_, gone := remove(t, s, "CN=Alice,"+alphaDN)
	assert.Equal(t, []string{gone}, names(t, conn, shown(find(deletedBase, "(cn=alice*)", "1.1"))), "mail servers notice deletions")
}
