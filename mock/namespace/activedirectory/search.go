package activedirectory

import (
	"errors"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
)

// mostFound is how many objects a search gives where the caller sets no lower
// limit, as the directory's MaxPageSize. F227.
const mostFound = 1000

var scopes = map[string]directory.Scope{
	"base": directory.ScopeBase, "onelevel": directory.ScopeOne, "subtree": directory.ScopeSubtree,
	"": directory.ScopeSubtree,
}

func search(c *engine.Call) error {
	base, err := c.Open("path")
	if err != nil {
		return err
	}
	filter, err := directory.ParseFilter(enclosed(c.Text("filter")))
	if err != nil {
		return c.Invalid("filter", err.Error())
	}
	p := preferences{scope: scopes[strings.ToLower(c.Text("scope"))], limit: mostFound}
	p.atMost(c.Number("sizeLimit"))
	if err := p.read(c.Node("preferences")); err != nil {
		return err
	}
	found, err := visible(c, directory.Query{Base: base.DN, Scope: p.scope, Filter: filter, Limit: p.limit})
	if err != nil {
		return err
	}
	objects := xmldoc.Element("objects")
	for _, o := range found {
		n, err := objectNode(c, o, p.namesOnly)
		if err != nil {
			return err
		}
		xmldoc.Append(objects, n)
	}
	c.Output(objects)
	return nil
}

// enclosed puts the parentheses around a filter that ADSI does not ask for.
func enclosed(filter string) string {
	if strings.HasPrefix(filter, "(") {
		return filter
	}
	return "(" + filter + ")"
}

// objectNode writes an object that was found: its most special class, its name,
// and the attributes that were asked for. There is no path in it but where
// ADsPath is among them (F229).
func objectNode(c *engine.Call, o *directory.Object, namesOnly bool) (*xmldoc.Node, error) {
	properties, err := propertiesOf(c, o)
	if err != nil {
		return nil, err
	}
	n := xmldoc.SetAttr(xmldoc.SetAttr(xmldoc.Element("object"), "class", o.Class), "name", o.DN.RDN().Value)
	for property := range xmldoc.Elements(xmldoc.Clone(properties)) {
		if namesOnly {
			name, _ := xmldoc.Attr(property, "name")
			property = propertyNode(name, nil)
		}
		xmldoc.Append(n, property)
	}
	return n, nil
}

// visible finds as many objects as the query asks for that the caller may see.
func visible(c *engine.Call, query directory.Query) ([]*directory.Object, error) {
	var seen []*directory.Object
	for {
		found, more, err := c.Directory().Search(query)
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			sees, err := c.Sees(o.DN)
			if err != nil {
				return nil, err
			}
			if sees {
				seen = append(seen, o)
			}
			if len(seen) == query.Limit {
				return seen, nil
			}
			query.After = o.DN.Key()
		}
		if !more {
			return seen, nil
		}
	}
}

func getProperties(c *engine.Call) error {
	o, err := c.Open("path")
	if err != nil {
		return err
	}
	properties, err := propertiesOf(c, o)
	if err != nil {
		return err
	}
	c.Output(properties)
	return nil
}

// propertiesOf gives the attributes that the call's propertyList names, or
// all. One that is absent, and one that is unknown, is an empty property
// (F228).
func propertiesOf(c *engine.Call, o *directory.Object) (*xmldoc.Node, error) {
	names, err := readList(c)
	if err != nil {
		return nil, err
	}
	properties := xmldoc.Element("properties")
	if len(names) == 0 {
		all, err := c.Directory().Attributes(o)
		if err != nil {
			return nil, err
		}
		for _, a := range all {
			xmldoc.Append(properties, propertyNode(a.Name, a.Values))
		}
		return properties, nil
	}
	for _, name := range names {
		if strings.EqualFold(name, "ADsPath") {
			xmldoc.Append(properties, propertyNode(name, []string{beside(c, "path", o.DN)}))
			continue
		}
		values, err := c.Directory().Values(o, name)
		if err != nil && !errors.Is(err, directory.ErrNoSuchAttribute) {
			return nil, err
		}
		xmldoc.Append(properties, propertyNode(name, values))
	}
	return properties, nil
}

func readList(c *engine.Call) ([]string, error) {
	list := c.Node("propertyList")
	if list == nil {
		return nil, nil
	}
	var names []string
	for n := range xmldoc.Elements(list) {
		name, _ := xmldoc.Attr(n, "name")
		if name = strings.TrimSpace(name); name == "" || n.Data != "property" {
			return nil, c.Invalid("propertyList", "elements of the form property with a name are needed")
		}
		names = append(names, name)
	}
	return names, nil
}

func propertyNode(name string, values []string) *xmldoc.Node {
	property := xmldoc.SetAttr(xmldoc.Element("property"), "name", name)
	for _, value := range values {
		xmldoc.Append(property, xmldoc.TextElement("value", value))
	}
	return property
}
