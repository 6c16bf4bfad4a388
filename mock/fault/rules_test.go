package fault_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wsexchange/mock/engine"
	"wsexchange/mock/fault"
	"wsexchange/mpf"
)

func TestRules_AddListRemove(t *testing.T) {
	r := rules(t, fault.Config{})
	first, err := r.Add(fault.Rule{Action: fault.Fail})
	require.NoError(t, err)
	assert.Equal(t, fault.Rule{ID: "rule-1", Action: fault.Fail, When: engine.BeforeCall}, first)
	second, err := r.Add(fault.Rule{ID: "mine", Action: fault.Drop})
	require.NoError(t, err)
	assert.Equal(t, engine.AtAnswer, second.When)
	malformed, err := r.Add(fault.Rule{Action: fault.Malformed, When: engine.AfterCall})
	require.NoError(t, err)
	assert.Equal(t, engine.AfterCall, malformed.When)
	_, err = r.Add(fault.Rule{ID: "mine", Action: fault.Fail})
	assert.ErrorContains(t, err, `"mine" is there already`)
	assert.Equal(t, []fault.Status{{Rule: first}, {Rule: second}, {Rule: malformed}}, r.List())
	assert.True(t, r.Remove("mine"))
	assert.False(t, r.Remove("mine"))
	assert.Equal(t, []fault.Status{{Rule: first}, {Rule: malformed}}, r.List())
	r.Clear()
	assert.Empty(t, r.List())
	assert.NoError(t, r.Intercept(t.Context(), at(engine.BeforeCall)))
	for range fault.MostRules {
		_, err = r.Add(fault.Rule{Action: fault.Fail})
		require.NoError(t, err)
	}
	_, err = r.Add(fault.Rule{Action: fault.Fail})
	assert.ErrorIs(t, err, fault.ErrTooMany)
}

func TestRules_Fail(t *testing.T) {
	for name, row := range map[string]struct {
		rule fault.Rule
		want mpf.Error
	}{
		"default":           {fault.Rule{}, mpf.Error{Code: mpf.Unexpected, Description: mpf.Unexpected.Text()}},
		"code":              {fault.Rule{Code: "0x80070005"}, mpf.Error{Code: 0x80070005, Description: mpf.HRESULT(0x80070005).Text()}},
		"code in decimal":   {fault.Rule{Code: "-2147024891"}, mpf.Error{Code: 0x80070005, Description: mpf.HRESULT(0x80070005).Text()}},
		"code and text":     {fault.Rule{Code: "0x80070005", Text: "no"}, mpf.Error{Code: 0x80070005, Description: "no"}},
		"code without text": {fault.Rule{Code: "0x8fff1234"}, mpf.Error{Code: 0x8fff1234, Description: "The call failed by the fault rule 'it'."}},
	} {
		row.rule.Action, row.rule.ID, row.want.Cause = fault.Fail, "it", "fault:it"
		var got *mpf.Error
		require.ErrorAs(t, rules(t, fault.Config{}, row.rule).Intercept(t.Context(), at(engine.BeforeCall)), &got, name)
		assert.Equal(t, row.want, *got, name)
	}
}

// The rules are asked in their order until one fails the call.
func TestRules_Order(t *testing.T) {
	var done []string
	cfg := fault.Config{
		Kill:  func() { done = append(done, "kill") },
		Sleep: func(_ context.Context, d time.Duration) error { done = append(done, d.String()); return nil },
	}
	r := rules(t, cfg, delayed(fault.Distribution{Fixed: fault.Duration(time.Second)}), fault.Rule{Action: fault.Kill},
		fault.Rule{Action: fault.Fail, Text: "first"}, fault.Rule{Action: fault.Fail, Text: "second"})
	assert.ErrorContains(t, r.Intercept(t.Context(), at(engine.BeforeCall)), "first")
	assert.Equal(t, []string{"1s", "kill"}, done)
}

