package daemon

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serving starts a server with a pace until the test ends.
func serving(t *testing.T, pace Pace, handler http.HandlerFunc) (*Servers, string) {
	t.Helper()
	server, err := Listen("test", "127.0.0.1:0", handler)
	require.NoError(t, err)
	server.Pace = func() Pace { return pace }
	s := NewServers(slog.New(slog.DiscardHandler))
	s.Start(server)
	t.Cleanup(func() { s.Stop(context.Background(), time.Second) })
	return s, server.Listener.Addr().String()
}

func dial(t *testing.T, address string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	return conn, bufio.NewReader(conn)
}

const stalled = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nbegin"

var quick = Pace{Rate: 1 << 20, Grace: 50 * time.Millisecond}

func TestPace_ASlowBodyIsCut(t *testing.T) {
	read := make(chan error, 1)
	_, address := serving(t, quick, func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		read <- err
		w.WriteHeader(http.StatusRequestTimeout)
	})
	for name, drip := range map[string]time.Duration{"stalled": time.Hour, "dripping": 5 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			conn, in := dial(t, address)
			_, err := io.WriteString(conn, strings.Replace(stalled, "1000", "100000", 1))
			require.NoError(t, err)
			drops := time.NewTicker(drip)
			defer drops.Stop()
			for waiting := true; waiting; {
				select {
				case <-drops.C:
					_, _ = io.WriteString(conn, "x")
				case err := <-read:
					assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
					waiting = false
				}
			}
			response, err := http.ReadResponse(in, nil)
			require.NoError(t, err)
			assert.Equal(t, http.StatusRequestTimeout, response.StatusCode)
			assert.True(t, response.Close)
		})
	}
}

func TestPace_ABodyThatNobodyReadsIsCut(t *testing.T) {
	_, address := serving(t, quick, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	conn, in := dial(t, address)
	_, err := io.WriteString(conn, stalled)
	require.NoError(t, err)
	response, err := http.ReadResponse(in, nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusUnauthorized, response.StatusCode)
	_, err = in.ReadByte()
	assert.Error(t, err, "the connection is closed")

	conn, in = dial(t, address)
	whole := strings.Replace(stalled, "1000", "5", 1)
	for range 3 {
		_, err = io.WriteString(conn, whole)
		require.NoError(t, err)
		_, err = http.ReadResponse(in, nil)
		require.NoError(t, err, "one that has arrived leaves the connection as it is")
	}
	_, err = io.WriteString(conn, strings.Replace(whole, "Host", "Expect: 100-continue\r\nHost", 1)[:70])
	require.NoError(t, err)
	response, err = http.ReadResponse(in, nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusUnauthorized, response.StatusCode, "not 100 before it")
}

func TestPace_FastEnoughIsNotCut(t *testing.T) {
	const size = 8 << 20
	_, address := serving(t, Pace{Rate: 1 << 20, Grace: 2 * time.Second}, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		_, err = w.Write(body)
		assert.NoError(t, err)
	})
	for range 2 { // the second on the connection of the first
		response, err := http.Post("http://"+address, "text/plain", strings.NewReader(strings.Repeat("x", size)))
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Len(t, body, size)
	}
}

// The rates are of the network: what the handler takes for itself does not count,
// and does not end the context of the request.
func TestPace_AHandlerMayTakeItsTime(t *testing.T) {
	_, address := serving(t, quick, func(w http.ResponseWriter, r *http.Request) {
		rest := func() {
			select {
			case <-r.Context().Done():
				t.Error("the context has ended")
			case <-time.After(3 * quick.Grace):
			}
		}
		rest()
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		rest()
		_, err = w.Write(body)
		assert.NoError(t, err)
		rest()
		_, err = w.Write([]byte(strings.Repeat("y", 20000)))
		assert.NoError(t, err)
	})
	response, err := http.Post("http://"+address, "text/plain", strings.NewReader("asked"))
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, "asked"+strings.Repeat("y", 20000), string(body))
}

func TestPace_ASlowReaderIsCut(t *testing.T) {
	written := make(chan error, 1)
	_, address := serving(t, quick, func(w http.ResponseWriter, _ *http.Request) {
		var err error
		for piece := make([]byte, 1<<20); err == nil; {
			_, err = w.Write(piece)
		}
		written <- err
	})
	for name, drip := range map[string]time.Duration{"not reading": time.Hour, "a kilobyte a second": 100 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			conn, in := dial(t, address)
			_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			require.NoError(t, err)
			drops := time.NewTicker(drip)
			defer drops.Stop()
			for {
				select {
				case <-drops.C:
					_, _ = io.CopyN(io.Discard, in, 100)
				case err := <-written:
					assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
					return
				}
			}
		})
	}
}

