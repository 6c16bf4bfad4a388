package mpf

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"

	"wsexchange/internal/front"
	"wsexchange/internal/secret"
	"wsexchange/internal/soap"
	"wsexchange/internal/throttle"
	"wsexchange/internal/xmldoc"
)

// HandlerConfig describes the SOAP ISAPI door over a Submitter.
type HandlerConfig struct {
	// Authenticate checks a pair of Basic authentication and gives the caller
	// that goes with the request. An error that is ErrNotAuthenticated answers
	// 401, any other 503. Nil opens the door to everybody, without a caller.
	Authenticate func(ctx context.Context, domain, user string, password secret.String) (Caller, error)
	// Throttle refuses sources and accounts after too many pairs that Authenticate
	// refused, with 429 and Retry-After; nil refuses none.
	Throttle *throttle.Throttle
	// Realm is named in a 401; default "MPF".
	Realm string
	// Limits bounds the requests.
	Limits xmldoc.Limits
	// Installation is the id of the engine's installation, told in
	// InstallationHeader with every answer; empty tells none.
	Installation string
	// Logger takes what the caller is not told; nil logs nothing.
	Logger *slog.Logger
	// Tracer makes a span of every request, in the trace that its headers
	// traceparent and tracestate name; nil makes none and reads neither.
	Tracer trace.Tracer
}

type handler struct {
	submitter Submitter
	config    HandlerConfig
}

// NewHandler serves a Submitter through the SOAP ISAPI door: the mirror of
// Client. Callers that come in here are never Trusted by themselves: whether
// they may send trusted requests is the engine's to decide.
func NewHandler(s Submitter, c HandlerConfig) http.Handler {
	return &handler{submitter: s, config: c.withDefaults()}
}

func (c HandlerConfig) withDefaults() HandlerConfig {
	if c.Realm == "" {
		c.Realm = "MPF"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// Admit checks the credentials of a request as NewHandler's handler does, for
// other addresses of a program. It returns the context with the caller, or
// answers the request itself.
func (c HandlerConfig) Admit(w http.ResponseWriter, r *http.Request) (context.Context, bool) {
	return c.withDefaults().authenticate(w, r)
}

// ServeHTTP answers one request, always with its length.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.config.Installation != "" {
		w.Header().Set(InstallationHeader, h.config.Installation)
	}
	switch r.Method {
	case http.MethodPost:
		if h.config.Tracer == nil {
			h.post(w, r)
			return
		}
		h.traced(w, r, h.post)
	case http.MethodGet, http.MethodHead:
		answer(w, http.StatusOK, "text/plain; charset=utf-8", []byte(infoPage))
	default:
		w.Header().Set("Allow", "GET, HEAD, POST")
		answer(w, http.StatusMethodNotAllowed, "text/plain; charset=utf-8", []byte("Only POST and GET are answered here.\n"))
	}
}

const infoPage = `This is the SOAP door of a provisioning engine. POST a SOAP 1.1 message here,
with a header 'provisioning' that names namespace and procedure and a body that
holds the request document.
`

func (h *handler) post(w http.ResponseWriter, r *http.Request) {
	ctx, ok := h.config.authenticate(w, r)
	if !ok {
		return
	}
	media, parameters, err := front.ContentType(r.Header.Get("Content-Type"))
	if err != nil || media != "text/xml" && media != "application/xml" {
		answer(w, http.StatusUnsupportedMediaType, "text/plain; charset=utf-8", []byte("The content type must be text/xml.\n"))
		return
	}
	if ctx, err = receiveBase(ctx, r.Header); err != nil {
		answer(w, http.StatusBadRequest, "text/plain; charset=utf-8", []byte("The request is refused: "+err.Error()+".\n"))
		return
	}
	ctx = receiveOrigin(ctx, r.Header)
	req, err := h.read(r.Body, parameters["charset"])
	var resp *Response
	if err == nil {
		describeRequest(trace.SpanFromContext(ctx), req)
		resp, err = h.submitter.Submit(ctx, req)
		if err != nil {
			h.config.Logger.ErrorContext(ctx, "request got no answer", "request", req, "error", err)
			err = faultOf(err)
		}
	}
	h.reply(ctx, w, resp, err)
}

