package console

import (
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"wsexchange/mock"
	"wsexchange/mock/engine"
	"wsexchange/mock/fault"
	"wsexchange/mock/ledger"
	"wsexchange/mock/state"
	"wsexchange/mock/web/page"
)

// faultsView lists the fault rules, with a form for another.
type faultsView struct {
	view
	rules                  []fault.Status
	namespaces, procedures []string
	form                   fault.Rule
	delay                  string
}

func (c *Console) faults(v *page.Visit) error {
	w, err := c.faultsView(v)
	if err != nil {
		return err
	}
	w.form = fault.Rule{
		Namespace: v.QueryParam("namespace"), Procedure: v.QueryParam("procedure"), Tenant: v.QueryParam("tenant"), Caller: v.QueryParam("caller"),
		Operation: v.QueryParam("operation"), Code: v.QueryParam("code"), Action: fault.Fail, Times: 1,
	}
	return v.Show(http.StatusOK, faultsPage(w))
}

func (c *Console) faultsView(v *page.Visit) (*faultsView, error) {
	if err := c.testing(); err != nil {
		return nil, err
	}
	w := &faultsView{view: c.view(v, "Faults", "/faults"), rules: c.config.Emulator.Faults.List()}
	for _, ns := range c.config.Emulator.Engine.Namespaces() {
		w.namespaces = append(w.namespaces, ns.Name)
		for _, p := range ns.Procedures {
			w.procedures = append(w.procedures, p.Name)
		}
	}
	return w, nil
}

func (c *Console) changeFaults(v *page.Visit) error {
	w, err := c.faultsView(v)
	if err != nil {
		return err
	}
	switch v.FormValue("action") {
	case "clear":
		c.config.Emulator.Faults.Clear()
		return v.Back(Path + "/faults?done=cleared")
	case "remove":
		if !c.config.Emulator.Faults.Remove(v.FormValue("id")) {
			return page.Refuse(http.StatusNotFound, "There is no such fault rule.")
		}
		return v.Back(Path + "/faults?done=removed")
	}
	if w.form, err = ruleOf(v); err == nil {
		_, err = c.config.Emulator.Faults.Add(w.form)
	}
	if err != nil {
		w.fault, w.delay = err.Error(), v.FormValue("delay")
		return v.Show(http.StatusBadRequest, faultsPage(w))
	}
	return v.Back(Path + "/faults?done=added")
}

// ruleOf reads a rule from a form.
func ruleOf(v *page.Visit) (fault.Rule, error) {
	text := func(name string) string { return strings.TrimSpace(v.FormValue(name)) }
	r := fault.Rule{
		ID: text("id"), Namespace: text("namespace"), Procedure: text("procedure"), Tenant: text("tenant"), Caller: text("caller"),
		Operation: text("operation"), When: engine.Stage(text("when")), Action: fault.Action(text("fault")), Code: text("code"), Text: text("text"),
	}
	if r.Action != fault.Fail {
		r.Code, r.Text = "", ""
	}
	var err error
	for name, number := range map[string]*int{"step": &r.Step, "skip": &r.Skip, "times": &r.Times} {
		if text(name) == "" {
			continue
		}
		if *number, err = strconv.Atoi(text(name)); err != nil {
			return r, fmt.Errorf("%s: %q is not a number", name, text(name))
		}
	}
	if text("probability") != "" {
		if r.Probability, err = strconv.ParseFloat(text("probability"), 64); err != nil {
			return r, fmt.Errorf("probability: %q is not a number", text("probability"))
		}
	}
	if r.Action == fault.Delay {
		wait, err := time.ParseDuration(text("delay"))
		if err != nil {
			return r, fmt.Errorf("delay: %q is not a duration such as 250ms", text("delay"))
		}
		r.Delay = &fault.Distribution{Fixed: fault.Duration(wait)}
	}
	return r, nil
}

// snapshotsView lists the snapshots.
type snapshotsView struct {
	view
	names []string
}

func (c *Console) snapshots(v *page.Visit) error {
	if err := c.testing(); err != nil {
		return err
	}
	return v.Show(http.StatusOK, snapshotsPage(&snapshotsView{view: c.view(v, "Snapshots", "/snapshots"), names: c.config.Emulator.Snapshots.Names()}))
}

