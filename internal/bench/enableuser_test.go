package bench_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/bench"
	"wsexchange/internal/xmldoc"
)

// handlers are compared by the benchmarks, alone and behind a real server.
func handlers(tb testing.TB) map[string]http.Handler {
	tb.Helper()
	open, err := bench.Gateway(io.Discard, false)
	require.NoError(tb, err)
	guarded, err := bench.Gateway(io.Discard, true)
	require.NoError(tb, err)
	return map[string]http.Handler{"gateway": open, "gateway-auth": guarded, "plain": http.HandlerFunc(bench.Plain)}
}

func newRequest() *http.Request {
	r := httptest.NewRequest(http.MethodPost, bench.Path, strings.NewReader(bench.Message))
	r.Header = bench.Header()
	return r
}

// They do the same work, else comparing them would mean nothing.
func TestHandlersGiveTheSameAnswer(t *testing.T) {
	results := map[string]string{}
	for name, h := range handlers(t) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, newRequest())
		require.Equal(t, http.StatusOK, w.Code, w.Body.String())
		root, err := xmldoc.ParseBytes(w.Body.Bytes(), xmldoc.Limits{})
		require.NoError(t, err)
		results[name] = xmldoc.Text(xmldoc.Path(root, "Body", "EnableUserResponse", "EnableUserResult"))
	}
	require.NotEmpty(t, results["plain"])
	assert.Equal(t, results["plain"], results["gateway"])
	assert.Equal(t, results["plain"], results["gateway-auth"])
}

// BenchmarkEnableUser times the handlers alone.
func BenchmarkEnableUser(b *testing.B) {
	for name, h := range handlers(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, newRequest())
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
		})
	}
}

// BenchmarkEnableUserServed times whole calls over a connection that is kept.
func BenchmarkEnableUserServed(b *testing.B) {
	for name, h := range handlers(b) {
		b.Run(name, func(b *testing.B) {
			server := httptest.NewServer(h)
			defer server.Close()
			client := server.Client()
			b.ReportAllocs()
			for b.Loop() {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL+bench.Path, strings.NewReader(bench.Message))
				if err != nil {
					b.Fatal(err)
				}
				r.Header = bench.Header()
				response, err := client.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		})
	}
}
