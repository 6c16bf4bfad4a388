package adapter

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"wsexchange/adapter/auth"
	"wsexchange/internal/front"
	"wsexchange/internal/soap"
	"wsexchange/wsdl"
)

// Handler serves the web services below Config.Prefix. It is an http.Handler.
type Handler struct {
	config   Config
	echo     *echo.Echo
	services map[string]*service // by lower-case name
	list     []*service
	pages    *pages
	scope    scope
	metrics  *metrics
	buffers  sync.Pool
}

// New makes a handler. It does no I/O. Its errors are those of the
// configuration, of rows that do not agree with the contract, and of metrics
// that are registered already.
func New(config Config) (*Handler, error) {
	h, err := build(config)
	if err != nil || config.Registerer == nil {
		return h, err
	}
	if h.metrics, err = newMetrics(config.Registerer, h.list); err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	h.metrics.follow(h.config.Engines)
	return h, nil
}

// Reconfigured makes a handler with another configuration that goes on with the
// metrics of this one; Registerer is not used. Both can serve at the same time.
func (h *Handler) Reconfigured(config Config) (*Handler, error) {
	next, err := build(config)
	if err != nil {
		return nil, err
	}
	next.metrics = h.metrics
	next.metrics.follow(next.config.Engines)
	return next, nil
}

// build makes a handler without metrics.
func build(config Config) (*Handler, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	h := &Handler{
		config: config, echo: echo.New(), services: make(map[string]*service),
		scope: newScope(config.BaseDN, config.ResellerOU, config.DomainControllers),
	}
	if h.list, err = compile(tables, wsdl.Services()); err != nil {
		return nil, fmt.Errorf("adapter: %w", err)
	}
	for _, s := range h.list {
		h.services[strings.ToLower(s.contract.Name)] = s
	}
	h.buffers.New = func() any { return new([]byte) }
	h.pages = newPages(h.list, config.Prefix)
	h.route()
	return h, nil
}

func (h *Handler) route() {
	h.echo.HideBanner, h.echo.HidePort = true, true
	h.echo.HTTPErrorHandler = h.plainError
	// Not Any, which knows a list of methods and answers the others itself.
	h.echo.RouteNotFound("/*", h.serve)
}

// ServeHTTP serves one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.echo.ServeHTTP(w, r) }

const headerRequestID = "X-Request-Id"

// identify gives the request an id: the caller's, if it is a plain token.
func (h *Handler) identify(c echo.Context) {
	id := c.Request().Header.Get(headerRequestID)
	if !isToken(id) {
		id = h.config.NewID()
	}
	c.Response().Header()[headerRequestID] = []string{id}
}

// logOther writes the one line of a request that is no call.
func (h *Handler) logOther(c echo.Context, err error) {
	status := c.Response().Status
	var refused *echo.HTTPError
	if errors.As(err, &refused) {
		status = refused.Code
	}
	path := c.Request().URL.Path
	h.config.Logger.LogAttrs(c.Request().Context(), slog.LevelInfo, "request",
		slog.String("request_id", c.Response().Header().Get(headerRequestID)),
		slog.String("remote", auth.ClientAddress(c.Request(), h.config.TrustedProxies).String()),
		slog.String("method", c.Request().Method), slog.String("path", path[:min(len(path), 200)]), slog.Int("status", status))
}

// isToken tells whether a text from outside may stand in logs and headers.
func isToken(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_' && r != '.'
	})
}

// serve finds the service by the path, which IIS compares without regard to
// letter case (F051) and with a doubled slash as one (F059), and the way to go
// on by the method.
func (h *Handler) serve(c echo.Context) error {
	h.identify(c)
	name, ok := h.below(front.Path(c.Request().URL.Path))
	page, isPage := strings.CutSuffix(strings.ToLower(name), ".asmx")
	s := h.services[page]
	if isPage && s != nil && c.Request().Method == http.MethodPost {
		return h.call(c, s) // which logs by itself
	}
	var err error = echo.ErrNotFound
	switch {
	case ok && strings.EqualFold(name, discoFile):
		err = h.other(c, h.discovery)
	case ok && name == "":
		err = h.other(c, h.folder)
	case ok && isPage && s != nil:
		err = h.other(c, func(c echo.Context) error { return h.page(c, s) })
	}
	h.logOther(c, err)
	return err
}

// admit tells whether the gate lets the request in; if not, it has answered.
func (h *Handler) admit(c echo.Context) bool {
	if h.config.Gate == nil {
		return true
	}
	r, ok := h.config.Gate.Admit(c.Response(), c.Request())
	if ok {
		c.SetRequest(r)
	}
	return ok
}

// other serves what is not a call with a page.
func (h *Handler) other(c echo.Context, page echo.HandlerFunc) error {
	switch r := c.Request(); {
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		if h.config.ClosedPages && !h.admit(c) {
			return nil
		}
		return page(c)
	}
	c.Response().Header().Set("Allow", "GET, HEAD, POST")
	return echo.ErrMethodNotAllowed
}

// below gives what follows the prefix.
func (h *Handler) below(path string) (string, bool) {
	prefix := h.config.Prefix
	if len(path) < len(prefix) || !strings.EqualFold(path[:len(prefix)], prefix) {
		return "", false
	}
	rest := path[len(prefix):]
	if rest != "" && rest[0] != '/' {
		return "", false
	}
	return strings.TrimPrefix(rest, "/"), true
}

// plainError answers what is no message to a web service.
func (h *Handler) plainError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status := http.StatusInternalServerError
	var refused *echo.HTTPError
	if errors.As(err, &refused) {
		status = refused.Code
	} else {
		h.config.Logger.LogAttrs(c.Request().Context(), slog.LevelError, "page",
			slog.String("request_id", c.Response().Header().Get(headerRequestID)), slog.String("error", err.Error()))
	}
	title := fmt.Sprintf("HTTP Error %d - %s", status, http.StatusText(status))
	_ = h.send(c, status, "text/html; charset=utf-8", []byte("<html><head><title>"+title+"</title></head><body>"+title+"</body></html>"))
}

// send writes a whole answer at once, with its length: clients that speak
// HTTP/1.0 cannot read anything else. An error means that the client has gone.
func (h *Handler) send(c echo.Context, status int, contentType string, body []byte) error {
	header := c.Response().Header()
	values := []string{contentType, strconv.Itoa(len(body))}
	header["Content-Type"], header["Content-Length"] = values[:1:1], values[1:]
	header["Cache-Control"] = privateCache
	c.Response().WriteHeader(status)
	_, err := c.Response().Write(body)
	return err
}

var privateCache = []string{"private, max-age=0"}

func (h *Handler) sendFault(c echo.Context, v soap.Version, f *soap.Fault) int {
	message := soap.AppendFault(nil, v, f)
	_ = h.send(c, http.StatusInternalServerError, v.ContentType(), message)
	return len(message)
}
