package adapter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"

	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/otel/trace"

	"wsexchange/adapter/auth"
	"wsexchange/internal/soap"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// call is one message on its way through the handler.
type call struct {
	h       *Handler
	c       echo.Context
	service *service
	op      *operation
	version soap.Version
	in      io.Reader
	body    *xmldoc.Node
	seen    Observation
	span    trace.Span // nil without a tracer
	failed  *mpf.Error // the answer's, if it has one
}

// call serves a POST to a service and observes it, however it ends. It goes on
// when the caller closes the connection: old clients close their half of it when
// they have sent the request, and what has been begun had better be finished.
// Config.Timeout bounds it.
func (h *Handler) call(c echo.Context, s *service) error {
	c.SetRequest(c.Request().WithContext(context.WithoutCancel(c.Request().Context())))
	k := &call{h: h, c: c, service: s, version: soap.V11}
	k.seen = Observation{
		Service: s.contract.Name, Started: h.config.Now(), RequestID: c.Response().Header().Get(headerRequestID),
	}
	if address := auth.ClientAddress(c.Request(), h.config.TrustedProxies); address.IsValid() {
		k.seen.Remote = address.String()
	}
	h.metrics.begin()
	k.beginSpan()
	defer k.end()
	defer k.recover()
	if h.admit(c) {
		k.run()
	}
	return nil
}

// recover answers a panic, and logs where it happened: the caller is told the
// request id only.
func (k *call) recover() {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler {
		panic(cause)
	}
	k.h.config.Logger.LogAttrs(k.c.Request().Context(), slog.LevelError, "panic",
		slog.String("request_id", k.seen.RequestID), slog.Any("panic", cause), slog.String("stack", string(debug.Stack())))
	if !k.c.Response().Committed {
		k.fail(&soap.Fault{Code: soap.Server, String: k.internal(), Cause: fmt.Errorf("panic: %v", cause)})
	}
}

func (k *call) internal() string {
	return "The web service had an internal error; its log has the details under request " + k.seen.RequestID + "."
}

// refusalOutcomes are the outcomes of calls that the gate did not let through.
var refusalOutcomes = map[int]Outcome{
	http.StatusUnauthorized: OutcomeUnauthorized, http.StatusTooManyRequests: OutcomeThrottled,
}

// largeMessage is the size, in bytes, from which a message is followed by a
// collection of garbage. Messages of the panel stay far below. What reading one
// of the largest leaves behind is more than all that the program needs when it
// is idle, and the collector alone would let it pile up to several times that.
const largeMessage = 64 << 10

func (k *call) collect() {
	if k.seen.RequestBytes >= largeMessage {
		runtime.GC()
	}
}

func (k *call) end() {
	k.body = nil
	defer k.collect()
	o := &k.seen
	o.Duration, o.Status = k.h.config.Now().Sub(o.Started), k.c.Response().Status
	if o.Outcome == "" {
		o.ResponseBytes = k.c.Response().Size
		if o.Outcome = refusalOutcomes[o.Status]; o.Outcome == "" {
			o.Outcome = OutcomeServerFault
		}
	}
	k.h.metrics.end(o, k.h.config.Engines)
	k.endSpan()
	o.log(k.c.Request().Context(), k.h.config.Logger, k.h.config.Slow)
	if k.h.config.Observe != nil {
		k.h.config.Observe(*o)
	}
}

// run reads the message, runs the operation and answers.
func (k *call) run() {
	login, hasLogin := auth.FromContext(k.c.Request().Context())
	if hasLogin {
		k.seen.Login = login.Identity.Name()
	}
	if err := k.read(); err != nil {
		k.fail(err)
		return
	}
	k.collect()
	response, err := k.answer(login, hasLogin)
	if err != nil {
		k.fail(err)
		return
	}
	k.reply(response)
}

// answer gives the response to write. Its error is a fault.
func (k *call) answer(login auth.Login, hasLogin bool) (*mpf.Response, error) {
	arguments, err := k.op.bind(k.body)
	if err != nil {
		k.seen.Refusal = RefusedBinding
		return nil, err
	}
	k.body = &xmldoc.Node{NamespaceURI: k.body.NamespaceURI} // the arguments have the rest
	t := &translation{
		op: k.op, arguments: arguments, limits: k.h.config.Limits, scope: k.h.scope,
		eventSink: k.h.config.EventSink, confine: k.h.config.ConfineTexts, namespace: k.body.NamespaceURI,
	}
	request, sendCredentials, err := t.request()
	if err != nil {
		return k.refuse(err)
	}
	request.Context.ClientTransactionID = k.seen.RequestID
	caller := mpf.Caller{Trusted: true, Base: k.h.config.ResellerOU}
	if hasLogin {
		caller.Domain, caller.Username = login.Identity.Domain, login.Identity.Username
		caller.Password = login.Credentials.Password
		if sendCredentials {
			request.Context.Security = &mpf.SecurityContext{Basic: &mpf.Basic{
				Domain: caller.Domain, Username: caller.Username, Password: caller.Password,
			}}
		}
	}
	ctx := mpf.WithOrigin(k.c.Request().Context(), mpf.Origin{Service: k.seen.Service, Operation: k.seen.Operation})
	return k.submit(mpf.WithCaller(ctx, caller), request)
}

