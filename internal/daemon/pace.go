package daemon

import (
	"net/http"
	"time"
)

// Pace is the least rate of a request's body and of an answer. Its zero value is
// DefaultPace.
type Pace struct {
	// Rate is in bytes a second.
	Rate int64
	// Grace is how long a connection may be below the rate. A fast connection
	// saves no more than that for later.
	Grace time.Duration
}

// DefaultPace is that of servers without one of their own.
var DefaultPace = Pace{Rate: 4 << 10, Grace: 10 * time.Second}

func (p Pace) withDefaults() Pace {
	if p.Rate <= 0 {
		p.Rate = DefaultPace.Rate
	}
	if p.Grace <= 0 {
		p.Grace = DefaultPace.Grace
	}
	return p
}

// of is how long so many bytes may take at the least rate.
func (p Pace) of(bytes int) time.Duration {
	return time.Duration(float64(bytes) / float64(p.Rate) * float64(time.Second))
}

// meter measures one direction of one request. Time that the handler takes for
// itself does not count.
type meter struct {
	pace Pace
	left time.Duration
}

func newMeter(p Pace) meter { return meter{pace: p, left: p.Grace} }

// moved takes note of bytes that took so long.
func (m *meter) moved(bytes int, took time.Duration) {
	m.left = min(m.left-took+m.pace.of(bytes), m.pace.Grace)
}

// pieceSize is the most that is written at once, in bytes: how far a reader has
// come can be seen between two pieces only.
const pieceSize = 32 << 10

// buffered is about what the HTTP server holds back until a handler returns, in
// bytes.
const buffered = 8 << 10

// paced serves requests with a deadline for each read and each write, which
// moves on with what was read and written. Every server's handler is within one.
type paced struct {
	next   http.Handler
	pace   func() Pace
	bodies *bodies
}

func (h *paced) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	pace := h.pace().withDefaults()
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Time{}) // of the request before
	closeAmbiguous(w, r)
	var body *body
	if r.Body == nil || r.Body == http.NoBody {
		_ = control.SetReadDeadline(time.Time{})
	} else {
		body = h.bodies.open(r, control, pace)
		defer h.bodies.close(body)
		with := *r
		with.Body = body
		r = &with
	}
	h.next.ServeHTTP(&writer{ResponseWriter: w, control: control, meter: newMeter(pace), multiplexed: r.ProtoMajor > 1}, r)
	if r.ProtoMajor > 1 {
		return
	}
	if body != nil {
		body.discard(r.Header.Get("Expect") != "")
	}
	// The server still sends what it has held back.
	_ = control.SetWriteDeadline(time.Now().Add(pace.Grace + pace.of(buffered)))
}

// closeAmbiguous ends the connection after a request with a Transfer-Encoding.
// If it has a Content-Length too, that must be done (RFC 9112, 6.1), because
// something in front may have read the one where we read the other. net/http
// removes the length before anybody sees it, so all such requests are treated as
// if they had one.
func closeAmbiguous(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
		w.Header().Set("Connection", "close")
	}
}

// writer is a ResponseWriter whose reader must keep the pace.
type writer struct {
	http.ResponseWriter
	control *http.ResponseController
	meter   meter
	// multiplexed marks HTTP/2, where a deadline that passes between two writes
	// ends the stream.
	multiplexed bool
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) Write(b []byte) (n int, err error) {
	for first := true; first || len(b) > 0; first = false {
		piece := b[:min(len(b), pieceSize)]
		begun := time.Now()
		_ = w.control.SetWriteDeadline(begun.Add(w.meter.left + w.meter.pace.of(len(piece))))
		written, err := w.ResponseWriter.Write(piece)
		n += written
		if err != nil {
			return n, err
		}
		w.meter.moved(written, time.Since(begun))
		b = b[len(piece):]
	}
	if w.multiplexed {
		_ = w.control.SetWriteDeadline(time.Time{})
	}
	return n, nil
}
