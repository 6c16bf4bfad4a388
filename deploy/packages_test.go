package deploy

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRelease makes a release for this machine, installs its .deb into an empty
// root, and runs what was installed with its packaged configuration.
func TestRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("builds every program for a release")
	}
	if os.Geteuid() != 0 {
		t.Skip("dpkg installs as root only")
	}
	dist := t.TempDir()
	release := exec.CommandContext(t.Context(), "../scripts/release.sh", "v0.0.1-test", "linux/"+runtime.GOARCH)
	release.Env = append(os.Environ(), "DIST="+dist)
	out, err := release.CombinedOutput()
	require.NoError(t, err, string(out))
	found := func(pattern string) string {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(dist, pattern))
		require.NoError(t, err)
		require.Len(t, files, 1, pattern)
		return files[0]
	}
	archive, deb, rpm := found("*.tar.gz"), found("*.deb"), found("*.rpm")
	sums, err := os.ReadFile(found("SHA256SUMS"))
	require.NoError(t, err)
	for _, file := range []string{archive, deb, rpm} {
		assert.Contains(t, string(sums), "  "+filepath.Base(file)+"\n")
	}

	assert.Regexp(t, `(?m)  goproxy/\S+/@v/v0\.0\.1-test\.zip$`, string(sums))

	root := installed(t, deb)
	t.Run("accounts and files", func(t *testing.T) { checkInstalled(t, root) })
	t.Run("units", func(t *testing.T) { checkUnits(t, root) })
	t.Run("programs run", func(t *testing.T) { runInstalled(t, root) })
	t.Run("rpm has the same", func(t *testing.T) { checkRPM(t, rpm, root) })
	t.Run("removal keeps the configuration", func(t *testing.T) {
		out, err := dpkg(t, root, "--remove", "wsexchange").CombinedOutput()
		require.NoError(t, err, string(out))
		assert.NoFileExists(t, root+"/usr/bin/wsexchange")
		assert.FileExists(t, root+"/etc/wsexchange/wsexchange.yaml")
	})
}

// dpkg is the command with another root, whose scripts run outside of it.
func dpkg(t *testing.T, root string, args ...string) *exec.Cmd {
	t.Helper()
	return exec.CommandContext(t.Context(), "dpkg", append([]string{"--root=" + root, "--force-script-chrootless", "--log=/dev/null"}, args...)...)
}

// installed installs a package into an empty root.
func installed(t *testing.T, deb string) (root string) {
	t.Helper()
	root = t.TempDir()
	require.NoError(t, os.Chmod(root, 0o755))
	for _, folder := range []string{"etc", "var/lib/dpkg/info", "var/lib/dpkg/updates"} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, folder), 0o755))
	}
	require.NoError(t, os.WriteFile(root+"/var/lib/dpkg/status", nil, 0o600))
	out, err := dpkg(t, root, "--install", deb).CombinedOutput()
	require.NoError(t, err, string(out))
	return root
}

func checkInstalled(t *testing.T, root string) {
	passwd, err := os.ReadFile(root + "/etc/passwd")
	require.NoError(t, err)
	for _, program := range []string{"wsexchange", "mockmpf"} {
		assert.Contains(t, string(passwd), program+":x:", "its account")
		info, err := os.Stat(root + "/etc/" + program + "/" + program + ".yaml")
		require.NoError(t, err)
		assert.Equal(t, os.FileMode(0o640), info.Mode(), "the configuration may hold secrets")
		out, err := exec.CommandContext(t.Context(), root+"/usr/bin/"+program, "--version").Output()
		require.NoError(t, err)
		assert.Equal(t, program+" version v0.0.1-test\n", string(out))
		page, err := exec.CommandContext(t.Context(), "zcat", root+"/usr/share/man/man1/"+program+".1.gz").Output()
		require.NoError(t, err)
		assert.Contains(t, string(page), ".SH SERVE\n")
		assert.Contains(t, string(page), `\-\-metrics.listen`)
	}
	assert.FileExists(t, root+"/usr/share/doc/wsexchange/docs/install.md")
	assert.FileExists(t, root+"/usr/share/doc/wsexchange/CHANGELOG.md")
	examples, err := filepath.Glob(root + "/usr/share/doc/wsexchange/examples/*/*.xml")
	require.NoError(t, err)
	assert.Greater(t, len(examples), 50, "a request file for every public procedure")
}

// checkUnits lets systemd read the installed units, and rate their exposure.
// What they refer to of the system's own is lent to the root.
func checkUnits(t *testing.T, root string) {
	targets, err := filepath.Glob("/usr/lib/systemd/system/*.target")
	require.NoError(t, err)
	require.NotEmpty(t, targets, "the units of the Debian package systemd")
	for _, folder := range []string{"/etc/systemd/system", "/bin"} {
		require.NoError(t, os.MkdirAll(root+folder, 0o755))
	}
	for _, file := range targets {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(root+"/etc/systemd/system/"+filepath.Base(file), text, 0o600))
	}
	require.NoError(t, os.WriteFile(root+"/bin/kill", nil, 0o700))
	for _, unit := range []string{"wsexchange.service", "mockmpf.service", "mockmpf-oab-update.timer", "mockmpf-oab-update.service"} {
		out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", "--root="+root, unit).CombinedOutput()
		assert.NoError(t, err, string(out))
		for line := range strings.Lines(string(out)) {
			assert.NotContains(t, line, unit, "a complaint about the unit")
		}
		if filepath.Ext(unit) != ".service" {
			continue
		}
		out, err = exec.CommandContext(t.Context(), "systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=15",
			root+"/usr/lib/systemd/system/"+unit).CombinedOutput()
		assert.NoError(t, err, string(out))
	}
}

// runInstalled starts both programs with their packaged configuration; only
// ports and folders are others.
func runInstalled(t *testing.T, root string) {
	start := func(name string, environ ...string) *program {
		t.Helper()
		command := exec.Command(root+"/usr/bin/"+name, "serve", "--config", root+"/etc/"+name+"/"+name+".yaml")
		command.Env = append(environ, strings.ToUpper(name)+"_LISTEN=127.0.0.1:0", strings.ToUpper(name)+"_METRICS_LISTEN=127.0.0.1:0")
		return begin(t, name, command)
	}
	engine := start("mockmpf", "MOCKMPF_LDAP_LISTEN=127.0.0.1:0", "MOCKMPF_DATABASE="+t.TempDir()+"/emulator.db")
	gateway := start("wsexchange", "WSEXCHANGE_MPF_ENGINES="+engine.banner["Engine"],
		"WSEXCHANGE_AUTH_LDAP_SERVERS="+strings.TrimPrefix(engine.banner["Directory"], "ldap://"))
	assert.Equal(t, http.StatusOK, gateway.query())
}

// checkRPM wants every file of the other package in this one.
func checkRPM(t *testing.T, file, root string) {
	if _, err := exec.LookPath("rpm"); err != nil {
		require.NotEqual(t, "true", os.Getenv("CI"), "rpm is missing")
		t.Skip("rpm is missing: the Debian package rpm brings it")
	}
	out, err := exec.CommandContext(t.Context(), "rpm", "-qpl", file).Output()
	require.NoError(t, err)
	listed := strings.Split(string(out), "\n")
	for _, folder := range []string{"usr/bin", "usr/lib/systemd/system", "usr/lib/sysusers.d", "usr/share/man/man1", "etc/wsexchange"} {
		files, err := os.ReadDir(filepath.Join(root, folder))
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, f := range files {
			assert.Contains(t, listed, "/"+folder+"/"+f.Name())
		}
	}
}
