package wire

import "encoding/binary"

// Result is how an operation ended. The code is one of go-ldap's LDAPResult
// constants.
type Result struct {
	Code    uint16
	Matched string // the nearest name above one that does not exist
	Text    string // for a person, and for clients that look into it
}

// Response is the message that ends an operation.
type Response struct {
	Operation Operation
	Result
	// Name and Value are those of an extended response. Empty ones are left out,
	// unless HasValue is set.
	Name, Value string
	HasValue    bool
	Controls    []Control
}

// NoticeOfDisconnection is the name of the response that a server sends before
// it closes a connection (RFC 4511 section 4.4.1).
const NoticeOfDisconnection = "1.3.6.1.4.1.1466.20036"

// Notice returns the response that announces the end of a connection. It is
// sent with message id 0.
func Notice(code uint16, text string) Response {
	return Response{Operation: OpExtendedResponse, Result: Result{Code: code, Text: text}, Name: NoticeOfDisconnection}
}

// Encoder gathers responses in a buffer. The zero value is ready. Methods that
// begin something are paired with those that end it.
type Encoder struct {
	buffer []byte
	open   [maxOpen]int // where the contents begin of what is not ended
	depth  int
}

// maxOpen is how deep responses nest: message, entry, attributes, attribute,
// values.
const maxOpen = 8

// Bytes returns what was gathered since Reset. It is valid until the next call.
func (e *Encoder) Bytes() []byte { return e.buffer }

// Len returns how many octets were gathered.
func (e *Encoder) Len() int { return len(e.buffer) }

// Cap returns how many octets the buffer has room for.
func (e *Encoder) Cap() int { return cap(e.buffer) }

// Reset empties the buffer and keeps its memory.
func (e *Encoder) Reset() { e.buffer, e.depth = e.buffer[:0], 0 }

// Truncate drops what was gathered after the first n octets, such as an entry
// that is not ended.
func (e *Encoder) Truncate(n int) { e.buffer, e.depth = e.buffer[:n], 0 }

// begin writes a header whose length is filled in by end (F410).
func (e *Encoder) begin(tag byte) {
	const fourOctets = 0x84
	e.buffer = append(e.buffer, tag, fourOctets, 0, 0, 0, 0)
	e.open[e.depth] = len(e.buffer)
	e.depth++
}

func (e *Encoder) end() {
	e.depth--
	start := e.open[e.depth]
	binary.BigEndian.PutUint32(e.buffer[start-4:], uint32(len(e.buffer)-start))
}

func (e *Encoder) primitive(tag byte, length int) {
	const long = 0x80
	switch {
	case length < long:
		e.buffer = append(e.buffer, tag, byte(length))
	case length < 1<<8:
		e.buffer = append(e.buffer, tag, long|1, byte(length))
	case length < 1<<16:
		e.buffer = append(e.buffer, tag, long|2, byte(length>>8), byte(length))
	default:
		e.buffer = append(e.buffer, tag, long|4)
		e.buffer = binary.BigEndian.AppendUint32(e.buffer, uint32(length))
	}
}

func (e *Encoder) text(tag byte, s string) {
	e.primitive(tag, len(s))
	e.buffer = append(e.buffer, s...)
}

func (e *Encoder) number(tag byte, n int32) {
	length := 1
	for v := n; v > 0x7f; v >>= 8 {
		length++
	}
	e.primitive(tag, length)
	for i := length - 1; i >= 0; i-- {
		e.buffer = append(e.buffer, byte(n>>(8*i)))
	}
}

// BeginEntry begins an entry of a search.
func (e *Encoder) BeginEntry(id int32, name string) {
	e.begin(tagSequence)
	e.number(tagInteger, id)
	e.begin(application | constructed | byte(OpSearchResultEntry))
	e.text(tagOctets, name)
	e.begin(tagSequence)
}

// EndEntry ends the entry.
func (e *Encoder) EndEntry() {
	e.end()
	e.end()
	e.end()
}

// BeginAttribute begins an attribute of the entry.
func (e *Encoder) BeginAttribute(name string) {
	e.begin(tagSequence)
	e.text(tagOctets, name)
	e.begin(tagSet)
}

// EndAttribute ends the attribute.
func (e *Encoder) EndAttribute() {
	e.end()
	e.end()
}

// Value adds a value to the attribute.
func (e *Encoder) Value(value string) { e.text(tagOctets, value) }

// Octets adds a value to the attribute.
func (e *Encoder) Octets(value []byte) {
	e.primitive(tagOctets, len(value))
	e.buffer = append(e.buffer, value...)
}

// Attribute adds a whole attribute to the entry.
func (e *Encoder) Attribute(name string, values ...string) {
	e.BeginAttribute(name)
	for _, value := range values {
		e.Value(value)
	}
	e.EndAttribute()
}

// Response adds the message that ends an operation.
func (e *Encoder) Response(id int32, r Response) {
	const nameTag, valueTag = context | 10, context | 11
	e.begin(tagSequence)
	e.number(tagInteger, id)
	e.begin(application | constructed | byte(r.Operation))
	e.number(tagEnumerated, int32(r.Code))
	e.text(tagOctets, r.Matched)
	e.text(tagOctets, r.Text)
	if r.Name != "" {
		e.text(nameTag, r.Name)
	}
	if r.Value != "" || r.HasValue {
		e.text(valueTag, r.Value)
	}
	e.end()
	if len(r.Controls) > 0 {
		e.controls(r.Controls)
	}
	e.end()
}

func (e *Encoder) controls(controls []Control) {
	e.begin(controlsTag)
	for _, c := range controls {
		e.begin(tagSequence)
		e.text(tagOctets, c.OID)
		if c.Critical {
			e.buffer = append(e.buffer, tagBoolean, 1, 0xff)
		}
		if c.HasValue || c.Value != "" {
			e.text(tagOctets, c.Value)
		}
		e.end()
	}
	e.end()
}
