package console

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"wsexchange/mock/ledger"
	"wsexchange/mock/queue"
	"wsexchange/mock/web/page"
	"wsexchange/mpf"
)

// queueView lists queued requests.
type queueView struct {
	view
	jobs  []*queue.Job
	total int
	next  string
}

func (c *Console) queue(v *page.Visit) error {
	w := &queueView{view: c.view(v, "Queue", "/queue")}
	all, err := c.config.Emulator.Engine.Jobs(v.Ctx())
	if err != nil {
		return err
	}
	w.total = len(all)
	if w.jobs, w.next, err = paged(v, all); err != nil {
		return err
	}
	return v.Show(http.StatusOK, queuePage(w))
}

func (c *Console) changeQueue(v *page.Visit) error {
	id, done := v.FormValue("id"), "activated"
	var err error
	switch v.FormValue("action") {
	case "activate":
		err = c.config.Emulator.Engine.Activate(v.Ctx(), id)
	case "delete":
		done, err = "deleted", c.config.Emulator.Engine.Discard(v.Ctx(), id)
	default:
		return page.Refuse(http.StatusBadRequest, "There is no such action.")
	}
	var refused *mpf.Error
	if errors.As(err, &refused) {
		return page.Refuse(http.StatusConflict, refused.Description)
	}
	if err != nil {
		return err
	}
	return v.Back(Path + "/queue?done=" + done)
}

// auditView lists rows of the audit log, newest first.
type auditView struct {
	view
	rows []ledger.AuditRow
	next string
}

func (c *Console) audit(v *page.Visit) error {
	w := &auditView{view: c.view(v, "Audit", "/audit")}
	text := func(name string) string { return strings.TrimSpace(v.QueryParam(name)) }
	q := ledger.AuditQuery{
		Organization: text("organization"), Namespace: text("namespace"), Procedure: text("procedure"), AnyID: text("id"),
		Failed: text("failed") != "", Limit: listed + 1,
	}
	if code := text("code"); code != "" {
		parsed, err := mpf.ParseHRESULT(code)
		if err != nil {
			return page.Refuse(http.StatusBadRequest, err.Error())
		}
		q.Code = (*uint32)(&parsed)
	}
	for name, at := range map[string]*time.Time{"from": &q.From, "to": &q.To} {
		if text(name) == "" {
			continue
		}
		parsed, err := time.Parse(time.RFC3339Nano, text(name))
		if err != nil {
			return page.Refuse(http.StatusBadRequest, name+" has to be a time such as 2006-01-02T15:04:05Z.")
		}
		*at = parsed
	}
	var err error
	if w.rows, err = c.config.Emulator.Store.Audit(v.Ctx(), q); err != nil {
		return err
	}
	if len(w.rows) > listed {
		w.rows = w.rows[:listed]
		w.next = here(v, "to", w.rows[listed-1].At.UTC().Format(time.RFC3339Nano))
	}
	return v.Show(http.StatusOK, auditPage(w))
}

// auditedView is one row of the audit log.
type auditedView struct {
	view
	ledger.AuditRow
	request, steps string
}

func (c *Console) audited(v *page.Visit) error {
	rows, err := c.config.Emulator.Store.Audit(v.Ctx(), ledger.AuditQuery{TransactionID: v.Param("id"), Limit: 1})
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return page.Refuse(http.StatusNotFound, "The audit log has no such request.")
	}
	w := &auditedView{view: c.view(v, rows[0].Namespace+"::"+rows[0].Procedure, "/audit"), AuditRow: rows[0]}
	w.request, w.steps = indented(w.Request), indented(w.Steps)
	return v.Show(http.StatusOK, auditedPage(w))
}
