package ledger

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"wsexchange/internal/ldappath"
)

// newMark makes the mark of a revision or of an audit row, by which it is found
// again after its commit was cut off.
func newMark() string { return rand.Text() }

// append writes entries. Revisions are written through the session that has the
// lock, records alone through any connection.
func (p *postgres) append(ctx context.Context, entries []*entry) error {
	marks := make([]string, len(entries)) // of the audit rows
	for i := range marks {
		marks[i] = newMark()
	}
	w := writing{p: p, entries: entries, marks: marks}
	if slices.ContainsFunc(entries, func(e *entry) bool { return e.number != 0 }) {
		return w.revisions(ctx)
	}
	return p.retry(ctx, func() error {
		conn, err := p.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		_, err = w.transaction(ctx, conn.Conn())
		return err
	})
}

// writing is a batch that is being written.
type writing struct {
	p       *postgres
	entries []*entry
	marks   []string
}

// revisions writes a batch with revisions. If the session is lost, it is asked
// of another whether the commit was made; if not, the batch is written again,
// unless another engine has committed meanwhile. A commit whose outcome is not
// known is asked for as long as it takes.
func (w *writing) revisions(ctx context.Context) error {
	p := w.p
	p.mu.Lock()
	defer p.mu.Unlock()
	began, unknown := time.Now(), false
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		made, sent, err := w.attempt(ctx)
		unknown = unknown && !errors.Is(err, errOvertaken) || sent
		switch {
		case made:
			return nil
		case !passes(err):
			return err
		case !unknown && time.Since(began) > patience:
			return err
		}
		if !p.pause(ctx, wait) {
			if unknown {
				return unknownOutcome(w.entries, err)
			}
			return err
		}
	}
}

// attempt writes a batch once, or finds it written. sent reports that the
// commit was asked for, so that it may have been made.
func (w *writing) attempt(ctx context.Context) (made, sent bool, err error) {
	p := w.p
	if p.session == nil || !p.locked.Load() {
		last, err := p.acquire(ctx)
		if err != nil {
			return false, false, err
		}
		if made, err := w.stands(ctx, last); made || err != nil {
			return made, false, err
		}
	}
	sent, err = w.transaction(ctx, p.session)
	if err != nil && passes(err) {
		p.drop()
	}
	return err == nil, sent, err
}

// stands reports whether the batch is among the revisions, or fails if it can
// not be any more. It is called with the lock: what others had begun has ended.
func (w *writing) stands(ctx context.Context, last position) (made bool, err error) {
	first := w.first()
	if last.number >= first.number {
		mark := ""
		err := w.p.session.QueryRow(ctx, "SELECT mark FROM revision WHERE number = $1", int64(first.number)).Scan(&mark)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			w.p.drop()
			return false, err
		}
		if mark == first.mark {
			return true, nil
		}
	}
	if last.number+1 != first.number || last.mark != first.before {
		return false, errOvertaken
	}
	return false, nil
}

func (w *writing) first() *entry {
	return w.entries[slices.IndexFunc(w.entries, func(e *entry) bool { return e.number != 0 })]
}

// transaction writes the batch in a transaction of the database. sent reports
// that its commit was asked for.
func (w *writing) transaction(ctx context.Context, conn *pgx.Conn) (sent bool, err error) {
	defer func() {
		if err != nil && !conn.IsClosed() && conn.PgConn().TxStatus() != 'I' {
			_, _ = conn.Exec(ctx, "ROLLBACK") // if it fails the connection is lost
		}
	}()
	out := &pgx.Batch{}
	out.Queue("BEGIN")
	if out, err = w.content(ctx, conn, out); err != nil {
		return false, err
	}
	if err := w.records(out); err != nil {
		return false, err
	}
	if err := conn.SendBatch(ctx, out).Close(); err != nil {
		return false, err
	}
	tag, err := conn.Exec(ctx, "COMMIT")
	if err == nil && tag.String() != "COMMIT" {
		err = fmt.Errorf("the transaction ended with %s", tag)
	}
	if err == nil {
		w.p.noteWritten(w.entries)
	}
	return true, err
}

