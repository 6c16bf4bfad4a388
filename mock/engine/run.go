package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/ledger"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// run is one request in progress. It belongs to one goroutine.
type run struct {
	engine *Engine
	ctx    context.Context
	writer *ledger.Writer // nil for a request that only reads, and before its first call
	tx     *state.Tx
	// prepared are the hashes of the passwords that the request brings.
	prepared *directory.Prepared
	id       string // of the transaction, in braces
	request  *mpf.Request
	origin   origin
	caller   Identity
	basic    *Identity   // account of the credentials, if there are any
	base     ldappath.DN // what the caller is held to; zero is everything
	started  time.Time

	paths       paths
	pathSteps   *pathSteps // left to XPath expressions
	frame       *frame
	seq         int // calls so far
	iterations  int
	moved       int         // bytes
	merged      mergedNodes // of the step that runs
	fatal       error
	controllers map[string]string              // DNS names by every name
	hosts       []string                       // DNS names of the controllers
	seers       map[int64]directory.Visibility // by accounts' ids

	writes bool   // it may, by its rows
	at     string // domain controller of the step that runs, by its DNS name; empty where all see the same

	compensations []compensation
	steps         []ledger.LoggedStep     // calls that wrote, as far as they stand
	atEnd         []func(*state.Tx) error // writes that stay even if it fails
	jobs          []pendingJob
	calls         []callRecord
	subject       ldappath.DN // of the first call that has one

	ended            bool   // the transaction is over
	organizationPath string // as far as it was asked for
	changes          []state.ObjectChange
	hidden           error       // behind an internal error
	reraised         *mpf.Error  // by the last call that failed, if its row says so
	rehearsal        *rehearsing // nil unless everything will be taken back
}

// compensation undoes an effect outside of the database.
type compensation struct {
	source mpf.Source
	undo   func(context.Context) error
}

// callRecord is what the audit keeps of a call.
type callRecord struct {
	seq      int
	depth    int
	target   mpf.Target
	code     mpf.HRESULT
	duration time.Duration
}

func (r *run) log() *slog.Logger {
	return r.engine.logger.With(slog.String("transaction_id", r.id), slog.Any("request", r.request)).With(traceIDs(r.ctx)...)
}

// admit finds out who the caller is, and tests whether he may send the request.
func (r *run) admit() error {
	var err error
	if r.caller, err = r.engine.identify(r.tx, r.origin); err != nil {
		return r.unexpected(err, mpf.Source{})
	}
	if err = r.holdToBase(); err != nil {
		return r.unexpected(err, mpf.Source{})
	}
	if !r.request.Target.IsZero() {
		return nil
	}
	allowed, err := r.maySubmit()
	if err != nil {
		return r.unexpected(err, mpf.Source{})
	}
	if !allowed {
		return mpf.TrustedNotAllowed.New()
	}
	return nil
}

// perform runs the request's procedure in its transaction.
func (r *run) perform() error {
	enter := r.admit
	if !r.request.Target.IsZero() && !r.hasTurn() {
		enter = r.takeTurn // it computes nothing before its call
	}
	if err := enter(); err != nil {
		return err
	}
	base := scope{credentials: true}
	if security := r.request.Context.Security; security != nil {
		base = base.with(security.Impersonate, security.Trusted)
	}
	if !r.request.Target.IsZero() {
		base.trustee = r.caller
		return r.callAt(base, r.request.Target, r.frame.docs[mpf.DocumentData].node)
	}
	r.frame.scope = base
	if err := r.frame.steps(r.request.Procedure.Steps); err != nil {
		return err
	}
	return r.alive()
}

