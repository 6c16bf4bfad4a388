package ledger

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// MemoryRecords is how many rows of the audit log, and how many of the
// transaction log, a ledger in memory keeps at most; the oldest go.
const MemoryRecords = 20_000

// memory is the backend that keeps records for as long as the process runs.
// Content is in the roots; there is no history.
type memory struct {
	mu     sync.RWMutex
	last   int64 // id of an audit row
	audits []AuditRow
	logs   map[string]*LoggedTransaction
	order  []string // ids of logs, oldest first
}

func (m *memory) immediate() bool { return true }

func (m *memory) append(_ context.Context, entries []*entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range entries {
		if e.records.Audit != nil {
			m.last++
			row := *e.records.Audit
			row.ID = m.last
			m.audits = append(bounded(m.audits), row)
		}
		if e.records.Log != nil {
			m.putLog(e.records.Log)
		}
	}
	return nil
}

// bounded returns rows with room for one more. Once full it drops the oldest;
// the array grows into new memory from time to time, so that old ones are freed.
func bounded[R any](rows []R) []R {
	if len(rows) < MemoryRecords {
		return rows
	}
	clear(rows[:1])
	return rows[1:]
}

func (m *memory) putLog(l *LoggedTransaction) {
	if m.logs == nil {
		m.logs = make(map[string]*LoggedTransaction)
	}
	if m.logs[l.ID] == nil {
		if len(m.order) >= MemoryRecords {
			delete(m.logs, m.order[0])
		}
		m.order = append(bounded(m.order), l.ID)
	}
	m.logs[l.ID] = l
}

func (m *memory) audit(_ context.Context, q AuditQuery) ([]AuditRow, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var found []AuditRow
	for i := range m.audits {
		if q.asksFor(&m.audits[i]) {
			found = append(found, m.audits[i])
		}
	}
	slices.SortFunc(found, func(a, b AuditRow) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID))
	})
	return found[:min(len(found), q.limit())], nil
}

func (m *memory) logged(_ context.Context, id string, in TransactionState) ([]LoggedTransaction, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if id != "" {
		if l := m.logs[id]; l != nil {
			return []LoggedTransaction{*l}, nil
		}
		return nil, nil
	}
	var found []LoggedTransaction
	for _, l := range m.logs {
		if l.State == in {
			found = append(found, *l)
		}
	}
	slices.SortFunc(found, func(a, b LoggedTransaction) int {
		return cmp.Or(a.Started.Compare(b.Started), cmp.Compare(a.ID, b.ID))
	})
	return found, nil
}

func (m *memory) prune(_ context.Context, before limits) (Pruned, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	audits, logs := len(m.audits), len(m.order)
	m.audits = slices.DeleteFunc(m.audits, func(a AuditRow) bool { return a.At.Before(before.audit) })
	m.order = slices.DeleteFunc(m.order, func(id string) bool {
		l := m.logs[id]
		old := l.State != TransactionRunning && l.Started.Before(before.history)
		if old {
			delete(m.logs, id)
		}
		return old
	})
	return Pruned{Audit: int64(audits - len(m.audits)), Log: int64(logs - len(m.order))}, nil
}

func (m *memory) size() Size {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return Size{Audit: int64(len(m.audits)), Log: int64(len(m.order))}
}

func (m *memory) intact() error { return nil }

func (m *memory) probe(context.Context) error { return nil }

func (m *memory) backup(context.Context, string) error { return ErrInMemory }

func (m *memory) close() error { return nil }
