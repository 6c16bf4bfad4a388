package mail

import (
	"cmp"
	"fmt"
	"strings"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// Kinds of names, as state.ConflictError.Kind and state.NotFoundError.Kind have
// them.
const (
	KindDomain = "SMTP domain"
	KindFolder = "public folder"
)

// Mail is mail as a transaction sees it. It belongs to the goroutine of the
// transaction.
type Mail struct{ tx *state.Tx }

// In returns mail in a transaction.
func In(tx *state.Tx) Mail { return Mail{tx: tx} }

// Tables returns the tables of mail: smtp_domain, public_folder and
// mailbox_usage. All domain controllers have the same rows.
func Tables() []state.Declaration { return []state.Declaration{domains, folders, usages} }

func (m Mail) directory() directory.Directory { return directory.In(m.tx) }

// exists returns why an object that a row shall refer to cannot be found.
func (m Mail) exists(object int64) error {
	_, err := m.directory().ByID(object)
	return err
}

// placeKey is a name or path below an object or folder.
type placeKey struct {
	above  int64
	folded string
}

func comparePlaces(a, b placeKey) int {
	if c := cmp.Compare(a.above, b.above); c != 0 {
		return c
	}
	return strings.Compare(a.folded, b.folded)
}

// objectName returns the distinguished name of an object, or its number if it
// is gone.
func objectName(tx *state.Tx, id int64) string {
	o, err := directory.In(tx).ByID(id)
	if err != nil {
		return fmt.Sprintf("object %d", id)
	}
	return o.DN.String()
}

// ObjectDeleted removes what refers to an object of the directory that is
// deleted: domains and folders of an organization, the permissions of a
// trustee, the reference to a public store, what a mailbox holds. It is a hook
// for state.Env.Deleted.
func ObjectDeleted(tx *state.Tx, id int64) error {
	m := In(tx)
	if err := m.forgetDomains(id); err != nil {
		return err
	}
	if err := m.forgetFolders(id); err != nil {
		return err
	}
	_, err := usages.Delete(tx, id)
	return err
}
