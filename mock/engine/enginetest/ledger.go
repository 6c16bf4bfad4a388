package enginetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/postgrestest"
	"wsexchange/mock/ledger"
)

// ledgerVariable says which ledger universes that Open makes have: none for one
// in memory, "sqlite", or the URL of a PostgreSQL cluster.
const ledgerVariable = "ENGINETEST_LEDGER"

// kept returns the ledger of a new universe.
func kept(t testing.TB) ledger.Config {
	t.Helper()
	switch in := os.Getenv(ledgerVariable); {
	case in == "sqlite":
		return ledger.Config{Path: filepath.Join(t.TempDir(), "mockmpf.db"), Synchronous: "OFF"}
	case ledger.IsURL(in):
		return ledger.Config{Path: postgrestest.Schema(t, in)}
	}
	return ledger.Config{Root: template(t)}
}

// OverLedgers runs the tests of the test program again, over ledgers in SQLite
// and in PostgreSQL, but for the calling one and those that match a regular
// expression.
func OverLedgers(t *testing.T, but string) {
	t.Helper()
	if testing.Short() {
		t.Skip("all tests of the package take a while")
	}
	for name, in := range map[string]func(t *testing.T) string{
		"sqlite":     func(*testing.T) string { return "sqlite" },
		"postgresql": func(t *testing.T) string { return postgrestest.Start(t).URL("postgres") },
	} {
		t.Run(name, func(t *testing.T) {
			again := exec.CommandContext(t.Context(), os.Args[0], "-test.skip=^"+t.Name()[:strings.LastIndex(t.Name(), "/")]+"$|"+but, "-test.v")
			again.Env = append(os.Environ(), ledgerVariable+"="+in(t))
			out, err := again.CombinedOutput()
			require.NoError(t, err, lastOf(string(out)))
			passed := strings.Count(string(out), "\n--- PASS")
			assert.Greater(t, passed, 20, "tests that ran")
			t.Logf("%d tests passed", passed)
		})
	}
}

// lastOf returns the end of a long text.
func lastOf(text string) string { return text[max(0, len(text)-4000):] }
