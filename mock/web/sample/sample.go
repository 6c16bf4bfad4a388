package sample

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/engine"
	"wsexchange/mock/web/page"
	"wsexchange/mpf"
)

// Path is where the client is.
const Path = "/MPSSampleWeb"

// Config is what the client works on.
type Config struct {
	Namespaces []engine.Namespace
	Submitter  mpf.Submitter
	// Place returns the organizational unit of all organizations and the domain
	// controller that forms begin with.
	Place func(ctx context.Context) (hosting ldappath.DN, controller string, err error)
	// TopLevel are the endings that Create a user offers.
	TopLevel []string
}

// Client serves the pages.
type Client struct {
	config Config
	tabs   []tab
}

// tab is a list of procedures.
type tab struct {
	name, slug string
	text       string
	entries    []entry
}

// entry is a procedure with its form.
type entry struct {
	name  string // in the left-hand pane
	title string // of the page
	slug  string
	row   engine.Procedure
	of    mpf.Target
	parts bool // the userPrincipalName is put together from parts
}

// general are the entries of the first tab. The names of the first and of Create
// a user are the original's (F600).
var general = []struct {
	name, title string
	of          mpf.Target
	parts       bool
}{
	{"Create a Reseller Organization", "Create Reseller Org", mpf.Target{Namespace: "Hosted Exchange", Procedure: "CreateResellerOrganization"}, false},
	{"Create a Customer Organization", "Create Customer Org", mpf.Target{Namespace: "Windows-based Hosting", Procedure: "CreateCustomerOrganization"}, false},
	{"Create a user", "Create User", mpf.Target{Namespace: "Managed Active Directory", Procedure: "CreateUser"}, true},
	{"Delete a user", "Delete User", mpf.Target{Namespace: "Managed Active Directory", Procedure: "DeleteUser"}, false},
	{"Set a password", "Set Password", mpf.Target{Namespace: "Managed Active Directory", Procedure: "SetUserPassword"}, false},
	{"Create a group", "Create Group", mpf.Target{Namespace: "Managed Active Directory", Procedure: "CreateGroup"}, false},
	{"Query services", "Query Services", mpf.Target{Namespace: "Windows-based Hosting", Procedure: "QueryServicesByCustomer"}, false},
}

// New makes the client.
func New(config Config) *Client {
	c := &Client{config: config}
	first := tab{name: "General", slug: "General", text: "The beginnings: organizations, users, groups."}
	rest := make([]tab, 0, len(config.Namespaces))
	for _, ns := range config.Namespaces {
		t := tab{name: ns.Name, slug: strings.ReplaceAll(ns.Name, " ", ""), text: ns.Description}
		for _, p := range ns.Procedures {
			if p.Access != engine.Public {
				continue
			}
			t.entries = append(t.entries, entry{
				name: p.Name, title: p.Name, slug: strings.ReplaceAll(p.Name, " ", ""), row: p, of: mpf.Target{Namespace: ns.Name, Procedure: p.Name},
			})
		}
		if len(t.entries) > 0 {
			rest = append(rest, t)
		}
	}
	for _, g := range general {
		for _, t := range rest {
			for _, e := range t.entries {
				if e.of == g.of {
					e.name, e.title, e.parts = g.name, g.title, g.parts
					first.entries = append(first.entries, e)
				}
			}
		}
	}
	c.tabs = append([]tab{first}, rest...)
	return c
}

// Open adds the routes.
func (c *Client) Open(e *echo.Echo, f *page.Frame) {
	f.Handle(e, http.MethodGet, Path, page.Account, c.list)
	f.Handle(e, http.MethodGet, Path+"/:tab", page.Account, c.list)
	f.Handle(e, http.MethodGet, Path+"/:tab/:entry", page.Account, c.form)
	f.Handle(e, http.MethodPost, Path+"/:tab/:entry", page.Account, c.submit)
}

// find returns the tab and the entry of a request, which may be in any letter
// case.
func (c *Client) find(v *page.Visit) (*tab, *entry, error) {
	i := 0
	if slug := v.Param("tab"); slug != "" {
		i = slices.IndexFunc(c.tabs, func(t tab) bool { return strings.EqualFold(t.slug, slug) })
	}
	if i < 0 {
		return nil, nil, page.Refuse(http.StatusNotFound, "There is no such tab.")
	}
	t, slug := &c.tabs[i], v.Param("entry")
	if slug == "" {
		return t, nil, nil
	}
	j := slices.IndexFunc(t.entries, func(e entry) bool { return strings.EqualFold(e.slug, slug) })
	if j < 0 {
		return nil, nil, page.Refuse(http.StatusNotFound, "The tab has no such procedure.")
	}
	return t, &t.entries[j], nil
}

func (c *Client) list(v *page.Visit) error {
	t, _, err := c.find(v)
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, listPage(c.view(v, t, nil)))
}

func (c *Client) form(v *page.Visit) error {
	t, e, err := c.find(v)
	if err != nil {
		return err
	}
	w := c.view(v, t, e)
	if w.fields, err = c.fields(v, e, w, nil); err != nil {
		return err
	}
	return v.Show(http.StatusOK, formPage(w))
}

func (c *Client) submit(v *page.Visit) error {
	t, e, err := c.find(v)
	if err != nil {
		return err
	}
	w := c.view(v, t, e)
	w.reseller, w.customer = v.FormValue(resellerField), v.FormValue(customerField)
	keep(v, w.reseller, w.customer)
	if v.FormValue("keep") != "" {
		return v.Back(w.url())
	}
	given := v.Request().PostForm
	if w.fields, err = c.fields(v, e, w, given); err != nil {
		return err
	}
	if w.outcome, err = c.run(v, e, given); err != nil {
		return err
	}
	return v.Show(http.StatusOK, formPage(w))
}

// view is what a page shows.
type view struct {
	*page.Visit
	tabs               []tab
	tab                *tab
	entry              *entry
	reseller, customer string
	fields             []field
	topLevel           []string
	outcome            *page.Outcome
}

func (c *Client) view(v *page.Visit, t *tab, e *entry) *view {
	w := &view{Visit: v, tabs: c.tabs, tab: t, entry: e, topLevel: c.config.TopLevel}
	w.reseller, w.customer = kept(v)
	return w
}

func (w *view) head() page.Head {
	h := page.Head{Title: "MPS Sample Web Client", Area: Path, Tab: Path + "/" + w.tab.slug}
	if w.entry != nil {
		h.Title = w.entry.title
	}
	for _, t := range w.tabs {
		h.Tabs = append(h.Tabs, page.Link{Text: t.name, URL: Path + "/" + t.slug})
	}
	return h
}

func (w *view) url() string { return Path + "/" + w.tab.slug + "/" + w.entry.slug }
