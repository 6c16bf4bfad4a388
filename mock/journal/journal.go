package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"wsexchange/mock/engine"
)

// Config bounds a Journal.
type Config struct {
	Entries int // the most entries; 0 = 1000
	Bytes   int // about the most memory; 0 = 16 MiB
}

// ErrUnknown says that the journal has no such entry, or has dropped it.
var ErrUnknown = errors.New("no such request in the journal")

// Journal keeps the newest requests. Its methods may be called from any
// goroutine.
type Journal struct {
	most, bytes int

	mu      sync.Mutex
	entries []Entry // oldest first
	size    int
	seq     int64
	arrived chan struct{} // closed and replaced when an entry comes
}

// New makes an empty journal.
func New(cfg Config) *Journal {
	j := &Journal{most: cfg.Entries, bytes: cfg.Bytes, arrived: make(chan struct{})}
	if j.most <= 0 {
		j.most = 1000
	}
	if j.bytes <= 0 {
		j.bytes = 16 << 20
	}
	return j
}

// Record adds a request. It is what engine.Config asks for.
func (j *Journal) Record(r engine.Record) {
	e := entryOf(r)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seq++
	e.Seq = j.seq
	j.entries = append(j.entries, e)
	j.size += e.size()
	drop := 0
	for len(j.entries)-drop > 1 && (len(j.entries)-drop > j.most || j.size > j.bytes) {
		j.size -= j.entries[drop].size()
		drop++
	}
	j.entries = slices.Delete(j.entries, 0, drop)
	close(j.arrived)
	j.arrived = make(chan struct{})
}

// Clear drops all entries. Numbers go on.
func (j *Journal) Clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries, j.size = nil, 0
}

// Last is the number of the newest entry, 0 if there was none.
func (j *Journal) Last() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.seq
}

// List gives the entries that match, oldest first.
func (j *Journal) List(f Filter) []Entry {
	found, _ := j.list(f)
	return found
}

// list gives also what is closed when the next entry comes.
func (j *Journal) list(f Filter) ([]Entry, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	found := []Entry{}
	for i := range j.entries {
		if f.matches(&j.entries[i]) {
			found = append(found, j.entries[i])
		}
	}
	if f.Limit > 0 && len(found) > f.Limit {
		found = found[len(found)-f.Limit:]
	}
	return found, j.arrived
}

// Get gives the newest request of a transactionId or clientTransactionId. It
// fails with ErrUnknown.
func (j *Journal) Get(id string) (Entry, error) {
	found := j.List(Filter{ID: id, Limit: 1})
	if len(found) == 0 || id == "" {
		return Entry{}, fmt.Errorf("%w: %q", ErrUnknown, id)
	}
	return found[0], nil
}

// Wait gives the first entry that matches, and waits for it if there is none
// yet. It fails with the cause of ctx's end.
func (j *Journal) Wait(ctx context.Context, f Filter) (Entry, error) {
	f.Limit = 0
	for {
		found, arrived := j.list(f)
		if len(found) > 0 {
			return found[0], nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return Entry{}, fmt.Errorf("waiting for a request: %w", context.Cause(ctx))
		}
	}
}
