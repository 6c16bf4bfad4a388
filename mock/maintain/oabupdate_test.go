package maintain_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/maintain"
	"wsexchange/mock/mocktest"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
)

// books are a database with two generated organizations, which have offline
// address lists, and the files of a batch.
type books struct {
	t                        *testing.T
	database, state, metrics string
}

func shelf(t *testing.T) *books {
	t.Helper()
	folder := t.TempDir()
	return &books{t, seeded(t), filepath.Join(folder, "oab.json"), filepath.Join(folder, "oab.prom")}
}

func (b *books) args() []string {
	return []string{"oab-update", "--database", b.database, "--state", b.state, "--metrics-file", b.metrics}
}

// edit changes the list of an organization.
func (b *books) edit(name string, fn func(directory.Directory, *directory.Object) error) {
	b.t.Helper()
	e, err := mock.Open(b.t.Context(), mock.Config{Database: b.database})
	require.NoError(b.t, err)
	defer func() { require.NoError(b.t, e.Close()) }()
	require.NoError(b.t, e.Store.Update(b.t.Context(), func(tx *state.Tx) error {
		domain, err := directory.In(tx).Domain()
		require.NoError(b.t, err)
		list, err := directory.In(tx).Get(domain.Exchange.Child("CN", "Address Lists Container").Child("CN", "Offline Address Lists").Child("CN", name+" OAL"))
		require.NoError(b.t, err)
		return fn(directory.In(tx), list)
	}))
}

func (b *books) version(name string) (version string) {
	b.t.Helper()
	b.edit(name, func(d directory.Directory, list *directory.Object) (err error) {
		version, err = d.Value(list, "versionNumber")
		return err
	})
	return version
}

func (b *books) metric(line string) {
	b.t.Helper()
	text, err := os.ReadFile(b.metrics)
	require.NoError(b.t, err)
	assert.Contains(b.t, string(text), line)
}

func TestOABUpdate(t *testing.T) {
	b := shelf(t)
	stdout, _ := must(t, b.args()...)
	assert.Equal(t, "2 offline address lists rebuilt, 0 organizations without one, 0 failed\n", stdout)
	assert.Equal(t, []string{"1", "1"}, []string{b.version("org0001"), b.version("org0002")})
	b.metric(`mockmpf_oab_update_organizations{outcome="rebuilt"} 2`)
	require.NoError(t, os.WriteFile(b.state, []byte(`{"until":"3005-01-01T00:00:00Z"}`), 0o600))
	stdout, _, err := execute(t, t.Context(), nil, b.args()...)
	assert.ErrorContains(t, err, "it is before startDate", stdout)
	require.NoError(t, os.Remove(b.state))
	b.edit("org0002", func(d directory.Directory, list *directory.Object) error { return d.Delete(list) })
	stdout, _ = must(t, b.args()...)
	assert.Equal(t, "1 offline address lists rebuilt, 1 organizations without one, 0 failed\n", stdout)
	assert.Equal(t, "2", b.version("org0001"))
}

// A run that fails for one organization goes on with the others, keeps its time,
// and says so.
func TestOABUpdate_Fails(t *testing.T) {
	b := shelf(t)
	b.edit("org0001", func(d directory.Directory, list *directory.Object) error { return d.Set(list, "offLineABServer") })
	e, err := mock.Open(t.Context(), mock.Config{Database: b.database})
	require.NoError(t, err)
	require.NoError(t, e.Close())
	stdout, _ := must(t, b.args()...)
	assert.Equal(t, "1 offline address lists rebuilt, 1 organizations without one, 0 failed\n", stdout, "one that no server generates has none")
	require.NoError(t, os.WriteFile(b.state, []byte("{"), 0o600))
	_, _, err = execute(t, t.Context(), nil, b.args()...)
	assert.ErrorContains(t, err, "remove it to rebuild all lists")
	_, _, err = execute(t, t.Context(), nil, "oab-update", "--database", b.database, "--state", "/no/such/folder/state")
	assert.ErrorContains(t, err, "state: ")
	_, _, err = execute(t, t.Context(), nil, "oab-update", "--database", b.database, "--controller=dc9")
	assert.ErrorContains(t, err, "'dc9' is not a domain controller")
	_, _, err = execute(t, t.Context(), nil, "oab-update", "--isapi=http://127.0.0.1:1/")
	assert.ErrorContains(t, err, "--isapi needs --controller")
	_, _, err = execute(t, t.Context(), nil, "oab-update")
	assert.ErrorIs(t, err, maintain.ErrNoDatabase)
}

// TestOABUpdate_OfARunningEngine runs as the account of the timer does.
func TestOABUpdate_OfARunningEngine(t *testing.T) {
	content := seed.Default()
	content.Accounts = append(content.Accounts, seed.Account{Name: "oabupdate", Password: "Oab-Upd4te", Groups: []string{"MPSOabUpdateAccts", "MPFClientAccts"}})
	e := mocktest.Start(t, mocktest.Seed(content))
	require.NoError(t, seed.Inventory{Organizations: 2, Users: 2}.Generate(t.Context(), e.Store.Update, func(seed.Progress) {}))
	endpoint := httptest.NewServer(e.Handler(xmldoc.Limits{}))
	defer endpoint.Close()
	password := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte("Oab-Upd4te\n"), 0o600))
	args := []string{"oab-update", "--isapi", endpoint.URL, "--controller=dc1", "--user", `FABRIKAM\oabupdate`, "--password-file", password}
	stdout, _ := must(t, args...)
	assert.Equal(t, "2 offline address lists rebuilt, 0 organizations without one, 0 failed\n", stdout)
	require.NoError(t, os.WriteFile(password, []byte("wrong\n"), 0o600))
	err := refused(t, args...)
	assert.NotContains(t, err.Error(), "wrong\n")
}
