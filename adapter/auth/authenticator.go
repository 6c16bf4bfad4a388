package auth

import "context"

// Identity is who a pair belongs to, in the back end's own spelling.
type Identity struct {
	// Domain is the NetBIOS name of the domain, or its DNS name where only that
	// is known; empty for an account of a users file without one.
	Domain string
	// Username is the login name without domain.
	Username string
	// DN is the distinguished name, empty if the back end has none.
	DN string
}

// Name is DOMAIN\login, or the login alone without a domain: for logs.
func (i Identity) Name() string {
	if i.Domain == "" {
		return i.Username
	}
	return i.Domain + `\` + i.Username
}

// Authenticator decides about one pair. Its errors are [ErrBadCredentials]
// (made with [Refused]) and [ErrUnavailable], wrapped; any other error counts
// as the latter. It must be safe for concurrent use and end with the context.
type Authenticator interface {
	Authenticate(ctx context.Context, pair Credentials) (Identity, error)
}

// AuthenticatorFunc is a function as an Authenticator.
type AuthenticatorFunc func(ctx context.Context, pair Credentials) (Identity, error)

// Authenticate calls the function.
func (f AuthenticatorFunc) Authenticate(ctx context.Context, pair Credentials) (Identity, error) {
	return f(ctx, pair)
}

// Login is a caller who was let in.
type Login struct {
	Identity    Identity
	Credentials Credentials // the pair that the back end took, percent-decoded if it had to be
}

type contextKey struct{}

// NewContext returns a context that carries a login.
func NewContext(ctx context.Context, login Login) context.Context {
	return context.WithValue(ctx, contextKey{}, login)
}

// FromContext returns the login that the gate put into a request's context.
func FromContext(ctx context.Context) (Login, bool) {
	login, ok := ctx.Value(contextKey{}).(Login)
	return login, ok
}
