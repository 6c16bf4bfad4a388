package wire

import (
	"math"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parse reads octets with the library, as a client does.
func parse(t testing.TB, octets []byte) *ber.Packet {
	t.Helper()
	p, err := ber.DecodePacketErr(octets)
	require.NoError(t, err)
	return p
}

func TestEncoder_Entry(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	var e Encoder
	e.BeginEntry(5, "CN=a")
	e.Attribute("mail", "a@b", "c@d")
	e.Attribute("types")
	e.BeginAttribute("photo")
	e.Octets([]byte(long))
	e.Value(long[:200])
	e.Value(long[:300])
	e.EndAttribute()
	e.EndEntry()
	p := parse(t, e.Bytes())
	require.Len(t, p.Children, 2)
	assert.EqualValues(t, 5, p.Children[0].Value)
	entry := p.Children[1]
	assert.EqualValues(t, ldap.ApplicationSearchResultEntry, entry.Tag)
	assert.Equal(t, ber.ClassApplication, entry.ClassType)
	assert.Equal(t, "CN=a", entry.Children[0].Value)
	got := map[string][]string{}
	for _, a := range entry.Children[1].Children {
		name := a.Children[0].Value.(string)
		got[name] = []string{}
		for _, v := range a.Children[1].Children {
			got[name] = append(got[name], v.Value.(string))
		}
	}
	assert.Equal(t, map[string][]string{"mail": {"a@b", "c@d"}, "types": {}, "photo": {long, long[:200], long[:300]}}, got)
}

func TestEncoder_Response(t *testing.T) {
	var e Encoder
	e.Response(math.MaxInt32, Response{
		Operation: OpSearchResultDone, Result: Result{Code: ldap.LDAPResultNoSuchObject, Matched: "DC=x", Text: "0000208D"},
		Controls: []Control{{OID: ldap.ControlTypePaging, Critical: true, Value: "v"}, {OID: "1.2.3", HasValue: true}, {OID: "1.2.4"}},
	})
	p := parse(t, e.Bytes())
	assert.EqualValues(t, math.MaxInt32, p.Children[0].Value)
	err := ldap.GetLDAPError(p)
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject))
	assert.ErrorContains(t, err, "0000208D")
	controls := p.Children[2].Children
	require.Len(t, controls, 3)
	assert.Equal(t, true, controls[0].Children[1].Value)
	assert.Equal(t, "v", controls[0].Children[2].Value)
	assert.Len(t, controls[1].Children, 2)
	assert.Len(t, controls[2].Children, 1)
}

func TestEncoder_Extended(t *testing.T) {
	var e Encoder
	e.Response(0, Notice(ldap.LDAPResultProtocolError, "why"))
	op := parse(t, e.Bytes()).Children[1]
	assert.EqualValues(t, ldap.LDAPResultProtocolError, op.Children[0].Value)
	require.Len(t, op.Children, 4)
	assert.Equal(t, NoticeOfDisconnection, op.Children[3].Data.String())
	e.Reset()
	e.Response(1, Response{Operation: OpExtendedResponse, HasValue: true})
	op = parse(t, e.Bytes()).Children[1]
	require.Len(t, op.Children, 4)
	assert.EqualValues(t, 11, op.Children[3].Tag)
}

func TestEncoder_Integers(t *testing.T) {
	for _, n := range []int32{0, 1, 127, 128, 255, 256, 32767, 32768, 8388607, 8388608, math.MaxInt32} {
		var e Encoder
		e.number(tagInteger, n)
		assert.EqualValues(t, n, parse(t, e.Bytes()).Value, "%d", n)
	}
}

func TestEncoder_TruncateDropsAnEntry(t *testing.T) {
	var e Encoder
	e.BeginEntry(1, "CN=a")
	e.EndEntry()
	whole := e.Len()
	e.BeginEntry(1, "CN=b")
	e.BeginAttribute("mail")
	e.Truncate(whole)
	e.Response(1, Response{Operation: OpSearchResultDone})
	assert.Equal(t, "CN=a", parse(t, e.Bytes()).Children[1].Children[0].Value)
	assert.EqualValues(t, ldap.ApplicationSearchResultDone, parse(t, e.Bytes()[whole:]).Children[1].Tag)
}

func FuzzReadEncoded(f *testing.F) {
	f.Add(int32(1), "CN=a", "mail", "a@b", uint16(0))
	f.Fuzz(func(t *testing.T, id int32, name, attribute, value string, code uint16) {
		if id < 0 {
			return
		}
		var e Encoder
		e.BeginEntry(id, name)
		e.Attribute(attribute, value)
		e.EndEntry()
		p := parse(t, e.Bytes())
		require.Equal(t, name, p.Children[1].Children[0].Data.String())
		require.Equal(t, value, p.Children[1].Children[1].Children[0].Children[1].Children[0].Data.String())
		e.Reset()
		e.Response(id, Response{Operation: OpSearchResultDone, Result: Result{Code: code, Text: value}})
		require.EqualValues(t, code, parse(t, e.Bytes()).Children[1].Children[0].Value)
	})
}
