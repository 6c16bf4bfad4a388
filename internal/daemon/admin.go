package daemon

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"

	"wsexchange/internal/config"
	"wsexchange/internal/secret"
)

// AdminConfig is what an Admin governs. Token is required.
type AdminConfig struct {
	// Token must stand in the header Authorization, after "Bearer ".
	Token  secret.String
	Health *Health
	Logs   *Logs
	// Reload reads the configuration anew.
	Reload func() (Reloaded, error)
	// Configuration gives the settings that run, without secrets.
	Configuration func() []config.Setting
}

// Admin is the handler of the listener for administrators: what can be changed
// in a running program, and what must not be seen by everybody.
//
//	GET  /-/                              what can be asked
//	GET  /-/ready                         readiness in detail
//	GET  /-/log-level                     the level of every part
//	PUT  /-/log-level?part=P&level=L      changes one; all without part
//	POST /-/reload                        reads the configuration anew
//	GET  /-/configuration                 the settings that run
//	GET  /debug/pprof/                    profiles
type Admin struct {
	token    [sha256.Size]byte
	mux      *http.ServeMux
	patterns []string
}

// NewAdmin makes an admin handler. A token that is missing is an error.
func NewAdmin(c AdminConfig) (*Admin, error) {
	if c.Token.IsZero() {
		return nil, errors.New("admin: no token")
	}
	a := &Admin{token: sha256.Sum256([]byte(c.Token.Reveal())), mux: http.NewServeMux()}
	a.route("GET /-/ready", c.Health.ServeReady)
	a.route("GET /-/{$}", a.index)
	a.Handle("GET /-/log-level", func(*http.Request) (any, error) { return c.Logs.Levels(), nil })
	a.Handle("PUT /-/log-level", func(r *http.Request) (any, error) {
		query := r.URL.Query()
		if err := c.Logs.SetPart(query.Get("part"), query.Get("level")); err != nil {
			return nil, err
		}
		return c.Logs.Levels(), nil
	})
	a.Handle("POST /-/reload", func(*http.Request) (any, error) { return c.Reload() })
	a.Handle("GET /-/configuration", func(*http.Request) (any, error) { return c.Configuration(), nil })
	a.route("GET /debug/pprof/", pprof.Index)
	a.route("GET /debug/pprof/cmdline", pprof.Cmdline)
	a.route("GET /debug/pprof/profile", pprof.Profile)
	a.route("GET /debug/pprof/symbol", pprof.Symbol)
	a.route("GET /debug/pprof/trace", pprof.Trace)
	return a, nil
}

// Listen opens the listener of administrators. The logger receives a
// warning if that is not on loopback.
func (a *Admin) Listen(address string, logger *slog.Logger) (*Server, error) {
	server, err := Listen("admin.listen", address, a)
	if err != nil {
		return nil, err
	}
	if at, ok := server.Listener.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
		logger.Warn("the admin listener is not on loopback: its token travels in the clear", "address", at.String())
	}
	return server, nil
}

// Handle adds a route. What answer returns is written as JSON, its error with
// the status 400.
func (a *Admin) Handle(pattern string, answer func(*http.Request) (any, error)) {
	a.route(pattern, func(w http.ResponseWriter, r *http.Request) {
		value, err := answer(r)
		if err != nil {
			writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
			return
		}
		writeJSON(w, http.StatusOK, value)
	})
}

func (a *Admin) route(pattern string, handler http.HandlerFunc) {
	a.patterns = append(a.patterns, pattern)
	a.mux.HandleFunc(pattern, handler)
}

// ServeHTTP answers a request with the token; any other gets 401.
func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	given := sha256.Sum256([]byte(token))
	if !bearer || subtle.ConstantTimeCompare(given[:], a.token[:]) != 1 {
		w.Header().Set("WWW-Authenticate", "Bearer")
		writeJSON(w, http.StatusUnauthorized, map[string]string{"error": "admin token required"})
		return
	}
	a.mux.ServeHTTP(w, r)
}
