package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/daemon"
	"wsexchange/mock/store"
)

// buffer is a log that is read while it is written.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func outputOf(t *testing.T, environ []string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, environ, &out, &errs)
	return out.String(), errs.String(), status
}

const adminToken = "only for the tests of admin"

// gateway is a program that serves.
type gateway struct {
	t      *testing.T
	banner map[string]string // by the names of its lines
	text   string
	log    *buffer
	stop   func() int
}

// start runs serve with free ports, and an admin listener, until the test ends.
func start(t *testing.T, args ...string) *gateway {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	g := &gateway{t: t, banner: map[string]string{}, log: &buffer{}}
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, append([]string{
			"serve", "--listen", "127.0.0.1:0", "--emulator.ldap-listen", "127.0.0.1:0", "--metrics.listen", "127.0.0.1:0",
			"--admin.listen", "127.0.0.1:0", "--emulator.hash-cost=4",
		}, args...), []string{"WSEXCHANGE_ADMIN_TOKEN=" + adminToken}, writer, g.log)
		_ = writer.Close()
	}()
	g.stop = sync.OnceValue(func() int {
		cancel()
		return <-status
	})
	t.Cleanup(func() { g.stop() })
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		g.text += lines.Text() + "\n"
		if lines.Text() == "ready" {
			return g
		}
		if name, value, ok := strings.Cut(lines.Text(), ": "); ok {
			g.banner[name] = strings.TrimSpace(value)
		}
	}
	require.FailNow(t, "not ready", "status %d: %s", g.stop(), g.log)
	return nil
}

// administer asks the admin listener.
func (g *gateway) administer(method, path string, into any) int {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), method, strings.TrimSuffix(g.banner["Admin"], "/-/ready")+path, nil)
	require.NoError(g.t, err)
	r.Header.Set("Authorization", "Bearer "+adminToken)
	response, err := http.DefaultClient.Do(r)
	require.NoError(g.t, err)
	defer func() { _ = response.Body.Close() }()
	require.NoError(g.t, json.NewDecoder(response.Body).Decode(into))
	return response.StatusCode
}

