package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/queue"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// onFailureOperator is the onFailure that parks a job for the operator.
const onFailureOperator = "queueToOperator"

// pendingJob is a request that a step of the running request has queued. It is
// written when the request ends: a suspended one only with its success, an
// activated one in any case.
type pendingJob struct {
	job       queue.Job
	activated bool
}

// enqueueStep queues the call of a queue step. Its id goes into the context
// document, where an after element fetches it.
func (r *run) enqueueStep(call *mpf.Call, s scope, data, context *xmldoc.Node) error {
	if err := r.charge(data); err != nil {
		return err
	}
	queueContext := xmldoc.Child(context, "queueContext")
	if queueContext == nil {
		queueContext = xmldoc.Element("queueContext")
		xmldoc.Append(context, queueContext)
	}
	options, err := parseQueueContext(queueContext)
	if err != nil {
		return err
	}
	req := r.deferred(call.Target, data, s)
	req.Context.Queue = options
	id, err := r.queue(req, call.QueueActivated)
	if err == nil {
		xmldoc.SetAttr(queueContext, "queueId", id)
	}
	return err
}

// parseQueueContext reads a queueContext element by the rules of requests. The
// id in it is that of an earlier job.
func parseQueueContext(n *xmldoc.Node) (*mpf.QueueContext, error) {
	wrapped := xmldoc.Element("request", xmldoc.Element("context", xmldoc.Clone(n)), xmldoc.Element("procedure"))
	parsed, err := mpf.ParseRequest(wrapped, mpf.Target{})
	if err != nil {
		return nil, err
	}
	parsed.Context.Queue.QueueID = ""
	return parsed.Context.Queue, nil
}

// Queue queues the call of a public procedure with data as its executeData,
// and gives the id of the job. A suspended job runs after the request has
// succeeded and is forgotten if it fails; an activated one runs whatever
// becomes of the request. options may be nil.
func (c *Call) Queue(target mpf.Target, data *xmldoc.Node, options *mpf.QueueContext, activated bool) (string, error) {
	if data == nil {
		data = xmldoc.Element(mpf.DocumentExecuteData)
	}
	req := c.run.deferred(target, data, c.scope)
	req.Context.Queue = options
	return c.run.queue(req, activated)
}

// deferred makes the request that a job runs later, in the name of the same
// account.
func (r *run) deferred(target mpf.Target, data *xmldoc.Node, s scope) *mpf.Request {
	impersonate := mpf.Off
	if s.impersonate {
		impersonate = mpf.On
	}
	executeData := xmldoc.Clone(data)
	executeData.Data = mpf.DocumentExecuteData
	req := &mpf.Request{
		Procedure: mpf.OneCall(target, impersonate, executeData),
		Context:   mpf.Context{ClientTransactionID: r.request.Context.ClientTransactionID, LocaleID: r.request.Context.LocaleID},
	}
	if security := r.request.Context.Security; security != nil && s.credentials {
		req.Context.Security = &mpf.SecurityContext{Trustee: security.Trustee, Basic: security.Basic}
	}
	// A simple request's caller stays the one whose roles count (F204).
	if !r.request.Target.IsZero() && !r.caller.System {
		req.Context.Security = &mpf.SecurityContext{Trustee: r.caller.String()}
		req.Procedure.Steps[0].Call.Impersonate = mpf.On
	}
	return req
}

func (r *run) queue(req *mpf.Request, activated bool) (string, error) {
	if _, err := r.engine.check(req, make(paths)); err != nil {
		return "", err
	}
	job := r.engine.newJob(req, r.caller, r.origin.caller.Base)
	r.jobs = append(r.jobs, pendingJob{job: job, activated: activated})
	return job.ID, nil
}

// dropJobs forgets the suspended jobs that were queued after the first n.
func (r *run) dropJobs(n int) {
	kept := slices.DeleteFunc(slices.Clone(r.jobs[n:]), func(p pendingJob) bool { return !p.activated })
	r.jobs = append(r.jobs[:n], kept...)
}

