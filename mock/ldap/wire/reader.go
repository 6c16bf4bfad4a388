package wire

import "io"

// Reader reads the octets of one message after the other. It is not safe for
// concurrent use.
type Reader struct {
	from   io.Reader
	limits Limits
	buffer []byte
	start  int // of what is not returned yet
	end    int // of what was read
}

// Sizes of the buffer: with nothing in it, and the largest that is kept.
const (
	smallBuffer = 4 << 10
	keptBuffer  = 16 << 10
)

// NewReader returns a Reader of a connection.
func NewReader(from io.Reader, limits Limits) *Reader {
	return &Reader{from: from, limits: limits.withDefaults()}
}

// SetLimits changes what the next messages may be.
func (r *Reader) SetLimits(limits Limits) { r.limits = limits.withDefaults() }

// Buffered returns how many octets were read and not returned yet.
func (r *Reader) Buffered() int { return r.end - r.start }

// Wait returns when at least one octet of the next message is received.
func (r *Reader) Wait() error {
	if r.Buffered() > 0 {
		return nil
	}
	return r.fill(smallBuffer)
}

// Complete reports whether Next returns without reading more.
func (r *Reader) Complete() bool {
	total, err := r.total()
	return err != nil || total > 0 && total <= r.Buffered()
}

// Next returns the octets of the next message, which are valid until the next
// call of Next or Wait. The error is a *SyntaxError if they are not a message
// within the limits; io.EOF if there are none, io.ErrUnexpectedEOF if they end
// within a message.
func (r *Reader) Next() ([]byte, error) {
	for {
		total, err := r.total()
		if err != nil {
			return nil, err
		}
		if total > 0 && total <= r.Buffered() {
			message := r.buffer[r.start : r.start+total]
			r.start += total
			return message, r.limits.checkMessage(message)
		}
		partial := r.Buffered() > 0
		if err := r.fill(max(total, smallBuffer)); err != nil {
			if partial && err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
	}
}

// total returns the size of the next message, 0 as long as its header is not
// received.
func (r *Reader) total() (int, error) {
	octets := r.buffer[r.start:r.end]
	if len(octets) == 0 {
		return 0, nil
	}
	if octets[0] != tagSequence {
		return 0, syntax("not an LDAP message")
	}
	h, err := readHeader(octets)
	if err != nil || h.size == 0 {
		return 0, err
	}
	if h.length > r.limits.Size-h.size {
		return 0, syntax("a message of %d octets is larger than %d", h.length, r.limits.Size)
	}
	return h.size + h.length, nil
}

// fill reads more. The buffer grows with what was received, never by what a
// header announces.
func (r *Reader) fill(wanted int) error {
	if r.start == r.end {
		r.start, r.end = 0, 0
		if len(r.buffer) > keptBuffer {
			r.buffer = nil
		}
	}
	if r.start > 0 {
		r.end = copy(r.buffer, r.buffer[r.start:r.end])
		r.start = 0
	}
	if r.end == len(r.buffer) {
		larger := make([]byte, min(max(2*len(r.buffer), smallBuffer), max(wanted, r.end+1)))
		copy(larger, r.buffer[:r.end])
		r.buffer = larger
	}
	n, err := r.from.Read(r.buffer[r.end:])
	r.end += n
	if n > 0 {
		return nil
	}
	return err
}

func (l Limits) checkMessage(message []byte) error {
	h, err := readHeader(message)
	if err != nil {
		return err
	}
	return l.check(message[h.size:])
}

// Peek returns the message id and the operation of a message that Next
// returned, without decoding the rest.
func Peek(message []byte) (id int32, operation Operation, err error) {
	c := cursor[[]byte]{rest: message}
	envelope, err := c.element(tagSequence, "LDAP message")
	if err != nil {
		return 0, 0, err
	}
	id, operation, _, err = openEnvelope(cursor[[]byte]{rest: envelope})
	return id, operation, err
}

// DecodeDatagram decodes the one message of a datagram, within limits.
func DecodeDatagram(octets []byte, limits Limits) (*Message, error) {
	limits = limits.withDefaults()
	switch h, err := readHeader(octets); {
	case err != nil:
		return nil, err
	case h.size == 0 || h.tag != tagSequence:
		return nil, syntax("not an LDAP message")
	case len(octets) > limits.Size:
		return nil, syntax("a message of %d octets is larger than %d", len(octets), limits.Size)
	}
	if err := limits.checkMessage(octets); err != nil {
		return nil, err
	}
	return Decode(octets)
}
