package store

import (
	"database/sql"
	"errors"
)

// MailboxUsage gives what a mailbox holds, in kilobytes, and whether it was
// ever set.
func (t *Tx) MailboxUsage(o *Object) (kilobytes int64, set bool, err error) {
	return t.usage("SELECT kilobytes FROM mailbox_usage WHERE object_id = ?", o.ID)
}

// SetMailboxUsage sets what a mailbox holds, in kilobytes of 0 or more.
func (t *Tx) SetMailboxUsage(o *Object, kilobytes int64) error {
	return t.setUsage("INSERT INTO mailbox_usage (object_id, kilobytes) VALUES (?, ?)"+
		" ON CONFLICT (object_id) DO UPDATE SET kilobytes = excluded.kilobytes", o.ID, kilobytes)
}

// ClearMailboxUsage forgets what a mailbox holds.
func (t *Tx) ClearMailboxUsage(o *Object) error {
	_, err := t.exec("DELETE FROM mailbox_usage WHERE object_id = ?", o.ID)
	return err
}

// FolderUsage gives what a public folder holds, in kilobytes, and whether it
// was ever set.
func (t *Tx) FolderUsage(f *Folder) (kilobytes int64, set bool, err error) {
	return t.usage("SELECT kilobytes FROM folder_usage WHERE folder_id = ?", f.ID)
}

// SetFolderUsage sets what a public folder holds, in kilobytes of 0 or more.
func (t *Tx) SetFolderUsage(f *Folder, kilobytes int64) error {
	return t.setUsage("INSERT INTO folder_usage (folder_id, kilobytes) VALUES (?, ?)"+
		" ON CONFLICT (folder_id) DO UPDATE SET kilobytes = excluded.kilobytes", f.ID, kilobytes)
}

func (t *Tx) usage(query string, id int64) (kilobytes int64, set bool, err error) {
	err = t.row(query, []any{id}, &kilobytes)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return kilobytes, err == nil, err
}

func (t *Tx) setUsage(statement string, id, kilobytes int64) error {
	if kilobytes < 0 {
		return &ConstraintError{Attribute: "usage", Rule: RuleRange, Detail: "less than 0"}
	}
	_, err := t.exec(statement, id, kilobytes)
	return err
}
