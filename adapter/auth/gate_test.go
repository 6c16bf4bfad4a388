package auth

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"wsexchange/internal/throttle"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// accounts is a back end that counts its questions.
type accounts struct {
	passwords map[string]string // by login
	asked     atomic.Int64
	down      atomic.Bool
}

func (a *accounts) Authenticate(_ context.Context, pair Credentials) (Identity, error) {
	a.asked.Add(1)
	if a.down.Load() {
		return Identity{}, unavailable("the cable is out")
	}
	want, ok := a.passwords[pair.Login()]
	switch {
	case !ok:
		return Identity{}, Refused(ReasonUnknownUser)
	case want != pair.Password.Reveal():
		return Identity{}, Refused(ReasonWrongPassword)
	default:
		return Identity{Domain: "FABRIKAM", Username: pair.Username}, nil
	}
}

func newAccounts() *accounts {
	return &accounts{passwords: map[string]string{`FABRIKAM\hsadmin`: "s3cr%t", "hsadmin": "s3cr%t", `FABRIKAM\other`: "o"}}
}

func mustGate(t testing.TB, config Config) *Gate {
	t.Helper()
	g, err := New(config)
	require.NoError(t, err)
	return g
}

// request is a call from an address with a pair; without one if it is empty.
func request(t testing.TB, from, pair string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://mps.fabrikam.local:8080/MPSWS/HostedExchange.asmx", nil)
	r.RemoteAddr = from + ":40000"
	if pair != "" {
		r.Header.Set("Authorization", basic(pair))
	}
	return r
}

func TestGate_TriesAsSentThenDecoded(t *testing.T) {
	rows := map[string]struct {
		pair    string
		outcome Outcome
		reason  Reason
		taken   string // password
		asked   int64
	}{
		"as sent":               {`FABRIKAM\hsadmin:s3cr%t`, OutcomeOK, ReasonChecked, "s3cr%t", 1},
		"name encoded":          {`FABRIKAM%5Chsadmin:s3cr%t`, OutcomeOK, ReasonChecked, "s3cr%t", 2},
		"both encoded":          {`FABRIKAM%5Chsadmin:s3cr%25t`, OutcomeOK, ReasonChecked, "s3cr%t", 2},
		"wrong in both":         {`FABRIKAM%5Chsadmin:s3cr%25`, OutcomeUnauthorized, ReasonWrongPassword, "", 2},
		"encoded twice":         {`hsadmin:s3cr%2525t`, OutcomeUnauthorized, ReasonWrongPassword, "", 2},
		"unknown user":          {`nobody:x`, OutcomeUnauthorized, ReasonUnknownUser, "", 1},
		"no password, unasked":  {`hsadmin:`, OutcomeUnauthorized, ReasonEmptyPassword, "", 0},
		"no header":             {"", OutcomeUnauthorized, ReasonMissing, "", 0},
		"first reading is told": {`hsadmin:a%20b`, OutcomeUnauthorized, ReasonWrongPassword, "", 2},
	}
	for name, row := range rows {
		t.Run(name, func(t *testing.T) {
			backend := newAccounts()
			g := mustGate(t, Config{Authenticator: backend})
			decision := g.Check(t.Context(), request(t, "192.0.2.1", row.pair))
			assert.Equal(t, row.outcome, decision.Outcome)
			assert.Equal(t, row.reason, decision.Reason)
			assert.Equal(t, row.taken, decision.Login.Credentials.Password.Reveal())
			assert.Equal(t, row.asked, backend.asked.Load())
			assert.Contains(t, Reasons(decision.Outcome), decision.Reason)
		})
	}
}

func TestGate_BothReadingsAreOneFailure(t *testing.T) {
	backend := newAccounts()
	g := mustGate(t, Config{Authenticator: backend, Throttle: throttle.New(throttle.Config{AccountFailures: 3}, nil)})
	for range 3 {
		decision := g.Check(t.Context(), request(t, "192.0.2.1", `FABRIKAM%5Chsadmin:wr%25ng`))
		require.Equal(t, OutcomeUnauthorized, decision.Outcome)
	}
	assert.EqualValues(t, 6, backend.asked.Load())
	for _, spelling := range []string{"hsadmin", `FABRIKAM\HSadmin`, "hsadmin@fabrikam.local", "FABRIKAM%5Chs%61dmin"} {
		decision := g.Check(t.Context(), request(t, "192.0.2.1", spelling+":s3cr%t"))
		assert.Equal(t, OutcomeThrottled, decision.Outcome, spelling)
		assert.Equal(t, ReasonThrottledAccount, decision.Reason, spelling)
		assert.Equal(t, time.Minute, decision.RetryAfter, spelling)
	}
	assert.EqualValues(t, 6, backend.asked.Load())
}

