package store

import (
	"errors"
	"slices"
	"strings"
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

// Members gives the direct members of a group in the order in which they were
// added. As in the original, accounts whose primary group it is are not among
// them. F115.
func (t *Tx) Members(group *Object) ([]*Object, error) { return t.Linked(group, "member") }

// MemberOf gives the groups that an object is a direct member of, without its
// primary group, in the order of their names.
func (t *Tx) MemberOf(o *Object) ([]*Object, error) { return t.LinkedFrom(o, "member") }

// AddMember makes an object a member of a group. A present member, and an
// account whose primary group it is, are ErrAlreadyMember; a group in itself
// and an object that is no group are refused with ErrConstraint and
// ErrClassViolation.
func (t *Tx) AddMember(group, o *Object) error {
	switch {
	case !group.Is("group"):
		return &ObjectError{DN: group.DN, Detail: "not a group", Err: ErrClassViolation}
	case group.ID == o.ID:
		return &ConstraintError{Attribute: "member", Rule: RuleTarget, Detail: "a group cannot be in itself"}
	}
	primary, err := t.primaryGroup(o)
	if err != nil {
		return err
	}
	if primary != "" && primary == group.SID {
		return &ObjectError{DN: o.DN, Detail: "primary group " + group.DN.String(), Err: ErrAlreadyMember}
	}
	err = t.addLinks(group, attributeByName["member"], []target{{object: o}})
	if errors.Is(err, ErrValueExists) {
		return &ObjectError{DN: o.DN, Detail: "in " + group.DN.String(), Err: ErrAlreadyMember}
	}
	return err
}

// RemoveMember takes an object from a group. One that is no direct member is
// ErrNotMember.
func (t *Tx) RemoveMember(group, o *Object) error {
	err := t.removeLinks(group, attributeByName["member"], []target{{object: o}})
	if errors.Is(err, ErrNoSuchValue) {
		return &ObjectError{DN: o.DN, Detail: "in " + group.DN.String(), Err: ErrNotMember}
	}
	return err
}

// primaryGroup gives the SID of an account's primary group, empty for others.
func (t *Tx) primaryGroup(o *Object) (SID, error) {
	if o.SID == "" {
		return "", nil
	}
	rid, err := t.Value(o, "primaryGroupID")
	if err != nil || rid == "" {
		return "", err
	}
	domain := string(o.SID[:strings.LastIndexByte(string(o.SID), '-')])
	return SID(domain + "-" + rid), nil
}

// groupsAbove finds all groups that an object is in, through any number of
// groups, its primary group too. Rings of groups end, since a group is visited
// once.
const groupsAbove = `WITH RECURSIVE up (id) AS (
    SELECT object_id FROM link WHERE target_id = ? AND attribute = 'member'
    UNION SELECT id FROM object WHERE sid = ?
    UNION SELECT l.object_id FROM up JOIN link l ON l.target_id = up.id AND l.attribute = 'member'
) `

// IsMember tells whether an object is in a group, directly, through other
// groups, or by its primary group.
func (t *Tx) IsMember(o, group *Object) (bool, error) {
	primary, err := t.primaryGroup(o)
	if err != nil {
		return false, err
	}
	found, err := collect(t, scanID, groupsAbove+"SELECT id FROM up WHERE id = ?", o.ID, string(primary), group.ID)
	return len(found) > 0, err
}

// AllGroups gives every group that an object is in, directly, through other
// groups, or by its primary group, in the order of their names.
func (t *Tx) AllGroups(o *Object) ([]*Object, error) {
	primary, err := t.primaryGroup(o)
	if err != nil {
		return nil, err
	}
	groups, err := collect(t, scanObject, groupsAbove+"SELECT "+objectColumns+" FROM up JOIN object o ON o.id = up.id", o.ID, string(primary))
	// Sorted here: asked for the order, the database would read all objects by name.
	slices.SortFunc(groups, func(a, b *Object) int { return strings.Compare(a.DN.Key(), b.DN.Key()) })
	return groups, err
}
