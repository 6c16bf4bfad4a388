package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// MaxHistory is the number of changed rows up to which a revision tells each;
// of a larger commit it tells how many rows of each table.
const MaxHistory = 10_000

// timeForm is how revisions write times: UTC, in microseconds, in an order
// that is also that of the texts.
const timeForm = "2006-01-02T15:04:05.000000Z"

// rowKey names a row of the content.
type rowKey struct{ table, key string }

// written is the value of a row after a batch.
type written struct {
	rowKey
	revision uint64
	value    []byte // nil: the row is gone
}

// rows are what a batch writes. Of a row that several commits changed only the
// last value is written.
type rows struct {
	at  map[rowKey]int // in all
	all []written
}

func (r *rows) add(row written) {
	if at, ok := r.at[row.rowKey]; ok {
		r.all[at] = row
		return
	}
	if r.at == nil {
		r.at = make(map[rowKey]int)
	}
	r.at[row.rowKey] = len(r.all)
	r.all = append(r.all, row)
}

// encoded returns a changed row as it is written.
func encoded(number uint64, c state.Change) (written, error) {
	row := written{rowKey: rowKey{c.Table.Name(), c.KeyText()}, revision: number}
	var err error
	if row.value, err = c.Encoded(); err != nil {
		return row, fmt.Errorf("table %s, key %q: %w", row.table, row.key, err)
	}
	return row, nil
}

// encode adds the rows of a commit, and returns its history.
func (r *rows) encode(e *entry) (string, error) {
	var h history
	for _, c := range e.changes {
		row, err := encoded(e.number, c)
		if err != nil {
			return "", err
		}
		r.add(row)
		if c.Table.Secret() {
			h.add(row.rowKey, nil, nil)
			continue
		}
		before, err := c.EncodedBefore()
		if err != nil {
			return "", fmt.Errorf("table %s, key %q: %w", row.table, row.key, err)
		}
		h.add(row.rowKey, before, row.value)
	}
	return h.text(), nil
}

// removesSecrets reports whether a commit deletes or overwrites rows of secret
// tables.
func removesSecrets(e *entry) bool {
	return slices.ContainsFunc(e.changes, func(c state.Change) bool { return c.Before != nil && c.Table.Secret() })
}

// history is the JSON of what a commit changed.
type history struct{ bytes.Buffer }

// add writes a row as {table, key, before, after}. Rows of secret tables come
// without before and after: they are named alone.
func (h *history) add(key rowKey, before, after []byte) {
	if h.Len() == 0 {
		h.WriteByte('[')
	} else {
		h.WriteByte(',')
	}
	table, _ := json.Marshal(key.table) // of strings
	text, _ := json.Marshal(key.key)
	h.WriteString(`{"table":`)
	h.Write(table)
	h.WriteString(`,"key":`)
	h.Write(text)
	if before != nil {
		h.WriteString(`,"before":`)
		h.Write(before)
	}
	if after != nil {
		h.WriteString(`,"after":`)
		h.Write(after)
	}
	h.WriteByte('}')
}

func (h *history) text() string { return h.String() + "]" }

// counted is the history of a commit that is too large to be told.
func counted(changes []state.Change) string {
	type count struct {
		Table string `json:"table"`
		Rows  int    `json:"rows"`
	}
	var counts []count
	at := make(map[string]int)
	for _, c := range changes {
		name := c.Table.Name()
		i, ok := at[name]
		if !ok {
			i = len(counts)
			at[name] = i
			counts = append(counts, count{Table: name})
		}
		counts[i].Rows++
	}
	text, _ := json.Marshal(counts) // of strings and numbers
	return string(text)
}

func (s *database) append(ctx context.Context, entries []*entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.change(ctx, func() error { return s.write(ctx, entries) }); err != nil {
		return err
	}
	s.noteRecords(entries)
	if s.unwiped = s.unwiped || slices.ContainsFunc(entries, removesSecrets); s.unwiped {
		s.wipe(ctx)
	}
	return nil
}

func (s *database) write(ctx context.Context, entries []*entry) error {
	if err := s.writeContent(ctx, entries); err != nil {
		return err
	}
	var audits, logs []any
	audit := s.lastAudit
	for _, e := range entries {
		if e.records.Audit != nil {
			audit++
			audits = append(audits, auditValues(audit, e.records.Audit)...)
		}
		if e.records.Log != nil {
			values, err := logValues(e.records.Log)
			if err != nil {
				return err
			}
			logs = append(logs, values...)
		}
	}
	if err := s.many(ctx, "INSERT INTO audit ("+auditColumns+") VALUES ", "", auditWidth, audits); err != nil {
		return err
	}
	return s.many(ctx, "INSERT INTO transaction_log ("+logColumns+") VALUES ", logAgain, logWidth, logs)
}

