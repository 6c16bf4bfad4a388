package directory

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unique"

	"wsexchange/internal/ldappath"
)

// record is the row of an object. Names are not in it but for the object's own
// RDN: a distinguished name is made by walking up.
type record struct {
	id, parent             int64 // parent is 0 for a root
	guid                   GUID
	created, changed       int64 // microseconds since 1970; 0 is no time
	usnCreated, usnChanged int64
	sid                    compactSID
	class                  uint16 // index in classes
	deleted                bool   // of a tombstone, or the container of such
	rdn                    string // value of the leaf RDN, as it is written
	plain                  plainValues
	root                   *ldappath.DN // the whole name of a root; nil for all others
}

// compactSID is a SID of which accounts of one domain share the text.
type compactSID struct {
	domain unique.Handle[string]
	rid    uint32
	form   sidForm
}

// sidForm says what a compactSID is made of.
type sidForm uint8

const (
	noSID    sidForm = iota
	sidByRID         // domain, a hyphen, and rid
	sidWhole         // domain alone
)

// compact returns a SID in its form for rows.
func (s SID) compact() compactSID {
	if s == "" {
		return compactSID{}
	}
	if i := strings.LastIndexByte(string(s), '-'); i > 0 {
		rid, err := strconv.ParseUint(string(s[i+1:]), 10, 32)
		if err == nil && strconv.FormatUint(rid, 10) == string(s[i+1:]) {
			return compactSID{intern(string(s[:i])), uint32(rid), sidByRID}
		}
	}
	return compactSID{domain: intern(string(s)), form: sidWhole}
}

func (s compactSID) text() SID {
	switch s.form {
	case sidByRID:
		return SID(s.domain.Value() + "-" + strconv.FormatUint(uint64(s.rid), 10))
	case sidWhole:
		return SID(s.domain.Value())
	}
	return ""
}

// sibling returns the SID of another account of the same domain.
func (s compactSID) sibling(rid uint32) compactSID {
	s.rid = rid
	return s
}

func compareSIDs(a, b compactSID) int {
	switch {
	case a.rid != b.rid:
		return cmp.Compare(a.rid, b.rid)
	case a.form != b.form:
		return cmp.Compare(a.form, b.form)
	case a.domain == b.domain:
		return 0
	}
	return strings.Compare(handleText(a.domain), handleText(b.domain))
}

// place is the key of the object among those of its parent.
func (r *record) place() childKey {
	if r.root != nil {
		return childKey{key: r.root.Key()}
	}
	kind, _ := rdnKind(classes[r.class].RDN)
	return child(r.parent, kind, ldappath.RDN{Value: r.rdn}.KeyValue())
}

// key is the object's own part of its DN.Key.
func (r *record) key() string {
	return ldappath.RDN{Attribute: classes[r.class].RDN, Value: r.rdn}.Key() + ","
}

// values returns the values of a plain attribute, none if it is absent.
func (r *record) values(attribute uint16) []string {
	count, rest := r.plain.find(attribute)
	if count == 0 {
		return nil
	}
	values := make([]string, count)
	for i := range values {
		values[i], rest = rest.text()
	}
	return values
}

// first returns the first value of a plain attribute, "" if it is absent.
func (r *record) first(attribute uint16) string {
	count, rest := r.plain.find(attribute)
	if count == 0 {
		return ""
	}
	value, _ := rest.text()
	return value
}

// integer returns the value of an integer attribute, 0 if it is absent.
func (r *record) integer(attribute uint16) int64 {
	number, _ := strconv.ParseInt(r.first(attribute), 10, 64)
	return number
}

// plainValues are the attributes in an object's row in the order of their
// numbers: for each its number, the number of its values, and their lengths
// and octets. Values that are read of it share its memory. The value of a link
// is as encodeLink writes it.
type plainValues string

// plainAttribute is an attribute and its values on the way to a row.
type plainAttribute struct {
	number uint16
	values []string
}