// Streams of HTTP/2 have deadlines of their own.
func TestPace_HTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(&paced{
		pace: func() Pace { return quick }, bodies: &bodies{},
		next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rest := time.After(3 * quick.Grace)
			body, err := io.ReadAll(r.Body)
			if err != nil {
				assert.ErrorIs(t, err, os.ErrDeadlineExceeded)
				w.WriteHeader(http.StatusRequestTimeout)
				return
			}
			_, err = w.Write(body)
			assert.NoError(t, err)
			<-rest
			_, err = w.Write([]byte(r.Proto))
			assert.NoError(t, err)
		}),
	})
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	response, err := server.Client().Post(server.URL, "text/plain", strings.NewReader("asked "))
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, "asked HTTP/2.0", string(body))

	never, begin := io.Pipe()
	defer func() { _ = begin.Close() }()
	response, err = server.Client().Post(server.URL, "text/plain", never)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusRequestTimeout, response.StatusCode)
}

func TestMeter(t *testing.T) {
	m := newMeter(Pace{Rate: 1000, Grace: 10 * time.Second})
	m.moved(1, 4*time.Second)
	assert.Equal(t, 6*time.Second+time.Millisecond, m.left, "a byte earns a millisecond")
	m.moved(1, 4*time.Second)
	m.moved(1, 4*time.Second)
	assert.Negative(t, m.left, "a drip in time with the grace is cut")
	m.moved(1_000_000, time.Second)
	assert.Equal(t, 10*time.Second, m.left, "who was fast saves no more than the grace")
	assert.Equal(t, DefaultPace, Pace{}.withDefaults())
}

func TestStop_CutsWhatHasNotArrivedAndLetsTheRestGoOn(t *testing.T) {
	begun, leave, cut := make(chan struct{}), make(chan struct{}), make(chan error, 2)
	waiting := make(chan struct{}, 2)
	s, address := serving(t, Pace{}, func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength == 1000 {
			waiting <- struct{}{}
			_, err := io.ReadAll(r.Body)
			cut <- err
			return
		}
		_, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		close(begun)
		<-leave
		_, _ = io.WriteString(w, "done")
	})
	answer := make(chan string, 1)
	go func() {
		response, err := http.Post("http://"+address, "text/plain", strings.NewReader("whole"))
		if err != nil {
			answer <- err.Error()
			return
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		answer <- string(body)
	}()
	<-begun
	slow, _ := dial(t, address)
	_, err := io.WriteString(slow, stalled)
	require.NoError(t, err)
	<-waiting
	silent, unanswered := dial(t, address)
	_, err = io.WriteString(silent, "POST / HT")
	require.NoError(t, err)

	stopped := make(chan struct{})
	go func() {
		s.Stop(t.Context(), time.Minute)
		close(stopped)
	}()
	assert.ErrorIs(t, <-cut, os.ErrDeadlineExceeded)
	_, err = unanswered.ReadByte()
	assert.Error(t, err, "a connection without a request is closed")
	select {
	case <-stopped:
		t.Error("the call that had begun was not waited for")
	default:
	}
	close(leave)
	assert.Equal(t, "done", <-answer)
	<-stopped
}

// A call that takes longer than the drain time is cut off. The stop was asked
// for, so that is no error.
func TestStop_CallsBeyondTheDrainTime(t *testing.T) {
	var log strings.Builder
	entered := make(chan struct{})
	server, err := Listen("test", "127.0.0.1:0", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	}))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, time.Millisecond, slog.New(slog.NewTextHandler(&log, nil)), server) }()
	go func() { _, _ = http.Get("http://" + server.Listener.Addr().String()) }()
	<-entered
	stop()
	assert.NoError(t, <-ended)
	assert.Contains(t, log.String(), "calls were cut off")
}

