package store

import (
	"cmp"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"wsexchange/internal/ldappath"
)

// truthValue is the value of a filter: an item about an attribute that the schema
// does not have is undefined, neither true nor false.
type truthValue int

const (
	untrue truthValue = iota
	undefined
	matched
)

// Matching rules of the original. F108.
const (
	ruleBitAnd  = "1.2.840.113556.1.4.803"
	ruleBitOr   = "1.2.840.113556.1.4.804"
	ruleInChain = "1.2.840.113556.1.4.1941"
)

// matcher matches objects against one filter.
type matcher struct {
	t       *Tx
	targets map[*Filter]*Object // objects named by DN assertions; nil for those that do not exist
}

func newMatcher(t *Tx) *matcher { return &matcher{t: t, targets: make(map[*Filter]*Object)} }

// Matches tells whether an object matches a filter.
func (t *Tx) Matches(o *Object, f *Filter) (bool, error) {
	verdict, err := newMatcher(t).match(o, f)
	return verdict == matched, err
}

func verdictOf(is bool) truthValue {
	if is {
		return matched
	}
	return untrue
}

func (m *matcher) match(o *Object, f *Filter) (truthValue, error) {
	switch f.op {
	case ldap.FilterAnd, ldap.FilterOr:
		return m.matchParts(o, f)
	case ldap.FilterNot:
		verdict, err := m.match(o, f.parts[0])
		return matched - verdict, err
	}
	if !f.known {
		return undefined, nil
	}
	if decide, ok := special(f); ok {
		return decide(m, o, f)
	}
	values, err := m.t.values(o, f.attribute)
	if err != nil {
		return undefined, err
	}
	compare, ok := comparisons[f.op]
	if !ok {
		return undefined, nil
	}
	for _, value := range values {
		if compare(f, value) {
			return matched, nil
		}
	}
	return untrue, nil
}

// matchParts joins the parts of an and (the least of them) or an or (the most).
func (m *matcher) matchParts(o *Object, f *Filter) (truthValue, error) {
	end := untrue
	if f.op == ldap.FilterOr {
		end = matched
	}
	verdict := matched - end
	for _, part := range f.parts {
		one, err := m.match(o, part)
		if err != nil {
			return undefined, err
		}
		if one == end {
			return end, nil
		}
		if one == undefined {
			verdict = undefined
		}
	}
	return verdict, nil
}

// special finds the items that are decided without reading values.
func special(f *Filter) (func(*matcher, *Object, *Filter) (truthValue, error), bool) {
	_, back := backLinks[f.attribute.Name]
	switch equality := f.op == ldap.FilterEqualityMatch; {
	case f.op == ldap.FilterExtensibleMatch && f.rule == ruleInChain:
		return (*matcher).inChain, true
	case equality && f.attribute.Link() && f.attribute.Syntax == SyntaxDN, equality && back:
		return (*matcher).linked, true
	case equality && f.attribute.Name == "objectCategory":
		return (*matcher).category, true
	}
	return nil, false
}

// target finds the object that a DN assertion names.
func (m *matcher) target(f *Filter) (*Object, error) {
	if o, ok := m.targets[f]; ok {
		return o, nil
	}
	dn, err := ldappath.ParseDN(f.value)
	if err != nil {
		return nil, nil
	}
	o, err := m.t.lookup(dn)
	if err == nil {
		m.targets[f] = o
	}
	return o, err
}

// linked decides whether an object has a link to, or a back-link from, the
// object named.
func (m *matcher) linked(o *Object, f *Filter) (truthValue, error) {
	other, err := m.target(f)
	if err != nil || other == nil {
		return untrue, err
	}
	from, to, attribute := o, other, f.attribute
	if forward, ok := backLinks[f.attribute.Name]; ok {
		from, to = other, o
		if attribute, err = LookupAttribute(forward); err != nil {
			return undefined, err
		}
	}
	is, err := m.t.hasLink(from, attribute, target{object: to})
	return verdictOf(is), err
}

// inChain decides membership through any number of groups.
func (m *matcher) inChain(o *Object, f *Filter) (truthValue, error) {
	other, err := m.target(f)
	if err != nil || other == nil {
		return untrue, err
	}
	var is bool
	switch f.attribute.Name {
	case "memberOf":
		is, err = m.t.IsMember(o, other)
	case "member":
		is, err = m.t.IsMember(other, o)
	default:
		return undefined, nil
	}
	return verdictOf(is), err
}

