package seed

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLoadSeed_Refuses(t *testing.T) {
	whole := string(DefaultYAML())
	change := func(old, new string) string {
		require.Contains(t, whole, old)
		return strings.Replace(whole, old, new, 1)
	}
	for name, row := range map[string]struct{ text, want string }{
		"empty":                {"", "EOF"},
		"unknown key":          {change("  netBIOS: FABRIKAM", "  netBios: FABRIKAM"), "line 6: field netBios not found in domain"},
		"unknown key at top":   {change("groups: # F119", "gruops:"), "line 19: field gruops not found in the document"},
		"unknown key in list":  {change("capacity: 1000}", "books: 1000}"), "field books not found in resources.oabServers[0]"},
		"key twice":            {change("  sid: S-1", "  name: x\n  sid: S-1"), `line 7: mapping key "name" already defined at line 5`},
		"wrong type":           {change("minimumLength: 7", "minimumLength: seven"), "line 10: cannot unmarshal !!str `seven` into int (domain.passwordPolicy.minimumLength)"},
		"wrong type in list":   {change("megabytes: 100000,", "megabytes: much,"), "cannot unmarshal !!str `much` into int64 (resources.consumerMailStores[0].megabytes)"},
		"list for a text":      {change("name: Hosting\n", "name: [Hosting]\n"), "cannot unmarshal !!seq into string (hosting.name)"},
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
			_, err := Load(strings.NewReader(row.text))
			require.Error(t, err)
			assert.Contains(t, err.Error(), row.want)
		})
	}
	seed, err := Load(bytes.NewReader(DefaultYAML()))
	require.NoError(t, err)
	for i := range seed.Accounts {
		seed.Accounts[i].published = sha256.Sum256([]byte(seed.Accounts[i].Password))
	}
	assert.Equal(t, Default(), seed)
}

func TestLoad_ReportsAllErrorsAtOnce(t *testing.T) {
	text := strings.NewReplacer("minimumLength: 7", "minimumLength: seven", "  netBIOS: ", "  netBios: ", "capacity: 1000", "capacity: [1]").
		Replace(string(DefaultYAML()))
	_, err := Load(strings.NewReader(text))
	for _, want := range []string{"line 6: field netBios", "line 10: ", "(domain.passwordPolicy.minimumLength)", "(resources.oabServers[0].capacity)"} {
		assert.ErrorContains(t, err, want)
	}
	_, err = Load(strings.NewReader(strings.NewReplacer("name: Hosting", "name: ''", "megabytes: 100000,", "megabytes: 0,").Replace(string(DefaultYAML()))))
	for _, want := range []string{"hosting.name", "has no megabytes"} {
		assert.ErrorContains(t, err, want)
	}
}

func TestLoad_ReportsNotTooManyErrors(t *testing.T) {
	_, err := Load(strings.NewReader("groups:\n" + strings.Repeat("- {n: 1}\n", 100_000)))
	require.ErrorContains(t, err, "field n not found in groups[0]")
	assert.ErrorContains(t, err, "99950 more")
	assert.Less(t, len(err.Error()), 10_000)
}

func TestLoadFile_NamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "own.yaml")
	_, err := LoadFile(path)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, path)
	require.NoError(t, os.WriteFile(path, []byte("domain: {name: 7}\n"), 0o600))
	_, err = LoadFile(path)
	require.ErrorContains(t, err, path)
	require.NoError(t, os.WriteFile(path, DefaultYAML(), 0o600))
	seed, err := LoadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "fabrikam.com", seed.Domain.Name)
}

func FuzzLoad(f *testing.F) {
	f.Add(DefaultYAML())
	f.Add([]byte("domain: {name: [1]}\nx: 1\naccounts: [a, {name: {}}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		seed, err := Load(bytes.NewReader(text))
		if err == nil {
			assert.NoError(t, seed.Validate())
		}
	})
}
