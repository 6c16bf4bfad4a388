package ldappath

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"
)

// MaxDN is the longest distinguished name accepted, in bytes.
const MaxDN = 4096

// RDN is one relative distinguished name with a single attribute, such as
// OU=Hosting. Value is the unescaped text.
type RDN struct {
	Attribute string
	Value     string
}

// String returns the RDN in RFC 4514 form.
func (r RDN) String() string { return r.Attribute + "=" + escape(r.Value) }

// Key returns the RDN folded for comparison.
func (r RDN) Key() string {
	var buffer [64]byte
	return string(r.AppendKey(buffer[:0]))
}

// AppendKey appends Key to a slice.
func (r RDN) AppendKey(to []byte) []byte {
	to = append(appendFolded(to, r.Attribute), '=')
	if escape(r.Value) == r.Value {
		return appendFolded(to, r.Value)
	}
	return append(to, escape(Fold(r.Value))...)
}

// KeyValue returns the value as Key has it. It is the same string if it is
// plain and folded already.
func (r RDN) KeyValue() string { return escape(Fold(r.Value)) }

// appendFolded appends Fold of a text to a slice.
func appendFolded(to []byte, text string) []byte {
	start := len(to)
	for i := range len(text) {
		c := text[i]
		if c >= utf8.RuneSelf {
			return append(to[:start], Fold(text)...)
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to
}

// equal reports whether the keys of both are equal.
func (r RDN) equal(other RDN) bool {
	return strings.EqualFold(r.Attribute, other.Attribute) &&
		(r.Value == other.Value || Fold(r.Value) == Fold(other.Value))
}

// escape is ldap.EscapeDN without its copy of plain ASCII text that needs no
// escapes.
func escape(value string) string {
	if strings.HasPrefix(value, " ") || strings.HasSuffix(value, " ") {
		return escapeAny(value)
	}
	for i := range len(value) {
		switch c := value[i]; {
		case c == '\n', c == 0, c == '"', c == '#', c == '+', c == ',', c == ';', c == '<', c == '>', c == '\\', c >= utf8.RuneSelf:
			return escapeAny(value)
		}
	}
	return value
}

// escapeAny is ldap.EscapeDN, and escapes the line end that names of deleted
// objects have.
func escapeAny(value string) string { return strings.ReplaceAll(ldap.EscapeDN(value), "\n", `\0A`) }

// Fold folds a name for comparison the way the directory compares names:
// without regard to letter case.
func Fold(s string) string { return strings.ToLower(s) }

// DN is a distinguished name, leaf first. The zero value is the empty name.
type DN struct {
	rdns []RDN
}

// FromRDNs makes a name of its parts, leaf first. The name keeps the slice, which
// must not be changed any more. Values are plain text, not escaped.
func FromRDNs(rdns []RDN) DN { return DN{rdns: rdns} }

// ParseDN reads a distinguished name. Blanks around separators are ignored,
// escaped text is unescaped. The empty string, multi-valued RDNs, empty values
// and text that is not UTF-8 are refused.
func ParseDN(s string) (DN, error) {
	switch {
	case len(s) > MaxDN:
		return DN{}, fmt.Errorf("distinguished name of %d bytes is longer than %d", len(s), MaxDN)
	case !utf8.ValidString(s):
		return DN{}, errors.New("distinguished name is not UTF-8 text")
	case strings.TrimSpace(s) == "":
		return DN{}, errors.New("distinguished name is empty")
	}
	if dn, ok := parsePlain(s); ok {
		return dn, nil
	}
	return parseAny(s)
}

// parseAny reads any name by the library.
func parseAny(s string) (DN, error) {
	parsed, err := ldap.ParseDN(s)
	if err != nil {
		return DN{}, fmt.Errorf("distinguished name %q: %w", s, err)
	}
	dn := DN{rdns: make([]RDN, 0, len(parsed.RDNs))}
	for _, r := range parsed.RDNs {
		if len(r.Attributes) != 1 {
			return DN{}, fmt.Errorf("distinguished name %q: an RDN must have one attribute", s)
		}
		rdn := RDN{Attribute: strings.TrimSpace(r.Attributes[0].Type), Value: r.Attributes[0].Value}
		if !plainText(rdn.Value) {
			return DN{}, fmt.Errorf("distinguished name %q: bad value of %s", s, rdn.Attribute)
		}
		if !attributeType(rdn.Attribute) {
			return DN{}, fmt.Errorf("distinguished name %q: %q is no attribute type", s, rdn.Attribute)
		}
		dn.rdns = append(dn.rdns, rdn)
	}
	return dn, nil
}

// parsePlain reads what most names are: ASCII text without escapes, other
// special characters, or blanks around its values. It reports whether s is
// such a name; all others are left to the library.
func parsePlain(s string) (DN, bool) {
	parts := 1
	for i := range len(s) {
		switch c := s[i]; {
		case c == ',':
			parts++
		case c < ' ' || c > '~' || strings.IndexByte(`\"+;<>#`, c) >= 0:
			return DN{}, false
		}
	}
	rdns := make([]RDN, 0, parts)
	for part := range strings.SplitSeq(s, ",") {
		attribute, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || value == "" || value[0] == ' ' || strings.IndexByte(value, '=') >= 0 || !attributeType(attribute) {
			return DN{}, false
		}
		rdns = append(rdns, RDN{Attribute: attribute, Value: value})
	}
	return DN{rdns: rdns}, true
}

// MustParseDN is ParseDN for names fixed in code; it panics on a bad one.
func MustParseDN(s string) DN {
	dn, err := ParseDN(s)
	if err != nil {
		panic(err)
	}
	return dn
}

// plainText tells whether a value is text that survives being written and read
// again: no control characters, and no blanks at its ends but the plain one,
// which has an escape.
func plainText(s string) bool {
	inner := strings.Trim(s, " ")
	return inner != "" && utf8.ValidString(s) && inner == strings.TrimSpace(inner) &&
		!strings.ContainsFunc(s, unicode.IsControl)
}

func attributeType(s string) bool {
	for i, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}

// String gives the name in RFC 4514 form, without blanks.
func (d DN) String() string {
	var buffer [256]byte
	text := buffer[:0]
	for i, r := range d.rdns {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(append(append(text, r.Attribute...), '='), escape(r.Value)...)
	}
	return string(text)
}

// ADsPath gives the serverless path, "LDAP://" and the name, with slashes
// escaped.
func (d DN) ADsPath() string { return Path{DN: d}.String() }

// Key gives the name folded, root first, each RDN ended by a comma. Two names
// are equal exactly if their keys are, and one lies under another exactly if
// its key begins with the other's.
func (d DN) Key() string {
	var buffer [256]byte
	return string(d.AppendKey(buffer[:0]))
}

// AppendKey appends Key to a slice.
func (d DN) AppendKey(to []byte) []byte {
	for i := len(d.rdns) - 1; i >= 0; i-- {
		to = append(d.rdns[i].AppendKey(to), ',')
	}
	return to
}

// IsZero tells whether the name is empty.
func (d DN) IsZero() bool { return len(d.rdns) == 0 }

// Len is the number of RDNs.
func (d DN) Len() int { return len(d.rdns) }

// RDN gives the leaf. It is zero for the empty name.
func (d DN) RDN() RDN {
	if len(d.rdns) == 0 {
		return RDN{}
	}
	return d.rdns[0]
}

// RDNs gives a copy of the parts, leaf first.
func (d DN) RDNs() []RDN { return append([]RDN(nil), d.rdns...) }

// At returns the part of an index, leaf first: At(0) is RDN. It panics if there
// is no such part.
func (d DN) At(i int) RDN { return d.rdns[i] }

// AppendRDNs appends the parts to a slice, leaf first.
func (d DN) AppendRDNs(to []RDN) []RDN { return append(to, d.rdns...) }

// Parent gives the name without its leaf.
func (d DN) Parent() DN {
	if len(d.rdns) == 0 {
		return DN{}
	}
	return DN{rdns: d.rdns[1:]}
}

// Child gives the name of an entry directly below d. The value is plain text,
// not escaped.
func (d DN) Child(attribute, value string) DN {
	rdns := make([]RDN, 0, len(d.rdns)+1)
	rdns = append(rdns, RDN{Attribute: attribute, Value: value})
	return DN{rdns: append(rdns, d.rdns...)}
}

// Equal tells whether both names denote the same entry.
func (d DN) Equal(other DN) bool {
	if len(d.rdns) != len(other.rdns) {
		return false
	}
	for i := range d.rdns {
		if !d.rdns[i].equal(other.rdns[i]) {
			return false
		}
	}
	return true
}

// Under tells whether d is base or lies below it.
func (d DN) Under(base DN) bool {
	n := len(d.rdns) - len(base.rdns)
	return n >= 0 && DN{rdns: d.rdns[n:]}.Equal(base)
}

// Same reports whether d is written as the name is that other has without its
// first parts, letter for letter.
func (d DN) Same(other DN, without int) bool { return slices.Equal(d.rdns, other.rdns[without:]) }

// Domain gives the DNS name spelled by the DC parts, "fabrikam.com" for
// DC=fabrikam,DC=com, and "" if there are none.
func (d DN) Domain() string {
	var labels []string
	for _, r := range d.rdns {
		if strings.EqualFold(r.Attribute, "DC") {
			labels = append(labels, r.Value)
		}
	}
	return strings.Join(labels, ".")
}
