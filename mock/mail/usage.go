package mail

import (
	"cmp"
	"fmt"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// usage is what a mailbox holds, where somebody has set it.
type usage struct {
	Object    int64 `json:"object"`
	Kilobytes int64 `json:"kilobytes"`
}

var usages = state.Declare(state.Spec[int64, usage]{
	Name: "mailbox_usage", Key: func(u *usage) int64 { return u.Object }, Compare: cmp.Compare[int64],
	Describe: func(tx *state.Tx, u *usage) state.Description {
		return state.Description{Object: objectName(tx, u.Object), Owned: true, Attributes: map[string][]string{
			"mailbox usage (kilobytes)": {fmt.Sprint(u.Kilobytes)},
		}}
	},
})

// MailboxUsage returns what a mailbox holds, in kilobytes, and whether it was
// ever set.
func (m Mail) MailboxUsage(o *directory.Object) (kilobytes int64, set bool, err error) {
	if u := usages.Get(m.tx, o.ID); u != nil {
		return u.Kilobytes, true, nil
	}
	return 0, false, m.tx.Ready(false)
}

// SetMailboxUsage sets what a mailbox holds, in kilobytes of 0 or more.
func (m Mail) SetMailboxUsage(o *directory.Object, kilobytes int64) error {
	if err := checkUsage(kilobytes); err != nil {
		return err
	}
	if err := m.exists(o.ID); err != nil {
		return err
	}
	return usages.Put(m.tx, &usage{Object: o.ID, Kilobytes: kilobytes})
}

// ClearMailboxUsage forgets what a mailbox holds.
func (m Mail) ClearMailboxUsage(o *directory.Object) error {
	_, err := usages.Delete(m.tx, o.ID)
	return err
}

// FolderUsage returns what a public folder holds, in kilobytes, and whether it
// was ever set.
func (m Mail) FolderUsage(f *Folder) (kilobytes int64, set bool, err error) {
	if row := folders.Get(m.tx, f.ID); row != nil && row.Usage != nil {
		return *row.Usage, true, nil
	}
	return 0, false, m.tx.Ready(false)
}

// SetFolderUsage sets what a public folder holds, in kilobytes of 0 or more.
func (m Mail) SetFolderUsage(f *Folder, kilobytes int64) error {
	if err := checkUsage(kilobytes); err != nil {
		return err
	}
	return m.changeFolder(f, func(row *folder) { row.Usage = &kilobytes })
}

func checkUsage(kilobytes int64) error {
	if kilobytes < 0 {
		return &state.ConstraintError{Attribute: "usage", Rule: state.RuleRange, Detail: "less than 0"}
	}
	return nil
}
