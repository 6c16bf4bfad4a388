package ledger

import (
	"context"
	"time"

	"wsexchange/mock/state"
)

// backend keeps what lasts. One goroutine at a time appends; everything else
// may be called at any time until close.
type backend interface {
	// immediate reports whether append takes no time to speak of.
	immediate() bool
	// append writes the entries, all of them or none.
	append(ctx context.Context, entries []*entry) error
	// intact returns why the next write is going to fail, as far as that shows
	// without one.
	intact() error
	// probe writes nothing of meaning, and returns why that was refused.
	probe(ctx context.Context) error
	backup(ctx context.Context, file string) error
	close() error

	records
}

// records are what a backend has beside the content.
type records interface {
	audit(ctx context.Context, q AuditQuery) ([]AuditRow, error)
	// logged returns the logged transactions of an id, or, if that is empty,
	// of a state, oldest first.
	logged(ctx context.Context, id string, in TransactionState) ([]LoggedTransaction, error)
	prune(ctx context.Context, before limits) (Pruned, error)
	size() Size
}

// limits are the times before which records are removed; zero removes none.
type limits struct{ audit, history time.Time }

// entry is what one commit or record writes.
type entry struct {
	root    *state.Root // the new root; nil if only records are written
	number  uint64      // of the revision; 0 if the content did not change
	at      time.Time
	changes []state.Change
	records Records

	before, mark string // of the revision that it follows, and its own; in a shared ledger

	outcome chan outcome // has room for both answers that an entry gets
}

// outcome is what a waiting entry is told: that it has to write, or how it ended.
type outcome struct {
	lead bool
	err  error
}

// Pruned counts what retention removed.
type Pruned struct {
	Audit, Log, History int64
}

// Size is how much a ledger holds.
type Size struct {
	File, WAL           int64 // bytes; 0 in memory
	Audit, Log, History int64 // rows
	Revision            uint64
}
