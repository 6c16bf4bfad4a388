package engine

import (
	"log/slog"
	"time"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Record is everything about a request that has ended. Secrets are taken out
// of it.
type Record struct {
	TransactionID string
	ClientID      string // clientTransactionId: the gateway's id of the SOAP call
	Operation     string // the call that the gateway made it for, "HostedExchange.EnableUser", or ""
	Caller        string
	Organization  string     // path of the organization that it is about, or ""
	Target        mpf.Target // what was asked for; of a trusted request its first call
	Trusted       bool       // it brought its own procedure
	Queued        bool       // the engine's queue submitted it
	Started       time.Time
	Duration      time.Duration
	Request       *xmldoc.Node
	Response      *xmldoc.Node
	Err           *mpf.Error // how it failed, or nil
	// Hidden is the error behind an internal one, which callers are not told,
	// or nil.
	Hidden error
	// Calls are the calls of procedures in the order in which they began.
	Calls []CallRecord
	// Changes is what it changed; nothing if it failed.
	Changes []state.ObjectChange
}

// CallRecord is one call of a procedure.
type CallRecord struct {
	Step     int // from 1
	Depth    int // 0 for a call of the request, 1 for one that such a call made, …
	Target   mpf.Target
	Code     mpf.HRESULT // 0 for success
	Duration time.Duration
}

// collectChanges keeps what the request changed, before it is committed.
func (r *run) collectChanges() {
	if r.engine.journal != nil {
		r.changes = r.described()
	}
}

// described returns what the request has changed so far, object by object.
func (r *run) described() []state.ObjectChange {
	return state.Describe(r.tx.Began().Read(r.engine.store.Env()), r.tx, r.tx.Changes())
}

// record tells the journal.
func (r *run) record(response *mpf.Response) {
	if r.engine.journal == nil {
		return
	}
	rec := Record{
		TransactionID: r.id, ClientID: r.request.Context.ClientTransactionID, Operation: mpf.OriginFrom(r.ctx).String(),
		Caller: r.account(), Organization: r.tenant(),
		Target: r.request.MainTarget(), Trusted: r.request.Target.IsZero(), Queued: r.origin.job != nil,
		Started: r.started, Duration: r.engine.now().Sub(r.started), Request: r.engine.redact(r.request.Element()),
		Response: r.engine.redact(response.Element()), Err: response.Err, Hidden: r.hidden, Changes: r.changes,
	}
	if response.Err != nil {
		rec.Changes = nil
	}
	for _, c := range r.calls {
		rec.Calls = append(rec.Calls, CallRecord{Step: c.seq, Depth: c.depth, Target: c.target, Code: c.code, Duration: c.duration})
	}
	r.engine.journal(rec)
}

// rollbackIntercepted lets the intercept see, and spoil, a rollback.
func (r *run) rollbackIntercepted() {
	if err := r.intercept(AtRollback, r.request.MainTarget(), 0); err != nil {
		r.log().Error("abort of transaction failed; possibly inconsistent", slog.Int("event", eventAbortFailed), slog.Any("error", err))
	}
}

// ForgetLogons makes the engine check every password again. It is to be called
// after the content of the store was replaced.
func (e *Engine) ForgetLogons() {
	e.logons.mu.Lock()
	defer e.logons.mu.Unlock()
	clear(e.logons.good)
}
