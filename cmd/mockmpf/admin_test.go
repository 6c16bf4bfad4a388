package main

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/daemon"
	"wsexchange/internal/daemon/daemontest"
	"wsexchange/mock/operator"
	"wsexchange/mpf"
)

func keys(changes []struct{ Key string }) (all []string) {
	for _, c := range changes {
		all = append(all, c.Key)
	}
	return all
}

func TestServe_Reload(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mockmpf.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("log: {level: info}\n")
	e := start(t, "--config", file)
	old, caller := e.Banner["Engine"], login(t)

	write("log: {levels: [engine=debug]}\npath: /mpf/other.dll\ndrain: 3s\naudit-level: none\ncontrol: {token: hidden-one}\nlimits: {depth: 9}\n")
	var done struct{ Changed, Restart []struct{ Key string } }
	require.Equal(t, http.StatusOK, e.Administer("POST", "/-/reload", &done))
	assert.Equal(t, []string{"path", "drain", "limits.depth", "log.levels"}, keys(done.Changed))
	assert.Equal(t, []string{"audit-level", "control.token"}, keys(done.Restart))
	levels := map[string]string{}
	require.Equal(t, http.StatusOK, e.Administer("GET", "/-/log-level", &levels))
	assert.Equal(t, map[string]string{partDaemon: "info", partEngine: "debug", partLDAP: "info", partPages: "info"}, levels)
	_, err := submit(t, old, caller, nil)
	assert.Error(t, err, "the listener has moved")
	answer, err := submit(t, strings.Replace(old, "soapisapi", "other", 1), caller, nil)
	require.NoError(t, err)
	assert.Nil(t, answer.Err)
	assert.Contains(t, e.Log.String(), `msg="setting needs a restart" part=daemon key=audit-level`)
	assert.NotContains(t, e.Log.String(), "hidden-one")

	write("path: /third\nlimits: {depth: 0}\n")
	var refused map[string]string
	require.Equal(t, http.StatusBadRequest, e.Administer("POST", "/-/reload", &refused))
	assert.Contains(t, refused["error"], `limits.depth: "0" must not be less than 1`)
	_, err = submit(t, strings.Replace(old, "soapisapi", "other", 1), caller, nil)
	assert.NoError(t, err, "nothing has changed")
	assert.Contains(t, e.Metrics(), "mockmpf_config_last_reload_successful 0")
	assert.Contains(t, e.Metrics(), `mockmpf_config_reloads_total{result="failure"} 1`)

	write("")
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	require.Eventually(t, func() bool {
		return strings.Contains(e.Metrics(), "mockmpf_config_last_reload_successful 1")
	}, time.Minute, 10*time.Millisecond)
	_, err = submit(t, old, caller, nil)
	assert.NoError(t, err)
	var settings []struct{ Key, Value string }
	require.Equal(t, http.StatusOK, e.Administer("GET", "/-/configuration", &settings))
	assert.Contains(t, settings, struct{ Key, Value string }{"admin.token", "[redacted]"})
}

// TestServe_ReadyInDetail wants a directory with its content, and every listener.
func TestServe_ReadyInDetail(t *testing.T) {
	certificate, key, _ := certificate(t)
	e := start(t, "--tls.certificate", certificate, "--tls.key", key, "--ldap.secure", "127.0.0.1:0")
	var answer daemon.Readiness
	require.Equal(t, http.StatusOK, e.Administer("GET", "/-/ready", &answer))
	assert.True(t, answer.Ready)
	var names []string
	for _, c := range answer.Checks {
		assert.True(t, c.OK, c.Name)
		names = append(names, c.Name)
	}
	assert.Equal(t, []string{"listener", "database", "ldap", "ldaps", "certificate"}, names)
	assert.Contains(t, e.Metrics(), "mockmpf_certificate_expiry_timestamp_seconds")
}

