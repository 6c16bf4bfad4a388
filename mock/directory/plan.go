package directory

import (
	"iter"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// source finds, through an index, all objects that can match a filter item. It
// may find others, and one several times.
type source struct {
	index string // for tests
	rows  iter.Seq[*record]
}

// none finds nothing: the item cannot match.
var none = source{"none", func(func(*record) bool) {}}

// plan returns the shortest source of what can match the filter, and false if
// there are no indexes for it.
func (m *matcher) plan(f *Filter) (source, bool, error) {
	switch f.op {
	case ldap.FilterAnd:
		return m.planAnd(f)
	case ldap.FilterOr:
		return m.planOr(f)
	case ldap.FilterEqualityMatch:
		found, ok := m.planEquality(f)
		return found, ok, nil
	case ldap.FilterSubstrings:
		found, ok := m.planPrefix(f)
		return found, ok, nil
	case ldap.FilterExtensibleMatch:
		if f.known && f.rule == ruleInChain {
			return m.planChain(f)
		}
	}
	return source{}, false, nil
}

// planAnd takes the part that finds the fewest.
func (m *matcher) planAnd(f *Filter) (source, bool, error) {
	var all []source
	for _, part := range f.parts {
		some, ok, err := m.plan(part)
		if err != nil {
			return source{}, false, err
		}
		if ok {
			all = append(all, some)
		}
	}
	switch len(all) {
	case 0:
		return source{}, false, nil
	case 1:
		return all[0], true, nil
	}
	best, err := m.shortest(all)
	return best, err == nil, err
}

// shortest returns the source that ends first, with the rows that it found.
func (m *matcher) shortest(all []source) (source, error) {
	sequences := make([]iter.Seq[*record], len(all))
	for i, one := range all {
		sequences[i] = one.rows
	}
	number, rows, err := shortest(sequences, m.spend)
	if err != nil {
		return source{}, err
	}
	return source{all[number].index, slices.Values(rows)}, nil
}

// planOr joins the parts, if each has an index.
func (m *matcher) planOr(f *Filter) (source, bool, error) {
	var names []string
	var rows []iter.Seq[*record]
	for _, part := range f.parts {
		some, ok, err := m.plan(part)
		if err != nil || !ok {
			return source{}, false, err
		}
		names, rows = append(names, some.index), append(rows, some.rows)
	}
	return source{strings.Join(names, "|"), join(rows...)}, true, nil
}

func join(all ...iter.Seq[*record]) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for _, one := range all {
			for r := range one {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// perhaps yields a row unless it is nil.
func perhaps(r *record) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		if r != nil {
			yield(r)
		}
	}
}

// textIndex is an index that finds objects by a folded text.
type textIndex struct {
	name string
	find func(tx *state.Tx, folded string) iter.Seq2[string, *record] // from the text on
}

// textIndexes are the attributes that have an index of their own.
var textIndexes = byNumber(map[string]*textIndex{
	"name":         {"rdn", byName.From},
	"cn":           {"rdn", byName.From},
	"ou":           {"rdn", byName.From},
	KindSAM:        {KindSAM, bySAM.From},
	KindUPN:        {KindUPN, byUPN.From},
	proxyAddresses: {KindAddress, byAddress.From},
})

// while yields rows as long as their texts are as wanted.
func while(from iter.Seq2[string, *record], wanted func(string) bool) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for text, r := range from {
			if !wanted(text) || !yield(r) {
				return
			}
		}
	}
}

// equalValue returns the objects with a folded value of an Indexed attribute.
func equalValue(tx *state.Tx, attribute uint16, folded string) iter.Seq[*record] {
	if index := textIndexes[attribute]; index != nil {
		return while(index.find(tx, folded), func(text string) bool { return text == folded })
	}
	return byValue.Is(tx, keyOfValue(attribute, folded))
}

