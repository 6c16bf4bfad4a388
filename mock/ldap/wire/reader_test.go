package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/heaptest"
)

func TestReader_OneMessageAfterTheOther(t *testing.T) {
	var want [][]byte
	for i := range int64(300) {
		want = append(want, message(i+1, packet(OpCompareRequest, octets(strings.Repeat("x", int(i*31%9000))))))
	}
	all := slices.Concat(want...)
	for name, from := range map[string]io.Reader{
		"at once": bytes.NewReader(all), "by octets": iotest.OneByteReader(bytes.NewReader(all)), "by halves": iotest.HalfReader(bytes.NewReader(all)),
		"with the end": iotest.DataErrReader(bytes.NewReader(all)),
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(from, Limits{})
			for i, m := range want {
				require.NoError(t, r.Wait())
				assert.Positive(t, r.Buffered())
				got, err := r.Next()
				require.NoError(t, err)
				require.Equal(t, m, got, "message %d", i)
			}
			assert.ErrorIs(t, r.Wait(), io.EOF)
			_, err := r.Next()
			assert.ErrorIs(t, err, io.EOF)
		})
	}
}

func TestReader_AnEndWithinAMessage(t *testing.T) {
	raw := message(1, packet(OpCompareRequest, octets("CN=a")))
	for i := 1; i < len(raw); i++ {
		r := NewReader(bytes.NewReader(raw[:i]), Limits{})
		require.NoError(t, r.Wait())
		assert.False(t, r.Complete())
		_, err := r.Next()
		assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	r := NewReader(bytes.NewReader(raw), Limits{})
	require.NoError(t, r.Wait())
	assert.True(t, r.Complete())
	r = NewReader(iotest.ErrReader(errors.New("gone")), Limits{})
	assert.ErrorContains(t, r.Wait(), "gone")
}

// hostile are messages that are refused, with what is said.
var hostile = map[string]struct {
	octets func() []byte
	limits Limits
	want   string
}{
	"not LDAP":           {octets: func() []byte { return []byte("GET / HTTP/1.1\r\n\r\n") }, want: "not an LDAP message"},
	"TLS":                {octets: func() []byte { return []byte{0x16, 3, 1} }, want: "not an LDAP message"},
	"large":              {octets: func() []byte { return []byte{0x30, 0x83, 1, 0, 1} }, want: "a message of 65537 octets is larger than 65536"},
	"huge":               {octets: func() []byte { return []byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff} }, want: "larger than 65536"},
	"larger than a word": {octets: func() []byte { return append([]byte{0x30, 0x88}, bytes.Repeat([]byte{0xff}, 8)...) }, want: "a length is too large"},
	"long length":        {octets: func() []byte { return []byte{0x30, 0x89} }, want: "a length of 9 octets is too long"},
	"indefinite":         {octets: func() []byte { return []byte{0x30, 0x80, 2, 1, 1, 0, 0} }, want: "indefinite lengths"},
	"indefinite inside":  {octets: func() []byte { return []byte{0x30, 4, 0x60, 0x80, 0, 0} }, want: "indefinite lengths"},
	"high tag":           {octets: func() []byte { return []byte{0x30, 3, 0x1f, 0x20, 0} }, want: "tag numbers above 30"},
	"longer inside":      {octets: func() []byte { return []byte{0x30, 3, 2, 5, 1} }, want: "longer than what it is in"},
	"header cut inside":  {octets: func() []byte { return []byte{0x30, 1, 2} }, want: "longer than what it is in"},
	"nested":             {octets: func() []byte { return nested(999, 1000) }, want: "nest more than 70 deep"},
	"nested leaf of 1 MB": {
		octets: func() []byte { return nested(999, 1_000_000) }, limits: Limits{Size: 4 << 20}, want: "nest more than 70 deep",
	},
	"many": {octets: func() []byte { return flood(60_000) }, want: "more than 8192 elements"},
	"1 MB of them": {
		octets: func() []byte { return flood(1 << 20) }, limits: Limits{Size: 4 << 20}, want: "more than 8192 elements",
	},
	"1 MB before a bind": {octets: func() []byte { return nested(999, 1_000_000) }, want: "is larger than 65536"},
}

// nested returns a leaf within sequences.
func nested(depth, leaf int) []byte {
	heads := make([][]byte, 0, depth+2)
	heads = append(heads, make([]byte, leaf))
	size := leaf
	for i := range depth + 1 {
		head := []byte{0x30, 0x84, 0, 0, 0, 0}
		if i == 0 {
			head[0] = 4
		}
		binary.BigEndian.PutUint32(head[2:], uint32(size))
		size += len(head)
		heads = append(heads, head)
	}
	slices.Reverse(heads)
	return slices.Concat(heads...)
}

