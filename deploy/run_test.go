package deploy

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRunScript holds that metrics and directory follow the address that make
// run is given.
func TestRunScript(t *testing.T) {
	folder, err := programs()
	require.NoError(t, err)
	copied := t.TempDir()
	script, err := os.ReadFile("../scripts/run.sh")
	require.NoError(t, err)
	for _, name := range []string{"scripts", "bin"} {
		require.NoError(t, os.Mkdir(filepath.Join(copied, name), 0o700))
	}
	require.NoError(t, os.WriteFile(copied+"/scripts/run.sh", script, 0o700))
	require.NoError(t, os.Symlink(folder+"/wsexchange", copied+"/bin/wsexchange"))

	const listen = "127.0.0.1:18080"
	for _, address := range []string{listen, "127.0.0.1:19464", "127.0.0.1:13890"} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Skipf("another program is listening: %s", err)
		}
		require.NoError(t, listener.Close())
	}
	p := begin(t, "wsexchange", exec.Command(copied+"/scripts/run.sh", listen))
	assert.Contains(t, p.banner["URL"], "@"+listen+"/")
	assert.Equal(t, "http://127.0.0.1:19464/metrics", p.banner["Metrics"])
	assert.Equal(t, "ldap://127.0.0.1:13890", p.banner["Directory"])
	assert.Equal(t, http.StatusOK, p.query())

	for _, wrong := range []string{"8080", "localhost", "127.0.0.1:http"} {
		out, err := exec.CommandContext(t.Context(), copied+"/scripts/run.sh", wrong).CombinedOutput()
		assert.Error(t, err)
		assert.True(t, strings.HasPrefix(string(out), "run: LISTEN="+wrong+" is not host:port"), string(out))
	}
}
