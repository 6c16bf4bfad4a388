package directory

import (
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// targets reads the values of a link attribute and finds the objects they
// name. A name without an object is state.ErrNotFound.
func (d Directory) targets(a AttributeType, values []string) ([]target, error) {
	type pair struct {
		id   int64
		data string
	}
	found := make([]target, 0, len(values))
	seen := make(map[pair]bool, len(values))
	for _, value := range values {
		one, err := d.target(a, value)
		if err != nil {
			return nil, err
		}
		key := pair{one.object.ID, one.data}
		if seen[key] {
			return nil, &AttributeError{Attribute: a.Name, Value: value, Err: ErrValueExists}
		}
		seen[key] = true
		found = append(found, one)
	}
	return found, nil
}

func (d Directory) target(a AttributeType, value string) (target, error) {
	if value == "" {
		return target{}, &state.ConstraintError{Attribute: a.Name, Rule: state.RuleEmpty}
	}
	data, name := "", value
	if a.Syntax == SyntaxDNBinary {
		var ok bool
		if data, name, ok = cutBinary(value); !ok {
			return target{}, &state.SyntaxError{Attribute: a.Name, Syntax: string(a.Syntax), Value: value}
		}
	}
	path, err := ldappath.ParseLoose(name)
	if err != nil {
		return target{}, &state.SyntaxError{Attribute: a.Name, Syntax: string(a.Syntax), Value: value}
	}
	o, err := d.Get(path.DN)
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

// linksFrom returns the targets of an attribute's links with their data, 32
// upper-case hex digits or "", in the order in which they were added.
func (d Directory) linksFrom(object int64, attribute uint16) iter.Seq2[int64, string] {
	if attributeTypes[attribute].near() {
		return d.nearLinks(object, attribute)
	}
	return func(yield func(int64, string) bool) {
		for l := range d.linkRows(object, attribute) {
			if !yield(l.to, handleText(l.data)) {
				return
			}
		}
	}
}

// nearLinks is linksFrom for links in the object's row.
func (d Directory) nearLinks(object int64, attribute uint16) iter.Seq2[int64, string] {
	return func(yield func(int64, string) bool) {
		r := objects.Get(d.tx, object)
		if r == nil {
			return
		}
		count, rest := r.plain.find(attribute)
		for range count {
			var value string
			value, rest = rest.text()
			to, octets := cutLink(value)
			data := ""
			if octets != "" {
				data = hexData(octets)
			}
			if !yield(to, data) {
				return
			}
		}
	}
}

// linkRows returns the rows of an attribute's links, in the order in which they
// were added.
func (d Directory) linkRows(object int64, attribute uint16) iter.Seq[*link] {
	from := end(object, attribute)
	return func(yield func(*link) bool) {
		for l := range links.From(d.tx, linkKey{from: from}) {
			if l.from != from || !yield(l) {
				return
			}
		}
	}
}

// linkedRows returns the objects that an attribute names, in the order in which
// they were added.
func (d Directory) linkedRows(object int64, attribute uint16) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for to := range d.linksFrom(object, attribute) {
			if r := objects.Get(d.tx, to); r != nil && !yield(r) {
				return
			}
		}
	}
}

// linkingRows returns the objects whose attribute names an object, in the order
// of their ids.
func (d Directory) linkingRows(object int64, attribute uint16) iter.Seq[*record] {
	to := end(object, attribute)
	if attributeTypes[attribute].near() {
		return byReference.Is(d.tx, to)
	}
	return func(yield func(*record) bool) {
		for at := range byTarget.Keys(d.tx, backLinkKey{to: to}) {
			if at.to != to {
				return
			}
			if r := objects.Get(d.tx, at.from); r != nil && !yield(r) {
				return
			}
		}
	}
}

func (d Directory) linkValues(object int64, a AttributeType) (values []string) {
	for to, data := range d.linksFrom(object, a.number) {
		if r := objects.Get(d.tx, to); r != nil {
			values = append(values, linkText(a, data, d.dn(r).String()))
		}
	}
	return values
}

// backLinkValues are the names of the objects whose attribute names an object,
// in the order of their keys.
func (d Directory) backLinkValues(object int64, attribute uint16) (values []string) {
	for _, k := range d.keyed(d.linkingRows(object, attribute)) {
		values = append(values, k.object.DN.String())
	}
	return values
}

// linkAttribute returns the row of an attribute whose values are links.
func linkAttribute(name string) (AttributeType, error) {
	a, err := LookupAttribute(name)
	if err == nil && !a.Link() {
		err = fmt.Errorf("attribute %s does not name objects", a.Name)
	}
	return a, err
}

// Linked returns the objects that a DN-valued attribute names, in the order in
// which they were added.
func (d Directory) Linked(o *Object, attribute string) ([]*Object, error) {
	a, err := linkAttribute(attribute)
	if err != nil {
		return nil, err
	}
	var found []*Object
	for r := range d.linkedRows(o.ID, a.number) {
		found = append(found, d.object(r))
	}
	return found, d.tx.Ready(false)
}

