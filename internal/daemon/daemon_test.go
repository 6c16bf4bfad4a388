package daemon

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNewLogs_Refuses(t *testing.T) {
	_, err := NewLogs(io.Discard, "xml", "all")
	assert.EqualError(t, err, `log format "xml" is none of text, json`)
}

func TestHealth(t *testing.T) {
	var broken error
	h := NewHealth(NewRegistry("test"))
	h.Started(Check{Name: "engine", Run: func(context.Context) error { return broken }})
	server := httptest.NewServer(h)
	defer server.Close()
	assert.NoError(t, Probe(t.Context(), server.URL+"/-/healthy"))
	assert.NoError(t, Probe(t.Context(), server.URL+"/-/ready"))
	assert.NoError(t, Probe(t.Context(), server.URL+"/metrics"))
	broken = errors.New("engine is down")
	assert.ErrorContains(t, Probe(t.Context(), server.URL+"/-/ready"), "engine is down")
	broken = nil
	h.Drain()
	assert.ErrorContains(t, Probe(t.Context(), server.URL+"/-/ready"), "the program is stopping")
	assert.NoError(t, Probe(t.Context(), server.URL+"/-/healthy"), "a stopping program is not ill")
}

func TestServe_drains(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	s, err := Listen("test", "127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, "done")
	}))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, time.Minute, slog.New(slog.DiscardHandler), s) }()
	answer := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + s.Listener.Addr().String())
		if err != nil {
			answer <- err.Error()
			return
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		answer <- string(body)
	}()
	<-entered
	stop()
	close(leave)
	assert.Equal(t, "done", <-answer, "a call under way is answered")
	assert.NoError(t, <-ended)
}
