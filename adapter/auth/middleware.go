package auth

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
)

// Middleware puts the gate before echo handlers, which find the caller with
// [FromContext] in the request's context.
func Middleware(g *Gate) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r, ok := g.Admit(c.Response(), c.Request())
			if !ok {
				return nil
			}
			c.SetRequest(r)
			return next(c)
		}
	}
}

// Handler puts the gate before a handler of net/http.
func (g *Gate) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r, ok := g.Admit(w, r); ok {
			next.ServeHTTP(w, r)
		}
	})
}

// Admit gives the request to go on with, whose context knows the caller, or
// writes the refusal.
func (g *Gate) Admit(w http.ResponseWriter, r *http.Request) (*http.Request, bool) {
	if g.config.Skip != nil && g.config.Skip(r) {
		return r, true
	}
	decision := g.Check(r.Context(), r)
	if decision.Outcome != OutcomeOK {
		g.config.Refuse(w, r, decision)
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

// WriteRefusal answers a request that is not let in: 401 with the challenge,
// 429 with Retry-After, or 503, with a short HTML page as IIS gives it.
func WriteRefusal(w http.ResponseWriter, _ *http.Request, d Decision) {
	answer := refusals[d.Outcome]
	SetRefusalHeader(w.Header(), d)
	page := "<html><head><title>Error</title></head><body>" + answer.page + "</body></html>"
	w.Header().Set("Content-Type", "text/html")
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	w.WriteHeader(answer.status)
	_, _ = w.Write([]byte(page)) // the client may have gone
}

// SetRefusalHeader sets the headers that go with a refusal whatever its body:
// WWW-Authenticate or Retry-After.
func SetRefusalHeader(h http.Header, d Decision) {
	switch d.Outcome {
	case OutcomeUnauthorized:
		h.Set("WWW-Authenticate", `Basic realm="`+d.Realm+`"`)
	case OutcomeThrottled:
		h.Set("Retry-After", strconv.FormatInt(int64(d.RetryAfter/time.Second), 10))
	}
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
