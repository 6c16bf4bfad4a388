package sample

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/antchfx/xmlquery"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/web/page"
	"wsexchange/mpf"
)

// outcome is what became of a request.
type outcome struct {
	request, response string // XML, without secrets
	took              time.Duration
	failed            *failure
}

// failure is an error with its documentation.
type failure struct {
	*mpf.Error
	code  mpf.Code
	cause *mpf.Cause // or nil
}

// Parts of a userPrincipalName.
const (
	upnName   = "upnName"
	upnOrg    = "upnOrganization"
	upnEnding = "upnEnding"
)

// run submits the request of a form in the visitor's name.
func (c *Client) run(v *page.Visit, e *entry, given url.Values) (*outcome, error) {
	data, bad := dataOf(e, given)
	if bad != nil {
		return &outcome{failed: explained(bad)}, nil
	}
	req := mpf.Simple(e.of, data)
	out := &outcome{request: xmldoc.Indented(shown(e, req.Element()), 2)}
	began := v.Now()
	resp, err := v.Submit(c.config.Submitter, req)
	out.took = v.Now().Sub(began)
	if err != nil {
		return nil, page.Refuse(http.StatusBadGateway, fmt.Sprintf("The request got no answer: %v.", err))
	}
	out.response = xmldoc.Indented(shown(e, resp.Element()), 2)
	if resp.Err != nil {
		out.failed = explained(resp.Err)
	}
	return out, nil
}

// shown is a document without secrets.
func shown(e *entry, n *xmldoc.Node) *xmldoc.Node {
	n = mpf.Redact(n)
	var hide func(*xmldoc.Node)
	hide = func(n *xmldoc.Node) {
		for child := range xmldoc.Elements(n) {
			for _, a := range e.row.Arguments {
				if a.Type == engine.Secret && child.Data == a.Name {
					xmldoc.SetText(child, secret.Redacted)
				}
			}
			hide(child)
		}
	}
	hide(n)
	return n
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

func explained(err *mpf.Error) *failure {
	f := &failure{Error: err}
	f.code, _ = err.Code.Lookup()
	for _, cause := range mpf.Causes() {
		if cause.ID == err.Cause {
			f.cause = cause
		}
	}
	return f
}
