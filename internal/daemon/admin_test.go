package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/config"
	"wsexchange/internal/secret"
)

func TestAdmin(t *testing.T) {
	logs, err := NewLogs(io.Discard, "text", "gateway", "auth")
	require.NoError(t, err)
	var broken error
	admin, err := NewAdmin(AdminConfig{
		Token: secret.New("a long token"), Health: NewHealth(NewRegistry("test")), Logs: logs,
		Reload:        func() (Reloaded, error) { return Reloaded{Changed: []config.Change{{Key: "drain"}}}, broken },
		Configuration: func() []config.Setting { return []config.Setting{{Key: "drain", Value: "20s"}} },
	})
	require.NoError(t, err)
	admin.Handle("GET /-/own", func(*http.Request) (any, error) { return "own", nil })

	ask := func(method, path, token string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
		if token != "" {
			r.Header.Set("Authorization", token)
		}
		w := httptest.NewRecorder()
		admin.ServeHTTP(w, r)
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	const token = "Bearer a long token"
	for _, wrong := range []string{"", "Bearer", "Bearer ", "Bearer a long tokem", "Basic a long token", "a long token"} {
		status, body := ask("GET", "/debug/pprof/cmdline", wrong)
		assert.Equal(t, http.StatusUnauthorized, status, wrong)
		assert.NotContains(t, body, "a long token")
	}
	for _, row := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/-/log-level", 200, `{"auth":"info","gateway":"info"}`},
		{"PUT", "/-/log-level?part=auth&level=debug", 200, `{"auth":"debug","gateway":"info"}`},
		{"PUT", "/-/log-level?level=warn", 200, `{"auth":"warn","gateway":"warn"}`},
		{"PUT", "/-/log-level?part=x&level=warn", 400, `{"error":"log part \"x\" is none of gateway, auth"}`},
		{"PUT", "/-/log-level?part=auth&level=loud", 400, `{"error":"log level \"loud\" is none of debug, info, warn, error"}`},
		{"POST", "/-/reload", 200, `{"changed":[{"key":"drain","old":"","new":""}],"restart":null}`},
		{"GET", "/-/configuration", 200, `[{"key":"drain","value":"20s"}]`},
		{"GET", "/-/own", 200, `"own"`},
	} {
		status, body := ask(row.method, row.path, token)
		assert.Equal(t, row.status, status, row.path)
		assert.Equal(t, row.body, body, row.path)
	}
	status, routes := ask("GET", "/-/", token)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, routes, `  {
    "method": "PUT",
    "path": "/-/log-level?level=LEVEL&part=PART",
    "does": "changes the level of one part until the next reload; of all parts without part"
  }`)
	assert.Contains(t, routes, `"path": "/-/own"`)
	status, _ = ask("GET", "/-/reload", token)
	assert.Equal(t, http.StatusMethodNotAllowed, status)
	status, _ = ask("GET", "/debug/pprof/goroutine?debug=1", token)
	assert.Equal(t, http.StatusOK, status)
	status, body := ask("GET", "/-/ready", token)
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Contains(t, body, `"state":"starting"`)
	broken = errors.New("listen: unknown key")
	status, body = ask("POST", "/-/reload", token)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Contains(t, body, "unknown key")

	_, err = NewAdmin(AdminConfig{})
	assert.EqualError(t, err, "admin: no token")
}

// What the configuration accepts as a token, a caller can send.
func TestAdmin_TokenOfAFile(t *testing.T) {
	for _, content := range []string{"a long enough token\n", "a long enough token\n\n", "\ufeffa long enough token \r\n", "töken of many letters"} {
		token, err := secret.Parse(content)
		require.NoError(t, err)
		require.NoError(t, AdminSettings{Listen: "x", Token: token}.Validate())
		admin, err := NewAdmin(AdminConfig{Token: token, Health: NewHealth(NewRegistry("test"))})
		require.NoError(t, err)
		server := httptest.NewServer(admin)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/-/", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token.Reveal())
		response, err := server.Client().Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusOK, response.StatusCode, content)
		server.Close()
	}
	assert.ErrorContains(t, AdminSettings{Listen: "x", Token: secret.New(" 0123456789abcdef")}.Validate(), "white space")
}

