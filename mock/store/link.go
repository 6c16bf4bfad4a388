package store

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
)

// targets reads the values of a link attribute and finds the objects they
// name. A name without an object is ErrNotFound.
func (t *Tx) targets(a AttributeType, values []string) ([]target, error) {
	found := make([]target, 0, len(values))
	seen := make(map[string]bool, len(values))
	for _, value := range values {
		one, err := t.target(a, value)
		if err != nil {
			return nil, err
		}
		key := one.data + ":" + strconv.FormatInt(one.object.ID, 10)
		if seen[key] {
			return nil, &AttributeError{Attribute: a.Name, Value: value, Err: ErrValueExists}
		}
		seen[key] = true
		found = append(found, one)
	}
	return found, nil
}

func (t *Tx) target(a AttributeType, value string) (target, error) {
	if value == "" {
		return target{}, &ConstraintError{Attribute: a.Name, Rule: RuleEmpty}
	}
	data, name := "", value
	if a.Syntax == SyntaxDNBinary {
		var ok bool
		if data, name, ok = cutBinary(value); !ok {
			return target{}, &SyntaxError{Attribute: a.Name, Syntax: a.Syntax, Value: value}
		}
	}
	path, err := ldappath.ParseLoose(name)
	if err != nil {
		return target{}, &SyntaxError{Attribute: a.Name, Syntax: a.Syntax, Value: value}
	}
	o, err := t.Get(path.DN)
	if err != nil {
		return target{}, fmt.Errorf("attribute %s: %w", a.Name, err)
	}
	return target{object: o, data: data}, nil
}

// cutBinary splits "B:32:HEX:DN".
func cutBinary(value string) (data, name string, ok bool) {
	parts := strings.SplitN(strings.TrimSpace(value), ":", 4)
	if len(parts) != 4 || !strings.EqualFold(parts[0], "B") || parts[1] != strconv.Itoa(len(parts[2])) {
		return "", "", false
	}
	if _, err := hex.DecodeString(parts[2]); err != nil {
		return "", "", false
	}
	return strings.ToUpper(parts[2]), parts[3], true
}

// linkText writes a link's value.
func linkText(a AttributeType, data, dn string) string {
	if a.Syntax != SyntaxDNBinary {
		return dn
	}
	return "B:" + strconv.Itoa(len(data)) + ":" + data + ":" + dn
}

func (t *Tx) linkValues(o *Object, a AttributeType) ([]string, error) {
	return collect(t, func(row scanner) (string, error) {
		var data, dn string
		err := row.Scan(&data, &dn)
		return linkText(a, data, dn), err
	}, "SELECT l.data, o.dn FROM link l JOIN object o ON o.id = l.target_id"+
		" WHERE l.object_id = ? AND l.attribute = ? ORDER BY l.id", o.ID, a.Name)
}

// Linked gives the objects that a DN-valued attribute names, in the order in
// which they were added.
func (t *Tx) Linked(o *Object, attribute string) ([]*Object, error) {
	a, err := LookupAttribute(attribute)
	if err != nil {
		return nil, err
	}
	if !a.Link() {
		return nil, fmt.Errorf("attribute %s does not name objects", a.Name)
	}
	return collect(t, scanObject, "SELECT "+objectColumns+" FROM link l JOIN object o ON o.id = l.target_id"+
		" WHERE l.object_id = ? AND l.attribute = ? ORDER BY l.id", o.ID, a.Name)
}

// LinkedFrom gives the objects whose DN-valued attribute names o, in the order
// of their names.
func (t *Tx) LinkedFrom(o *Object, attribute string) ([]*Object, error) {
	a, err := LookupAttribute(attribute)
	if err != nil {
		return nil, err
	}
	if !a.Link() {
		return nil, fmt.Errorf("attribute %s does not name objects", a.Name)
	}
	return collect(t, scanObject, "SELECT "+objectColumns+" FROM link l JOIN object o ON o.id = l.object_id"+
		" WHERE l.target_id = ? AND l.attribute = ? ORDER BY o.dn_key", o.ID, a.Name)
}

func (t *Tx) replaceLinks(o *Object, a AttributeType, targets []target) error {
	if _, err := t.exec("DELETE FROM link WHERE object_id = ? AND attribute = ?", o.ID, a.Name); err != nil {
		return err
	}
	return t.insertLinks(o, a, targets)
}

func (t *Tx) insertLinks(o *Object, a AttributeType, targets []target) error {
	for _, one := range targets {
		id, err := t.next("link")
		if err != nil {
			return err
		}
		if _, err := t.exec("INSERT INTO link (id, object_id, attribute, target_id, data) VALUES (?, ?, ?, ?, ?)",
			id, o.ID, a.Name, one.object.ID, one.data); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) addLinks(o *Object, a AttributeType, targets []target) error {
	for _, one := range targets {
		held, err := t.hasLink(o, a, one)
		if err != nil {
			return err
		}
		if held {
			return &AttributeError{Attribute: a.Name, Value: linkText(a, one.data, one.object.DN.String()), Err: ErrValueExists}
		}
	}
	if err := t.insertLinks(o, a, targets); err != nil {
		return err
	}
	return t.touch(o)
}

func (t *Tx) removeLinks(o *Object, a AttributeType, targets []target) error {
	for _, one := range targets {
		held, err := t.hasLink(o, a, one)
		if err != nil {
			return err
		}
		if !held {
			return &AttributeError{Attribute: a.Name, Value: linkText(a, one.data, one.object.DN.String()), Err: ErrNoSuchValue}
		}
	}
	for _, one := range targets {
		if _, err := t.exec("DELETE FROM link WHERE object_id = ? AND attribute = ? AND target_id = ? AND data = ?",
			o.ID, a.Name, one.object.ID, one.data); err != nil {
			return err
		}
	}
	return t.touch(o)
}

func (t *Tx) hasLink(o *Object, a AttributeType, to target) (bool, error) {
	found, err := collect(t, scanID, "SELECT id FROM link WHERE object_id = ? AND attribute = ? AND target_id = ? AND data = ?",
		o.ID, a.Name, to.object.ID, to.data)
	return len(found) > 0, err
}
