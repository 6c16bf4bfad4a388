package state

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Description is what a row says about an object, in words for people.
type Description struct {
	// Object names the object: a distinguished name, or table and name. Empty
	// describes nothing.
	Object string
	// Owned rows are attributes of an object that has a row of its own: they
	// come and go without the object being created or deleted.
	Owned bool
	// Attributes are the values by attribute. Those that only count or follow
	// from others are left out.
	Attributes map[string][]string
}

// ObjectChange is what became of one object between two roots.
type ObjectChange struct {
	Object     string            `json:"object"` // distinguished name, or table and name
	Kind       ChangeKind        `json:"kind"`
	Attributes []AttributeChange `json:"attributes,omitempty"`
}

// AttributeChange is an attribute that has other values than before.
type AttributeChange struct {
	Name   string   `json:"name"`
	Before []string `json:"before,omitempty"`
	After  []string `json:"after,omitempty"`
}

// ChangeKind says what became of an object.
type ChangeKind string

// The kinds of changes.
const (
	Created ChangeKind = "created"
	Changed ChangeKind = "changed"
	Deleted ChangeKind = "deleted"
)

// Hidden is what is shown in the place of a secret.
const Hidden = "***"

// Describe puts changes together by object, in the order of the objects'
// names. before and after are transactions that read the content before and
// after the changes. Values of secret tables are shown as Hidden.
func Describe(before, after *Tx, changes []Change) []ObjectChange {
	d := make(describer)
	for _, c := range changes {
		d.add(c.Table.describe(before, c.Before), c.Table.describe(after, c.After), c.Table.Secret())
	}
	return d.result()
}

// describer collects what is known of objects, by their names after the
// change, or before if they are gone.
type describer map[string]*objectDelta

type objectDelta struct {
	created, deleted bool
	attributes       map[string]*AttributeChange
}

func (d describer) add(was, is Description, secret bool) {
	name := is.Object
	if name == "" {
		name = was.Object
	}
	if name == "" {
		return
	}
	o := d[name]
	if o == nil {
		o = &objectDelta{attributes: make(map[string]*AttributeChange)}
		d[name] = o
	}
	if !was.Owned && !is.Owned {
		o.created = o.created || was.Object == ""
		o.deleted = o.deleted || is.Object == ""
	}
	for attribute, values := range was.Attributes {
		o.take(attribute, values, secret)
	}
	for attribute, values := range is.Attributes {
		o.give(attribute, values, secret)
	}
}

func (o *objectDelta) attribute(name string) *AttributeChange {
	a := o.attributes[name]
	if a == nil {
		a = &AttributeChange{Name: name}
		o.attributes[name] = a
	}
	return a
}

// take notes values that went, give values that came. A value that does both
// was there all the time; a secret one that changed looks the same and stays.
func (o *objectDelta) take(name string, values []string, secret bool) {
	a := o.attribute(name)
	for _, value := range values {
		if secret {
			a.Before = append(a.Before, Hidden)
			continue
		}
		a.Before, a.After = moved(a.Before, a.After, value)
	}
}

func (o *objectDelta) give(name string, values []string, secret bool) {
	a := o.attribute(name)
	for _, value := range values {
		if secret {
			a.After = append(a.After, Hidden)
			continue
		}
		a.After, a.Before = moved(a.After, a.Before, value)
	}
}

func moved(to, from []string, value string) (newTo, newFrom []string) {
	if i := slices.Index(from, value); i >= 0 {
		return to, slices.Delete(from, i, i+1)
	}
	return append(to, value), from
}

func (d describer) result() []ObjectChange {
	var all []ObjectChange
	for name, o := range d {
		c := ObjectChange{Object: name, Kind: Changed}
		switch {
		case o.created && o.deleted:
			continue
		case o.created:
			c.Kind = Created
		case o.deleted:
			c.Kind = Deleted
		}
		for _, a := range o.attributes {
			if len(a.Before)+len(a.After) > 0 {
				c.Attributes = append(c.Attributes, *a)
			}
		}
		if c.Kind == Changed && len(c.Attributes) == 0 {
			continue
		}
		slices.SortFunc(c.Attributes, func(a, b AttributeChange) int { return strings.Compare(a.Name, b.Name) })
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b ObjectChange) int { return strings.Compare(a.Object, b.Object) })
	return all
}

// WriteChanges writes changes for people: one line an object, one below it for
// every value that went (-) or came (+).
func WriteChanges(w io.Writer, changes []ObjectChange) error {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s %s\n", c.Kind, c.Object)
		for _, a := range c.Attributes {
			for _, value := range a.Before {
				fmt.Fprintf(&b, "  - %s: %s\n", a.Name, value)
			}
			for _, value := range a.After {
				fmt.Fprintf(&b, "  + %s: %s\n", a.Name, value)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