// prefixValue returns the objects with a value that begins as given.
func prefixValue(tx *state.Tx, attribute uint16, folded string) iter.Seq[*record] {
	if index := textIndexes[attribute]; index != nil {
		return while(index.find(tx, folded), func(text string) bool { return strings.HasPrefix(text, folded) })
	}
	return func(yield func(*record) bool) {
		key := keyOfValue(attribute, folded)
		for at, r := range byValue.From(tx, key) {
			if !strings.HasPrefix(string(at), string(key)) || !yield(r) {
				return
			}
		}
	}
}

func (m *matcher) planEquality(f *Filter) (source, bool) {
	if !f.known {
		return none, true // undefined: nothing matches
	}
	a, tx := f.attribute, m.d.tx
	_, back := forwardOf[a.number]
	switch {
	case back || a.Link() && a.Syntax == SyntaxDN:
		return m.planLink(f), true
	case a.number == attributeObjectClass:
		return m.planClasses(func(c *Class) bool { return c.is(f.value) })
	case a.number == attributeObjectCategory:
		if asked, ok := classNumber(f.value); ok {
			return m.planClasses(func(c *Class) bool { return c.Category == classes[asked].Category })
		}
		return source{}, false
	case textIndexes[a.number] != nil:
		return source{textIndexes[a.number].name, equalValue(tx, a.number, ldappath.Fold(f.value))}, true
	case f.bad:
		return none, true // not of the syntax: nothing matches
	}
	switch a.number {
	case attributeIsDeleted:
		return none, true // no object of the tables is
	case attributeObjectGUID:
		guid, err := ParseGUID(f.asked)
		if err != nil {
			return none, true
		}
		return source{"objectGUID", perhaps(byGUID.Find(tx, guid))}, true
	case attributeObjectSID:
		return source{"objectSid", perhaps(m.d.sidRow(SID(f.asked).compact()))}, true
	case attributeDistinguishedName:
		return source{"name", perhaps(m.target(f))}, true
	}
	if a.Is(Indexed) {
		return source{"value", equalValue(tx, a.number, f.folded)}, true
	}
	return source{}, false
}

func (m *matcher) planLink(f *Filter) source {
	other := m.target(f)
	if other == nil {
		return none
	}
	if forward, ok := forwardOf[f.attribute.number]; ok {
		return source{"link", m.d.linkedRows(other.id, forward)}
	}
	return source{"target", m.d.linkingRows(other.id, f.attribute.number)}
}

// planClasses finds the objects of classes of which there are few.
func (m *matcher) planClasses(wanted func(*Class) bool) (source, bool) {
	var numbers []uint16
	for i := range classes {
		if wanted(&classes[i]) {
			numbers = append(numbers, uint16(i))
		}
	}
	rows, ok := m.d.ofClasses(numbers)
	return source{"class", rows}, ok
}

func (m *matcher) planPrefix(f *Filter) (source, bool) {
	prefix := f.pieces.initial
	switch {
	case !f.known || !f.ruled():
		return none, true
	case prefix == "" || !f.attribute.Is(Indexed) && textIndexes[f.attribute.number] == nil:
		return source{}, false
	case textIndexes[f.attribute.number] != nil:
		return source{textIndexes[f.attribute.number].name, prefixValue(m.d.tx, f.attribute.number, prefix)}, true
	}
	return source{"value", prefixValue(m.d.tx, f.attribute.number, prefix)}, true
}

func (m *matcher) planChain(f *Filter) (source, bool, error) {
	c, err := m.chain(f)
	switch {
	case err != nil:
		return source{}, false, err
	case c == nil:
		return none, true, nil
	case !c.all:
		return source{}, false, nil
	}
	return source{"chain", c.rows(m.d)}, true, nil
}

// classesOf returns the classes to which a filter confines its matches, by
// number; nil if it does not.
func classesOf(f *Filter) []bool {
	switch f.op {
	case ldap.FilterAnd:
		for _, part := range f.parts {
			if confined := classesOf(part); confined != nil {
				return confined
			}
		}
	case ldap.FilterEqualityMatch:
		return f.classes
	}
	return nil
}
