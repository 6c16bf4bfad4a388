package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Difference tells what one would have to change in the store before to get
// the store after, by object. Logs, the queue and the numbers given out are
// left aside; passwords are shown as ***. It reads everything in both.
func Difference(ctx context.Context, before, after *Store) ([]ObjectChange, error) {
	var was map[string]tableContent
	err := before.View(ctx, func(tx *Tx) (err error) {
		was, err = tx.content()
		return err
	})
	if err != nil {
		return nil, err
	}
	var changes []ObjectChange
	err = after.View(ctx, func(tx *Tx) error {
		is, err := tx.content()
		if err != nil {
			return err
		}
		changes, err = tx.collate(rowsBetween(was, is))
		return err
	})
	return changes, err
}

// tableContent is the rows of a table by their primary keys.
type tableContent map[string]map[string]string

// content reads every table that tells of objects.
func (t *Tx) content() (map[string]tableContent, error) {
	keys, err := t.primaryKeys()
	if err != nil {
		return nil, err
	}
	all := make(map[string]tableContent, len(keys))
	for table, key := range keys {
		if slices.Contains(untracked, table) || table == "password_history" || table == "goose_db_version" || table == changeTable {
			continue
		}
		if all[table], err = t.tableContent(table, key); err != nil {
			return nil, fmt.Errorf("table %s: %w", table, err)
		}
	}
	return all, nil
}

func (t *Tx) tableContent(table string, key []string) (tableContent, error) {
	columns, err := collect(t, scanText, "SELECT name FROM pragma_table_info('"+table+"') ORDER BY name")
	if err != nil {
		return nil, err
	}
	content := make(tableContent)
	_, err = collect(t, func(row scanner) (struct{}, error) {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := row.Scan(into...); err != nil {
			return struct{}{}, err
		}
		named := make(map[string]string, len(columns))
		for i, column := range columns {
			switch {
			case column == "hash": // a digest tells whether it changed
				named[column] = fmt.Sprintf("%x", sha256.Sum256([]byte(values[i].String)))
			case values[i].Valid:
				named[column] = values[i].String
			}
		}
		content[keyOf(named, key)] = named
		return struct{}{}, nil
	}, "SELECT "+strings.Join(columns, ", ")+" FROM "+table)
	return content, err
}

func keyOf(row map[string]string, key []string) string {
	values := make([]string, 0, len(key))
	for _, column := range key {
		values = append(values, row[column])
	}
	return strings.Join(values, "\x00")
}

// rowsBetween gives the rows that differ.
func rowsBetween(was, is map[string]tableContent) []RowChange {
	var rows []RowChange
	for table, content := range is {
		for key, after := range content {
			if before := was[table][key]; !sameRow(before, after) {
				rows = append(rows, RowChange{Table: table, Before: before, After: after})
			}
		}
	}
	for table, content := range was {
		for key, before := range content {
			if is[table][key] == nil {
				rows = append(rows, RowChange{Table: table, Before: before})
			}
		}
	}
	return rows
}

func sameRow(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for column, value := range a {
		if other, ok := b[column]; !ok || other != value {
			return false
		}
	}
	return true
}

// WriteChanges writes changes for people: one line an object, one below it for
// every value that went (-) or came (+).
func WriteChanges(w io.Writer, changes []ObjectChange) error {
	var b strings.Builder
	for _, c := range changes {
		fmt.Fprintf(&b, "%s %s\n", c.Kind, c.Object)
		for _, a := range c.Attributes {
			for _, value := range a.Before {
				fmt.Fprintf(&b, "  - %s: %s\n", a.Name, value)
			}
			for _, value := range a.After {
				fmt.Fprintf(&b, "  + %s: %s\n", a.Name, value)
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