// call runs a procedure with data as its executeData, and undoes what it did
// if it fails.
func (r *run) call(s scope, target mpf.Target, data *xmldoc.Node) error {
	if err := r.alive(); err != nil {
		return err
	}
	row, refused := r.engine.lookup(target)
	if refused != nil {
		return refused.Through(mpf.Source(target))
	}
	target.Procedure = row.Name
	limits := r.engine.limits
	if s.depth >= limits.Depth {
		return r.exceeds("calls are nested more than", limits.Depth, "deep")
	}
	if r.seq++; r.seq > limits.Calls {
		return r.exceeds("it calls more than", limits.Calls, "procedures")
	}
	c := &Call{
		Tx: r.tx, Data: data, run: r, namespace: target.Namespace, row: row, scope: s, seq: r.seq,
		dns: make(map[string]ldappath.DN), times: make(map[string]time.Time),
	}
	begun, position := r.engine.now(), len(r.calls)
	r.calls = append(r.calls, callRecord{seq: c.seq, depth: s.depth, target: target})
	finished, traced := r.engine.metrics.begin(target), r.traceCall(c, target)
	err := c.perform()
	traced(err)
	c.dropSecrets()
	took := r.engine.now().Sub(begun)
	r.calls[position].code, r.calls[position].duration = codeOf(err), took
	finished(err)
	r.engine.report(Observation{Target: target, TransactionID: r.id, Code: codeOf(err), Duration: took, Call: true})
	return err
}

// perform checks and runs one call within a savepoint.
func (c *Call) perform() error {
	r, source := c.run, mpf.Source{Namespace: c.namespace, Procedure: c.row.Name}
	if c.row.Type == Write && !r.writes {
		return r.unexpected(errors.New("a read procedure called a procedure that writes"), source)
	}
	compensations, jobs, steps := len(r.compensations), len(r.jobs), len(r.steps)
	err := r.savepoint(func() error {
		err := c.prepare()
		if err == nil {
			err = r.intercept(BeforeCall, mpf.Target(source), c.seq)
		}
		if err == nil {
			err = c.protected()
		}
		if err == nil {
			err = r.alive()
		}
		if err == nil {
			err = r.intercept(AfterCall, mpf.Target(source), c.seq)
		}
		if err == nil && c.row.Type == Write {
			r.steps = append(r.steps, ledger.LoggedStep{
				Seq: c.seq, Namespace: c.namespace, Procedure: c.row.Name, State: "executed", At: c.Now(),
			})
		}
		if err != nil {
			r.witness(err)
		}
		return err
	})
	if err == nil {
		return nil
	}
	r.compensate(compensations)
	r.dropJobs(jobs)
	r.steps = r.steps[:steps]
	var failed *mpf.Error
	if !errors.As(c.Fail(err), &failed) {
		return r.unexpected(err, source)
	}
	failed = failed.Through(source)
	if failed.ExecuteSeqNo == 0 {
		failed.ExecuteSeqNo = c.seq
	}
	if r.fatal != nil {
		r.fatal = failed
	}
	r.reraised = nil
	if c.row.Reraises {
		r.reraised = failed
	}
	return failed
}

// savepoint runs fn so that its writes go if it fails. Reads need none.
func (r *run) savepoint(fn func() error) error {
	if !r.writes {
		return fn()
	}
	return r.tx.Savepoint(fn)
}

// prepare reads the arguments and tests the role and what the arguments name.
func (c *Call) prepare() error {
	if err := c.readArguments(); err != nil {
		return err
	}
	if err := c.testBase(); err != nil {
		return err
	}
	if err := c.testAccess(); err != nil {
		return err
	}
	if err := c.testNamed(); err != nil {
		return err
	}
	return c.assume()
}

func (c *Call) testAccess() error {
	subject := c.DN(c.row.Subject)
	if c.run.subject.IsZero() {
		c.run.subject = subject
	}
	if c.scope.nested && !c.run.engine.policies.TestNestedRoles {
		return nil
	}
	if c.row.Role == Anyone {
		return c.testSight()
	}
	if subject.IsZero() {
		domain, err := directory.In(c.Tx).Domain()
		if err != nil {
			return err
		}
		subject = domain.Hosting
	}
	return c.TestRole(c.row.Role, subject)
}

// testSight refuses paths of objects that the account may not see, for a
// procedure that tests no role, as if they did not exist (F213).
func (c *Call) testSight() error {
	for i := range c.row.Arguments {
		if dn := c.DN(c.row.Arguments[i].Name); !dn.IsZero() {
			if err := c.testName(dn); err != nil {
				return err
			}
		}
	}
	return nil
}

// protected runs the function of the row and makes an error of a panic.
func (c *Call) protected() (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = &panicked{value: recovered, stack: debug.Stack()}
		}
	}()
	return c.row.Run(c)
}

