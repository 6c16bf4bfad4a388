package store

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"wsexchange/internal/ldappath"
)

func TestLoadSeed_Refuses(t *testing.T) {
	whole := string(DefaultSeedYAML())
	change := func(old, new string) string {
		require.Contains(t, whole, old)
		return strings.Replace(whole, old, new, 1)
	}
	for name, row := range map[string]struct{ text, want string }{
		"empty":                {"", "EOF"},
		"unknown key":          {change("  netBIOS: FABRIKAM", "  netBios: FABRIKAM"), "line 6: field netBios not found"},
		"wrong type":           {change("minimumLength: 7", "minimumLength: seven"), "line 10"},
		"second document":      {whole + "\n---\na: b\n", "more than one"},
		"no domain":            {change("  name: fabrikam.com\n", ""), "domain.name"},
		"bad domain":           {change("name: fabrikam.com", "name: fabri kam.com"), "domain.name"},
		"bad NetBIOS name":     {change("netBIOS: FABRIKAM", "netBIOS: FABRIKAM/X"), "domain.netBIOS"},
		"bad SID":              {change("sid: S-1-5-21-1004336348", "sid: S-9-5-21-1004336348"), "domain.sid"},
		"no controllers":       {change("controllers: [dc1.fabrikam.com]", "controllers: []"), "domain.controllers"},
		"no hosting name":      {change("  name: Hosting\n", ""), "hosting.name"},
		"group twice":          {change("name: MPFAuditors", "name: mpfadmins"), "groups"},
		"account twice":        {change("- name: MPFClientAcct\n", "- name: HSADMIN\n"), "accounts"},
		"reseller unnamed":     {change("name: Reseller1, ", ""), "hosting.resellers"},
		"store twice":          {change("Mailbox Store 2 (EX1), Mailbox", "Mailbox Store 1 (EX1), Mailbox"), "stores"},
		"unknown store":        {change("store: Mailbox Store 2 (EX1)", "store: Mailbox Store 9 (EX1)"), "Mailbox Store 9"},
		"no megabytes":         {change("megabytes: 100000,", "megabytes: 0,"), "megabytes"},
		"unknown OAB server":   {change("server: EX1, capacity", "server: EX02, capacity"), "oabServers"},
		"unknown category":     {change("categories: [HeBusiness]", "categories: [HeOther]"), "HeOther"},
		"unknown feature":      {change("{name: OutlookClient, value", "{name: Fax, value"), "Fax"},
		"feature without node": {change("nativeAttribute: size, parentNode: mail", "nativeAttribute: size"), "MailboxSize"},
		"bad host":             {change("host: ex1.fabrikam.com", "host: ex_01!"), "host"},
		"not YAML":             {"domain: [", "seed"},
		"endless":              {strings.Repeat("# filler\n", 1<<17+1), "longer"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := LoadSeed(strings.NewReader(row.text))
			require.Error(t, err)
			assert.Contains(t, err.Error(), row.want)
		})
	}
	seed, err := LoadSeed(bytes.NewReader(DefaultSeedYAML()))
	require.NoError(t, err)
	for i := range seed.Accounts {
		seed.Accounts[i].published = sha256.Sum256([]byte(seed.Accounts[i].Password))
	}
	assert.Equal(t, DefaultSeed(), seed)
}

func TestSeed_FillsTheDirectory(t *testing.T) {
	tx := updating(t)
	domain := mustDomain(t, tx)
	assert.Equal(t, "fabrikam.com", domain.Name)
	assert.Equal(t, "FABRIKAM", domain.NetBIOS)
	assert.Equal(t, SID("S-1-5-21-1004336348-1177238915-682003330"), domain.SID)
	for path, host := range map[string]string{
		"CN=EX1, CN=Computers,DC=fabrikam,DC=com":         "ex1.fabrikam.com",
		"CN=DC1,OU=Domain Controllers,DC=fabrikam,DC=com": "dc1.fabrikam.com",
	} {
		got, err := tx.Value(mustGet(t, tx, ldappath.MustParseDN(path)), "dNSHostName")
		require.NoError(t, err)
		assert.Equal(t, host, got)
	}
	admin, err := tx.BySAM("hsadmin")
	require.NoError(t, err)
	admins, err := tx.BySID(domain.SID.Child(512))
	require.NoError(t, err)
	is, err := tx.IsMember(admin, admins)
	require.NoError(t, err)
	assert.True(t, is)
	administrators, err := tx.BySID("S-1-5-32-544")
	require.NoError(t, err)
	is, err = tx.IsMember(admin, administrators)
	require.NoError(t, err)
	assert.True(t, is, "through Domain Admins")
	require.NoError(t, tx.CheckPassword(admin, string(DefaultSeed().Accounts[1].Password)))

	reseller := mustGet(t, tx, testReseller)
	for guid, name := range map[string]string{
		WellKnownThisOrganizationRoot: "Reseller1", WellKnownForeignOwnerOrg: "Hosting", WellKnownOrgType: "reseller",
		WellKnownUserCreators: "Admins@Reseller1", WellKnownChildOrgCreators: "CSRAdmins@Reseller1",
		WellKnownAllCustomers: "AllCustomers@Reseller1", WellKnownAllUsers: "AllUsers@Reseller1",
	} {
		o, err := tx.WellKnown(reseller, guid)
		require.NoError(t, err, name)
		assert.Equal(t, name, o.DN.RDN().Value)
	}
	mustGet(t, tx, testReseller.Child("CN", "_Private").Child("CN", "AllUsers@Reseller1"))
	mustGet(t, tx, domain.Hosting.Child("CN", "_Private").Child("CN", "WatOrgTypes").Child("CN", "customer"))
	global := domain.Exchange.Child("CN", "Address Lists Container").Child("CN", "All Global Address Lists").Child("CN", "Default Global Address List")
	top := mustGet(t, tx, domain.Exchange.Parent())
	lists, err := tx.Values(top, "globalAddressList")
	require.NoError(t, err)
	assert.Equal(t, []string{global.String()}, lists)
	stores, _, err := tx.Search(Query{Base: domain.Exchange, Scope: ScopeSubtree, Filter: mustFilter(t, "(objectClass=msExchMDB)")})
	require.NoError(t, err)
	assert.Len(t, stores, 5)
}