// refuse makes an answer of what the translation refuses, if it is one.
func (k *call) refuse(err error) (*mpf.Response, error) {
	answer, ok := answerTo(err)
	if !ok {
		k.seen.Refusal = RefusedBinding
		return nil, err
	}
	var bad *xmlError
	switch {
	case errors.As(err, &bad):
		k.seen.Refusal, k.seen.Rule = RefusedXML, bad.rule
	case mpf.XMLParameter.Is(answer):
		k.seen.Refusal = RefusedXML
	case mpf.ScopeViolation.Is(answer), mpf.ServerViolation.Is(answer), mpf.PathUnreadable.Is(answer),
		mpf.NameUnreadable.Is(answer), mpf.ObjectScopeUnknown.Is(answer):
		k.seen.Refusal = RefusedScope
	default:
		k.seen.Refusal = RefusedValue
	}
	if len(answer.Sources) == 0 && k.op.target.Namespace != "" {
		answer = answer.Through(mpf.Source(k.op.target))
	}
	return &mpf.Response{Err: answer.AtEngine(k.op.target)}, nil
}

func (k *call) submit(ctx context.Context, request *mpf.Request) (*mpf.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, k.h.config.Timeout)
	defer cancel()
	target := request.MainTarget()
	k.seen.Namespace, k.seen.Procedure = target.Namespace, target.Procedure
	k.seen.Result = ResultOther // of a submitter that panics
	var secrets mpf.Secrets     // of the caller's data, which a submitter may change
	if k.op.blob {
		secrets = mpf.SecretsOf(request.Data[0])
	}
	started := k.h.config.Now()
	response, err := k.h.config.Submitter.Submit(ctx, request)
	k.seen.Backend, k.seen.Result = k.h.config.Now().Sub(started), resultOf(response, err)
	k.seen.Engine = mpf.EngineOf(response, err)
	switch {
	case err != nil:
		return nil, &soap.Fault{Code: soap.Server, String: k.sentence(err), Cause: err}
	case response == nil:
		return nil, &soap.Fault{Code: soap.Server, String: k.internal(), Cause: errors.New("no response")}
	}
	k.op.forget(response)
	secrets.Empty(response.Data)
	return k.op.complete(response), nil
}

// sentences tell an administrator what is wrong behind the gateway.
var sentences = []struct {
	is   error
	text string
}{
	{mpf.ErrUnreachable, "The provisioning engine (MPF) cannot be reached; nothing was changed. Check that it is running, and its address in the configuration of this web service."},
	{mpf.ErrTimeout, "The provisioning engine (MPF) did not answer in time. It is not known whether the request was carried out; look before you try again."},
	{context.DeadlineExceeded, "The provisioning engine (MPF) did not answer in time. It is not known whether the request was carried out; look before you try again."},
	{mpf.ErrConnectionLost, "The connection to the provisioning engine (MPF) broke before it had answered. It is not known whether the request was carried out; look before you try again."},
	{mpf.ErrNotAuthenticated, "The provisioning engine (MPF) refused the account that this web service logs on with; nothing was changed. Check the account in the configuration."},
	{mpf.ErrFault, "The provisioning engine (MPF) answered with a fault. It is not known whether the request was carried out; look before you try again. The log of this web service has the words of the fault."},
	{mpf.ErrProtocol, "The provisioning engine (MPF) gave an answer that is not in its format. It is not known whether the request was carried out; look before you try again. Check that the configured address is that of an engine."},
	{context.Canceled, "The call was given up before the provisioning engine (MPF) had answered. It is not known whether the request was carried out."},
}

func (k *call) sentence(err error) string {
	for _, s := range sentences {
		if errors.Is(err, s.is) {
			return s.text + " (Request " + k.seen.RequestID + ".)"
		}
	}
	return k.internal()
}

// fail answers with a fault.
func (k *call) fail(err error) {
	if errors.Is(err, errUnsupported) {
		k.seen.Outcome, k.seen.Err = OutcomeClientFault, err
		k.h.plainError(echo.ErrUnsupportedMediaType, k.c)
		return
	}
	var f *soap.Fault
	if !errors.As(err, &f) {
		f = &soap.Fault{Code: soap.Server, String: k.internal(), Cause: err}
	}
	k.seen.Outcome, k.seen.Err = OutcomeClientFault, f
	if f.Code == soap.Server {
		k.seen.Outcome = OutcomeServerFault
	}
	if f.Cause != nil {
		k.seen.Err = f.Cause
	}
	k.seen.ResponseBytes = int64(k.h.sendFault(k.c, k.version, f))
}

func (k *call) reply(response *mpf.Response) {
	k.seen.Outcome = OutcomeOK
	if response.Err != nil {
		k.seen.Outcome, k.seen.Code, k.failed = OutcomeMPFError, response.Err.Code, response.Err
	}
	buffer, scratch := k.h.buffers.Get().(*[]byte), k.h.buffers.Get().(*[]byte)
	r := &reply{op: k.op, version: k.version, namespace: k.body.NamespaceURI, response: response}
	*buffer, *scratch = r.append((*buffer)[:0], *scratch)
	k.seen.ResponseBytes = int64(len(*buffer))
	_ = k.h.send(k.c, http.StatusOK, k.version.ContentType(), *buffer) // the client may have gone
	k.h.putBuffers(buffer, scratch)
}

// largestBuffer is the most that is kept for the next call, in bytes.
const largestBuffer = 256 << 10

func (h *Handler) putBuffers(buffers ...*[]byte) {
	for _, b := range buffers {
		if cap(*b) <= largestBuffer {
			h.buffers.Put(b)
		}
	}
}

// Read reads the body of the request and counts its bytes.
func (k *call) Read(b []byte) (int, error) {
	n, err := k.in.Read(b)
	k.seen.RequestBytes += int64(n)
	return n, err
}
