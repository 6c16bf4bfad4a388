package store

import (
	"cmp"
	"iter"
	"slices"

	"wsexchange/internal/ldappath"
)

// Scope is how far below its base a search looks, by LDAP's numbers.
type Scope int

// The scopes of a search.
const (
	ScopeBase    Scope = 0 // the base alone
	ScopeOne     Scope = 1 // directly below the base
	ScopeSubtree Scope = 2 // the base and all below
)

// Query is a search of the directory.
type Query struct {
	Base   ldappath.DN // must exist
	Scope  Scope
	Filter *Filter // nil = everything
	After  string  // DN.Key of the object after which to go on; empty = from the start
	Limit  int     // objects at most; 0 = no limit
}

// Search gives the objects that a query asks for in the order of their keys,
// and whether there are more than its limit. To page, give the last object's
// DN.Key as After. Equality and prefix of indexed attributes, names and links
// use indexes; other filters read everything in scope. As in the original, a
// search of the domain does not go into the configuration below it. F114.
func (t *Tx) Search(q Query) (found []*Object, more bool, err error) {
	base, err := t.Get(q.Base)
	if err != nil {
		return nil, false, err
	}
	if q.Filter == nil {
		q.Filter = Everything()
	}
	m := newMatcher(t)
	for o, err := range m.candidates(base, q) {
		if err != nil {
			return nil, false, err
		}
		verdict, err := m.match(o, q.Filter)
		if err != nil {
			return nil, false, err
		}
		if verdict != matched {
			continue
		}
		if q.Limit > 0 && len(found) == q.Limit {
			return found, true, nil
		}
		found = append(found, o)
	}
	return found, false, nil
}

// candidates gives the objects in scope that can match, in key order.
func (m *matcher) candidates(base *Object, q Query) iter.Seq2[*Object, error] {
	var scan iter.Seq2[*Object, error]
	lookups, planned := m.plan(q.Filter)
	from, to := span(base.DN)
	switch {
	case q.Scope == ScopeBase:
		scan = only(base)
	case planned:
		scan = m.indexed(lookups)
	case q.Scope == ScopeOne:
		scan = m.t.scanChildren(base, max(from, q.After))
	default:
		scan = join(only(base), m.t.scanSpan(max(from, q.After), to, classesOf(q.Filter)))
	}
	within := inScope(base, q)
	return func(yield func(*Object, error) bool) {
		for o, err := range scan {
			if err == nil && !within(o) {
				continue
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

// inScope tells whether an object lies in the scope of a query and after its
// start.
func inScope(base *Object, q Query) func(*Object) bool {
	configuration := domainOf(base.DN).Child("CN", "Configuration")
	inside := base.DN.Under(configuration)
	return func(o *Object) bool {
		switch {
		case q.After != "" && o.DN.Key() <= q.After:
			return false
		case q.Scope == ScopeOne:
			return o.ParentID == base.ID
		case q.Scope == ScopeSubtree:
			return o.DN.Under(base.DN) && (inside || !o.DN.Under(configuration))
		}
		return true
	}
}

func only(o *Object) iter.Seq2[*Object, error] {
	return func(yield func(*Object, error) bool) { yield(o, nil) }
}

func join(all ...iter.Seq2[*Object, error]) iter.Seq2[*Object, error] {
	return func(yield func(*Object, error) bool) {
		for _, one := range all {
			for o, err := range one {
				if !yield(o, err) {
					return
				}
			}
		}
	}
}

// scanChildren gives the objects directly below one, with keys after from.
func (t *Tx) scanChildren(o *Object, from string) iter.Seq2[*Object, error] {
	return func(yield func(*Object, error) bool) {
		for more := true; more; {
			page, err := collect(t, scanObject, "SELECT "+objectColumns+
				" FROM object o WHERE o.parent_id = ? AND o.dn_key > ? ORDER BY o.dn_key LIMIT ?", o.ID, from, pageRows)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, child := range page {
				from = child.DN.Key()
				if !yield(child, nil) {
					return
				}
			}
			more = len(page) == pageRows
		}
	}
}

// indexed gives the objects that index lookups find, each once, in key order.
func (m *matcher) indexed(lookups []lookup) iter.Seq2[*Object, error] {
	return func(yield func(*Object, error) bool) {
		var found []*Object
		seen := make(map[int64]bool)
		for _, one := range lookups {
			objects, err := collect(m.t, scanObject, one.query, one.arguments...)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, o := range objects {
				if !seen[o.ID] {
					seen[o.ID] = true
					found = append(found, o)
				}
			}
		}
		slices.SortFunc(found, func(a, b *Object) int { return cmp.Compare(a.DN.Key(), b.DN.Key()) })
		for _, o := range found {
			if !yield(o, nil) {
				return
			}
		}
	}
}
