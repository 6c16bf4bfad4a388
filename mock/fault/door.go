package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"wsexchange/mpf"
)

// Header is the header by which a single request brings a rule of its own, as
// JSON, or several in a list.
const Header = "X-Mock-Fault"

// door is what is to become of the connection of one request.
type door struct {
	own []*active

	mu      sync.Mutex
	spoiled Action
}

func (d *door) spoil(a Action) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.spoiled = a
}

func (d *door) verdict() Action {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.spoiled
}

type doorKey struct{}

func doorOf(ctx context.Context) *door {
	d, _ := ctx.Value(doorKey{}).(*door)
	return d
}

// Handler breaks connections and answers of the SOAP door next as the rules
// say, and takes rules out of headers where that is allowed; else a request
// with one is refused with 403.
func (r *Rules) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		d := new(door)
		if text := req.Header.Get(Header); text != "" {
			own, err := r.brought(text)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			if !r.header {
				http.Error(w, "This emulator takes no fault rules in headers.", http.StatusForbidden)
				return
			}
			d.own = own
		}
		held := &heldAnswer{header: w.Header(), status: http.StatusOK}
		next.ServeHTTP(held, req.WithContext(context.WithValue(req.Context(), doorKey{}, d)))
		held.give(w, d.verdict())
	})
}

// brought reads the rules of a header.
func (r *Rules) brought(text string) ([]*active, error) {
	var rules []Rule
	if !strings.HasPrefix(strings.TrimSpace(text), "[") {
		text = "[" + text + "]"
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&rules); err != nil {
		return nil, fmt.Errorf("header %s: %w", Header, err)
	}
	var all []*active
	for _, rule := range rules {
		made, err := r.activate(rule)
		if err != nil {
			return nil, fmt.Errorf("header %s: %w", Header, err)
		}
		all = append(all, made)
	}
	return all, nil
}

// heldAnswer keeps an answer until it is known what is to become of it.
type heldAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldAnswer) Header() http.Header { return h.header }

func (h *heldAnswer) WriteHeader(status int) { h.status = status }

func (h *heldAnswer) Write(b []byte) (int, error) { return h.body.Write(b) }

func (h *heldAnswer) give(w http.ResponseWriter, spoiled Action) {
	body := h.body.Bytes()
	switch spoiled {
	case Drop:
		panic(http.ErrAbortHandler) // how net/http is told to break a connection, whatever its version
	case Malformed:
		body = body[:len(body)/2]
		h.header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(h.status)
	_, _ = w.Write(body) // a caller who is gone is told nothing
}

// Submitter does in process what Handler does at the door: a dropped request
// is mpf.ErrConnectionLost, a malformed answer mpf.ErrProtocol.
func (r *Rules) Submitter(next mpf.Submitter) mpf.Submitter {
	return mpf.SubmitterFunc(func(ctx context.Context, req *mpf.Request) (*mpf.Response, error) {
		if doorOf(ctx) != nil {
			return next.Submit(ctx, req)
		}
		d := new(door)
		response, err := next.Submit(context.WithValue(ctx, doorKey{}, d), req)
		switch d.verdict() {
		case Drop:
			return nil, fmt.Errorf("%w: by a fault rule", mpf.ErrConnectionLost)
		case Malformed:
			return nil, fmt.Errorf("%w: by a fault rule", mpf.ErrProtocol)
		}
		return response, err
	})
}
