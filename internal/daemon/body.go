package daemon

import (
	"io"
	"net/http"
	"sync"
	"time"
)

// lastBytes is how long a server that stops still takes bytes of requests that
// have begun to arrive: those that are on their way.
const lastBytes = 250 * time.Millisecond

// bodies are the requests of a server that have not arrived as a whole.
type bodies struct {
	mu       sync.Mutex
	arriving map[*body]struct{}
	stopping bool
}

func (s *bodies) open(r *http.Request, control *http.ResponseController, pace Pace) *body {
	now := time.Now()
	b := &body{
		ReadCloser: r.Body, control: control, meter: newMeter(pace), set: s,
		end: now.Add(readTimeout), multiplexed: r.ProtoMajor > 1,
	}
	if !b.multiplexed {
		_ = control.SetReadDeadline(now.Add(pace.Grace)) // for a handler that answers before it reads
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arriving == nil {
		s.arriving = make(map[*body]struct{})
	}
	s.arriving[b] = struct{}{}
	b.stopping = s.stopping
	return b
}

func (s *bodies) close(b *body) {
	s.mu.Lock()
	delete(s.arriving, b)
	s.mu.Unlock()
	b.mu.Lock()
	b.ended = true // the connection is no longer this request's
	b.mu.Unlock()
}

// stop gives bodies that have not arrived, and those that will begin, no more
// than lastBytes.
func (s *bodies) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
	for b := range s.arriving {
		b.stop()
	}
}

// body is a request's body that must keep the pace.
type body struct {
	io.ReadCloser
	control     *http.ResponseController
	meter       meter
	set         *bodies
	end         time.Time // of the whole request, however fast it comes
	multiplexed bool
	touched     bool // the handler has read

	mu       sync.Mutex // for what stop changes
	stopping bool
	reading  bool
	ended    bool
}

func (b *body) Read(p []byte) (int, error) {
	begun := time.Now()
	b.touched = true
	b.begin(begun)
	n, err := b.ReadCloser.Read(p)
	b.meter.moved(n, time.Since(begun))
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reading = false
	b.ended = b.ended || err == io.EOF
	if b.ended || b.multiplexed {
		// What is read from the connection now is whether it is still there, for as
		// long as the handler works.
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

func (b *body) begin(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	due := now.Add(b.meter.left)
	if b.stopping {
		due = earlier(due, now.Add(lastBytes))
		b.end = earlier(b.end, now.Add(lastBytes))
	}
	b.reading = true
	_ = b.control.SetReadDeadline(earlier(due, b.end))
}

func (b *body) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopping = true
	if b.reading && !b.ended {
		b.end = earlier(b.end, time.Now().Add(lastBytes))
		_ = b.control.SetReadDeadline(b.end)
	}
}

// mostDiscarded is the most that is read of a body that the handler has left, in
// bytes: a little more than what net/http itself would read.
const mostDiscarded = 256<<10 + 1

// discard reads what the handler has left, so that the connection can be used
// again. net/http would do that too, but later, when a stop does not find the
// request any more. A client that waits to be asked for its body is not asked.
func (b *body) discard(expected bool) {
	if !b.touched && expected {
		return
	}
	for left := int64(mostDiscarded); left > 0 && !b.finished(); {
		n, err := io.CopyN(io.Discard, b, left)
		if left -= n; err != nil {
			break
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.ended {
		_ = b.control.SetReadDeadline(time.Now()) // the server must not wait for the rest
	}
}

func (b *body) finished() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ended
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
