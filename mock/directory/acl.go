package directory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"wsexchange/mock/state"
)

// ACLKind is which of an object's two access control lists is meant.
type ACLKind string

// The lists of an object.
const (
	DACL ACLKind = "dacl" // who may do what
	SACL ACLKind = "sacl" // what is to be audited
)

// ACEMode is what an entry of a list says, by the numbers of ACCESS_MODE.
type ACEMode uint8

// The modes of entries that are stored.
const (
	ACEAllow        ACEMode = 1
	ACEDeny         ACEMode = 3
	ACEAuditSuccess ACEMode = 5
	ACEAuditFailure ACEMode = 6
)

// Flags of an entry. The first is of no use here, since every object of the
// directory may hold others.
const (
	InheritObjects     uint32 = 0x1
	InheritContainers  uint32 = 0x2
	InheritNoPropagate uint32 = 0x4
	InheritOnly        uint32 = 0x8
	Inherited          uint32 = 0x10 // comes from an object above; never stored
)

// ControlAccess is the bit of a mask that gives an extended right
// (ADS_RIGHT_DS_CONTROL_ACCESS).
const ControlAccess uint32 = 0x100

// MostACEs is how many entries the two lists of an object may have together.
// The original's list has at most 64 KiB.
const MostACEs = 1000

// ACE is an entry of an access control list. Lists are stored and returned; what
// an account may do follows from roles (F200), what it may see from Visibility.
type ACE struct {
	Mode    ACEMode
	Mask    uint32
	Flags   uint32
	Trustee SID
	// ObjectType names the right, attribute or class that the entry is about,
	// InheritedType the class of objects that inherit it. Empty: all.
	ObjectType    string
	InheritedType string
}

// aceRow is an entry of a list as it is stored.
type aceRow struct {
	Object        int64   `json:"object"`
	List          ACLKind `json:"list"`
	Position      int     `json:"position"`
	Mode          ACEMode `json:"mode"`
	Mask          uint32  `json:"mask"`
	Flags         uint32  `json:"flags,omitempty"`
	Trustee       SID     `json:"trustee"`
	ObjectType    string  `json:"objectType,omitempty"`
	InheritedType string  `json:"inheritedType,omitempty"`
}

// aceKey is the key of an entry.
type aceKey struct {
	object   int64
	list     ACLKind
	position int
}

func (r *aceRow) key() aceKey { return aceKey{r.Object, r.List, r.Position} }

func (r *aceRow) entry() ACE {
	return ACE{Mode: r.Mode, Mask: r.Mask, Flags: r.Flags, Trustee: r.Trustee, ObjectType: r.ObjectType, InheritedType: r.InheritedType}
}

func compareACEs(a, b aceKey) int {
	return cmp.Or(cmp.Compare(a.object, b.object), strings.Compare(string(a.list), string(b.list)), cmp.Compare(a.position, b.position))
}

func (k aceKey) text() string { return fmt.Sprintf("%d/%s/%d", k.object, k.list, k.position) }

// ACL returns the entries of an object's list: its own in their order, in the
// DACL the grants among them as rights to extended access, then those that it
// inherits from the objects above, the nearest first.
func (d Directory) ACL(o *Object, kind ACLKind) ([]ACE, error) {
	row, err := d.row(o)
	if err != nil {
		return nil, err
	}
	all, err := d.ownACL(o, kind)
	if err != nil {
		return nil, err
	}
	for above, near := objects.Get(d.tx, row.parent), true; above != nil; above, near = objects.Get(d.tx, above.parent), false {
		for _, one := range d.stored(above.id, kind) {
			if passed, ok := one.inherited(near); ok {
				all = append(all, passed)
			}
		}
	}
	return all, d.tx.Ready(false)
}

// inherited returns what an object below gets of an entry; near is that it is
// directly below.
func (a ACE) inherited(near bool) (ACE, bool) {
	switch {
	case a.Flags&InheritContainers == 0, a.Flags&InheritNoPropagate != 0 && !near:
		return ACE{}, false
	case a.Flags&InheritNoPropagate != 0:
		a.Flags = Inherited
	default:
		a.Flags = a.Flags&^InheritOnly | Inherited
	}
	return a, true
}

// ownACL returns the entries of an object itself.
func (d Directory) ownACL(o *Object, kind ACLKind) ([]ACE, error) {
	own := d.stored(o.ID, kind)
	if kind != DACL {
		return own, nil
	}
	grants, err := d.Grants(o)
	if err != nil {
		return nil, err
	}
	for _, g := range grants {
		own = append(own, ACE{Mode: ACEAllow, Mask: ControlAccess, Trustee: g.Trustee.SID, ObjectType: g.Access})
	}
	return own, nil
}

// stored returns the entries of an object that are not grants.
func (d Directory) stored(id int64, kind ACLKind) []ACE {
	var found []ACE
	for r := range aces.From(d.tx, aceKey{object: id, list: kind}) {
		if r.Object != id || r.List != kind {
			break
		}
		found = append(found, r.entry())
	}
	return found
}

// SetACL puts entries in the place of an object's own list. Entries that allow
// an account of the directory an extended right, and nothing more, become grants.
// Inherited entries are left out. More than MostACEs are refused with
// state.ErrConstraint.
func (d Directory) SetACL(o *Object, kind ACLKind, entries []ACE) error {
	if err := d.tx.Ready(true); err != nil {
		return err
	}
	if _, err := d.row(o); err != nil {
		return err
	}
	kept := slices.DeleteFunc(slices.Clone(entries), func(a ACE) bool { return a.Flags&Inherited != 0 })
	other := DACL
	if kind == DACL {
		other = SACL
	}
	if len(kept)+len(d.stored(o.ID, other)) > MostACEs {
		return &state.ConstraintError{Attribute: "nTSecurityDescriptor", Rule: state.RuleRange, Detail: fmt.Sprintf("at most %d entries", MostACEs)}
	}
	if err := d.removeACEs(o.ID, kind); err != nil {
		return err
	}
	if kind == DACL {
		if err := d.removeGrantsOn(o.ID); err != nil {
			return err
		}
	}
	position := 0
	for _, one := range kept {
		granted, err := d.asGrant(o, kind, one)
		if err != nil {
			return err
		}
		if granted {
			continue
		}
		position++
		row := aceRow{
			Object: o.ID, List: kind, Position: position, Mode: one.Mode, Mask: one.Mask, Flags: one.Flags, Trustee: one.Trustee,
			ObjectType: strings.Clone(one.ObjectType), InheritedType: strings.Clone(one.InheritedType),
		}
		if err := aces.Put(d.tx, &row); err != nil {
			return err
		}
	}
	return nil
}

// asGrant stores an entry as a grant if it is no more than that.
func (d Directory) asGrant(o *Object, kind ACLKind, one ACE) (bool, error) {
	if kind != DACL || one.Mode != ACEAllow || one.Mask != ControlAccess || one.Flags != 0 || one.ObjectType == "" || one.InheritedType != "" {
		return false, nil
	}
	row := d.sidRow(one.Trustee.compact())
	if row == nil {
		return false, nil
	}
	return true, d.GrantAccess(o, d.object(row), one.ObjectType)
}

// removeACEs deletes the entries of an object that are in a list.
func (d Directory) removeACEs(id int64, kind ACLKind) error {
	for r := range aces.From(d.tx, aceKey{object: id, list: kind}) {
		if r.Object != id || r.List != kind {
			break
		}
		if _, err := aces.Delete(d.tx, r.key()); err != nil {
			return err
		}
	}
	return nil
}
