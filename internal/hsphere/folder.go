package hsphere

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"wsexchange/internal/secret"
)

// longestRecord bounds a record of a file, in bytes.
const longestRecord = 1 << 20

// folder reads CSV files with a line of column names, TABLE.csv for each table.
// Of most tables it keeps in memory where their rows are, and reads them there
// when their turn comes.
type folder struct {
	path     string
	types    map[string]kind // by the id in type_name
	parents  map[child]parent
	accounts map[int64]account
}

// child is one side of a row of parent_child, parent the other.
type child struct {
	kind kind
	id   int64
}

type parent struct {
	child
	account int64
}

type account struct{ reseller, suspended, deleted string }

func openFolder(path string) (*Panel, error) {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a folder, nor an address that begins with postgres://", path)
	}
	if err != nil {
		return nil, fmt.Errorf("panel: %w", err)
	}
	f := &folder{path: path}
	err = f.readTypes()
	if err == nil {
		err = f.readParents()
	}
	if err == nil {
		err = f.readAccounts()
	}
	if err != nil {
		return nil, fmt.Errorf("panel: %w", err)
	}
	return &Panel{source: f, opened: Opened{Source: path, At: time.Now()}}, nil
}

// close has nothing to close: files are open only while they are read.
func (f *folder) close() error { return nil }

func (f *folder) readTypes() error {
	f.types = map[string]kind{}
	found := false
	err := f.scan(typeTable, []string{"id", "name"}, func(r record) error {
		if name := kind(strings.TrimSpace(r.fields[1])); slices.Contains(kinds, name) {
			f.types[strings.TrimSpace(r.fields[0])] = name
			found = found || name == kindOrganization
		}
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("%w: %s does not know %s", ErrNotAPanel, typeTable, kindOrganization)
	}
	return err
}

func (f *folder) readParents() error {
	f.parents = map[child]parent{}
	return f.scan(parentTable, []string{"account_id", "child_id", "child_type", "parent_id", "parent_type"}, func(r record) error {
		of, ok := f.types[strings.TrimSpace(r.fields[2])]
		if !ok {
			return nil // of what is not Exchange
		}
		numbers := make([]int64, 0, 3)
		for _, i := range []int{0, 1, 3} {
			n, err := number(r.fields[i])
			if err != nil {
				return err
			}
			numbers = append(numbers, n)
		}
		above := parent{child{f.types[strings.TrimSpace(r.fields[4])], numbers[2]}, numbers[0]}
		f.parents[child{of, numbers[1]}] = above
		if above.kind != kindOrganization {
			return nil
		}
		if own := (child{kindOrganization, above.id}); f.parents[own].account == 0 {
			f.parents[own] = parent{account: above.account}
		}
		return nil
	})
}

func (f *folder) readAccounts() error {
	used := map[int64]bool{}
	for c, p := range f.parents {
		if c.kind == kindOrganization {
			used[p.account] = true
		}
	}
	f.accounts = make(map[int64]account, len(used))
	return f.scan(accountTable, []string{"id", "suspended", "deleted", "reseller_id"}, func(r record) error {
		id, err := number(r.fields[0])
		if err == nil && used[id] {
			f.accounts[id] = account{strings.Clone(r.fields[3]), strings.Clone(r.fields[1]), strings.Clone(r.fields[2])}
		}
		return err
	})
}

// owner returns the organization that a row belongs to, 0 if none.
func (f *folder) owner(of kind, id int64) int64 {
	p := f.parents[child{of, id}]
	if of == kindFolder {
		if p.kind != kindPublicStore {
			return 0
		}
		p = f.parents[p.child]
	}
	if p.kind != kindOrganization {
		return 0
	}
	return p.id
}

// place is where a row is in its file.
type place struct {
	owner, id     int64
	offset, bytes int64
}

func (f *folder) organizations(context.Context) iter.Seq2[row, error] {
	t := &table{name: organizationTable, kind: kindOrganization, columns: organizationColumns.columns[:3]}
	return func(yield func(row, error) bool) {
		for r, err := range f.indexed(t, func(int64) (int64, bool) { return 0, true }) {
			if err == nil {
				id := f.parents[child{kindOrganization, r.id}].account
				a, known := f.accounts[id]
				shown := ""
				if known {
					shown = fmt.Sprint(id)
				}
				r.fields = append(r.fields, shown, a.suspended, a.deleted, a.reseller)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

func (f *folder) rows(_ context.Context, t *table) iter.Seq2[row, error] {
	if t.kind == kindFolder {
		return f.folders
	}
	return f.indexed(t, func(id int64) (int64, bool) {
		_, is := f.parents[child{t.kind, id}]
		return f.owner(t.kind, id), is || !t.inner
	})
}

// folders are the public folders, of which there is no table.
func (f *folder) folders(yield func(row, error) bool) {
	var found []row
	for c := range f.parents {
		if c.kind == kindFolder {
			found = append(found, row{owner: f.owner(kindFolder, c.id), id: c.id})
		}
	}
	slices.SortFunc(found, func(a, b row) int { return cmp.Or(cmp.Compare(a.owner, b.owner), cmp.Compare(a.id, b.id)) })
	for _, r := range found {
		if !yield(r, nil) {
			return
		}
	}
}

// indexed returns the rows of a table in the order of their owners and ids.
// owner returns the owner of a row by its id, and false for rows to be left out.
func (f *folder) indexed(t *table, owner func(id int64) (int64, bool)) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		var places []place
		err := f.scan(t.name, []string{"id"}, func(r record) error {
			id, err := number(r.fields[0])
			if of, is := owner(id); err == nil && is {
				places = append(places, place{of, id, r.offset, r.bytes})
			}
			return err
		})
		if err != nil {
			yield(row{}, err)
			return
		}
		slices.SortStableFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.owner, b.owner), cmp.Compare(a.id, b.id)) })
		if err := f.readPlaces(t, places, yield); err != nil {
			yield(row{}, err)
		}
	}
}

