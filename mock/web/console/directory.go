package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/journal"
	"wsexchange/mock/state"
	"wsexchange/mock/web/page"
)

// directoryView is an object with what is below it, or what a filter found.
type directoryView struct {
	view
	base        ldappath.DN
	filter      string
	controller  string
	controllers []seen
	above       []ldappath.DN
	object      *directory.Object
	attributes  []attribute
	from        []link // objects with a link to it
	found       []*directory.Object
	next        string
	history     []journal.Entry
}

type attribute struct {
	name   string
	values []value
	more   int // values that are not listed
}

// value is a text, and the name of the object that it is, if it is one.
type value struct{ text, dn string }

type link struct{ attribute, dn string }

// seen is an object as a domain controller sees it.
type seen struct {
	controller, changed string
	there, same         bool
	waiting             int
	delay               time.Duration
}

// Bounds of one page: values of an attribute, characters of a value, links, and
// the work of a search.
const (
	mostValues    = 50
	longestValue  = 400
	mostLinks     = 50
	mostSearched  = 200_000 // objects
	searchSeconds = 2
)

var errTooMuch = errors.New("the search looks at too many objects")

func (c *Console) directory(v *page.Visit) error {
	w := &directoryView{view: c.view(v, "Directory", "/directory"), filter: strings.TrimSpace(v.QueryParam("filter")), controller: v.QueryParam("controller")}
	var filter *directory.Filter
	if w.filter != "" {
		var err error
		if filter, err = directory.ParseFilter(w.filter); err != nil {
			w.fault, w.filter = "Filter: "+err.Error(), ""
		}
	}
	if text := strings.TrimSpace(v.QueryParam("dn")); text != "" {
		path, err := ldappath.ParseLoose(text)
		if err != nil {
			return page.Refuse(http.StatusBadRequest, "The name cannot be read: "+err.Error())
		}
		w.base = path.DN
	}
	look := c.config.Emulator.Store.View
	if w.controller != "" {
		look = func(ctx context.Context, fn func(*state.Tx) error) error {
			return c.config.Emulator.Engine.View(ctx, w.controller, fn)
		}
	}
	err := look(v.Ctx(), func(tx *state.Tx) error { return w.read(directory.In(tx), filter) })
	if errors.Is(err, state.ErrNotFound) {
		return page.Refuse(http.StatusNotFound, "There is no such object"+map[bool]string{true: " at " + w.controller}[w.controller != ""]+": "+w.base.String())
	}
	if err != nil {
		return err
	}
	if w.controllers, err = c.seenBy(v, w.base); err != nil {
		return err
	}
	if j := c.config.Emulator.Journal; j != nil {
		w.history = changedBy(j, w.base)
	}
	return v.Show(http.StatusOK, directoryPage(w))
}

// read reads the object and what is below it.
func (w *directoryView) read(d directory.Directory, filter *directory.Filter) error {
	domain, err := d.Domain()
	if err != nil {
		return err
	}
	if w.base.IsZero() {
		w.base = domain.DN
	}
	if w.object, err = d.Get(w.base); err != nil {
		return err
	}
	for up := w.base.Parent(); !up.IsZero() && up.Under(domain.DN); up = up.Parent() {
		w.above = append(w.above, up)
	}
	slices.Reverse(w.above)
	began, looked := time.Now(), 0
	q := directory.Query{Base: w.base, Scope: directory.ScopeOne, After: w.QueryParam("after"), Limit: listed, Budget: func(objects int) error {
		if looked += objects; looked > mostSearched || time.Since(began) > searchSeconds*time.Second {
			return errTooMuch
		}
		return nil
	}}
	if filter != nil {
		q.Scope, q.Filter = directory.ScopeSubtree, filter
	}
	found, more, err := d.Search(q)
	if errors.Is(err, errTooMuch) {
		w.fault = "The search was stopped: it looks at too many objects. A filter with an equality, such as (mail=jo@acme.example), is quick."
	} else if err != nil {
		return err
	}
	w.found = found
	if more {
		w.next = here(w.Visit, "after", found[len(found)-1].DN.Key())
	}
	return w.describe(d)
}

