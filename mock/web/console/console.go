package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"wsexchange/mock"
	"wsexchange/mock/control"
	"wsexchange/mock/web/page"
)

// Path is where the console is.
const Path = "/console"

// Config is what the console shows.
type Config struct {
	Emulator *mock.Emulator
	// Endpoint is the path of the engine's SOAP endpoint at the same address, or
	// "" if requests come in by web services only.
	Endpoint string
	// Status returns the state of the program around the emulator; nil: the page
	// Gateway is left out.
	Status func(ctx context.Context) Status
}

// Status is the state of a program: the stations on the way of a call, and facts
// about it.
type Status struct {
	Stations []Station
	Facts    []Fact
	Lists    []List
}

// Station is one stop on the way of a call.
type Station struct {
	Name, Text string
	Err        error // why it is not well, or nil
}

// Fact is a name with a value.
type Fact struct{ Name, Value string }

// List is a heading with facts below it.
type List struct {
	Heading string
	Facts   []Fact
}

// Console serves the pages.
type Console struct{ config Config }

// New makes a console.
func New(config Config) *Console { return &Console{config: config} }

// tabs are the pages of the console, in the order of its head.
var tabs = []page.Link{
	{Text: "Requests", URL: Path},
	{Text: "Directory", URL: Path + "/directory"},
	{Text: "Organizations", URL: Path + "/organizations"},
	{Text: "Resources", URL: Path + "/resources"},
	{Text: "Plans", URL: Path + "/plans"},
	{Text: "Queue", URL: Path + "/queue"},
	{Text: "Audit", URL: Path + "/audit"},
	{Text: "Faults", URL: Path + "/faults"},
	{Text: "Snapshots", URL: Path + "/snapshots"},
	{Text: "Controllers", URL: Path + "/controllers"},
	{Text: "Gateway", URL: Path + "/gateway"},
	{Text: "Unlock", URL: Path + "/unlock"},
}

func (c *Console) tabs() []page.Link {
	if c.config.Status != nil {
		return tabs
	}
	return slices.DeleteFunc(slices.Clone(tabs), func(l page.Link) bool { return l.Text == "Gateway" })
}

// Open adds the routes.
func (c *Console) Open(e *echo.Echo, f *page.Frame) {
	look := func(path string, page_ page.Handler) {
		f.Handle(e, http.MethodGet, Path+path, page.Administrator, page_)
	}
	change := func(path string, page_ page.Handler) {
		f.Handle(e, http.MethodPost, Path+path, page.Unlocked, page_)
	}
	look("", c.requests)
	look("/events", c.events)
	look("/requests/:seq", c.request)
	change("/requests/:seq", c.again)
	look("/directory", c.directory)
	look("/organizations", c.organizations)
	look("/organization", c.organization)
	look("/resources", c.resources)
	look("/plans", c.plans)
	look("/queue", c.queue)
	change("/queue", c.changeQueue)
	look("/audit", c.audit)
	look("/audit/:id", c.audited)
	look("/faults", c.faults)
	change("/faults", c.changeFaults)
	look("/snapshots", c.snapshots)
	change("/snapshots", c.changeSnapshots)
	look("/difference", c.difference)
	f.Handle(e, http.MethodPost, Path+"/snapshots/state", page.Unlocked, c.download)
	f.Upload(e, Path+"/snapshots/upload", page.Unlocked, control.LargestState, c.upload)
	look("/controllers", c.controllers)
	change("/controllers", c.changeControllers)
	if c.config.Status != nil {
		look("/gateway", c.gateway)
	}
	look("/unlock", c.unlock)
	f.Handle(e, http.MethodPost, Path+"/unlock", page.Administrator, c.unlocked)
}

// view is what every page of the console shows.
type view struct {
	*page.Visit
	head          page.Head
	notice, fault string
}

// view begins the page of a tab.
func (c *Console) view(v *page.Visit, title, tab string) view {
	return view{
		Visit: v, head: page.Head{Title: title, Area: Path, Tabs: c.tabs(), Tab: Path + tab},
		notice: notices[v.QueryParam("done")],
	}
}

