package directory

import (
	"cmp"
	"crypto/sha1" //nolint:gosec // as in nameOID
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// WellKnownDeleted is the GUID by which wellKnownObjects of each naming context
// names its container of deleted objects.
const WellKnownDeleted = "18E2EA80684F11D2B9AA00C04F79F805"

const (
	deletedObjects = "Deleted Objects"
	deletedMark    = "\nDEL:" // between a deleted object's RDN and its GUID
)

// tombstone is what stays of a deleted object (F451). It is in a table of its
// own: its name, addresses and logon names are free, and nothing that looks for
// objects finds it.
type tombstone struct {
	row     record // the parent is the last one; plain are the attributes that are kept
	context int64  // the root above it, by id
}

var (
	tombstones = state.Declare(state.Spec[int64, tombstone]{
		Name: "tombstone", Key: func(t *tombstone) int64 { return t.row.id }, Compare: cmp.Compare[int64],
		KeyText:    func(id int64) string { return strconv.FormatInt(id, 10) },
		Replicated: true,
	})
	byDeletion = state.Unique(tombstones, "uSNChanged", cmp.Compare[int64], func(t *tombstone, add func(int64)) { add(t.row.usnChanged) })
	byLastGUID = state.Unique(tombstones, "objectGUID of a deleted object", compareGUIDs, func(t *tombstone, add func(GUID)) { add(t.row.guid) })
)

// tombstoneText is the row of a deleted object as the ledger has it.
type tombstoneText struct {
	Context int64           `json:"context"`
	Object  json.RawMessage `json:"object"`
}

// MarshalJSON writes the row as the ledger has it: as tombstoneText.
func (t *tombstone) MarshalJSON() ([]byte, error) {
	object, err := t.row.MarshalJSON()
	if err != nil {
		return nil, err
	}
	return json.Marshal(tombstoneText{t.context, object})
}

// UnmarshalJSON reads a row that MarshalJSON wrote.
func (t *tombstone) UnmarshalJSON(data []byte) error {
	var text tombstoneText
	if err := unmarshal(data, &text); err != nil {
		return err
	}
	t.context = text.Context
	if err := t.row.UnmarshalJSON(text.Object); err != nil {
		return err
	}
	t.row.deleted = true
	return nil
}

// keptWhenDeleted are the attributes that a deleted object keeps of those that
// are stored as texts (F451).
var keptWhenDeleted = func() map[uint16]bool {
	kept := make(map[uint16]bool)
	for _, name := range []string{KindSAM, "userAccountControl", "groupType", "legacyExchangeDN", "dNSHostName"} {
		kept[mustNumber(name)] = true
	}
	return kept
}()

// bury makes the tombstone of an object that is being deleted. A root has none.
func (d Directory) bury(r *record) error {
	context := r
	for context != nil && context.root == nil {
		context = objects.Get(d.tx, context.parent)
	}
	if context == nil || context == r {
		return nil
	}
	usn := d.tx.Last("usn") + 1
	t := &tombstone{row: *r, context: context.id}
	t.row.deleted, t.row.changed, t.row.usnChanged = true, micros(d.tx.Now()), usn
	t.row.rdn = r.rdn + deletedMark + strings.Trim(r.guid.String(), "{}")
	t.row.plain = r.plain.only(keptWhenDeleted)
	if err := tombstones.Put(d.tx, t); err != nil {
		return err
	}
	return d.tx.Skip("usn", usn)
}

// only returns the values of some attributes.
func (p plainValues) only(kept map[uint16]bool) plainValues {
	var encoded []byte
	for rest := p; rest != ""; {
		number, after := rest.attribute()
		if kept[number] {
			encoded = append(encoded, rest[:len(rest)-len(after)]...)
		}
		rest = after
	}
	return plainValues(encoded)
}

// exhumed returns the row of a deleted object with its present name; nil if its
// naming context is gone.
func (d Directory) exhumed(t *tombstone) *record {
	context := objects.Get(d.tx, t.context)
	if context == nil {
		return nil
	}
	r := t.row
	r.root = ptr(context.root.Child("CN", deletedObjects).Child(classes[r.class].RDN, r.rdn))
	return &r
}

// deletedContainer makes the row of the container of deleted objects below a
// root. It is not stored: every naming context has it.
func deletedContainer(context *record) *record {
	class, _ := classNumber("container")
	name := context.root.Child("CN", deletedObjects)
	sum := sha1.Sum(append(context.guid[:], deletedObjects...)) //nolint:gosec // see above
	guid := GUID(sum[:16])
	guid[7], guid[8] = guid[7]&0x0f|0x50, guid[8]&0x3f|0x80
	return &record{
		parent: context.id, guid: guid, class: class, rdn: deletedObjects, root: &name, deleted: true,
		created: context.created, changed: context.created, usnCreated: context.usnCreated, usnChanged: context.usnCreated,
		plain: encodeValues([]plainAttribute{
			{mustNumber(description), []string{"Default container for deleted objects"}},
			{mustNumber("isCriticalSystemObject"), []string{"TRUE"}},
			{mustNumber("showInAdvancedViewOnly"), []string{"TRUE"}},
		}),
	}
}

// lastKnownParent is the name of the object that a deleted one was below, which
// may be deleted itself.
func (d Directory) lastKnownParent(o *Object) []string {
	if o.deleted == nil || o.ID == 0 { // the container has always been where it is
		return nil
	}
	if parent := objects.Get(d.tx, o.ParentID); parent != nil {
		return []string{d.dn(parent).String()}
	}
	if parent := tombstones.Get(d.tx, o.ParentID); parent != nil {
		if row := d.exhumed(parent); row != nil {
			return []string{row.root.String()}
		}
	}
	return nil
}

// Deleted reports whether the object is a deleted one or their container.
func (o *Object) Deleted() bool { return o.deleted != nil }

// DeletedByGUID returns a deleted object, or a container of such, by its
// objectGUID.
func (d Directory) DeletedByGUID(guid GUID) (*Object, error) {
	if t := byLastGUID.Find(d.tx, guid); t != nil {
		if row := d.exhumed(t); row != nil {
			return d.found(row, "", "")
		}
	}
	for context := range d.childRows(0, "") {
		if row := deletedContainer(context); row.guid == guid {
			return d.found(row, "", "")
		}
	}
	return d.found(nil, "objectGUID of a deleted object", guid.String())
}

// escapedMark is deletedMark in a name.
const escapedMark = `\0ADEL:`

// DeletedName reports whether a name is one that only deleted objects can have.
func DeletedName(name string) bool {
	return strings.Contains(ldappath.Fold(name), ldappath.Fold(escapedMark))
}

// DeletedByName returns a deleted object, or a container of such, by its name.
func (d Directory) DeletedByName(name string) (*Object, error) {
	missing := func() (*Object, error) { return d.found(nil, "name of a deleted object", name) }
	at := strings.Index(ldappath.Fold(name), ldappath.Fold(escapedMark))
	if at < 0 {
		dn, err := ldappath.ParseDN(name)
		if err != nil {
			return nil, err
		}
		for context := range d.childRows(0, "") {
			if row := deletedContainer(context); row.root.Equal(dn) {
				return d.found(row, "", "")
			}
		}
		return missing()
	}
	// Names with control characters are not read otherwise.
	dn, err := ldappath.ParseDN(name[:at] + name[at+len(`\0A`):])
	if err != nil {
		return nil, err
	}
	value := dn.RDN().Value
	guid, err := ParseGUID(value[strings.LastIndexByte(value, ':')+1:])
	if err != nil {
		return missing()
	}
	o, err := d.DeletedByGUID(guid)
	if err != nil {
		return missing()
	}
	rdn := o.DN.RDN()
	if !dn.Equal(o.DN.Parent().Child(rdn.Attribute, strings.Replace(rdn.Value, "\n", "", 1))) {
		return missing()
	}
	return o, nil
}

// SearchDeleted returns the deleted objects, and the containers of such, that a
// query asks for, in the order of their uSNChanged, and whether there are more
// than its limit. To page, give the text of the last object's USNChanged as
// After. A base of no name is all naming contexts. Other than for Search the
// base may be missing: then nothing is below it.
func (d Directory) SearchDeleted(q Query) (found []*Object, more bool, err error) {
	if err := d.tx.Ready(false); err != nil {
		return nil, false, err
	}
	if q.Filter == nil {
		q.Filter = Everything()
	}
	after := int64(0)
	if q.After != "" {
		if after, err = strconv.ParseInt(q.After, 10, 64); err != nil {
			return nil, false, fmt.Errorf("search of deleted objects after %q: %w", q.After, err)
		}
	}
	s := &search{matcher: newMatcher(d), query: q, confined: classesOf(q.Filter)}
	s.spend = q.Budget
	return s.collect(d.deletedIn(q.Base, q.Scope, max(after, leastUSN(q.Filter)-1)))
}

// deletedIn returns what is deleted and in scope, and was deleted after a
// number, in the order of numbers.
func (d Directory) deletedIn(base ldappath.DN, scope Scope, after int64) iter.Seq[*record] {
	if r := d.deletedAt(base); r != nil {
		if scope == ScopeOne || r.usnChanged <= after {
			return none.rows
		}
		return perhaps(r)
	}
	contexts, children := make(map[int64]bool), base.IsZero()
	var containers []*record
	for context := range d.childRows(0, "") {
		container := deletedContainer(context)
		if !base.IsZero() && !base.Equal(*context.root) && !base.Equal(*container.root) {
			continue
		}
		own := base.Equal(*container.root)
		if container.usnChanged > after && inScope(scope, own, !own) {
			containers = append(containers, container)
		}
		contexts[context.id] = true
		children = children || scope == ScopeSubtree || own && scope == ScopeOne
	}
	slices.SortFunc(containers, func(a, b *record) int { return cmp.Compare(a.usnChanged, b.usnChanged) })
	if len(contexts) == 0 || !children {
		return slices.Values(containers)
	}
	return join(slices.Values(containers), func(yield func(*record) bool) {
		for _, t := range byDeletion.From(d.tx, after+1) {
			if !contexts[t.context] {
				continue
			}
			if row := d.exhumed(t); row != nil && !yield(row) {
				return
			}
		}
	})
}

// deletedAt returns the deleted object of a name, nil if there is none.
func (d Directory) deletedAt(dn ldappath.DN) *record {
	_, guid, marked := strings.Cut(dn.RDN().Value, deletedMark)
	if !marked {
		return nil
	}
	id, err := ParseGUID(guid)
	if err != nil {
		return nil
	}
	if t := byLastGUID.Find(d.tx, id); t != nil {
		if r := d.exhumed(t); r != nil && r.root.Equal(dn) {
			return r
		}
	}
	return nil
}

// inScope reports whether a search finds its base, or what is directly below it.
func inScope(scope Scope, base, below bool) bool {
	switch scope {
	case ScopeBase:
		return base
	case ScopeOne:
		return below
	}
	return true
}

// leastUSN returns the lowest uSNChanged that a filter can match, 0 if it says
// nothing about it.
func leastUSN(f *Filter) int64 {
	least := int64(0)
	switch {
	case f.op == ldap.FilterAnd:
		for _, part := range f.parts {
			least = max(least, leastUSN(part))
		}
	case f.op == ldap.FilterGreaterOrEqual && f.known && f.attribute.number == attributeUSNChanged && f.numeric:
		least = f.number
	}
	return least
}

// ForgetDeleted removes what stays of objects that were deleted before a time,
// of the oldest and of so many at most, and returns how many they were.
func (d Directory) ForgetDeleted(before time.Time, most int) (forgotten int, err error) {
	for _, t := range byDeletion.From(d.tx, 0) {
		if forgotten == most || t.row.changed >= micros(before) {
			break
		}
		if _, err := tombstones.Delete(d.tx, t.row.id); err != nil {
			return forgotten, err
		}
		forgotten++
	}
	return forgotten, d.tx.Ready(false)
}

// DeletedObjects returns how many deleted objects there are.
func (d Directory) DeletedObjects() int64 { return int64(tombstones.Len(d.tx)) }

// DeletedBefore reports whether ForgetDeleted would remove anything.
func (d Directory) DeletedBefore(before time.Time) bool {
	for _, t := range byDeletion.From(d.tx, 0) {
		return t.row.changed < micros(before)
	}
	return false
}
