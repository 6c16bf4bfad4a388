package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"wsexchange/internal/throttle"

	"golang.org/x/sync/singleflight"
)

// Config says how a Gate judges.
type Config struct {
	// Authenticator is asked about pairs that are not cached. Required.
	Authenticator Authenticator
	// Realm is what the challenge names. Empty: the host name of the request,
	// as IIS does. [F022]
	Realm string
	// Timeout bounds one question to the Authenticator, both readings of a pair
	// included. 0 is the default, 15 s.
	Timeout time.Duration
	// Cache is how long good pairs are believed.
	Cache CacheConfig
	// Throttle counts bad pairs, and may be shared with other ways in; nil is one
	// of its own with the default limits.
	Throttle *throttle.Throttle
	// TrustedProxies are the networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// Now is the clock; nil is time.Now.
	Now func() time.Time
	// OnDecision hears every decision, for metrics and logs; nil hears nothing.
	// It must not block.
	OnDecision func(Decision)
}

// Decision is the judgement on one request.
type Decision struct {
	Outcome Outcome
	Reason  Reason
	// Login is who was let in; set with OutcomeOK only.
	Login Login
	// Claimed is the pair as sent; its String, for logs, is the login name,
	// empty if there is none.
	Claimed Credentials
	// Source is the address that the request came from.
	Source netip.Addr
	// RetryAfter is how long to wait, rounded up to whole seconds; set with
	// OutcomeThrottled only.
	RetryAfter time.Duration
	// Err is what went wrong at the back end, for logs; set with
	// OutcomeUnavailable only. It holds no password.
	Err error
	// Realm is what the challenge names; set unless OutcomeOK.
	Realm string
}

// Gate judges requests. It is safe for concurrent use.
type Gate struct {
	config  Config
	cache   *cache
	flights singleflight.Group
}

// New makes a gate.
func New(config Config) (*Gate, error) {
	if config.Authenticator == nil {
		return nil, errors.New("auth: no authenticator")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Timeout <= 0 {
		config.Timeout = 15 * time.Second
	}
	if config.Throttle == nil {
		config.Throttle = throttle.New(throttle.Config{}, config.Now)
	}
	config.Realm = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(config.Realm)
	return &Gate{
		config: config, cache: newCache(config.Cache, config.Now),
	}, nil
}

// Throttle is the gate's throttle, for an administrator to list and release.
func (g *Gate) Throttle() *throttle.Throttle { return g.config.Throttle }

// Check judges a request, and tells Config.OnDecision.
func (g *Gate) Check(ctx context.Context, r *http.Request) Decision {
	decision := g.judge(ctx, r)
	if decision.Outcome != OutcomeOK {
		decision.Realm = g.realm(r)
	}
	if g.config.OnDecision != nil {
		g.config.OnDecision(decision)
	}
	return decision
}

func (g *Gate) judge(ctx context.Context, r *http.Request) Decision {
	address := ClientAddress(r, g.config.TrustedProxies)
	pair, err := ParseHeader(r.Header.Get("Authorization"))
	if err != nil {
		return Decision{Outcome: OutcomeUnauthorized, Reason: ReasonOf(err), Source: address}
	}
	decision := Decision{Source: address, Claimed: pair.Sent}
	source, account := throttle.SourceOf(address), pair.account()
	// Before the cache, else it would tell a source that is shut when its guess
	// is right.
	if refused := g.config.Throttle.Refused(source, account); refused.Wait > 0 {
		return decision.throttled(refused)
	}
	key := g.cache.digest(pair.Sent)
	if login, ok := g.cache.get(key); ok {
		decision.Outcome, decision.Reason, decision.Login = OutcomeOK, ReasonCached, login
		return decision
	}
	result, err := g.fly(ctx, key, source, account, pair)
	switch {
	case err == nil && result.refused.Wait > 0:
		return decision.throttled(result.refused)
	case err == nil:
		decision.Outcome, decision.Reason, decision.Login = OutcomeOK, ReasonChecked, result.login
	case errors.Is(err, ErrBadCredentials):
		decision.Outcome, decision.Reason = OutcomeUnauthorized, ReasonOf(err)
	default:
		decision.Outcome, decision.Reason, decision.Err = OutcomeUnavailable, unavailableReason(ctx, err), err
	}
	return decision
}

func (d Decision) throttled(refused throttle.Refusal) Decision {
	seconds := (refused.Wait + time.Second - 1) / time.Second
	d.Outcome, d.Reason, d.RetryAfter = OutcomeThrottled, ReasonThrottledSource, seconds*time.Second
	if refused.Account {
		d.Reason = ReasonThrottledAccount
	}
	return d
}

func unavailableReason(ctx context.Context, err error) Reason {
	switch {
	case ctx.Err() != nil:
		return ReasonCancelled
	case errors.Is(err, context.DeadlineExceeded):
		return ReasonTimeout
	default:
		return ReasonUnreachable
	}
}

// checked is what one question brought.
type checked struct {
	login   Login
	refused throttle.Refusal // with a wait: was not asked
}

// fly asks the back end, once for all callers who wait for the same pair from
// the same source. The question outlives the caller who began it, so that his
// going away does not fail the others.
func (g *Gate) fly(ctx context.Context, key digest, source netip.Prefix, account string, pair Pair) (checked, error) {
	flight := g.flights.DoChan(string(key[:])+source.String(), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.config.Timeout)
		defer cancel()
		return g.ask(ctx, key, source, account, pair)
	})
	select {
	case result := <-flight:
		return result.Val.(checked), result.Err
	case <-ctx.Done():
		return checked{}, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
}

