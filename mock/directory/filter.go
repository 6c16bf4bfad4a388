package directory

import (
	"fmt"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"wsexchange/internal/ldappath"
)

// Filter is a search filter, read from its text or from the wire. It never
// changes and may be used by any number of goroutines.
type Filter struct {
	op        ber.Tag // one of go-ldap's Filter constants
	parts     []*Filter
	attribute AttributeType
	known     bool   // the attribute is in the schema; if not, the item is undefined
	value     string // the octets of the assertion
	pieces    pieces
	rule      string // OID of an extensible match

	// What the assertion says, read once.
	asked   string // in the stored form
	folded  string // asked, folded
	bad     bool   // the assertion is not of the attribute's syntax
	number  int64  // of an assertion about numbers
	numeric bool
	classes []bool // by number, of an equality of objectClass: those that match
}

// pieces are the parts of a substring assertion, folded.
type pieces struct {
	initial string
	any     []string
	final   string
}

// Limits of a filter.
const (
	maxFilterText  = 1 << 16
	maxFilterDepth = 64
	maxFilterItems = 1024
)

// Everything is the filter that each object matches.
func Everything() *Filter {
	return &Filter{op: ldap.FilterPresent, attribute: attributeTypes[attributeObjectClass], known: true}
}

// ParseFilter reads a filter in its text form, such as (&(cn=a*)(!(mail=*))).
// A malformed one is ErrBadFilter.
func ParseFilter(text string) (*Filter, error) {
	if len(text) > maxFilterText {
		return nil, fmt.Errorf("%w: %d characters are more than %d", ErrBadFilter, len(text), maxFilterText)
	}
	packet, err := ldap.CompileFilter(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("%w %q: %v", ErrBadFilter, text, err)
	}
	return FilterFromPacket(packet)
}

// FilterFromPacket reads a filter as LDAP sends it.
func FilterFromPacket(packet *ber.Packet) (*Filter, error) {
	items := 0
	return readFilter(packet, 0, &items)
}

func readFilter(packet *ber.Packet, depth int, items *int) (*Filter, error) {
	*items++
	if depth > maxFilterDepth || *items > maxFilterItems {
		return nil, fmt.Errorf("%w: deeper than %d or more than %d items", ErrBadFilter, maxFilterDepth, maxFilterItems)
	}
	f := &Filter{op: packet.Tag}
	switch packet.Tag {
	case ldap.FilterAnd, ldap.FilterOr, ldap.FilterNot:
		for _, child := range packet.Children {
			part, err := readFilter(child, depth+1, items)
			if err != nil {
				return nil, err
			}
			f.parts = append(f.parts, part)
		}
		if packet.Tag == ldap.FilterNot && len(f.parts) != 1 {
			return nil, fmt.Errorf("%w: not of %d items", ErrBadFilter, len(f.parts))
		}
		return f, nil
	case ldap.FilterPresent:
		f.name(packetText(packet))
		return f, nil
	case ldap.FilterEqualityMatch, ldap.FilterGreaterOrEqual, ldap.FilterLessOrEqual, ldap.FilterApproxMatch:
		if len(packet.Children) != 2 {
			return nil, fmt.Errorf("%w: assertion of %d parts", ErrBadFilter, len(packet.Children))
		}
		f.name(packetText(packet.Children[0]))
		f.assert(packetText(packet.Children[1]))
		return f.ambiguous(packetText(packet.Children[0])), nil
	case ldap.FilterSubstrings:
		return f, f.readSubstrings(packet)
	case ldap.FilterExtensibleMatch:
		return f, f.readExtensible(packet)
	}
	return nil, fmt.Errorf("%w: choice %d", ErrBadFilter, packet.Tag)
}

// packetText returns the octets of a primitive, built here or read from the wire.
func packetText(packet *ber.Packet) string {
	if text, ok := packet.Value.(string); ok {
		return text
	}
	return packet.Data.String()
}

// name sets the attribute; options after a semicolon do not matter here.
func (f *Filter) name(attribute string) {
	plain, _, _ := strings.Cut(attribute, ";")
	a, err := LookupAttribute(plain)
	f.attribute, f.known = a, err == nil
}

// assert sets the assertion, after the attribute was set.
func (f *Filter) assert(octets string) {
	f.value = octets
	if !f.known {
		return
	}
	asked, err := f.attribute.assertion(octets)
	f.asked, f.folded, f.bad = asked, ldappath.Fold(asked), err != nil
	switch f.attribute.Syntax {
	case SyntaxInteger, SyntaxLarge:
		f.number, err = strconv.ParseInt(asked, 10, 64)
		f.numeric = err == nil
	}
	if f.op == ldap.FilterEqualityMatch && f.attribute.number == attributeObjectClass {
		f.classes = make([]bool, len(classes))
		for _, class := range descending(octets) {
			f.classes[class] = true
		}
	}
}

// ambiguousNames is what ambiguous name resolution (anr=text) looks in, by
// prefix. F108.
var ambiguousNames = []string{"displayName", "givenName", "sn", "name", "sAMAccountName", "mail", "physicalDeliveryOfficeName"}

// ambiguous turns (anr=text) into the search that it stands for and leaves
// every other item as it is.
func (f *Filter) ambiguous(attribute string) *Filter {
	if !strings.EqualFold(attribute, "anr") || f.value == "" {
		return f
	}
	any := &Filter{op: ldap.FilterOr}
	for _, name := range ambiguousNames {
		any.parts = append(any.parts, prefix(name, f.value))
	}
	// Of two words one may be the first name and the other the last, either way.
	if one, two, both := strings.Cut(strings.TrimSpace(f.value), " "); both {
		two = strings.TrimSpace(two)
		for _, names := range [][2]string{{one, two}, {two, one}} {
			any.parts = append(any.parts, &Filter{op: ldap.FilterAnd, parts: []*Filter{prefix("givenName", names[0]), prefix("sn", names[1])}})
		}
	}
	return any
}

// prefix is (attribute=text*).
func prefix(attribute, text string) *Filter {
	f := &Filter{op: ldap.FilterSubstrings, pieces: pieces{initial: strings.ToLower(text)}}
	f.name(attribute)
	return f
}

func (f *Filter) readSubstrings(packet *ber.Packet) error {
	if len(packet.Children) != 2 || len(packet.Children[1].Children) == 0 {
		return fmt.Errorf("%w: substrings without parts", ErrBadFilter)
	}
	f.name(packetText(packet.Children[0]))
	for _, part := range packet.Children[1].Children {
		text := strings.ToLower(packetText(part))
		switch part.Tag {
		case ldap.FilterSubstringsInitial:
			f.pieces.initial = text
		case ldap.FilterSubstringsAny:
			f.pieces.any = append(f.pieces.any, text)
		case ldap.FilterSubstringsFinal:
			f.pieces.final = text
		default:
			return fmt.Errorf("%w: substring part %d", ErrBadFilter, part.Tag)
		}
	}
	return nil
}

func (f *Filter) readExtensible(packet *ber.Packet) error {
	value := ""
	for _, part := range packet.Children {
		switch part.Tag {
		case ldap.MatchingRuleAssertionMatchingRule:
			f.rule = packetText(part)
		case ldap.MatchingRuleAssertionType:
			f.name(packetText(part))
		case ldap.MatchingRuleAssertionMatchValue:
			value = packetText(part)
		}
	}
	f.assert(value)
	switch f.rule {
	case "", ruleBitAnd, ruleBitOr, ruleInChain:
	default:
		f.known = false // a rule that is not known makes an item undefined, too
	}
	return nil
}
