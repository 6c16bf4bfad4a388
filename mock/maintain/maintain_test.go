package maintain_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/ledger"
	"wsexchange/mock/maintain"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
)

// execute runs a command of a program whose one setting is the database.
func execute(t *testing.T, ctx context.Context, stdin io.Reader, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	root := &cobra.Command{Use: "program", SilenceErrors: true, SilenceUsage: true}
	root.AddCommand(maintain.Commands(func(c *cobra.Command, run func(*cobra.Command, mock.Config, []string) error) *cobra.Command {
		database := c.Flags().String("database", "", "")
		c.RunE = func(c *cobra.Command, args []string) error {
			return run(c, mock.Config{Database: *database, HashCost: 4}, args)
		}
		return c
	})...)
	var out, errs bytes.Buffer
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(&out)
	root.SetErr(&errs)
	err = root.ExecuteContext(ctx)
	return out.String(), errs.String(), err
}

func must(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	stdout, stderr, err := execute(t, t.Context(), nil, args...)
	require.NoError(t, err, stderr)
	return stdout, stderr
}

func refused(t *testing.T, args ...string) error {
	t.Helper()
	stdout, _, err := execute(t, t.Context(), nil, args...)
	require.Error(t, err)
	assert.Empty(t, stdout)
	return err
}

func file(t *testing.T) string { return filepath.Join(t.TempDir(), "emulator.db") }

// seeded returns a database with organizations and users.
func seeded(t *testing.T) string {
	t.Helper()
	database := file(t)
	must(t, "seed", "--database", database, "--organizations=2", "--users=5")
	return database
}

// dumpOf returns the state of a database that is not open, row by row.
func dumpOf(t *testing.T, database string) string {
	t.Helper()
	stdout, _ := must(t, "export", "--database", database)
	_, rows, ok := strings.Cut(stdout, "\n")
	require.True(t, ok)
	return rows
}

func TestBackupAndRestore(t *testing.T) {
	database, copied, restored := seeded(t), file(t), file(t)
	stdout, _ := must(t, "backup", copied, "--database", database)
	assert.Equal(t, copied+" is a backup of "+database+"\n", stdout)
	info, err := os.Stat(copied)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode())
	stdout, _ = must(t, "restore", copied, "--database", restored)
	assert.Equal(t, restored+" was restored from "+copied+"\n", stdout)
	assert.Equal(t, dumpOf(t, database), dumpOf(t, restored))
	assert.Contains(t, dumpOf(t, restored), "user000005@org0002.example")

	assert.ErrorIs(t, refused(t, "backup", copied, "--database", database), fs.ErrExist)
	assert.ErrorIs(t, refused(t, "restore", copied, "--database", restored), fs.ErrExist)
	assert.ErrorIs(t, refused(t, "restore", file(t), "--database", file(t)), fs.ErrNotExist)
	assert.ErrorIs(t, refused(t, "backup", file(t), "--database", file(t)), fs.ErrNotExist)
}

func TestExportAndImport(t *testing.T) {
	database, exported, imported := seeded(t), filepath.Join(t.TempDir(), "state.jsonl"), file(t)
	stdout, _ := must(t, "export", exported, "--database", database)
	assert.Empty(t, stdout)
	info, err := os.Stat(exported)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode())
	stdout, _ = must(t, "import", exported, "--database", imported)
	assert.Regexp(t, `^\S+ has the imported state, [1-9]\d+ rows\n$`, stdout)
	want := dumpOf(t, database)
	assert.Equal(t, want, dumpOf(t, imported))

	assert.ErrorIs(t, refused(t, "export", exported, "--database", database), fs.ErrExist)
	assert.ErrorIs(t, refused(t, "import", exported, "--database", imported), maintain.ErrHasContent)
	assert.ErrorIs(t, refused(t, "import", filepath.Join(t.TempDir(), "absent"), "--database", file(t)), fs.ErrNotExist)

	through, _ := must(t, "export", "-", "--database", database)
	other := file(t)
	must(t, "seed", "--database", other, "--organizations=1", "--users=1")
	_, _, err = execute(t, t.Context(), strings.NewReader(through), "import", "-", "--replace", "--database", other)
	require.NoError(t, err)
	assert.Equal(t, want, dumpOf(t, other))
	e, err := mock.Open(t.Context(), mock.Config{Database: other})
	require.NoError(t, err, "an emulator starts with it")
	require.NoError(t, e.Close())
}

func TestImport_AllOrNothing(t *testing.T) {
	database := seeded(t)
	want := dumpOf(t, database)
	whole, _ := must(t, "export", "--database", database)
	empty := `{"format":"mockmpf-state","version":1,"tables":[]}` + "\n" + `{"end":{"rows":0,"tables":{}}}` + "\n"
	for name, row := range map[string]struct{ text, want string }{
		"no export":             {"hello\n", "import: line 1: not an export"},
		"truncated":             {whole[:len(whole)/2], "import: line "},
		"without its last line": {whole[:strings.LastIndex(whole, `{"end"`)], "it is truncated"},
		"no content":            {empty, directory.ErrNotSeeded.Error()},
	} {
		_, _, err := execute(t, t.Context(), strings.NewReader(row.text), "import", "-", "--replace", "--database", database)
		assert.ErrorContains(t, err, row.want, name)
		absent := file(t)
		_, _, err = execute(t, t.Context(), strings.NewReader(row.text), "import", "-", "--database", absent)
		assert.ErrorContains(t, err, row.want, name)
		assert.NoFileExists(t, absent, name)
	}
	assert.Equal(t, want, dumpOf(t, database))
}

