package directory

import (
	"strings"
)

// Grant is a right that a trustee has on an object.
type Grant struct {
	Trustee *Object
	Access  string // such as "Open Address List"
}

// GrantAccess gives a trustee rights on an object. Those it has already stay.
func (d Directory) GrantAccess(o, trustee *Object, rights ...string) error {
	for _, one := range []*Object{o, trustee} {
		if _, err := d.row(one); err != nil {
			return err
		}
	}
	for _, right := range rights {
		row := grant{o.ID, trustee.ID, strings.Clone(right)}
		if grants.Get(d.tx, grantKey(row)) != nil {
			continue
		}
		if err := grants.Put(d.tx, &row); err != nil {
			return err
		}
	}
	return nil
}

// Grants returns the rights on an object, in the order of the trustees' names.
func (d Directory) Grants(o *Object) ([]Grant, error) {
	byID := make(map[int64][]string)
	var found []Grant
	for g := range grants.From(d.tx, grantKey{Object: o.ID}) {
		if g.Object != o.ID {
			break
		}
		byID[g.Trustee] = append(byID[g.Trustee], g.Access)
	}
	for _, trustee := range d.sorted(d.rowsOf(byID)) {
		for _, access := range byID[trustee.ID] {
			found = append(found, Grant{Trustee: trustee, Access: access})
		}
	}
	return found, d.tx.Ready(false)
}

// removeGrantsOn deletes the rights on an object.
func (d Directory) removeGrantsOn(id int64) error {
	for g := range grants.From(d.tx, grantKey{Object: id}) {
		if g.Object != id {
			break
		}
		if _, err := grants.Delete(d.tx, grantKey(*g)); err != nil {
			return err
		}
	}
	return nil
}

// removeGrantsOf deletes the rights on an object and those that it has.
func (d Directory) removeGrantsOf(id int64) error {
	if err := d.removeGrantsOn(id); err != nil {
		return err
	}
	for g := range byTrustee.Is(d.tx, id) {
		if _, err := grants.Delete(d.tx, grantKey(*g)); err != nil {
			return err
		}
	}
	return nil
}
