package auth

import (
	"container/list"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
	"time"
)

// CacheConfig says how long a good pair is believed without asking again.
type CacheConfig struct {
	// TTL is how long. 0 is the default, 60 s; below 0 nothing is cached.
	TTL time.Duration
	// MaxEntries is how many pairs are kept; the one unused for longest goes
	// first. 0 is the default, 1024.
	MaxEntries int
}

func (c CacheConfig) withDefaults() CacheConfig {
	if c.TTL == 0 {
		c.TTL = time.Minute
	}
	if c.MaxEntries <= 0 {
		c.MaxEntries = 1024
	}
	return c
}

// digest stands for a pair; without the key of the process it tells nothing.
type digest [sha256.Size]byte

// cache remembers pairs that were good a moment ago.
type cache struct {
	config CacheConfig
	now    func() time.Time
	macs   sync.Pool // of *mac

	mu      sync.Mutex
	entries map[digest]*list.Element // of *good
	recent  *list.List               // front: used last
}

// good is a pair that the back end took.
type good struct {
	key     digest // of the pair as sent
	account string
	login   Login
	decoded bool // taken in its percent-decoded reading
	expires time.Time
}

type mac struct {
	hash hash.Hash
	buf  []byte
}

func newCache(config CacheConfig, now func() time.Time) *cache {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails: crypto/rand ends the process first
	return &cache{
		config:  config.withDefaults(),
		now:     now,
		macs:    sync.Pool{New: func() any { return &mac{hash: hmac.New(sha256.New, key[:])} }},
		entries: map[digest]*list.Element{},
		recent:  list.New(),
	}
}

// digest makes the key of a pair. Each part goes with its length, so that no
// two pairs share a text.
func (c *cache) digest(pair Credentials) (d digest) {
	m := c.macs.Get().(*mac)
	m.buf = append(m.buf[:0], byte(pair.Form))
	for _, part := range [...]string{pair.Domain, pair.Username, pair.Password.Reveal()} {
		m.buf = binary.BigEndian.AppendUint32(m.buf, uint32(len(part)))
		m.buf = append(m.buf, part...)
	}
	m.hash.Reset()
	m.hash.Write(m.buf)
	m.hash.Sum(d[:0])
	clear(m.buf) // the password
	c.macs.Put(m)
	return d
}

// get returns the login of a pair that is still good.
func (c *cache) get(key digest) (Login, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[key]
	if !ok {
		return Login{}, false
	}
	entry := element.Value.(*good)
	if !c.now().Before(entry.expires) {
		return Login{}, false
	}
	c.recent.MoveToFront(element)
	return entry.login, true
}

// wasDecoded reports whether a pair, expired or not, was last good in its
// percent-decoded reading. Asking for that first spares the directory a bad
// password at every expiry, which would lock the account in the end.
func (c *cache) wasDecoded(key digest) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.entries[key]
	return ok && element.Value.(*good).decoded
}

// put remembers a good pair. Pairs of the same account with another password
// are forgotten: it has been changed. A bad pair never touches the cache.
func (c *cache) put(key digest, account string, login Login, decoded bool) {
	if c.config.TTL < 0 {
		return
	}
	entry := &good{
		key: key, account: account, login: login, decoded: decoded,
		expires: c.now().Add(c.config.TTL),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.entries[key]; ok {
		c.remove(old)
	}
	c.forget(func(other *good) bool {
		return other.account == account && other.login.Identity == login.Identity &&
			!other.login.Credentials.Password.Equal(login.Credentials.Password)
	})
	c.entries[key] = c.recent.PushFront(entry)
	for c.recent.Len() > c.config.MaxEntries {
		c.remove(c.recent.Back())
	}
}

func (c *cache) forget(unwanted func(*good) bool) {
	for element := c.recent.Front(); element != nil; {
		next := element.Next()
		if unwanted(element.Value.(*good)) {
			c.remove(element)
		}
		element = next
	}
}

func (c *cache) remove(element *list.Element) {
	delete(c.entries, element.Value.(*good).key)
	c.recent.Remove(element)
}
