package control

import (
	"bytes"
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"wsexchange/mock"
	"wsexchange/mock/journal"
	"wsexchange/mock/state"
)

// Longest bodies of requests, in bytes: of any, and of one with a whole state.
const (
	largest      = 2 << 20
	LargestState = 256 << 20
)

// ErrNotTesting says that the emulator was opened without mock.Config.Testing.
var ErrNotTesting = errors.New("control API: the emulator keeps no journal and takes no faults")

// New makes the API of an emulator with Testing. Whoever sends the token as
// "Authorization: Bearer …" may use it; an empty one is refused.
func New(e *mock.Emulator, token string) (http.Handler, error) {
	switch {
	case e.Journal == nil:
		return nil, ErrNotTesting
	case token == "":
		return nil, errors.New("control API: the token is empty")
	}
	c := &control{emulator: e}
	mux := http.NewServeMux()
	for _, r := range routes() {
		mux.HandleFunc(r.method+" "+prefix+r.path, func(w http.ResponseWriter, req *http.Request) {
			most := cmp.Or(r.largest, largest)
			if req.ContentLength > most {
				fail(w, &http.MaxBytesError{Limit: most})
				return
			}
			req.Body = http.MaxBytesReader(w, req.Body, most)
			r.serve(c, w, req)
		})
	}
	return guard(token, inWords(mux)), nil
}

// inWords answers what is no endpoint as the API answers everything else, and
// passes over a slash too many behind the prefix: the address that the emulator
// shows ends with one.
func inWords(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for strings.HasPrefix(r.URL.Path, prefix+"//") {
			r.URL.Path = strings.Replace(r.URL.Path, "//", "/", 1)
			r.URL.RawPath = strings.Replace(r.URL.RawPath, "//", "/", 1)
		}
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		none := &silent{ResponseWriter: w, status: http.StatusOK}
		mux.ServeHTTP(none, r)
		answer(w, none.status, Failure{Error: fmt.Sprintf("%s %s: %s", r.Method, r.URL.Path, strings.ToLower(http.StatusText(none.status)))})
	})
}

// silent keeps the headers and the status of an answer.
type silent struct {
	http.ResponseWriter
	status int
}

func (s *silent) WriteHeader(status int) { s.status = status }

func (s *silent) Write(b []byte) (int, error) { return len(b), nil }

const prefix = "/_mock"

// control is what the endpoints work on.
type control struct{ emulator *mock.Emulator }

// guard lets in who has the token.
func guard(token string, next http.Handler) http.Handler {
	want := []byte("Bearer " + token)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			answer(w, http.StatusUnauthorized, Failure{Error: "the token is missing or wrong"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// badInput is an error of who asks.
type badInput struct{ error }

func (b badInput) Unwrap() error { return b.error }

func refuse(format string, args ...any) error { return badInput{fmt.Errorf(format, args...)} }

// errNotFound says that the thing asked for is not there.
var errNotFound = errors.New("not found")

// statuses are the rows of errors that have a status of their own; the first
// that fits decides.
var statuses = []struct {
	of     error
	status int
}{
	{mock.ErrNoSnapshot, http.StatusNotFound},
	{journal.ErrUnknown, http.StatusNotFound},
	{state.ErrNotFound, http.StatusNotFound},
	{errNotFound, http.StatusNotFound},
	{context.DeadlineExceeded, http.StatusGatewayTimeout},
}

func fail(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	var (
		bad  badInput
		long *http.MaxBytesError
	)
	switch {
	case errors.As(err, &long):
		status, err = http.StatusRequestEntityTooLarge, fmt.Errorf("body: longer than %d bytes", long.Limit)
	case errors.As(err, &bad):
		status = http.StatusBadRequest
	}
	for _, row := range statuses {
		if errors.Is(err, row.of) {
			status = row.status
			break
		}
	}
	answer(w, status, Failure{Error: err.Error()})
}

func answer(w http.ResponseWriter, status int, body any) {
	if _, none := body.(Nothing); none {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // who is gone is told nothing
}

// read reads what a request brings: its query with GET and DELETE, else its
// body. Unknown names are refused.
func read(r *http.Request, into any) error {
	if r.Method == http.MethodGet || r.Method == http.MethodDelete {
		return readQuery(r.URL.Query(), into)
	}
	if _, none := into.(*Nothing); none {
		return nil
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); errors.Is(err, io.EOF) {
		return refuse("body: it is empty, not JSON")
	} else if err != nil {
		return refuse("body: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return refuse("body: more than one JSON value")
	}
	return nil
}

// readQuery sets the fields of a struct by their names in JSON.
func readQuery(query url.Values, into any) error {
	v := reflect.ValueOf(into).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		text := query.Get(name)
		query.Del(name)
		if text == "" {
			continue
		}
		if v.Field(i).Kind() == reflect.String {
			v.Field(i).SetString(text)
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return refuse("%s: %q is no number of 0 or more", name, text)
		}
		v.Field(i).SetInt(n)
	}
	for name := range query {
		return refuse("there is no parameter %q", name)
	}
	return nil
}