// writeContent writes the rows that commits changed, and their revisions.
func (s *database) writeContent(ctx context.Context, entries []*entry) error {
	var (
		changed   rows
		revisions []any
	)
	for _, e := range entries {
		if e.number == 0 {
			continue
		}
		history, err := "", error(nil)
		if len(e.changes) > MaxHistory {
			history = counted(e.changes)
			if err = s.putRows(ctx, changed.all); err == nil {
				err = s.stream(ctx, e)
			}
			changed = rows{}
		} else {
			history, err = changed.encode(e)
		}
		if err != nil {
			return err
		}
		revisions = append(revisions, int64(e.number), e.at.Format(timeForm), e.records.TransactionID, s.engine, e.records.Controller, history)
	}
	if err := s.putRows(ctx, changed.all); err != nil {
		return err
	}
	return s.many(ctx, "INSERT INTO revision (number, at, transaction_id, engine, controller, changes) VALUES ", "", 6, revisions)
}

// stream writes the rows of a large commit without having all of them encoded
// at a time.
func (s *database) stream(ctx context.Context, e *entry) error {
	for part := range slices.Chunk(e.changes, 64*16) {
		some := make([]written, 0, len(part))
		for _, c := range part {
			row, err := encoded(e.number, c)
			if err != nil {
				return err
			}
			some = append(some, row)
		}
		if err := s.putRows(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// putRows writes rows of the content: those that are there in one kind of
// statement, those that are gone in another.
func (s *database) putRows(ctx context.Context, rows []written) error {
	present := make([]any, 0, 4*len(rows))
	for _, row := range rows {
		if row.value != nil {
			present = append(present, row.table, row.key, int64(row.revision), string(row.value))
			continue
		}
		if err := s.exec(ctx, "DELETE FROM content WHERE tbl = ? AND key = ?", row.table, row.key); err != nil {
			return err
		}
	}
	return s.many(ctx, "INSERT OR REPLACE INTO content (tbl, key, revision, value) VALUES ", "", 4, present)
}

// many inserts any number of rows of a width by few statements, of which there
// are few texts.
func (s *database) many(ctx context.Context, insert, end string, width int, values []any) error {
	for _, rows := range []int{64, 8, 1} {
		if len(values) < rows*width {
			continue
		}
		one := "(" + strings.Repeat("?, ", width-1) + "?)"
		query := insert + one + strings.Repeat(", "+one, rows-1) + end
		for len(values) >= rows*width {
			if err := s.exec(ctx, query, values[:rows*width]...); err != nil {
				return err
			}
			values = values[rows*width:]
		}
	}
	return nil
}

// wipe makes what secure_delete overwrote in the file gone from the WAL too.
// While a reader or a backup holds the WAL it is put off until the next write
// or the next sweep.
func (s *database) wipe(ctx context.Context) {
	var busy, frames, moved int
	err := s.exec(ctx, "PRAGMA busy_timeout = 50") // commits wait meanwhile
	if err == nil {
		err = s.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
	}
	s.unwiped = err != nil || busy != 0
	if err == nil {
		err = s.exec(ctx, "PRAGMA busy_timeout = 5000")
	}
	if err != nil {
		s.logger.Warn("write-ahead log was not emptied of removed secrets yet", "path", s.path, "error", err)
	}
}

// noteRecords keeps up what is known about the records, after they are written.
func (s *database) noteRecords(entries []*entry) {
	for _, e := range entries {
		if e.number != 0 {
			s.revisions.Add(1)
		}
		if e.records.Audit != nil {
			s.lastAudit++
			s.audits.Add(1)
		}
		if l := e.records.Log; l != nil {
			if !s.running[l.ID] {
				s.logs.Add(1)
			}
			delete(s.running, l.ID)
			if l.State == TransactionRunning {
				s.running[l.ID] = true
			}
		}
	}
}

func auditValues(id int64, a *AuditRow) []any {
	return []any{
		id, a.TransactionID, a.ClientID, a.Caller, a.Organization, ldappath.Fold(a.Organization), a.Namespace, a.Procedure,
		micros(a.At), a.Duration.Microseconds(), int64(a.Code), a.Description, a.Request, a.Steps,
	}
}

func logValues(l *LoggedTransaction) ([]any, error) {
	steps := "[]"
	if len(l.Steps) > 0 {
		text, err := json.Marshal(l.Steps)
		if err != nil {
			return nil, fmt.Errorf("steps of transaction %s: %w", l.ID, err)
		}
		steps = string(text)
	}
	return []any{l.ID, l.ClientID, l.Caller, l.Namespace, l.Procedure, l.QueueID, string(l.State), int64(l.Code), micros(l.Started), micros(l.Ended), l.Request, steps}, nil
}

// micros is a time as the records keep it; 0 is the zero time.
func micros(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}

func fromMicros(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMicro(at).UTC()
}
