package hsphere

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
)

// ErrNotAPanel is that a database or folder lacks what H-Sphere has: a table, a
// column, or the types of hosted Exchange.
var ErrNotAPanel = errors.New("this is not a database of H-Sphere with hosted Exchange")

// Panel is H-Sphere's database, or a folder with files of its tables. It is not
// safe for concurrent use.
type Panel struct {
	source source
	opened Opened
}

// source is where rows come from. Sequences end after their first error.
type source interface {
	// organizations are in the order of their ids, with the columns of
	// organizationColumns.
	organizations(ctx context.Context) iter.Seq2[row, error]
	// rows are in the order of their owners, and of the ids below each.
	rows(ctx context.Context, t *table) iter.Seq2[row, error]
	// settings are name, value and reseller_id.
	settings(ctx context.Context) iter.Seq2[row, error]
	// counts are of organizations and users.
	counts(ctx context.Context) (Counts, error)
	close() error
}

// organizationColumns are those of he_bizorg and, after them, of the account.
var organizationColumns = table{name: organizationTable, columns: []string{
	"name", "description", "available_plans", "account_id", "suspended", "deleted", "reseller_id",
}}

var settingColumns = table{name: settingTable, columns: []string{"name", "value"}}

// Open opens a panel: a URL that begins with postgres:// or postgresql://, else a
// folder. What a URL leaves out, PostgreSQL's variables and files tell
// (PGPASSWORD, PGPASSFILE, PGSSLMODE). Errors hold no password.
func Open(ctx context.Context, location string) (*Panel, error) {
	if isURL(location) {
		return openDatabase(ctx, location)
	}
	return openFolder(location)
}

func isURL(location string) bool {
	return strings.HasPrefix(location, "postgres://") || strings.HasPrefix(location, "postgresql://")
}

// Close ends the transaction, or closes the files.
func (p *Panel) Close() error { return p.source.close() }

// Opened tells which panel this is.
func (p *Panel) Opened() Opened { return p.opened }

// Counts tells how much there is.
func (p *Panel) Counts(ctx context.Context) (Counts, error) { return p.source.counts(ctx) }

// Settings returns the settings of each reseller that has any.
func (p *Panel) Settings(ctx context.Context) (map[int64]Settings, error) {
	found := map[int64]Settings{}
	for r, err := range p.source.settings(ctx) {
		if err != nil {
			return nil, err
		}
		s := found[r.owner]
		s.Reseller = r.owner
		value := strings.TrimSpace(settingColumns.text(&r, "value"))
		switch settingColumns.text(&r, "name") {
		case settingBase:
			s.Base = value
		case settingController:
			s.Controller = value
		}
		found[r.owner] = s
	}
	return found, nil
}

// Organizations walks through the organizations in the order of their ids, each
// whole. Rows that belong to no organization are handed to stray, which may be
// nil. A sequence ends after its first error.
func (p *Panel) Organizations(ctx context.Context, stray func(Problem)) iter.Seq2[*Organization, error] {
	return func(yield func(*Organization, error) bool) {
		w := newWalk(ctx, p.source, stray)
		defer w.stop()
		for r, err := range p.source.organizations(ctx) {
			var o *Organization
			if err == nil {
				o, err = w.organization(&r)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(o, nil) {
				return
			}
		}
		if err := w.finish(); err != nil {
			yield(nil, err)
		}
	}
}

// walk reads all tables side by side.
type walk struct {
	stray   func(Problem)
	streams []*stream
	quotas, publics, folders, domains, users, addresses,
	contacts, lists, members *stream
}

func newWalk(ctx context.Context, from source, stray func(Problem)) *walk {
	if stray == nil {
		stray = func(Problem) {}
	}
	w := &walk{stray: stray}
	open := func(t *table) *stream {
		s := &stream{table: t}
		s.next, s.stop = iter.Pull2(from.rows(ctx, t))
		w.streams = append(w.streams, s)
		return s
	}
	w.quotas, w.publics, w.folders, w.domains = open(&mailTable), open(&publicTable), open(&folderTable), open(&domainTable)
	w.users, w.addresses, w.contacts = open(&userTable), open(&addressTable), open(&contactTable)
	w.lists, w.members = open(&listTable), open(&memberTable)
	return w
}

func (w *walk) stop() {
	for _, s := range w.streams {
		s.stop()
	}
}

// finish hands out what belongs to organizations after the last one.
func (w *walk) finish() error {
	for _, s := range w.streams {
		for {
			r, err := s.peek()
			if err != nil {
				return err
			}
			if r == nil {
				break
			}
			w.lost(s.table, r)
			s.held = nil
		}
	}
	return nil
}

func (w *walk) lost(t *table, r *row) {
	text := "it belongs to no organization"
	if r.owner != 0 {
		text = fmt.Sprintf("it belongs to the organization %d, which has no row in %s", r.owner, organizationTable)
	}
	w.stray(Problem{t.name, r.id, text})
}

// of returns the rows of an organization; those of organizations before it that
// nobody asked for are strays.
func (w *walk) of(s *stream, owner int64) iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		for {
			r, err := s.peek()
			switch {
			case err != nil:
				yield(nil, err)
				return
			case r == nil || r.owner > owner:
				return
			}
			s.held = nil
			if r.owner < owner {
				w.lost(s.table, r)
				continue
			}
			if !yield(r, nil) {
				return
			}
		}
	}
}

// stream is a table that is being read.
type stream struct {
	table *table
	next  func() (row, error, bool)
	stop  func()
	held  *row
	done  bool
}

// peek returns the next row and keeps it; nil after the last.
func (s *stream) peek() (*row, error) {
	if s.held != nil || s.done {
		return s.held, nil
	}
	r, err, ok := s.next()
	if !ok {
		s.done = true
		return nil, nil
	}
	if err != nil {
		s.done = true
		return nil, err
	}
	s.held = &r
	return s.held, nil
}