// ask puts a pair to the back end, in one attempt of the throttle.
func (g *Gate) ask(ctx context.Context, key digest, source netip.Prefix, account string, pair Pair) (checked, error) {
	if login, ok := g.cache.get(key); ok { // another flight has just landed
		return checked{login: login}, nil
	}
	if refused := g.config.Throttle.Begin(source, account); refused.Wait > 0 {
		return checked{refused: refused}, nil
	}
	v := throttle.Unknown
	defer func() { g.config.Throttle.End(source, account, v) }()
	login, decoded, err := g.tryReadings(ctx, key, pair)
	switch {
	case err == nil:
		v = throttle.Good
		g.cache.put(key, account, login, decoded)
	case errors.Is(err, ErrBadCredentials):
		v = throttle.Bad
	}
	return checked{login: login}, err
}

// tryReadings asks about the pair as sent, then percent-decoded; the other way
// round if that was right the last time. [F020] The error is that of the
// reading that got further: one that could not be asked wins over a refusal.
func (g *Gate) tryReadings(ctx context.Context, key digest, pair Pair) (Login, bool, error) {
	readings := []Credentials{pair.Sent}
	decodedAt := -1
	if decoded, ok := pair.Decoded(); ok {
		readings, decodedAt = append(readings, decoded), 1
		if g.cache.wasDecoded(key) {
			readings[0], readings[1], decodedAt = decoded, pair.Sent, 0
		}
	}
	var refused error
	for i, reading := range readings {
		identity, err := g.authenticate(ctx, reading)
		switch {
		case err == nil:
			return Login{Identity: identity, Credentials: reading}, i == decodedAt, nil
		case !errors.Is(err, ErrBadCredentials):
			return Login{}, false, err
		case refused == nil || ReasonOf(refused) == ReasonUnknownUser:
			refused = err
		}
	}
	return Login{}, false, refused
}

func (g *Gate) authenticate(ctx context.Context, pair Credentials) (Identity, error) {
	if pair.Password.IsZero() {
		// A bind without a password succeeds as nobody (RFC 4513, 5.1.2). [F023]
		return Identity{}, Refused(ReasonEmptyPassword)
	}
	return g.config.Authenticator.Authenticate(ctx, pair)
}
