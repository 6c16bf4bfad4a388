package resource

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/roomtest"
)

// filledDomain returns a resource manager with a mailbox of an organization, a
// folder of one that is gone and a mailbox in a pool, in a small domain.
func filledDomain(t *testing.T) (pool Resources, user *directory.Object) {
	t.Helper()
	pool = openPool(t)
	d := directory.In(pool.tx)
	base := ldappath.MustParseDN("DC=fabrikam,DC=com")
	_, err := d.CreateDomainRoot(base, "FABRIKAM", "S-1-5-21-1-2-3")
	require.NoError(t, err)
	org, err := d.Create(base.Child("OU", "org"), "organizationalUnit", nil)
	require.NoError(t, err)
	user, err = d.Create(org.DN.Child("CN", "bob"), "user", nil)
	require.NoError(t, err)
	stores := []*Resource{mustResource(t, pool, MailStore, "M", 10, true), mustResource(t, pool, PublicStore, "P", 10, true), mustResource(t, pool, ConsumerStore, "C", 10, true)}
	share, err := pool.Allocate(org.GUID, stores[0].ID, 5)
	require.NoError(t, err)
	_, err = pool.AddConsumer(Consumer{AllocationID: share.ID, Kind: MailboxConsumer, GUID: user.GUID, Kilobytes: 7})
	require.NoError(t, err)
	share, err = pool.Allocate(poolGUID(1), stores[1].ID, 5)
	require.NoError(t, err)
	_, err = pool.AddConsumer(Consumer{AllocationID: share.ID, Kind: FolderConsumer, GUID: poolGUID(2), Path: "/Gone", Kilobytes: 1024})
	require.NoError(t, err)
	_, err = pool.AddConsumerMailbox(stores[2].ID, poolGUID(3), 1025)
	require.NoError(t, err)
	return pool, user
}

func TestRows_AreReadableAndComeBack(t *testing.T) {
	pool, user := filledDomain(t)
	rows := roomtest.Rows(t, pool.tx)
	assert.JSONEq(t, `{"id":1,"guid":"{00000040-0000-0400-0000-000000000000}","kind":"mail","server":"EX1","name":"M","capacity":10,
		"allocated":5,"shared":true,"provisionable":true}`, rows["resource 1"])
	assert.JSONEq(t, `{"id":2,"resource":2,"organization":"`+poolGUID(1).String()+`","amount":5,"usedKB":1024,"consumers":1}`,
		rows["allocation 2"])
	assert.JSONEq(t, `{"id":3,"resource":3,"amount":2,"usedKB":1025,"consumers":1}`, rows["allocation 3"], "a pool has no organization")
	assert.JSONEq(t, `{"id":2,"allocation":2,"kilobytes":1024,"guid":"`+poolGUID(2).String()+`","path":"/Gone","folder":true}`,
		rows["consumer 2"])

	loaded := In(roomtest.Reload(t, pool.tx))
	assert.NoError(t, loaded.CheckConservation())
	c, err := loaded.Consumer(user.GUID)
	require.NoError(t, err)
	assert.Equal(t, "CN=bob,OU=org,DC=fabrikam,DC=com", c.DN.String())
}

func TestRows_AreDescribedByNames(t *testing.T) {
	pool, _ := filledDomain(t)
	got := roomtest.Described(pool.tx)
	assert.Equal(t, []string{"10"}, got["resource mail M on EX1"]["capacity"])
	assert.Equal(t, map[string][]string{"amount": {"5"}}, got["allocation in M on EX1 of OU=org,DC=fabrikam,DC=com"])
	assert.Equal(t, map[string][]string{"amount": {"2"}}, got["allocation in C on EX1 of consumers"])
	assert.Equal(t, map[string][]string{"kilobytes": {"7"}, "resource": {"M on EX1"}}, got["consumer CN=bob,OU=org,DC=fabrikam,DC=com"])
	assert.Contains(t, got, "consumer /Gone "+poolGUID(2).String())
}

func TestHolders_KeepThoseThatAreGone(t *testing.T) {
	pool, user := filledDomain(t)
	holders, err := pool.Holders()
	require.NoError(t, err)
	require.Len(t, holders, 2, "the pool of the consumer store is of nobody")
	assert.Equal(t, Holder{GUID: poolGUID(1)}, holders[0])
	assert.Equal(t, "OU=org,DC=fabrikam,DC=com", holders[1].DN.String())

	require.NoError(t, directory.In(pool.tx).Delete(user))
	found, err := pool.Consumers(holders[1].GUID, MailboxConsumer)
	require.NoError(t, err)
	require.Len(t, found, 1, "F290")
	assert.True(t, found[0].DN.IsZero())
}

func TestRegister_FindsStoresAndServers(t *testing.T) {
	pool := openPool(t)
	d := directory.In(pool.tx)
	base := ldappath.MustParseDN("DC=fabrikam,DC=com")
	_, err := d.CreateDomainRoot(base, "FABRIKAM", "S-1-5-21-1-2-3")
	require.NoError(t, err)
	at := base.Child("CN", "Configuration")
	_, err = d.CreateRoot(at, "configuration")
	require.NoError(t, err)
	for _, o := range [][2]string{
		{"Servers", "container"},
		{"EX1", "msExchExchangeServer"},
		{"InformationStore", "msExchInformationStore"},
		{"First Storage Group", "container"},
		{"Mailbox Store", "msExchPrivateMDB"},
	} {
		at = at.Child("CN", o[0])
		_, err := d.Create(at, o[1], nil)
		require.NoError(t, err, o[0])
	}
	_, err = d.Create(base.Child("CN", "FE1"), "computer", directory.Attributes{{Name: directory.KindSAM, Values: []string{"FE1$"}}})
	require.NoError(t, err)

	made, err := pool.RegisterStore(MailStore, "ex1", "mailbox STORE", 100, true)
	require.NoError(t, err)
	assert.Equal(t, "Mailbox Store on EX1", made.label())
	o, err := pool.FindDatabase(ConsumerStore, "EX1", "Mailbox Store")
	require.NoError(t, err)
	assert.Equal(t, made.GUID, o.GUID)
	for _, kind := range []ResourceKind{PublicStore, OABServer} {
		_, err = pool.FindDatabase(kind, "EX1", "Mailbox Store")
		assert.Error(t, err, kind)
	}
	server, err := pool.RegisterServer(FrontEndServer, "fe1", 0)
	require.NoError(t, err)
	assert.Equal(t, "FE1", server.label())
	_, err = pool.RegisterServer(FrontEndServer, "FE2", 0)
	assert.Error(t, err)

	census := pool.Census()
	require.Len(t, census, 2)
	assert.Equal(t, ResourceCensus{Kind: MailStore, Server: "EX1", Name: "Mailbox Store", Capacity: 100}, census[1])
}
