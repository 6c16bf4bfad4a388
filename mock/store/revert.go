package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// directoryTable is a table whose rows domain controllers replicate: its key,
// and its other columns. Passwords are not among them, for every controller
// asks the one that has the newest (F122); neither is what Exchange, the
// resource manager and the plan database keep outside of the directory.
type directoryTable struct {
	name         string
	key, columns []string
}

var directoryTables = []directoryTable{
	{"object", []string{"id"}, []string{
		"parent_id", "class", "dn_key", "dn", "name_key", "guid", "sid", "sam_key", "upn_key",
		"when_created", "when_changed", "usn_created", "usn_changed",
	}},
	{"attribute_value", []string{"object_id", "attribute", "position"}, []string{"value", "folded"}},
	{"link", []string{"id"}, []string{"object_id", "attribute", "target_id", "data"}},
	{"proxy_address", []string{"folded"}, []string{"object_id", "position", "address"}},
	{"access_grant", []string{"object_id", "trustee_id", "access"}, nil},
	{"smtp_domain", []string{"folded"}, []string{"name", "org_id", "kind", "created"}},
}

func directoryTableOf(c RowChange) (directoryTable, bool) {
	i := slices.IndexFunc(directoryTables, func(d directoryTable) bool { return d.name == c.Table })
	if i < 0 {
		return directoryTable{}, false
	}
	return directoryTables[i], true
}

// DirectoryRow names the row if domain controllers replicate it, else "".
func (c RowChange) DirectoryRow() string {
	table, ok := directoryTableOf(c)
	if !ok {
		return ""
	}
	row := c.After
	if row == nil {
		row = c.Before
	}
	name := []string{table.name}
	for _, column := range table.key {
		name = append(name, row[column])
	}
	return strings.Join(name, "\x00")
}

// Without runs fn in a store in which the given changes of the directory have
// not happened, and takes back all that fn writes. They are given as RowChanges
// gave them, newest first; those of other tables have happened. The transaction
// has to be one that writes, of a store opened with TrackChanges.
func (t *Tx) Without(changes []RowChange, fn func() error) error {
	if !t.store.tracking {
		return errors.New("reverting changes: the store does not track them")
	}
	// Rows come back in the order in which they went, children before parents.
	if err := t.control("PRAGMA defer_foreign_keys = 1"); err != nil {
		return fmt.Errorf("reverting changes: %w", err)
	}
	var result error
	taken := t.Savepoint(func() error {
		if err := t.revert(changes); err != nil {
			return fmt.Errorf("reverting changes: %w", err)
		}
		result = fn()
		return errTakenBack
	})
	if err := t.control("PRAGMA defer_foreign_keys = 0"); err != nil {
		return errors.Join(result, fmt.Errorf("reverting changes: %w", err))
	}
	if !errors.Is(taken, errTakenBack) {
		return taken
	}
	return result
}

// errTakenBack makes a savepoint undo what succeeded.
var errTakenBack = errors.New("taken back")

// revert undoes the changes and makes RowChanges forget that.
func (t *Tx) revert(changes []RowChange) error {
	last, err := t.LastRowChange()
	if err != nil {
		return err
	}
	for _, c := range changes {
		table, ok := directoryTableOf(c)
		if !ok {
			continue
		}
		statement, row := table.inverse(c)
		if _, err := t.exec(statement, row...); err != nil {
			return err
		}
	}
	_, err = t.exec("DELETE FROM "+changeTable+" WHERE seq > ?", last)
	return err
}

// inverse is the statement that undoes a change, with its values. What another
// row has taken since stays with that row.
func (d directoryTable) inverse(c RowChange) (string, []any) {
	switch {
	case c.Before == nil:
		return "DELETE FROM " + d.name + d.where(), columnValues(c.After, d.key)
	case c.After == nil:
		all := slices.Concat(d.key, d.columns)
		return "INSERT OR IGNORE INTO " + d.name + " (" + strings.Join(all, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(all)-1) + ")",
			columnValues(c.Before, all)
	}
	all := slices.Concat(d.key, d.columns)
	return "UPDATE OR IGNORE " + d.name + " SET " + strings.Join(all, " = ?, ") + " = ?" + d.where(),
		append(columnValues(c.Before, all), columnValues(c.After, d.key)...)
}

func (d directoryTable) where() string { return " WHERE " + strings.Join(d.key, " = ? AND ") + " = ?" }

// columnValues gives the columns of a row, nil for NULL.
func columnValues(row map[string]string, columns []string) []any {
	all := make([]any, 0, len(columns))
	for _, column := range columns {
		if text, ok := row[column]; ok {
			all = append(all, text)
			continue
		}
		all = append(all, nil)
	}
	return all
}
