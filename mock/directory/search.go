package directory

import (
	"iter"
	"math"
	"slices"
	"strings"

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

	// Budget is called before objects are looked at, with their number: those
	// that are read to choose an index, members of groups, and those that are
	// matched. An error ends the search, which returns it. nil = no bound.
	Budget func(objects int) error
}

// scopeSource names the scope among the sources of a search.
const scopeSource = "scope"

// step is how many objects are looked at between two calls of a budget.
const step = 64

// Search returns the objects that a query asks for in the order of their keys,
// and whether there are more than its limit. To page, give the last object's
// DN.Key as After. Equality and prefix of indexed attributes, names, links,
// memberships through groups and classes of few objects use indexes, the
// shortest of them if it is shorter than the scope; other filters read
// everything in scope. As in the original, a search of the domain does not go
// into the configuration below it. F114.
func (d Directory) Search(q Query) (found []*Object, more bool, err error) {
	if err := d.tx.Ready(false); err != nil {
		return nil, false, err
	}
	base, ok, _ := d.walkTo(q.Base)
	if !ok {
		_, err := d.Get(q.Base)
		return nil, false, err
	}
	if q.Filter == nil {
		q.Filter = Everything()
	}
	s := &search{matcher: newMatcher(d), query: q, base: base, confined: classesOf(q.Filter)}
	if q.After != "" {
		s.baseKey = d.dn(base).Key()
	}
	s.spend = q.Budget
	planned, indexed, err := s.choose()
	switch {
	case err != nil:
		return nil, false, err
	case indexed:
		return s.sort(planned)
	}
	return s.collect(s.scope())
}

// search is a query that is being answered.
type search struct {
	*matcher
	query    Query
	base     *record
	baseKey  string // set if the query begins after something
	confined []bool // classes to which the filter is confined, by number; nil = none
	looked   int    // objects so far
}

// choose returns the source to read, and false if it is to be the scope itself.
func (s *search) choose() (source, bool, error) {
	if s.query.Scope == ScopeBase {
		return source{}, false, nil
	}
	planned, ok, err := s.plan(s.query.Filter)
	if err != nil || !ok {
		return source{}, false, err
	}
	best, err := s.shortest([]source{planned, {scopeSource, s.scope()}})
	return best, err == nil && best.index != scopeSource, err
}

// scope returns what is in scope and after the start, in the order of keys.
func (s *search) scope() iter.Seq[*record] {
	after, own := s.query.After, s.query.After < s.baseKey || s.query.After == ""
	if !own {
		rest, below := strings.CutPrefix(after, s.baseKey)
		if !below {
			return none.rows // after the base and all that is below it
		}
		after = rest
	} else {
		after = ""
	}
	switch s.query.Scope {
	case ScopeBase:
		if own {
			return perhaps(s.base)
		}
		return none.rows
	case ScopeOne:
		return s.children(after)
	}
	below := s.d.below(s.base, after, false)
	if own {
		return join(perhaps(s.base), below)
	}
	return below
}

// children returns what is directly below the base, after a key.
func (s *search) children(after string) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for r := range s.d.childRows(s.base.id, after) {
			if (after == "" || r.key() > after) && !yield(r) {
				return
			}
		}
	}
}

// look reports whether an object matches, within the budget.
func (s *search) look(r *record) (bool, error) {
	if s.looked++; s.looked%step == 1 {
		if err := s.spent(step); err != nil {
			return false, err
		}
	}
	if s.confined != nil && !s.confined[r.class] {
		return false, nil
	}
	verdict, err := s.match(r, s.query.Filter)
	return verdict == matched, err
}

// collect reads rows until there are more matches than the limit.
func (s *search) collect(rows iter.Seq[*record]) (found []*Object, more bool, err error) {
	for r := range rows {
		is, err := s.look(r)
		switch {
		case err != nil:
			return nil, false, err
		case !is:
		case s.query.Limit > 0 && len(found) == s.query.Limit:
			return found, true, nil
		default:
			found = append(found, s.object(r))
		}
	}
	return found, false, nil
}

// most returns how many matches are put in order, at most: beyond it they are so
// dense in the scope that walking there until the limit is the shorter way.
func (s *search) most() int {
	const cheaper = 8 // a step of the walk than to put an object in order
	if s.query.Limit == 0 {
		return math.MaxInt
	}
	return max(10*s.query.Limit, int(math.Sqrt(float64(s.query.Limit)*float64(objects.Len(s.d.tx))/cheaper)))
}

// sort reads a source, and puts what it finds in scope in order.
func (s *search) sort(from source) (found []*Object, more bool, err error) {
	var rows []*record
	most := s.most()
	for r := range from.rows {
		if !s.inScope(r) {
			continue
		}
		is, err := s.look(r)
		if err != nil {
			return nil, false, err
		}
		if is {
			rows = append(rows, r)
		}
		if len(rows) > most {
			return s.collect(s.scope())
		}
	}
	found = s.d.sorted(slices.Values(rows))
	if s.query.After != "" {
		i, _ := slices.BinarySearchFunc(found, s.query.After, func(o *Object, after string) int {
			if o.DN.Key() <= after {
				return -1
			}
			return 1
		})
		found = found[i:]
	}
	if limit := s.query.Limit; limit > 0 && len(found) > limit {
		return found[:limit], true, nil
	}
	return found, false, nil
}

// inScope reports whether an object is in the scope of the query.
func (s *search) inScope(r *record) bool {
	if s.query.Scope == ScopeOne {
		return r.parent == s.base.id && r.id != s.base.id
	}
	return s.d.within(r, s.base.id)
}
