package directory

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// crowd makes mailbox users in organizations of a hundred, as provisioning
// does: a full set of attributes, two addresses, address lists, a group.
type crowd struct {
	*content
	made int
}

// organization returns the unit of the next user, made when it is the first.
func (c *crowd) organization(tb testing.TB, d Directory) ldappath.DN {
	name := fmt.Sprintf("org%05d", c.made/100)
	dn := testReseller.Child("OU", name)
	if c.made%100 == 0 {
		mustCreate(tb, d, dn, "organizationalUnit")
		mustCreate(tb, d, dn.Child("CN", "AllUsers@"+name), "group", value(KindSAM, "AU@"+name))
	}
	return dn
}

// add makes one user.
func (c *crowd) add(tb testing.TB, d Directory) {
	unit, stores, lists := c.organization(tb, d), testExchange.Child("CN", "EX1").Child("CN", "InformationStore"), testExchange.Child("CN", "Lists")
	login := loginOf(c.made)
	address := login + "@" + unit.RDN().Value + ".example"
	guid := GUID(d.tx.NewGUID())
	o := mustCreate(tb, d, unit.Child("CN", address), "user",
		value(KindSAM, login), value(KindUPN, address), value("displayName", "User "+login), value("givenName", "User"), value("sn", login),
		value("telephoneNumber", "555-0100"), value("l", "Town"), value("st", "State"), value("c", "US"), value("mail", address),
		value("mailNickname", login), value("legacyExchangeDN", "/o=Fabrikam/cn=Recipients/cn="+login), value("msExchUserAccountControl", "0"),
		value("mDBStorageQuota", "9000"), value("mDBOverQuotaLimit", "10000"), value("mDBOverHardQuotaLimit", "50000"),
		value("mDBUseDefaults", "FALSE"), value("msExchMailboxGuid", guid.Octets()),
		values("proxyAddresses", "SMTP:"+address, "X400:c=us;a= ;p=Fabrikam;o=Exchange;s="+login+";"),
		value("homeMDB", stores.Child("CN", "Store1").String()), value("showInAddressBook", lists.Child("CN", "All").String()),
		value("msExchUseOAB", lists.Child("CN", "Offline").String()))
	group, err := d.BySAM("AU@" + unit.RDN().Value)
	require.NoError(tb, err)
	require.NoError(tb, d.AddMember(group, o))
	require.NoError(tb, d.SetWellKnown(o, WellKnownOwningOrganization, mustGet(tb, d, unit)))
	c.made++
}

// loginOf makes the login of a user. As names of people, they come in no order.
func loginOf(n int) string { return fmt.Sprintf("u%08x", uint32(n)*2654435761) }

// grow makes users until there are n, each in a transaction of its own.
func (c *crowd) grow(tb testing.TB, n int) {
	tb.Helper()
	for c.made < n {
		require.NoError(tb, c.update(func(tx *state.Tx) error {
			c.add(tb, In(tx))
			return nil
		}))
	}
}

func newCrowd(tb testing.TB, n int) *crowd {
	tb.Helper()
	c := &crowd{content: newContent(tb)}
	c.grow(tb, n)
	return c
}

// many is how many mailboxes there are in benchmarks.
func many() int {
	if testing.Short() {
		return 10_000
	}
	return 100_000
}

// BenchmarkMemory tells the bytes that a mailbox takes in all tables and
// indexes of the directory, but for its password. They are made once, whatever
// -benchtime says.
func BenchmarkMemory(b *testing.B) {
	before := heap()
	c := newCrowd(b, many())
	b.ReportMetric(float64(heap()-before)/float64(c.made), "B/mailbox")
	b.ReportMetric(0, "ns/op")
	runtime.KeepAlive(c)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkDirectory measures single operations among many mailboxes. Writes
// are each a transaction of their own.
func BenchmarkDirectory(b *testing.B) {
	c := newCrowd(b, many())
	address := loginOf(500) + "@org00005.example"
	dn := testReseller.Child("OU", "org00005").Child("CN", address)
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			mustGet(b, In(c.root.Read(c.env)), dn)
		}
	})
	for name, filter := range map[string]string{
		"equality": "(mail=" + address + ")", "prefix": "(&(objectClass=user)(mail=" + loginOf(500) + "@*))", "address": "(proxyAddresses=smtp:" + address + ")",
	} {
		parsed := mustFilter(b, filter)
		b.Run("search and read by "+name, func(b *testing.B) {
			for b.Loop() {
				d := In(c.root.Read(c.env))
				found, _, err := d.Search(Query{Base: testBase, Scope: ScopeSubtree, Filter: parsed})
				require.NoError(b, err)
				require.Len(b, found, 1)
				_, err = d.Attributes(found[0])
				require.NoError(b, err)
			}
		})
	}
	substring := mustFilter(b, "(&(objectClass=user)(displayName=*"+loginOf(500)[2:]+"*))")
	b.Run("substring scan", func(b *testing.B) {
		for b.Loop() {
			found, _, err := In(c.root.Read(c.env)).Search(Query{Base: testBase, Scope: ScopeSubtree, Filter: substring})
			require.NoError(b, err)
			require.NotEmpty(b, found)
		}
	})
	b.Run("set", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			require.NoError(b, c.update(func(tx *state.Tx) error {
				o := mustGet(b, In(tx), dn)
				return In(tx).Set(o, "telephoneNumber", fmt.Sprint("555-", i))
			}))
		}
	})
	b.Run("create", func(b *testing.B) {
		for b.Loop() {
			c.grow(b, c.made+1)
		}
	})
}
