package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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

// batchOf is what the entries of a batch write, encoded. Of a row that several
// changed only the last value is written.
type batchOf struct {
	at        map[rowKey]int // in rows
	rows      []written
	histories []string // of the entries, empty where nothing changed
	secrets   bool     // secret rows were deleted
}

func encode(entries []*entry) (*batchOf, error) {
	b := &batchOf{at: make(map[rowKey]int), histories: make([]string, len(entries))}
	for i, e := range entries {
		if e.number == 0 {
			continue
		}
		var h history
		for _, c := range e.changes {
			if err := b.add(e, c, &h); err != nil {
				return nil, fmt.Errorf("table %s, key %q: %w", c.Table.Name(), c.KeyText(), err)
			}
		}
		if len(e.changes) > MaxHistory {
			b.histories[i] = counted(e.changes)
			continue
		}
		b.histories[i] = h.text()
	}
	return b, nil
}

func (b *batchOf) add(e *entry, c state.Change, h *history) error {
	key := rowKey{c.Table.Name(), c.KeyText()}
	after, err := c.Encoded()
	if err != nil {
		return err
	}
	b.secrets = b.secrets || c.Table.Secret() && c.After == nil
	row := written{rowKey: key, revision: e.number, value: after}
	if at, ok := b.at[key]; ok {
		b.rows[at] = row
	} else {
		b.at[key] = len(b.rows)
		b.rows = append(b.rows, row)
	}
	if len(e.changes) > MaxHistory {
		return nil
	}
	if c.Table.Secret() {
		return h.add(key, nil, nil)
	}
	before, err := c.EncodedBefore()
	if err != nil {
		return err
	}
	return h.add(key, before, after)
}

// history is the JSON of what a commit changed.
type history struct{ bytes.Buffer }

// add writes a row as {table, key, before, after}. Rows of secret tables come
// without before and after: they are named alone.
func (h *history) add(key rowKey, before, after []byte) error {
	table, err := json.Marshal(key.table)
	if err != nil {
		return err
	}
	text, err := json.Marshal(key.key)
	if err != nil {
		return err
	}
	if h.Len() == 0 {
		h.WriteByte('[')
	} else {
		h.WriteByte(',')
	}
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
	return nil
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
	encoded, err := encode(entries)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.change(ctx, func() error { return s.write(ctx, entries, encoded) }); err != nil {
		return err
	}
	s.noteRecords(entries)
	if s.unwiped = s.unwiped || encoded.secrets; s.unwiped {
		s.wipe(ctx)
	}
	return nil
}

func (s *database) write(ctx context.Context, entries []*entry, encoded *batchOf) error {
	var revisions, audits, logs []any
	audit := s.lastAudit
	for i, e := range entries {
		if e.number != 0 {
			revisions = append(revisions, int64(e.number), e.at.Format(timeForm), e.records.TransactionID, s.engine, e.records.Controller, encoded.histories[i])
		}
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
	if err := s.putRows(ctx, encoded.rows); err != nil {
		return err
	}
	if err := s.many(ctx, "INSERT INTO revision (number, at, transaction_id, engine, controller, changes) VALUES ", "", 6, revisions); err != nil {
		return err
	}
	if err := s.many(ctx, "INSERT INTO audit ("+auditColumns+") VALUES ", "", auditWidth, audits); err != nil {
		return err
	}
	return s.many(ctx, "INSERT INTO transaction_log ("+logColumns+") VALUES ", logAgain, logWidth, logs)
}

// putRows writes the rows of the content: those that are there in one kind of
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
// While a reader or a backup holds the WAL it is put off until the next write.
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
		s.logger.Warn("write-ahead log was not emptied of deleted secrets yet", "path", s.path, "error", err)
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
