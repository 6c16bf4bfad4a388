package daemontest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Run is a program: arguments and environment in, exit status out.
type Run func(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int

// Output runs a program to its end.
func Output(t testing.TB, run Run, environ []string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, environ, &out, &errs)
	return out.String(), errs.String(), status
}

// Log is a log that is read while it is written.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write adds lines.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String gives what has been written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Program is a program that serves.
type Program struct {
	// Banner holds the lines "name: value" that the program printed, Text is
	// all of it.
	Banner map[string]string
	Text   string
	Log    *Log
	// Token is the token of administrators, for Administer.
	Token string
	// Stop ends the program and gives its exit status.
	Stop func() int

	t testing.TB
}

// Start runs a program until the test ends, and waits until it is ready.
func Start(t testing.TB, run Run, environ []string, args ...string) *Program {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	p := &Program{t: t, Banner: map[string]string{}, Log: &Log{}}
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, args, environ, writer, p.Log)
		_ = writer.Close()
	}()
	p.Stop = sync.OnceValue(func() int {
		cancel()
		return <-status
	})
	t.Cleanup(func() { p.Stop() })
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		p.Text += lines.Text() + "\n"
		if lines.Text() == "ready" {
			return p
		}
		if name, value, ok := strings.Cut(lines.Text(), ": "); ok {
			p.Banner[name] = strings.TrimSpace(value)
		}
	}
	require.FailNow(t, "not ready", "status %d: %s", p.Stop(), p.Log)
	return nil
}

// StopDuringRequest stops the program while a request to the URL has not arrived
// as a whole, and one has not begun: the stop waits for neither, and was asked
// for, so that the exit status is 0.
func (p *Program) StopDuringRequest(at string) {
	p.t.Helper()
	to, err := url.Parse(at)
	require.NoError(p.t, err)
	dial := func(text string) {
		conn, err := net.Dial("tcp", to.Host)
		require.NoError(p.t, err)
		p.t.Cleanup(func() { _ = conn.Close() })
		_, err = io.WriteString(conn, text)
		require.NoError(p.t, err)
	}
	dial("POST " + to.Path + " HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 1000\r\n\r\n<begin>")
	dial("POST " + to.Path)
	begun := time.Now()
	assert.Zero(p.t, p.Stop(), p.Log)
	assert.Less(p.t, time.Since(begun), 4*time.Second)
}

// AskEverything asks everything that the listeners of administrators, metrics
// and health answer: with the token, without one, and with a wrong one that the
// call brings in the places where callers put such things by mistake. Then it
// stops the program, and wants none of the secrets, and none of the tokens, in
// what was answered, logged or printed.
func (p *Program) AskEverything(secrets ...string) {
	p.t.Helper()
	const wrong = "a-wrong-token-of-a-caller"
	secrets = append(secrets, p.Token)
	var routes []struct{ Method, Path, Does string }
	require.Equal(p.t, http.StatusOK, p.Administer(http.MethodGet, "/-/", &routes))
	require.NotEmpty(p.t, routes)
	for _, token := range []string{p.Token, "", wrong} {
		asked := *p
		asked.Token = token
		for _, route := range routes {
			path, _, _ := strings.Cut(route.Path, "?")
			assert.NotEmpty(p.t, route.Does, "%s %s", route.Method, path)
			path += "?seconds=1&token=" + wrong
			status, text := asked.ask(route.Method, strings.TrimSuffix(p.Banner["Admin"], "/-/ready")+path)
			assert.Equal(p.t, token != p.Token, status == http.StatusUnauthorized, path)
			p.leaksNothing(text, path, secrets)
		}
		for _, path := range []string{"/metrics", "/-/healthy", "/-/ready"} {
			_, text := asked.Health(path + "?token=" + wrong)
			p.leaksNothing(text, path, append(secrets, wrong))
		}
	}
	require.Zero(p.t, p.Stop(), p.Log)
	p.leaksNothing(p.Log.String(), "log", append(secrets, wrong))
	p.leaksNothing(p.Text, "output", append(secrets, wrong))
}

func (p *Program) leaksNothing(text, where string, secrets []string) {
	p.t.Helper()
	for _, secret := range secrets {
		assert.False(p.t, strings.Contains(text, secret), "%s holds the secret %s", where, secret)
	}
}

// Administer asks the admin listener and reads the JSON of its answer.
func (p *Program) Administer(method, path string, into any) int {
	p.t.Helper()
	status, text := p.ask(method, strings.TrimSuffix(p.Banner["Admin"], "/-/ready")+path)
	require.NoError(p.t, json.Unmarshal([]byte(text), into), text)
	return status
}

// Health asks the listener of metrics and health.
func (p *Program) Health(path string) (status int, text string) {
	p.t.Helper()
	return p.ask(http.MethodGet, strings.TrimSuffix(p.Banner["Metrics"], "/metrics")+path)
}

// Metrics is what a scrape gives.
func (p *Program) Metrics() string {
	p.t.Helper()
	_, text := p.Health("/metrics")
	return text
}

func (p *Program) ask(method, url string) (status int, text string) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, url, nil)
	require.NoError(p.t, err)
	r.Header.Set("Authorization", "Bearer "+p.Token)
	response, err := http.DefaultClient.Do(r)
	require.NoError(p.t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(p.t, err)
	require.NoError(p.t, response.Body.Close())
	return response.StatusCode, string(body)
}
