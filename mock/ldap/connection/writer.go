package connection

import (
	"sync"
	"time"

	"wsexchange/mock/ldap/wire"
)

// SearchWriter writes the entries of one search.
type SearchWriter struct {
	operation *operation
	encoder   *wire.Encoder
	controls  []wire.Control
	entries   int
	complete  int // octets of entries that are ended
}

// encoders keeps buffers for the next answers.
var encoders = sync.Pool{New: func() any { return &wire.Encoder{} }}

// keptOutput is the largest buffer that is kept.
const keptOutput = 64 << 10

func newSearchWriter(o *operation) *SearchWriter {
	return &SearchWriter{operation: o, encoder: encoders.Get().(*wire.Encoder)}
}

func (w *SearchWriter) release() {
	if w.encoder.Cap() <= keptOutput {
		w.encoder.Reset()
		encoders.Put(w.encoder)
	}
	w.encoder = nil
}

// Begin begins an entry and returns the encoder that its attributes are added
// to, until End.
func (w *SearchWriter) Begin(name string) *wire.Encoder {
	w.encoder.BeginEntry(w.operation.id, name)
	return w.encoder
}

// End ends the entry. It waits while the client leaves too much unread, and
// returns an error when the search is of no use any more: the client is gone or
// has abandoned it.
func (w *SearchWriter) End() error {
	w.encoder.EndEntry()
	w.entries++
	w.complete = w.encoder.Len()
	if err := w.operation.ctx.Err(); err != nil {
		return err
	}
	if w.complete < w.operation.client.cfg.MaxOutput {
		return nil
	}
	return w.flush()
}

// Entries returns how many entries were ended.
func (w *SearchWriter) Entries() int { return w.entries }

// AddControl adds a control to the result.
func (w *SearchWriter) AddControl(c wire.Control) { w.controls = append(w.controls, c) }

func (w *SearchWriter) flush() error {
	err := w.operation.client.write(w.encoder.Bytes(), nil)
	w.written()
	return err
}

func (w *SearchWriter) written() {
	w.encoder.Reset()
	w.complete = 0
}

// answer writes what ends the operation, after the entries that are ended.
func (w *SearchWriter) answer(r wire.Response) {
	o := w.operation
	r.Operation = o.kind.Response()
	if o.isAbandoned() {
		return
	}
	w.encoder.Truncate(w.complete)
	w.encoder.Response(o.id, r)
	err := o.client.write(w.encoder.Bytes(), o)
	w.written()
	if err == nil && o.client.cfg.Observe != nil {
		o.client.cfg.Observe(o.kind, r.Code, time.Since(o.began))
	}
}

// write writes to the client. A client that does not read for too long, or is
// gone, is given up. The operation that ends with what is written, if there is
// one, is not under way any more for a client that has read it.
func (c *client) write(octets []byte, ends *operation) error {
	select {
	case c.writing <- struct{}{}:
		defer func() { <-c.writing }()
	case <-c.ctx.Done():
		return c.ctx.Err()
	}
	if err := c.ctx.Err(); err != nil {
		return err // a client that has left is not answered
	}
	if ends != nil {
		c.mu.Lock()
		ends.answered = true
		c.mu.Unlock()
	}
	err := c.raw.SetWriteDeadline(time.Now().Add(c.cfg.WriteTimeout))
	if err == nil {
		_, err = c.stream.Write(octets)
	}
	if err != nil {
		c.abort()
	}
	return err
}