func TestGate_Cache(t *testing.T) {
	c, backend := newClock(), newAccounts()
	g := mustGate(t, Config{Authenticator: backend, Now: c.Now, Cache: CacheConfig{TTL: time.Minute, MaxEntries: 2}})
	check := func(pair string, reason Reason, asked int64) {
		t.Helper()
		before := backend.asked.Load()
		assert.Equal(t, reason, g.Check(t.Context(), request(t, "192.0.2.1", pair)).Reason)
		assert.Equal(t, asked, backend.asked.Load()-before)
	}
	const encoded = `FABRIKAM%5Chsadmin:s3cr%25t`
	check(encoded, ReasonChecked, 2)
	check(encoded, ReasonCached, 0)
	check(`FABRIKAM%5Chsadmin:wrong`, ReasonWrongPassword, 2)
	check(encoded, ReasonCached, 0) // another's mistake changes nothing
	c.advance(time.Minute)
	check(encoded, ReasonChecked, 1) // the right reading first
	check(`FABRIKAM\other:o`, ReasonChecked, 1)
	check(encoded, ReasonCached, 0)
	check("hsadmin:s3cr%t", ReasonChecked, 1) // no room for other
	check(`FABRIKAM\other:o`, ReasonChecked, 1)
}

func TestGate_ANewPasswordEndsTheOldOne(t *testing.T) {
	backend := newAccounts()
	g := mustGate(t, Config{Authenticator: backend})
	require.Equal(t, ReasonChecked, g.Check(t.Context(), request(t, "192.0.2.1", "hsadmin:s3cr%t")).Reason)
	backend.passwords["hsadmin"] = "new"
	require.Equal(t, ReasonCached, g.Check(t.Context(), request(t, "192.0.2.1", "hsadmin:s3cr%t")).Reason)
	require.Equal(t, ReasonChecked, g.Check(t.Context(), request(t, "192.0.2.1", "hsadmin:new")).Reason)
	assert.Equal(t, ReasonWrongPassword, g.Check(t.Context(), request(t, "192.0.2.1", "hsadmin:s3cr%t")).Reason)
}

func TestGate_CacheCanBeOff(t *testing.T) {
	backend := newAccounts()
	g := mustGate(t, Config{Authenticator: backend, Cache: CacheConfig{TTL: -1}})
	for range 3 {
		require.Equal(t, ReasonChecked, g.Check(t.Context(), request(t, "192.0.2.1", "hsadmin:s3cr%t")).Reason)
	}
	assert.EqualValues(t, 3, backend.asked.Load())
}

func TestGate_UnavailableIsNoFailure(t *testing.T) {
	backend := newAccounts()
	backend.down.Store(true)
	g := mustGate(t, Config{Authenticator: backend})
	for range 30 {
		decision := g.Check(t.Context(), request(t, "192.0.2.1", "hsadmin:s3cr%t"))
		require.Equal(t, OutcomeUnavailable, decision.Outcome)
		require.Equal(t, ReasonUnreachable, decision.Reason)
		require.ErrorIs(t, decision.Err, ErrUnavailable)
		require.ErrorContains(t, decision.Err, "the cable is out")
	}
	backend.down.Store(false)
	assert.Equal(t, OutcomeOK, g.Check(t.Context(), request(t, "192.0.2.1", "hsadmin:s3cr%t")).Outcome)
}

func TestGate_AsksOnceForManyCallers(t *testing.T) {
	const callers = 32
	var asked atomic.Int64
	release := make(chan struct{})
	g := mustGate(t, Config{Authenticator: AuthenticatorFunc(func(context.Context, Credentials) (Identity, error) {
		asked.Add(1)
		<-release
		return Identity{Username: "a"}, nil
	})})
	var waiting sync.WaitGroup
	var let atomic.Int64
	for range callers {
		waiting.Go(func() {
			if g.Check(t.Context(), request(t, "192.0.2.1", "a:b")).Outcome == OutcomeOK {
				let.Add(1)
			}
		})
	}
	close(release) // whoever comes later finds the cache
	waiting.Wait()
	assert.EqualValues(t, callers, let.Load())
	assert.EqualValues(t, 1, asked.Load())
}

func TestGate_CallerWhoLeavesFailsNobodyElse(t *testing.T) {
	began, release := make(chan struct{}), make(chan struct{})
	g := mustGate(t, Config{Authenticator: AuthenticatorFunc(func(ctx context.Context, _ Credentials) (Identity, error) {
		close(began)
		<-release
		return Identity{Username: "a"}, ctx.Err()
	})})
	ctx, leave := context.WithCancel(t.Context())
	first := make(chan Decision)
	go func() { first <- g.Check(ctx, request(t, "192.0.2.1", "a:b")) }()
	<-began
	leave()
	assert.Equal(t, ReasonCancelled, (<-first).Reason)
	second := make(chan Decision)
	go func() { second <- g.Check(t.Context(), request(t, "192.0.2.1", "a:b")) }()
	close(release)
	assert.Equal(t, OutcomeOK, (<-second).Outcome)
}

func TestGate_TimeoutOfTheBackEnd(t *testing.T) {
	g := mustGate(t, Config{Timeout: time.Nanosecond, Authenticator: AuthenticatorFunc(
		func(ctx context.Context, _ Credentials) (Identity, error) {
			<-ctx.Done()
			return Identity{}, unavailable("%w", ctx.Err())
		})})
	decision := g.Check(t.Context(), request(t, "192.0.2.1", "a:b"))
	assert.Equal(t, OutcomeUnavailable, decision.Outcome)
	assert.Equal(t, ReasonTimeout, decision.Reason)
}

