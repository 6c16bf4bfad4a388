package drift

import (
	"context"
	"fmt"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// fullPage is how many objects an answer of Search has when there may be more:
// the directory's limit, beyond which it says nothing. F905.
const fullPage = 1000

// attributes are values by attribute name in lower case.
type attributes map[string][]string

func (a attributes) first(name string) string {
	if values := a[strings.ToLower(name)]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// object is one that a search found.
type object struct {
	dn ldappath.DN
	attributes
}

func (o *object) is(class string) bool {
	for _, c := range o.attributes["objectclass"] {
		if strings.EqualFold(c, class) {
			return true
		}
	}
	return false
}

// search returns the objects at and below a path that a filter matches, however
// many, with the named attributes.
func (d *directory) search(ctx context.Context, base ldappath.DN, filter string, names []string, each func(*object)) error {
	found, err := d.page(ctx, base, filter, names)
	if err != nil {
		return err
	}
	if len(found) < fullPage {
		for _, o := range found {
			each(o)
		}
		return nil
	}
	return d.split(ctx, base, filter, names, numbers{0, 1 << 62}, each)
}

// numbers is a range of usnCreated, both ends among them.
type numbers struct{ from, to int64 }

// split searches in halves of a range until each is answered whole.
func (d *directory) split(ctx context.Context, base ldappath.DN, filter string, names []string, in numbers, each func(*object)) error {
	within := fmt.Sprintf("(&%s(uSNCreated>=%d)(uSNCreated<=%d))", filter, in.from, in.to)
	probe, err := d.page(ctx, base, within, []string{"uSNCreated"})
	if err != nil || len(probe) == 0 {
		return err
	}
	if len(probe) < fullPage {
		found, err := d.page(ctx, base, within, names)
		for _, o := range found {
			each(o)
		}
		return err
	}
	if in.from == in.to {
		return fmt.Errorf("search below %s: more than %d objects with one uSNCreated", base, fullPage)
	}
	middle := in.from + (in.to-in.from)/2
	if err := d.split(ctx, base, filter, names, numbers{in.from, middle}, each); err != nil {
		return err
	}
	return d.split(ctx, base, filter, names, numbers{middle + 1, in.to}, each)
}

// page is one call of Search.
func (d *directory) page(ctx context.Context, base ldappath.DN, filter string, names []string) ([]*object, error) {
	list := xmldoc.Element("propertyList", xmldoc.SetAttr(xmldoc.Element("property"), "name", "distinguishedName"))
	for _, name := range names {
		xmldoc.Append(list, xmldoc.SetAttr(xmldoc.Element("property"), "name", name))
	}
	answer, err := d.ask(ctx, d.call(searchProvider, "Search", path("path", base), text("filter", filter), list))
	if err != nil {
		return nil, err
	}
	return readObjects(answer)
}

// readObjects reads an answer of Search: objects/object with the properties in
// it. F905.
func readObjects(answer *xmldoc.Node) ([]*object, error) {
	var found []*object
	for n := range xmldoc.Children(xmldoc.Child(answer, "objects"), "object") {
		o, err := readObject(n)
		if err != nil {
			return nil, err
		}
		found = append(found, o)
	}
	return found, nil
}

func readObject(n *xmldoc.Node) (*object, error) {
	o := &object{attributes: attributes{}}
	for p := range xmldoc.Children(n, "property") {
		name, _ := xmldoc.Attr(p, "name")
		name = strings.ToLower(name)
		for v := range xmldoc.Children(p, "value") {
			if value := xmldoc.Text(v); value != "" {
				o.attributes[name] = append(o.attributes[name], value)
			}
		}
	}
	var err error
	if o.dn, err = ldappath.ParseDN(o.first("distinguishedName")); err != nil {
		return nil, fmt.Errorf("%w: the name of an object found by Search: %w", mpf.ErrProtocol, err)
	}
	return o, nil
}