// TestCommands_BesideAnEmulator has a database in use: copies can be made, and
// nothing else.
func TestCommands_BesideAnEmulator(t *testing.T) {
	database, copied := seeded(t), file(t)
	exported := filepath.Join(t.TempDir(), "state.jsonl")
	must(t, "export", exported, "--database", database)
	e, err := mock.Open(t.Context(), mock.Config{Database: database})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	note := func(text string) error {
		return e.Store.Update(t.Context(), func(tx *state.Tx) error { return directory.In(tx).SetSetting("note", text) })
	}
	require.NoError(t, note("first"), "only the write-ahead log has it")
	must(t, "backup", copied, "--database", database)
	present, _ := must(t, "export", "--database", database)
	require.NoError(t, note("second"))
	assert.Contains(t, present, `{"name":"note","value":"first"}`)
	assert.Contains(t, dumpOf(t, copied), `{"name":"note","value":"first"}`)

	var locked *ledger.LockedError
	assert.ErrorAs(t, refused(t, "import", exported, "--replace", "--database", database), &locked)
	assert.ErrorAs(t, refused(t, "seed", "--organizations=1", "--database", database), &locked)
	assert.ErrorAs(t, refused(t, "restore", copied, "--database", database), &locked)
	now, _ := must(t, "export", "--database", database)
	assert.Contains(t, now, `{"name":"note","value":"second"}`)
}

func TestSeed_Fills(t *testing.T) {
	database, password := file(t), filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(password, []byte("P@ssw0rd!23\n"), 0o600))
	stdout, stderr := must(t, "seed", "--organizations=2", "--users=3", "--password-file", password, "--database", database)
	assert.Empty(t, stdout)
	assert.True(t, strings.HasSuffix(stderr, "seed: 2 of 2 organizations, 3 of 3 users\n"), stderr)
	e, err := mock.Open(t.Context(), mock.Config{Database: database})
	require.NoError(t, err)
	defer func() { require.NoError(t, e.Close()) }()
	_, err = e.Logon(t.Context(), "user000003@org0002.example", "P@ssw0rd!23")
	assert.NoError(t, err)
}

func TestSeed_TakesADatabaseWithItsStartingContentAlone(t *testing.T) {
	database := file(t)
	e, err := mock.Open(t.Context(), mock.Config{Database: database})
	require.NoError(t, err)
	_, err = e.Logon(t.Context(), "hsadmin", "no such password")
	require.Error(t, err)
	require.NoError(t, e.Close())
	must(t, "seed", "--organizations=1", "--database", database)
	before := dumpOf(t, database)
	err = refused(t, "seed", "--organizations=1", "--database", database)
	assert.ErrorIs(t, err, maintain.ErrHasContent)
	assert.ErrorContains(t, err, "beside the starting content: table object has ")
	assert.Equal(t, before, dumpOf(t, database))
}

func TestSeed_TellsWhatStaysAfterItsEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	database := file(t)
	err := maintain.Seed(ctx, mock.Config{Database: database, HashCost: 4}, seed.Inventory{Organizations: 2, Users: 6, Batch: 1}, func(p seed.Progress) {
		if p.Users == 2 {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	assert.ErrorContains(t, err, "1 organizations and 2 users were made and stay in "+database)
	assert.Contains(t, dumpOf(t, database), "user000002@org0001.example")
}

func TestCommands_Refuse(t *testing.T) {
	for _, args := range [][]string{
		{"backup", "x"}, {"restore", "x"}, {"export"}, {"seed", "--organizations=1"},
	} {
		assert.ErrorIs(t, refused(t, args...), maintain.ErrNoDatabase, args[0])
	}
	for want, args := range map[string][]string{
		"accepts 1 arg(s)":               {"backup"},
		"accepts at most 1 arg(s)":       {"export", "a", "b"},
		"there must be 1 or more":        {"seed", "--users=3", "--database", file(t)},
		"no negative number of users":    {"seed", "--organizations=1", "--users=-3", "--database", file(t)},
		"either a FILE is checked":       {"seed", "x.yaml", "--organizations=1"},
		"password-file: open /no/such":   {"seed", "--organizations=1", "--password-file=/no/such", "--database", file(t)},
		"backup to /no/such/folder/copy": {"backup", "/no/such/folder/copy", "--database", seeded(t)},
	} {
		assert.ErrorContains(t, refused(t, args...), want)
	}
}

func TestExport_LeavesNoFileAfterAnError(t *testing.T) {
	target := filepath.Join(t.TempDir(), "state.jsonl")
	refused(t, "export", target, "--database", file(t))
	assert.NoFileExists(t, target)
	full := errors.New("full")
	assert.ErrorIs(t, maintain.Export(t.Context(), mock.Config{Database: seeded(t)}, failing{full}), full)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
