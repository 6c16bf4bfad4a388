package directory

import (
	"errors"
	"iter"
	"slices"
	"strconv"

	"wsexchange/mock/state"
)

// Bits of groupType.
const (
	groupGlobal    int64 = 0x2
	groupLocal     int64 = 0x4
	groupUniversal int64 = 0x8
	groupSecurity  int64 = 0x80000000
)

// Values of groupType, as the directory writes them.
const (
	GroupGlobalSecurity        = "-2147483646"
	GroupLocalSecurity         = "-2147483644"
	GroupUniversalSecurity     = "-2147483640"
	GroupBuiltin               = "-2147483643"
	GroupGlobalDistribution    = "2"
	GroupLocalDistribution     = "4"
	GroupUniversalDistribution = "8"
)

// Members returns the direct members of a group in the order in which they were
// added. As in the original, accounts whose primary group it is are not among
// them. F115.
func (d Directory) Members(group *Object) ([]*Object, error) { return d.Linked(group, "member") }

// MemberOf returns the groups that an object is a direct member of, without its
// primary group, in the order of their names.
func (d Directory) MemberOf(o *Object) ([]*Object, error) { return d.LinkedFrom(o, "member") }

// AddMember makes an object a member of a group. A present member, and an
// account whose primary group it is, are ErrAlreadyMember; a group in itself
// and an object that is not a group are refused with state.ErrConstraint and
// ErrClassViolation.
func (d Directory) AddMember(group, o *Object) error {
	switch {
	case !group.Is("group"):
		return &ObjectError{DN: group.DN, Detail: "not a group", Err: ErrClassViolation}
	case group.ID == o.ID:
		return &state.ConstraintError{Attribute: "member", Rule: state.RuleTarget, Detail: "a group cannot be in itself"}
	}
	if _, err := d.row(o); err != nil {
		return err
	}
	if primary := d.primaryGroup(o.ID); primary != nil && primary.id == group.ID {
		return &ObjectError{DN: o.DN, Detail: "primary group " + group.DN.String(), Err: ErrAlreadyMember}
	}
	err := d.addLinks(group, attributeTypes[attributeMember], []target{{object: o}})
	if errors.Is(err, ErrValueExists) {
		return &ObjectError{DN: o.DN, Detail: "in " + group.DN.String(), Err: ErrAlreadyMember}
	}
	return err
}

// RemoveMember takes an object from a group. One that is not a direct member is
// ErrNotMember.
func (d Directory) RemoveMember(group, o *Object) error {
	err := d.removeLinks(group, attributeTypes[attributeMember], []target{{object: o}})
	if errors.Is(err, ErrNoSuchValue) {
		return &ObjectError{DN: o.DN, Detail: "in " + group.DN.String(), Err: ErrNotMember}
	}
	return err
}

// primaryGroup returns the SID of an account's primary group and reports
// whether it is the one that accounts of the class begin with.
func (r *record) primaryGroup() (sid compactSID, standard bool) {
	if r.sid.form != sidByRID {
		return compactSID{}, false
	}
	text := r.first(attributePrimaryGroup)
	rid, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return compactSID{}, false
	}
	return r.sid.sibling(uint32(rid)), slices.Contains(classes[r.class].Defaults.Get(primaryGroupID), text)
}

// primaryGroup returns the primary group of an account, nil if it has none.
func (d Directory) primaryGroup(id int64) *record {
	r := objects.Get(d.tx, id)
	if r == nil {
		return nil
	}
	sid, _ := r.primaryGroup()
	return d.sidRow(sid)
}

// groupsAbove returns all groups that an object is in, through any number of
// groups, its primary group too, each once. Rings of groups end, since a group
// is visited once.
func (d Directory) groupsAbove(id int64) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		seen := make(map[int64]bool)
		var next []*record
		visit := func(r *record) bool {
			if seen[r.id] {
				return true
			}
			seen[r.id] = true
			next = append(next, r)
			return yield(r)
		}
		if primary := d.primaryGroup(id); primary != nil && !visit(primary) {
			return
		}
		for at := id; ; {
			for r := range d.linkingRows(at, attributeMember) {
				if !visit(r) {
					return
				}
			}
			if len(next) == 0 {
				return
			}
			at, next = next[0].id, next[1:]
		}
	}
}

// IsMember reports whether an object is in a group, directly, through other
// groups, or by its primary group.
func (d Directory) IsMember(o, group *Object) (bool, error) {
	return d.isMember(o.ID, group.ID), d.tx.Ready(false)
}

func (d Directory) isMember(id, group int64) bool {
	for r := range d.groupsAbove(id) {
		if r.id == group {
			return true
		}
	}
	return false
}

// AllGroups returns every group that an object is in, directly, through other
// groups, or by its primary group, in the order of their names.
func (d Directory) AllGroups(o *Object) ([]*Object, error) {
	return d.sorted(d.groupsAbove(o.ID)), d.tx.Ready(false)
}