// submitJobs writes the queued jobs as ready to run.
func (r *run) submitJobs(tx *state.Tx) error {
	for _, p := range r.jobs {
		if _, err := queue.In(tx).SubmitJob(p.job, false); err != nil {
			return queueError(p.job.ID, err)
		}
	}
	return nil
}

// newJob describes a request as a job of the queue.
func (e *Engine) newJob(req *mpf.Request, caller Identity, base ldappath.DN) queue.Job {
	id := "1:" + strings.Trim(e.newID(), "{}")
	job := queue.Job{
		ID: id, Trusted: req.Target.IsZero(), Caller: jobCaller(caller), Request: xmldoc.String(req.Element()),
		Namespace: req.MainTarget().Namespace, Procedure: req.MainTarget().Procedure, Retain: e.retain,
		Base: base.String(),
	}
	if q := req.Context.Queue; q != nil {
		job.Priority, job.RetryCount, job.RetryInterval = q.Priority, q.RetryCount, time.Duration(q.RetryInterval)*time.Millisecond
		job.RetryStop, job.OnFailure, job.Parents = uint32(q.RetryStopOnFailure), q.OnFailure, q.Parents
		if q.RetainSuccessfulResponses != nil {
			job.Retain = *q.RetainSuccessfulResponses
		}
	}
	return job
}

// jobCaller writes a caller as a job keeps it. Accounts of the directory have
// a domain; the engine's own has none.
func jobCaller(who Identity) string {
	if who.System {
		return serviceAccount
	}
	return who.String()
}