func delayed(d fault.Distribution) fault.Rule { return fault.Rule{Action: fault.Delay, Delay: &d} }

// waits gives how long a rule waits, again and again.
func waits(t *testing.T, rule fault.Rule, count int) (all []time.Duration) {
	t.Helper()
	r := rules(t, fault.Config{Sleep: func(_ context.Context, d time.Duration) error { all = append(all, d); return nil }}, rule)
	for range count {
		require.NoError(t, r.Intercept(t.Context(), at(engine.BeforeCall)))
	}
	return all
}

func TestRules_Delay(t *testing.T) {
	const ms = fault.Duration(time.Millisecond)
	assert.Equal(t, []time.Duration{time.Second, time.Second}, waits(t, delayed(fault.Distribution{Fixed: 1000 * ms}), 2))
	lowest, highest := time.Hour, time.Duration(0)
	for _, d := range waits(t, delayed(fault.Distribution{Min: 10 * ms, Max: 20 * ms}), 500) {
		lowest, highest = min(lowest, d), max(highest, d)
	}
	assert.GreaterOrEqual(t, lowest, 10*time.Millisecond)
	assert.LessOrEqual(t, highest, 20*time.Millisecond)
	assert.Greater(t, highest-lowest, 8*time.Millisecond, "they are spread")
	sum, belowZero := time.Duration(0), 0
	for _, d := range waits(t, delayed(fault.Distribution{Mean: 100 * ms, Deviation: 10 * ms}), 500) {
		sum += d
		if d < 0 {
			belowZero++
		}
	}
	assert.InDelta(t, float64(100*time.Millisecond), float64(sum/500), float64(2*time.Millisecond))
	for _, d := range waits(t, delayed(fault.Distribution{Mean: ms, Deviation: 600000 * ms}), 200) {
		assert.GreaterOrEqual(t, d, time.Duration(0))
		assert.LessOrEqual(t, d, 10*time.Minute)
	}
	seeded := delayed(fault.Distribution{Min: 0, Max: 1000 * ms})
	seeded.Seed = 5
	first := waits(t, seeded, 20)
	assert.Equal(t, first, waits(t, seeded, 20))
	seeded.Seed = 6
	assert.NotEqual(t, first, waits(t, seeded, 20))
}

func TestRules_DelayEndsWithTheRequest(t *testing.T) {
	r := rules(t, fault.Config{}, delayed(fault.Distribution{Fixed: fault.Duration(10 * time.Minute)}))
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("the caller is gone"))
	err := r.Intercept(ctx, at(engine.BeforeCall))
	assert.ErrorContains(t, err, "the caller is gone")
	var refused *mpf.Error
	require.ErrorAs(t, err, &refused)
	assert.True(t, mpf.Aborted.Is(refused))
	quick := rules(t, fault.Config{}, delayed(fault.Distribution{Fixed: 1}))
	assert.NoError(t, quick.Intercept(t.Context(), at(engine.BeforeCall)), "the system's clock")
}

// Whatever the bounds, hits are the matches after those skipped, up to times.
func TestRules_SkipAndTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		skip, times := rapid.IntRange(0, 8).Draw(t, "skip"), rapid.IntRange(0, 8).Draw(t, "times")
		stages := rapid.SliceOfN(rapid.SampledFrom(engine.Stages()), 0, 40).Draw(t, "stages")
		r, err := fault.New(fault.Config{})
		require.NoError(t, err)
		_, err = r.Add(fault.Rule{Action: fault.Fail, Skip: skip, Times: times})
		require.NoError(t, err)
		seen, hits := 0, 0
		for _, stage := range stages {
			failed := r.Intercept(context.Background(), at(stage)) != nil
			if stage == engine.BeforeCall {
				seen++
			}
			want := stage == engine.BeforeCall && seen > skip && (times == 0 || hits < times)
			if want {
				hits++
			}
			assert.Equal(t, want, failed)
		}
		assert.Equal(t, []int{seen, hits}, []int{r.List()[0].Seen, r.List()[0].Hits})
	})
}

