package mpf_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mpf"
)

// pool is a balancer over engines whose answers a test sets, with a clock of
// its own.
type pool struct {
	*mpf.Balancer
	now    time.Time
	mu     sync.Mutex
	asked  []string
	answer map[string]error
	hold   map[string]chan struct{}
}

func newPool(t testing.TB, names ...string) *pool {
	t.Helper()
	p := &pool{now: time.Unix(1000, 0), answer: map[string]error{}, hold: map[string]chan struct{}{}}
	config := mpf.BalancerConfig{Exclusion: time.Minute, Now: func() time.Time { return p.now }}
	for _, name := range names {
		config.Engines = append(config.Engines, mpf.Engine{Name: name, Submitter: mpf.SubmitterFunc(func(context.Context, *mpf.Request) (*mpf.Response, error) {
			p.mu.Lock()
			p.asked = append(p.asked, name)
			err, hold := p.answer[name], p.hold[name]
			p.mu.Unlock()
			if hold != nil {
				<-hold
			}
			if err != nil {
				return nil, err
			}
			return &mpf.Response{}, nil
		})})
	}
	var err error
	p.Balancer, err = mpf.NewBalancer(config)
	require.NoError(t, err)
	return p
}

// submit gives the engines that one request was given to, and its error.
func (p *pool) submit(ctx context.Context) ([]string, error) {
	p.asked = nil
	_, err := p.Submit(ctx, mpf.Simple(echo, nil))
	return slices.Clone(p.asked), err
}

func TestBalancer_TakesTurns(t *testing.T) {
	p := newPool(t, "a", "b", "c")
	for _, want := range []string{"a", "b", "c", "a", "b"} {
		asked, err := p.submit(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{want}, asked)
	}
	for _, s := range p.Snapshot() {
		assert.Zero(t, s.Open)
		assert.Zero(t, s.Failures)
	}
}

func TestBalancer_FewestOpenFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(t, "a", "b")
		hold := make(chan struct{})
		p.hold["a"] = hold
		var wait sync.WaitGroup
		wait.Go(func() { _, _ = p.Submit(t.Context(), mpf.Simple(echo, nil)) })
		synctest.Wait()
		assert.Equal(t, 1, p.Snapshot()[0].Open)
		for range 3 {
			asked, err := p.submit(t.Context())
			require.NoError(t, err)
			assert.Equal(t, []string{"b"}, asked)
		}
		close(hold)
		wait.Wait()
		assert.Zero(t, p.Snapshot()[0].Open)
	})
}

func TestBalancer_LeavesOutWhatFails(t *testing.T) {
	for name, row := range map[string]struct {
		err      error
		excluded bool
		retried  bool
	}{
		"unreachable":     {mpf.ErrUnreachable, true, true},
		"timeout":         {mpf.ErrTimeout, true, false},
		"connection lost": {mpf.ErrConnectionLost, true, false},
		"garbage":         {mpf.ErrProtocol, true, false},
		"credentials":     {mpf.ErrNotAuthenticated, false, false},
		"fault":           {mpf.ErrFault, false, false},
		"anything else":   {errors.New("x"), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPool(t, "a", "b")
			p.answer["a"] = fmt.Errorf("engine: %w", row.err)
			asked, err := p.submit(t.Context())
			want := mpf.EngineState{Name: "a", Health: mpf.Unknown, Requests: 1, Failures: 1}
			if row.retried {
				require.NoError(t, err)
				assert.Equal(t, []string{"a", "b"}, asked)
				want.Retries = 1
			} else {
				require.ErrorIs(t, err, row.err)
				assert.ErrorContains(t, err, "a: ")
				assert.Equal(t, []string{"a"}, asked, "never sent twice")
			}
			if row.excluded {
				want.ExcludedUntil, want.Health = p.now.Add(time.Minute), mpf.Out
			}
			got := p.Snapshot()[0]
			if row.excluded {
				require.ErrorIs(t, got.Reason, row.err)
			}
			got.Reason = nil
			assert.Equal(t, want, got)
		})
	}
}

func TestBalancer_ExclusionEnds(t *testing.T) {
	p := newPool(t, "a", "b")
	p.answer["a"] = mpf.ErrUnreachable
	_, err := p.submit(t.Context())
	require.NoError(t, err)
	delete(p.answer, "a")
	for range 3 {
		asked, err := p.submit(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"b"}, asked)
	}
	p.now = p.now.Add(time.Minute)
	assert.Zero(t, p.Snapshot()[0].ExcludedUntil)
	first, err := p.submit(t.Context())
	require.NoError(t, err)
	second, err := p.submit(t.Context())
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"a", "b"}, append(first, second...))
}

func TestBalancer_AllExcluded(t *testing.T) {
	p := newPool(t, "a", "b", "c")
	for _, name := range []string{"a", "b", "c"} {
		p.answer[name] = mpf.ErrTimeout
		_, err := p.submit(t.Context())
		require.ErrorIs(t, err, mpf.ErrTimeout)
		p.now = p.now.Add(time.Second)
	}
	p.answer = map[string]error{"a": mpf.ErrUnreachable}
	asked, err := p.submit(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, asked, "in the order in which the exclusions end")
	p.answer = map[string]error{"a": mpf.ErrUnreachable, "b": mpf.ErrUnreachable, "c": mpf.ErrUnreachable}
	asked, err = p.submit(t.Context())
	require.ErrorIs(t, err, mpf.ErrUnreachable)
	assert.ElementsMatch(t, []string{"a", "b", "c"}, asked, "each once")
	for _, name := range asked {
		assert.ErrorContains(t, err, name+": ")
	}
}

