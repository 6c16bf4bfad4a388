package mpf_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/secret"
	"wsexchange/mpf"
)

// probed is a balancer over engines whose probes answer as a test says.
type probed struct {
	*pool
	told    map[string]string // installations
	fails   map[string]error  // of probes
	changes []mpf.EngineState
}

func newProbed(t *testing.T, policy mpf.Policy, names ...string) *probed {
	t.Helper()
	p := &probed{pool: newPool(t, names...), told: map[string]string{}, fails: map[string]error{}}
	config := mpf.BalancerConfig{
		Policy: policy, Exclusion: time.Minute, Now: func() time.Time { return p.now },
		Changed: func(e mpf.EngineState) { p.changes = append(p.changes, e) },
	}
	for _, name := range names {
		config.Engines = append(config.Engines, mpf.Engine{
			Name: name,
			Submitter: mpf.SubmitterFunc(func(context.Context, *mpf.Request) (*mpf.Response, error) {
				p.asked = append(p.asked, name)
				return &mpf.Response{}, p.answer[name]
			}),
			Probe: func(context.Context) (string, error) { return p.told[name], p.fails[name] },
		})
	}
	var err error
	p.Balancer, err = mpf.NewBalancer(config)
	require.NoError(t, err)
	p.Probed()
	return p
}

// health is that of all engines.
func (p *probed) health() (all []mpf.Health) {
	for _, e := range p.Snapshot() {
		all = append(all, e.Health)
	}
	return all
}

// changed returns, and forgets, what was told of changes.
func (p *probed) changed() (all []string) {
	for _, e := range p.changes {
		all = append(all, e.Name+" "+string(e.Health))
	}
	p.changes = nil
	return all
}

func TestBalancer_UnknownIsNotHealthy(t *testing.T) {
	p := newProbed(t, mpf.RoundRobin, "a", "b")
	assert.Equal(t, []mpf.Health{mpf.Unknown, mpf.Unknown}, p.health())
	_, err := p.submit(t.Context())
	require.ErrorIs(t, err, mpf.ErrUnreachable)
	require.ErrorContains(t, err, "a: it has not answered a probe yet")
	p.fails["b"] = mpf.ErrUnreachable
	p.Check(t.Context())
	assert.Equal(t, []mpf.Health{mpf.In, mpf.Out}, p.health())
	assert.Equal(t, []string{"a in", "b out"}, p.changed())
	for range 3 {
		asked, err := p.submit(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"a"}, asked)
	}
	b := p.Snapshot()[1]
	require.ErrorIs(t, b.ProbeError, mpf.ErrUnreachable)
	assert.Equal(t, p.now, b.ProbedAt)
}

// An engine that failed stays out while probes fail, however long, and comes in
// with the first that succeeds after its exclusion.
func TestBalancer_StaysOutUntilAProbeSucceeds(t *testing.T) {
	p := newProbed(t, mpf.RoundRobin, "a", "b")
	p.Check(t.Context())
	p.changed()
	p.answer["a"], p.fails["a"] = mpf.ErrConnectionLost, mpf.ErrUnreachable
	for range 2 {
		_, _ = p.submit(t.Context())
	}
	assert.Equal(t, []string{"a out"}, p.changed(), "told once")
	for range 3 {
		p.now = p.now.Add(time.Hour)
		p.Check(t.Context())
		assert.Equal(t, []mpf.Health{mpf.Out, mpf.In}, p.health())
		asked, err := p.submit(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"b"}, asked)
	}
	assert.Empty(t, p.changed())
	delete(p.fails, "a")
	delete(p.answer, "a")
	p.Check(t.Context())
	assert.Equal(t, []mpf.Health{mpf.In, mpf.In}, p.health())
	assert.Equal(t, []string{"a in"}, p.changed())

	p.answer["a"] = mpf.ErrTimeout
	for range 2 {
		_, _ = p.submit(t.Context())
	}
	p.Check(t.Context())
	assert.Equal(t, mpf.Out, p.health()[0], "not before the exclusion has ended")
	p.now = p.now.Add(time.Minute)
	p.Check(t.Context())
	assert.Equal(t, mpf.In, p.health()[0])
}

