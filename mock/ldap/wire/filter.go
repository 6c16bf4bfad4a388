package wire

import (
	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Filter is a search filter. Which fields are set depends on the choice, which
// is one of go-ldap's Filter constants.
type Filter struct {
	Choice     ber.Tag
	Parts      []Filter // of and, or, not
	Attribute  string
	Value      string // of an assertion, its octets
	Substrings *Substrings
	Rule       string // of an extensible match: an OID
	// DNAttributes asks an extensible match to look at the names of entries too.
	DNAttributes bool
}

// Substrings are the parts of a substring assertion. An initial or final part
// that is empty is missing, for RFC 4511 has no empty ones.
type Substrings struct {
	Initial string
	Any     []string
	Final   string
}

// maxFilterDepth bounds how deep a filter nests, apart from the message around
// it.
const maxFilterDepth = 64

func readFilter(f *Filter, c *cursor[string], depth int) error {
	if depth > maxFilterDepth {
		return syntax("the filter nests more than %d deep", maxFilterDepth)
	}
	if !c.more() {
		return syntax("filter is missing")
	}
	tag, content, err := c.next()
	if err != nil {
		return err
	}
	f.Choice = ber.Tag(tag & numberMask)
	isSet := tag&constructed != 0
	if tag&classMask != context || isSet == (f.Choice == ldap.FilterPresent) {
		return syntax("filter has the tag 0x%02x", tag)
	}
	switch f.Choice {
	case ldap.FilterAnd, ldap.FilterOr, ldap.FilterNot:
		return f.readParts(cursor[string]{rest: content}, depth)
	case ldap.FilterPresent:
		f.Attribute = content
		return nil
	case ldap.FilterEqualityMatch, ldap.FilterGreaterOrEqual, ldap.FilterLessOrEqual, ldap.FilterApproxMatch:
		f.Attribute, f.Value, err = readAssertion(content)
		return err
	case ldap.FilterSubstrings:
		return f.readSubstrings(cursor[string]{rest: content})
	case ldap.FilterExtensibleMatch:
		return f.readExtensible(cursor[string]{rest: content})
	}
	return syntax("filter has the unknown choice %d", f.Choice)
}

func (f *Filter) readParts(c cursor[string], depth int) error {
	n := c.count()
	if f.Choice == ldap.FilterNot && n != 1 {
		return syntax("a negation has %d filters, not one", n)
	}
	if n == 0 {
		return nil // absolute true and false: RFC 4526
	}
	f.Parts = make([]Filter, n)
	for i := range f.Parts {
		if err := readFilter(&f.Parts[i], &c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (f *Filter) readSubstrings(c cursor[string]) (err error) {
	if f.Attribute, err = c.element(tagOctets, "attribute"); err != nil {
		return err
	}
	content, err := c.element(tagSequence, "substrings")
	if err != nil {
		return err
	}
	parts := cursor[string]{rest: content}
	if !parts.more() {
		return syntax("substrings without parts")
	}
	f.Substrings = &Substrings{}
	for first := true; parts.more(); first = false {
		tag, part, err := parts.next()
		if err != nil {
			return err
		}
		if err := f.Substrings.add(tag, part, first, !parts.more()); err != nil {
			return err
		}
	}
	return nil
}

func (s *Substrings) add(tag byte, part string, first, last bool) error {
	switch {
	case part == "":
		return syntax("a substring is empty")
	case tag == context|ldap.FilterSubstringsInitial && first:
		s.Initial = part
	case tag == context|ldap.FilterSubstringsAny:
		s.Any = append(s.Any, part)
	case tag == context|ldap.FilterSubstringsFinal && last:
		s.Final = part
	default:
		return syntax("substring 0x%02x is not where it may be", tag)
	}
	return nil
}

func (f *Filter) readExtensible(c cursor[string]) error {
	hasValue := false
	for c.more() {
		tag, content, err := c.next()
		if err != nil {
			return err
		}
		switch tag {
		case context | ldap.MatchingRuleAssertionMatchingRule:
			f.Rule = content
		case context | ldap.MatchingRuleAssertionType:
			f.Attribute = content
		case context | ldap.MatchingRuleAssertionMatchValue:
			f.Value, hasValue = content, true
		case context | ldap.MatchingRuleAssertionDNAttributes:
			if f.DNAttributes, err = truth(content, "dnAttributes"); err != nil {
				return err
			}
		}
	}
	if !hasValue || f.Rule == "" && f.Attribute == "" {
		return syntax("an extensible match needs a value and a rule or an attribute")
	}
	return nil
}

// Packet returns the filter as go-ldap's packets.
func (f *Filter) Packet() *ber.Packet {
	p := ber.Encode(ber.ClassContext, ber.TypeConstructed, f.Choice, nil, "filter")
	switch f.Choice {
	case ldap.FilterAnd, ldap.FilterOr, ldap.FilterNot:
		for i := range f.Parts {
			p.AppendChild(f.Parts[i].Packet())
		}
	case ldap.FilterPresent:
		return ber.NewString(ber.ClassContext, ber.TypePrimitive, f.Choice, f.Attribute, "attribute")
	case ldap.FilterSubstrings:
		p.AppendChild(octets(f.Attribute))
		p.AppendChild(f.Substrings.packet())
	case ldap.FilterExtensibleMatch:
		f.appendExtensible(p)
	default:
		p.AppendChild(octets(f.Attribute))
		p.AppendChild(octets(f.Value))
	}
	return p
}

func octets(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func appendText(p *ber.Packet, tag ber.Tag, s string) {
	if s != "" {
		p.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, tag, s, ""))
	}
}

func (s *Substrings) packet() *ber.Packet {
	p := ber.NewSequence("substrings")
	appendText(p, ldap.FilterSubstringsInitial, s.Initial)
	for _, part := range s.Any {
		appendText(p, ldap.FilterSubstringsAny, part)
	}
	appendText(p, ldap.FilterSubstringsFinal, s.Final)
	return p
}

func (f *Filter) appendExtensible(p *ber.Packet) {
	appendText(p, ldap.MatchingRuleAssertionMatchingRule, f.Rule)
	appendText(p, ldap.MatchingRuleAssertionType, f.Attribute)
	p.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, ldap.MatchingRuleAssertionMatchValue, f.Value, ""))
	if f.DNAttributes {
		p.AppendChild(ber.NewBoolean(ber.ClassContext, ber.TypePrimitive, ldap.MatchingRuleAssertionDNAttributes, true, ""))
	}
}

// String returns the filter in the text form of RFC 4515.
func (f *Filter) String() string {
	s, err := ldap.DecompileFilter(f.Packet())
	if err != nil {
		return "(not a filter)"
	}
	return s
}
