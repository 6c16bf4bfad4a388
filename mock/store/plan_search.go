package store

import (
	"github.com/go-ldap/ldap/v3"

	"wsexchange/internal/ldappath"
)

// lookup finds, through an index, all objects that can match a filter item.
type lookup struct {
	query     string
	arguments []any
}

// highest follows every text that begins as another does.
const highest = "\U0010FFFF"

// plan gives index lookups that together find every object that can match the
// filter, and false if there are none for it.
func (m *matcher) plan(f *Filter) ([]lookup, bool) {
	switch f.op {
	case ldap.FilterAnd:
		return m.planAnd(f)
	case ldap.FilterOr:
		var all []lookup
		for _, part := range f.parts {
			some, ok := m.plan(part)
			if !ok {
				return nil, false
			}
			all = append(all, some...)
		}
		return all, true
	case ldap.FilterEqualityMatch:
		return m.planEquality(f)
	case ldap.FilterSubstrings:
		return planPrefix(f)
	}
	return nil, false
}

// planAnd takes the part with the fewest lookups, equality before prefix.
func (m *matcher) planAnd(f *Filter) ([]lookup, bool) {
	var best []lookup
	for _, part := range f.parts {
		some, ok := m.plan(part)
		if !ok {
			continue
		}
		if part.op == ldap.FilterEqualityMatch {
			return some, true
		}
		if best == nil || len(some) < len(best) {
			best = some
		}
	}
	return best, best != nil
}

// keyQueries find objects by the equality of attributes that have an index of
// their own.
var keyQueries = map[string]string{
	KindSAM:        "SELECT " + objectColumns + " FROM object o WHERE o.sam_key = ?",
	KindUPN:        "SELECT " + objectColumns + " FROM object o WHERE o.upn_key = ?",
	"name":         "SELECT " + objectColumns + " FROM object o WHERE o.name_key = ?",
	"cn":           "SELECT " + objectColumns + " FROM object o WHERE o.name_key = ?",
	"ou":           "SELECT " + objectColumns + " FROM object o WHERE o.name_key = ?",
	proxyAddresses: "SELECT " + objectColumns + " FROM proxy_address p JOIN object o ON o.id = p.object_id WHERE p.folded = ?",
}

const (
	byValueQuery    = "SELECT " + objectColumns + " FROM attribute_value v JOIN object o ON o.id = v.object_id WHERE v.attribute = ? AND v.folded = ?"
	byPrefixQuery   = "SELECT " + objectColumns + " FROM attribute_value v JOIN object o ON o.id = v.object_id WHERE v.attribute = ? AND v.folded >= ? AND v.folded < ?"
	byLinkQuery     = "SELECT " + objectColumns + " FROM link l JOIN object o ON o.id = l.object_id WHERE l.target_id = ? AND l.attribute = ?"
	byBackLinkQuery = "SELECT " + objectColumns + " FROM link l JOIN object o ON o.id = l.target_id WHERE l.object_id = ? AND l.attribute = ?"
	byGUIDQuery     = "SELECT " + objectColumns + " FROM object o WHERE o.guid = ?"
	bySIDQuery      = "SELECT " + objectColumns + " FROM object o WHERE o.sid = ?"
	byNameQuery     = "SELECT " + objectColumns + " FROM object o WHERE o.dn_key = ?"
)

// prefixQueries find objects by the beginning of attributes that have an index
// of their own.
var prefixQueries = map[string]string{
	"name":         "SELECT " + objectColumns + " FROM object o WHERE o.name_key >= ? AND o.name_key < ?",
	"cn":           "SELECT " + objectColumns + " FROM object o WHERE o.name_key >= ? AND o.name_key < ?",
	"ou":           "SELECT " + objectColumns + " FROM object o WHERE o.name_key >= ? AND o.name_key < ?",
	proxyAddresses: "SELECT " + objectColumns + " FROM proxy_address p JOIN object o ON o.id = p.object_id WHERE p.folded >= ? AND p.folded < ?",
}

func (m *matcher) planEquality(f *Filter) ([]lookup, bool) {
	if !f.known {
		return nil, true // undefined: nothing matches
	}
	a := f.attribute
	if forward, ok := backLinks[a.Name]; ok {
		return m.planLink(f, byBackLinkQuery, forward)
	}
	if a.Link() && a.Syntax == SyntaxDN {
		return m.planLink(f, byLinkQuery, a.Name)
	}
	if query, ok := keyQueries[a.Name]; ok {
		return []lookup{{query, []any{ldappath.Fold(f.value)}}}, true
	}
	asked, err := a.assertion(f.value)
	switch query := map[string]string{"objectGUID": byGUIDQuery, "objectSid": bySIDQuery, "distinguishedName": byNameQuery}[a.Name]; {
	case err != nil:
		return nil, true // not of the syntax: nothing matches
	case query != "":
		return []lookup{{query, []any{asked}}}, true
	case a.Is(Indexed):
		return []lookup{{byValueQuery, []any{a.Name, ldappath.Fold(asked)}}}, true
	}
	return nil, false
}

func (m *matcher) planLink(f *Filter, query, attribute string) ([]lookup, bool) {
	o, err := m.target(f)
	if err != nil {
		return nil, false // the scan will meet the error again
	}
	if o == nil {
		return nil, true
	}
	return []lookup{{query, []any{o.ID, attribute}}}, true
}

func planPrefix(f *Filter) ([]lookup, bool) {
	prefix := f.pieces.initial
	switch query, own := prefixQueries[f.attribute.Name]; {
	case !f.known:
		return nil, true
	case prefix == "":
		return nil, false
	case own:
		return []lookup{{query, []any{prefix, prefix + highest}}}, true
	case f.attribute.Is(Indexed):
		return []lookup{{byPrefixQuery, []any{f.attribute.Name, prefix, prefix + highest}}}, true
	}
	return nil, false
}

// classesOf gives the classes to which a filter confines its matches, none if
// it does not.
func classesOf(f *Filter) []string {
	switch f.op {
	case ldap.FilterAnd:
		for _, part := range f.parts {
			if names := classesOf(part); names != nil {
				return names
			}
		}
	case ldap.FilterEqualityMatch:
		if f.known && f.attribute.Name == "objectClass" {
			return descending(f.value)
		}
	}
	return nil
}
