package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/control"
	"wsexchange/mock/control/client"
	"wsexchange/mock/engine"
	"wsexchange/mock/fault"
	"wsexchange/mock/journal"
	"wsexchange/mpf"
)

const controlToken = "a token for tests"

// controlled are the arguments of an emulator with the control API.
func controlled(t *testing.T) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(controlToken+"\n"), 0o600))
	return []string{"--control.listen", "127.0.0.1:0", "--control.token-file", file}
}

func TestServe_Control(t *testing.T) {
	e := start(t, append(controlled(t), "--control.journal-entries", "2")...)
	c := client.New(strings.TrimSuffix(e.Banner["Control"], "/_mock/"), controlToken)
	for range 3 {
		_, err := submit(t, e.Banner["Engine"], login(t), http.DefaultClient)
		require.NoError(t, err)
	}
	entries, last, err := c.Journal(t.Context(), journal.Filter{})
	require.NoError(t, err)
	assert.Len(t, entries, 2)
	assert.EqualValues(t, 3, last)
	_, err = c.AddFault(t.Context(), fault.Rule{Action: fault.Kill})
	assert.ErrorContains(t, err, "may not be killed")
	_, err = client.New(strings.TrimSuffix(e.Banner["Control"], "/_mock/"), "guess").Faults(t.Context())
	assert.Error(t, err)
	assert.Equal(t, 0, e.Stop(), e.Log)
	assert.NotContains(t, e.Log.String()+e.Text, controlToken)
}

func TestServe_ControlRefusals(t *testing.T) {
	for name, row := range map[string]struct {
		args []string
		want string
	}{
		"no token":     {[]string{"--control.listen=127.0.0.1:0"}, "control.token-file"},
		"kill alone":   {[]string{"--control.allow-kill"}, "control.listen"},
		"no journal":   {[]string{"--control.journal-entries=0"}, `control.journal-entries: "0" must not be less than 1`},
		"header alone": {[]string{"--control.fault-headers"}, "control.listen"},
	} {
		_, errors, status := outputOf(t, nil, append([]string{"serve"}, row.args...)...)
		assert.Equal(t, 1, status, name)
		assert.Contains(t, errors, row.want, name)
	}
}

// TestServe_Kill kills the program by fault rules, before and after a commit,
// and looks what a new one finds.
func TestServe_Kill(t *testing.T) {
	program := filepath.Join(t.TempDir(), "mockmpf")
	out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, string(out))
	for stage, done := range map[engine.Stage]bool{engine.AfterCall: false, engine.AtAnswer: true} {
		t.Run(string(stage), func(t *testing.T) {
			args := append([]string{
				"serve", "--listen", "127.0.0.1:0", "--ldap.listen", "", "--metrics.listen", "", "--log.level", "error",
				"--control.allow-kill", "--database", filepath.Join(t.TempDir(), "emulator.db"),
			}, controlled(t)...)
			running, banner := launch(t, program, args)
			c := client.New(strings.TrimSuffix(banner["Control"], "/_mock/"), controlToken)
			_, err := c.AddFault(t.Context(), fault.Rule{Action: fault.Kill, When: stage, Procedure: "CreateUser"})
			require.NoError(t, err)
			_, err = createUser(t, banner["Engine"])
			assert.ErrorIs(t, err, mpf.ErrConnectionLost)
			_ = running.Wait() // its error is the signal
			status, ok := running.ProcessState.Sys().(syscall.WaitStatus)
			require.True(t, ok)
			assert.Equal(t, syscall.SIGKILL, status.Signal())

			_, banner = launch(t, program, args)
			c = client.New(strings.TrimSuffix(banner["Control"], "/_mock/"), controlToken)
			found, err := c.Objects(t.Context(), control.Search{Filter: "(sAMAccountName=ann)"})
			require.NoError(t, err)
			assert.Equal(t, done, len(found.Objects) == 1)
			again, err := createUser(t, banner["Engine"])
			require.NoError(t, err, "it goes on")
			assert.Equal(t, done, again.Err != nil)
		})
	}
}

// launch starts the program and waits until it is ready.
func launch(t *testing.T, program string, args []string) (*exec.Cmd, map[string]string) {
	t.Helper()
	command := exec.Command(program, args...)
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill() // that one may have been killed before
		_ = command.Wait()
	})
	banner := make(map[string]string)
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "ready"; {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok {
			banner[name] = strings.TrimSpace(value)
		}
	}
	require.Contains(t, banner, "Control")
	return command, banner
}

func createUser(t *testing.T, url string) (*mpf.Response, error) {
	t.Helper()
	c, err := mpf.NewClient(mpf.ClientConfig{URL: url, Credentials: mpf.OfAccount, Account: login(t)})
	require.NoError(t, err)
	data, err := xmldoc.ParseString("<data><container>LDAP://OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com</container>"+
		"<userPrincipalName>ann@fabrikam.com</userPrincipalName><sAMAccountName>ann</sAMAccountName></data>", xmldoc.Limits{})
	require.NoError(t, err)
	return c.Submit(t.Context(), mpf.Simple(mpf.Target{Namespace: "Managed Active Directory", Procedure: "CreateUser"}, data))
}
