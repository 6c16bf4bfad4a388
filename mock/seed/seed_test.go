package seed

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/plan"
	"wsexchange/mock/queue"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
)

// environment is one in which times stand still and GUIDs count from 1.
func environment() state.Env {
	ids := uint64(0)
	return Env(state.Env{
		Now:     func() time.Time { return time.Date(2005, time.March, 1, 9, 0, 0, 0, time.UTC) },
		NewGUID: func() (g [16]byte) { ids++; binary.BigEndian.PutUint64(g[8:], ids); return g },
	}, directory.NewPasswords(4))
}

// seeded returns a transaction on the state of a seed.
func seeded(t testing.TB, s Seed) *state.Tx {
	t.Helper()
	env := environment()
	root, err := Root(t.Context(), env, s)
	require.NoError(t, err)
	return root.Begin(env)
}

func mustGet(t testing.TB, d directory.Directory, dn ldappath.DN) *directory.Object {
	t.Helper()
	o, err := d.Get(dn)
	require.NoError(t, err)
	return o
}

func mustDomain(t testing.TB, d directory.Directory) directory.Domain {
	t.Helper()
	domain, err := d.Domain()
	require.NoError(t, err)
	return domain
}

var update = flag.Bool("update", false, "record the content of the demo data anew")

// recorded returns a file of testdata: what the emulator held, or its
// procedures left, when it was recorded.
func recorded(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return string(text)
}

func TestSchema_HasEveryTableOnce(t *testing.T) {
	schema, err := Schema()
	require.NoError(t, err)
	names := make([]string, 0, len(schema.Tables()))
	for _, table := range schema.Tables() {
		names = append(names, table.Name())
	}
	assert.Contains(t, names, "counter")
	assert.Contains(t, names, "object")
	assert.Greater(t, len(names), 15)
}

func TestRoot_HoldsWhatTheRecordHolds(t *testing.T) {
	content := dumped(t, seeded(t, Default()))
	if *update {
		require.NoError(t, os.WriteFile(filepath.Join("testdata", "demo.txt"), []byte(content), 0o600))
	}
	assert.Equal(t, recorded(t, "demo.txt"), content)
}

func TestSeed_FillsTheDirectory(t *testing.T) {
	d := directory.In(seeded(t, Default()))
	domain := mustDomain(t, d)
	assert.Equal(t, "fabrikam.com", domain.Name)
	assert.Equal(t, "FABRIKAM", domain.NetBIOS)
	assert.Equal(t, directory.SID("S-1-5-21-1004336348-1177238915-682003330"), domain.SID)
	for path, host := range map[string]string{
		"CN=EX1, CN=Computers,DC=fabrikam,DC=com":         "ex1.fabrikam.com",
		"CN=DC1,OU=Domain Controllers,DC=fabrikam,DC=com": "dc1.fabrikam.com",
	} {
		got, err := d.Value(mustGet(t, d, ldappath.MustParseDN(path)), "dNSHostName")
		require.NoError(t, err)
		assert.Equal(t, host, got)
	}
	admin, err := d.BySAM("hsadmin")
	require.NoError(t, err)
	for sid, why := range map[directory.SID]string{domain.SID.Child(512): "directly", "S-1-5-32-544": "through Domain Admins"} {
		group, err := d.BySID(sid)
		require.NoError(t, err)
		is, err := d.IsMember(admin, group)
		require.NoError(t, err)
		assert.True(t, is, why)
	}
	require.NoError(t, d.CheckPassword(admin, string(Default().Accounts[1].Password)))

	reseller := mustGet(t, d, domain.Hosting.Child("OU", "Reseller1"))
	for guid, name := range map[string]string{
		directory.WellKnownThisOrganizationRoot: "Reseller1", directory.WellKnownForeignOwnerOrg: "Hosting",
		directory.WellKnownOrgType: "reseller", directory.WellKnownUserCreators: "Admins@Reseller1",
		directory.WellKnownChildOrgCreators: "CSRAdmins@Reseller1", directory.WellKnownAllCustomers: "AllCustomers@Reseller1",
		directory.WellKnownAllUsers: "AllUsers@Reseller1",
	} {
		o, err := d.WellKnown(reseller, guid)
		require.NoError(t, err, name)
		assert.Equal(t, name, o.DN.RDN().Value)
	}
	mustGet(t, d, reseller.DN.Child("CN", "_Private").Child("CN", "AllUsers@Reseller1"))
	mustGet(t, d, domain.Hosting.Child("CN", "_Private").Child("CN", "WatOrgTypes").Child("CN", "customer"))
	global := domain.Exchange.Child("CN", "Address Lists Container").Child("CN", "All Global Address Lists").Child("CN", "Default Global Address List")
	lists, err := d.Values(mustGet(t, d, domain.Exchange.Parent()), "globalAddressList")
	require.NoError(t, err)
	assert.Equal(t, []string{global.String()}, lists)
	filter, err := directory.ParseFilter("(objectClass=msExchMDB)")
	require.NoError(t, err)
	stores, _, err := d.Search(directory.Query{Base: domain.Exchange, Scope: directory.ScopeSubtree, Filter: filter})
	require.NoError(t, err)
	assert.Len(t, stores, 5)
}

