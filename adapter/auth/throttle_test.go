package auth

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// clock is a time that tests turn.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time { return c.now }

func (c *clock) advance(d time.Duration) { c.now = c.now.Add(d) }

var here, there = netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("192.0.2.2/32")

// attempt is one try with its verdict; it returns how long to wait instead.
func attempt(t *Throttle, source netip.Prefix, account string, v verdict) (time.Duration, Reason) {
	if wait, reason := t.shut(source, account); wait > 0 {
		return wait, reason
	}
	wait, reason := t.begin(source, account)
	if wait == 0 {
		t.end(source, account, v)
	}
	return wait, reason
}

func TestThrottle_ShutsAnAccountForItsSourceOnly(t *testing.T) {
	c := newClock()
	throttle := newThrottle(ThrottleConfig{}, c.Now)
	for range 5 {
		wait, _ := attempt(throttle, here, "a", wasBad)
		require.Zero(t, wait)
	}
	wait, reason := attempt(throttle, here, "a", wasGood)
	assert.Equal(t, time.Minute, wait)
	assert.Equal(t, ReasonThrottledAccount, reason)
	wait, _ = attempt(throttle, there, "a", wasGood)
	assert.Zero(t, wait, "the account from another source")
	wait, _ = attempt(throttle, here, "b", wasGood)
	assert.Zero(t, wait, "another account from the source")
}

func TestThrottle_ShutsASourceThatTriesManyAccounts(t *testing.T) {
	c := newClock()
	throttle := newThrottle(ThrottleConfig{}, c.Now)
	for i := range 20 {
		wait, _ := attempt(throttle, here, fmt.Sprint("user", i), wasBad)
		require.Zero(t, wait)
		if i%4 == 0 {
			attempt(throttle, here, "own account", wasGood) // buys nothing
		}
	}
	_, reason := attempt(throttle, here, "fresh", wasGood)
	assert.Equal(t, ReasonThrottledSource, reason)
	wait, _ := attempt(throttle, there, "fresh", wasGood)
	assert.Zero(t, wait)
}

func TestThrottle_WaitGrowsAndIsForgotten(t *testing.T) {
	c := newClock()
	throttle := newThrottle(ThrottleConfig{AccountFailures: 1, SourceFailures: -1}, c.Now)
	for i, want := range []time.Duration{1, 2, 4, 8, 15, 15} {
		attempt(throttle, here, "a", wasBad)
		wait, _ := throttle.shut(here, "a")
		require.Equal(t, want*time.Minute, wait, "time %d", i+1)
		c.advance(wait)
	}
	c.advance(15 * time.Minute)
	attempt(throttle, here, "a", wasBad)
	wait, _ := throttle.shut(here, "a")
	assert.Equal(t, time.Minute, wait)
}

func TestThrottle_SuccessClearsTheAccount(t *testing.T) {
	c := newClock()
	throttle := newThrottle(ThrottleConfig{}, c.Now)
	for range 10 {
		for range 4 {
			wait, _ := attempt(throttle, here, "a", wasBad)
			require.Zero(t, wait)
		}
		attempt(throttle, here, "a", wasGood)
		c.advance(time.Minute) // for the source
	}
	c.advance(time.Hour)
	attempt(throttle, here, "a", noVerdict)
	assert.Empty(t, throttle.records, "nothing is kept of those who behave")
}

func TestThrottle_AttemptsUnderWayCount(t *testing.T) {
	throttle := newThrottle(ThrottleConfig{AccountFailures: 3}, newClock().Now)
	for range 3 {
		wait, _ := throttle.begin(here, "a")
		require.Zero(t, wait)
	}
	wait, reason := throttle.begin(here, "a")
	assert.Equal(t, time.Second, wait)
	assert.Equal(t, ReasonThrottledAccount, reason)
	throttle.end(here, "a", noVerdict)
	wait, _ = throttle.begin(here, "a")
	assert.Zero(t, wait)
}

func TestThrottle_ListAndRelease(t *testing.T) {
	c := newClock()
	throttle := newThrottle(ThrottleConfig{AccountFailures: 1, SourceFailures: 2}, c.Now)
	attempt(throttle, here, "a", wasBad)
	attempt(throttle, here, "b", wasBad)
	attempt(throttle, there, "a", wasBad)
	until := c.now.Add(time.Minute)
	require.Equal(t, []Throttled{
		{here, "", until, 1}, {here, "a", until, 1}, {here, "b", until, 1}, {there, "a", until, 1},
	}, throttle.List())
	assert.True(t, throttle.Release(there, "A"))
	assert.False(t, throttle.Release(there, "a"), "open already")
	assert.True(t, throttle.Release(here, ""))
	assert.Empty(t, throttle.List())
	assert.Len(t, throttle.records, 1, "the failure of the other source still counts")
}

func TestThrottle_MemoryIsBounded(t *testing.T) {
	throttle := newThrottle(ThrottleConfig{MaxEntries: 100, AccountFailures: 1}, newClock().Now)
	for i := range 5000 {
		attempt(throttle, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 32), "a", noVerdict)
		attempt(throttle, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 32), "a", wasBad)
		require.LessOrEqual(t, len(throttle.records), 100)
		require.Equal(t, len(throttle.records), throttle.recent.Len())
	}
}

// Whatever is tried, whenever: no subject fails more often within any window
// than its limit says, and whoever never failed is never told to wait.
func TestThrottle_Properties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClock()
		config := ThrottleConfig{
			AccountFailures: rapid.IntRange(1, 4).Draw(t, "account failures"),
			SourceFailures:  rapid.IntRange(3, 8).Draw(t, "source failures"),
			Window:          time.Minute, MaxWait: 10 * time.Minute,
		}
		throttle := newThrottle(config, c.Now)
		failed := map[subject][]time.Time{}
		for range rapid.IntRange(1, 80).Draw(t, "attempts") {
			c.advance(time.Duration(rapid.IntRange(0, 70).Draw(t, "pause")) * time.Second)
			source := rapid.SampledFrom([]netip.Prefix{here, there}).Draw(t, "source")
			account := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "account")
			v := rapid.SampledFrom([]verdict{wasBad, wasBad, wasGood, noVerdict}).Draw(t, "verdict")
			wait, _ := attempt(throttle, source, account, v)
			if wait > config.MaxWait {
				t.Fatalf("wait %v", wait)
			}
			both := subjects(source, account)
			if wait > 0 && len(failed[both[0]]) == 0 {
				t.Fatalf("shut without a failure")
			}
			for _, s := range both {
				if wait == 0 && v == wasBad {
					failed[s] = append(failed[s], c.now)
				}
				if wait == 0 && v == wasGood && s.account != "" {
					failed[s] = nil // begins anew
				}
				limit := throttle.limit(s)
				if n := len(failed[s]); n > limit && failed[s][n-1].Sub(failed[s][n-1-limit]) < config.Window {
					t.Fatalf("%v: more than %d failures within a window", s, limit)
				}
			}
		}
	})
}
