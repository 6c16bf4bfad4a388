package store

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// logTables keep what happened rather than what is.
var logTables = []string{"audit", "transaction_log", "transaction_step"}

const tablesQuery = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'" +
	" AND name NOT IN ('goose_db_version', '" + changeTable + "') ORDER BY name"

// LogTables gives the tables of the audit and transaction logs, in which a
// request leaves traces whatever became of it: those to leave out of a Dump
// that tells whether a refused request changed anything.
func LogTables() []string { return slices.Clone(logTables) }

// Dump writes everything in the store as text, the same text for the same
// content: tables by name, columns by name, rows in their order as text, but
// the tables named in except. Password hashes are shown by a digest, so that a
// dump tells whether they changed and nothing more.
func (s *Store) Dump(ctx context.Context, w io.Writer, except ...string) error {
	return s.View(ctx, func(t *Tx) error {
		tables, err := collect(t, scanText, tablesQuery)
		if err != nil {
			return err
		}
		out := bufio.NewWriter(w)
		for _, table := range tables {
			if slices.Contains(except, table) {
				continue
			}
			if err := t.dumpTable(out, table); err != nil {
				return fmt.Errorf("table %s: %w", table, err)
			}
		}
		return out.Flush()
	})
}

func (t *Tx) dumpTable(out *bufio.Writer, table string) error {
	columns, err := collect(t, scanText, "SELECT name FROM pragma_table_info('"+table+"') ORDER BY name")
	if err != nil {
		return err
	}
	rows, err := collect(t, func(row scanner) (string, error) {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := row.Scan(into...); err != nil {
			return "", err
		}
		return dumpRow(columns, values), nil
	}, "SELECT "+strings.Join(columns, ", ")+" FROM "+table)
	if err != nil {
		return err
	}
	slices.Sort(rows)
	fmt.Fprintf(out, "[%s] %s\n", table, strings.Join(columns, " "))
	for _, row := range rows {
		_, _ = out.WriteString(row) // the writer keeps its error until Flush
	}
	return nil
}

func dumpRow(columns []string, values []sql.NullString) string {
	var line strings.Builder
	for i, value := range values {
		switch {
		case !value.Valid:
			line.WriteString(" -")
		case columns[i] == "hash":
			fmt.Fprintf(&line, " #%x", sha256.Sum256([]byte(value.String)))
		default:
			line.WriteString(" " + strconv.Quote(value.String))
		}
	}
	return line.String() + "\n"
}
