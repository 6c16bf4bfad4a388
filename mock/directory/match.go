package directory

import (
	"encoding/hex"
	"errors"
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"wsexchange/internal/ldappath"
)

// truthValue is the value of a filter: an item about an attribute that the
// schema does not have, or that has no rule for it, is undefined, neither true
// nor false.
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

// matcher matches rows against one filter.
type matcher struct {
	d       Directory
	spend   func(objects int) error // asked before work is done; nil is not asked
	targets map[*Filter]*record     // named by DN assertions; nil for those that do not exist
	chains  map[*Filter]*chain      // of the items that look through groups
	last    *Object                 // made last, of the row lastRow
	lastRow *record
}

func newMatcher(d Directory) *matcher { return &matcher{d: d} }

// Matches reports whether an object matches a filter. An object that is gone
// matches none.
func (d Directory) Matches(o *Object, f *Filter) (bool, error) {
	if err := d.tx.Ready(false); err != nil {
		return false, err
	}
	r := objects.Get(d.tx, o.ID)
	if r == nil {
		return false, nil
	}
	verdict, err := newMatcher(d).match(r, f)
	return verdict == matched, err
}

func verdictOf(is bool) truthValue {
	if is {
		return matched
	}
	return untrue
}

// spent asks whether some more objects may be looked at.
func (m *matcher) spent(objects int) error {
	if m.spend == nil {
		return nil
	}
	return m.spend(objects)
}

// object makes the object of a row, once while the row is looked at.
func (m *matcher) object(r *record) *Object {
	if m.lastRow != r {
		m.last, m.lastRow = m.d.object(r), r
	}
	return m.last
}

func (m *matcher) match(r *record, f *Filter) (truthValue, error) {
	switch f.op {
	case ldap.FilterAnd, ldap.FilterOr:
		return m.matchParts(r, f)
	case ldap.FilterNot:
		verdict, err := m.match(r, f.parts[0])
		return matched - verdict, err
	}
	if !f.known || !f.ruled() {
		return undefined, nil
	}
	if decide := special(f); decide != nil {
		return decide(m, r, f)
	}
	compare, ok := comparisons[f.op]
	if !ok {
		return undefined, nil
	}
	return verdictOf(m.any(r, f, compare)), nil
}

// ruled reports whether the attribute's syntax has a rule for the item: names
// have neither substrings nor an order.
func (f *Filter) ruled() bool {
	switch f.op {
	case ldap.FilterSubstrings, ldap.FilterGreaterOrEqual, ldap.FilterLessOrEqual:
		return !f.attribute.named()
	}
	return true
}

// any reports whether a value of the item's attribute is as it asks. Values of
// the row are looked at where they are.
func (m *matcher) any(r *record, f *Filter, compare func(*Filter, string) bool) bool {
	a := f.attribute
	var values []string
	switch {
	case fromRow[a.number] != nil:
		values = fromRow[a.number](r)
	case fromDirectory[a.number] != nil:
		values = fromDirectory[a.number](m.d, m.object(r))
	case a.Link():
		if f.op == ldap.FilterPresent {
			for range m.d.linksFrom(r.id, a.number) {
				return true
			}
			return false
		}
		values = m.d.linkValues(r.id, a)
	default:
		count, rest := r.plain.find(a.number)
		for range count {
			var value string
			if value, rest = rest.text(); compare(f, value) {
				return true
			}
		}
		return false
	}
	for _, value := range values {
		if compare(f, value) {
			return true
		}
	}
	return false
}

