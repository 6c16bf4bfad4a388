package throttle

import (
	"cmp"
	"container/list"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config says how many failures a source may have. Counts are held per
// source address (IPv6: per /64), and per account as seen from one source: an
// account is never shut for other sources.
type Config struct {
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
	// Exempt are networks whose failures are not counted: gateways that count
	// those of their own callers.
	Exempt []netip.Prefix
	// MaxEntries bounds the memory: the sources and accounts kept. When it is
	// reached, those that are not shut go first. 0 is the default, 10000.
	MaxEntries int
}

func (c Config) withDefaults() Config {
	c.AccountFailures = cmp.Or(c.AccountFailures, 5)
	c.SourceFailures = cmp.Or(c.SourceFailures, 20)
	c.Window = cmp.Or(c.Window, time.Minute)
	c.MaxWait = cmp.Or(c.MaxWait, 15*time.Minute)
	c.MaxEntries = cmp.Or(c.MaxEntries, 10000)
	return c
}

func (c *Config) exempts(source netip.Prefix) bool {
	return source.IsValid() && slices.ContainsFunc(c.Exempt, func(n netip.Prefix) bool { return n.Contains(source.Addr()) })
}

// Shut is a source that is shut at present, or an account as seen from it.
type Shut struct {
	Source  netip.Prefix // IPv4: /32, IPv6: /64
	Account string       // login without domain, in lower case; empty: the whole source
	Until   time.Time
	Times   int // how often in a row it was shut
}

// Throttle counts failures and shuts out who has too many.
type Throttle struct {
	config Config
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

// Verdict is how an attempt ended.
type Verdict int

// The verdicts.
const (
	Unknown Verdict = iota // whether the password is right was not found out
	Good
	Bad
)

// Refusal is why an attempt may not be made. The zero value is none.
type Refusal struct {
	Wait    time.Duration // until it may be made
	Account bool          // the account is shut for the source, else the whole source
}

// New makes a throttle. now is the clock; nil is time.Now.
func New(config Config, now func() time.Time) *Throttle {
	if now == nil {
		now = time.Now
	}
	return &Throttle{
		config: config.withDefaults(), now: now,
		records: map[subject]*list.Element{}, recent: list.New(),
	}
}

// List tells who is shut out at present, by source and account.
func (t *Throttle) List() []Shut {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, shut := t.now(), []Shut{}
	for s, element := range t.records {
		if r := element.Value.(*record); now.Before(r.until) {
			shut = append(shut, Shut{Source: s.source, Account: s.account, Until: r.until, Times: r.times})
		}
	}
	slices.SortFunc(shut, func(a, b Shut) int {
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

// SetConfig changes the limits. What was counted before stays.
func (t *Throttle) SetConfig(config Config) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.config = config.withDefaults()
}

// Refused returns why an account may not be tried from a source now, without
// reserving an attempt.
func (t *Throttle) Refused(source netip.Prefix, account string) Refusal {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.records) == 0 {
		return Refusal{}
	}
	now := t.now()
	for _, s := range subjects(source, account) {
		if element, ok := t.records[s]; ok {
			if wait := element.Value.(*record).until.Sub(now); wait > 0 {
				return Refusal{Wait: wait, Account: s.account != ""}
			}
		}
	}
	return Refusal{}
}

// Begin reserves an attempt, which End must follow, or returns why it may not be
// made. A source that is not valid stands for one that is not known: only the
// account counts.
func (t *Throttle) Begin(source netip.Prefix, account string) Refusal {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.config.exempts(source) {
		return Refusal{}
	}
	now := t.now()
	both := subjects(source, account)
	for _, s := range both {
		element, ok := t.records[s]
		if !ok {
			continue
		}
		r := element.Value.(*record)
		if wait := r.until.Sub(now); wait > 0 {
			return Refusal{Wait: wait, Account: s.account != ""}
		}
		r.expire(now, t.config)
		if limit := t.limit(s); limit > 0 && len(r.failures)+r.pending >= limit {
			return Refusal{Wait: time.Second, Account: s.account != ""}
		}
	}
	for _, s := range both {
		if t.limit(s) > 0 {
			t.record(s, now).pending++
		}
	}
	return Refusal{}
}

// End gives an attempt its verdict. A good one clears the account's failures,
// not the source's: an own account buys no attempts at others.
func (t *Throttle) End(source netip.Prefix, account string, v Verdict) {
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
		case v == Bad:
			r.fail(now, t.limit(s), t.config)
		case v == Good && s.account != "":
			r.failures, r.times, r.until = nil, 0, time.Time{}
		}
		t.dropIfIdle(element, now)
	}
}

// subjects are what an attempt is counted for.
func subjects(source netip.Prefix, account string) []subject {
	account = strings.ToLower(account)
	if !source.IsValid() {
		return []subject{{account: account}}
	}
	return []subject{{source: source}, {source: source, account: account}}
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
func (r *record) expire(now time.Time, config Config) {
	r.failures = slices.DeleteFunc(r.failures, func(at time.Time) bool { return now.Sub(at) >= config.Window })
	if r.times > 0 && now.Sub(r.until) >= config.MaxWait {
		r.times = 0
	}
}

// fail counts a failure and shuts the subject if it was the last one allowed.
func (r *record) fail(now time.Time, limit int, config Config) {
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

// SourceOf returns the network that failures of an address are counted for: an
// IPv4 address alone, an IPv6 address with its /64, which one customer holds
// whole. Without an address the network is not valid.
func SourceOf(address netip.Addr) netip.Prefix {
	address = address.Unmap()
	bits := address.BitLen()
	if address.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(address.WithZone(""), bits).Masked()
}
