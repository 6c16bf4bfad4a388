package fault_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/engine"
	"wsexchange/mock/fault"
	"wsexchange/mpf"
)

const whole = "<response>all of it</response>"

// life is a request that goes through the stages: it fails as the rules say.
func life(ctx context.Context, r *fault.Rules, queued bool) error {
	point := func(stage engine.Stage) engine.Point {
		p := at(stage)
		p.Queued = queued
		return p
	}
	for _, stage := range []engine.Stage{engine.AtRequest, engine.BeforeCall, engine.AfterCall} {
		if err := r.Intercept(ctx, point(stage)); err != nil {
			_ = r.Intercept(ctx, point(engine.AtRollback))
			_ = r.Intercept(ctx, point(engine.AtAnswer))
			return err
		}
	}
	return r.Intercept(ctx, point(engine.AtAnswer))
}

// door serves an engine behind the rules, and gives how it answers a request
// with a header: status and body, or an error.
func door(t *testing.T, r *fault.Rules) func(header string) (int, string, error) {
	t.Helper()
	server := httptest.NewServer(r.Handler(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		if err := life(req.Context(), r, false); err != nil {
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, err.Error())
			return
		}
		_, _ = io.WriteString(w, whole)
	})))
	t.Cleanup(server.Close)
	return func(header string) (int, string, error) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, nil)
		require.NoError(t, err)
		if header != "" {
			request.Header.Set(fault.Header, header)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		return response.StatusCode, string(body), err
	}
}

func TestHandler(t *testing.T) {
	for name, row := range map[string]struct {
		rule   fault.Rule
		status int
		body   string
		broken bool
	}{
		"no rule that fits":       {rule: fault.Rule{Action: fault.Fail, Procedure: "Other"}, status: 200, body: whole},
		"fail":                    {rule: fault.Rule{Action: fault.Fail, Text: "no"}, status: http.StatusTeapot, body: "no"},
		"drop":                    {rule: fault.Rule{Action: fault.Drop}, broken: true},
		"drop before anything":    {rule: fault.Rule{Action: fault.Drop, When: engine.AtRequest}, broken: true},
		"drop after the write":    {rule: fault.Rule{Action: fault.Drop, When: engine.AfterCall}, broken: true},
		"malformed":               {rule: fault.Rule{Action: fault.Malformed}, status: 200, body: whole[:len(whole)/2]},
		"malformed in a rollback": {rule: fault.Rule{Action: fault.Malformed, When: engine.AtRollback}, status: 200, body: whole},
	} {
		t.Run(name, func(t *testing.T) {
			status, body, err := door(t, rules(t, fault.Config{}, row.rule))("")
			assert.Equal(t, row.broken, err != nil, "%v", err)
			assert.Equal(t, row.status, status)
			if row.body == "no" {
				assert.Contains(t, body, row.body)
			} else {
				assert.Equal(t, row.body, body)
			}
		})
	}
}

func TestHandler_Header(t *testing.T) {
	r := rules(t, fault.Config{Header: true})
	ask := door(t, r)
	status, body, err := ask(`{"action":"fail","text":"of my own"}`)
	require.NoError(t, err)
	assert.Equal(t, http.StatusTeapot, status)
	assert.Contains(t, body, "of my own")
	_, _, err = ask(`[{"action":"malformed","procedure":"Other"},{"action":"drop"}]`)
	assert.Error(t, err)
	status, body, err = ask("")
	require.NoError(t, err)
	assert.Equal(t, []any{200, whole}, []any{status, body}, "they are of one request")
	assert.Empty(t, r.List())
	for _, wrong := range []string{`{`, `{"action":"explode"}`, `{"action":"fail","colour":"red"}`, `{"action":"kill"}`, `7`} {
		status, _, err = ask(wrong)
		require.NoError(t, err)
		assert.Equal(t, http.StatusBadRequest, status, wrong)
	}
	status, body, err = door(t, rules(t, fault.Config{}))(`{"action":"fail"}`)
	require.NoError(t, err)
	assert.Equal(t, http.StatusForbidden, status, "nobody allowed it")
	assert.Contains(t, body, "no fault rules in headers")
}

func TestSubmitter(t *testing.T) {
	for name, row := range map[string]struct {
		rule fault.Rule
		want error
	}{
		"drop":                 {fault.Rule{Action: fault.Drop}, mpf.ErrConnectionLost},
		"drop before anything": {fault.Rule{Action: fault.Drop, When: engine.AtRequest}, mpf.ErrConnectionLost},
		"malformed":            {fault.Rule{Action: fault.Malformed}, mpf.ErrProtocol},
		"other":                {fault.Rule{Action: fault.Drop, Procedure: "Other"}, nil},
	} {
		r := rules(t, fault.Config{}, row.rule)
		s := r.Submitter(mpf.SubmitterFunc(func(ctx context.Context, _ *mpf.Request) (*mpf.Response, error) {
			_ = life(ctx, r, false)
			return &mpf.Response{}, nil
		}))
		for _, submitter := range []mpf.Submitter{s, r.Submitter(s)} { // one within the other does nothing more
			response, err := submitter.Submit(t.Context(), &mpf.Request{})
			assert.ErrorIs(t, err, row.want, name)
			assert.Equal(t, row.want == nil, response != nil, name)
		}
	}
}

// Requests of the queue have no connection that could break.
func TestRules_Queued(t *testing.T) {
	r := rules(t, fault.Config{}, fault.Rule{Action: fault.Drop}, fault.Rule{Action: fault.Malformed, When: engine.BeforeCall}, fault.Rule{Action: fault.Fail, When: engine.AfterCall, Text: "no"})
	assert.ErrorContains(t, life(t.Context(), r, true), "no")
	var seen []int
	for _, status := range r.List() {
		seen = append(seen, status.Seen)
	}
	assert.Equal(t, []int{0, 0, 1}, seen)
}
