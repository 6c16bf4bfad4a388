package daemon

import (
	"bytes"
	"errors"
	"net"
	"strconv"
	"strings"
)

// headListener hands out connections whose heads are looked at before net/http
// reads them: it joins lines that are folded (obs-fold, RFC 9112, 5.2) and passes
// over a Transfer-Encoding in HTTP/1.0 (6.1), and both are gone before a handler
// could refuse them. What something in front may have read otherwise is refused.
//
// Connections with TLS are not looked at: http.Server knows them by their type.
type headListener struct{ net.Listener }

func (l headListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &headConn{Conn: conn}, nil
}

type headConn struct {
	net.Conn
	head head
}

// Read spoils heads that are refused, so that net/http answers them with 400 and
// closes the connection.
func (c *headConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.head.scan(b[:n])
	return n, err
}

// CloseWrite is for http.Server, which closes its side before it stops reading.
func (c *headConn) CloseWrite() error {
	if conn, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return conn.CloseWrite()
	}
	return errors.ErrUnsupported
}

// longestLine is the most of a line that head keeps, in bytes.
const longestLine = 1 << 10

// head follows the requests of a connection, byte by byte, from one head to the
// next.
type head struct {
	ended   bool // nothing that follows is read as a request
	line    []byte
	inLine  bool // after the first byte of a line
	named   bool // after the first colon of a line
	number  int  // of the line, 0 for the request line
	old     bool // HTTP/1.0
	chunked bool
	length  string
	body    int64 // bytes that are left of a body
}

func (h *head) scan(b []byte) {
	for len(b) > 0 && !h.ended {
		if h.body > 0 {
			skipped := min(h.body, int64(len(b)))
			h.body -= skipped
			b = b[skipped:]
			continue
		}
		h.next(&b[0])
		b = b[1:]
	}
}

func (h *head) next(at *byte) {
	c := *at
	switch {
	case h.number == 0 && !h.inLine && (c == '\r' || c == '\n'):
		return // empty lines before a request line are passed over
	case c == '\n':
		h.endLine()
		return
	case h.number > 0 && !h.inLine && (c == ' ' || c == '\t'):
		*at, h.ended = ':', true // no header has an empty name
		return
	case h.number > 0 && !h.named && c == ':':
		h.named = true
		if strings.EqualFold(string(h.line), "Transfer-Encoding") {
			if h.chunked = true; h.old {
				*at, h.ended = ' ', true // no line is without a colon
				return
			}
		}
	}
	h.inLine = true
	if len(h.line) < longestLine {
		h.line = append(h.line, c)
	}
}

func (h *head) endLine() {
	line := bytes.TrimSuffix(h.line, []byte("\r"))
	switch {
	case h.number == 0:
		h.old = bytes.HasSuffix(line, []byte("HTTP/1.0"))
	case len(line) == 0:
		h.endHead()
		return
	default:
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && strings.EqualFold(string(name), "Content-Length") {
			h.length = string(bytes.TrimSpace(value))
		}
	}
	h.line, h.inLine, h.named = h.line[:0], false, false
	h.number++
}

// endHead goes on with the next head, behind the body. After chunks, and after a
// length that is refused, the connection is closed.
func (h *head) endHead() {
	next := head{line: h.line[:0], ended: h.chunked}
	if h.length != "" {
		length, err := strconv.ParseInt(h.length, 10, 64)
		next.body, next.ended = length, h.chunked || err != nil || length < 0
	}
	*h = next
}
