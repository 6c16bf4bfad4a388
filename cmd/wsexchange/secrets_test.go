package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/daemon"
	"wsexchange/mock/operator"
)

// TestServe_SecretsStaySecret asks everything that operators can ask, with
// every part logging all it has, and after a reload that changes secrets.
func TestServe_SecretsStaySecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "wsexchange.yaml")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("mpf: {password: the-first-secret}\n")
	g := start(t, "--config", file, "--log.level=debug")
	g.call("x", "a-password-that-is-wrong")
	write("mpf: {password: the-second-secret}\nadmin: {token: another-token-of-admins}\nlog: {level: debug}\n")
	var done daemon.Reloaded
	require.Equal(t, http.StatusOK, g.Administer("POST", "/-/reload", &done))
	write("mpf: {password: the-third-secret, no-such: 1}\n")
	var refused map[string]string
	require.Equal(t, http.StatusBadRequest, g.Administer("POST", "/-/reload", &refused))
	g.AskEverything("the-first-secret", "the-second-secret", "the-third-secret", "another-token-of-admins", "a-password-that-is-wrong")
	assert.Contains(t, g.Log.String(), "level=DEBUG")
}

// TestServe_Queue finds the routes of the queue with the embedded backend;
// mock/operator tests what they do.
func TestServe_Queue(t *testing.T) {
	g := start(t)
	var found operator.List
	require.Equal(t, http.StatusOK, g.Administer("GET", "/-/queue", &found))
	assert.Empty(t, found.Jobs)
	remote := start(t, "--backend=isapi", "--mpf.engines=http://127.0.0.1:1/", "--directory.base-dn=DC=fabrikam,DC=com", "--auth.mode=off",
		"--mpf.username=FABRIKAM\\svc", passwordFile(t))
	var routes []daemon.Route
	require.Equal(t, http.StatusOK, remote.Administer("GET", "/-/", &routes))
	for _, route := range routes {
		assert.NotContains(t, route.Path, "/-/queue", "the queue is the engine's")
	}
}
