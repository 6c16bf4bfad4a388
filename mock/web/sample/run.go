package sample

import (
	"net/url"
	"strings"

	"github.com/antchfx/xmlquery"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/web/page"
	"wsexchange/mpf"
)

// Parts of a userPrincipalName.
const (
	upnName   = "upnName"
	upnOrg    = "upnOrganization"
	upnEnding = "upnEnding"
)

// run submits the request of a form in the visitor's name.
func (c *Client) run(v *page.Visit, e *entry, given url.Values) (*page.Outcome, error) {
	data, bad := dataOf(e, given)
	if bad != nil {
		return &page.Outcome{Failed: page.Explained(bad)}, nil
	}
	return v.Run(c.config.Submitter, mpf.Simple(e.of, data), e.hide)
}

// hide takes secrets out of a document that the row knows as such.
func (e *entry) hide(n *xmldoc.Node) {
	for child := range xmldoc.Elements(n) {
		for _, a := range e.row.Arguments {
			if a.Type == engine.Secret && child.Data == a.Name {
				xmldoc.SetText(child, secret.Redacted)
			}
		}
		e.hide(child)
	}
}

// dataOf makes the data of a request from a form. Fields that are empty are left
// out.
func dataOf(e *entry, given url.Values) (*xmldoc.Node, *mpf.Error) {
	data := xmldoc.Element("data")
	for _, a := range e.row.Arguments {
		value := given.Get(a.Name)
		if e.parts && a.Name == "userPrincipalName" && value == "" {
			value = joined(given)
		}
		if a.Type != engine.Secret {
			value = strings.TrimSpace(value)
		}
		switch {
		case value == "":
		case a.Type == engine.Flag:
			xmldoc.Append(data, xmldoc.Element(a.Name))
		case a.Type == engine.Tree:
			nodes, err := trees(a.Name, value)
			if err != nil {
				return nil, mpf.ArgumentInvalid.New(a.Name, err.Error())
			}
			for _, n := range nodes {
				xmldoc.Append(data, n)
			}
		default:
			xmldoc.Append(data, xmldoc.TextElement(a.Name, value))
		}
	}
	return data, nil
}

// joined puts a userPrincipalName together as the original does: name,
// organization and ending, whatever the organization is called (F602).
func joined(given url.Values) string {
	name := strings.TrimSpace(given.Get(upnName))
	if name == "" {
		return ""
	}
	return name + "@" + strings.TrimSpace(given.Get(upnOrg)) + given.Get(upnEnding)
}

// trees reads the XML of a field: elements of the argument's name, or what is in
// one.
func trees(name, text string) ([]*xmldoc.Node, error) {
	root, err := xmldoc.ParseString("<field>"+text+"</field>", xmldoc.Limits{})
	if err != nil {
		return nil, err
	}
	whole := true // elements of the name, and nothing else
	var nodes []*xmldoc.Node
	for n := root.FirstChild; n != nil; n = n.NextSibling {
		if n.Type == xmlquery.ElementNode {
			nodes = append(nodes, n)
			whole = whole && n.Data == name
			continue
		}
		whole = whole && strings.TrimSpace(n.Data) == ""
	}
	if !whole || len(nodes) == 0 {
		root.Data = name
		return []*xmldoc.Node{root}, nil
	}
	for _, n := range nodes {
		xmldoc.Remove(n)
	}
	return nodes, nil
}
