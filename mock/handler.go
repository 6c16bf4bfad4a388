package mock

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"wsexchange/internal/secret"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// Handler serves the engine through MPF's SOAP endpoint to callers with an account
// in the directory.
func (e *Emulator) Handler(limits xmldoc.Limits) http.Handler {
	cfg := e.endpoint()
	cfg.Limits = limits
	endpoint := mpf.NewHandler(e.Engine, cfg)
	if e.Faults == nil {
		return endpoint
	}
	return e.Faults.Handler(endpoint)
}

// Installation is the id of the installation that the emulator belongs to, a
// GUID in braces. That of one in memory ends with it.
func (e *Emulator) Installation() string { return cmp.Or(e.Store.Installation(), e.own) }

// Admit checks the credentials of a request as Handler does, for other addresses
// of a program. It returns the caller, or answers the request itself.
func (e *Emulator) Admit(w http.ResponseWriter, r *http.Request) (mpf.Caller, bool) {
	ctx, ok := e.endpoint().Admit(w, r)
	if !ok {
		return mpf.Caller{}, false
	}
	return mpf.CallerFrom(ctx)
}

func (e *Emulator) endpoint() mpf.HandlerConfig {
	return mpf.HandlerConfig{Authenticate: e.authenticate, Throttle: e.throttle, Logger: e.logger, Tracer: e.tracer, Installation: e.Installation()}
}

func (e *Emulator) authenticate(ctx context.Context, domain, user string, password secret.String) (mpf.Caller, error) {
	id, err := e.Engine.Authenticate(ctx, domain, user, password)
	var refused *mpf.Error
	switch {
	case errors.As(err, &refused):
		return mpf.Caller{}, fmt.Errorf("%w: %w", mpf.ErrNotAuthenticated, err)
	case err != nil:
		return mpf.Caller{}, err
	}
	return mpf.Caller{Domain: id.Domain, Username: id.Username}, nil
}
