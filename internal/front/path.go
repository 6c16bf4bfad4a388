package front

import (
	"net/http"
	"strings"
)

// Path returns a path of a URL with every run of slashes as one slash. A client
// that joins a base URL with a slash at its end and a path that begins with one
// asks for two. (F059)
func Path(path string) string {
	if !strings.Contains(path, "//") {
		return path
	}
	var b strings.Builder
	b.Grow(len(path))
	for i := range len(path) {
		if path[i] != '/' || i == 0 || path[i-1] != '/' {
			b.WriteByte(path[i])
		}
	}
	return b.String()
}

// Paths returns a handler that passes requests on with the path that Path
// returns. http.ServeMux alone answers a doubled slash with a redirect, which
// SOAP clients do not follow.
func Paths(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path := Path(r.URL.Path); path != r.URL.Path {
			url := *r.URL
			url.Path, url.RawPath = path, ""
			folded := *r
			folded.URL = &url
			r = &folded
		}
		next.ServeHTTP(w, r)
	})
}