func TestLogs_PartsHaveLevelsOfTheirOwn(t *testing.T) {
	var out strings.Builder
	logs, err := NewLogs(&out, "json", "gateway", "auth")
	require.NoError(t, err)
	require.NoError(t, logs.Set("warn", []string{"auth=debug"}))
	gateway, auth := logs.Logger("gateway").With("a", 1).WithGroup("g"), logs.Logger("auth")
	gateway.Info("hidden")
	auth.Debug("shown")
	assert.NotContains(t, out.String(), "hidden")
	assert.Contains(t, out.String(), `"msg":"shown","part":"auth"`)
	require.NoError(t, logs.SetPart("gateway", "info"))
	gateway.Info("also shown", "k", "v")
	assert.Contains(t, out.String(), `"part":"gateway","a":1,"g":{"k":"v"}`)

	before := logs.Levels()
	assert.EqualError(t, logs.Set("error", []string{"auth=warn", "oops=info", "auth=x"}),
		"log part \"oops\" is none of gateway, auth\nlog level \"x\" is none of debug, info, warn, error")
	assert.Equal(t, before, logs.Levels(), "all or nothing")
	logs.Logger("nobody").Error("lost")
	assert.NotContains(t, out.String(), "lost")
}

func TestLogs_DurationsAreSeconds(t *testing.T) {
	var out strings.Builder
	logs, err := NewLogs(&out, "json", "gateway")
	require.NoError(t, err)
	logs.Logger("gateway").With("drain", 20*time.Second).Info("call",
		"duration", 1500*time.Millisecond, slog.Group("g", slog.Duration("backend", 250*time.Microsecond)), "n", 3)
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(out.String()), &line))
	assert.Equal(t, 20.0, line["drain"])
	assert.Equal(t, 1.5, line["duration"])
	assert.Equal(t, map[string]any{"backend": 0.00025}, line["g"])
	assert.Equal(t, 3.0, line["n"])
}

func TestHealth_Life(t *testing.T) {
	h := NewHealth(NewRegistry("test"))
	assert.Equal(t, Readiness{State: StateStarting, Reason: "the program is starting", Checks: []CheckResult{}}, h.Ready(t.Context()))
	h.Started(Check{Name: "a", Run: func(context.Context) error { return nil }},
		Check{Name: "b", Run: func(ctx context.Context) error { return errors.New("broken") }})
	answer := h.Ready(t.Context())
	assert.False(t, answer.Ready)
	assert.Equal(t, StateRunning, answer.State)
	require.Len(t, answer.Checks, 2)
	assert.True(t, answer.Checks[0].OK)
	assert.Equal(t, "broken", answer.Checks[1].Error)
	h.Started()
	assert.True(t, h.Ready(t.Context()).Ready)
	h.Drain()
	h.Started()
	assert.Equal(t, StateDraining, h.Ready(t.Context()).State, "who stops does not start again")
	text, err := json.Marshal(h.Ready(t.Context()))
	require.NoError(t, err)
	assert.JSONEq(t, `{"ready":false,"state":"draining","reason":"the program is stopping","checks":[]}`, string(text))
}

func TestServers_StopBackwards(t *testing.T) {
	logs, err := NewLogs(io.Discard, "text", "daemon")
	require.NoError(t, err)
	s := NewServers(logs.Logger("daemon"))
	first, err := Listen("first", "127.0.0.1:0", http.NotFoundHandler())
	require.NoError(t, err)
	entered, left := make(chan struct{}), make(chan error, 1)
	second, err := Listen("second", "127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		response, err := http.Get("http://" + first.Listener.Addr().String()) // still there
		if err == nil {
			err = response.Body.Close()
		}
		left <- err
	}))
	require.NoError(t, err)
	s.Start(first)
	s.Start(second)
	go func() { _, _ = http.Get("http://" + second.Listener.Addr().String()) }()
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, s.Wait(ctx))
	s.Stop(ctx, checkTimeout)
	assert.NoError(t, <-left)
	_, err = http.Get("http://" + first.Listener.Addr().String())
	assert.Error(t, err)
}