// flood returns a message of empty sequences.
func flood(size int) []byte {
	head := []byte{0x30, 0x84, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(head[2:], uint32(size))
	return append(head, bytes.Repeat([]byte{0x30, 0}, size/2)...)
}

func TestReader_Refuses(t *testing.T) {
	for name, row := range hostile {
		t.Run(name, func(t *testing.T) {
			_, err := NewReader(bytes.NewReader(row.octets()), row.limits).Next()
			var malformed *SyntaxError
			require.ErrorAs(t, err, &malformed)
			assert.ErrorContains(t, err, row.want)
		})
	}
}

func TestReader_RefusesByTheHeader(t *testing.T) {
	r := NewReader(io.MultiReader(bytes.NewReader([]byte{0x30, 0x84, 0, 0x10, 0, 0}), iotest.ErrReader(errors.New("it reads on"))), Limits{})
	_, err := r.Next()
	assert.ErrorContains(t, err, "larger than 65536")
}

func TestReader_SetLimits(t *testing.T) {
	large := message(1, packet(OpCompareRequest, octets(strings.Repeat("x", 100_000))))
	r := NewReader(bytes.NewReader(large), Limits{})
	r.SetLimits(Limits{Size: len(large)})
	got, err := r.Next()
	require.NoError(t, err)
	assert.Len(t, got, len(large))
	assert.Error(t, r.Wait())
	assert.LessOrEqual(t, len(r.buffer), keptBuffer, "the buffer of a large message is not kept")
}

// TestReader_Heap holds how much memory a hostile message takes.
func TestReader_Heap(t *testing.T) {
	names := []string{"announced", "unfinished"}
	for name := range hostile {
		names = append(names, name)
	}
	heaptest.Each(t, names, 4<<20, func(t *testing.T, name string) (uint64, string) {
		limits := hostile[name].limits
		var octets []byte
		switch name {
		case "announced":
			octets, limits.Size = []byte{0x30, 0x84, 0x30, 0, 0, 0}, 1<<30
		case "unfinished":
			octets, limits.Size = append([]byte{0x30, 0x84, 0x30, 0, 0, 0}, make([]byte, 100_000)...), 1<<30
		default:
			octets = hostile[name].octets()
		}
		r := NewReader(bytes.NewReader(octets), limits)
		peak := heaptest.Start()
		_, err := r.Next()
		peak.Take()
		require.Error(t, err)
		return peak.AboveIdle(), err.Error()
	})
}

func FuzzReadMessage(f *testing.F) {
	f.Add(message(1, search(compiled(f, "(&(cn=a*b)(!(memberOf:1.2.3:=x)))"), "cn"), sequence(octets("1.2.3"), boolean(true), octets("x"))))
	f.Add(message(2, packet(OpBindRequest, integer(3), octets("a"), contextual(0, "b"))))
	f.Add(message(3, packet(OpModifyRequest, octets("a"), sequence(sequence(enumerated(0), sequence(octets("a"), set(octets("b"))))))))
	f.Add(message(4, packet(OpModifyDNRequest, octets("a"), octets("b"), boolean(false))))
	f.Add(message(5, packet(OpExtendedRequest, contextual(0, "1.2.3"))))
	f.Add([]byte("\x30\x84\x00\x00\x00\x05\x02\x01\x01\x42\x00"))
	f.Fuzz(func(t *testing.T, octets []byte) {
		r := NewReader(iotest.HalfReader(bytes.NewReader(octets)), Limits{})
		for {
			raw, err := r.Next()
			if err != nil {
				return
			}
			m, err := Decode(raw)
			if err != nil {
				var refused *RequestError
				var malformed *SyntaxError
				require.True(t, errors.As(err, &refused) || errors.As(err, &malformed), "%T", err)
				continue
			}
			id, operation, err := Peek(raw)
			require.NoError(t, err)
			require.Equal(t, m.ID, id)
			require.Equal(t, m.Request.Operation(), operation)
			if s, ok := m.Request.(*SearchRequest); ok {
				again := readAgain(t, &s.Filter)
				require.Equal(t, s.Filter, *again)
				_ = s.Filter.String()
			}
		}
	})
}

// readAgain reads what a filter is as packets.
func readAgain(t *testing.T, f *Filter) *Filter {
	t.Helper()
	again := &Filter{}
	require.NoError(t, readFilter(again, &cursor[string]{rest: string(f.Packet().Bytes())}, 1))
	return again
}
