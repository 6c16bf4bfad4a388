package resources

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"wsexchange/mock/directory"
	"wsexchange/mock/ledger"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mock/web/page"
	"wsexchange/mpf"
)

// Path is where the client is.
const (
	Path   = Folder + "/QueryResources.aspx"
	Folder = "/ResourceManagerWebClient"
)

// Config is what the client works on.
type Config struct {
	Submitter mpf.Submitter
	Store     *ledger.Store
	// Controller returns the domain controller that the first page offers.
	Controller func(ctx context.Context) (string, error)
}

// Client serves the pages.
type Client struct{ config Config }

// New makes the client.
func New(config Config) *Client { return &Client{config: config} }

// Open adds the routes.
func (c *Client) Open(e *echo.Echo, f *page.Frame) {
	f.Handle(e, http.MethodGet, Folder, page.Administrator, func(v *page.Visit) error { return v.Back(Path) })
	f.Handle(e, http.MethodGet, Folder+"/:page", page.Administrator, named(c.show))
	f.Handle(e, http.MethodPost, Folder+"/:page", page.Administrator, named(c.change))
}

// named answers for the page's name in any letter case.
func named(next page.Handler) page.Handler {
	return func(v *page.Visit) error {
		if !strings.EqualFold(Folder+"/"+v.Param("page"), Path) {
			return page.Refuse(http.StatusNotFound, "There is no such page.")
		}
		return next(v)
	}
}

// kind is a row: a tab, and how its resources are written in requests.
type kind struct {
	of            resource.ResourceKind
	tab, heading  string
	slug          string
	unit          string // of the capacity, or ""
	namespace     string // of the procedures that add and remove
	container     string
	item          string
	nameField     string // of stores
	named         bool   // the name may be left out
	shared        bool   // has the field shared
	provisionable bool
	resize        mpf.Target
}

const (
	manager   = "Exchange Resource Manager"
	managerEx = "Exchange Resource Manager Ex"
)

// kinds are the tabs. The first, third and fourth are the guide's (F603).
var kinds = []kind{
	{
		of: resource.MailStore, tab: "Business Mailstores", heading: "Mailstores", slug: "business", unit: "megabytes", namespace: manager,
		container: "mailStores", item: "mailStore", nameField: "mailStoreName", shared: true, provisionable: true,
		resize: mpf.Target{Namespace: manager, Procedure: "ModifyExchangeResources"},
	},
	{
		of: resource.ConsumerStore, tab: "Consumer Mailstores", heading: "Consumer Mailstores", slug: "consumer", unit: "megabytes", namespace: managerEx,
		container: "consumerMailStores", item: "mailStore", nameField: "mailStoreName",
		resize: mpf.Target{Namespace: managerEx, Procedure: "ReallocateConsumerMailStoreResource"},
	},
	{
		of: resource.PublicStore, tab: "Public Stores", heading: "Publicstores", slug: "public", unit: "megabytes", namespace: manager,
		container: "publicStores", item: "publicStore", nameField: "publicStoreName", named: true, provisionable: true,
		resize: mpf.Target{Namespace: manager, Procedure: "ModifyExchangeResources"},
	},
	{of: resource.OABServer, tab: "OAB Servers", heading: "OAB Servers", slug: "oab", unit: "address lists"},
	{
		of: resource.FrontEndServer, tab: "Front End Servers", heading: "Front End Servers", slug: "frontend", namespace: managerEx,
		container: "frontEndServers", item: "frontEndServer",
	},
}

// view is what a page shows.
type view struct {
	*page.Visit
	controller string
	kind       *kind
	rows       []resource.Usage
	outcome    *page.Outcome
	form       form
	holders    *holders
}

func (c *Client) show(v *page.Visit) error {
	w := &view{Visit: v, controller: strings.TrimSpace(v.QueryParam("dc"))}
	if w.controller == "" {
		var err error
		if w.controller, err = c.config.Controller(v.Ctx()); err != nil {
			return err
		}
		return v.Show(http.StatusOK, firstPage(w))
	}
	if v.QueryParam("tab") == "" {
		if err := c.known(v, w.controller); err != nil {
			return err
		}
		return v.Show(http.StatusOK, startPage(w))
	}
	return c.tab(w, v.QueryParam("tab"))
}

// tab shows the resources of a kind.
func (c *Client) tab(w *view, slug string) error {
	if err := c.known(w.Visit, w.controller); err != nil {
		return err
	}
	if err := w.choose(slug); err != nil {
		return err
	}
	if w.form.shared == "" {
		w.form.shared = "1"
	}
	err := c.config.Store.View(w.Ctx(), func(tx *state.Tx) error {
		if w.QueryParam("server") != "" {
			var err error
			w.holders, err = holdersOf(tx, w)
			return err
		}
		return w.read(tx)
	})
	if err != nil {
		return err
	}
	return w.Show(http.StatusOK, tabPage(w))
}

func (w *view) choose(slug string) error {
	i := slices.IndexFunc(kinds, func(k kind) bool { return strings.EqualFold(k.slug, slug) })
	if i < 0 {
		return page.Refuse(http.StatusNotFound, "There is no such tab.")
	}
	w.kind = &kinds[i]
	return nil
}

// known refuses what is not a domain controller.
func (c *Client) known(v *page.Visit, controller string) error {
	return c.config.Store.View(v.Ctx(), func(tx *state.Tx) error {
		all, err := directory.In(tx).Controllers()
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(name string) bool { return strings.EqualFold(name, controller) }) {
			return page.Refuse(http.StatusBadRequest, "The directory has no domain controller "+controller+", only "+strings.Join(all, ", ")+".")
		}
		return nil
	})
}

func (w *view) read(tx *state.Tx) (err error) {
	w.rows, err = resource.In(tx).Usage(w.kind.of)
	return err
}

func (w *view) head() page.Head {
	h := page.Head{Title: "Resource Manager Web Client", Area: Path}
	if w.kind == nil {
		return h
	}
	h.Title, h.Tab = "Exchange Resource Manager", w.url(w.kind)
	for i := range kinds {
		h.Tabs = append(h.Tabs, page.Link{Text: kinds[i].tab, URL: w.url(&kinds[i])})
	}
	return h
}

func (w *view) url(k *kind, more ...string) string {
	return page.With(Path, append([]string{"dc", w.controller, "tab", k.slug}, more...)...)
}