func TestBalancer_Failover(t *testing.T) {
	p := newProbed(t, mpf.Failover, "a", "b", "c")
	p.Check(t.Context())
	submit := func(want ...string) {
		t.Helper()
		asked, err := p.submit(t.Context())
		require.NoError(t, err)
		assert.Equal(t, want, asked)
	}
	submit("a")
	submit("a")
	p.answer["a"] = mpf.ErrUnreachable
	submit("a", "b")
	submit("b")
	delete(p.answer, "a")
	p.now = p.now.Add(time.Minute)
	p.Check(t.Context())
	submit("a")
	_, err := mpf.NewBalancer(mpf.BalancerConfig{Policy: "random", Engines: []mpf.Engine{{Name: "a", Submitter: p}}})
	require.ErrorContains(t, err, `"random"`)
}

func TestBalancer_RefusesAnotherInstallation(t *testing.T) {
	p := newProbed(t, mpf.RoundRobin, "a", "b")
	p.told["a"], p.told["b"] = "{x}", "{y}"
	require.NoError(t, p.Foreign())
	p.Check(t.Context())
	err := p.Foreign()
	require.ErrorIs(t, err, mpf.ErrForeign)
	assert.ErrorContains(t, err, "b belongs to {y}, a to {x}")
	assert.Equal(t, []string{"b foreign", "a in"}, sorted(p.changed(), "b foreign", "a in"))
	p.answer["a"], p.fails["a"] = mpf.ErrUnreachable, mpf.ErrUnreachable
	asked, err := p.submit(t.Context())
	require.ErrorIs(t, err, mpf.ErrUnreachable)
	assert.Equal(t, []string{"a"}, asked, "the foreign one is not even asked when no other answers")
	p.Check(t.Context())
	asked, err = p.submit(t.Context())
	require.Error(t, err)
	assert.NotContains(t, asked, "b")

	p.told["b"] = "{x}"
	p.Check(t.Context())
	require.NoError(t, p.Foreign())
	asked, err = p.submit(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"b"}, asked, "it has the right database now")

	delete(p.answer, "a")
	delete(p.fails, "a")
	p.told["a"], p.told["b"] = "{z}", "{z}"
	p.now = p.now.Add(time.Hour)
	p.Check(t.Context())
	require.NoError(t, p.Foreign(), "all of them have moved")
	assert.Equal(t, []mpf.Health{mpf.In, mpf.In}, p.health())
}

// sorted makes an order of changes that does not matter the wanted one.
func sorted(got []string, want ...string) []string {
	if len(got) == len(want) && got[0] == want[len(want)-1] {
		got[0], got[len(got)-1] = got[len(got)-1], got[0]
	}
	return got
}

// An engine tells its installation with every answer, a refusal too.
func TestHandler_TellsTheInstallation(t *testing.T) {
	refuse := func(context.Context, string, string, secret.String) (mpf.Caller, error) {
		return mpf.Caller{}, mpf.ErrNotAuthenticated
	}
	var engines []mpf.Engine
	for _, installation := range []string{"{x}", "{y}"} {
		server := httptest.NewServer(mpf.NewHandler(mpf.SubmitterFunc(func(context.Context, *mpf.Request) (*mpf.Response, error) {
			return nil, errors.New("not asked")
		}), mpf.HandlerConfig{Authenticate: refuse, Installation: installation}))
		t.Cleanup(server.Close)
		client, err := mpf.NewClient(mpf.ClientConfig{URL: server.URL, Credentials: mpf.NoCredentials})
		require.NoError(t, err)
		engines = append(engines, mpf.Engine{Name: server.URL, Submitter: client})
	}
	b, err := mpf.NewBalancer(mpf.BalancerConfig{Engines: engines})
	require.NoError(t, err)
	for _, err := range b.Check(t.Context()) {
		require.ErrorIs(t, err, mpf.ErrNotAuthenticated)
	}
	assert.Equal(t, "{x}", b.Snapshot()[0].Installation)
	require.ErrorContains(t, b.Foreign(), "{y}")
}
