package conformance

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"wsexchange/internal/postgrestest"
)

// before starts a gateway in front of engines, which asks a directory who may
// call.
func before(t *testing.T, backend, engines, directory string, args ...string) target {
	t.Helper()
	_, to := beforeProgram(t, backend, engines, directory, args...)
	return to
}

func beforeProgram(t *testing.T, backend, engines, directory string, args ...string) (*program, target) {
	t.Helper()
	where, err := url.Parse(directory)
	require.NoError(t, err)
	p := startProgram(t, append([]string{
		"--backend", backend, "--mpf.engines", engines, "--directory.base-dn", reseller, "--directory.controllers", controller,
		"--auth.mode", "ldap", "--auth.ldap.servers", where.Host, "--auth.ldap.security", "plain", "--auth.ldap.domain", "FABRIKAM",
	}, args...)...)
	return p, target{URL: withLogin(t, p.URL), LDAP: directory}
}

// withLogin puts the demo data's account into an address.
func withLogin(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	u.User = url.UserPassword(engineLogin, enginePassword)
	return u.String()
}

// TestBackends plays a customer's life through a gateway in front of an engine,
// and through one in front of another MPSWS.
func TestBackends(t *testing.T) {
	t.Run("isapi", func(t *testing.T) {
		engine := startEngine(t)
		playLife(newPanel(t, before(t, "isapi", engine.banner["Engine"], engine.LDAP)))
		record(backends, "isapi, in front of an engine: customer's life", !t.Failed())
	})
	t.Run("mpsws", func(t *testing.T) {
		inner := startProgram(t)
		playLife(newPanel(t, before(t, "mpsws", inner.address()+"/MPSGeneral.asmx", inner.LDAP)))
		record(backends, "mpsws, in front of another gateway: customer's life", !t.Failed())
	})
}

// TestEngineStops stops the engine behind a gateway, and starts it again.
func TestEngineStops(t *testing.T) {
	folder := t.TempDir()
	hash, err := bcrypt.GenerateFromPassword([]byte(enginePassword), bcrypt.MinCost)
	require.NoError(t, err)
	users := filepath.Join(folder, "users")
	require.NoError(t, os.WriteFile(users, []byte(engineLogin+":"+string(hash)+"\n"), 0o600))
	database := postgrestest.Start(t).Database(t)
	engine, other := startEngine(t, "--database", database), startEngine(t, "--database", database)
	address := engine.banner["Engine"]
	alone := before(t, "isapi", address, engine.LDAP, "--auth.mode", "file", "--auth.file", users)
	both := before(t, "isapi", address+","+other.banner["Engine"], engine.LDAP, "--auth.mode", "file", "--auth.file", users)
	ask := func(to target) (int, string) {
		body, status := callOnce(t, to, plainCall(enableNobodyBody))
		return status, body
	}
	status, body := ask(alone)
	require.Equal(t, http.StatusOK, status, body)
	status, _ = ask(both)
	require.Equal(t, http.StatusOK, status)

	engine.stop()
	for range 2 { // the second time it is left out already
		status, body = ask(alone)
		assert.Equal(t, http.StatusInternalServerError, status)
		assert.Contains(t, body, "<faultcode>soap:Server</faultcode>")
		assert.Contains(t, body, "The provisioning engine (MPF) cannot be reached; nothing was changed.")
	}
	for range 4 {
		status, body = ask(both)
		assert.Equal(t, http.StatusOK, status, "the other engine takes the request: %s", body)
	}
	record(backends, "isapi, engine stopped: Server fault; another engine takes over", !t.Failed())

	u, err := url.Parse(address)
	require.NoError(t, err)
	again := startEngine(t, "--database", database, "--listen", u.Host)
	require.True(t, strings.HasPrefix(again.banner["Engine"], "http://"+u.Host))
	status, body = ask(alone)
	assert.Equal(t, http.StatusOK, status, body)
	record(backends, "isapi, engine back: works again", !t.Failed())
}