func (c *Console) changeSnapshots(v *page.Visit) error {
	if err := c.testing(); err != nil {
		return err
	}
	e, name := c.config.Emulator, strings.TrimSpace(v.FormValue("name"))
	change, done := map[string]func() error{
		"take":    func() error { return e.Snapshots.Take(v.Ctx(), name) },
		"restore": func() error { return e.Snapshots.Restore(v.Ctx(), name) },
		"drop":    func() error { return e.Snapshots.Drop(name) },
		"reset":   func() error { return e.Reset(v.Ctx()) },
	}[v.FormValue("action")], map[string]string{"take": "taken", "restore": "restored", "drop": "dropped", "reset": "reset"}[v.FormValue("action")]
	if change == nil {
		return page.Refuse(http.StatusBadRequest, "There is no such action.")
	}
	if err := change(); err != nil {
		return page.Refuse(http.StatusConflict, err.Error())
	}
	return v.Back(Path + "/snapshots?done=" + done)
}

// differenceView compares two snapshots.
type differenceView struct {
	view
	before, after string
	names         []string
	changes       []state.ObjectChange
	total         int
	next          string
}

func (c *Console) difference(v *page.Visit) error {
	if err := c.testing(); err != nil {
		return err
	}
	w := &differenceView{
		view: c.view(v, "Difference", "/snapshots"), before: v.QueryParam("before"), after: v.QueryParam("after"),
		names: c.config.Emulator.Snapshots.Names(),
	}
	changes, err := c.config.Emulator.Snapshots.Difference(v.Ctx(), w.before, w.after)
	if errors.Is(err, mock.ErrNoSnapshot) {
		return page.Refuse(http.StatusNotFound, err.Error())
	}
	if err != nil {
		return err
	}
	w.total = len(changes)
	if w.changes, w.next, err = paged(v, changes); err != nil {
		return err
	}
	return v.Show(http.StatusOK, differencePage(w))
}

// download sends a snapshot, or the present content, as the command export writes
// it. There are secrets in it.
func (c *Console) download(v *page.Visit) error {
	if err := c.testing(); err != nil {
		return err
	}
	root, err := c.config.Emulator.Snapshots.Root(v.FormValue("name"))
	if err != nil {
		return page.Refuse(http.StatusNotFound, err.Error())
	}
	v.Response().Header().Set("Content-Type", "application/x-ndjson")
	v.Response().Header().Set("Content-Disposition", `attachment; filename="state.ndjson"`)
	// After an error the last line is missing, which an import refuses.
	_ = ledger.Export(v.Ctx(), ledger.Content(root), v.Response())
	return nil
}

// upload replaces the content by that of a file.
func (c *Console) upload(v *page.Visit) error {
	reader, err := v.Request().MultipartReader()
	if err != nil {
		return page.Refuse(http.StatusBadRequest, "The form has no file.")
	}
	for {
		var part *multipart.Part
		if part, err = reader.NextPart(); err != nil {
			return page.Refuse(http.StatusBadRequest, "The form has no file.")
		}
		if part.FormName() == "state" {
			root, err := mock.ReadExport(v.Ctx(), part)
			if err != nil {
				return page.Refuse(http.StatusBadRequest, "The file is not an export of a state: "+err.Error())
			}
			if err := c.config.Emulator.ReplaceState(v.Ctx(), root); err != nil {
				return err
			}
			return v.Back(Path + "/snapshots?done=uploaded")
		}
	}
}

// controllersView is what domain controllers see of each other.
type controllersView struct {
	view
	delay time.Duration
	rows  []seen
}

func (c *Console) controllers(v *page.Visit) error {
	names, err := c.controllerNames(v)
	if err != nil {
		return err
	}
	delays := c.config.Emulator.Engine.Replication()
	w := &controllersView{view: c.view(v, "Controllers", "/controllers"), delay: delays.Delay}
	for _, name := range names {
		w.rows = append(w.rows, seen{controller: name, waiting: c.config.Emulator.Engine.Waiting(name), delay: delays.To(name)})
	}
	return v.Show(http.StatusOK, controllersPage(w))
}

func (c *Console) changeControllers(v *page.Visit) error {
	if v.FormValue("action") == "replicate" {
		if err := c.config.Emulator.Engine.Replicate(v.Ctx()); err != nil {
			return err
		}
		return v.Back(Path + "/controllers?done=replicated")
	}
	names, err := c.controllerNames(v)
	if err != nil {
		return err
	}
	delays := engine.Replication{Single: make(map[string]time.Duration)}
	for i, name := range names {
		text := strings.TrimSpace(v.FormValue("delay" + strconv.Itoa(i)))
		if text == "" {
			continue
		}
		delay, err := time.ParseDuration(text)
		if err != nil || delay < 0 {
			return page.Refuse(http.StatusBadRequest, "The delay of "+name+" has to be a duration of 0 or more, such as 5s.")
		}
		delays.Single[name] = delay
	}
	c.config.Emulator.Engine.SetReplication(delays)
	return v.Back(Path + "/controllers?done=delays")
}