// LinkedFrom returns the objects whose DN-valued attribute names o, in the order
// of their names.
func (d Directory) LinkedFrom(o *Object, attribute string) ([]*Object, error) {
	a, err := linkAttribute(attribute)
	if err != nil {
		return nil, err
	}
	return d.sorted(d.linkingRows(o.ID, a.number)), d.tx.Ready(false)
}

// replaceLinks writes the links of an attribute that has rows of its own.
func (d Directory) replaceLinks(o *Object, a AttributeType, targets []target) error {
	for l := range d.linkRows(o.ID, a.number) {
		if _, err := links.Delete(d.tx, linkKey{l.from, l.seq}); err != nil {
			return err
		}
	}
	return d.insertLinks(o, a, targets)
}

func (d Directory) insertLinks(o *Object, a AttributeType, targets []target) error {
	for _, one := range targets {
		seq, err := d.tx.Next("link")
		if err != nil {
			return err
		}
		if err := links.Put(d.tx, &link{end(o.ID, a.number), seq, one.object.ID, intern(one.data)}); err != nil {
			return err
		}
	}
	return nil
}

// encodeTargets makes the values of links in a row.
func encodeTargets(targets []target) []string {
	values := make([]string, len(targets))
	for i, one := range targets {
		values[i] = encodeLink(one.object.ID, one.data)
	}
	return values
}

// addLinks adds links to an attribute. One that is there is ErrValueExists.
func (d Directory) addLinks(o *Object, a AttributeType, targets []target) error {
	row, err := d.row(o)
	if err != nil {
		return err
	}
	for _, one := range targets {
		if d.hasLink(o.ID, a.number, one.object.ID, one.data) {
			return &AttributeError{Attribute: a.Name, Value: linkText(a, one.data, one.object.DN.String()), Err: ErrValueExists}
		}
	}
	changed := *row
	if a.near() {
		changed.plain = row.plain.with(a.number, slices.Concat(row.values(a.number), encodeTargets(targets)))
	} else if err := d.insertLinks(o, a, targets); err != nil {
		return err
	}
	return d.touch(o, &changed)
}

// removeLinks takes links from an attribute. One that is not there is
// ErrNoSuchValue.
func (d Directory) removeLinks(o *Object, a AttributeType, targets []target) error {
	for _, one := range targets {
		if !d.hasLink(o.ID, a.number, one.object.ID, one.data) {
			return &AttributeError{Attribute: a.Name, Value: linkText(a, one.data, one.object.DN.String()), Err: ErrNoSuchValue}
		}
	}
	row, err := d.row(o)
	if err != nil {
		return err
	}
	changed := *row
	if a.near() {
		gone := encodeTargets(targets)
		changed.plain = row.without(a.number, func(value string) bool { return slices.Contains(gone, value) })
	} else if err := d.deleteLinks(o, a, targets); err != nil {
		return err
	}
	return d.touch(o, &changed)
}

func (d Directory) deleteLinks(o *Object, a AttributeType, targets []target) error {
	for _, one := range targets {
		l := byTarget.Find(d.tx, backLinkKey{end(one.object.ID, a.number), o.ID, intern(one.data)})
		if l == nil {
			continue // named twice
		}
		if _, err := links.Delete(d.tx, linkKey{l.from, l.seq}); err != nil {
			return err
		}
	}
	return nil
}

// without returns the values of a row but for some of one attribute.
func (r *record) without(attribute uint16, gone func(value string) bool) plainValues {
	return r.plain.with(attribute, slices.DeleteFunc(r.values(attribute), gone))
}

func (d Directory) hasLink(from int64, attribute uint16, to int64, data string) bool {
	if !attributeTypes[attribute].near() {
		return byTarget.Find(d.tx, backLinkKey{end(to, attribute), from, intern(data)}) != nil
	}
	for held, heldData := range d.nearLinks(from, attribute) {
		if held == to && heldData == data {
			return true
		}
	}
	return false
}

// removeLinksOf deletes the links to and from an object.
func (d Directory) removeLinksOf(id int64) error {
	for l := range links.From(d.tx, linkKey{from: end(id, 0)}) {
		if l.from.object() != id {
			break
		}
		if _, err := links.Delete(d.tx, linkKey{l.from, l.seq}); err != nil {
			return err
		}
	}
	for at, key := range byTarget.Keys(d.tx, backLinkKey{to: end(id, 0)}) {
		if at.to.object() != id {
			break
		}
		if _, err := links.Delete(d.tx, key); err != nil {
			return err
		}
	}
	return d.removeReferences(id)
}

// removeReferences deletes the links to an object that are in rows of others.
// Those are not marked as changed.
func (d Directory) removeReferences(id int64) error {
	for at, from := range byReference.Keys(d.tx, end(id, 0)) {
		if at.object() != id {
			break
		}
		row := objects.Get(d.tx, from)
		if row == nil || from == id {
			continue
		}
		changed := *row
		changed.plain = row.without(at.attribute(), func(value string) bool {
			to, _ := cutLink(value)
			return to == id
		})
		if err := objects.Put(d.tx, &changed); err != nil {
			return err
		}
	}
	return nil
}