// matchParts joins the parts of an and (the least of them) or an or (the most).
func (m *matcher) matchParts(r *record, f *Filter) (truthValue, error) {
	end := untrue
	if f.op == ldap.FilterOr {
		end = matched
	}
	verdict := matched - end
	for _, part := range f.parts {
		one, err := m.match(r, part)
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

// special finds the items that are decided without reading values; nil for all
// others.
func special(f *Filter) func(*matcher, *record, *Filter) (truthValue, error) {
	_, back := forwardOf[f.attribute.number]
	switch equality := f.op == ldap.FilterEqualityMatch; {
	case f.op == ldap.FilterExtensibleMatch && f.rule == ruleInChain:
		return (*matcher).inChain
	case equality && f.classes != nil:
		return func(_ *matcher, r *record, f *Filter) (truthValue, error) { return verdictOf(f.classes[r.class]), nil }
	case equality && f.attribute.Link() && f.attribute.Syntax == SyntaxDN, equality && back:
		return (*matcher).linked
	case equality && f.attribute.number == attributeObjectCategory:
		return (*matcher).category
	}
	return nil
}

// target finds the object that a DN assertion names, nil if there is none.
func (m *matcher) target(f *Filter) *record {
	r, known := m.targets[f]
	if !known {
		if dn, err := ldappath.ParseDN(f.value); err == nil {
			r = m.d.lookup(dn)
		}
		if m.targets == nil {
			m.targets = make(map[*Filter]*record)
		}
		m.targets[f] = r
	}
	return r
}

// linked decides whether an object has a link to, or a back-link from, the
// object named.
func (m *matcher) linked(r *record, f *Filter) (truthValue, error) {
	other := m.target(f)
	if other == nil {
		return untrue, nil
	}
	if forward, ok := forwardOf[f.attribute.number]; ok {
		return verdictOf(m.d.hasLink(other.id, forward, r.id, "")), nil
	}
	return verdictOf(m.d.hasLink(r.id, f.attribute.number, other.id, "")), nil
}

// category decides about objectCategory, which callers give as a class's name
// or as the name of its schema object.
func (m *matcher) category(r *record, f *Filter) (truthValue, error) {
	own := classes[r.class].Category
	if r.deleted && r.id != 0 {
		return untrue, nil
	}
	if asked, ok := classNumber(f.value); ok {
		return verdictOf(classes[asked].Category == own), nil
	}
	if ldappath.Fold(f.value) == ldappath.Fold(own) {
		return matched, nil
	}
	dn, err := ldappath.ParseDN(f.value)
	return verdictOf(err == nil && dn.Equal(schemaDN(m.object(r).DN).Child("CN", own))), nil
}

// comparisons decide the items about single values.
var comparisons = map[ber.Tag]func(f *Filter, value string) bool{
	ldap.FilterPresent:         func(*Filter, string) bool { return true },
	ldap.FilterEqualityMatch:   (*Filter).equal,
	ldap.FilterApproxMatch:     (*Filter).equal,
	ldap.FilterGreaterOrEqual:  func(f *Filter, value string) bool { return f.order(value, 1) },
	ldap.FilterLessOrEqual:     func(f *Filter, value string) bool { return f.order(value, -1) },
	ldap.FilterSubstrings:      func(f *Filter, value string) bool { return f.pieces.in(ldappath.Fold(value)) },
	ldap.FilterExtensibleMatch: matchRule,
}

func matchRule(f *Filter, value string) bool {
	if f.rule == "" {
		return f.equal(value)
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

// equal compares a stored value with the assertion by the attribute's syntax.
func (f *Filter) equal(value string) bool {
	if f.bad {
		return false
	}
	if f.attribute.named() {
		held, err := f.attribute.assertion(value)
		return err == nil && held == f.asked
	}
	return ldappath.Fold(value) == f.folded
}

// assertion returns the stored form of the octets that a filter compares with.
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
			return "", errors.New("not a DN with binary")
		}
		dn, err := ldappath.ParseDN(name)
		return data + ":" + dn.Key(), err
	case a.named():
		dn, err := ldappath.ParseDN(octets)
		return dn.Key(), err
	}
	if parse, ok := parsers[a.Syntax]; ok {
		normal, _, err := parse(octets)
		return normal, err
	}
	return octets, nil
}

// order reports whether a stored value is at least (sign 1) or at most (sign -1)
// the assertion: numbers as numbers, all else as folded text. An assertion that
// is not of the syntax matches nothing.
func (f *Filter) order(value string, sign int) bool {
	if f.bad {
		return false
	}
	switch f.attribute.Syntax {
	case SyntaxInteger, SyntaxLarge:
		held, err := strconv.ParseInt(value, 10, 64)
		return err == nil && f.numeric && (sign > 0 && held >= f.number || sign < 0 && held <= f.number)
	}
	return strings.Compare(ldappath.Fold(value), f.folded)*sign >= 0
}

// in reports whether a folded value holds the pieces in their order.
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