func TestSeed_PlansAndResources(t *testing.T) {
	tx := seeded(t, Default())
	plans := plan.In(tx)
	p, err := plans.Plan("platinumplusmail")
	require.NoError(t, err)
	assert.Equal(t, "PlatinumPlusMail", p.Name)
	assert.Equal(t, "ExchMailbox", p.Type)
	assert.Equal(t, plan.StatusEnabled, p.Status)
	segment, ok := p.Feature("owasegment")
	require.True(t, ok)
	assert.Equal(t, "131071", segment.Value)
	assert.Equal(t, "properties", segment.ParentNode)
	outlook, ok := p.Feature("OutlookClient")
	require.True(t, ok)
	assert.Equal(t, "options", outlook.ParentNode)
	all, err := plans.Plans(plan.PlanFilter{Type: "exchmailbox", Status: "enabled", Category: "HeBusiness"})
	require.NoError(t, err)
	assert.Len(t, all, 4)
	none, err := plans.Plans(plan.PlanFilter{Category: "None"})
	require.NoError(t, err)
	assert.Empty(t, none)
	stores, err := resource.In(tx).Resources(resource.MailStore)
	require.NoError(t, err)
	require.NotEmpty(t, stores)
	d := directory.In(tx)
	at, err := d.ByGUID(stores[0].GUID)
	require.NoError(t, err)
	assert.Equal(t, stores[0].Name, at.DN.RDN().Value)
	reseller := mustGet(t, d, mustDomain(t, d).Hosting.Child("OU", "Reseller1"))
	c, err := plans.Customer(reseller.GUID)
	require.NoError(t, err)
	assert.Equal(t, "ResellerOrganization", c.Type)
}

func TestSeed_OtherDomain(t *testing.T) {
	seed := Default()
	seed.Domain.Name, seed.Domain.NetBIOS, seed.Domain.SID = "ad.hoster.example", "HOSTER", ""
	seed.Hosting.Name = "Kunden, alle"
	schema, err := Schema()
	require.NoError(t, err)
	empty := schema.Root().Read(environment())
	assert.False(t, Seeded(empty))
	_, err = directory.In(empty).Domain()
	require.ErrorIs(t, err, directory.ErrNotSeeded)

	tx := seeded(t, seed)
	assert.True(t, Seeded(tx))
	d := directory.In(tx)
	domain := mustDomain(t, d)
	assert.Equal(t, `OU=Kunden\, alle,DC=ad,DC=hoster,DC=example`, domain.Hosting.String())
	assert.Regexp(t, `^S-1-5-21-\d+-\d+-\d+$`, domain.SID)
	mustGet(t, d, domain.Hosting.Child("OU", "Reseller1"))
	administrator, err := d.Resolve(`HOSTER\Administrator`)
	require.NoError(t, err)
	assert.NoError(t, d.CheckPassword(administrator, string(seed.Accounts[0].Password)))
}

