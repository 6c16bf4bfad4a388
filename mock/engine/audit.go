package engine

import (
	"strconv"
	"strings"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/ledger"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// AuditLevel says which requests the audit log keeps.
type AuditLevel string

// The audit levels. Each keeps what those before it keep.
const (
	AuditNone   AuditLevel = "none"
	AuditFailed AuditLevel = "failed"
	AuditWrites AuditLevel = "writes" // and all that failed
	AuditAll    AuditLevel = "all"
)

// audits tells whether a request of the kind is kept.
func (e *Engine) audits(writes bool, failed *mpf.Error) bool {
	switch e.audit {
	case AuditAll:
		return true
	case AuditWrites:
		return writes || failed != nil
	case AuditFailed:
		return failed != nil
	}
	return false
}

// writing tells whether any procedure that writes was called.
func (r *run) writing() bool {
	for _, c := range r.calls {
		if row := r.engine.procedures[c.target]; row.Type == Write {
			return true
		}
	}
	return len(r.jobs) > 0
}

// auditRow describes the request. The transaction finds the organization.
func (r *run) auditRow(tx *state.Tx, failed *mpf.Error) ledger.AuditRow {
	target := r.request.MainTarget()
	row := ledger.AuditRow{
		TransactionID: r.id, ClientID: r.request.Context.ClientTransactionID, Caller: r.caller.String(),
		Organization: r.organization(tx), Namespace: target.Namespace, Procedure: target.Procedure,
		At: r.started, Duration: r.engine.now().Sub(r.started),
		Request: r.requestText(), Steps: r.stepsText(),
	}
	if r.basic != nil {
		row.Caller = r.basic.String()
	}
	if failed != nil {
		row.Code, row.Description = uint32(failed.Code), failed.Description
	}
	return row
}

// requestText is the request without what must not be kept.
func (r *run) requestText() string {
	n := r.request.Element() // a copy
	r.engine.redactIn(n)
	return xmldoc.String(n)
}

// stepsText lists the calls of the request in the order in which they began.
func (r *run) stepsText() string {
	if len(r.calls) == 0 {
		return "<steps/>"
	}
	b := append(make([]byte, 0, 16+128*len(r.calls)), "<steps>"...)
	for _, c := range r.calls {
		b = strconv.AppendInt(append(b, `<step seq="`...), int64(c.seq), 10)
		b = xmldoc.AppendValue(append(b, `" namespace="`...), c.target.Namespace)
		b = xmldoc.AppendValue(append(b, `" procedure="`...), c.target.Procedure)
		b = append(append(b, `" code="`...), c.code.String()...)
		b = strconv.AppendInt(append(b, `" microseconds="`...), c.duration.Microseconds(), 10)
		b = append(b, `"/>`...)
	}
	return string(append(b, "</steps>"...))
}

// organization gives the path of the organization that the request is about:
// the nearest container above its first subject that knows itself as one. If
// it is not found, the row stays without.
func (r *run) organization(tx *state.Tx) string {
	for dn := r.subject; !dn.IsZero(); dn = dn.Parent() {
		o, err := directory.In(tx).Get(dn)
		if err != nil {
			continue
		}
		if root, err := directory.In(tx).WellKnown(o, directory.WellKnownThisOrganizationRoot); err == nil && root.ID == o.ID {
			return o.DN.ADsPath()
		}
	}
	return ""
}

// redact copies a tree without what must not be kept: passwords by the rules
// of mpf.Redact, Secret arguments of any row, and properties named as a
// password.
func (e *Engine) redact(n *xmldoc.Node) *xmldoc.Node {
	c := xmldoc.Clone(n)
	e.redactIn(c)
	return c
}

// redactIn is redact without the copy: it changes the tree, which may be nil.
func (e *Engine) redactIn(n *xmldoc.Node) {
	mpf.RedactIn(n)
	if n != nil {
		e.redactNames(n)
	}
}

func (e *Engine) redactNames(n *xmldoc.Node) {
	name, _ := xmldoc.Attr(n, "name")
	name = strings.ToLower(name)
	if e.secrets[n.Data] || strings.Contains(name, "password") || strings.Contains(name, "unicodepwd") {
		xmldoc.SetText(n, secret.Redacted)
	}
	for c := range xmldoc.Elements(n) {
		e.redactNames(c)
	}
}
