package drift

import (
	"maps"
	"slices"
	"strings"

	"wsexchange/internal/hsphere"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
)

// compareLists compares distribution lists, all of them before their members,
// who may be lists too.
func (c *comparison) compareLists() {
	done := map[string]bool{}
	var lists []hsphere.List
	for _, l := range c.panel.Lists {
		if key := c.byID[l.ID].Key(); !done[key] {
			done[key] = true
			lists = append(lists, l)
		}
	}
	for _, l := range lists {
		c.compareList(l)
	}
	for _, l := range lists {
		c.compareMembers(l)
	}
}

func (c *comparison) compareList(l hsphere.List) {
	dn := c.byID[l.ID]
	owner, known := c.owner(l)
	if !known {
		c.problem("he_distribution_list", l.ID, "it is managed by %q, who is not a user of the organization", l.ManagedBy)
	}
	held := c.seen.lists[dn.Key()]
	if held == nil {
		args := []*xmldoc.Node{path("container", c.dn)}
		if !owner.IsZero() {
			args = append(args, path("managedBy", owner))
		}
		create := c.call(hostedExchange, "CreateDistributionList", append(args, text("name", l.Name))...)
		create.Needed = true
		c.add(Finding{Kind: Ghost, Object: List, Path: dn.ADsPath(), Calls: []Call{create}})
		return
	}
	have, err := ldappath.ParseDN(held.first("managedBy"))
	if err != nil {
		have = ldappath.DN{}
	}
	if !owner.IsZero() && !owner.Equal(have) {
		c.add(Finding{
			Kind: Difference, Object: List, Path: dn.ADsPath(), Field: "managedBy", Panel: owner.String(), Directory: held.first("managedBy"),
			Calls: []Call{c.call(hostedExchange, "ModifyDistributionList", path("path", dn), path("managedBy", owner))},
		})
	}
}

// owner returns the user who manages a list: managedBy is a logon name or a
// path, below whatever base it was then. It is false for somebody whom the panel
// does not know.
func (c *comparison) owner(l hsphere.List) (ldappath.DN, bool) {
	name := l.ManagedBy
	if name == "" {
		return ldappath.DN{}, true
	}
	if strings.Contains(name, "=") {
		parsed, err := ldappath.ParseLoose(name)
		if err != nil {
			return ldappath.DN{}, false
		}
		name = parsed.DN.RDN().Value
	}
	for i := range c.panel.Users {
		if u := &c.panel.Users[i]; ldappath.Fold(u.Principal()) == ldappath.Fold(name) {
			return c.byID[u.ID], true
		}
	}
	return ldappath.DN{}, false
}

func (c *comparison) compareMembers(l hsphere.List) {
	dn := c.byID[l.ID]
	have := map[string]ldappath.DN{}
	if held := c.seen.lists[dn.Key()]; held != nil {
		for _, value := range held.attributes["member"] {
			if member, err := ldappath.ParseDN(value); err == nil {
				have[member.Key()] = member
			}
		}
	}
	known := map[string]bool{}
	for _, id := range l.Members {
		member := c.byID[id]
		if known[member.Key()] {
			continue
		}
		known[member.Key()] = true
		if _, ok := have[member.Key()]; !ok {
			c.add(Finding{Kind: Ghost, Object: Member, Path: dn.ADsPath(), Name: member.String(), Calls: []Call{c.addMember(dn, member)}})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if !known[key] {
			call := c.removal(managedDirectory, "GroupRemove", path("group", dn), path("member", have[key]))
			c.add(Finding{Kind: Orphan, Object: Member, Path: dn.ADsPath(), Name: have[key].String(), Calls: []Call{call}})
		}
	}
}
