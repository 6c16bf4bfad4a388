// Package wire reads LDAP requests and writes LDAP responses, in the encoding
// of RFC 4511.
//
// A Reader takes one message after the other from a connection. Everything that
// a sender can choose is bounded from the headers alone, before anything is
// made of the content: the size of a message, how deep its elements nest, how
// many there are. Lengths are definite, as RFC 4511 section 5.1 has it. A
// message that is not received yet holds about as much memory as was received
// of it.
//
//	r := wire.NewReader(conn, wire.Limits{Size: 64 << 10})
//	octets, err := r.Next()          // a *SyntaxError ends the connection
//	message, err := wire.Decode(octets) // a *RequestError is answered
//	switch request := message.Request.(type) {
//	case *wire.SearchRequest:
//
// Tags are those of go-asn1-ber and go-ldap. No tree of packets is built: the
// texts of a request are parts of one string, and an Encoder writes responses
// into a buffer that is used again. A Filter can be turned into go-asn1-ber's
// packet for code that takes go-ldap's filters.
//
// Lengths of what nests are written in four octets, as Active Directory writes
// them, so that they can be filled in when the content is complete.
package wire
