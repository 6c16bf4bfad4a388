package page

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"wsexchange/internal/secret"
	"wsexchange/mpf"
)

// Link is a text that leads to a page.
type Link struct{ Text, URL string }

// Config is what a Frame needs.
type Config struct {
	// Admit checks the credentials of a request and returns its caller, or
	// answers the request itself.
	Admit func(w http.ResponseWriter, r *http.Request) (mpf.Caller, bool)
	// Administrator reports whether a caller is an administrator of the domain.
	Administrator func(ctx context.Context, caller mpf.Caller) (bool, error)
	// Areas are the links in the head of every page.
	Areas []Link
	// Unlock are the tokens with one of which a caller may change what pages for
	// testers and operators show; none: nobody may.
	Unlock []secret.String
	// Secure says that pages are served over TLS.
	Secure bool
	// Now is the clock, Logger takes what visitors are not told. Both must be set.
	Now    func() time.Time
	Logger *slog.Logger
}

// Frame is what is around all pages. It is safe for concurrent use.
type Frame struct {
	config Config
	key    [32]byte // of tokens in forms and of sessions
}

// New makes a frame. Its error is that of the system's random numbers.
func New(config Config) (*Frame, error) {
	f := &Frame{config: config}
	if _, err := rand.Read(f.key[:]); err != nil {
		return nil, fmt.Errorf("key of forms: %w", err)
	}
	return f, nil
}

// Handler answers one visit of a page.
type Handler func(*Visit) error

// Visit is one request of a page by an account.
type Visit struct {
	echo.Context
	Caller        mpf.Caller
	Administrator bool // of the domain
	Unlocked      bool // the token for changes was given
	frame         *Frame
}

// Account returns the caller as DOMAIN\name, or "" if nobody logs on here.
func (v *Visit) Account() string {
	if v.Caller.Domain == "" {
		return v.Caller.Username
	}
	return v.Caller.Domain + `\` + v.Caller.Username
}

// Ctx returns the context of the request.
func (v *Visit) Ctx() context.Context { return v.Request().Context() }

// Now is the time of the frame's clock.
func (v *Visit) Now() time.Time { return v.frame.config.Now() }

// Need says who may visit a page.
type Need int

// The needs.
const (
	Account       Need = iota // whoever has an account
	Administrator             // administrators of the domain
	Unlocked                  // administrators who gave the token for changes
)

// Longest forms, in bytes.
const longestForm = 1 << 20

// Handle puts a page at a path, for GET also the same with HEAD. A page that takes POST
// gets a form that this frame made.
func (f *Frame) Handle(e *echo.Echo, method, path string, need Need, page Handler) {
	handle := func(c echo.Context) error {
		return f.serve(c, need, page, longestForm)
	}
	e.Add(method, path, handle)
	if method == http.MethodGet {
		e.Add(http.MethodHead, path, handle)
	}
}

// Upload is Handle for a form with a file of so many bytes at most, whose token
// is in the query.
func (f *Frame) Upload(e *echo.Echo, path string, need Need, longest int64, page Handler) {
	e.POST(path, func(c echo.Context) error { return f.serve(c, need, page, longest) })
}

func (f *Frame) serve(c echo.Context, need Need, page Handler, longest int64) error {
	Protect(c.Response().Header())
	caller, ok := f.config.Admit(c.Response(), c.Request())
	if !ok {
		return nil
	}
	v := &Visit{Context: c, Caller: caller, frame: f}
	v.Unlocked = f.unlocked(v)
	if err := f.admit(v, need); err != nil {
		return v.refuse(err)
	}
	if c.Request().Method == http.MethodPost {
		c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, longest)
		if err := f.checkForm(v, longest == longestForm); err != nil {
			return v.refuse(err)
		}
	}
	if err := page(v); err != nil {
		return v.refuse(err)
	}
	return nil
}

// admit returns why the visitor may not see the page.
func (f *Frame) admit(v *Visit, need Need) error {
	var err error
	if v.Administrator, err = f.config.Administrator(v.Ctx(), v.Caller); err != nil {
		return err
	}
	switch {
	case need >= Administrator && !v.Administrator:
		return Refuse(http.StatusForbidden, "This page is for administrators of the domain. "+v.Account()+" is not one.")
	case need == Unlocked && len(f.config.Unlock) == 0:
		return Refuse(http.StatusForbidden, "This emulator can be looked at, not changed: neither the control API nor the administrators' listener is on.")
	case need == Unlocked && !v.Unlocked:
		return Refuse(http.StatusForbidden, "Changes need the token of the control API or of the administrators' listener. Give it on the page Unlock first.")
	}
	return nil
}

// Refusal is an answer other than the page that was asked for.
type Refusal struct {
	Status int
	Text   string
}

func (r *Refusal) Error() string { return r.Text }

// Refuse makes a Refusal.
func Refuse(status int, text string) error { return &Refusal{Status: status, Text: text} }

// refuse shows an error. What is not a Refusal is logged, and not shown.
func (v *Visit) refuse(err error) error {
	if v.Response().Committed {
		v.frame.config.Logger.ErrorContext(v.Ctx(), "page", "path", v.Request().URL.Path, "error", err)
		return nil
	}
	var refusal *Refusal
	if !errors.As(err, &refusal) {
		v.frame.config.Logger.ErrorContext(v.Ctx(), "page", "path", v.Request().URL.Path, "error", err)
		refusal = &Refusal{http.StatusInternalServerError, "The page cannot be shown now. The log says why."}
	}
	return v.Show(refusal.Status, refused(v, refusal))
}

// Show renders a component as the whole answer.
func (v *Visit) Show(status int, body templ.Component) error {
	return Write(v.Context, status, body)
}

// Write renders a component as the whole answer.
func Write(c echo.Context, status int, body templ.Component) error {
	var b bytes.Buffer
	if err := body.Render(c.Request().Context(), &b); err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(b.Len()))
	c.Response().WriteHeader(status)
	if c.Request().Method != http.MethodHead {
		_, _ = c.Response().Write(b.Bytes()) // who is gone is told nothing
	}
	return nil
}

// Back leads to a page after a form was carried out.
func (v *Visit) Back(url string) error { return v.Redirect(http.StatusSeeOther, url) }

// policy lets pages use what this server serves, and nothing in them run that is
// not a file of it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Protect sets the headers of every page.
func Protect(header http.Header) {
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
}