// category decides about objectCategory, which callers give as a class's name
// or as the name of its schema object.
func (m *matcher) category(o *Object, f *Filter) (truthValue, error) {
	own, ok := LookupClass(o.Class)
	if !ok {
		return untrue, nil
	}
	if asked, ok := LookupClass(f.value); ok {
		return verdictOf(asked.Category == own.Category), nil
	}
	if schemaNamed(f.value, own.Category) {
		return matched, nil
	}
	dn, err := ldappath.ParseDN(f.value)
	return verdictOf(err == nil && dn.Equal(schemaDN(o.DN).Child("CN", own.Category))), nil
}

func schemaNamed(a, b string) bool { return ldappath.Fold(a) == ldappath.Fold(b) }

// comparisons decide the items about single values.
var comparisons = map[ber.Tag]func(f *Filter, value string) bool{
	ldap.FilterPresent:         func(*Filter, string) bool { return true },
	ldap.FilterEqualityMatch:   func(f *Filter, value string) bool { return f.attribute.equal(value, f.value) },
	ldap.FilterApproxMatch:     func(f *Filter, value string) bool { return f.attribute.equal(value, f.value) },
	ldap.FilterGreaterOrEqual:  func(f *Filter, value string) bool { return f.attribute.order(value, f.value, 1) },
	ldap.FilterLessOrEqual:     func(f *Filter, value string) bool { return f.attribute.order(value, f.value, -1) },
	ldap.FilterSubstrings:      func(f *Filter, value string) bool { return f.pieces.in(ldappath.Fold(value)) },
	ldap.FilterExtensibleMatch: matchRule,
}

func matchRule(f *Filter, value string) bool {
	if f.rule == "" {
		return f.attribute.equal(value, f.value)
	}
	held, heldErr := strconv.ParseInt(value, 10, 64)
	asked, askedErr := strconv.ParseInt(f.value, 10, 64)
	if heldErr != nil || askedErr != nil {
		return false
	}
	switch f.rule {
	case ruleBitAnd:
		return held&asked == asked
	case ruleBitOr:
		return held&asked != 0
	}
	return false
}

// equal compares a stored value with an assertion by the attribute's syntax.
func (a AttributeType) equal(value, assertion string) bool {
	asked, err := a.assertion(assertion)
	if err != nil {
		return false
	}
	if a.Syntax == SyntaxDN || a.Syntax == SyntaxDNBinary || a.Name == "distinguishedName" {
		held, err := a.assertion(value)
		return err == nil && held == asked
	}
	return ldappath.Fold(value) == ldappath.Fold(asked)
}

// assertion gives the stored form of the octets that a filter compares with.
func (a AttributeType) assertion(octets string) (string, error) {
	switch {
	case a.Syntax == SyntaxOctets:
		if guid, err := ParseGUID(octets); err == nil && len(octets) > 16 {
			return guid.Octets(), nil
		}
		return strings.ToUpper(hex.EncodeToString([]byte(octets))), nil
	case a.Syntax == SyntaxSID && !strings.HasPrefix(strings.ToUpper(octets), "S-"):
		sid, err := SIDFromOctets([]byte(octets))
		return string(sid), err
	case a.Syntax == SyntaxDNBinary:
		data, name, ok := cutBinary(octets)
		if !ok {
			return "", errors.New("no DN with binary")
		}
		dn, err := ldappath.ParseDN(name)
		return data + ":" + dn.Key(), err
	case a.Syntax == SyntaxDN || a.Name == "distinguishedName":
		dn, err := ldappath.ParseDN(octets)
		return dn.Key(), err
	}
	if parse, ok := parsers[a.Syntax]; ok {
		normal, _, err := parse(octets)
		return normal, err
	}
	return octets, nil
}

// order tells whether a stored value is at least (sign 1) or at most (sign -1)
// an assertion: numbers as numbers, all else as folded text. An assertion that
// is not of the syntax matches nothing.
func (a AttributeType) order(value, assertion string, sign int) bool {
	asked, err := a.assertion(assertion)
	if err != nil {
		return false
	}
	if a.Syntax == SyntaxInteger || a.Syntax == SyntaxLarge {
		heldNumber, heldErr := strconv.ParseInt(value, 10, 64)
		askedNumber, askedErr := strconv.ParseInt(asked, 10, 64)
		return heldErr == nil && askedErr == nil && cmp.Compare(heldNumber, askedNumber)*sign >= 0
	}
	return strings.Compare(ldappath.Fold(value), ldappath.Fold(asked))*sign >= 0
}

// in tells whether a folded value holds the pieces in their order.
func (p pieces) in(value string) bool {
	rest, ok := strings.CutPrefix(value, p.initial)
	if !ok {
		return false
	}
	for _, piece := range p.any {
		i := strings.Index(rest, piece)
		if i < 0 {
			return false
		}
		rest = rest[i+len(piece):]
	}
	return strings.HasSuffix(rest, p.final)
}