// reply answers with the response, also with one made from an *Error, or with
// a fault.
func (h *handler) reply(ctx context.Context, w http.ResponseWriter, resp *Response, err error) {
	var refused *Error
	var fault *soap.Fault
	switch {
	case errors.As(err, &refused):
		resp = &Response{Err: refused}
	case errors.As(err, &fault):
		answer(w, http.StatusInternalServerError, soap.V11.ContentType(), soap.AppendFault(nil, soap.V11, fault))
		return
	case err != nil:
		// The request broke off: nobody reads this any more.
		h.config.Logger.InfoContext(ctx, "request could not be read", "error", err)
		answer(w, http.StatusBadRequest, "text/plain; charset=utf-8", []byte("The request could not be read.\n"))
		return
	}
	FailSpan(trace.SpanFromContext(ctx), resp.Err)
	message := soap.AppendStart(make([]byte, 0, 1024), soap.V11)
	answer(w, http.StatusOK, soap.V11.ContentType(), soap.AppendEnd(appendXML(message, resp.Element())))
}

// read reads the message: the header first, since a request without it is
// nobody's. A request that breaks the schema is an *Error. A data element alone
// stands for a request with nothing else in it. (F150)
func (h *handler) read(body io.Reader, charset string) (*Request, error) {
	env, err := soap.ReadEnvelope(body, charset, h.config.Limits)
	if err != nil {
		return nil, err
	}
	if env.Version != soap.V11 {
		return nil, &soap.Fault{Code: soap.VersionMismatch, String: "The SOAP ISAPI door speaks SOAP 1.1."}
	}
	target, err := readProvisioning(env)
	if err != nil {
		return nil, err
	}
	if err := env.CheckHeaders(understood); err != nil {
		return nil, err
	}
	if env.Body.Data == "data" && !target.IsZero() {
		xmldoc.Remove(env.Body)
		xmldoc.WithoutNamespace(env.Body, SchemaNamespace)
		return Simple(target, env.Body), nil
	}
	return ParseRequest(env.Body, target)
}

// authenticate gives the context with the caller, or answers itself.
func (c HandlerConfig) authenticate(w http.ResponseWriter, r *http.Request) (context.Context, bool) {
	if c.Authenticate == nil {
		return r.Context(), true
	}
	login, password, given := r.BasicAuth()
	err := ErrNotAuthenticated
	var caller Caller
	if given {
		domain, user := splitLogin(login)
		attempt, refused := c.begin(r, user)
		if refused.Wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int((refused.Wait+time.Second-1)/time.Second)))
			answer(w, http.StatusTooManyRequests, "text/plain; charset=utf-8", []byte("There were too many wrong passwords. Try again later.\n"))
			return nil, false
		}
		caller, err = c.Authenticate(r.Context(), domain, user, secret.New(password))
		attempt(err)
	}
	switch {
	case err == nil:
		caller.Trusted = false
		return WithCaller(r.Context(), caller), true
	case errors.Is(err, ErrNotAuthenticated):
		w.Header().Set("WWW-Authenticate", "Basic realm="+strconv.Quote(c.Realm))
		answer(w, http.StatusUnauthorized, "text/plain; charset=utf-8", []byte("Access is denied.\n"))
	default:
		c.Logger.ErrorContext(r.Context(), "credentials could not be checked", "error", err)
		answer(w, http.StatusServiceUnavailable, "text/plain; charset=utf-8", []byte("The credentials cannot be checked now.\n"))
	}
	return nil, false
}

// begin reserves an attempt of the throttle, whose verdict the returned function
// gives.
func (c HandlerConfig) begin(r *http.Request, user string) (func(error), throttle.Refusal) {
	if c.Throttle == nil {
		return func(error) {}, throttle.Refusal{}
	}
	from, _ := netip.ParseAddrPort(r.RemoteAddr) // one that is not known counts by account alone
	source := throttle.SourceOf(from.Addr())
	refused := c.Throttle.Begin(source, user)
	return func(err error) {
		verdict := throttle.Unknown
		switch {
		case err == nil:
			verdict = throttle.Good
		case errors.Is(err, ErrNotAuthenticated):
			verdict = throttle.Bad
		}
		c.Throttle.End(source, user, verdict)
	}, refused
}

// splitLogin takes apart DOMAIN\user and user@domain.
func splitLogin(login string) (domain, user string) {
	if before, after, ok := strings.Cut(login, `\`); ok {
		return before, after
	}
	if i := strings.LastIndexByte(login, '@'); i > 0 {
		return login[i+1:], login[:i]
	}
	return "", login
}

func answer(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// appendXML appends a tree where no default namespace is declared.
func appendXML(b []byte, n *xmldoc.Node) []byte { return xmldoc.AppendXML(b, n, "") }