// encodeValues makes the values of a row. Attributes come in any order, each
// once; those without values are left out.
func encodeValues(attributes []plainAttribute) plainValues {
	slices.SortFunc(attributes, func(a, b plainAttribute) int { return int(a.number) - int(b.number) })
	var encoded []byte
	for _, a := range attributes {
		encoded = a.append(encoded)
	}
	return plainValues(encoded)
}

func (a plainAttribute) append(encoded []byte) []byte {
	if len(a.values) == 0 {
		return encoded
	}
	encoded = binary.AppendUvarint(encoded, uint64(a.number))
	encoded = binary.AppendUvarint(encoded, uint64(len(a.values)))
	for _, value := range a.values {
		encoded = binary.AppendUvarint(encoded, uint64(len(value)))
		encoded = append(encoded, value...)
	}
	return encoded
}

// with returns the values with those of one attribute replaced.
func (p plainValues) with(number uint16, values []string) plainValues {
	size := len(p) + 8
	for _, value := range values {
		size += len(value) + binary.MaxVarintLen16
	}
	encoded, done := make([]byte, 0, size), false
	for rest := p; rest != ""; {
		at, after := rest.attribute()
		if at >= number && !done {
			encoded, done = plainAttribute{number, values}.append(encoded), true
		}
		if at != number {
			encoded = append(encoded, rest[:len(rest)-len(after)]...)
		}
		rest = after
	}
	if !done {
		encoded = plainAttribute{number, values}.append(encoded)
	}
	return plainValues(encoded)
}

// find returns how many values an attribute has, and where they begin.
func (p plainValues) find(number uint16) (count int, values plainValues) {
	for rest := p; rest != ""; {
		at, after := rest.number()
		if at > uint64(number) {
			return 0, ""
		}
		n, after := after.number()
		if at == uint64(number) {
			return int(n), after
		}
		rest = after.skip(int(n))
	}
	return 0, ""
}

// attribute returns the number of the attribute that p begins with, and what
// comes after it.
func (p plainValues) attribute() (number uint16, after plainValues) {
	at, rest := p.number()
	count, rest := rest.number()
	return uint16(at), rest.skip(int(count))
}

// next returns the first attribute that is wanted, with its values, and what
// comes after it; nothing if there is none.
func (p plainValues) next(wanted func(number uint16) bool) (found, after plainValues) {
	for rest := p; rest != ""; rest = after {
		var number uint16
		if number, after = rest.attribute(); wanted(number) {
			return rest[:len(rest)-len(after)], after
		}
	}
	return "", ""
}

func (p plainValues) skip(count int) plainValues {
	for range count {
		_, p = p.text()
	}
	return p
}

// all iterates over the attributes and their values in the order of numbers.
func (p plainValues) all() iter.Seq2[uint16, string] {
	return func(yield func(uint16, string) bool) {
		for rest := p; rest != ""; {
			var at, count uint64
			at, rest = rest.number()
			count, rest = rest.number()
			for range count {
				var value string
				if value, rest = rest.text(); !yield(uint16(at), value) {
					return
				}
			}
		}
	}
}

func (p plainValues) text() (value string, rest plainValues) {
	size, rest := p.number()
	return string(rest[:size]), rest[size:]
}

func (p plainValues) number() (n uint64, rest plainValues) {
	for i := range len(p) {
		n |= uint64(p[i]&0x7f) << (7 * i)
		if p[i] < 0x80 {
			return n, p[i+1:]
		}
	}
	return n, ""
}

// encodeLink makes the value of a link in a row: the id of its target, and the
// octets of its data, which is hexadecimal.
func encodeLink(to int64, data string) string {
	encoded := binary.AppendUvarint(nil, uint64(to))
	octets, _ := hex.DecodeString(data) // it was read by cutBinary
	return string(append(encoded, octets...))
}

// cutLink reads a value that encodeLink wrote. The octets of the data are left
// as they are.
func cutLink(value string) (to int64, octets string) {
	id, rest := plainValues(value).number()
	return int64(id), string(rest)
}

// hexData writes the data of a link as upper-case hex digits.
func hexData(octets string) string { return strings.ToUpper(hex.EncodeToString([]byte(octets))) }

func micros(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}

func fromMicros(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMicro(at).UTC()
}
