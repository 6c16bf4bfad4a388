package maintain_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock"
	"wsexchange/mock/deployment"
	"wsexchange/mock/ledger"
	"wsexchange/mock/maintain"
	"wsexchange/mock/seed"
)

// virginDatabase is a database with the starting content of a virgin domain of
// one's own.
func virginDatabase(t *testing.T, args ...string) string {
	t.Helper()
	text, _ := must(t, append([]string{"seed", "--virgin"}, args...)...)
	made, err := seed.Load(strings.NewReader(text))
	require.NoError(t, err, text)
	database := file(t)
	e, err := mock.Open(t.Context(), mock.Config{Database: database, Seed: &made, HashCost: 4})
	require.NoError(t, err)
	require.NoError(t, e.Close())
	return database
}

func TestInit(t *testing.T) {
	database := virginDatabase(t, "--domain=contoso.example", "--controllers=a.contoso.example,b.contoso.example")
	stdout, _, err := execute(t, t.Context(), nil, "init", "--status", "--database", database)
	require.ErrorIs(t, err, maintain.ErrRequirements)
	assert.ErrorContains(t, err, "10 requirements are not met")
	assert.Contains(t, stdout, "a.contoso.example, b.contoso.example")
	assert.Contains(t, stdout, "run init, with --hosting NAME for another name")
	assert.Contains(t, stdout, "is in "+database)

	stdout, _ = must(t, "init", "--database", database, "--hosting=Rooms", "--controller=b", "--exchange-organization=Contoso")
	assert.Equal(t, 5, strings.Count(stdout, "ok    "), stdout)
	assert.Contains(t, stdout, "ok    Managed Helpers: InitializeADforHosting\n")
	before := dumpOf(t, database)
	must(t, "init", "--database", database)
	assert.Equal(t, before, dumpOf(t, database), "it may run again")

	e, err := mock.Open(t.Context(), mock.Config{Database: database})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	stdout, _, err = execute(t, t.Context(), nil, "init", "--status", "--json", "--database", database)
	require.ErrorIs(t, err, maintain.ErrRequirements, "stores and a reseller are missing")
	var tree deployment.Requirement
	require.NoError(t, json.Unmarshal([]byte(stdout), &tree))
	found := tree.Find(deployment.ADForHosting)
	require.NotNil(t, found)
	assert.Equal(t, deployment.Verified, found.State)
	assert.Equal(t, "InitializeADforHosting", found.Procedure.Procedure)
	var locked *ledger.LockedError
	_, _, err = execute(t, t.Context(), nil, "init", "--database", database)
	assert.ErrorAs(t, err, &locked)
	assert.ErrorContains(t, err, "stop the program, or name its engine with --isapi")
}

func TestInit_Refuses(t *testing.T) {
	assert.ErrorIs(t, refused(t, "init"), maintain.ErrNoDatabase)
	database := virginDatabase(t)
	for want, args := range map[string][]string{
		"go with --isapi":            {"init", "--user=a", "--database", database},
		"is not an http":             {"init", "--isapi=nowhere"},
		"--user needs --password":    {"init", "--isapi=http://127.0.0.1:1/", "--user=a"},
		"password-file: open":        {"init", "--isapi=http://127.0.0.1:1/", "--user=a", "--password-file=/no/such"},
		"ca: open":                   {"init", "--isapi=http://127.0.0.1:1/", "--ca=/no/such"},
		"no such file":               {"init", "--status", "--database", database + "x"},
		"--virgin prints":            {"seed", "--virgin", "--users=3"},
		"go with --virgin":           {"seed", "--domain=contoso.example"},
		`"a b" is not a DNS name`:    {"seed", "--virgin", "--domain=a b"},
		"password-file: open /no/su": {"seed", "--virgin", "--password-file=/no/such"},
	} {
		assert.ErrorContains(t, refused(t, args...), want)
	}
	before := dumpOf(t, database)
	stdout, _, err := execute(t, t.Context(), nil, "init", "--controller=dc9", "--database", database)
	assert.ErrorContains(t, err, "'dc9' is not a domain controller")
	assert.Equal(t, "FAIL  "+deployment.ExchangeOrganization+"\n", stdout)
	assert.Equal(t, before, dumpOf(t, database))
}

func TestSeed_VirginWithAPassword(t *testing.T) {
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte("Adm1n: \"of\" #contoso\n"), 0o600))
	database := virginDatabase(t, "--domain=contoso.example", "--password-file", password)
	e, err := mock.Open(t.Context(), mock.Config{Database: database})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	_, err = e.Logon(t.Context(), `CONTOSO\Administrator`, `Adm1n: "of" #contoso`)
	assert.NoError(t, err)
}
