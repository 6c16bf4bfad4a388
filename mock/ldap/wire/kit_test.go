package wire

import (
	"bytes"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/require"
)

// packet returns a constructed element of an application.
func packet(operation Operation, children ...*ber.Packet) *ber.Packet {
	return with(ber.Encode(ber.ClassApplication, ber.TypeConstructed, ber.Tag(operation), nil, ""), children...)
}

func with(p *ber.Packet, children ...*ber.Packet) *ber.Packet {
	for _, child := range children {
		p.AppendChild(child)
	}
	return p
}

func sequence(children ...*ber.Packet) *ber.Packet { return with(ber.NewSequence(""), children...) }

func set(children ...*ber.Packet) *ber.Packet {
	return with(ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, ""), children...)
}

func integer(n int64) *ber.Packet {
	return ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, n, "")
}

func enumerated(n int64) *ber.Packet {
	return ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, n, "")
}

func boolean(b bool) *ber.Packet {
	return ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, b, "")
}

func contextual(tag ber.Tag, s string) *ber.Packet {
	return ber.NewString(ber.ClassContext, ber.TypePrimitive, tag, s, "")
}

// message returns the octets of a message.
func message(id int64, operation *ber.Packet, controls ...*ber.Packet) []byte {
	m := sequence(integer(id), operation)
	if len(controls) > 0 {
		m.AppendChild(with(ber.Encode(ber.ClassContext, ber.TypeConstructed, 0, nil, ""), controls...))
	}
	return m.Bytes()
}

// compiled returns a filter as go-ldap sends it.
func compiled(t testing.TB, text string) *ber.Packet {
	t.Helper()
	filter, err := ldap.CompileFilter(text)
	require.NoError(t, err)
	return filter
}

// search returns a search request with a filter.
func search(filter *ber.Packet, attributes ...string) *ber.Packet {
	list := sequence()
	for _, a := range attributes {
		list.AppendChild(octets(a))
	}
	return packet(OpSearchRequest, octets("DC=fabrikam,DC=com"), enumerated(ldap.ScopeWholeSubtree), enumerated(ldap.NeverDerefAliases),
		integer(1000), integer(30), boolean(false), filter, list)
}

// decode reads a message and decodes it.
func decode(t testing.TB, octets []byte) *Message {
	t.Helper()
	read, err := NewReader(bytes.NewReader(octets), Limits{Size: len(octets)}).Next()
	require.NoError(t, err)
	m, err := Decode(read)
	require.NoError(t, err)
	return m
}
