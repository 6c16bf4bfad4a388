package auth

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Admit gives the request to go on with, whose context knows the caller, or
// writes the refusal.
func (g *Gate) Admit(w http.ResponseWriter, r *http.Request) (*http.Request, bool) {
	decision := g.Check(r.Context(), r)
	if decision.Outcome != OutcomeOK {
		writeRefusal(w, decision)
		return nil, false
	}
	return r.WithContext(NewContext(r.Context(), decision.Login)), true
}

// refusals are the answers to those who are not let in.
var refusals = map[Outcome]struct {
	status int
	page   string
}{
	OutcomeUnauthorized: {http.StatusUnauthorized, "Error: Access is Denied."}, // [F024]
	OutcomeThrottled:    {http.StatusTooManyRequests, "Error: Too many failed logins from this address. Try again later."},
	OutcomeUnavailable:  {http.StatusServiceUnavailable, "Error: The directory that checks logins cannot be reached."},
}

// writeRefusal answers a request that is not let in: 401 with the challenge,
// 429 with Retry-After, or 503, with a short HTML page as IIS gives it.
func writeRefusal(w http.ResponseWriter, d Decision) {
	answer := refusals[d.Outcome]
	switch d.Outcome {
	case OutcomeUnauthorized:
		w.Header().Set("WWW-Authenticate", `Basic realm="`+d.Realm+`"`)
	case OutcomeThrottled:
		w.Header().Set("Retry-After", strconv.FormatInt(int64(d.RetryAfter/time.Second), 10))
	}
	page := "<html><head><title>Error</title></head><body>" + answer.page + "</body></html>"
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(answer.status)
	_, _ = w.Write([]byte(page)) // the client may have gone
}

// realm is the configured one, or the host name of the request. [F022]
func (g *Gate) realm(r *http.Request) string {
	if g.config.Realm != "" {
		return g.config.Realm
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	// A client chooses this header: what is no host name is not sent back.
	foreign := func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune(".-_:[]", c)
	}
	if host == "" || strings.ContainsFunc(host, foreign) {
		return "localhost"
	}
	return host
}
