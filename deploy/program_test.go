package deploy

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	code := m.Run()
	if folder, err := programs(); err == nil {
		_ = os.RemoveAll(folder)
	}
	os.Exit(code)
}

// programs builds all programs into a folder, once.
var programs = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "deploy")
	if err != nil {
		return "", err
	}
	out, err := exec.Command("go", "build", "-o", folder, "wsexchange/cmd/wsexchange", "wsexchange/cmd/mockmpf").CombinedOutput()
	if err != nil {
		return folder, fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return folder, nil
})

// program is a running program.
type program struct {
	t       testing.TB
	job     string
	command *exec.Cmd
	// banner holds the lines "name: value" that the program printed.
	banner map[string]string
	// configuration is the file that the program reads, or "".
	configuration string
	ended         sync.Once
}

// startGateway starts the gateway; further arguments may name another backend.
func startGateway(t testing.TB, args ...string) *program {
	t.Helper()
	return launch(t, "wsexchange", append([]string{"--emulator.ldap-listen", "127.0.0.1:0"}, args...)...)
}

// startEmulator starts the emulator alone.
func startEmulator(t testing.TB, args ...string) *program {
	t.Helper()
	return launch(t, "mockmpf", append([]string{"--ldap.listen", "127.0.0.1:0"}, args...)...)
}

func launch(t testing.TB, name string, args ...string) *program {
	t.Helper()
	folder, err := programs()
	require.NoError(t, err)
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--metrics.listen", "127.0.0.1:0", "--log.level", "error"}, args...)
	return begin(t, name, exec.Command(filepath.Join(folder, name), args...))
}

// begin starts a program and waits until it is ready.
func begin(t testing.TB, name string, command *exec.Cmd) *program {
	t.Helper()
	p := &program{t: t, job: name, command: command, banner: map[string]string{}}
	var complaints strings.Builder
	p.command.Stderr = &complaints
	out, err := p.command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, p.command.Start())
	t.Cleanup(p.stop)
	lines, ready := bufio.NewScanner(out), false
	for !ready && lines.Scan() {
		if name, value, found := strings.Cut(lines.Text(), ": "); found {
			p.banner[name] = strings.TrimSpace(value)
		}
		ready = lines.Text() == "ready"
	}
	if !ready {
		p.stop()
	}
	require.True(t, ready, "%s ended before it was ready: %s", name, &complaints)
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return p
}

// stop ends the program and waits for its end.
func (p *program) stop() {
	p.ended.Do(func() {
		_ = p.command.Process.Signal(syscall.SIGTERM)
		_ = p.command.Wait()
	})
}

// samples are the values of a scrape by series, written as in PromQL.
type samples map[string]float64

// target are the labels that Prometheus adds.
func (p *program) target() string { return fmt.Sprintf("instance=%q,job=%q", p.job+":9464", p.job) }

// scrape reads the metrics as Prometheus does, and adds the labels that
// Prometheus adds. A program that does not answer is down.
func (p *program) scrape() samples {
	p.t.Helper()
	target := p.target()
	up := "up{" + target + "}"
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.banner["Metrics"], nil)
	require.NoError(p.t, err)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return samples{up: 0}
	}
	defer response.Body.Close()
	found, lines := samples{up: 1}, bufio.NewScanner(response.Body)
	for lines.Scan() {
		at := strings.LastIndexByte(lines.Text(), ' ')
		if at < 0 || strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		value, err := strconv.ParseFloat(lines.Text()[at+1:], 64)
		require.NoError(p.t, err, lines.Text())
		name, labels, some := strings.Cut(lines.Text()[:at], "{")
		if some {
			labels = "," + labels
		} else {
			labels = "}"
		}
		found[name+"{"+target+labels] = value
	}
	require.NoError(p.t, lines.Err())
	return found
}