// describe reads attributes, and links to the object.
func (w *directoryView) describe(d directory.Directory) error {
	all, err := d.Attributes(w.object)
	if err != nil {
		return err
	}
	for _, a := range all {
		of, _ := directory.LookupAttribute(a.Name)
		one := attribute{name: a.Name, more: max(0, len(a.Values)-mostValues)}
		for _, text := range a.Values[:len(a.Values)-one.more] {
			shown := value{text: page.Shortened(text, longestValue)}
			if of.Link() {
				shown.dn = dnIn(text)
			}
			one.values = append(one.values, shown)
		}
		w.attributes = append(w.attributes, one)
	}
	for _, name := range linkAttributes() {
		from, err := d.LinkedFrom(w.object, name)
		if err != nil {
			return err
		}
		for _, o := range from[:min(len(from), mostLinks)] {
			w.from = append(w.from, link{name, o.DN.String()})
		}
	}
	return nil
}

// dnIn is the distinguished name in the value of a link, which may have a GUID
// before it.
func dnIn(text string) string {
	if rest, ok := strings.CutPrefix(text, "B:"); ok {
		if parts := strings.SplitN(rest, ":", 3); len(parts) == 3 {
			return parts[2]
		}
	}
	return text
}

// linkAttributes are the names of the attributes that are links and are written
// as such.
func linkAttributes() []string {
	var names []string
	for _, a := range directory.AttributeTypes() {
		if a.Link() && a.Name != "memberOf" {
			names = append(names, a.Name)
		}
	}
	return names
}

// changedBy are the newest requests that changed an object.
func changedBy(j *journal.Journal, dn ldappath.DN) []journal.Entry {
	const most = 10
	var found []journal.Entry
	all := j.List(journal.Filter{Object: dn.String()})
	for _, e := range slices.Backward(all) {
		if slices.ContainsFunc(e.Changes, func(change state.ObjectChange) bool { return strings.EqualFold(change.Object, dn.String()) }) {
			found = append(found, e)
		}
		if len(found) == most {
			break
		}
	}
	return found
}

// seenBy asks every domain controller for an object.
func (c *Console) seenBy(v *page.Visit, dn ldappath.DN) ([]seen, error) {
	engine := c.config.Emulator.Engine
	names, err := c.controllerNames(v)
	if err != nil {
		return nil, err
	}
	now := ""
	changed := func(tx *state.Tx) (string, bool, error) {
		o, err := directory.In(tx).Get(dn)
		if errors.Is(err, state.ErrNotFound) {
			return "", false, nil
		}
		if err != nil {
			return "", false, err
		}
		return "uSNChanged " + strconv.FormatInt(o.USNChanged, 10), true, nil
	}
	if err := c.config.Emulator.Store.View(v.Ctx(), func(tx *state.Tx) error {
		now, _, err = changed(tx)
		return err
	}); err != nil {
		return nil, err
	}
	delays := engine.Replication()
	var all []seen
	for _, name := range names {
		one := seen{controller: name, waiting: engine.Waiting(name), delay: delays.To(name)}
		if err := engine.View(v.Ctx(), name, func(tx *state.Tx) error {
			one.changed, one.there, err = changed(tx)
			return err
		}); err != nil {
			return nil, err
		}
		one.same = one.changed == now
		all = append(all, one)
	}
	return all, nil
}

func (c *Console) controllerNames(v *page.Visit) (names []string, err error) {
	err = c.config.Emulator.Store.View(v.Ctx(), func(tx *state.Tx) error {
		names, err = directory.In(tx).Controllers()
		return err
	})
	return names, err
}

// objectURL is the page of an object.
func objectURL(dn string) string { return page.With(Path+"/directory", "dn", dn) }