// Enqueue queues a request on behalf of the caller in ctx and gives the ids of
// its jobs: one for each data element, into each of which globalData is
// merged. It fails with the *mpf.Error that Submit would answer with if the
// request is wrong in itself or the caller may not submit it.
func (e *Engine) Enqueue(ctx context.Context, req *mpf.Request, suspended bool) ([]string, error) {
	caller, _ := mpf.CallerFrom(ctx)
	parts := e.batch(req)
	for _, part := range parts {
		if _, err := e.check(part, make(paths)); err != nil {
			return nil, err
		}
	}
	var ids []string
	err := e.store.Update(ctx, func(tx *state.Tx) error {
		from := origin{caller: caller}
		who, err := e.identify(tx, from)
		if err != nil {
			return err
		}
		allowed, err := (&run{engine: e, tx: tx, origin: from, caller: who}).maySubmit()
		if err == nil && !allowed && req.Target.IsZero() {
			err = mpf.TrustedNotAllowed.New()
		}
		if err != nil {
			return err
		}
		for _, part := range parts {
			job, err := queue.In(tx).SubmitJob(e.newJob(part, who, caller.Base), suspended)
			if err != nil {
				return queueError("", err)
			}
			ids = append(ids, job.ID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	e.nudge(!suspended)
	return ids, nil
}

// batch makes one request of each data element.
func (e *Engine) batch(req *mpf.Request) []*mpf.Request {
	data := req.Data
	if len(data) == 0 {
		data = []*xmldoc.Node{xmldoc.Element(mpf.DocumentData)}
	}
	parts := make([]*mpf.Request, 0, len(data))
	for _, d := range data {
		part := *req
		part.GlobalData = nil
		own := xmldoc.Clone(d)
		if req.GlobalData != nil {
			e.policies.mergeInto(own, req.GlobalData, new(mergedNodes))
		}
		part.Data = []*xmldoc.Node{own}
		parts = append(parts, &part)
	}
	return parts
}

// Activate lets a suspended job run, and one that waits for an operator run
// again. It fails with mpf.QueueJobUnknown and mpf.QueueState.
func (e *Engine) Activate(ctx context.Context, id string) error {
	err := e.changeJob(ctx, id, func(tx *state.Tx) error { return queue.In(tx).ActivateJob(id) })
	e.nudge(err == nil)
	return err
}

// Delete removes a suspended job. It fails with mpf.QueueJobUnknown and
// mpf.QueueState.
func (e *Engine) Delete(ctx context.Context, id string) error {
	return e.changeJob(ctx, id, func(tx *state.Tx) error {
		job, err := queue.In(tx).Job(id)
		if err != nil {
			return err
		}
		if job.Status != queue.JobSuspended && job.Status != queue.JobSuspendedWithWaits {
			return mpf.QueueState.New(id, job.Status.String())
		}
		return queue.In(tx).DeleteJob(id)
	})
}

// AddDependency makes the child wait until the parent has succeeded or used
// up its retries. Both must be suspended. It fails with mpf.QueueJobUnknown
// and mpf.QueueState.
func (e *Engine) AddDependency(ctx context.Context, parent, child string) error {
	return e.changeJob(ctx, child, func(tx *state.Tx) error {
		for _, id := range []string{parent, child} {
			job, err := queue.In(tx).Job(id)
			if err != nil {
				return queueError(id, err)
			}
			if job.Status != queue.JobSuspended && job.Status != queue.JobSuspendedWithWaits {
				return mpf.QueueState.New(id, job.Status.String())
			}
		}
		return queue.In(tx).AddJobDependency(parent, child)
	})
}

func (e *Engine) changeJob(ctx context.Context, id string, change func(*state.Tx) error) error {
	return e.store.Update(ctx, func(tx *state.Tx) error {
		err := change(tx)
		if !errors.Is(err, queue.ErrJobStatus) {
			return queueError(id, err)
		}
		job, lookup := queue.In(tx).Job(id)
		if lookup != nil {
			return queueError(id, lookup)
		}
		return mpf.QueueState.New(id, job.Status.String())
	})
}

// QueryStatus gives the status of a job. It fails with mpf.QueueJobUnknown;
// jobs that succeeded are unknown unless they are retained.
func (e *Engine) QueryStatus(ctx context.Context, id string) (queue.JobStatus, error) {
	var status queue.JobStatus
	err := e.store.View(ctx, func(tx *state.Tx) error {
		job, err := queue.In(tx).Job(id)
		if err == nil {
			status = job.Status
		}
		return queueError(id, err)
	})
	return status, err
}

// QueryResults gives the response of the last run of a job. It fails with
// mpf.QueueJobUnknown, and with mpf.QueueState before the first run has ended.
func (e *Engine) QueryResults(ctx context.Context, id string) (*mpf.Response, error) {
	var job *queue.Job
	err := e.store.View(ctx, func(tx *state.Tx) (err error) {
		job, err = queue.In(tx).Job(id)
		return queueError(id, err)
	})
	if err != nil {
		return nil, err
	}
	if job.Response == "" {
		return nil, mpf.QueueState.New(id, job.Status.String())
	}
	n, err := xmldoc.ParseString(job.Response, e.readLimits())
	if err != nil {
		return nil, err
	}
	return mpf.ParseResponse(n)
}

// readLimits bounds documents that the engine itself has written.
func (e *Engine) readLimits() xmldoc.Limits {
	const plenty = 1 << 24
	return xmldoc.Limits{
		Bytes: 4 * int64(e.limits.DataBytes), Depth: 1024, Elements: plenty, Attributes: plenty,
		TotalAttributes: plenty, Name: plenty, Value: plenty, Text: 4 * int64(e.limits.DataBytes),
	}
}

func queueError(id string, err error) error {
	var missing *state.NotFoundError
	switch {
	case errors.As(err, &missing) && missing.Kind == "job":
		return mpf.QueueJobUnknown.New(missing.Value)
	case errors.Is(err, queue.ErrJobCycle):
		return mpf.RequestMalformed.New("the queued request '" + id + "' would wait for itself")
	}
	return err
}

// nudge wakes the worker.
func (e *Engine) nudge(wanted bool) {
	if !wanted {
		return
	}
	select {
	case e.wake <- struct{}{}:
	default:
	}
}
