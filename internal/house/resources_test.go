package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestResourceManager_AloneReadsItsRows holds the other namespaces to the
// resource manager's procedures, as the original's are: none but its own reads
// or writes what stores, shares and consumers hold.
func TestResourceManager_AloneReadsItsRows(t *testing.T) {
	const namespaces, own = "../../mock/namespace", "../../mock/namespace/exchangeresourcemanager"
	readers := 0
	require.NoError(t, filepath.WalkDir(namespaces, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		reads := strings.Contains(string(text), ".Resources()") || strings.Contains(string(text), `"wsexchange/mock/resource"`)
		if filepath.Dir(path) == own {
			if reads {
				readers++
			}
			return nil
		}
		assert.False(t, reads, "%s reads the resource manager's rows: call a procedure of Exchange Resource Manager", path)
		return nil
	}))
	assert.Positive(t, readers, "the resource manager itself reads them")
}
