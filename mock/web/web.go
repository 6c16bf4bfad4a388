package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"wsexchange/internal/front"
	"wsexchange/internal/ldappath"
	"wsexchange/internal/secret"
	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
	"wsexchange/mock/web/console"
	"wsexchange/mock/web/page"
	"wsexchange/mock/web/resources"
	"wsexchange/mock/web/sample"
	"wsexchange/mpf"
)

// Config says what is shown and to whom. Emulator and Admit must be set.
type Config struct {
	Settings
	// Emulator is what the pages are about.
	Emulator *mock.Emulator
	// Admit checks the credentials of a request as the program's other addresses
	// do, and returns its caller, or answers the request itself.
	Admit func(w http.ResponseWriter, r *http.Request) (mpf.Caller, bool)
	// Unlock are the tokens with one of which the console changes things; none: it
	// shows them only.
	Unlock []secret.String
	// Addresses are the program's other addresses, for the first page.
	Addresses []page.Link
	// Endpoint is the path of the engine's SOAP endpoint at the same address, or ""
	// if there is none.
	Endpoint string
	// Status returns the state of the program for the console; nil: it shows none.
	Status func(ctx context.Context) console.Status
	// Secure says that pages are served over TLS.
	Secure bool
	// Now is the clock; nil is the system's. Logger takes errors; nil takes none.
	Now    func() time.Time
	Logger *slog.Logger
}

// Handler serves the pages. It is safe for concurrent use.
type Handler struct {
	config Config
	echo   *echo.Echo
}

// area is a row: a part of the pages below one path.
type area struct {
	path, name, text string
}

// areas are the parts, in the order in which pages list them. IIS, which served
// the originals, compares paths without regard to letter case.
var areas = []area{
	{sample.Path, "MPS Sample Web Client", "A form for every procedure: create organizations, users and mailboxes, and see request and answer."},
	{resources.Path, "Resource Manager Web Client", "Stores and servers with their capacity: register, change and remove them."},
	{console.Path, "Console", "What the emulator was asked and why it failed; its directory, queue, audit log, faults and snapshots."},
}

// New makes a handler. Its error is that of a configuration that lacks something.
func New(config Config) (*Handler, error) {
	if config.Emulator == nil || config.Admit == nil {
		return nil, errors.New("web: an emulator and a check of credentials are needed")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	h := &Handler{config: config, echo: echo.New()}
	h.echo.HideBanner, h.echo.HidePort = true, true
	h.echo.HTTPErrorHandler = h.fail
	frame, err := page.New(page.Config{
		Admit: config.Admit, Administrator: h.administrator, Areas: links(), Unlock: config.Unlock, Secure: config.Secure,
		Now: config.Now, Logger: config.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	page.Assets(h.echo)
	h.echo.GET("/", h.index)
	h.echo.HEAD("/", h.index)
	h.open(frame)
	return h, nil
}

// open adds the routes of the areas.
func (h *Handler) open(frame *page.Frame) {
	e := h.config.Emulator
	sample.New(sample.Config{
		Namespaces: e.Engine.Namespaces(), Submitter: e.Submitter(), Place: h.place, TopLevel: h.config.TopLevel,
	}).Open(h.echo, frame)
	resources.New(resources.Config{Submitter: e.Submitter(), Store: e.Store, Controller: func(ctx context.Context) (string, error) {
		_, controller, err := h.place(ctx)
		return controller, err
	}}).Open(h.echo, frame)
	console.New(console.Config{Emulator: e, Endpoint: h.config.Endpoint, Status: h.config.Status}).Open(h.echo, frame)
}

// place returns the unit of all organizations and the domain controller that the
// web clients begin with.
func (h *Handler) place(ctx context.Context) (ldappath.DN, string, error) {
	domain, err := h.config.Emulator.Domain(ctx)
	if err != nil {
		return ldappath.DN{}, "", err
	}
	hosting, controller := domain.Hosting, h.config.PreferredDC
	if h.config.Context != "" {
		context, err := ldappath.ParseDN(h.config.Context)
		if err != nil {
			return ldappath.DN{}, "", fmt.Errorf("default naming context: %w", err)
		}
		hosting = context.Child(hosting.RDN().Attribute, hosting.RDN().Value)
	}
	if controller != "" {
		return hosting, controller, nil
	}
	err = h.config.Emulator.Store.View(ctx, func(tx *state.Tx) error {
		all, err := directory.In(tx).Controllers()
		if len(all) > 0 {
			controller = all[0]
		}
		return err
	})
	return hosting, controller, err
}

func links() []page.Link {
	all := []page.Link{{Text: "All pages", URL: "/"}}
	for _, a := range areas {
		all = append(all, page.Link{Text: a.name, URL: a.path})
	}
	return all
}

// Serves reports whether a request is for a page.
func (h *Handler) Serves(r *http.Request) bool {
	_, ok := known(front.Path(r.URL.Path))
	return ok
}

// known returns a path with its beginning in the letter case of the area, and
// whether it is that of a page.
func known(path string) (string, bool) {
	if path == "/" || path == "" || strings.HasPrefix(path, "/assets/") {
		return path, true
	}
	for _, a := range areas {
		base := "/" + strings.Split(a.path, "/")[1]
		if len(path) >= len(base) && strings.EqualFold(path[:len(base)], base) && (len(path) == len(base) || path[len(base)] == '/') {
			return strings.TrimSuffix(base+path[len(base):], "/"), true
		}
	}
	return path, false
}

// ServeHTTP serves one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, _ := known(front.Path(r.URL.Path))
	if path != r.URL.Path {
		with, url := *r, *r.URL
		url.Path, url.RawPath = path, ""
		with.URL = &url
		r = &with
	}
	h.echo.ServeHTTP(w, r)
}

// Beside serves the pages, and everything else by next.
func (h *Handler) Beside(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.Serves(r) {
			h.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// index lists what there is, for everybody.
func (h *Handler) index(c echo.Context) error {
	page.Protect(c.Response().Header())
	return page.Write(c, http.StatusOK, index(h.config.Addresses))
}

// fail answers what is not a page.
func (h *Handler) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status := http.StatusInternalServerError
	var refused *echo.HTTPError
	if errors.As(err, &refused) {
		status = refused.Code
	} else {
		h.config.Logger.ErrorContext(c.Request().Context(), "page", "path", c.Request().URL.Path, "error", err)
	}
	page.Protect(c.Response().Header())
	_ = page.Write(c, status, notPage(status)) // who is gone is told nothing
}

// administrators are the groups whose members may see the whole directory.
var administrators = []string{"Domain Admins", "Administrators"}

// administrator reports whether a caller is an administrator of the domain. One
// that the program vouches for and that has no account in the directory is one
// to the engine too. One who is held to a base is not: the pages for
// administrators show the whole domain.
func (h *Handler) administrator(ctx context.Context, caller mpf.Caller) (is bool, err error) {
	if !caller.Base.IsZero() {
		return false, nil
	}
	if caller.Username == "" {
		return caller.Trusted, nil
	}
	err = h.config.Emulator.Store.View(ctx, func(tx *state.Tx) error {
		name := caller.Username
		if caller.Domain != "" {
			name = caller.Domain + `\` + name
		}
		account, err := directory.In(tx).Resolve(name)
		if errors.Is(err, state.ErrNotFound) {
			is = caller.Trusted
			return nil
		}
		if err == nil {
			is, err = directory.In(tx).InDomainGroup(account, administrators...)
		}
		return err
	})
	return is, err
}
