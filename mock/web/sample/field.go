package sample

import (
	"net/url"
	"slices"
	"strings"
	"unicode"

	"wsexchange/examples"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/web/page"
)

// field is an argument in a form.
type field struct {
	engine.Argument
	label, value, example string
	parts                 bool // put together from parts
	checked               bool
}

// atPlace are arguments that begin with what the head of the page means;
// atCustomer those that do if it names a customer.
var (
	atPlace    = []string{"container", "containerPath"}
	atCustomer = []string{"org", "organization", "orgPath", "owningOrg"}
)

// fields makes the form of a procedure, with what was given, or with defaults.
func (c *Client) fields(v *page.Visit, e *entry, w *view, given url.Values) ([]field, error) {
	hosting, controller, err := c.config.Place(v.Ctx())
	if err != nil {
		return nil, err
	}
	example := exampleOf(e)
	var all []field
	for _, a := range e.row.Arguments {
		if a.Type == engine.Ignored {
			continue
		}
		f := field{Argument: a, label: label(a.Name), parts: e.parts && a.Name == "userPrincipalName"}
		if n := xmldoc.Child(example, a.Name); n != nil && a.Type == engine.Tree {
			f.example = strings.TrimSpace(xmldoc.Indented(n, 2))
		}
		switch {
		case given != nil && a.Type != engine.Secret:
			f.value, f.checked = given.Get(a.Name), given.Get(a.Name) != ""
		case given != nil:
		case a.Type == engine.Controller:
			f.value = controller
		case slices.Contains(atPlace, a.Name), slices.Contains(atCustomer, a.Name) && w.customer != "":
			f.value = place(hosting, w.reseller, w.customer)
		}
		all = append(all, f)
	}
	return all, nil
}

// exampleOf returns what the example of the procedure gives it, or an empty
// element.
func exampleOf(e *entry) *xmldoc.Node {
	none := xmldoc.Element("executeData")
	text, ok := examples.Of(e.of.Namespace, e.of.Procedure)
	if !ok {
		return none
	}
	root, err := xmldoc.ParseString(text, xmldoc.Limits{})
	if err != nil {
		return none
	}
	for step := range xmldoc.Children(xmldoc.Child(root, "procedure"), "execute") {
		if name, _ := xmldoc.Attr(step, "procedure"); name != e.of.Procedure {
			continue
		}
		if data := xmldoc.Child(step, "executeData"); data != nil {
			return data
		}
	}
	return none
}

// label writes the name of an argument for people: preferredDomainController is
// Preferred Domain Controller.
func label(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		ends := i > 0 && (i > 1 || len(runes) < 3 || unicode.IsLower(runes[2])) && unicode.IsUpper(r)
		ends = ends && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if ends && runes[i-1] != ' ' {
			b.WriteByte(' ')
		}
		if i == 0 {
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// hints say what a type of argument takes.
var hints = map[engine.ArgumentType]string{
	engine.Path:       "A path such as LDAP://OU=acme,OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com",
	engine.PathOrUPN:  "A path, or the userPrincipalName of an account",
	engine.Number:     "A number of 0 or more",
	engine.Signed:     "A number, with a minus sign to take away",
	engine.Controller: "Name of a domain controller",
	engine.DateTime:   "UTC, as 2006-01-02T15:04:05Z",
	engine.GUID:       "A GUID",
	engine.Tree:       "XML: the element itself, or what is in it",
	engine.Flag:       "Present or not",
	engine.Secret:     "Is not shown again",
}

// most is the longest text that a field takes, in characters.
func (f field) most() int {
	if f.Max > 0 {
		return f.Max
	}
	return 1024
}

func (f field) input() string {
	switch f.Type {
	case engine.Number, engine.Signed:
		return "number"
	case engine.Secret:
		return "password"
	}
	return "text"
}