// notices are what became of a form, by the parameter done.
var notices = map[string]string{
	"activated": "The queued request runs when its turn comes.", "deleted": "The queued request is gone.",
	"added": "The fault rule is in force.", "removed": "The fault rule is out of force.", "cleared": "All fault rules are out of force.",
	"taken": "The snapshot is taken.", "restored": "The content is that of the snapshot.", "dropped": "The snapshot is gone.",
	"reset": "Content, journal and fault rules are as at the start.", "uploaded": "The content is that of the file.",
	"replicated": "Every domain controller sees everything.", "delays": "The delays are set.",
	"unlocked": "You can make changes for twelve hours.", "locked": "Changes need the token again.",
}

// testing refuses what needs journal, fault rules or snapshots where the emulator
// keeps none.
func (c *Console) testing() error {
	if c.config.Emulator.Journal == nil {
		return page.Refuse(http.StatusNotFound, "This emulator keeps no journal, fault rules or snapshots: they come with the control API, "+
			"control.listen of mockmpf or emulator.control.listen of wsexchange.")
	}
	return nil
}

// listed is how many rows a page lists.
const listed = 50

// paged returns the rows of one page, from the number in the query on, and the
// address of the next page, "" after the last.
func paged[T any](v *page.Visit, all []T) (rows []T, next string, err error) {
	from, err := number(v, "from")
	if err != nil {
		return nil, "", err
	}
	rows = all[min(int(from), len(all)):]
	if len(rows) > listed {
		rows, next = rows[:listed], here(v, "from", strconv.FormatInt(from+listed, 10))
	}
	return rows, next, nil
}

// here is the address of the page with one parameter changed.
func here(v *page.Visit, name, value string) string {
	query := url.Values{}
	for key, values := range v.QueryParams() {
		if key != "done" && len(values) > 0 && values[0] != "" {
			query.Set(key, values[0])
		}
	}
	query.Del(name)
	if value != "" {
		query.Set(name, value)
	}
	path := v.Request().URL.Path
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// number reads a parameter that is a number of 0 or more.
func number(v *page.Visit, name string) (int64, error) {
	text := v.QueryParam(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, page.Refuse(http.StatusBadRequest, name+" has to be a number of 0 or more.")
	}
	return n, nil
}

func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1000, 'f', 1, 64)
}

func (c *Console) unlock(v *page.Visit) error {
	return v.Show(http.StatusOK, unlockPage(c.view(v, "Unlock", "/unlock")))
}

func (c *Console) unlocked(v *page.Visit) error {
	if v.FormValue("lock") != "" {
		v.Lock()
		return v.Back(Path + "/unlock?done=locked")
	}
	if !v.Unlock(v.FormValue("token")) {
		w := c.view(v, "Unlock", "/unlock")
		w.fault = "The token is wrong."
		return v.Show(http.StatusForbidden, unlockPage(w))
	}
	return v.Back(Path + "/unlock?done=unlocked")
}

func (c *Console) gateway(v *page.Visit) error {
	return v.Show(http.StatusOK, gatewayPage(c.view(v, "Gateway", "/gateway"), c.config.Status(v.Ctx()), c.rates(v)))
}

// rates are calls and failures of the last five minutes, by the journal.
func (c *Console) rates(v *page.Visit) []Fact {
	if c.config.Emulator.Journal == nil {
		return nil
	}
	const minutes = 5
	since, calls, failed := v.Now().Add(-minutes*time.Minute), 0, 0
	for _, e := range c.config.Emulator.Journal.List(noFilter) {
		if e.At.Before(since) {
			continue
		}
		calls++
		if e.Failed() {
			failed++
		}
	}
	share := 0.0
	if calls > 0 {
		share = 100 * float64(failed) / float64(calls)
	}
	return []Fact{
		{"Requests a second, last five minutes", strconv.FormatFloat(float64(calls)/(minutes*60), 'f', 2, 64)},
		{"Failed of these", strconv.FormatFloat(share, 'f', 1, 64) + " %"},
	}
}