// call sends the call of the banner as it stands there, with another password
// if one is given.
func (g *gateway) call(id, password string) *http.Response {
	g.t.Helper()
	_, rest, ok := strings.Cut(g.text, "<<'XML'\n")
	require.True(g.t, ok, g.text)
	body, _, ok := strings.Cut(rest, "XML\n")
	require.True(g.t, ok, g.text)
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.banner["URL"]+"/HostedExchange.asmx", strings.NewReader(body))
	require.NoError(g.t, err)
	r.Header.Set("Content-Type", "text/xml; charset=utf-8")
	r.Header.Set("SOAPAction", `"http://provisioning.microsoft.com/webservices/GetProperties"`)
	r.Header.Set("X-Request-Id", id)
	if password != "" {
		r.SetBasicAuth(r.URL.User.Username(), password)
		r.URL.User = nil
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(g.t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(g.t, err)
	require.NoError(g.t, response.Body.Close())
	response.Body = io.NopCloser(bytes.NewReader(text))
	return response
}

func (g *gateway) metrics() string {
	g.t.Helper()
	response, err := http.Get(g.banner["Metrics"])
	require.NoError(g.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(g.t, err)
	return string(text)
}

// TestServe_OneIDEverywhere finds a call by its request id: in the answer, in
// the line of the gateway, in that of the engine, in the audit.
func TestServe_OneIDEverywhere(t *testing.T) {
	database := filepath.Join(t.TempDir(), "emulator.db")
	g := start(t, "--emulator.database", database, "--emulator.audit-level=all", "--log.format=json", "--log.levels=engine=debug")
	response := g.call("from-the-panel", "")
	require.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "from-the-panel", response.Header.Get("X-Request-Id"))
	health := strings.TrimSuffix(strings.TrimPrefix(g.banner["Metrics"], "http://"), "/metrics")
	_, errors, status := outputOf(t, nil, "healthcheck", "--metrics.listen", health)
	assert.Equal(t, 0, status, errors)
	require.Equal(t, 0, g.stop(), g.log)
	_, _, status = outputOf(t, nil, "healthcheck", "--metrics.listen", health)
	assert.Equal(t, 1, status)

	parts := map[string]int{}
	for line := range strings.Lines(g.log.String()) {
		var entry struct {
			Part string `json:"part"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &entry))
		if strings.Contains(line, "from-the-panel") {
			parts[entry.Part]++
		}
	}
	assert.Equal(t, map[string]int{partGateway: 1, partEngine: 1}, parts, g.log.String())

	s, err := store.Open(t.Context(), store.Config{Path: database})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.NoError(t, s.View(t.Context(), func(tx *store.Tx) error {
		rows, err := tx.Audit(store.AuditQuery{})
		require.NoError(t, err)
		found := 0
		for _, row := range rows {
			if row.ClientID == "from-the-panel" {
				found++
			}
		}
		assert.Equal(t, 1, found)
		return nil
	}))
	for _, account := range store.DefaultSeed().Accounts {
		if account.Password != "" {
			assert.NotContains(t, g.log.String(), string(account.Password))
		}
	}
}

func TestServe_ReadyInDetail(t *testing.T) {
	g := start(t)
	var answer struct {
		Ready  bool
		Checks []struct {
			Name string
			OK   bool
		}
	}
	require.Equal(t, http.StatusOK, g.administer("GET", "/-/ready", &answer))
	assert.True(t, answer.Ready)
	var names []string
	for _, c := range answer.Checks {
		assert.True(t, c.OK, c.Name)
		names = append(names, c.Name)
	}
	assert.Equal(t, []string{"listener", "emulator", "directory"}, names)
}

func TestServe_ThrottledSourcesAreReleased(t *testing.T) {
	g := start(t, "--auth.account-failures=2", "--auth.source-failures=2")
	for range 2 {
		require.Equal(t, http.StatusUnauthorized, g.call("x", "wrong").StatusCode)
	}
	require.Equal(t, http.StatusTooManyRequests, g.call("x", "").StatusCode)
	assert.Contains(t, g.metrics(), "wsexchange_auth_throttled_sources 2")
	assert.Contains(t, g.log.String(), "reason=wrong_password")
	var shut []throttledSource
	require.Equal(t, http.StatusOK, g.administer("GET", "/-/throttled", &shut))
	require.Len(t, shut, 2)
	var result map[string]string
	assert.Equal(t, http.StatusBadRequest, g.administer("DELETE", "/-/throttled?source=192.0.2.1", &result))
	assert.Equal(t, http.StatusBadRequest, g.administer("DELETE", "/-/throttled?source=x", &result))
	assert.Equal(t, http.StatusOK, g.administer("DELETE", "/-/throttled?source="+shut[0].Source, &result))
	assert.Equal(t, http.StatusOK, g.call("x", "").StatusCode)
}

func TestServe_Reload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "wsexchange.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("log: {slow: 1m}\n")
	g := start(t, "--config", file)
	levels := map[string]string{}
	require.Equal(t, http.StatusOK, g.administer("GET", "/-/log-level", &levels))
	assert.Equal(t, "info", levels[partAuth])

	write("log: {slow: 1ns, levels: [auth=debug]}\nprefix: /Other\ndrain: 3s\nauth: {source-failures: 7}\nemulator: {audit-level: none}\nmpf: {password: hidden-one}\n")
	var done daemon.Reloaded
	require.Equal(t, http.StatusOK, g.administer("POST", "/-/reload", &done))
	keys := func() (changed, restart []string) {
		for _, c := range done.Changed {
			changed = append(changed, c.Key)
		}
		for _, c := range done.Restart {
			restart = append(restart, c.Key)
		}
		return changed, restart
	}
	changed, restart := keys()
	assert.Equal(t, []string{"prefix", "drain", "auth.source-failures", "mpf.password", "log.levels", "log.slow"}, changed)
	assert.Equal(t, []string{"emulator.audit-level"}, restart)
	require.Equal(t, http.StatusOK, g.administer("GET", "/-/log-level", &levels))
	assert.Equal(t, "debug", levels[partAuth])
	assert.Equal(t, http.StatusNotFound, g.call("x", "").StatusCode, "the services have moved")
	g.banner["URL"] = strings.Replace(g.banner["URL"], "/MPSWS", "/Other", 1)
	assert.Equal(t, http.StatusOK, g.call("x", "").StatusCode)
	assert.Contains(t, g.log.String(), "slow=true")
	assert.Contains(t, g.log.String(), `msg="setting needs a restart" part=daemon key=emulator.audit-level`)
	assert.NotContains(t, g.log.String(), "hidden-one")

	var refused map[string]string
	write("prefix: /Third\nlisten: 127.0.0.1:1\nlog: {levels: [auth=loud]}\n")
	require.Equal(t, http.StatusBadRequest, g.administer("POST", "/-/reload", &refused))
	assert.Contains(t, refused["error"], "loud")
	assert.Equal(t, http.StatusOK, g.call("x", "").StatusCode, "nothing has changed")
	metrics := g.metrics()
	assert.Contains(t, metrics, "wsexchange_config_last_reload_successful 0")
	assert.Contains(t, metrics, `wsexchange_config_reloads_total{result="failure"} 1`)

	write("")
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	require.Eventually(t, func() bool {
		return strings.Contains(g.metrics(), "wsexchange_config_last_reload_successful 1")
	}, time.Minute, 10*time.Millisecond)
	g.banner["URL"] = strings.Replace(g.banner["URL"], "/Other", "/MPSWS", 1)
	assert.Equal(t, http.StatusOK, g.call("x", "").StatusCode)
	var settings []struct{ Key, Value string }
	require.Equal(t, http.StatusOK, g.administer("GET", "/-/configuration", &settings))
	assert.Contains(t, settings, struct{ Key, Value string }{"admin.token", "[redacted]"})
}

// TestServe_Drains sees the program not ready first, while it still takes calls.
func TestServe_Drains(t *testing.T) {
	g := start(t, "--drain-delay=2s")
	ended := make(chan int, 1)
	go func() { ended <- g.stop() }()
	require.Eventually(t, func() bool {
		response, err := http.Get(strings.TrimSuffix(g.banner["Metrics"], "/metrics") + "/-/ready")
		if err != nil {
			return false
		}
		_ = response.Body.Close()
		return response.StatusCode == http.StatusServiceUnavailable
	}, time.Minute, time.Millisecond)
	assert.Equal(t, http.StatusOK, g.call("x", "").StatusCode)
	assert.Equal(t, 0, <-ended, g.log)
}

func TestServe_ConfigCheck(t *testing.T) {
	users := filepath.Join(t.TempDir(), "users")
	require.NoError(t, os.WriteFile(users, []byte("no hash\n"), 0o600))
	for name, row := range map[string]struct {
		args []string
		want string
	}{
		"good":           {nil, ""},
		"certificate":    {[]string{"--tls.certificate=/no/such", "--tls.key=/no/such"}, "/no/such"},
		"users file":     {[]string{"--auth.mode=file", "--auth.file=" + users}, "line 1"},
		"CA file":        {[]string{"--auth.mode=ldap", "--auth.ldap.servers=dc1", "--auth.ldap.ca-file=/no/such.pem"}, "/no/such.pem"},
		"seed":           {[]string{"--emulator.seed=/no/such.yaml"}, "/no/such.yaml"},
		"log part":       {[]string{"--log.levels=x=debug"}, "log part"},
		"token":          {[]string{"--admin.listen=127.0.0.1:0"}, "admin.token"},
		"negative drain": {[]string{"--drain-delay=-1s"}, "drain-delay"},
	} {
		t.Run(name, func(t *testing.T) {
			out, errors, status := outputOf(t, nil, append([]string{"serve", "--config.check"}, row.args...)...)
			if row.want == "" {
				assert.Equal(t, "the configuration is good\n", out)
				assert.Equal(t, 0, status, errors)
				return
			}
			assert.Equal(t, 1, status)
			assert.Contains(t, errors, row.want)
		})
	}
}
