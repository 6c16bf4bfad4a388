package mpf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"wsexchange/internal/soap"
	"wsexchange/internal/xmldoc"
)

// Credentials says with which account a client authenticates.
type Credentials int

// The choices.
const (
	// NoCredentials sends none.
	NoCredentials Credentials = iota
	// OfAccount sends those of the configured account.
	OfAccount
	// OfCaller sends those of the caller in the context; without a caller the
	// request is refused before it is sent.
	OfCaller
)

// ClientConfig describes how to reach an engine over HTTP.
type ClientConfig struct {
	// URL is the address of the door, "https://mpf.example/mpf/soapisapi.dll".
	URL string
	// HTTPClient carries the requests; nil makes one of its own. Redirects are
	// never followed.
	HTTPClient *http.Client
	// Timeout bounds one request from the connection to the last byte of the
	// answer. Default 2 minutes.
	Timeout time.Duration
	// Limits bounds the answers.
	Limits xmldoc.Limits
	// Credentials chooses the account for Basic authentication.
	Credentials Credentials
	// Account is used with OfAccount.
	Account Caller
	// UserAgent is sent if it is not "".
	UserAgent string
}

// defaultTimeout leaves time for requests of a hundred steps and more.
const defaultTimeout = 2 * time.Minute

// wire posts SOAP messages and tells errors apart.
type wire struct {
	config ClientConfig
	http   *http.Client
}

func newWire(c ClientConfig) (*wire, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("engine address %q is not an http or https URL", redactedURL(u, c.URL))
	}
	if u.User != nil {
		return nil, fmt.Errorf("engine address %q: credentials belong in the account, not in the address", u.Redacted())
	}
	if c.Credentials == OfAccount && c.Account.Username == "" {
		return nil, fmt.Errorf("engine address %q: the account has no name", c.URL)
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	own := http.Client{}
	if c.HTTPClient != nil {
		own = *c.HTTPClient
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &wire{config: c, http: &own}, nil
}

func redactedURL(u *url.URL, text string) string {
	if u == nil {
		return "(unreadable)"
	}
	if u.User != nil {
		return u.Redacted()
	}
	return text
}

// account gives the account to authenticate with, or nil.
func (w *wire) account(ctx context.Context) (*Caller, error) {
	switch w.config.Credentials {
	case OfAccount:
		return &w.config.Account, nil
	case OfCaller:
		if caller, ok := CallerFrom(ctx); ok && caller.Username != "" {
			return &caller, nil
		}
		return nil, fmt.Errorf("%w: the request has no caller to authenticate as", ErrNotAuthenticated)
	}
	return nil, nil
}

// post sends a message and gives the envelope of the answer.
func (w *wire) post(ctx context.Context, action string, message []byte) (*soap.Envelope, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("engine %s: %w: %w", w.config.URL, ErrUnreachable, err)
	}
	account, err := w.account(ctx)
	if err != nil {
		return nil, err
	}
	inner, cancel := context.WithTimeout(ctx, w.config.Timeout)
	defer cancel()
	unsent := new(atomic.Bool)
	req, err := w.request(traced(inner, unsent), action, message, account)
	if err != nil {
		return nil, err
	}
	resp, err := w.http.Do(req)
	if err != nil {
		return nil, w.failure(ctx, inner, unsent.Load(), err)
	}
	defer func() { _ = resp.Body.Close() }()
	traceAnswer(ctx, resp)
	tell(ctx, resp)
	env, err := w.read(resp)
	if err != nil {
		return nil, w.failure(ctx, inner, false, err)
	}
	return env, nil
}

// traced notes in unsent that nothing of the request has gone out: that a
// connection was asked for, and that no byte was written to one. A transport
// that does not tell is taken to have sent it. Another connection is asked for
// only if nothing has gone out on the first, since the requests are POSTs and
// redirects are not followed.
func traced(ctx context.Context, unsent *atomic.Bool) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:          func(string) { unsent.Store(true) },
		WroteHeaderField: func(string, []string) { unsent.Store(false) },
	})
}

func (w *wire) request(ctx context.Context, action string, message []byte, account *Caller) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.config.URL, bytes.NewReader(message))
	if err != nil {
		return nil, fmt.Errorf("engine %s: %w", w.config.URL, err)
	}
	req.Header.Set("Content-Type", soap.V11.ContentType())
	req.Header.Set("SOAPAction", `"`+action+`"`)
	if w.config.UserAgent != "" {
		req.Header.Set("User-Agent", w.config.UserAgent)
	}
	sendOrigin(ctx, req.Header)
	sendBase(ctx, req.Header)
	sendTrace(ctx, req.Header)
	if account != nil {
		req.SetBasicAuth(account.login(), account.Password.Reveal())
	}
	return req, nil
}

// login gives the name as Basic authentication of Windows servers takes it.
func (c *Caller) login() string {
	if c.Domain == "" {
		return c.Username
	}
	return c.Domain + `\` + c.Username
}

// verdict is an error that was read from an answer, so that nothing else needs
// to be asked.
type verdict struct{ error }

func (v verdict) Unwrap() error { return v.error }

func verdictf(format string, args ...any) error { return verdict{fmt.Errorf(format, args...)} }

func (w *wire) read(resp *http.Response) (*soap.Envelope, error) {
	media, parameters, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return nil, verdictf("%w (HTTP status %d)", ErrNotAuthenticated, resp.StatusCode)
	case resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusInternalServerError:
		return nil, verdictf("%w: HTTP status %d", ErrProtocol, resp.StatusCode)
	case err != nil, media != "text/xml" && media != "application/xml" && media != "application/soap+xml":
		return nil, verdictf("%w: HTTP status %d with content type %.100q", ErrProtocol, resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	env, err := soap.ReadEnvelope(resp.Body, parameters["charset"], w.config.Limits)
	if err != nil {
		var refused *soap.Fault
		if errors.As(err, &refused) {
			return nil, verdictf("%w: %.500s", ErrProtocol, answerText(refused))
		}
		return nil, err
	}
	// What follows the envelope is read so that the connection can be used
	// again; it is at most white space, and short.
	_, _ = io.CopyN(io.Discard, resp.Body, 512)
	if fault := env.Fault(); fault != nil {
		return nil, verdictf("%w: %.500s", errorOf(fault), fault.String)
	}
	return env, nil
}

// answerText gives what is wrong with an answer in the words of the XML layer,
// if it was that which refused it.
func answerText(refused *soap.Fault) string {
	if refused.Cause != nil {
		return refused.Cause.Error()
	}
	return strings.TrimPrefix(refused.String, "Server was unable to read request. ---> ")
}

// failure names what became of a request that got no answer.
func (w *wire) failure(outer, inner context.Context, unsent bool, err error) error {
	address := "engine " + w.config.URL
	var transport *url.Error
	if errors.As(err, &transport) {
		err = transport.Err
	}
	switch {
	case errors.As(err, new(verdict)):
		return fmt.Errorf("%s: %w", address, err)
	case unsent && outer.Err() != nil:
		return fmt.Errorf("%s: %w: %w", address, ErrUnreachable, outer.Err())
	case unsent:
		return fmt.Errorf("%s: %w: %w", address, ErrUnreachable, err)
	case outer.Err() != nil:
		return fmt.Errorf("%s: %w", address, outer.Err())
	case inner.Err() != nil:
		return fmt.Errorf("%s: %w: no answer within %s", address, ErrTimeout, w.config.Timeout)
	}
	return fmt.Errorf("%s: %w: %w", address, ErrConnectionLost, err)
}
