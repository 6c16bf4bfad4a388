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
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[ldappath.Fold(name)] = true
	}
	present, err := t.present(o)
	if err != nil {
		return nil, err
	}
	var found Attributes
	for _, a := range attributeTypes {
		if len(names) > 0 && !wanted[ldappath.Fold(a.Name)] || len(names) == 0 && slices.Contains(onRequest, a.Name) {
			continue
		}
		if _, made := t.store.computed[a.Name]; !made && !present[a.Name] {
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

// present gives the names of the stored attributes that an object has.
func (t *Tx) present(o *Object) (map[string]bool, error) {
	names, err := collect(t, scanText, "SELECT DISTINCT attribute FROM attribute_value WHERE object_id = ?"+
		" UNION SELECT DISTINCT attribute FROM link WHERE object_id = ?"+
		" UNION SELECT 'proxyAddresses' FROM proxy_address WHERE object_id = ?", o.ID, o.ID, o.ID)
	if err != nil {
		return nil, err
	}
	present := make(map[string]bool, len(names))
	for _, name := range names {
		present[name] = true
	}
	return present, nil
}
