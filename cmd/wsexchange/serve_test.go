package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/daemon"
	"wsexchange/internal/daemon/daemontest"
	"wsexchange/mock"
	"wsexchange/mock/ledger"
	"wsexchange/mock/operator"
	"wsexchange/mock/seed"
)

func outputOf(t *testing.T, environ []string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	return daemontest.Output(t, run, environ, args...)
}

const adminToken = "only for the tests of admin"

// gateway is a program that serves.
type gateway struct {
	*daemontest.Program
	t *testing.T
}

// start runs serve with free ports, and an admin listener, until the test ends.
func start(t *testing.T, args ...string) *gateway {
	t.Helper()
	g := &gateway{t: t, Program: daemontest.Start(t, run, []string{"WSEXCHANGE_ADMIN_TOKEN=" + adminToken}, append([]string{
		"serve", "--listen", "127.0.0.1:0", "--emulator.ldap-listen", "127.0.0.1:0", "--metrics.listen", "127.0.0.1:0",
		"--admin.listen", "127.0.0.1:0", "--emulator.hash-cost=4",
	}, args...)...)}
	g.Token = adminToken
	return g
}

// call sends the call of the banner as it stands there, with another password
// if one is given.
func (g *gateway) call(id, password string) *http.Response {
	g.t.Helper()
	_, rest, ok := strings.Cut(g.Text, "<<'XML'\n")
	require.True(g.t, ok, g.Text)
	body, _, ok := strings.Cut(rest, "XML\n")
	require.True(g.t, ok, g.Text)
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.Banner["URL"]+"/HostedExchange.asmx", strings.NewReader(body))
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

// TestServe_OneIDEverywhere finds a call by its request id: in the answer, in
// the line of the gateway, in that of the engine, in the audit.
func TestServe_OneIDEverywhere(t *testing.T) {
	database := filepath.Join(t.TempDir(), "emulator.db")
	g := start(t, "--emulator.database", database, "--emulator.audit-level=all", "--log.format=json")
	response := g.call("from-the-panel", "")
	require.Equal(t, http.StatusOK, response.StatusCode)
	assert.Equal(t, "from-the-panel", response.Header.Get("X-Request-Id"))
	var found operator.Audit
	require.Equal(t, http.StatusOK, g.Administer("GET", "/-/audit?id=from-the-panel", &found))
	require.Len(t, found.Requests, 1)
	assert.Equal(t, "GetProperties", found.Requests[0].Procedure)
	health := strings.TrimSuffix(strings.TrimPrefix(g.Banner["Metrics"], "http://"), "/metrics")
	_, errors, status := outputOf(t, nil, "healthcheck", "--metrics.listen", health)
	assert.Equal(t, 0, status, errors)
	require.Equal(t, 0, g.Stop(), g.Log)
	_, _, status = outputOf(t, nil, "healthcheck", "--metrics.listen", health)
	assert.Equal(t, 1, status)

	parts := map[string]int{}
	for line := range strings.Lines(g.Log.String()) {
		var entry struct {
			Part string `json:"part"`
		}
		require.NoError(t, json.Unmarshal([]byte(line), &entry))
		if strings.Contains(line, "from-the-panel") {
			parts[entry.Part]++
		}
	}
	assert.Equal(t, map[string]int{partGateway: 1, partEngine: 1}, parts, g.Log.String())

	s, _, err := mock.OpenStore(t.Context(), mock.Config{Database: database}, false)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	rows, err := s.Audit(t.Context(), ledger.AuditQuery{})
	require.NoError(t, err)
	kept := 0
	for _, row := range rows {
		if row.ClientID == "from-the-panel" {
			kept++
		}
	}
	assert.Equal(t, 1, kept)
	for _, account := range seed.Default().Accounts {
		if account.Password != "" {
			assert.NotContains(t, g.Log.String(), string(account.Password))
		}
	}
}