// panicked is a panic of a procedure.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// unexpected makes the error that callers see of one that is none of theirs,
// logs it once, and ends the request.
func (r *run) unexpected(err error, source mpf.Source) error {
	var failed *mpf.Error
	if r.fatal != nil && errors.As(r.fatal, &failed) {
		return failed
	}
	if ended := r.ctx.Err(); ended != nil {
		return r.stop(mpf.Aborted.New(ended.Error()))
	}
	attributes := []any{slog.String("namespace", source.Namespace), slog.String("procedure", source.Procedure), slog.Any("error", err)}
	var p *panicked
	if errors.As(err, &p) {
		attributes = append(attributes, slog.String("stack", string(p.stack)))
	}
	r.hidden = err
	r.log().Error("unexpected error", attributes...)
	failed = mpf.InternalError.New(r.id)
	if source != (mpf.Source{}) {
		failed = failed.Through(source)
		failed.ExecuteSeqNo = r.seq
	}
	return r.stop(failed)
}

// eventAbortFailed is the event of a rollback that left something behind, by
// the original's number (F197).
const eventAbortFailed = 4108

// compensate undoes effects outside of the database, last first, down to the
// given number. One that fails is logged and does not stop the others.
func (r *run) compensate(down int) {
	ctx := context.WithoutCancel(r.ctx)
	for i := len(r.compensations) - 1; i >= down; i-- {
		c := r.compensations[i]
		if err := undo(ctx, c); err != nil {
			r.engine.metrics.inconsistent.Inc()
			r.log().Error("abort of transaction failed; possibly inconsistent", slog.Int("event", eventAbortFailed),
				slog.String("namespace", c.source.Namespace), slog.String("procedure", c.source.Procedure), slog.Any("error", err))
		}
	}
	r.compensations = r.compensations[:down]
}

func undo(ctx context.Context, c compensation) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("panic: %v", recovered)
		}
	}()
	return c.undo(ctx)
}

// newFrame makes the documents of a request from copies, so that the caller's
// stay as they are. The root of a simple request's data is its procedure's
// executeData.
func (r *run) newFrame() *frame {
	root := xmldoc.Element(mpf.DocumentData)
	if len(r.request.Data) > 0 {
		root = xmldoc.Clone(r.request.Data[0])
	}
	if !r.request.Target.IsZero() {
		root.Data = mpf.DocumentExecuteData
	}
	scratch := xmldoc.Element(mpf.DocumentProcedureData)
	if p := r.request.Procedure; p != nil && p.Data != nil {
		scratch = xmldoc.Clone(p.Data)
	}
	return &frame{run: r, cases: make(map[string]string), docs: documents{
		mpf.DocumentData:          {node: root},
		mpf.DocumentProcedureData: {node: scratch},
		mpf.DocumentContext:       {node: r.contextDocument()},
	}}
}

// contextDocument is the context as steps see it. Passwords are not in it.
func (r *run) contextDocument() *xmldoc.Node {
	described := mpf.Request{Context: r.request.Context}
	if s := described.Context.Security; s != nil {
		open := *s
		open.Basic = nil
		described.Context.Security = &open
	}
	root := xmldoc.Child(described.Element(), mpf.DocumentContext)
	if root == nil {
		root = xmldoc.Element(mpf.DocumentContext)
	}
	xmldoc.Remove(root)
	transaction := xmldoc.SetAttr(xmldoc.Element("transactionContext"), "transactionId", r.id)
	return xmldoc.Append(root, transaction)
}

// result takes the request's data out of the frame. On failure secrets are
// taken out of it, and there is none if the request brought none and nothing
// was written.
func (r *run) result(failed bool) *xmldoc.Node {
	root := r.frame.docs[mpf.DocumentData].node
	root.Data = mpf.DocumentData
	if !failed {
		return root
	}
	if len(r.request.Data) == 0 && root.FirstChild == nil && len(root.Attr) == 0 {
		return nil
	}
	return r.engine.redact(root)
}

func codeOf(err error) mpf.HRESULT {
	var e *mpf.Error
	switch {
	case err == nil:
		return mpf.OK
	case errors.As(err, &e):
		return e.Code
	}
	return mpf.Unexpected
}
