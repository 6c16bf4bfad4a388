package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// RowChange is a row of a table that a transaction wrote: its columns as text
// before and after. Password hashes are left out; that one changed still
// shows as a change of its table.
type RowChange struct {
	Table  string
	Before map[string]string // nil for a row that is new
	After  map[string]string // nil for a row that is gone
}

// untracked are the tables whose rows tell nothing about objects.
var untracked = append([]string{"counter", "setting", "job", "job_parent"}, logTables...)

// changeTable is where triggers write down what a transaction changes.
const changeTable = "row_change"

// track makes the session write down what its transactions change, if the
// store was opened to do so. Triggers do it, so that the write-down is rolled
// back with what it tells. In memory they belong to the content, so that
// images have them and need not make them anew; those of a file belong to the
// session and leave no trace in it.
func (s *Store) track(ctx context.Context, held *session) error {
	found, err := held.texts(ctx, "SELECT name FROM main.sqlite_master WHERE name = '"+changeTable+"'")
	if err != nil {
		return err
	}
	if len(found) > 0 {
		s.tracking = true
	}
	if len(found) > 0 || !s.tracking {
		return nil
	}
	schema := "main"
	if !s.inMemory {
		schema = "temp"
	}
	columns, err := held.tracked(ctx)
	if err != nil {
		return err
	}
	var script strings.Builder
	script.WriteString("BEGIN; CREATE TABLE " + schema + "." + changeTable + " (seq INTEGER PRIMARY KEY, name TEXT NOT NULL, before TEXT, after TEXT);\n")
	for _, table := range slices.Sorted(maps.Keys(columns)) {
		writeTrackers(&script, schema, table, columns[table])
	}
	script.WriteString("COMMIT")
	if _, err := held.conn.ExecContext(ctx, script.String()); err != nil {
		return fmt.Errorf("tracking of changes: %w", err)
	}
	return nil
}

// tracked gives the tables that are tracked, with their columns in the order in
// which the triggers write them down. Names of columns are not written down:
// triggers are part of every store in memory, and are to be small.
func (c *session) tracked(ctx context.Context) (map[string][]string, error) {
	rows, err := c.texts(ctx, "SELECT m.name || '.' || c.name FROM main.sqlite_master m, pragma_table_info(m.name) c"+
		" WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name NOT IN ('goose_db_version', '"+changeTable+"')"+
		" AND c.name <> 'hash' ORDER BY m.name, c.name")
	columns := make(map[string][]string)
	for _, row := range rows {
		table, column, _ := strings.Cut(row, ".")
		if !slices.Contains(untracked, table) {
			columns[table] = append(columns[table], column)
		}
	}
	return columns, err
}

// writeTrackers writes the triggers of one table.
func writeTrackers(script *strings.Builder, schema, table string, columns []string) {
	list := func(row string) string {
		return "json_array(" + row + "." + strings.Join(columns, ", "+row+".") + ")"
	}
	for _, event := range []struct{ name, before, after string }{
		{"INSERT", "NULL", list("NEW")}, {"UPDATE", list("OLD"), list("NEW")}, {"DELETE", list("OLD"), "NULL"},
	} {
		fmt.Fprintf(script, "CREATE TRIGGER %[5]s.track_%[1]s_%[2]s AFTER %[2]s ON %[1]s BEGIN"+
			" INSERT INTO "+changeTable+" (name, before, after) VALUES ('%[1]s', %[3]s, %[4]s); END;\n",
			table, event.name, event.before, event.after, schema)
	}
}

// texts gives the first column of a query of the session.
func (c *session) texts(ctx context.Context, query string) ([]string, error) {
	rows, err := c.conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var all []string
	for rows.Next() {
		text, err := scanText(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// RowChanges gives what the transaction has written so far, in order, if the
// store was opened with TrackChanges; else nothing. Several changes of one row
// are several entries.
func (t *Tx) RowChanges() ([]RowChange, error) { return t.RowChangesBetween(0, math.MaxInt64) }

// RowChangesBetween gives the part of RowChanges after one LastRowChange and up
// to another.
func (t *Tx) RowChangesBetween(after, upTo int64) ([]RowChange, error) {
	if !t.store.tracking || !t.write {
		return nil, nil
	}
	if t.session.columns == nil {
		columns, err := t.session.tracked(t.run)
		if err != nil {
			return nil, fmt.Errorf("columns of changes: %w", err)
		}
		t.session.columns = columns
	}
	return collect(t, func(row scanner) (RowChange, error) {
		var c RowChange
		var before, after sql.NullString
		err := row.Scan(&c.Table, &before, &after)
		columns := t.session.columns[c.Table]
		if err == nil && before.Valid {
			c.Before, err = rowOf(columns, before.String)
		}
		if err == nil && after.Valid {
			c.After, err = rowOf(columns, after.String)
		}
		return c, err
	}, "SELECT name, before, after FROM "+changeTable+" WHERE seq > ? AND seq <= ? ORDER BY seq", after, upTo)
}

// LastRowChange numbers the last entry of RowChanges, 0 if there is none.
func (t *Tx) LastRowChange() (last int64, err error) {
	if !t.store.tracking || !t.write {
		return 0, nil
	}
	return last, t.row("SELECT coalesce(max(seq), 0) FROM "+changeTable, nil, &last)
}

// rowOf reads a row, without its columns that are NULL. Numbers are kept as
// their texts: they may be longer than what a float64 holds.
func rowOf(columns []string, text string) (map[string]string, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var values []any
	if err := decoder.Decode(&values); err != nil {
		return nil, err
	}
	if len(values) != len(columns) {
		return nil, fmt.Errorf("a row has %d columns, not %d", len(values), len(columns))
	}
	row := make(map[string]string, len(columns))
	for i, value := range values {
		switch v := value.(type) {
		case string:
			row[columns[i]] = v
		case json.Number:
			row[columns[i]] = v.String()
		}
	}
	return row, nil
}
