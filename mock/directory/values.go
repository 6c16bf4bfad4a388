package directory

import (
	"slices"
	"sort"

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
	if r := d.rowOf(o); r != nil {
		return r.values(a.number)
	}
	return nil
}

// rowOf returns the present row of an object, nil if it is gone; of a deleted
// one its own.
func (d Directory) rowOf(o *Object) *record {
	if o.deleted != nil {
		return o.deleted
	}
	return objects.Get(d.tx, o.ID)
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

// reading collects the attributes of one object. Single values share one array.
type reading struct {
	d     Directory
	found Attributes
	at    []uint16 // numbers of the attributes found
	texts []string
}

// allAttributes returns every attribute that is not on request only. Only
// attributes that the object has are looked at.
func (d Directory) allAttributes(o *Object) Attributes {
	const usual = 64 // attributes of an object
	r := &reading{d: d, found: make(Attributes, 0, usual), at: make([]uint16, 0, usual), texts: make([]string, 0, usual)}
	r.stored(d.rowOf(o))
	r.apart(o.ID)
	self := o.record()
	for _, number := range madeForAll {
		if fromRow[number] != nil {
			r.add(number, fromRow[number](self))
		} else {
			r.add(number, fromDirectory[number](d, o))
		}
	}
	for _, number := range d.backLinksOf(o.ID) {
		r.add(number, fromDirectory[number](d, o))
	}
	sort.Sort(r)
	return r.found
}

func (r *reading) add(number uint16, values []string) {
	if len(values) > 0 {
		r.at, r.found = append(r.at, number), append(r.found, Attribute{attributeTypes[number].Name, values})
	}
}

// stored reads the object's row.
func (r *reading) stored(row *record) {
	if row == nil {
		return
	}
	for rest := row.plain; rest != ""; {
		at, after := rest.number()
		number, first := uint16(at), len(r.texts)
		if attributeTypes[number].near() {
			r.add(number, r.d.linkValues(row.id, attributeTypes[number]))
			_, rest = rest.attribute()
			continue
		}
		count, after := after.number()
		for range count {
			var value string
			value, after = after.text()
			r.texts = append(r.texts, value)
		}
		r.add(number, r.texts[first:len(r.texts):len(r.texts)])
		rest = after
	}
}

// apart reads the links that have rows of their own.
func (r *reading) apart(id int64) {
	for next := end(id, 0); ; {
		seen := false
		for l := range links.From(r.d.tx, linkKey{from: next}) {
			if seen = l.from.object() == id; seen {
				number := l.from.attribute()
				r.add(number, r.d.linkValues(id, attributeTypes[number]))
				next = l.from + 1
			}
			break
		}
		if !seen {
			return
		}
	}
}

// Len, Less and Swap put the attributes in the order of the schema.
func (r *reading) Len() int           { return len(r.at) }
func (r *reading) Less(i, j int) bool { return r.at[i] < r.at[j] }
func (r *reading) Swap(i, j int) {
	r.at[i], r.at[j] = r.at[j], r.at[i]
	r.found[i], r.found[j] = r.found[j], r.found[i]
}

// backLinksOf returns the back-link attributes that an object has.
func (d Directory) backLinksOf(id int64) (found []uint16) {
	for next := end(id, 0); next.object() == id; {
		at := d.nextReference(next)
		if back, ok := backOf[at.attribute()]; ok && at.object() == id {
			found = append(found, back)
		}
		next = at + 1
	}
	return found
}

// nextReference returns the first end, from one on, at which links of others
// end; one of another object if there is none.
func (d Directory) nextReference(from linkEnd) linkEnd {
	next := end(from.object()+1, 0)
	for at := range byReference.Keys(d.tx, from) {
		next = min(next, at)
		break
	}
	for at := range byTarget.Keys(d.tx, backLinkKey{to: from}) {
		next = min(next, at.to)
		break
	}
	return next
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
