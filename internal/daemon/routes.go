package daemon

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Route is a line of the admin listener's index.
type Route struct {
	Method string `json:"method"`
	Path   string `json:"path"` // with the query that it takes
	Does   string `json:"does"`
}

// described are the routes that programs may have: the query, after the
// pattern's path, and what the route does.
var described = map[string]struct{ query, does string }{
	"GET /-/":                  {"", "lists these routes"},
	"GET /-/ready":             {"", "readiness in detail, every check with its time"},
	"GET /-/log-level":         {"", "log level of every part"},
	"PUT /-/log-level":         {"?level=LEVEL&part=PART", "changes the level of one part until the next reload; of all parts without part"},
	"POST /-/reload":           {"", "reads the configuration again and lists what has changed"},
	"GET /-/configuration":     {"", "settings in use, without secrets"},
	"GET /-/throttled":         {"", "sources that are refused after wrong passwords"},
	"DELETE /-/throttled":      {"?source=ADDRESS&account=ACCOUNT", "admits a source again, or one account from it"},
	"GET /-/queue":             {"?status=STATUS", "queued requests"},
	"POST /-/queue/activate":   {"?id=ID", "activates a suspended request"},
	"DELETE /-/queue":          {"?id=ID", "deletes a queued request that does not run"},
	"GET /-/audit":             {"?id=REQUEST-ID", "requests in the audit log; docs/operations.md lists the other filters"},
	"GET /debug/pprof/":        {"", "profiles of the Go runtime, by name"},
	"GET /debug/pprof/cmdline": {"", "command line of the program"},
	"GET /debug/pprof/profile": {"?seconds=30", "CPU profile"},
	"GET /debug/pprof/symbol":  {"", "names of program counters"},
	"GET /debug/pprof/trace":   {"?seconds=1", "execution trace"},
}

// index writes the routes, one member a line, to be read without a tool.
func (a *Admin) index(w http.ResponseWriter, _ *http.Request) {
	routes := make([]Route, 0, len(a.patterns))
	for _, pattern := range a.patterns {
		pattern = strings.TrimSuffix(pattern, "{$}")
		method, path, _ := strings.Cut(pattern, " ")
		about := described[pattern]
		routes = append(routes, Route{method, path + about.query, about.does})
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(routes) // the client may have gone
}