func TestSeed_LeavesNothingOnFailure(t *testing.T) {
	schema, err := Schema()
	require.NoError(t, err)
	env := environment()
	tx := schema.Root().Begin(env)
	seed := Default()
	seed.Accounts[1].Groups = []string{"Domain Admins", "Nowhere"}
	err = tx.Savepoint(func() error { return Write(tx, seed) })
	require.ErrorIs(t, err, state.ErrNotFound)
	require.ErrorContains(t, err, "hsadmin")
	assert.Empty(t, state.Difference(schema.Root(), tx.Fork().Root(1)))
	require.NoError(t, Write(tx, Default()))
	assert.ErrorIs(t, Write(tx, Default()), ErrAlreadySeeded)
	seed.Hosting.Name = ""
	assert.ErrorContains(t, Write(schema.Root().Begin(env), seed), "hosting.name")
}

func TestSeed_PasswordsPrecedeThePolicy(t *testing.T) {
	seed := Default()
	seed.Accounts[1].Password = "weak"
	d := directory.In(seeded(t, seed))
	o, err := d.BySAM("hsadmin")
	require.NoError(t, err)
	require.NoError(t, d.CheckPassword(o, "weak"))
	policy, err := d.PasswordPolicy()
	require.NoError(t, err)
	assert.Equal(t, seed.Domain.PasswordPolicy, policy)
	assert.ErrorIs(t, d.SetPassword(o, "weak"), directory.ErrPasswordPolicy, "from then on")
}

func TestSeed_IsRepeatable(t *testing.T) {
	one, err := Root(t.Context(), environment(), Default())
	require.NoError(t, err)
	two, err := Root(t.Context(), environment(), Default())
	require.NoError(t, err)
	var differ []string
	for _, c := range differences(one, two) {
		for _, a := range c.Attributes {
			assert.Equal(t, "password", a.Name, c.Object) // salted
			assert.Equal(t, []string{state.Hidden}, a.After)
			differ = append(differ, c.Object)
		}
	}
	assert.Equal(t, []string{"CN=Administrator,CN=Users,DC=fabrikam,DC=com", "CN=hsadmin,CN=Users,DC=fabrikam,DC=com"}, differ)
}

func TestSeed_TwoSeedsDiffer(t *testing.T) {
	one, err := Root(t.Context(), environment(), Default())
	require.NoError(t, err)
	seed := Default()
	seed.Accounts = append(seed.Accounts, Account{Name: "operator", Groups: []string{"MPFAuditors"}})
	seed.Plans.Plans = seed.Plans.Plans[:3]
	two, err := Root(t.Context(), environment(), seed)
	require.NoError(t, err)
	kinds, members := make(map[string]state.ChangeKind), []string(nil)
	for _, c := range differences(one, two) {
		kinds[c.Object] = c.Kind
		for _, a := range c.Attributes {
			if a.Name == "member" {
				members = append(members, a.After...)
			}
		}
	}
	assert.Equal(t, map[string]state.ChangeKind{
		"CN=Administrator,CN=Users,DC=fabrikam,DC=com": state.Changed, // passwords are salted
		"CN=hsadmin,CN=Users,DC=fabrikam,DC=com":       state.Changed,
		"CN=operator,CN=Users,DC=fabrikam,DC=com":      state.Created,
		"CN=MPFAuditors,CN=Users,DC=fabrikam,DC=com":   state.Changed,
		"plan PlatinumPlusMail":                        state.Deleted,
	}, kinds)
	assert.Equal(t, []string{"CN=operator,CN=Users,DC=fabrikam,DC=com"}, members)
}

func differences(before, after *state.Root) []state.ObjectChange {
	return state.Describe(before.Read(state.Env{}), after.Read(state.Env{}), state.Difference(before, after))
}

func TestSeed_ShowsNoPassword(t *testing.T) {
	text := fmt.Sprintf("%v %+v %#v", Default(), Default().Accounts, Default().Accounts[0])
	for _, account := range Default().Accounts {
		if account.Password != "" {
			assert.NotContains(t, text, string(account.Password))
		}
	}
	root, err := Root(t.Context(), environment(), Default())
	require.NoError(t, err)
	require.NoError(t, root.Rows(func(table, key string, value []byte) error {
		for _, account := range Default().Accounts {
			if account.Password != "" {
				assert.NotContains(t, string(value), string(account.Password), "%s %s", table, key)
			}
		}
		return nil
	}))
}

