package directory

import (
	"slices"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// change is an attribute with new values that were found good.
type change struct {
	attribute AttributeType
	values    []string // as the row has them; of links apart from it, none
	targets   []target // of links
}

// target is one value of a link attribute.
type target struct {
	object *Object
	data   string // 32 upper-case hex digits for DN-with-binary, else ""
}

// check looks a caller's values over without writing. o is the object
// concerned, not yet stored if its ID is 0.
func (d Directory) check(o *Object, attribute string, values []string) (change, error) {
	a, err := LookupAttribute(attribute)
	if err != nil {
		return change{}, err
	}
	c := change{attribute: a}
	switch {
	case a.Is(Naming):
		return c, checkNaming(o, a, values)
	case a.Is(Computed) || a.Is(Kept):
		return c, &state.ConstraintError{Attribute: a.Name, Rule: state.RuleSystemOnly}
	case len(values) > 1 && !a.Is(Multi):
		return c, &state.ConstraintError{Attribute: a.Name, Rule: state.RuleSingle}
	case a.Link():
		c.targets, err = d.targets(a, values)
		if a.near() {
			c.values = encodeTargets(c.targets)
		}
		return c, err
	}
	if c.values, err = normalizeAll(a, values); err != nil {
		return c, err
	}
	if rule := attributeRules[a.number]; rule != nil {
		err = rule(d, o, c.values)
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
	return &state.ConstraintError{Attribute: a.Name, Rule: state.RuleRDN}
}

func normalizeAll(a AttributeType, values []string) ([]string, error) {
	if len(values) == 1 {
		one, err := a.normalize(values[0])
		return []string{one}, err
	}
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

// apply writes a change that check found good, replacing what was there, and
// marks the object as changed now.
func (d Directory) apply(o *Object, c change) error {
	row, err := d.row(o)
	if err != nil {
		return err
	}
	changed := *row
	switch a := c.attribute; {
	case a.Is(Naming):
	case a.Link() && !a.near():
		if err := d.replaceLinks(o, a, c.targets); err != nil {
			return err
		}
	default:
		changed.plain = row.plain.with(a.number, c.values)
	}
	return d.touch(o, &changed)
}

// touch writes a row of an object as changed now. The row must not be that of
// the table.
func (d Directory) touch(o *Object, row *record) error {
	usn, now := d.tx.Last("usn")+1, d.tx.Now()
	row.changed, row.usnChanged = micros(now), usn
	if err := objects.Put(d.tx, row); err != nil {
		return err
	}
	o.WhenChanged, o.USNChanged = now, usn
	return d.tx.Skip("usn", usn)
}

// Set replaces the values of an attribute; none clears it. Either all the
// values are taken or nothing changes. An empty value is state.ErrConstraint.
func (d Directory) Set(o *Object, attribute string, values ...string) error {
	if err := d.tx.Ready(true); err != nil {
		return err
	}
	c, err := d.check(o, attribute, values)
	if err != nil {
		return err
	}
	return d.apply(o, c)
}

// Add adds values to an attribute. A value that is there already is
// ErrValueExists, a second one on a single-valued attribute
// state.ErrConstraint.
func (d Directory) Add(o *Object, attribute string, values ...string) error {
	a, err := LookupAttribute(attribute)
	if err != nil || len(values) == 0 {
		return err
	}
	if a.Link() && a.Is(Multi) {
		targets, err := d.targets(a, values)
		if err != nil {
			return err
		}
		return d.addLinks(o, a, targets)
	}
	return d.Set(o, a.Name, slices.Concat(d.values(o, a), values)...)
}

// Remove takes values from an attribute. One that is not there is
// ErrNoSuchValue, and nothing changes.
func (d Directory) Remove(o *Object, attribute string, values ...string) error {
	a, err := LookupAttribute(attribute)
	if err != nil || len(values) == 0 {
		return err
	}
	if a.Link() {
		targets, err := d.targets(a, values)
		if err != nil {
			return err
		}
		return d.removeLinks(o, a, targets)
	}
	held := slices.Clone(d.values(o, a))
	for _, value := range values {
		folded := ldappath.Fold(value)
		i := slices.IndexFunc(held, func(h string) bool { return ldappath.Fold(h) == folded })
		if i < 0 {
			return &AttributeError{Attribute: a.Name, Value: value, Err: ErrNoSuchValue}
		}
		held = slices.Delete(held, i, i+1)
	}
	return d.Set(o, a.Name, held...)
}

// SetAll sets several attributes, in their order, all or none.
func (d Directory) SetAll(o *Object, attributes Attributes) error {
	return d.tx.Savepoint(func() error {
		for _, attribute := range attributes {
			if err := d.Set(o, attribute.Name, attribute.Values...); err != nil {
				return err
			}
		}
		return nil
	})
}

// keep writes a plain attribute that callers may not, without marking the
// object as changed, as the directory does with what it does not replicate.
func (d Directory) keep(o *Object, attribute uint16, values ...string) error {
	row, err := d.row(o)
	if err != nil {
		return err
	}
	changed := *row
	changed.plain = row.plain.with(attribute, values)
	return objects.Put(d.tx, &changed)
}
