package directory

import (
	"slices"

	"wsexchange/mock/state"
)

const proxyAddresses = "proxyAddresses"

// Values returns the values of an attribute, none if it is absent. The
// attribute may be a computed one; those that are made of the object itself are
// as it was when it was read. An unknown attribute is ErrNoSuchAttribute. The
// slice must not be changed.
func (d Directory) Values(o *Object, attribute string) ([]string, error) {
	a, err := LookupAttribute(attribute)
	if err != nil {
		return nil, err
	}
	return d.values(o, a), d.tx.Ready(false)
}

// Value returns the first value of an attribute, "" if it is absent.
func (d Directory) Value(o *Object, attribute string) (string, error) {
	values, err := d.Values(o, attribute)
	if err != nil || len(values) == 0 {
		return "", err
	}
	return values[0], nil
}

func (d Directory) values(o *Object, a AttributeType) []string {
	switch {
	case fromRow[a.number] != nil:
		return fromRow[a.number](o.record())
	case fromDirectory[a.number] != nil:
		return fromDirectory[a.number](d, o)
	case a.Link():
		return d.linkValues(o.ID, a)
	}
	if r := objects.Get(d.tx, o.ID); r != nil {
		return r.values(a.number)
	}
	return nil
}

// integer returns the value of a stored integer attribute, 0 if it is absent.
func (d Directory) integer(o *Object, attribute uint16) int64 {
	if r := objects.Get(d.tx, o.ID); r != nil {
		return r.integer(attribute)
	}
	return 0
}

// Attributes returns the named attributes that have values, in the order and
// spelling of the schema. Without names it returns all but those that the
// original computes on request only: canonicalName, createTimeStamp,
// modifyTimeStamp, tokenGroups. Unknown names are left out. Values must not be
// changed.
func (d Directory) Attributes(o *Object, names ...string) (Attributes, error) {
	if err := d.tx.Ready(false); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return d.allAttributes(o), nil
	}
	wanted := make([]uint16, 0, len(names))
	for _, name := range names {
		if number, known := numberOf(name); known {
			wanted = append(wanted, number)
		}
	}
	slices.Sort(wanted)
	var found Attributes
	for _, number := range slices.Compact(wanted) {
		if values := d.values(o, attributeTypes[number]); len(values) > 0 {
			found = append(found, Attribute{Name: attributeTypes[number].Name, Values: values})
		}
	}
	return found, nil
}

// allAttributes returns every attribute that is not on request only. Only
// attributes that the object has are looked at.
func (d Directory) allAttributes(o *Object) Attributes {
	held := d.backLinksOf(o.ID)
	for l := range links.From(d.tx, linkKey{from: end(o.ID, 0)}) {
		if l.from.object() != o.ID {
			break
		}
		held = append(held, l.from.attribute())
	}
	if r := objects.Get(d.tx, o.ID); r != nil {
		for rest := r.plain; rest != ""; {
			var number uint16
			number, rest = rest.attribute()
			held = append(held, number)
		}
	}
	held = append(held, madeForAll...)
	slices.Sort(held)
	held = slices.Compact(held)
	found := make(Attributes, 0, len(held))
	for _, number := range held {
		if values := d.values(o, attributeTypes[number]); len(values) > 0 {
			found = append(found, Attribute{Name: attributeTypes[number].Name, Values: values})
		}
	}
	return found
}

// backLinksOf returns the back-link attributes that an object has.
func (d Directory) backLinksOf(id int64) (found []uint16) {
	for next := end(id, 0); ; {
		seen := false
		for at := range byTarget.Keys(d.tx, backLinkKey{to: next}) {
			if at.to.object() == id {
				next, seen = at.to+1, true
				if back, ok := backOf[at.to.attribute()]; ok {
					found = append(found, back)
				}
			}
			break
		}
		if !seen {
			return found
		}
	}
}

// row returns the present row of an object; one that is gone is
// state.ErrNotFound.
func (d Directory) row(o *Object) (*record, error) {
	if err := d.tx.Ready(false); err != nil {
		return nil, err
	}
	if r := objects.Get(d.tx, o.ID); r != nil {
		return r, nil
	}
	return nil, &state.NotFoundError{Kind: "name", Value: o.DN.String()}
}