func TestRules_Probability(t *testing.T) {
	pattern := func(rule fault.Rule, count int) string {
		rule.Action = fault.Fail
		r, hits := rules(t, fault.Config{}, rule), new(strings.Builder)
		for range count {
			hits.WriteString(map[bool]string{true: "x", false: "."}[r.Intercept(t.Context(), at(engine.BeforeCall)) != nil])
		}
		return hits.String()
	}
	assert.Equal(t, "xxxx", pattern(fault.Rule{Probability: 1}, 4))
	assert.Equal(t, "xxxx", pattern(fault.Rule{Probability: 0}, 4))
	quarter := fault.Rule{Probability: 0.25, Seed: 3}
	first := pattern(quarter, 2000)
	assert.Equal(t, first, pattern(quarter, 2000))
	assert.InDelta(t, 500, strings.Count(first, "x"), 100)
	assert.NotEqual(t, first, pattern(fault.Rule{Probability: 0.25, Seed: 4}, 2000))
	quarter.Skip, quarter.Times = 10, 5
	bounded := pattern(quarter, 2000)
	assert.Equal(t, 5, strings.Count(bounded, "x"))
	assert.Equal(t, strings.Repeat(".", 10), bounded[:10])
}

// However many ask at the same time, a rule hits so often and no oftener.
func TestRules_Concurrently(t *testing.T) {
	const askers, each, times = 8, 200, 100
	r := rules(t, fault.Config{}, fault.Rule{ID: "it", Action: fault.Fail, Skip: 50, Times: times})
	var failed atomic.Int64
	var wait sync.WaitGroup
	for i := range askers {
		wait.Go(func() {
			for range each {
				if r.Intercept(t.Context(), at(engine.BeforeCall)) != nil {
					failed.Add(1)
				}
			}
		})
		wait.Go(func() {
			other, err := r.Add(fault.Rule{ID: fmt.Sprint(i), Action: fault.Fail, When: engine.AtRequest})
			assert.NoError(t, err)
			assert.NotEmpty(t, r.List())
			assert.True(t, r.Remove(other.ID))
		})
	}
	wait.Wait()
	assert.Equal(t, int64(times), failed.Load())
	assert.Equal(t, []int{askers * each, times}, []int{r.List()[0].Seen, r.List()[0].Hits})
}

func TestRules_Metrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := rules(t, fault.Config{Registerer: registry}, fault.Rule{Action: fault.Fail, Times: 2}, fault.Rule{Action: fault.Drop})
	count, err := testutil.GatherAndCount(registry, "mockmpf_faults_total")
	require.NoError(t, err)
	assert.Equal(t, len(fault.Actions())*len(engine.Stages()), count, "every series is there from the start")
	for range 3 {
		_ = r.Intercept(t.Context(), at(engine.BeforeCall))
		_ = r.Intercept(t.Context(), at(engine.AtAnswer))
	}
	text := `# HELP mockmpf_fault_rules Fault rules in force.
# TYPE mockmpf_fault_rules gauge
mockmpf_fault_rules 2
`
	assert.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(text), "mockmpf_fault_rules"))
	all, err := registry.Gather()
	require.NoError(t, err)
	hits := map[string]float64{}
	for _, family := range all {
		for _, m := range family.GetMetric() {
			if value := m.GetCounter().GetValue(); value > 0 {
				hits[m.GetLabel()[0].GetValue()+" "+m.GetLabel()[1].GetValue()] = value
			}
		}
	}
	assert.Equal(t, map[string]float64{"fail before": 2, "drop answer": 3}, hits)
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	assert.Empty(t, problems)
	_, err = fault.New(fault.Config{Registerer: registry})
	assert.ErrorContains(t, err, "metrics")
}