func TestSeed_OtherDomain(t *testing.T) {
	seed := DefaultSeed()
	seed.Domain.Name, seed.Domain.NetBIOS, seed.Domain.SID = "ad.hoster.example", "HOSTER", ""
	seed.Hosting.Name = "Kunden, alle"
	s, err := Open(t.Context(), Config{HashCost: 4})
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
		_, err := tx.Domain()
		assert.ErrorIs(t, err, ErrNotSeeded)
		return nil
	}))
	called := false
	require.NoError(t, s.Seed(t.Context(), seed, func(tx *Tx) error {
		called = true
		mustGet(t, tx, mustDomain(t, tx).Hosting.Child("OU", "Reseller1"))
		return nil
	}))
	assert.True(t, called)
	_, err = s.Logon(t.Context(), `HOSTER\Administrator`, string(seed.Accounts[0].Password))
	assert.NoError(t, err)
	require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
		domain := mustDomain(t, tx)
		assert.Equal(t, `OU=Kunden\, alle,DC=ad,DC=hoster,DC=example`, domain.Hosting.String())
		assert.Regexp(t, `^S-1-5-21-\d+-\d+-\d+$`, domain.SID)
		return nil
	}))
}

func TestSeed_LeavesNothingOnFailure(t *testing.T) {
	s, err := Open(t.Context(), Config{HashCost: 4})
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	before := mustDump(t, s)
	seed := DefaultSeed()
	seed.Accounts[1].Groups = []string{"Domain Admins", "Nowhere"}
	err = s.Seed(t.Context(), seed)
	assert.ErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, err, "hsadmin")
	sameDump(t, before, mustDump(t, s))
	require.NoError(t, s.Seed(t.Context(), DefaultSeed()))
}

func TestSeed_PasswordsPrecedeThePolicy(t *testing.T) {
	s, err := Open(t.Context(), Config{HashCost: 4})
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	seed := DefaultSeed()
	seed.Accounts[1].Password = "weak"
	require.NoError(t, s.Seed(t.Context(), seed))
	o, err := s.Logon(t.Context(), "hsadmin", "weak")
	require.NoError(t, err)
	require.NoError(t, s.Update(t.Context(), func(tx *Tx) error {
		policy, err := tx.PasswordPolicy()
		require.NoError(t, err)
		assert.Equal(t, seed.Domain.PasswordPolicy, policy)
		assert.ErrorIs(t, tx.SetPassword(o, "weak"), ErrPasswordPolicy, "from then on")
		return nil
	}))
}

func TestSeed_OnlyPublishedPasswordsAreHashedFast(t *testing.T) {
	s, err := Open(t.Context(), Config{HashCost: bcrypt.MinCost + 1})
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	seed := DefaultSeed()
	seed.Accounts[0].Password = "An0therOne!"
	require.NoError(t, s.Seed(t.Context(), seed))
	require.NoError(t, s.View(t.Context(), func(tx *Tx) error {
		for i, want := range []int{bcrypt.MinCost + 1, bcrypt.MinCost} {
			o, err := tx.BySAM(seed.Accounts[i].Name)
			require.NoError(t, err)
			hash, err := tx.passwordHash(o)
			require.NoError(t, err)
			cost, err := bcrypt.Cost([]byte(hash))
			require.NoError(t, err)
			assert.Equal(t, want, cost, seed.Accounts[i].Name)
		}
		return nil
	}))
}
