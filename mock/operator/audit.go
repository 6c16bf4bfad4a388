package operator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wsexchange/internal/daemon"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/ledger"
	"wsexchange/mpf"
)

// Auditor returns the rows of the audit log. *ledger.Store is one.
type Auditor interface {
	Audit(ctx context.Context, q ledger.AuditQuery) ([]ledger.AuditRow, error)
}

// Audited is a request in the audit log. Passwords were taken out of Request
// when it was written.
type Audited struct {
	At            time.Time `json:"at"`                   // when it began
	RequestID     string    `json:"request_id,omitempty"` // clientTransactionId: the gateway's id of the call
	TransactionID string    `json:"transaction"`
	Caller        string    `json:"caller"`
	Organization  string    `json:"organization,omitempty"` // path, if the request is about one
	Namespace     string    `json:"namespace,omitempty"`
	Procedure     string    `json:"procedure,omitempty"`
	Code          string    `json:"code"`
	Error         string    `json:"error,omitempty"` // the name of the code
	Description   string    `json:"description,omitempty"`
	Seconds       float64   `json:"seconds"`
	Steps         []Step    `json:"steps"` // calls in the order in which they began
	Request       string    `json:"request"`
	Engine        string    `json:"engine,omitempty"` // that ran it, where several share the database
}

// Step is a call of a procedure, by the request or by another procedure.
type Step struct {
	Step      int     `json:"step"` // executeSeqNo
	Namespace string  `json:"namespace"`
	Procedure string  `json:"procedure"`
	Code      string  `json:"code"`
	Seconds   float64 `json:"seconds"`
}

// Audit is the answer to GET /-/audit: the newest requests, and whether older
// ones fit as well.
type Audit struct {
	Requests []Audited `json:"requests"`
	More     bool      `json:"more"`
}

// How many requests one answer has, unless asked for another number, and at
// most.
const (
	fewAudited  = 100
	mostAudited = 1000
)

// auditFilters are what can be asked of the audit log, by their names in the
// query. now is for times in the past.
var auditFilters = map[string]func(q *ledger.AuditQuery, text string, now time.Time) error{
	"id":        func(q *ledger.AuditQuery, text string, _ time.Time) error { q.AnyID = text; return nil },
	"namespace": func(q *ledger.AuditQuery, text string, _ time.Time) error { q.Namespace = text; return nil },
	"procedure": func(q *ledger.AuditQuery, text string, _ time.Time) error { q.Procedure = text; return nil },
	"organization": func(q *ledger.AuditQuery, text string, _ time.Time) error {
		if !strings.Contains(text, "://") {
			text = "LDAP://" + text
		}
		path, err := ldappath.Parse(text)
		if err == nil {
			q.Organization = path.DN.ADsPath()
		}
		return err
	},
	"code": func(q *ledger.AuditQuery, text string, _ time.Time) error {
		code, err := mpf.ParseHRESULT(text)
		q.Code = (*uint32)(&code)
		return err
	},
	"failed": func(q *ledger.AuditQuery, text string, _ time.Time) (err error) {
		if q.Failed, err = strconv.ParseBool(text); err != nil {
			err = fmt.Errorf("%q is neither true nor false", text)
		}
		return err
	},
	"from": func(q *ledger.AuditQuery, text string, now time.Time) (err error) {
		q.From, err = timeOf(text, now)
		return err
	},
	"to": func(q *ledger.AuditQuery, text string, now time.Time) (err error) {
		q.To, err = timeOf(text, now)
		return err
	},
	"limit": func(q *ledger.AuditQuery, text string, _ time.Time) (err error) {
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 || q.Limit > mostAudited {
			err = fmt.Errorf("%q is not from 1 to %d", text, mostAudited)
		}
		return err
	},
}

// HandleAudit adds the route of the audit log.
func HandleAudit(admin *daemon.Admin, of Auditor) {
	admin.Handle("GET /-/audit", func(r *http.Request) (any, error) {
		wanted, err := auditQuery(r.URL.Query(), time.Now())
		if err != nil {
			return nil, err
		}
		return audit(r.Context(), of, wanted)
	})
}

func auditQuery(values url.Values, now time.Time) (ledger.AuditQuery, error) {
	q := ledger.AuditQuery{Limit: fewAudited}
	for name, texts := range values {
		filter, known := auditFilters[name]
		switch {
		case !known:
			return q, fmt.Errorf("%s: the audit log is asked by id, organization, namespace, procedure, code, failed, from, to, limit", name)
		case len(texts) > 1:
			return q, fmt.Errorf("%s: once is enough", name)
		case texts[0] == "":
			return q, fmt.Errorf("%s: which?", name)
		}
		if err := filter(&q, texts[0], now); err != nil {
			return q, fmt.Errorf("%s: %w", name, err)
		}
	}
	return q, nil
}

// timeOf reads a time, or a duration before now.
func timeOf(text string, now time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	ago, err := time.ParseDuration(text)
	if err != nil || ago < 0 {
		return time.Time{}, fmt.Errorf("%q is neither a time such as 2006-01-02T15:04:05Z nor how long ago, such as 90m", text)
	}
	return now.Add(-ago), nil
}

func audit(ctx context.Context, of Auditor, q ledger.AuditQuery) (Audit, error) {
	answer, most := Audit{Requests: []Audited{}}, q.Limit
	q.Limit++
	rows, err := of.Audit(ctx, q)
	if err != nil {
		return answer, fmt.Errorf("audit log: %w", err)
	}
	if len(rows) > most {
		rows, answer.More = rows[:most], true
	}
	for _, row := range rows {
		shown, err := showAudited(row)
		if err != nil {
			return answer, fmt.Errorf("audit log: transaction %s: %w", row.TransactionID, err)
		}
		answer.Requests = append(answer.Requests, shown)
	}
	return answer, nil
}

func showAudited(row ledger.AuditRow) (Audited, error) {
	code := mpf.HRESULT(row.Code)
	shown := Audited{
		At: row.At.UTC(), RequestID: row.ClientID, TransactionID: row.TransactionID, Caller: row.Caller, Organization: row.Organization, Engine: row.Engine,
		Namespace: row.Namespace, Procedure: row.Procedure, Code: code.String(), Description: row.Description,
		Seconds: row.Duration.Seconds(), Request: row.Request,
	}
	if code != mpf.OK {
		shown.Error = code.Name()
	}
	var err error
	shown.Steps, err = stepsOf(row.Steps)
	return shown, err
}

func stepsOf(text string) ([]Step, error) {
	steps := []Step{}
	if strings.TrimSpace(text) == "" {
		return steps, nil
	}
	// The engine wrote it, however many steps there were.
	root, err := xmldoc.ParseString(text, xmldoc.Limits{Bytes: int64(len(text)) + 1, Elements: len(text), TotalAttributes: len(text)})
	if err != nil {
		return nil, err
	}
	for n := range xmldoc.Elements(root) {
		attribute := func(name string) string { text, _ := xmldoc.Attr(n, name); return text }
		step, wrong := strconv.Atoi(attribute("seq"))
		micros, wrongToo := strconv.ParseInt(attribute("microseconds"), 10, 64)
		if err := errors.Join(wrong, wrongToo); err != nil {
			return nil, err
		}
		steps = append(steps, Step{
			Step: step, Namespace: attribute("namespace"), Procedure: attribute("procedure"), Code: attribute("code"),
			Seconds: (time.Duration(micros) * time.Microsecond).Seconds(),
		})
	}
	return steps, nil
}