// TestServe_NotReadyWithoutItsDatabase removes the file of a program that has
// nothing to write.
func TestServe_NotReadyWithoutItsDatabase(t *testing.T) {
	database := filepath.Join(t.TempDir(), "emulator.db")
	e := start(t, "--database", database)
	status, text := e.Health("/-/ready")
	require.Equal(t, http.StatusOK, status, text)
	require.NoError(t, os.Remove(database))
	status, text = e.Health("/-/ready")
	assert.Equal(t, http.StatusServiceUnavailable, status)
	var answer daemon.Readiness
	require.NoError(t, json.Unmarshal([]byte(text), &answer))
	require.Equal(t, "database", answer.Checks[1].Name)
	assert.Contains(t, answer.Checks[1].Error, "database file was deleted or replaced")
}

// TestServe_Drains sees the program not ready first, while it still takes
// requests.
func TestServe_Drains(t *testing.T) {
	e := start(t, "--drain-delay=2s")
	ended := make(chan int, 1)
	go func() { ended <- e.Stop() }()
	var last string
	require.Eventually(t, func() bool {
		var status int
		status, last = e.Health("/-/ready")
		return status == http.StatusServiceUnavailable
	}, time.Minute, time.Millisecond)
	var answer daemon.Readiness
	require.NoError(t, json.Unmarshal([]byte(last), &answer))
	assert.Equal(t, daemon.StateDraining, answer.State)
	_, err := submit(t, e.Banner["Engine"], login(t), nil)
	assert.NoError(t, err)
	assert.Equal(t, 0, <-ended, e.Log)
}

func TestServe_ConfigCheck(t *testing.T) {
	daemontest.ConfigCheck(t, run, map[string]daemontest.BadConfiguration{
		"seed":         {Args: []string{"--seed=/no/such.yaml"}, Want: "/no/such.yaml"},
		"error map":    {Args: []string{"--error-map=/no/such.xml"}, Want: "/no/such.xml"},
		"history":      {Args: []string{"--history-keep=-1s"}, Want: `history-keep: "-1s" must not be less than 0s`},
		"audit":        {Args: []string{"--audit-keep=-1s"}, Want: `audit-keep: "-1s" must not be less than 0s`},
		"no procedure": {Args: []string{"--perf-enabled=Hosted Exchange::Nothing"}, Want: "perf-enabled"},
	})
}

// TestServe_Queue finds the routes of the queue; mock/operator tests what they
// do.
func TestServe_Queue(t *testing.T) {
	var found operator.List
	require.Equal(t, http.StatusOK, start(t).Administer("GET", "/-/queue", &found))
	assert.Empty(t, found.Jobs)
}

// TestServe_Audit finds a request of the SOAP endpoint by the id that its client
// gave; mock/operator tests the rest.
func TestServe_Audit(t *testing.T) {
	e := start(t, "--audit-level=all")
	c, err := mpf.NewClient(mpf.ClientConfig{URL: e.Banner["Engine"], Credentials: mpf.OfAccount, Account: login(t)})
	require.NoError(t, err)
	_, err = c.Submit(t.Context(), &mpf.Request{
		Context: mpf.Context{ClientTransactionID: "of-the-client"},
		Target:  mpf.Target{Namespace: "Windows-based Hosting", Procedure: "QueryPlans"},
	})
	require.NoError(t, err)
	var found operator.Audit
	require.Equal(t, http.StatusOK, e.Administer("GET", "/-/audit?id=of-the-client", &found))
	require.Len(t, found.Requests, 1)
	assert.Equal(t, "QueryPlans", found.Requests[0].Procedure)
}

// TestServe_SecretsStaySecret asks everything that operators can ask, with
// every part logging all it has, and after a reload that changes secrets.
func TestServe_SecretsStaySecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mockmpf.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("control: {listen: \"127.0.0.1:0\", token: the-first-secret}\n")
	e := start(t, "--config", file, "--log.level=debug")
	_, err := submit(t, e.Banner["Engine"], login(t), nil)
	require.NoError(t, err)
	write("control: {listen: \"127.0.0.1:0\", token: the-second-secret}\nadmin: {token: another-token-of-admins}\n")
	var done daemon.Reloaded
	require.Equal(t, http.StatusOK, e.Administer("POST", "/-/reload", &done))
	e.AskEverything("the-first-secret", "the-second-secret", "another-token-of-admins")
	assert.NotContains(t, e.Log.String(), login(t).Password.Reveal())
}