func TestSeed_OnlyPublishedPasswordsAreHashedFast(t *testing.T) {
	seed := Default()
	seed.Accounts[0].Password = "An0therOne!"
	passwords := directory.NewPasswords(directory.MinCost)
	env := environment()
	passwords.Into(&env)
	early, err := Hash(t.Context(), passwords, seed)
	require.NoError(t, err)
	for name, hashes := range map[string]Hashes{"hashed before": early, "hashed in the transaction": {}} {
		schema, err := Schema()
		require.NoError(t, err)
		tx := schema.Root().Begin(env)
		require.NoError(t, hashes.Write(tx, seed), name)
		assert.Equal(t, directory.MinCost, cost(t, tx, seed.Accounts[0].Name), name)
		if name == "hashed before" {
			assert.Equal(t, directory.LowestCost, cost(t, tx, seed.Accounts[1].Name), name)
		}
	}
	root, err := Root(t.Context(), env, seed)
	require.NoError(t, err)
	assert.Equal(t, directory.MinCost, cost(t, root.Read(env), seed.Accounts[0].Name))
	assert.Equal(t, directory.LowestCost, cost(t, root.Read(env), seed.Accounts[1].Name))
}

// cost returns the cost at which an account's password was hashed.
func cost(t testing.TB, tx *state.Tx, name string) int {
	t.Helper()
	d := directory.In(tx)
	o, err := d.BySAM(name)
	require.NoError(t, err)
	hashes, err := d.PasswordHashes(o)
	require.NoError(t, err)
	require.NotEmpty(t, hashes)
	cost, err := bcrypt.Cost([]byte(hashes[0]))
	if err != nil {
		return directory.LowestCost
	}
	return cost
}

func TestSeed_Census(t *testing.T) {
	tx := seeded(t, Default())
	census := plan.In(tx).Census()
	assert.Len(t, census.Customers, 16, "four types in four statuses")
	resellers := int64(0)
	for _, c := range census.Customers {
		resellers += c.Count
	}
	assert.Equal(t, int64(1), resellers)
	assert.Equal(t, []plan.PlanCensus{{Plan: "BaseMail"}, {Plan: "GoldMail"}, {Plan: "PlatinumMail"}, {Plan: "PlatinumPlusMail"}}, census.Plans)
	assert.Len(t, resource.In(tx).Census(), 5)
	assert.Empty(t, queue.In(tx).Census())
	mailboxes, err := directory.In(tx).Mailboxes()
	require.NoError(t, err)
	assert.Zero(t, mailboxes)
	assert.NoError(t, resource.In(tx).CheckConservation())
}

func TestRoot_IsReadFromItsRows(t *testing.T) {
	env := environment()
	root, err := Root(t.Context(), env, Default())
	require.NoError(t, err)
	again := root.Schema().Root().Begin(env)
	require.NoError(t, root.Rows(func(table, key string, value []byte) error {
		known, err := again.Load(table, value)
		assert.True(t, known, table)
		return err
	}))
	assert.Equal(t, recorded(t, "demo.txt"), dumped(t, again))
	assert.Equal(t, root.Count(), again.Root(1).Count())
}

func TestRoot_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Root(ctx, environment(), Default())
	assert.ErrorIs(t, err, context.Canceled)
}

func BenchmarkRoot(b *testing.B) {
	env, seed := environment(), Default()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Root(b.Context(), env, seed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		Default()
	}
}

func TestDefault_PasswordsAreTaken(t *testing.T) {
	for _, account := range Default().Accounts {
		assert.Equal(t, account.Password != "", account.isPublished(), account.Name)
		account.Password += "!"
		assert.False(t, account.isPublished(), "another password")
	}
	h := hold(t, Default())
	d := directory.In(h.root.Read(h.env))
	for _, account := range Default().Accounts {
		o, err := d.BySAM(account.Name)
		require.NoError(t, err)
		if account.Password != "" {
			assert.NoError(t, d.CheckPassword(o, string(account.Password)), account.Name)
		}
	}
}
