package directory

import (
	"iter"
	"strings"

	"wsexchange/internal/ldappath"
)

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
