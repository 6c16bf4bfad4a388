package auth

import (
	"cmp"
	"container/list"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// ThrottleConfig says how many failures a source may have. Counts are held per
// source address (IPv6: per /64), and per account as seen from one source: an
// account is never shut for other sources.
type ThrottleConfig struct {
	// AccountFailures is how many failures within Window shut an account for
	// their source. 0 is the default, 5; below 0 they are not counted.
	AccountFailures int
	// SourceFailures is how many failures within Window, of whatever accounts,
	// shut a source. 0 is the default, 20; below 0 they are not counted.
	SourceFailures int
	// Window is the time that failures count, and the first time that a source
	// is shut for; it doubles each time again. 0 is the default, 1 minute.
	Window time.Duration
	// MaxWait is the longest time that a source is shut for, and the time of
	// good behaviour after which Window holds again. 0 is the default, 15 minutes.
	MaxWait time.Duration
	// MaxEntries bounds the memory: the sources and accounts kept. When it is
	// reached, those that are not shut go first. 0 is the default, 10000.
	MaxEntries int
}

func (c ThrottleConfig) withDefaults() ThrottleConfig {
	c.AccountFailures = cmp.Or(c.AccountFailures, 5)
	c.SourceFailures = cmp.Or(c.SourceFailures, 20)
	c.Window = cmp.Or(c.Window, time.Minute)
	c.MaxWait = cmp.Or(c.MaxWait, 15*time.Minute)
	c.MaxEntries = cmp.Or(c.MaxEntries, 10000)
	return c
}

// Throttled is a source that is shut at present, or an account as seen from it.
type Throttled struct {
	Source  netip.Prefix // IPv4: /32, IPv6: /64
	Account string       // login without domain, in lower case; empty: the whole source
	Until   time.Time
	Times   int // how often in a row it was shut
}

// Throttle counts failures and shuts out who has too many.
type Throttle struct {
	config ThrottleConfig
	now    func() time.Time

	mu      sync.Mutex
	records map[subject]*list.Element // of *record
	recent  *list.List                // front: tried last
}

// subject is what is counted: a source if account is empty, else both.
type subject struct {
	source  netip.Prefix
	account string
}

// record is the history of one subject.
type record struct {
	subject  subject
	failures []time.Time // within the window, oldest first
	pending  int         // attempts without a verdict
	times    int         // shut so often in a row
	until    time.Time   // shut until then
}

// verdict is how an attempt ended.
type verdict int

const (
	noVerdict verdict = iota // the back end could not tell
	wasGood
	wasBad
)

func newThrottle(config ThrottleConfig, now func() time.Time) *Throttle {
	return &Throttle{
		config: config.withDefaults(), now: now,
		records: map[subject]*list.Element{}, recent: list.New(),
	}
}

// List tells who is shut out at present, by source and account.
func (t *Throttle) List() []Throttled {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, shut := t.now(), []Throttled{}
	for s, element := range t.records {
		if r := element.Value.(*record); now.Before(r.until) {
			shut = append(shut, Throttled{Source: s.source, Account: s.account, Until: r.until, Times: r.times})
		}
	}
	slices.SortFunc(shut, func(a, b Throttled) int {
		return cmp.Or(a.Source.Compare(b.Source), strings.Compare(a.Account, b.Account))
	})
	return shut
}

// Release forgets the failures of a source, as given by List, for one account,
// or, if account is empty, for the source and all its accounts. It reports
// whether anything that was shut is open again.
func (t *Throttle) Release(source netip.Prefix, account string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, opened := t.now(), false
	for s, element := range t.records {
		if s.source == source.Masked() && (account == "" || s.account == strings.ToLower(account)) {
			r := element.Value.(*record)
			opened = opened || now.Before(r.until)
			r.failures, r.times, r.until = nil, 0, time.Time{}
			t.dropIfIdle(element, now)
		}
	}
	return opened
}

// shut tells how long a source must wait, 0 if it need not.
func (t *Throttle) shut(source netip.Prefix, account string) (time.Duration, Reason) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.records) == 0 {
		return 0, ""
	}
	now := t.now()
	for i, s := range subjects(source, account) {
		if element, ok := t.records[s]; ok {
			if wait := element.Value.(*record).until.Sub(now); wait > 0 {
				return wait, throttleReasons[i]
			}
		}
	}
	return 0, ""
}

