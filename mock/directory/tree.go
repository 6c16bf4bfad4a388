package directory

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"wsexchange/mock/state"
)

// Delete removes an object that has no children, else it is state.ErrNotLeaf.
// Links to and from it, its addresses, password and rights go with it, and in
// other rooms what hangs on it, such as SMTP domains and folders. F116.
func (d Directory) Delete(o *Object) error {
	if err := d.tx.Ready(true); err != nil {
		return err
	}
	for range d.childRows(o.ID, "") {
		return &ObjectError{DN: o.DN, Err: state.ErrNotLeaf}
	}
	if objects.Get(d.tx, o.ID) == nil {
		return &state.NotFoundError{Kind: "name", Value: o.DN.String()}
	}
	return d.remove(o.ID)
}

// DeleteTree removes an object and everything below it.
func (d Directory) DeleteTree(o *Object) error {
	if _, err := d.ByID(o.ID); err != nil {
		return err
	}
	if err := d.tx.Ready(true); err != nil {
		return err
	}
	all := []int64{o.ID}
	for r := range d.below(objects.Get(d.tx, o.ID), "", true) {
		all = append(all, r.id)
	}
	for _, id := range slices.Backward(all) {
		if err := d.remove(id); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes an object and what hangs on it, and keeps its tombstone.
func (d Directory) remove(id int64) error {
	if err := d.removeLinksOf(id); err != nil {
		return err
	}
	if err := d.removeGrantsOf(id); err != nil {
		return err
	}
	for _, kind := range []ACLKind{DACL, SACL} {
		if err := d.removeACEs(id, kind); err != nil {
			return err
		}
	}
	if _, err := passwords.Delete(d.tx, id); err != nil {
		return err
	}
	if err := d.bury(objects.Get(d.tx, id)); err != nil {
		return err
	}
	if _, err := objects.Delete(d.tx, id); err != nil {
		return err
	}
	return d.tx.Deleted(id)
}

// Rename gives an object a new RDN value, plain text, under the same parent.
// Everything below it and every link to it follow. The new object is returned;
// o stays as it was read.
func (d Directory) Rename(o *Object, value string) (*Object, error) {
	if o.ParentID == 0 {
		return nil, &ObjectError{DN: o.DN, Detail: "a root cannot be renamed", Err: ErrNaming}
	}
	parent, err := d.ByID(o.ParentID)
	if err != nil {
		return nil, err
	}
	return d.relocate(o, parent, value)
}

// Move puts an object, with everything below it, under another parent.
func (d Directory) Move(o, parent *Object) (*Object, error) {
	return d.relocate(o, parent, o.DN.RDN().Value)
}

func (d Directory) relocate(old, parent *Object, value string) (*Object, error) {
	o, err := d.ByID(old.ID)
	if err != nil {
		return nil, err
	}
	row := objects.Get(d.tx, o.ID)
	name := parent.DN.Child(classes[row.class].RDN, value)
	if err := checkPlace(parent, name, row.class); err != nil {
		return nil, err
	}
	if above := objects.Get(d.tx, parent.ID); above != nil && d.within(above, o.ID) {
		return nil, &ObjectError{DN: o.DN, Detail: "cannot be moved below itself", Err: ErrNaming}
	}
	if err := d.checkFree(o, name); err != nil {
		return nil, err
	}
	moved := *row
	moved.parent, moved.rdn, moved.root = parent.ID, strings.Clone(value), nil
	if err := d.touch(o, &moved); err != nil {
		return nil, err
	}
	return d.ByID(o.ID)
}

// Children returns the objects directly below o, of the class or, if it is
// empty, of any, in the order of their names.
func (d Directory) Children(o *Object, class string) ([]*Object, error) {
	number, known := classNumber(class)
	if class != "" && !known {
		return nil, fmt.Errorf("class %q is unknown", class)
	}
	var found []*Object
	for r := range d.childRows(o.ID, "") {
		if class == "" || r.class == number {
			found = append(found, d.object(r))
		}
	}
	return found, d.tx.Ready(false)
}

// Descendants returns the objects below o, of the named classes or, without
// names, of any, in the order of their names. The directory may be changed
// between steps: objects that were there and are not deleted before their turn
// come. After an error, which is why the transaction cannot go on, the
// iteration ends.
func (d Directory) Descendants(o *Object, names ...string) iter.Seq2[*Object, error] {
	return func(yield func(*Object, error) bool) {
		base := objects.Get(d.tx, o.ID)
		if base == nil {
			if err := d.tx.Ready(false); err != nil {
				yield(nil, err)
			}
			return
		}
		for r := range d.descendants(base, numbersOf(names), len(names) == 0) {
			if err := d.tx.Ready(false); err != nil {
				yield(nil, err)
				return
			}
			if !yield(d.object(r), nil) {
				return
			}
		}
	}
}

// numbersOf returns the numbers of classes; unknown names have none.
func numbersOf(names []string) (numbers []uint16) {
	for _, name := range names {
		if number, known := classNumber(name); known {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// descendants returns what is below an object, of some classes or of all, in
// the order of keys. Classes of few objects are found through their index if
// that is shorter than what is below.
func (d Directory) descendants(base *record, wanted []uint16, all bool) iter.Seq[*record] {
	walk := d.below(base, "", true)
	if all {
		return walk
	}
	if indexed, ok := d.ofClasses(wanted); ok {
		if first, rows, _ := shortest([]iter.Seq[*record]{indexed, walk}, nil); first == 0 {
			found := slices.DeleteFunc(rows, func(r *record) bool { return r.id == base.id || !d.withinName(r, base) })
			return slices.Values(d.sortedRows(slices.Values(found)))
		}
	}
	return func(yield func(*record) bool) {
		for r := range walk {
			if slices.Contains(wanted, r.class) && !yield(r) {
				return
			}
		}
	}
}

// within reports whether a row is that of an object, or below it by parents:
// a root is not below another one.
func (d Directory) within(r *record, id int64) bool {
	for ; r != nil; r = objects.Get(d.tx, r.parent) {
		if r.id == id {
			return true
		}
	}
	return false
}

// withinName is within by names: a root is below the object that its name is
// below.
func (d Directory) withinName(r, base *record) bool {
	for r != nil && r.id != base.id && r.root == nil {
		r = objects.Get(d.tx, r.parent)
	}
	return r != nil && (r.id == base.id || r.root.Under(d.dn(base)))
}