// The base is held for the data of SubmitMpsRequest too where the engine is
// somebody else's, which nobody asks here: there is none.
func TestServe_BaseBeforeAForeignEngine(t *testing.T) {
	const engine = "--mpf.engines=http://127.0.0.1:1/"
	g := start(t, "--backend=isapi", engine, `--mpf.username=FABRIKAM\gateway`, passwordFile(t),
		"--directory.base-dn=OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com", "--auth.mode=off")
	for user, want := range map[string]string{
		"LDAP://CN=Administrator,CN=Users,DC=fabrikam,DC=com":            "[E-SCOPE]",
		"0d1e2f30-4152-4637-8495-a6b7c8d9eafb":                           "[E-SCOPE-OBJECT]",
		"LDAP://CN=a,OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com": "The provisioning engine (MPF)", // it was asked
	} {
		body := `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><SubmitMpsRequest><mpsNamespace>Managed Active Directory</mpsNamespace>` +
			`<procedure>SetPassword</procedure><dataXmlBlob><data><user>` + user + `</user></data></dataXmlBlob></SubmitMpsRequest></e:Body></e:Envelope>`
		response, err := http.Post(g.Banner["URL"]+"/MPSGeneral.asmx", "text/xml; charset=utf-8", strings.NewReader(body))
		require.NoError(t, err)
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Contains(t, string(text), want)
	}
}

func TestServe_StopsDuringARequest(t *testing.T) {
	g := start(t)
	g.StopDuringRequest(g.Banner["URL"] + "/HostedExchange.asmx")
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
	require.Equal(t, http.StatusOK, g.Administer("GET", "/-/ready", &answer))
	assert.True(t, answer.Ready)
	var names []string
	for _, c := range answer.Checks {
		assert.True(t, c.OK, c.Name)
		names = append(names, c.Name)
	}
	assert.Equal(t, []string{"listener", "emulator", "ldap"}, names)
}

func TestServe_NotReadyWithoutItsDatabase(t *testing.T) {
	database := filepath.Join(t.TempDir(), "emulator.db")
	g := start(t, "--emulator.database", database)
	status, text := g.Health("/-/ready")
	require.Equal(t, http.StatusOK, status, text)
	require.NoError(t, os.Remove(database))
	status, text = g.Health("/-/ready")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, text, "database file was deleted or replaced")
}

func TestServe_NotReadyWithACertificateThatIsNotValid(t *testing.T) {
	for want, flags := range map[string][]string{
		"the certificate of": certificateFor(t, -2*time.Hour, -time.Hour),
		"begins on":          certificateFor(t, time.Hour, 2*time.Hour),
	} {
		status, text := start(t, flags...).Health("/-/ready")
		assert.Equal(t, http.StatusServiceUnavailable, status, want)
		assert.Contains(t, text, want)
	}
	status, text := start(t, certificateFor(t, -time.Hour, time.Hour)...).Health("/-/ready")
	assert.Equal(t, http.StatusOK, status, text)
}

func TestServe_ThrottledSourcesAreReleased(t *testing.T) {
	g := start(t, "--auth.account-failures=2", "--auth.source-failures=2")
	for range 2 {
		require.Equal(t, http.StatusUnauthorized, g.call("x", "wrong").StatusCode)
	}
	require.Equal(t, http.StatusTooManyRequests, g.call("x", "").StatusCode)
	assert.Contains(t, g.Metrics(), "wsexchange_auth_throttled_sources 2")
	assert.Contains(t, g.Log.String(), "reason=wrong_password")
	var shut []throttledSource
	require.Equal(t, http.StatusOK, g.Administer("GET", "/-/throttled", &shut))
	require.Len(t, shut, 2)
	var result map[string]string
	assert.Equal(t, http.StatusBadRequest, g.Administer("DELETE", "/-/throttled?source=192.0.2.1", &result))
	assert.Equal(t, http.StatusBadRequest, g.Administer("DELETE", "/-/throttled?source=x", &result))
	assert.Equal(t, http.StatusOK, g.Administer("DELETE", "/-/throttled?source="+shut[0].Source, &result))
	assert.Equal(t, http.StatusOK, g.call("x", "").StatusCode)
}

