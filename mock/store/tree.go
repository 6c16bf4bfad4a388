package store

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"wsexchange/internal/ldappath"
)

// span gives the range of keys that lie strictly below a name: those that
// begin with its key, which ends in a comma, and are longer.
func span(dn ldappath.DN) (from, to string) {
	key := dn.Key()
	return key, strings.TrimSuffix(key, ",") + "-" // '-' follows ','
}

// Delete removes an object that has no children, else it is ErrNotLeaf. Links
// to and from it, its addresses, password, SMTP domains and folders go with it.
// F116.
func (t *Tx) Delete(o *Object) error {
	children, err := collect(t, scanID, "SELECT id FROM object WHERE parent_id = ? LIMIT 1", o.ID)
	if err != nil {
		return err
	}
	if len(children) > 0 {
		return &ObjectError{DN: o.DN, Err: ErrNotLeaf}
	}
	removed, err := t.exec("DELETE FROM object WHERE id = ?", o.ID)
	if err == nil && removed == 0 {
		return &NotFoundError{Kind: "name", Value: o.DN.String()}
	}
	return err
}

// DeleteTree removes an object and everything below it.
func (t *Tx) DeleteTree(o *Object) error {
	current, err := t.ByID(o.ID)
	if err != nil {
		return err
	}
	from, to := span(current.DN)
	_, err = t.exec("DELETE FROM object WHERE dn_key >= ? AND dn_key < ?", from, to)
	return err
}

// Rename gives an object a new RDN value, plain text, under the same parent.
// Everything below it and every link to it follow. The new object is returned;
// o stays as it was read.
func (t *Tx) Rename(o *Object, value string) (*Object, error) {
	if o.ParentID == 0 {
		return nil, &ObjectError{DN: o.DN, Detail: "a root cannot be renamed", Err: ErrNaming}
	}
	parent, err := t.ByID(o.ParentID)
	if err != nil {
		return nil, err
	}
	return t.relocate(o, parent, value)
}

// Move puts an object, with everything below it, under another parent.
func (t *Tx) Move(o, parent *Object) (*Object, error) { return t.relocate(o, parent, o.DN.RDN().Value) }

func (t *Tx) relocate(old, parent *Object, value string) (*Object, error) {
	o, err := t.ByID(old.ID)
	if err != nil {
		return nil, err
	}
	c, ok := LookupClass(o.Class)
	if !ok {
		return nil, fmt.Errorf("%s: class %q is not in the schema", o.DN, o.Class)
	}
	name := parent.DN.Child(c.RDN, value)
	if err := checkPlace(parent, name, c); err != nil {
		return nil, err
	}
	if parent.DN.Under(o.DN) {
		return nil, &ObjectError{DN: o.DN, Detail: "cannot be moved below itself", Err: ErrNaming}
	}
	if err := t.checkFree(o, name); err != nil {
		return nil, err
	}
	if err := t.rewrite(o, parent, name); err != nil {
		return nil, err
	}
	return t.ByID(o.ID)
}

// rewrite writes the new name of an object and of all that lies below it.
func (t *Tx) rewrite(o, parent *Object, name ldappath.DN) error {
	from, to := span(o.DN)
	below, err := collect(t, scanObject, "SELECT "+objectColumns+" FROM object o WHERE o.dn_key > ? AND o.dn_key < ? ORDER BY o.dn_key", from, to)
	if err != nil {
		return err
	}
	if _, err := t.exec("UPDATE object SET parent_id = ? WHERE id = ?", parent.ID, o.ID); err != nil {
		return err
	}
	for _, one := range append([]*Object{o}, below...) {
		rdns := one.DN.RDNs()
		moved := name
		for i := len(rdns) - o.DN.Len() - 1; i >= 0; i-- {
			moved = moved.Child(rdns[i].Attribute, rdns[i].Value)
		}
		if _, err := t.exec("UPDATE object SET dn_key = ?, dn = ?, name_key = ? WHERE id = ?",
			moved.Key(), moved.String(), ldappath.Fold(moved.RDN().Value), one.ID); err != nil {
			return err
		}
	}
	return t.touch(o)
}

// Children gives the objects directly below o, of the class or, if it is
// empty, of any, in the order of their names.
func (t *Tx) Children(o *Object, class string) ([]*Object, error) {
	if class == "" {
		return collect(t, scanObject, "SELECT "+objectColumns+" FROM object o WHERE o.parent_id = ? ORDER BY o.dn_key", o.ID)
	}
	c, ok := LookupClass(class)
	if !ok {
		return nil, fmt.Errorf("class %q is unknown", class)
	}
	return collect(t, scanObject, "SELECT "+objectColumns+" FROM object o WHERE o.parent_id = ? AND o.class = ? ORDER BY o.dn_key", o.ID, c.Name)
}

// pageRows is how many objects a scan reads at once.
const pageRows = 256

// Descendants gives the objects below o, of the named classes or, without
// names, of any, in the order of their names. The store may be changed between
// steps. After an error the iteration ends.
func (t *Tx) Descendants(o *Object, names ...string) iter.Seq2[*Object, error] {
	from, to := span(o.DN)
	return t.scanSpan(from, to, names)
}

// scanSpan gives the objects with keys after from and before to. One class is
// found through the index by class, several are picked from all.
func (t *Tx) scanSpan(from, to string, names []string) iter.Seq2[*Object, error] {
	query, arguments := "SELECT "+objectColumns+" FROM object o WHERE o.dn_key > ? AND o.dn_key < ? ORDER BY o.dn_key LIMIT ?", []any{}
	if len(names) == 1 {
		query = "SELECT " + objectColumns + " FROM object o WHERE o.class = ? AND o.dn_key > ? AND o.dn_key < ? ORDER BY o.dn_key LIMIT ?"
		arguments = append(arguments, canonicalClass(names[0]))
	}
	wanted := func(o *Object) bool {
		return len(names) < 2 || slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, o.Class) })
	}
	return func(yield func(*Object, error) bool) {
		for more := true; more; {
			page, err := collect(t, scanObject, query, append(slices.Clone(arguments), from, to, pageRows)...)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, o := range page {
				if wanted(o) && !yield(o, nil) {
					return
				}
				from = o.DN.Key()
			}
			more = len(page) == pageRows
		}
	}
}

// canonicalClass gives a class name in the schema's spelling.
func canonicalClass(name string) string {
	if c, ok := LookupClass(name); ok {
		return c.Name
	}
	return name
}