// What net/http does about messages that two readers may read differently, and
// what we add to it.
func TestHTTP_AmbiguousMessages(t *testing.T) {
	_, address := serving(t, Pace{}, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = fmt.Fprintf(w, "%s %q %q", r.Method, body, r.Header.Get("X-Folded"))
	})
	const second = "GET /second HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, c := range map[string]struct {
		message string
		status  int
		body    string
		closed  bool
	}{
		"a length":                {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab", 200, `POST "ab" ""`, false},
		"chunks":                  {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 200, `POST "ab" ""`, true},
		"chunks and a length":     {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", 200, `POST "ab" ""`, true},
		"chunks twice":            {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501, "", true},
		"another encoding":        {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nab", 501, "", true},
		"two lengths":             {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", 400, "", true},
		"a length with a sign":    {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +2\r\n\r\nab", 400, "", true},
		"a blank before a colon":  {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 2\r\n\r\nab", 400, "", true},
		"a line folded":           {"GET / HTTP/1.1\r\nHost: x\r\nX-Folded: a\r\n \t b\r\n\r\n", 400, "", true},
		"a line folded by a tab":  {"GET / HTTP/1.1\nHost: x\nX-Folded: a\n\tb: c\n\n", 400, "", true},
		"a body of folded lines":  {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n\r\n a:", 200, `POST "\r\n a:" ""`, false},
		"lines before it":         {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n\r\n", 200, `POST "" ""`, false},
		"the first line folded":   {"GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400, "", true},
		"a line end without CR":   {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n", 400, "", true},
		"two hosts":               {"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "", true},
		"HTTP/1.0 and chunks too": {"POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\ntransfer-encoding: chunked\r\n\r\nab", 400, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			conn, in := dial(t, address)
			_, err := io.WriteString(conn, c.message+second)
			require.NoError(t, err)
			response, err := http.ReadResponse(in, nil)
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			assert.Equal(t, c.status, response.StatusCode)
			if c.body != "" {
				assert.Equal(t, c.body, string(body))
			}
			_, err = http.ReadResponse(in, nil)
			if !c.closed {
				assert.NoError(t, err)
				return
			}
			assert.True(t, err != nil && !errors.Is(err, os.ErrDeadlineExceeded), "the connection is closed, and what follows is not answered: %v", err)
		})
	}
}

// A head is refused wherever it is, and however its bytes arrive.
func TestHead_AnyRequestOfAConnection(t *testing.T) {
	_, address := serving(t, Pace{}, func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(w, r.Body)
		assert.NoError(t, err)
	})
	const (
		good   = "POST / HTTP/1.1\r\nHost: x\r\nX-A:\r\nContent-Length: 6\r\n\r\na\r\n b:"
		folded = "POST / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nab"
	)
	for _, size := range []int{1, 7, 10_000} {
		conn, in := dial(t, address)
		go func() {
			for text := strings.Repeat(good, 3) + folded; text != ""; {
				n := min(size, len(text))
				if _, err := io.WriteString(conn, text[:n]); err != nil {
					return
				}
				text = text[n:]
			}
		}()
		for _, want := range []int{200, 200, 200, 400} {
			response, err := http.ReadResponse(in, nil)
			require.NoError(t, err)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			assert.Equal(t, want, response.StatusCode)
			if want == http.StatusOK {
				assert.Equal(t, "a\r\n b:", string(body))
			}
		}
		_, err := in.ReadByte()
		assert.Error(t, err)
	}
}

// FuzzHead holds that only heads are changed, and those only where net/http
// refuses them then.
func FuzzHead(f *testing.F) {
	f.Add("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n\n bGET / HTTP/1.1\r\nHost: x\r\n\r\n", 3)
	f.Add("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 1)
	f.Add("GET / HTTP/1.0\nTransfer-Encoding: chunked\n\n", 50)
	f.Fuzz(func(t *testing.T, text string, size int) {
		size = 1 + max(size, 0)%100
		scanned, h := []byte(text), head{}
		for at := 0; at < len(scanned); at += size {
			h.scan(scanned[at:min(at+size, len(scanned))])
		}
		whole, again := []byte(text), head{}
		again.scan(whole)
		require.Equal(t, string(whole), string(scanned), "however it arrives")
		in := bufio.NewReader(strings.NewReader(string(scanned)))
		for changed := string(scanned) != text; changed; {
			r, err := http.ReadRequest(in)
			if err != nil {
				assert.NotErrorIs(t, err, io.EOF, "it is refused, and not read as good requests")
				return
			}
			_, err = io.Copy(io.Discard, r.Body)
			if err != nil || len(r.TransferEncoding) > 0 {
				return
			}
		}
	})
}
