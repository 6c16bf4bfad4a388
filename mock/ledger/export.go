package ledger

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"wsexchange/mock/state"
)

// What the first line of an export says of its format.
const (
	ExportFormat  = "mockmpf-state"
	ExportVersion = 1
)

// MaxExportLine is how long a line of an export may be, in bytes.
const MaxExportLine = 16 << 20

// Source is what can be exported. *Store is one, of its last written root;
// Content makes one of a root.
type Source interface {
	Root() *state.Root
	Installation() string
}

// Content returns the source of a root that belongs to no installation.
func Content(root *state.Root) Source { return content{root} }

type content struct{ root *state.Root }

func (c content) Root() *state.Root    { return c.root }
func (c content) Installation() string { return "" }

// exportHeader is the first line of an export.
type exportHeader struct {
	Format       string   `json:"format"`
	Version      int      `json:"version"`
	Installation string   `json:"installation,omitempty"`
	Revision     uint64   `json:"revision"`
	Tables       []string `json:"tables"`
}

// exportLine is any other line: a row, or, last, the counts.
type exportLine struct {
	Table string          `json:"table,omitempty"`
	Key   string          `json:"key,omitempty"`
	Row   json.RawMessage `json:"row,omitempty"`
	End   *exportEnd      `json:"end,omitempty"`
}

type exportEnd struct {
	Rows   int            `json:"rows"`
	Tables map[string]int `json:"tables"` // rows by table
}

// Export writes the content of a source as lines of JSON: a header, the rows
// in the order of tables and keys, and the counts of rows at the end. Hashes of
// passwords and other secrets are among them.
func Export(ctx context.Context, from Source, w io.Writer) error {
	root := from.Root()
	head := exportHeader{Format: ExportFormat, Version: ExportVersion, Installation: from.Installation(), Revision: root.Revision(), Tables: []string{}}
	for _, table := range root.Schema().Tables() {
		if !table.Ephemeral() {
			head.Tables = append(head.Tables, table.Name())
		}
	}
	buffered := bufio.NewWriter(w)
	lines := json.NewEncoder(buffered)
	lines.SetEscapeHTML(false)
	if err := lines.Encode(head); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	end := exportEnd{Tables: make(map[string]int)}
	err := root.Rows(func(table, key string, value []byte) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		end.Rows++
		end.Tables[table]++
		return lines.Encode(exportLine{Table: table, Key: key, Row: value})
	})
	if err == nil {
		err = lines.Encode(exportLine{End: &end})
	}
	if err == nil {
		err = buffered.Flush()
	}
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

// Import reads what Export wrote and returns it as a root of the schema, of
// revision 0. A stream that is truncated, that has a line longer than
// MaxExportLine, a table that the schema does not know, a row twice or under a
// key of another row, is refused with the number of the line.
func Import(ctx context.Context, schema *state.Schema, r io.Reader) (*state.Root, error) {
	in := importer{schema: schema, tx: schema.Root().Begin(state.Env{}), lines: bufio.NewReaderSize(r, 64<<10), counts: make(map[string]int)}
	if err := in.run(ctx); err != nil {
		return nil, fmt.Errorf("import: line %d: %w", in.line, err)
	}
	return in.tx.Root(0), nil
}

type importer struct {
	schema *state.Schema
	tx     *state.Tx
	lines  *bufio.Reader
	line   int
	rows   int
	counts map[string]int
}

func (in *importer) run(ctx context.Context) error {
	if err := in.header(); err != nil {
		return err
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		text, err := in.next()
		if errors.Is(err, io.EOF) {
			return errors.New("the stream ends before its last line: it is truncated")
		}
		if err != nil {
			return err
		}
		var line exportLine
		if err := strict(text, &line); err != nil {
			return err
		}
		if line.End != nil {
			return in.end(line)
		}
		if err := in.row(line); err != nil {
			return err
		}
	}
}

func (in *importer) header() error {
	text, err := in.next()
	if errors.Is(err, io.EOF) {
		return errors.New("the stream is empty")
	}
	if err != nil {
		return err
	}
	var head exportHeader
	if err := json.Unmarshal(text, &head); err != nil || head.Format != ExportFormat {
		return fmt.Errorf("not an export of the emulator's state: the first line has no format %q", ExportFormat)
	}
	if head.Version != ExportVersion {
		return fmt.Errorf("format version %d: this program reads version %d", head.Version, ExportVersion)
	}
	for _, name := range head.Tables {
		if in.schema.Table(name) == nil {
			return fmt.Errorf("table %q is not known to this program", name)
		}
	}
	return nil
}

func (in *importer) row(line exportLine) error {
	if len(line.Row) == 0 || line.Table == "" {
		return errors.New("neither a row nor the end")
	}
	if table := in.schema.Table(line.Table); table != nil && table.Ephemeral() {
		return fmt.Errorf("table %q is kept in memory alone", line.Table)
	}
	known, err := in.tx.Load(line.Table, line.Row)
	if !known {
		return fmt.Errorf("table %q is not known to this program", line.Table)
	}
	if err != nil {
		return fmt.Errorf("table %s, key %q: %w", line.Table, line.Key, err)
	}
	changes := in.tx.Changes()
	in.tx.ForgetChanges()
	if len(changes) != 1 || changes[0].KeyText() != line.Key {
		return fmt.Errorf("table %s, key %q: the row has another key", line.Table, line.Key)
	}
	if changes[0].Before != nil {
		return fmt.Errorf("table %s, key %q: the row is there twice", line.Table, line.Key)
	}
	in.rows++
	in.counts[line.Table]++
	return nil
}

func (in *importer) end(line exportLine) error {
	if line.Table != "" || line.Key != "" || line.Row != nil {
		return errors.New("both a row and the end")
	}
	if line.End.Rows != in.rows {
		return fmt.Errorf("%d rows were read, the end says %d", in.rows, line.End.Rows)
	}
	for name, rows := range line.End.Tables {
		if in.counts[name] != rows {
			return fmt.Errorf("table %s: %d rows were read, the end says %d", name, in.counts[name], rows)
		}
	}
	_, err := in.next()
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	}
	return errors.New("something follows the end")
}

// next reads a line; io.EOF if there is none. A line without its newline is
// returned as it is: only the last may be.
func (in *importer) next() ([]byte, error) {
	var line []byte
	for {
		part, err := in.lines.ReadSlice('\n')
		if len(line)+len(part) > MaxExportLine {
			in.line++
			return nil, fmt.Errorf("longer than %d bytes", MaxExportLine)
		}
		line = append(line, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(line) > 0, err == nil:
			in.line++
			return line, nil
		}
		return nil, err
	}
}

// strict decodes one JSON value, whose fields must all be known.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("not a line of an export: %w", err)
	}
	if d.More() {
		return errors.New("not a line of an export: more than one value")
	}
	return nil
}
