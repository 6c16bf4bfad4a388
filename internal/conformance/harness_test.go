package conformance

import (
	"bufio"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
)

type node = xmldoc.Node

// target is a service under test.
type target struct {
	// URL is what is typed into the panel, credentials included.
	URL string
	// LDAP is the address of the directory behind it, or "".
	LDAP string
}

// program is a running program of ours.
type program struct {
	target
	command *exec.Cmd
	// banner holds the lines "name: value" that the program printed.
	banner map[string]string
	ended  chan struct{}
}

// folderOnce makes the folder of the programs under test.
var folderOnce = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "wsexchange") })

// buildOnce and buildEngine build the gateway and the engine alone.
var buildOnce, buildEngine = building("wsexchange"), building("mockmpf")

func building(name string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		folder, err := folderOnce()
		if err != nil {
			return "", err
		}
		path := filepath.Join(folder, name)
		out, err := exec.Command("go", "build", "-o", path, "wsexchange/cmd/"+name).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("building %s: %w\n%s", name, err, out)
		}
		return path, nil
	})
}

func TestMain(m *testing.M) {
	code := m.Run()
	if err := checkCompatibility(); err != nil {
		fmt.Fprintln(os.Stderr, "compatibility:", err)
		code = 1
	}
	if folder, err := folderOnce(); err == nil {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}

// start gives the service that WSEXCHANGE_TARGET names, else a fresh program
// with the embedded emulator.
func start(t *testing.T) target {
	t.Helper()
	if u := os.Getenv("WSEXCHANGE_TARGET"); u != "" {
		return target{URL: u, LDAP: os.Getenv("WSEXCHANGE_TARGET_LDAP")}
	}
	return startProgram(t).target
}

// startProgram starts the gateway with the embedded emulator and further
// arguments, which may name another backend, and waits until it is ready.
func startProgram(t *testing.T, args ...string) *program {
	t.Helper()
	path, err := buildOnce()
	require.NoError(t, err)
	p := launch(t, path, append([]string{
		"serve", "--backend", "embedded", "--listen", "127.0.0.1:0", "--metrics.listen", "127.0.0.1:0",
		"--emulator.ldap-listen", "127.0.0.1:0", "--log.level", "error",
	}, args...)...)
	require.Contains(t, p.banner, "URL", "the program printed its URL")
	p.URL, p.LDAP = p.banner["URL"], p.banner["Directory"]
	return p
}

// launch starts a program and waits until it says that it is ready.
func launch(t *testing.T, path string, args ...string) *program {
	t.Helper()
	p := &program{command: exec.Command(path, args...), banner: map[string]string{}, ended: make(chan struct{})}
	p.command.Stderr = os.Stderr
	out, err := p.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.command.Start())
	t.Cleanup(p.stop)
	lines := bufio.NewScanner(out)
	ready := false
	for !ready && lines.Scan() {
		name, value, found := strings.Cut(lines.Text(), ": ")
		if found {
			p.banner[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
		ready = strings.HasPrefix(lines.Text(), "ready")
	}
	go func() {
		_, _ = io.Copy(io.Discard, out)
		_ = p.command.Wait()
		close(p.ended)
	}()
	require.True(t, ready, "%s ended before it was ready", filepath.Base(path))
	return p
}

// stop ends the program as a service manager does.
func (p *program) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM)
	<-p.ended
}

// kill ends the program as a crash does.
func (p *program) kill() {
	_ = p.command.Process.Kill()
	<-p.ended
}

// bind tries a login at the directory.
func (p *panel) bind(login, password string) error {
	p.t.Helper()
	if p.target.LDAP == "" {
		p.t.Skip("no directory to bind at: set WSEXCHANGE_TARGET_LDAP")
	}
	conn, err := ldap.DialURL(p.target.LDAP)
	require.NoError(p.t, err)
	defer func() { _ = conn.Close() }()
	return conn.Bind(login, password)
}

// host gives the address that the target listens on.
func (t target) host() string {
	u, err := url.Parse(t.URL)
	if err != nil {
		return ""
	}
	return u.Host
}
