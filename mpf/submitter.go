package mpf

import (
	"context"
	"errors"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/secret"
)

// Submitter runs one MPF request. The response of a failed procedure carries
// its Error; an error of Submit itself means that there is no response: one of
// the errors below, or the end of ctx.
type Submitter interface {
	Submit(ctx context.Context, req *Request) (*Response, error)
}

// SubmitterFunc makes a function a Submitter.
type SubmitterFunc func(ctx context.Context, req *Request) (*Response, error)

// Submit calls f.
func (f SubmitterFunc) Submit(ctx context.Context, req *Request) (*Response, error) {
	return f(ctx, req)
}

var (
	// ErrUnreachable says that the request surely did not reach an engine.
	ErrUnreachable = errors.New("the provisioning engine cannot be reached")
	// ErrTimeout says that no answer came in time; whether the request was
	// carried out is not known.
	ErrTimeout = errors.New("the provisioning engine did not answer in time")
	// ErrConnectionLost says that the connection broke after the request was
	// sent, at least in part; whether it was carried out is not known.
	ErrConnectionLost = errors.New("the connection to the provisioning engine broke before its answer was complete")
	// ErrNotAuthenticated says that the engine's door refused the credentials;
	// nothing was carried out.
	ErrNotAuthenticated = errors.New("the provisioning engine refused the credentials")
	// ErrFault says that the engine's door answered with a SOAP fault.
	ErrFault = errors.New("the provisioning engine answered with a SOAP fault")
	// ErrProtocol says that what came back is not an answer of MPF.
	ErrProtocol = errors.New("the provisioning engine gave an answer that is not MPF's")
)

// Caller is the account on whose behalf a request is submitted. It travels in
// the context, never in the request document.
type Caller struct {
	// Domain is the NetBIOS or DNS name of the account's domain, or "".
	Domain   string
	Username string
	// Password is kept for submitters that have to authenticate as the caller.
	Password secret.String
	// Trusted says that the submitting program itself may send trusted
	// requests, whoever the caller is. It is set in process only.
	Trusted bool
	// Base is the part of the directory that the caller is held to, whatever
	// rights the account has; zero is all of it.
	Base ldappath.DN
}

type callerKey struct{}

// WithCaller gives a context that carries the caller.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}

// CallerFrom gives the caller in a context, and whether there is one.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(Caller)
	return c, ok
}