func TestServe_Reload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "wsexchange.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("log: {slow: 1m}\n")
	g := start(t, "--config", file)
	levels := map[string]string{}
	require.Equal(t, http.StatusOK, g.Administer("GET", "/-/log-level", &levels))
	assert.Equal(t, "info", levels[partAuth])

	write("log: {slow: 1ns, levels: [auth=debug]}\nprefix: /Other\ndrain: 3s\nauth: {source-failures: 7}\nemulator: {audit-level: none}\nmpf: {password: hidden-one}\n")
	var done daemon.Reloaded
	require.Equal(t, http.StatusOK, g.Administer("POST", "/-/reload", &done))
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
	require.Equal(t, http.StatusOK, g.Administer("GET", "/-/log-level", &levels))
	assert.Equal(t, "debug", levels[partAuth])
	assert.Equal(t, http.StatusNotFound, g.call("x", "").StatusCode, "the services have moved")
	g.Banner["URL"] = strings.Replace(g.Banner["URL"], "/MPSWS", "/Other", 1)
	assert.Equal(t, http.StatusOK, g.call("x", "").StatusCode)
	assert.Contains(t, g.Log.String(), "slow=true")
	assert.Contains(t, g.Log.String(), `msg="setting needs a restart" part=daemon key=emulator.audit-level`)
	assert.NotContains(t, g.Log.String(), "hidden-one")

	var refused map[string]string
	write("prefix: /Third\nlisten: 127.0.0.1:1\nlog: {levels: [auth=loud]}\n")
	require.Equal(t, http.StatusBadRequest, g.Administer("POST", "/-/reload", &refused))
	assert.Contains(t, refused["error"], "loud")
	assert.Equal(t, http.StatusOK, g.call("x", "").StatusCode, "nothing has changed")
	metrics := g.Metrics()
	assert.Contains(t, metrics, "wsexchange_config_last_reload_successful 0")
	assert.Contains(t, metrics, `wsexchange_config_reloads_total{result="failure"} 1`)

	write("")
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	require.Eventually(t, func() bool {
		return strings.Contains(g.Metrics(), "wsexchange_config_last_reload_successful 1")
	}, time.Minute, 10*time.Millisecond)
	g.Banner["URL"] = strings.Replace(g.Banner["URL"], "/Other", "/MPSWS", 1)
	assert.Equal(t, http.StatusOK, g.call("x", "").StatusCode)
	var settings []struct{ Key, Value string }
	require.Equal(t, http.StatusOK, g.Administer("GET", "/-/configuration", &settings))
	assert.Contains(t, settings, struct{ Key, Value string }{"admin.token", "[redacted]"})
}

// TestServe_Drains sees the program not ready first, while it still takes calls.
// TestServe_Notifies reads what the program reports to the systemd that
// started it.
func TestServe_Notifies(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	listener, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", "50000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	until := func(want string) string { // reads on to a report, over those of the watchdog
		t.Helper()
		for {
			buffer := make([]byte, 512)
			require.NoError(t, listener.SetReadDeadline(time.Now().Add(10*time.Second)))
			n, err := listener.Read(buffer)
			require.NoError(t, err, "waiting for %s", want)
			text := string(buffer[:n])
			if text != "WATCHDOG=1" || want == text {
				require.True(t, strings.HasPrefix(text, want), "%s instead of %s", text, want)
				return text
			}
		}
	}
	g := start(t, "--drain=1s")
	until("READY=1")
	until("WATCHDOG=1")
	until("WATCHDOG=1")
	var done daemon.Reloaded
	require.Equal(t, http.StatusOK, g.Administer("POST", "/-/reload", &done))
	assert.Regexp(t, `^RELOADING=1\nMONOTONIC_USEC=[1-9]\d+\n$`, until("RELOADING=1"))
	until("READY=1")
	require.Equal(t, 0, g.Stop(), g.Log)
	assert.Equal(t, "STOPPING=1\nEXTEND_TIMEOUT_USEC=11000000", until("STOPPING=1"))
	assert.NotContains(t, g.Log.String(), "systemd")
}

