package directory

import (
	"iter"
	"slices"
	"strconv"
)

// chain is what an item that looks through any number of groups matches, found
// once for the item.
type chain struct {
	objects  map[int64]bool
	accounts map[compactSID]bool // and accounts with these primary groups
	all      bool                // accounts are found through indexes, all of them
}

// inChain decides membership through any number of groups.
func (m *matcher) inChain(r *record, f *Filter) (truthValue, error) {
	c, err := m.chain(f)
	if err != nil {
		return undefined, err
	}
	if c == nil {
		return undefined, nil
	}
	if c.objects[r.id] {
		return matched, nil
	}
	sid, _ := r.primaryGroup()
	return verdictOf(sid.form != noSID && c.accounts[sid]), nil
}

// chain returns what an item matches, nil if its attribute makes no chains.
func (m *matcher) chain(f *Filter) (*chain, error) {
	if c, known := m.chains[f]; known {
		return c, nil
	}
	c := &chain{objects: make(map[int64]bool), accounts: make(map[compactSID]bool), all: true}
	other, err := m.target(f), error(nil)
	switch number := f.attribute.number; {
	case other == nil: // nothing matches
	case number == attributeMember:
		err = m.above(c, other)
	case number == attributeMemberOf:
		err = m.membersBelow(c, other)
	default:
		c = nil
	}
	if err != nil {
		return nil, err
	}
	if m.chains == nil {
		m.chains = make(map[*Filter]*chain)
	}
	m.chains[f] = c
	return c, nil
}

// above finds the groups that an object is in.
func (m *matcher) above(c *chain, r *record) error {
	for group := range m.d.groupsAbove(r.id) {
		if err := m.spent(1); err != nil {
			return err
		}
		c.objects[group.id] = true
	}
	return nil
}

// membersBelow finds the members of a group and of the groups in it, and which
// of these are primary groups.
func (m *matcher) membersBelow(c *chain, group *record) error {
	seen := map[int64]bool{group.id: true}
	for next := []*record{group}; len(next) > 0; next = next[1:] {
		if sid := next[0].sid; sid.form != noSID {
			c.accounts[sid] = true
			c.all = c.all && !standardGroup(sid.rid)
		}
		for member := range m.d.linkedRows(next[0].id, attributeMember) {
			if err := m.spent(1); err != nil {
				return err
			}
			c.objects[member.id] = true
			if !seen[member.id] {
				seen[member.id] = true
				next = append(next, member)
			}
		}
	}
	return nil
}

// standardGroup reports whether accounts of a class begin with the primary
// group of a relative id, so that byPrimaryGroup does not have them.
func standardGroup(rid uint32) bool { return slices.Contains(standardGroups, rid) }

var standardGroups = func() (rids []uint32) {
	for _, c := range classes {
		for _, text := range c.Defaults.Get(primaryGroupID) {
			if rid, err := strconv.ParseUint(text, 10, 32); err == nil {
				rids = append(rids, uint32(rid))
			}
		}
	}
	return rids
}()

// rows returns what the chain matches, in no order.
func (c *chain) rows(d Directory) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for id := range c.objects {
			if r := objects.Get(d.tx, id); r != nil && !yield(r) {
				return
			}
		}
		for sid := range c.accounts {
			for r := range byPrimaryGroup.Is(d.tx, sid) {
				if !yield(r) {
					return
				}
			}
		}
	}
}