func TestBalancer_CallerWhoGivesUp(t *testing.T) {
	p := newPool(t, "a", "b")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p.answer["a"] = fmt.Errorf("%w: %w", mpf.ErrUnreachable, context.Canceled)
	asked, err := p.submit(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.Equal(t, []string{"a"}, asked)
	assert.Zero(t, p.Snapshot()[0].ExcludedUntil, "that is not the engine's fault")
}

func TestBalancer_Timeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := mpf.SubmitterFunc(func(ctx context.Context, _ *mpf.Request) (*mpf.Response, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		b, err := mpf.NewBalancer(mpf.BalancerConfig{Timeout: time.Second, Engines: []mpf.Engine{{Name: "a", Submitter: slow}, {Name: "b", Submitter: slow}}})
		require.NoError(t, err)
		_, err = b.Submit(t.Context(), mpf.Simple(echo, nil))
		require.ErrorIs(t, err, mpf.ErrTimeout)
		states := b.Snapshot()
		assert.Equal(t, time.Now().Add(time.Minute), states[0].ExcludedUntil)
		assert.Zero(t, states[1].Requests, "it may have been carried out")
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = b.Submit(ctx, mpf.Simple(echo, nil))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.False(t, errors.Is(err, mpf.ErrTimeout))
		assert.Zero(t, b.Snapshot()[1].ExcludedUntil)
	})
}

func TestBalancer_Check(t *testing.T) {
	p := newPool(t, "a", "b")
	p.answer["b"] = mpf.ErrUnreachable
	results := p.Check(t.Context())
	require.Len(t, results, 2)
	require.NoError(t, results[0])
	require.ErrorIs(t, results[1], mpf.ErrUnreachable)
	assert.NotZero(t, p.Snapshot()[1].ExcludedUntil)
	delete(p.answer, "b")
	require.NoError(t, p.Check(t.Context())[1])
	b := p.Snapshot()[1]
	assert.Equal(t, []any{mpf.In, uint64(2), uint64(1)}, []any{b.Health, b.Requests, b.Failures}, "an engine that answers gets requests again")
}

func TestBalancer_CountsPanicsToo(t *testing.T) {
	b, err := mpf.NewBalancer(mpf.BalancerConfig{Engines: []mpf.Engine{{Name: "a", Submitter: mpf.SubmitterFunc(
		func(context.Context, *mpf.Request) (*mpf.Response, error) { panic("x") })}}})
	require.NoError(t, err)
	assert.Panics(t, func() { _, _ = b.Submit(t.Context(), mpf.Simple(echo, nil)) })
	assert.Equal(t, []mpf.EngineState{{Name: "a", Health: mpf.Unknown, Requests: 1, Failures: 1}}, b.Snapshot())
}

func TestBalancer_ManyAtOnce(t *testing.T) {
	p := newPool(t, "a", "b", "c")
	p.answer["b"] = mpf.ErrUnreachable
	var wait sync.WaitGroup
	for range 60 {
		wait.Go(func() {
			_, err := p.Submit(t.Context(), mpf.Simple(echo, nil))
			assert.NoError(t, err)
			p.Snapshot()
		})
	}
	wait.Wait()
	states := p.Snapshot()
	assert.EqualValues(t, 60, states[0].Requests+states[2].Requests)
	assert.Equal(t, states[1].Requests, states[1].Retries)
	assert.Zero(t, states[0].Open+states[1].Open+states[2].Open)
}

func TestNewBalancer_Refuses(t *testing.T) {
	answers := mpf.SubmitterFunc(func(context.Context, *mpf.Request) (*mpf.Response, error) { return &mpf.Response{}, nil })
	for _, engines := range [][]mpf.Engine{
		nil, {{Name: "", Submitter: answers}}, {{Name: "a"}}, {{Name: "a", Submitter: answers}, {Name: "a", Submitter: answers}},
	} {
		_, err := mpf.NewBalancer(mpf.BalancerConfig{Engines: engines})
		assert.ErrorContains(t, err, "engine")
	}
}

func TestEngineOf(t *testing.T) {
	p := newPool(t, "a", "b")
	resp, err := p.Submit(t.Context(), mpf.Simple(echo, nil))
	require.NoError(t, err)
	assert.Equal(t, "a", mpf.EngineOf(resp, err))
	p.answer["b"] = mpf.ErrConnectionLost
	resp, err = p.Submit(t.Context(), mpf.Simple(echo, nil))
	assert.Equal(t, "b", mpf.EngineOf(resp, err))
	assert.EqualError(t, err, "b: "+mpf.ErrConnectionLost.Error())
	p.answer["a"], p.answer["b"] = mpf.ErrUnreachable, mpf.ErrUnreachable
	resp, err = p.Submit(t.Context(), mpf.Simple(echo, nil))
	require.ErrorIs(t, err, mpf.ErrUnreachable)
	assert.Equal(t, "a", mpf.EngineOf(resp, err), "the first one that was asked")
	assert.Empty(t, mpf.EngineOf(nil, errors.New("no engine")))
	assert.Empty(t, mpf.EngineOf(nil, nil))
}