func TestServe_Drains(t *testing.T) {
	g := start(t, "--drain-delay=2s")
	ended := make(chan int, 1)
	go func() { ended <- g.Stop() }()
	require.Eventually(t, func() bool {
		status, _ := g.Health("/-/ready")
		return status == http.StatusServiceUnavailable
	}, time.Minute, time.Millisecond)
	assert.Equal(t, http.StatusOK, g.call("x", "").StatusCode)
	assert.Equal(t, 0, <-ended, g.Log)
}

// TestServe_AddressTaken wants the setting that has to be changed.
func TestServe_AddressTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = taken.Close() }()
	for _, setting := range []string{"listen", "metrics.listen", "emulator.ldap-listen", "admin.listen"} {
		addresses := []string{"--listen=127.0.0.1:0", "--metrics.listen=127.0.0.1:0", "--emulator.ldap-listen=127.0.0.1:0"}
		_, errors, status := outputOf(t, []string{"WSEXCHANGE_ADMIN_TOKEN=" + adminToken}, append(append([]string{"serve"}, addresses...),
			"--"+setting+"="+taken.Addr().String())...)
		assert.Equal(t, 1, status)
		assert.Regexp(t, "[ :]"+regexp.QuoteMeta(setting)+": .*address already in use", errors)
	}
}

// passwordFile is the flag of a service account's password.
func passwordFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	require.NoError(t, os.WriteFile(file, []byte("of-a-service"), 0o600))
	return "--mpf.password-file=" + file
}

func TestServe_ConfigCheck(t *testing.T) {
	users := filepath.Join(t.TempDir(), "users")
	require.NoError(t, os.WriteFile(users, []byte("no hash\n"), 0o600))
	daemontest.ConfigCheck(t, run, map[string]daemontest.BadConfiguration{
		"users file": {Args: []string{"--auth.mode=file", "--auth.file=" + users}, Want: "line 1"},
		"CA file":    {Args: []string{"--auth.mode=ldap", "--auth.ldap.servers=dc1", "--auth.ldap.ca-file=/no/such.pem"}, Want: "/no/such.pem"},
		"seed":       {Args: []string{"--emulator.seed=/no/such.yaml"}, Want: "/no/such.yaml"},
		"error map":  {Args: []string{"--emulator.error-map=/no/such.xml"}, Want: "/no/such.xml"},
		"audit":      {Args: []string{"--emulator.audit-keep=-1s"}, Want: `audit-keep: "-1s" must not be less than 0s`},
		"cost":       {Args: []string{"--emulator.hash-cost=3"}, Want: `"3" must not be less than 4`},
		"no time":    {Args: []string{"--mpf.timeout=0s"}, Want: `mpf.timeout: "0s" must not be less than 1ms`},
		"nobody to pass on": {
			Args: []string{"--backend=isapi", "--mpf.engines=http://127.0.0.1:1/", "--directory.base-dn=DC=a,DC=b", "--auth.mode=off"},
			Want: "mpf.username: with auth.mode off there is no caller",
		},
		"account alone":                      {Args: []string{"--mpf.username=a"}, Want: "the account has no password"},
		"pages closed for nobody":            {Args: []string{"--close-wsdl", "--auth.mode=off"}, Want: "close-wsdl"},
		"first wait longer than the longest": {Args: []string{"--auth.throttle-window=1h"}, Want: "auth.throttle-max"},
		"no procedure":                       {Args: []string{"--emulator.perf-enabled=Hosted Exchange::Nothing"}, Want: "perf-enabled"},
	})
}