func TestNew_NeedsAnAuthenticator(t *testing.T) {
	_, err := New(Config{})
	assert.EqualError(t, err, "auth: no authenticator")
}

func TestAdmit(t *testing.T) {
	var decisions []Decision
	backend := newAccounts()
	g := mustGate(t, Config{
		Authenticator: backend, Now: newClock().Now,
		OnDecision: func(d Decision) { decisions = append(decisions, d) },
	})
	serve := func(r *http.Request) *http.Response {
		w := httptest.NewRecorder()
		if r, ok := g.Admit(w, r); ok {
			login, known := FromContext(r.Context())
			assert.True(t, known)
			assert.NotEmpty(t, login.Identity.Name())
		}
		return w.Result()
	}

	response := serve(request(t, "192.0.2.1", "hsadmin:s3cr%t"))
	assert.Equal(t, http.StatusOK, response.StatusCode)

	for _, pair := range []string{"", "hsadmin:wrong", "nobody:x", "hsadmin:"} {
		response = serve(request(t, "192.0.2.1", pair))
		assert.Equal(t, http.StatusUnauthorized, response.StatusCode)
		assert.Equal(t, `Basic realm="mps.fabrikam.local"`, response.Header.Get("WWW-Authenticate"))
		assert.Equal(t, "83", response.Header.Get("Content-Length"))
	}
	for range 3 {
		serve(request(t, "192.0.2.1", "hsadmin:wrong"))
	}
	response = serve(request(t, "192.0.2.1", "hsadmin:s3cr%t"))
	assert.Equal(t, http.StatusTooManyRequests, response.StatusCode)
	assert.Equal(t, "60", response.Header.Get("Retry-After"))
	assert.Empty(t, response.Header.Get("WWW-Authenticate"))

	backend.down.Store(true)
	response = serve(request(t, "192.0.2.2", "hsadmin:s3cr%t"))
	assert.Equal(t, http.StatusOK, response.StatusCode, "cached")
	response = serve(request(t, "192.0.2.2", "other:o"))
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)

	require.Len(t, decisions, 11)
	assert.Equal(t, OutcomeOK, decisions[0].Outcome)
	assert.Equal(t, "hsadmin", decisions[2].Claimed.String())
	assert.Equal(t, netip.MustParseAddr("192.0.2.1"), decisions[2].Source)
}

func TestAdmit_PutsTheLoginIntoTheContext(t *testing.T) {
	g := mustGate(t, Config{Authenticator: newAccounts()})
	r, ok := g.Admit(httptest.NewRecorder(), request(t, "192.0.2.1", `FABRIKAM%5Chsadmin:s3cr%25t`))
	require.True(t, ok)
	got, ok := FromContext(r.Context())
	require.True(t, ok)
	assert.Equal(t, `FABRIKAM\hsadmin`, got.Identity.Name())
	assert.Equal(t, `FABRIKAM\hsadmin`, got.Credentials.Login())
	assert.Equal(t, "s3cr%t", got.Credentials.Password.Reveal())
}

func TestRealm(t *testing.T) {
	for host, want := range map[string]string{
		"mps.fabrikam.local": "mps.fabrikam.local", "mps:8080": "mps", "[::1]:80": "::1", "": "localhost", `a"b`: "localhost", "ä": "localhost",
	} {
		r := request(t, "192.0.2.1", "")
		r.Host = host
		assert.Equal(t, want, mustGate(t, Config{Authenticator: newAccounts()}).realm(r), host)
	}
	g := mustGate(t, Config{Authenticator: newAccounts(), Realm: `the "old" realm`})
	assert.Equal(t, `the \"old\" realm`, g.realm(request(t, "192.0.2.1", "")))
}

func TestReasonOf(t *testing.T) {
	assert.Equal(t, ReasonOther, ReasonOf(errors.New("x")))
	assert.Equal(t, ReasonOther, ReasonOf(Refused("invented")), "the list is closed")
	assert.Equal(t, "bad credentials", Refused(ReasonLocked).Error())
	for _, outcome := range Outcomes() {
		assert.NotEmpty(t, Reasons(outcome))
	}
}

func BenchmarkGate_CacheHit(b *testing.B) {
	for name, pair := range map[string]string{"as sent": `FABRIKAM\hsadmin:s3cr%t`, "encoded": `FABRIKAM%5Chsadmin:s3cr%25t`} {
		b.Run(name, func(b *testing.B) {
			g := mustGate(b, Config{Authenticator: newAccounts()})
			r := request(b, "192.0.2.1", pair)
			ctx := b.Context()
			require.Equal(b, OutcomeOK, g.Check(ctx, r).Outcome)
			b.ReportAllocs()
			for b.Loop() {
				if g.Check(ctx, r).Reason != ReasonCached {
					b.Fatal("not cached")
				}
			}
		})
	}
}
