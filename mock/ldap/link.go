package ldap

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/jimlambrt/gldap"
)

// link is a client's connection with the one to the library. One goroutine
// reads requests, another answers.
type link struct {
	gate    *gate
	conn    net.Conn // the client's, as it was accepted
	library net.Conn

	mu        sync.Mutex // held while an answer is written
	client    net.Conn   // conn, or TLS over it
	encrypted bool
}

// handshakeTimeout bounds how long a client may take to begin TLS after it
// asked to.
const handshakeTimeout = 30 * time.Second

// close ends both connections. It may be called more than once.
func (l *link) close() {
	_ = l.conn.Close()
	_ = l.library.Close()
}

// end ends the client's connection in order, as TLS wants it.
func (l *link) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.client.Close()
}

// message is an LDAP message: its octets and what they are.
type message struct {
	octets []byte
	packet *ber.Packet
	id     int64
	op     *ber.Packet
}

// readMessage reads one message.
func readMessage(from io.Reader) (message, error) {
	var read bytes.Buffer
	packet, err := ber.ReadPacket(io.TeeReader(from, &read))
	if err != nil {
		return message{}, err
	}
	m := message{octets: read.Bytes(), packet: packet}
	if len(packet.Children) < 2 {
		return m, errors.New("no LDAP message")
	}
	id, ok := packet.Children[0].Value.(int64)
	m.id, m.op = id, packet.Children[1]
	if !ok || m.op.ClassType != ber.ClassApplication {
		return m, errors.New("no LDAP message")
	}
	return m, nil
}

// readAnswer reads the octets of one message of the library, which are as many
// as it likes.
func readAnswer(from *bufio.Reader) ([]byte, error) {
	const long = 0x80 // of a length: how many octets it has
	answer, err := from.Peek(2)
	if err != nil {
		return nil, err
	}
	header, length := 2, int(answer[1])
	if length >= long {
		header += length - long
		if answer, err = from.Peek(header); err != nil {
			return nil, err
		}
		length = 0
		for _, octet := range answer[2:] {
			length = length<<8 | int(octet)
		}
	}
	octets := make([]byte, header+length)
	_, err = io.ReadFull(from, octets)
	return octets, err
}

// newMessage makes a message of an operation.
func newMessage(id int64, op *ber.Packet) *ber.Packet {
	m := ber.NewSequence("LDAP message")
	m.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, "message id"))
	m.AppendChild(op)
	return m
}

// introduce shows the key to the library.
func (l *link) introduce(answers *bufio.Reader) error {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, gldap.ApplicationExtendedRequest, nil, "extended request")
	op.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, l.gate.key, "name"))
	if _, err := l.library.Write(newMessage(1, op).Bytes()); err != nil {
		return err
	}
	_, err := readAnswer(answers)
	return err
}

// answers hands the library's answers on until a connection ends.
func (l *link) answers(from *bufio.Reader) {
	for {
		octets, err := readAnswer(from)
		if err != nil || l.write(octets) != nil {
			return
		}
	}
}

func (l *link) write(octets []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, err := l.client.Write(octets)
	return err
}

// requests handles the client's requests until a connection ends. What is no
// LDAP message ends it.
func (l *link) requests() {
	from := bufio.NewReader(l.client)
	for {
		m, err := readMessage(from)
		if err != nil {
			return
		}
		if startsTLS(m.op) && l.gate.tls != nil && !l.encrypted {
			if l.startTLS(m.id) != nil {
				return
			}
			from = bufio.NewReader(l.client)
			continue
		}
		if l.handle(m) != nil {
			return
		}
	}
}

// unknownOperations are refusals of operations that the library does not know, by their tags: the
// tag of the answer and what is answered. An operation without an answer is
// passed over.
var unknownOperations = map[ber.Tag]struct {
	answer ber.Tag
	code   int64
	text   string
}{
	gldap.ApplicationModifyDNRequest: {gldap.ApplicationModifyDNResponse, gldap.ResultUnwillingToPerform, readOnly},
	gldap.ApplicationCompareRequest:  {gldap.ApplicationCompareResponse, gldap.ResultUnwillingToPerform, "this directory is searched, it does not compare"},
	gldap.ApplicationAbandonRequest:  {},
}

