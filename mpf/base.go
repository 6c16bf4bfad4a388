package mpf

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"wsexchange/internal/ldappath"
)

// BaseHeader is the HTTP header by which a client tells the engine's endpoint the
// base that its callers are held to: a distinguished name, percent-encoded. An
// engine of ours opens nothing outside of it for that request; others take no
// notice. It can only take from what a caller may name, so anyone may send it.
// (F163)
const BaseHeader = "X-WSExchange-Base"

// errBase is the error of a header that cannot be held to.
var errBase = errors.New("the header " + BaseHeader + " is not one distinguished name of a domain within the caller's base")

// maxBase bounds the header, in bytes.
const maxBase = 8 << 10

// sendBase writes the header, if the caller in the context has a base.
func sendBase(ctx context.Context, h http.Header) {
	if caller, ok := CallerFrom(ctx); ok && !caller.Base.IsZero() {
		h.Set(BaseHeader, url.PathEscape(caller.Base.String()))
	}
}

// receiveBase narrows the base of the caller in a context to that of the header.
// A header that is there and cannot be read is an error: to pass over it would
// widen what the caller may name.
func receiveBase(ctx context.Context, h http.Header) (context.Context, error) {
	values := h.Values(BaseHeader)
	if len(values) == 0 {
		return ctx, nil
	}
	if len(values) > 1 || len(values[0]) > maxBase {
		return nil, errBase
	}
	text, err := url.PathUnescape(values[0])
	if err != nil {
		return nil, errBase
	}
	base, err := ldappath.ParseDN(text)
	if err != nil || base.Domain() == "" {
		return nil, errBase
	}
	caller, _ := CallerFrom(ctx)
	if caller.Base, err = narrowed(caller.Base, base); err != nil {
		return nil, err
	}
	return WithCaller(ctx, caller), nil
}

// narrowed returns the part of the directory that is within both bases, of which
// the first may be zero.
func narrowed(held, asked ldappath.DN) (ldappath.DN, error) {
	switch {
	case held.IsZero(), asked.Under(held):
		return asked, nil
	case held.Under(asked):
		return held, nil
	}
	return ldappath.DN{}, errBase
}
