package store

import (
	"slices"
	"strings"

	"wsexchange/internal/ldappath"
)

// change is an attribute with new values that were found good: normal text,
// or the targets of links.
type change struct {
	attribute AttributeType
	values    []string
	targets   []target
}

// target is one value of a link attribute.
type target struct {
	object *Object
	data   string // 32 upper-case hex digits for DN-with-binary, else ""
}

// check looks a caller's values over without writing. o is the object
// concerned, not yet stored if its ID is 0.
func (t *Tx) check(o *Object, attribute string, values []string) (change, error) {
	a, err := LookupAttribute(attribute)
	if err != nil {
		return change{}, err
	}
	c := change{attribute: a}
	switch {
	case a.Is(Naming):
		return c, checkNaming(o, a, values)
	case a.Is(Computed) || a.Is(Kept):
		return c, &ConstraintError{Attribute: a.Name, Rule: RuleSystemOnly}
	case len(values) > 1 && !a.Is(Multi):
		return c, &ConstraintError{Attribute: a.Name, Rule: RuleSingle}
	case a.Link():
		c.targets, err = t.targets(a, values)
		return c, err
	}
	if c.values, err = normalizeAll(a, values); err != nil {
		return c, err
	}
	if rule, ok := attributeRules[a.Name]; ok {
		err = rule(t, o, c.values)
	}
	return c, err
}

// checkNaming lets callers repeat the RDN among the attributes, as they do at
// creation, but not change it.
func checkNaming(o *Object, a AttributeType, values []string) error {
	rdn := o.DN.RDN()
	if len(values) == 1 && strings.EqualFold(rdn.Attribute, a.Name) && values[0] == rdn.Value {
		return nil
	}
	return &ConstraintError{Attribute: a.Name, Rule: RuleRDN}
}

func normalizeAll(a AttributeType, values []string) ([]string, error) {
	normal := make([]string, 0, len(values))
	seen := make(map[string]bool, len(values))
	for _, value := range values {
		one, err := a.normalize(value)
		if err != nil {
			return nil, err
		}
		if folded := ldappath.Fold(one); !seen[folded] {
			seen[folded] = true
			normal = append(normal, one)
			continue
		}
		return nil, &AttributeError{Attribute: a.Name, Value: value, Err: ErrValueExists}
	}
	return normal, nil
}

// apply writes a change that check found good, replacing what was there.
func (t *Tx) apply(o *Object, c change) error {
	a := c.attribute
	switch {
	case a.Is(Naming):
		return nil
	case a.Link():
		return t.replaceLinks(o, a, c.targets)
	case a.Name == proxyAddresses:
		return t.replaceAddresses(o, c.values)
	}
	if _, err := t.exec("DELETE FROM attribute_value WHERE object_id = ? AND attribute = ?", o.ID, a.Name); err != nil {
		return err
	}
	return t.insertValues(o, []change{c})
}

// insertValues writes plain values of attributes that the object does not have
// yet, and the keys of unique ones.
func (t *Tx) insertValues(o *Object, changes []change) error {
	var rows []any
	for _, c := range changes {
		for position, value := range c.values {
			var folded any
			if c.attribute.Is(Indexed) {
				folded = ldappath.Fold(value)
			}
			rows = append(rows, o.ID, c.attribute.Name, position, value, folded)
		}
		if err := t.setKey(o, c); err != nil {
			return err
		}
	}
	const columns, most = 5, 20
	for len(rows) > 0 {
		n := min(len(rows)/columns, most)
		query := "INSERT INTO attribute_value (object_id, attribute, position, value, folded) VALUES (?, ?, ?, ?, ?)" +
			strings.Repeat(", (?, ?, ?, ?, ?)", n-1)
		if _, err := t.exec(query, rows[:n*columns]...); err != nil {
			return err
		}
		rows = rows[n*columns:]
	}
	return nil
}

// keyUpdates writes the unique keys that live in the object's row.
var keyUpdates = map[string]string{
	KindSAM: "UPDATE object SET sam_key = ? WHERE id = ?",
	KindUPN: "UPDATE object SET upn_key = ? WHERE id = ?",
}

func (t *Tx) setKey(o *Object, c change) error {
	update, ok := keyUpdates[c.attribute.Name]
	if !ok {
		return nil
	}
	var key any
	if len(c.values) > 0 {
		key = ldappath.Fold(c.values[0])
	}
	_, err := t.exec(update, key, o.ID)
	return err
}

// touch marks the object as changed now.
func (t *Tx) touch(o *Object) error {
	usn, err := t.next("usn")
	if err != nil {
		return err
	}
	o.WhenChanged, o.USNChanged = t.Now(), usn
	_, err = t.exec("UPDATE object SET when_changed = ?, usn_changed = ? WHERE id = ?", micros(o.WhenChanged), usn, o.ID)
	return err
}

// Set replaces the values of an attribute; none clears it. Either all the
// values are taken or nothing changes. An empty value is ErrConstraint.
func (t *Tx) Set(o *Object, attribute string, values ...string) error {
	c, err := t.check(o, attribute, values)
	if err != nil {
		return err
	}
	if err := t.apply(o, c); err != nil {
		return err
	}
	return t.touch(o)
}

// Add adds values to an attribute. A value that is there already is
// ErrValueExists, a second one on a single-valued attribute ErrConstraint.
func (t *Tx) Add(o *Object, attribute string, values ...string) error {
	a, err := LookupAttribute(attribute)
	if err != nil || len(values) == 0 {
		return err
	}
	if a.Link() && a.Is(Multi) {
		targets, err := t.targets(a, values)
		if err != nil {
			return err
		}
		return t.addLinks(o, a, targets)
	}
	held, err := t.values(o, a)
	if err != nil {
		return err
	}
	return t.Set(o, a.Name, append(held, values...)...)
}

// Remove takes values from an attribute. One that is not there is
// ErrNoSuchValue, and nothing changes.
func (t *Tx) Remove(o *Object, attribute string, values ...string) error {
	a, err := LookupAttribute(attribute)
	if err != nil || len(values) == 0 {
		return err
	}
	if a.Link() {
		targets, err := t.targets(a, values)
		if err != nil {
			return err
		}
		return t.removeLinks(o, a, targets)
	}
	held, err := t.values(o, a)
	if err != nil {
		return err
	}
	for _, value := range values {
		folded := ldappath.Fold(value)
		i := slices.IndexFunc(held, func(h string) bool { return ldappath.Fold(h) == folded })
		if i < 0 {
			return &AttributeError{Attribute: a.Name, Value: value, Err: ErrNoSuchValue}
		}
		held = slices.Delete(held, i, i+1)
	}
	return t.Set(o, a.Name, held...)
}

// SetAll sets several attributes, in their order, all or none.
func (t *Tx) SetAll(o *Object, attributes Attributes) error {
	return t.Savepoint(func() error {
		for _, attribute := range attributes {
			if err := t.Set(o, attribute.Name, attribute.Values...); err != nil {
				return err
			}
		}
		return nil
	})
}

// keep writes an attribute that callers may not, without marking the object as
// changed, as the directory does with what it does not replicate.
func (t *Tx) keep(o *Object, attribute string, values ...string) error {
	a, err := LookupAttribute(attribute)
	if err != nil {
		return err
	}
	return t.apply(o, change{attribute: a, values: values})
}
