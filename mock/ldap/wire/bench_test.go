package wire

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// endless reads the same octets again and again.
type endless struct {
	octets []byte
	at     int
}

func (e *endless) Read(b []byte) (int, error) {
	n := copy(b, e.octets[e.at:])
	e.at = (e.at + n) % len(e.octets)
	return n, nil
}

func BenchmarkReader_Search(b *testing.B) {
	r := NewReader(&endless{octets: message(1000, search(compiled(b, "(userPrincipalName=hsadmin@fabrikam.com)"), "mail", "cn"))}, Limits{})
	b.ReportAllocs()
	for b.Loop() {
		raw, err := r.Next()
		require.NoError(b, err)
		_, err = Decode(raw)
		require.NoError(b, err)
	}
}

func BenchmarkEncoder_Entry(b *testing.B) {
	var e Encoder
	b.ReportAllocs()
	for b.Loop() {
		e.Reset()
		e.BeginEntry(1000, "CN=hsadmin,CN=Users,DC=fabrikam,DC=com")
		e.Attribute("cn", "hsadmin")
		e.Attribute("mail", "hsadmin@fabrikam.com")
		e.EndEntry()
		e.Response(1000, Response{Operation: OpSearchResultDone})
	}
}

func BenchmarkEncoder_LargeGroup(b *testing.B) {
	var e Encoder
	member := string(bytes.Repeat([]byte("x"), 90))
	b.ReportAllocs()
	for b.Loop() {
		e.Reset()
		e.BeginEntry(1000, "CN=all,DC=fabrikam,DC=com")
		e.BeginAttribute("member;range=0-1499")
		for range 1500 {
			e.Value(member)
		}
		e.EndAttribute()
		e.EndEntry()
	}
}
