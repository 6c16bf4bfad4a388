package store

import (
	"slices"

	"wsexchange/internal/ldappath"
)

// proxyAddresses is the attribute whose values have a table of their own.
const proxyAddresses = "proxyAddresses"

// Values gives the values of an attribute, none if it is absent. The attribute
// may be a computed one. An unknown attribute is ErrNoSuchAttribute.
func (t *Tx) Values(o *Object, attribute string) ([]string, error) {
	a, err := LookupAttribute(attribute)
	if err != nil {
		return nil, err
	}
	return t.values(o, a)
}

// Value gives the first value of an attribute, "" if it is absent.
func (t *Tx) Value(o *Object, attribute string) (string, error) {
	values, err := t.Values(o, attribute)
	if err != nil || len(values) == 0 {
		return "", err
	}
	return values[0], nil
}

func (t *Tx) values(o *Object, a AttributeType) ([]string, error) {
	if compute, ok := t.store.computed[a.Name]; ok {
		return compute(t, o)
	}
	switch {
	case a.Link():
		return t.linkValues(o, a)
	case a.Name == proxyAddresses:
		return collect(t, scanText, "SELECT address FROM proxy_address WHERE object_id = ? ORDER BY position", o.ID)
	}
	return collect(t, scanText,
		"SELECT value FROM attribute_value WHERE object_id = ? AND attribute = ? ORDER BY position", o.ID, a.Name)
}

// Attributes gives the named attributes that have values, in the order and
// spelling of the schema. Without names it gives all but those that the
// original computes on request only: canonicalName, createTimeStamp,
// modifyTimeStamp, tokenGroups. Unknown names are left out.
func (t *Tx) Attributes(o *Object, names ...string) (Attributes, error) {
	if len(names) == 0 {
		return t.allAttributes(o)
	}
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[ldappath.Fold(name)] = true
	}
	var found Attributes
	for _, a := range attributeTypes {
		if !wanted[ldappath.Fold(a.Name)] {
			continue
		}
		values, err := t.values(o, a)
		if err != nil {
			return nil, err
		}
		if len(values) > 0 {
			found = append(found, Attribute{Name: a.Name, Values: values})
		}
	}
	return found, nil
}

// onRequest is what a search for all attributes does not give.
var onRequest = []string{"canonicalName", "createTimeStamp", "modifyTimeStamp", "tokenGroups"}

// allAttributes gives every attribute with a few queries, however many there
// are.
func (t *Tx) allAttributes(o *Object) (Attributes, error) {
	held, err := t.stored(o)
	if err != nil {
		return nil, err
	}
	linked, err := collect(t, scanText, "SELECT DISTINCT attribute FROM link WHERE target_id = ?", o.ID)
	if err != nil {
		return nil, err
	}
	var found Attributes
	for _, a := range attributeTypes {
		values := held[a.Name]
		forward, back := backLinks[a.Name]
		compute, made := t.store.computed[a.Name]
		if made && !slices.Contains(onRequest, a.Name) && (!back || slices.Contains(linked, forward)) {
			if values, err = compute(t, o); err != nil {
				return nil, err
			}
		}
		if len(values) > 0 {
			found = append(found, Attribute{Name: a.Name, Values: values})
		}
	}
	return found, nil
}

// stored gives all values that are kept for an object, by attribute.
func (t *Tx) stored(o *Object) (map[string][]string, error) {
	held := make(map[string][]string)
	take := func(row scanner) (struct{}, error) {
		var attribute, value, data string
		err := row.Scan(&attribute, &value, &data)
		if a, known := attributeByName[ldappath.Fold(attribute)]; known {
			value = linkText(a, data, value)
		}
		held[attribute] = append(held[attribute], value)
		return struct{}{}, err
	}
	for _, query := range []string{
		"SELECT attribute, value, '' FROM attribute_value WHERE object_id = ? ORDER BY attribute, position",
		"SELECT l.attribute, o.dn, l.data FROM link l JOIN object o ON o.id = l.target_id WHERE l.object_id = ? ORDER BY l.id",
		"SELECT 'proxyAddresses', address, '' FROM proxy_address WHERE object_id = ? ORDER BY position",
	} {
		if _, err := collect(t, take, query, o.ID); err != nil {
			return nil, err
		}
	}
	return held, nil
}
