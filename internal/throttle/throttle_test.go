package throttle

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

// attempt is one try with its verdict; it returns how long to wait instead, and
// whether that is for the account alone.
func attempt(t *Throttle, source netip.Prefix, account string, v Verdict) (time.Duration, bool) {
	if refused := t.Refused(source, account); refused.Wait > 0 {
		return refused.Wait, refused.Account
	}
	refused := t.Begin(source, account)
	if refused.Wait == 0 {
		t.End(source, account, v)
	}
	return refused.Wait, refused.Account
}

func TestThrottle_ShutsAnAccountForItsSourceOnly(t *testing.T) {
	c := newClock()
	throttle := New(Config{}, c.Now)
	for range 5 {
		wait, _ := attempt(throttle, here, "a", Bad)
		require.Zero(t, wait)
	}
	wait, reason := attempt(throttle, here, "a", Good)
	assert.Equal(t, time.Minute, wait)
	assert.Equal(t, true, reason)
	wait, _ = attempt(throttle, there, "a", Good)
	assert.Zero(t, wait, "the account from another source")
	wait, _ = attempt(throttle, here, "b", Good)
	assert.Zero(t, wait, "another account from the source")
}

func TestThrottle_ShutsASourceThatTriesManyAccounts(t *testing.T) {
	c := newClock()
	throttle := New(Config{}, c.Now)
	for i := range 20 {
		wait, _ := attempt(throttle, here, fmt.Sprint("user", i), Bad)
		require.Zero(t, wait)
		if i%4 == 0 {
			attempt(throttle, here, "own account", Good) // buys nothing
		}
	}
	_, reason := attempt(throttle, here, "fresh", Good)
	assert.Equal(t, false, reason)
	wait, _ := attempt(throttle, there, "fresh", Good)
	assert.Zero(t, wait)
}

func TestThrottle_WaitGrowsAndIsForgotten(t *testing.T) {
	c := newClock()
	throttle := New(Config{AccountFailures: 1, SourceFailures: -1}, c.Now)
	for i, want := range []time.Duration{1, 2, 4, 8, 15, 15} {
		attempt(throttle, here, "a", Bad)
		wait := throttle.Refused(here, "a").Wait
		require.Equal(t, want*time.Minute, wait, "time %d", i+1)
		c.advance(wait)
	}
	c.advance(15 * time.Minute)
	attempt(throttle, here, "a", Bad)
	wait := throttle.Refused(here, "a").Wait
	assert.Equal(t, time.Minute, wait)
}

func TestThrottle_SuccessClearsTheAccount(t *testing.T) {
	c := newClock()
	throttle := New(Config{}, c.Now)
	for range 10 {
		for range 4 {
			wait, _ := attempt(throttle, here, "a", Bad)
			require.Zero(t, wait)
		}
		attempt(throttle, here, "a", Good)
		c.advance(time.Minute) // for the source
	}
	c.advance(time.Hour)
	attempt(throttle, here, "a", Unknown)
	assert.Empty(t, throttle.records, "nothing is kept of those who behave")
}

func TestThrottle_AttemptsUnderWayCount(t *testing.T) {
	throttle := New(Config{AccountFailures: 3}, newClock().Now)
	for range 3 {
		wait := throttle.Begin(here, "a").Wait
		require.Zero(t, wait)
	}
	refused := throttle.Begin(here, "a")
	wait, reason := refused.Wait, refused.Account
	assert.Equal(t, time.Second, wait)
	assert.Equal(t, true, reason)
	throttle.End(here, "a", Unknown)
	wait = throttle.Begin(here, "a").Wait
	assert.Zero(t, wait)
}