// handle answers a request or hands it on.
func (l *link) handle(m message) error {
	if refusal, ok := unknownOperations[m.op.Tag]; ok {
		if refusal.answer == 0 {
			return nil
		}
		return l.write(response(m.id, refusal.answer, refusal.code, refusal.text).Bytes())
	}
	if startsTLS(m.op) {
		if l.gate.tls == nil {
			return l.write(tlsAnswer(m.id, gldap.ResultUnavailable, "TLS is not configured"))
		}
		return l.write(tlsAnswer(m.id, gldap.ResultOperationsError, "the connection is encrypted already"))
	}
	if l.translate(m) {
		m.octets = rebuilt(m.packet).Bytes()
	}
	_, err := l.library.Write(m.octets)
	return err
}

// response makes the answer to a request.
func response(id int64, tag ber.Tag, code int64, text string) *ber.Packet {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, tag, nil, "response")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, code, "result code"))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", "matched DN"))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, text, "diagnostic message"))
	return newMessage(id, op)
}

// tlsAnswer makes the answer to the request for TLS.
func tlsAnswer(id, code int64, text string) []byte {
	const responseName = 10
	op := response(id, gldap.ApplicationExtendedResponse, code, text).Children[1]
	op.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, responseName, string(gldap.ExtendedOperationStartTLS), "name"))
	return newMessage(id, op).Bytes()
}

func startsTLS(op *ber.Packet) bool {
	return op.Tag == gldap.ApplicationExtendedRequest && len(op.Children) > 0 &&
		op.Children[0].Data.String() == string(gldap.ExtendedOperationStartTLS)
}

// startTLS answers and begins TLS. No answer is written meanwhile.
func (l *link) startTLS(id int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.conn.Write(tlsAnswer(id, gldap.ResultSuccess, "")); err != nil {
		return err
	}
	encrypted := tls.Server(l.conn, l.gate.tls)
	if err := l.conn.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return err
	}
	if err := encrypted.Handshake(); err != nil {
		return err
	}
	l.client, l.encrypted = encrypted, true
	return l.conn.SetDeadline(time.Time{})
}

// translate makes a request one that the library knows, and tells whether it
// had to. A bind by SASL becomes a bind that is refused for its method. In a
// filter it drops that attributes of names are to be looked at, which Active
// Directory does not do either (F408).
func (l *link) translate(m message) bool {
	switch m.op.Tag {
	case gldap.ApplicationBindRequest:
		const method, sasl, parts = 2, 3, 3
		if len(m.op.Children) < parts || m.op.Children[method].Tag != sasl {
			return false
		}
		m.op.Children[1] = ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, l.gate.key, "name")
		m.op.Children[method] = ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, "", "no password")
		return true
	case gldap.ApplicationSearchRequest:
		const filter = 6
		return len(m.op.Children) > filter && withoutNames(m.op.Children[filter])
	}
	return false
}

// withoutNames drops dnAttributes from the extensible matches of a filter.
func withoutNames(filter *ber.Packet) bool {
	found := false
	if filter.Tag == ldap.FilterExtensibleMatch {
		kept := filter.Children[:0]
		for _, part := range filter.Children {
			if part.Tag == ldap.MatchingRuleAssertionDNAttributes {
				found = true
				continue
			}
			kept = append(kept, part)
		}
		filter.Children = kept
		return found
	}
	for _, part := range filter.Children {
		found = withoutNames(part) || found
	}
	return found
}

// rebuilt makes a packet whose octets are those of its children, which may
// have changed since it was read.
func rebuilt(p *ber.Packet) *ber.Packet {
	if p.TagType != ber.TypeConstructed {
		return p
	}
	whole := ber.Encode(p.ClassType, p.TagType, p.Tag, nil, p.Description)
	for _, child := range p.Children {
		whole.AppendChild(rebuilt(child))
	}
	return whole
}