// begin reserves an attempt, so that many at once cannot try more than the
// limit before the first verdict. It returns how long to wait instead, if so.
func (t *Throttle) begin(source netip.Prefix, account string) (time.Duration, Reason) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	both := subjects(source, account)
	for i, s := range both {
		element, ok := t.records[s]
		if !ok {
			continue
		}
		r := element.Value.(*record)
		if wait := r.until.Sub(now); wait > 0 {
			return wait, throttleReasons[i]
		}
		r.expire(now, t.config)
		if limit := t.limit(s); limit > 0 && len(r.failures)+r.pending >= limit {
			return time.Second, throttleReasons[i]
		}
	}
	for _, s := range both {
		if t.limit(s) > 0 {
			t.record(s, now).pending++
		}
	}
	return 0, ""
}

// end gives an attempt its verdict. A good one clears the account's failures,
// not the source's: an own account buys no attempts at others.
func (t *Throttle) end(source netip.Prefix, account string, v verdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	for _, s := range subjects(source, account) {
		element, ok := t.records[s]
		if !ok {
			continue
		}
		r := element.Value.(*record)
		r.pending = max(r.pending-1, 0) // 0 already if the record had to make room meanwhile
		r.expire(now, t.config)
		switch {
		case v == wasBad:
			r.fail(now, t.limit(s), t.config)
		case v == wasGood && s.account != "":
			r.failures, r.times, r.until = nil, 0, time.Time{}
		}
		t.dropIfIdle(element, now)
	}
}

// throttleReasons go with what subjects returns.
var throttleReasons = [...]Reason{ReasonThrottledSource, ReasonThrottledAccount}

func subjects(source netip.Prefix, account string) [2]subject {
	return [2]subject{{source: source}, {source: source, account: account}}
}

func (t *Throttle) limit(s subject) int {
	if s.account == "" {
		return t.config.SourceFailures
	}
	return t.config.AccountFailures
}

// record finds or makes the record of a subject, and makes room for it.
func (t *Throttle) record(s subject, now time.Time) *record {
	if element, ok := t.records[s]; ok {
		t.recent.MoveToFront(element)
		return element.Value.(*record)
	}
	if t.recent.Len() >= t.config.MaxEntries {
		t.makeRoom(now)
	}
	r := &record{subject: s}
	t.records[s] = t.recent.PushFront(r)
	return r
}

// makeRoom drops the oldest record, preferring one that is not shut.
func (t *Throttle) makeRoom(now time.Time) {
	const search = 64 // more would make an attack on memory one on time
	oldest, seen := (*list.Element)(nil), 0
	for element := t.recent.Back(); element != nil && seen < search; element = element.Prev() {
		seen++
		r := element.Value.(*record)
		if r.pending > 0 {
			continue
		}
		if !now.Before(r.until) {
			t.drop(element)
			return
		}
		if oldest == nil {
			oldest = element
		}
	}
	if oldest == nil {
		oldest = t.recent.Back()
	}
	t.drop(oldest)
}

func (t *Throttle) dropIfIdle(element *list.Element, now time.Time) {
	r := element.Value.(*record)
	if r.pending == 0 && len(r.failures) == 0 && r.times == 0 && !now.Before(r.until) {
		t.drop(element)
	}
}

func (t *Throttle) drop(element *list.Element) {
	delete(t.records, element.Value.(*record).subject)
	t.recent.Remove(element)
}

// expire forgets what is too long ago.
func (r *record) expire(now time.Time, config ThrottleConfig) {
	r.failures = slices.DeleteFunc(r.failures, func(at time.Time) bool { return now.Sub(at) >= config.Window })
	if r.times > 0 && now.Sub(r.until) >= config.MaxWait {
		r.times = 0
	}
}

// fail counts a failure and shuts the subject if it was the last one allowed.
func (r *record) fail(now time.Time, limit int, config ThrottleConfig) {
	r.failures = append(r.failures, now)
	if len(r.failures) < limit {
		return
	}
	wait := config.Window
	for range r.times {
		if wait >= config.MaxWait {
			break
		}
		wait *= 2
	}
	r.until = now.Add(min(wait, config.MaxWait))
	r.times++
	r.failures = nil
}