// content adds the rows that commits changed, and their revisions. Those of a
// large commit are sent at once.
func (w *writing) content(ctx context.Context, conn *pgx.Conn, out *pgx.Batch) (*pgx.Batch, error) {
	var changed rows
	last := uint64(0)
	for _, e := range w.entries {
		if e.number == 0 {
			continue
		}
		last = e.number
		history, err := "", error(nil)
		if len(e.changes) > MaxHistory {
			history = counted(e.changes)
			queueRows(out, changed.all)
			changed = rows{}
			out, err = stream(ctx, conn, out, e)
		} else {
			history, err = changed.encode(e)
		}
		if err != nil {
			return nil, refusal{err}
		}
		out.Queue("INSERT INTO revision (number, mark, at, transaction_id, engine, controller, changes) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			int64(e.number), e.mark, e.at, storable(e.records.TransactionID), w.p.engine, storable(e.records.Controller), history)
	}
	queueRows(out, changed.all)
	if last != 0 {
		out.Queue("SELECT pg_notify($1, $2)", w.p.channel(), fmt.Sprint(last))
	}
	return out, nil
}

// stream sends the rows of a large commit without having all of them encoded at
// a time, and returns a batch for what comes after.
func stream(ctx context.Context, conn *pgx.Conn, out *pgx.Batch, e *entry) (*pgx.Batch, error) {
	for part := range slices.Chunk(e.changes, 64*16) {
		some := make([]written, 0, len(part))
		for _, c := range part {
			row, err := encoded(e.number, c)
			if err != nil {
				return nil, err
			}
			some = append(some, row)
		}
		queueRows(out, some)
		if err := conn.SendBatch(ctx, out).Close(); err != nil {
			return nil, err
		}
		out = &pgx.Batch{}
	}
	return out, nil
}

// queueRows adds rows of the content: those that are there, and those that are
// gone.
func queueRows(out *pgx.Batch, all []written) {
	var present, gone columns
	for _, row := range all {
		if row.value == nil {
			gone.add(row)
			continue
		}
		present.add(row)
	}
	if len(present.keys) > 0 {
		out.Queue("INSERT INTO content (tbl, key, revision, value) SELECT t, k, r, v::json FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[])"+
			" AS row (t, k, r, v) ON CONFLICT (tbl, key) DO UPDATE SET revision = excluded.revision, value = excluded.value",
			present.tables, present.keys, present.revisions, present.values)
	}
	if len(gone.keys) > 0 {
		out.Queue("DELETE FROM content WHERE (tbl, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))", gone.tables, gone.keys)
		out.Queue("INSERT INTO gone (tbl, key, revision) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])"+
			" ON CONFLICT (tbl, key) DO UPDATE SET revision = excluded.revision", gone.tables, gone.keys, gone.revisions)
	}
}

// columns are rows of the content, column by column.
type columns struct {
	tables, keys []string
	revisions    []int64
	values       []string
}

func (c *columns) add(row written) {
	c.tables, c.keys = append(c.tables, row.table), append(c.keys, row.key)
	c.revisions, c.values = append(c.revisions, int64(row.revision)), append(c.values, string(row.value))
}

// records adds audit rows and logged transactions. Written again, they are the
// same rows.
func (w *writing) records(out *pgx.Batch) error {
	for i, e := range w.entries {
		if a := e.records.Audit; a != nil {
			out.Queue("INSERT INTO audit (mark, engine, transaction_id, client_id, caller, organization, org_key, namespace, procedure, at, duration_us, code,"+
				" description, request, steps) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (mark) DO NOTHING",
				w.marks[i], w.p.engine, storable(a.TransactionID), storable(a.ClientID), storable(a.Caller), storable(a.Organization),
				storable(ldappath.Fold(a.Organization)), storable(a.Namespace), storable(a.Procedure), micros(a.At), a.Duration.Microseconds(),
				int64(a.Code), storable(a.Description), storable(a.Request), storable(a.Steps))
		}
		if e.records.Log == nil {
			continue
		}
		values, err := logValues(e.records.Log)
		if err != nil {
			return refusal{err}
		}
		for j, value := range values {
			if text, ok := value.(string); ok {
				values[j] = storable(text)
			}
		}
		out.Queue("INSERT INTO transaction_log ("+logColumns+", owner, engine) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"+
			logAgain+", owner = excluded.owner, engine = excluded.engine", append(values, w.p.owner(), w.p.engine)...)
	}
	return nil
}

// storable returns a text as PostgreSQL takes it: without NUL, in UTF-8.
func storable(text string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\ufffd")
}

// noteWritten keeps up what is known about sizes until they are counted again.
func (p *postgres) noteWritten(entries []*entry) {
	for _, e := range entries {
		if e.number != 0 {
			p.revisions.Add(1)
		}
		if e.records.Audit != nil {
			p.audits.Add(1)
		}
		if l := e.records.Log; l != nil && l.State != TransactionRunning {
			p.logs.Add(1)
		}
	}
}