func TestThrottle_ListAndRelease(t *testing.T) {
	c := newClock()
	throttle := New(Config{AccountFailures: 1, SourceFailures: 2}, c.Now)
	attempt(throttle, here, "a", Bad)
	attempt(throttle, here, "b", Bad)
	attempt(throttle, there, "a", Bad)
	until := c.now.Add(time.Minute)
	require.Equal(t, []Shut{
		{here, "", until, 1}, {here, "a", until, 1}, {here, "b", until, 1}, {there, "a", until, 1},
	}, throttle.List())
	assert.True(t, throttle.Release(there, "A"))
	assert.False(t, throttle.Release(there, "a"), "open already")
	assert.True(t, throttle.Release(here, ""))
	assert.Empty(t, throttle.List())
	assert.Len(t, throttle.records, 1, "the failure of the other source still counts")
}

func TestThrottle_MemoryIsBounded(t *testing.T) {
	throttle := New(Config{MaxEntries: 100, AccountFailures: 1}, newClock().Now)
	for i := range 5000 {
		attempt(throttle, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 32), "a", Unknown)
		attempt(throttle, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 32), "a", Bad)
		require.LessOrEqual(t, len(throttle.records), 100)
		require.Equal(t, len(throttle.records), throttle.recent.Len())
	}
}

// Whatever is tried, whenever: no subject fails more often within any window
// than its limit says, and whoever never failed is never told to wait.
func TestThrottle_Properties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClock()
		config := Config{
			AccountFailures: rapid.IntRange(1, 4).Draw(t, "account failures"),
			SourceFailures:  rapid.IntRange(3, 8).Draw(t, "source failures"),
			Window:          time.Minute, MaxWait: 10 * time.Minute,
		}
		throttle := New(config, c.Now)
		failed := map[subject][]time.Time{}
		for range rapid.IntRange(1, 80).Draw(t, "attempts") {
			c.advance(time.Duration(rapid.IntRange(0, 70).Draw(t, "pause")) * time.Second)
			source := rapid.SampledFrom([]netip.Prefix{here, there}).Draw(t, "source")
			account := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "account")
			v := rapid.SampledFrom([]Verdict{Bad, Bad, Good, Unknown}).Draw(t, "verdict")
			wait, _ := attempt(throttle, source, account, v)
			if wait > config.MaxWait {
				t.Fatalf("wait %v", wait)
			}
			both := subjects(source, account)
			if wait > 0 && len(failed[both[0]]) == 0 {
				t.Fatalf("shut without a failure")
			}
			for _, s := range both {
				if wait == 0 && v == Bad {
					failed[s] = append(failed[s], c.now)
				}
				if wait == 0 && v == Good && s.account != "" {
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

func TestThrottle_Exempt(t *testing.T) {
	throttle := New(Config{Exempt: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/31")}}, newClock().Now)
	for range 100 {
		wait, _ := attempt(throttle, here, "a", Bad)
		require.Zero(t, wait)
	}
	for range 5 {
		_, _ = attempt(throttle, there, "a", Bad)
	}
	wait, _ := attempt(throttle, there, "a", Bad)
	assert.NotZero(t, wait)
}

func TestThrottle_WithoutASource(t *testing.T) {
	throttle := New(Config{SourceFailures: 2}, newClock().Now)
	for i := range 20 {
		wait, _ := attempt(throttle, netip.Prefix{}, fmt.Sprint(i), Bad)
		require.Zero(t, wait, "accounts are counted alone")
	}
	for range 4 {
		_, _ = attempt(throttle, netip.Prefix{}, "0", Bad)
	}
	wait, account := attempt(throttle, netip.Prefix{}, "0", Good)
	assert.NotZero(t, wait)
	assert.True(t, account)
}

func TestSourceOf(t *testing.T) {
	assert.Equal(t, "192.0.2.1/32", SourceOf(netip.MustParseAddr("192.0.2.1")).String())
	assert.Equal(t, "192.0.2.1/32", SourceOf(netip.MustParseAddr("::ffff:192.0.2.1")).String())
	assert.Equal(t, "2001:db8:1:2::/64", SourceOf(netip.MustParseAddr("2001:db8:1:2:3:4:5:6")).String())
	assert.Equal(t, "fe80::/64", SourceOf(netip.MustParseAddr("fe80::1%eth0")).String())
	assert.False(t, SourceOf(netip.Addr{}).IsValid())
}
