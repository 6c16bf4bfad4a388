package store

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
)

// crowd makes mailbox users in organizations of a hundred, as provisioning
// does: a full set of attributes, two addresses, address lists, a group.
type crowd struct {
	store *Store
	made  int
	lists []string // names of the objects that each user is linked to
}

func newCrowd(b *testing.B) *crowd {
	b.Helper()
	c := &crowd{store: openDirectory(b, Config{Path: filepath.Join(b.TempDir(), "store.db")})}
	require.NoError(b, c.store.View(b.Context(), func(tx *Tx) error {
		domain := mustDomain(b, tx)
		found, _, err := tx.Search(Query{
			Base: domain.Exchange, Scope: ScopeSubtree,
			Filter: mustFilter(b, "(|(objectClass=msExchPrivateMDB)(cn=Default Global Address List)(objectClass=msExchOAB))"),
		})
		for _, o := range found {
			c.lists = append(c.lists, o.DN.String())
		}
		return err
	}))
	require.Len(b, c.lists, 5)
	return c
}

// organization gives the unit of the next user, made when it is the first.
func (c *crowd) organization(b *testing.B, tx *Tx) ldappath.DN {
	name := fmt.Sprintf("org%05d", c.made/100)
	dn := testReseller.Child("OU", name)
	if c.made%100 == 0 {
		mustCreate(b, tx, dn, "organizationalUnit")
		mustCreate(b, tx, dn.Child("CN", "AllUsers@"+name), "group", value(KindSAM, "AU@"+name))
	}
	return dn
}

// add makes one user.
func (c *crowd) add(b *testing.B, tx *Tx) {
	unit := c.organization(b, tx)
	login := fmt.Sprintf("u%07d", c.made)
	address := login + "@" + unit.RDN().Value + ".example"
	o := mustCreate(b, tx, unit.Child("CN", address), "user",
		value(KindSAM, login), value(KindUPN, address), value("displayName", "User "+login), value("givenName", "User"), value("sn", login),
		value("telephoneNumber", "555-0100"), value("l", "Town"), value("st", "State"), value("c", "US"), value("mail", address),
		value("mailNickname", login), value("legacyExchangeDN", "/o=Fabrikam/cn=Recipients/cn="+login), value("msExchUserAccountControl", "0"),
		value("mDBStorageQuota", "9000"), value("mDBOverQuotaLimit", "10000"), value("mDBOverHardQuotaLimit", "50000"),
		value("mDBUseDefaults", "FALSE"), value("msExchMailboxGuid", tx.NewGUID().Octets()),
		values("proxyAddresses", "SMTP:"+address, "X400:c=us;a= ;p=Fabrikam;o=Exchange;s="+login+";"),
		value("homeMDB", c.lists[2]), value("showInAddressBook", c.lists[0]), value("msExchUseOAB", c.lists[1]))
	group, err := tx.BySAM("AU@" + unit.RDN().Value)
	require.NoError(b, err)
	require.NoError(b, tx.AddMember(group, o))
	require.NoError(b, tx.SetWellKnown(o, WellKnownOwningOrganization, mustGet(b, tx, unit)))
	c.made++
}

// grow makes users until there are n.
func (c *crowd) grow(b *testing.B, n int) {
	b.Helper()
	for c.made < n {
		require.NoError(b, c.store.Update(b.Context(), func(tx *Tx) error {
			for range min(1000, n-c.made) {
				c.add(b, tx)
			}
			return nil
		}))
	}
}

// BenchmarkCreateUser makes users in a file, each in a transaction of its own,
// when there are few and when there are many. With -short many is less.
func BenchmarkCreateUser(b *testing.B) {
	c := newCrowd(b)
	many := 100_000
	if testing.Short() {
		many = 30_000
	}
	for _, n := range []int{1_000, many} {
		c.grow(b, n)
		b.Run(fmt.Sprintf("after %d", n), func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, c.store.Update(b.Context(), func(tx *Tx) error {
					c.add(b, tx)
					return nil
				}))
			}
		})
		b.Run(fmt.Sprintf("search among %d", n), func(b *testing.B) {
			filter := mustFilter(b, "(&(objectClass=user)(mail=u0000500@*))")
			for b.Loop() {
				require.NoError(b, c.store.View(b.Context(), func(tx *Tx) error {
					found, _, err := tx.Search(Query{Base: testBase, Scope: ScopeSubtree, Filter: filter})
					require.Len(b, found, 1)
					return err
				}))
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		s, err := Open(b.Context(), Config{HashCost: 4})
		require.NoError(b, err)
		require.NoError(b, s.Close())
	}
}

func BenchmarkSeed(b *testing.B) {
	seed := DefaultSeed()
	for b.Loop() {
		s, err := Open(b.Context(), Config{HashCost: 4})
		require.NoError(b, err)
		require.NoError(b, s.Seed(b.Context(), seed))
		require.NoError(b, s.Close())
	}
}
