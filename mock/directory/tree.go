package directory

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"wsexchange/internal/ldappath"
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

// remove deletes an object and what hangs on it.
func (d Directory) remove(id int64) error {
	if err := d.removeLinksOf(id); err != nil {
		return err
	}
	if err := d.removeGrantsOf(id); err != nil {
		return err
	}
	if _, err := passwords.Delete(d.tx, id); err != nil {
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
	indexed, ok := d.ofClasses(wanted)
	if ok && shortest([]iter.Seq[*record]{indexed, walk}, nil) == 0 {
		var found []*record
		for r := range indexed {
			if r.id != base.id && d.withinName(r, base) {
				found = append(found, r)
			}
		}
		return slices.Values(d.sortedRows(slices.Values(found)))
	}
	return func(yield func(*record) bool) {
		for r := range walk {
			if slices.Contains(wanted, r.class) && !yield(r) {
				return
			}
		}
	}
}

// ofClasses returns the objects of classes, in no order, and false if it would
// have to read them all.
func (d Directory) ofClasses(wanted []uint16) (iter.Seq[*record], bool) {
	if slices.ContainsFunc(wanted, commonClass) {
		return nil, false
	}
	return func(yield func(*record) bool) {
		for _, class := range wanted {
			for r := range byClass.Is(d.tx, class) {
				if !yield(r) {
					return
				}
			}
		}
	}, true
}

// shortest returns the number of the sequence that ends first when all are read
// in turns of growing length. spend is asked for each row that is read; nil is
// not asked. If it refuses, the first sequence is as good as any.
func shortest(all []iter.Seq[*record], spend func(int) error) int {
	if len(all) < 2 {
		return 0
	}
	for limit := 8; ; limit *= 4 {
		for i, one := range all {
			n := 0
			for range one {
				if n++; n > limit {
					break
				}
			}
			if n <= limit {
				return i
			}
			if spend != nil && spend(n) != nil {
				return 0
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

// childRows returns what is directly below an object, in the order of keys,
// from about the first RDN of a key on: nothing that comes after the key is
// left out.
func (d Directory) childRows(id int64, after string) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for at, r := range byParent.From(d.tx, seekChild(id, after)) {
			if at.parent() != id || !yield(r) {
				return
			}
		}
	}
}

// seekChild returns where to look for what is below an object and comes after
// a key.
func seekChild(id int64, after string) childKey {
	attribute, rest, _ := strings.Cut(after, "=")
	kind, ok := rdnKind(attribute)
	if !ok {
		return child(id, 0, "")
	}
	return child(id, kind, strings.TrimSuffix(firstRDN(rest), ","))
}

// below returns what is strictly below an object in the order of keys, after
// the key of an object that is given without the key of base; "" is from the
// start. With inner, roots whose names are below are entered, too.
func (d Directory) below(base *record, after string, inner bool) iter.Seq[*record] {
	w := walk{d: d}
	if inner {
		w.roots = d.rootsBelow(base)
	}
	return func(yield func(*record) bool) { w.below(base, after, yield) }
}

// walk goes through a tree.
type walk struct {
	d     Directory
	roots map[int64][]innerRoot // by the object that the root's name is directly below
}

// innerRoot is a root below another one by name.
type innerRoot struct {
	key string // of its leaf RDN, as in childKey
	row *record
}

// rootsBelow finds the roots with names directly below an object of the tree
// that base is the top of.
func (d Directory) rootsBelow(base *record) map[int64][]innerRoot {
	var found map[int64][]innerRoot
	var top ldappath.DN
	for r := range d.childRows(0, "") {
		if r.id == base.id {
			continue
		}
		if top.IsZero() {
			top = d.dn(base)
		}
		if !r.root.Under(top) {
			continue
		}
		if above := d.lookup(r.root.Parent()); above != nil {
			if found == nil {
				found = make(map[int64][]innerRoot)
			}
			found[above.id] = append(found[above.id], innerRoot{r.root.RDN().Key() + ",", r})
		}
	}
	return found
}

// below yields what is below an object, and reports whether to go on.
func (w walk) below(base *record, after string, yield func(*record) bool) bool {
	if classes[base.class].Leaf {
		return true
	}
	roots := w.roots[base.id]
	for r := range w.d.childRows(base.id, after) {
		key := ""
		if len(roots) > 0 || after != "" {
			key = r.key()
		}
		for len(roots) > 0 && roots[0].key < key {
			if !w.enter(roots[0].row, roots[0].key, after, yield) {
				return false
			}
			roots = roots[1:]
		}
		if !w.enter(r, key, after, yield) {
			return false
		}
	}
	for _, r := range roots {
		if !w.enter(r.row, r.key, after, yield) {
			return false
		}
	}
	return true
}

// enter yields an object and what is below it, as far as it comes after a key
// that is given from its parent on. key is the object's own if after is not "".
func (w walk) enter(r *record, key, after string, yield func(*record) bool) bool {
	if after != "" {
		switch rest, on := strings.CutPrefix(after, key); {
		case on:
			return w.below(r, rest, yield)
		case key <= after:
			return true
		}
	}
	return yield(r) && w.below(r, "", yield)
}

// firstRDN returns the beginning of a key up to its first comma that is not
// escaped, all of it if there is none.
func firstRDN(key string) string {
	for i := 0; i < len(key); i++ {
		switch key[i] {
		case '\\':
			i++
		case ',':
			return key[:i+1]
		}
	}
	return key
}

// sorted makes the objects of rows, each once, in the order of their keys.
func (d Directory) sorted(rows iter.Seq[*record]) []*Object {
	keyed := d.keyed(rows)
	found := make([]*Object, len(keyed))
	for i, k := range keyed {
		found[i] = k.object
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

// sortedRows returns rows, each once, in the order of their keys.
func (d Directory) sortedRows(rows iter.Seq[*record]) []*record {
	keyed := d.keyed(rows)
	found := make([]*record, len(keyed))
	for i, k := range keyed {
		found[i] = k.row
	}
	return found
}

// keyedRow is a row with its object and the key of its name.
type keyedRow struct {
	key    string
	object *Object
	row    *record
}

func (d Directory) keyed(rows iter.Seq[*record]) []keyedRow {
	var all []keyedRow
	for r := range rows {
		all = append(all, keyedRow{row: r, object: d.object(r)})
	}
	if len(all) < 2 {
		return all
	}
	for i := range all {
		all[i].key = all[i].object.DN.Key()
	}
	slices.SortFunc(all, func(a, b keyedRow) int { return strings.Compare(a.key, b.key) })
	return slices.CompactFunc(all, func(a, b keyedRow) bool { return a.row.id == b.row.id })
}