// readPlaces reads rows where they are.
func (f *folder) readPlaces(t *table, places []place, yield func(row, error) bool) error {
	columns := t.columns
	if t.secret != "" {
		columns = append(slices.Clone(columns), t.secret)
	}
	file, err := f.file(t.name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	_, at, err := f.header(file, columns)
	if err != nil {
		return err
	}
	var buffer []byte
	for _, p := range places {
		buffer = slices.Grow(buffer[:0], int(p.bytes))[:p.bytes]
		if _, err := file.ReadAt(buffer, p.offset); err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
		fields, err := newReader(bytes.NewReader(buffer)).Read()
		if err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
		r := row{owner: p.owner, id: p.id, fields: make([]string, 0, len(t.columns))}
		for i, column := range at {
			text := ""
			if column < len(fields) {
				text = decoded(fields[column])
			}
			if i == len(t.columns) {
				r.secret = secretText{secret.New(text)}
				continue
			}
			r.fields = append(r.fields, text)
		}
		if !yield(r, nil) {
			return nil
		}
	}
	return nil
}

func (f *folder) settings(context.Context) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		stop := errors.New("stop")
		err := f.scan(settingTable, []string{"reseller_id", "name", "value"}, func(r record) error {
			if r.fields[1] != settingBase && r.fields[1] != settingController {
				return nil
			}
			reseller, err := number(r.fields[0])
			if err != nil {
				return err
			}
			if !yield(row{owner: reseller, fields: []string{r.fields[1], decoded(r.fields[2])}}, nil) {
				return stop
			}
			return nil
		})
		if err != nil && !errors.Is(err, stop) {
			yield(row{}, err)
		}
	}
}

func (f *folder) counts(context.Context) (Counts, error) {
	var c Counts
	return c, errors.Join(
		f.scan(organizationTable, []string{"id"}, func(record) error { c.Organizations++; return nil }),
		f.scan(userTable.name, []string{"id"}, func(record) error { c.Users++; return nil }),
	)
}

// record is a row of a file while it is being scanned.
type record struct {
	fields        []string // of the columns asked for; valid until the next record
	offset, bytes int64
}

// scan reads a file from its beginning and calls a function with the named
// columns of each record.
func (f *folder) scan(name string, columns []string, each func(record) error) error {
	file, err := f.file(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	reader, at, err := f.header(file, columns)
	if err != nil {
		return err
	}
	r := record{fields: make([]string, len(columns))}
	for {
		r.offset = reader.InputOffset()
		fields, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", file.Name(), err)
		}
		r.bytes = reader.InputOffset() - r.offset
		for i, column := range at {
			r.fields[i] = ""
			if column < len(fields) {
				r.fields[i] = fields[column]
			}
		}
		if err := each(r); err != nil {
			return fmt.Errorf("%s: at byte %d: %w", file.Name(), r.offset, err)
		}
	}
}

func (f *folder) file(name string) (*os.File, error) {
	file, err := os.Open(filepath.Join(f.path, name+".csv"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: there is no file %s.csv", ErrNotAPanel, name)
	}
	return file, err
}

// header reads the first line, and returns the reader of the rest and where the
// columns are in each record.
func (f *folder) header(file *os.File, columns []string) (*reader, []int, error) {
	r := newReader(file)
	names, err := r.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: the line of column names: %w", file.Name(), err)
	}
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	at := make([]int, 0, len(columns))
	for _, column := range columns {
		i := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), column) })
		if i < 0 {
			return nil, nil, fmt.Errorf("%w: %s has no column %s", ErrNotAPanel, file.Name(), column)
		}
		at = append(at, i)
	}
	return r, at, nil
}

// errLong is that a record is longer than longestRecord.
var errLong = fmt.Errorf("a record is longer than %d bytes", longestRecord)

// reader reads records of bounded length.
type reader struct {
	*csv.Reader
	from *bounded
}

func newReader(r io.Reader) *reader {
	from := &bounded{from: r}
	c := csv.NewReader(from)
	c.FieldsPerRecord, c.ReuseRecord, c.LazyQuotes = -1, true, false
	return &reader{c, from}
}

// Read reads a record, which is valid until the next one.
func (r *reader) Read() ([]string, error) {
	r.from.left = longestRecord
	return r.Reader.Read()
}

// bounded ends with an error when more than what is left is read at one go.
type bounded struct {
	from io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, errLong
	}
	n, err := b.from.Read(p)
	b.left -= n
	return n, err
}
