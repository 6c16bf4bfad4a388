package activedirectory

import (
	"errors"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
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
	filter := directory.Everything()
	if text := c.Text("filter"); text != "" {
		if filter, err = directory.ParseFilter(text); err != nil {
			return mpf.ArgumentInvalid.New("filter", err.Error())
		}
	}
	limit := mostFound
	if wanted := c.Number("sizeLimit"); wanted > 0 && wanted < mostFound {
		limit = int(wanted)
	}
	query := directory.Query{Base: base.DN, Scope: scopes[strings.ToLower(c.Text("scope"))], Filter: filter, Limit: limit}
	found, err := visible(c, query)
	if err != nil {
		return err
	}
	results := xmldoc.Element("searchResults")
	for _, o := range found {
		properties, err := propertiesOf(c, o)
		if err != nil {
			return err
		}
		result := xmldoc.SetAttr(xmldoc.Element("searchResult"), "path", o.DN.ADsPath())
		xmldoc.Append(results, xmldoc.Append(result, properties))
	}
	c.Output(results)
	return nil
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
	names, err := readList(c.Node("propertyList"))
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
		values, err := c.Directory().Values(o, name)
		if err != nil && !errors.Is(err, directory.ErrNoSuchAttribute) {
			return nil, err
		}
		xmldoc.Append(properties, propertyNode(name, values))
	}
	return properties, nil
}

func readList(list *xmldoc.Node) ([]string, error) {
	if list == nil {
		return nil, nil
	}
	var names []string
	for n := range xmldoc.Elements(list) {
		name, _ := xmldoc.Attr(n, "name")
		if name = strings.TrimSpace(name); name == "" || n.Data != "property" {
			return nil, mpf.ArgumentInvalid.New("propertyList", "elements of the form property with a name are needed")
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
