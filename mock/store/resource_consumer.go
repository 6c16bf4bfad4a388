package store

import (
	"database/sql"
	"errors"
	"fmt"

	"wsexchange/internal/ldappath"
)

// ConsumerKind says what draws on a share.
type ConsumerKind string

// The kinds of consumers.
const (
	MailboxConsumer ConsumerKind = "mailbox"
	FolderConsumer  ConsumerKind = "folder"
)

// KindConsumer is what NotFoundError and ConflictError tell of consumers.
const KindConsumer = "consumer"

// Consumer is a mailbox or a public folder with the part it has of a share. It
// stays when the user is gone from the directory (F290).
type Consumer struct {
	ID           int64 // row in the store
	AllocationID int64
	Kind         ConsumerKind
	GUID         GUID   // of the mailbox's user, or the folder's own
	Path         string // of folders: /Organization; empty for mailboxes
	Kilobytes    int64
	DN           ldappath.DN // of mailboxes: the user's name; empty if the user is gone
}

// Megabytes is the size of a folder, which is always a whole number of them.
func (c *Consumer) Megabytes() int64 { return MegabytesIn(c.Kilobytes) }

const consumerColumns = "SELECT c.id, c.allocation_id, c.kind, c.guid, c.path, c.kilobytes, o.dn"

const consumerQuery = consumerColumns + " FROM consumer c LEFT JOIN object o ON o.guid = c.guid WHERE "

func scanConsumer(row scanner) (*Consumer, error) {
	var c Consumer
	var guid string
	var dn sql.NullString
	err := row.Scan(&c.ID, &c.AllocationID, &c.Kind, &guid, &c.Path, &c.Kilobytes, &dn)
	if err != nil {
		return nil, err
	}
	h, err := holder(guid, dn)
	if err != nil {
		return nil, fmt.Errorf("consumer %d: %w", c.ID, err)
	}
	c.GUID, c.DN = h.GUID, h.DN
	return &c, nil
}

// Consumers lists what draws on the shares of an organization, of one kind, in
// the order in which it was added. Work grows with the organization only.
func (t *Tx) Consumers(organization GUID, kind ConsumerKind) ([]*Consumer, error) {
	return collect(t, scanConsumer, consumerColumns+" FROM allocation a CROSS JOIN consumer c LEFT JOIN object o ON o.guid = c.guid"+
		" WHERE a.organization = ? AND c.allocation_id = a.id AND c.kind = ? ORDER BY c.id", organization.Octets(), kind)
}

// Consumer gives the consumer with the GUID. A missing one is a *NotFoundError
// of KindConsumer.
func (t *Tx) Consumer(guid GUID) (*Consumer, error) {
	return t.consumer("c.guid = ?", guid.String(), guid.Octets())
}

// FolderOn gives the folder of a path on a share, in any letter case.
func (t *Tx) FolderOn(allocation int64, path string) (*Consumer, error) {
	return t.consumer("c.allocation_id = ? AND c.kind = 'folder' AND c.path_key = ?", path, allocation, ldappath.Fold(path))
}

func (t *Tx) consumer(condition, label string, args ...any) (*Consumer, error) {
	found, err := collect(t, scanConsumer, consumerQuery+condition, args...)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &NotFoundError{Kind: KindConsumer, Value: label}
	}
	return found[0], nil
}

// AddConsumer lets a consumer draw on a share. Its GUID, or a folder's path on
// the share, that draws already is a *ConflictError of KindConsumer; more than
// is left a *CapacityError of LevelAllocation, or of LevelResource where the
// share grows with its mailboxes.
func (t *Tx) AddConsumer(c Consumer) (*Consumer, error) {
	if c.Kilobytes < 0 {
		return nil, &ReleaseError{Released: -max(c.Kilobytes, -1<<62), Unit: Kilobyte}
	}
	if err := t.freeConsumer(c); err != nil {
		return nil, err
	}
	a, err := t.AllocationByID(c.AllocationID)
	if err != nil {
		return nil, err
	}
	if err := t.makeRoom(a, c.Kilobytes); err != nil {
		return nil, err
	}
	id, err := t.next("consumer")
	if err != nil {
		return nil, err
	}
	_, err = t.exec("INSERT INTO consumer (id, allocation_id, kind, guid, path, path_key, kilobytes) VALUES (?, ?, ?, ?, ?, ?, ?)",
		id, a.ID, c.Kind, c.GUID.Octets(), c.Path, ldappath.Fold(c.Path), c.Kilobytes)
	if err != nil {
		return nil, fmt.Errorf("consumer %s: %w", c.GUID, err)
	}
	return t.consumer("c.id = ?", c.GUID.String(), id)
}

// freeConsumer refuses a consumer that there is already.
func (t *Tx) freeConsumer(c Consumer) error {
	_, err := t.Consumer(c.GUID)
	if errors.Is(err, ErrNotFound) && c.Kind == FolderConsumer {
		_, err = t.FolderOn(c.AllocationID, c.Path)
	}
	switch {
	case err == nil:
		return &ConflictError{Kind: KindConsumer, Value: c.GUID.String()}
	case errors.Is(err, ErrNotFound):
		return nil
	}
	return err
}

// makeRoom sees to it that a share has a number of kilobytes left. The pool
// of a consumer store grows for that.
func (t *Tx) makeRoom(a *Allocation, kilobytes int64) error {
	missing := kilobytes - a.FreeKilobytes()
	if missing <= 0 {
		return nil
	}
	if a.Organization != (GUID{}) {
		return &CapacityError{Level: LevelAllocation, Name: a.Resource.label(), Needed: kilobytes, Free: a.FreeKilobytes(), Unit: Kilobyte}
	}
	_, err := t.Reallocate(a.ID, MegabytesFor(missing))
	return err
}

// shrinkPool gives back what the pool of a consumer store needs no more.
func (t *Tx) shrinkPool(id int64) error {
	a, err := t.AllocationByID(id)
	if err != nil || a.Organization != (GUID{}) {
		return err
	}
	if a.Consumers == 0 {
		return t.Release(id)
	}
	_, err = t.Reallocate(id, -a.FreeMegabytes())
	return err
}

// ResizeConsumer changes a consumer by a difference in kilobytes. A
// *CapacityError tells that its share has not enough left, a *ReleaseError that
// it has less than what should go.
func (t *Tx) ResizeConsumer(id, difference int64) (*Consumer, error) {
	c, err := t.consumer("c.id = ?", fmt.Sprint(id), id)
	if err != nil {
		return nil, err
	}
	if difference < -c.Kilobytes {
		return nil, &ReleaseError{Allocated: c.Kilobytes, Released: -max(difference, -1<<62), Unit: Kilobyte}
	}
	a, err := t.AllocationByID(c.AllocationID)
	if err != nil {
		return nil, err
	}
	if err := t.makeRoom(a, difference); err != nil {
		return nil, err
	}
	if _, err := t.exec("UPDATE consumer SET kilobytes = kilobytes + ? WHERE id = ?", difference, id); err != nil {
		return nil, err
	}
	if err := t.shrinkPool(a.ID); err != nil {
		return nil, err
	}
	return t.consumer("c.id = ?", fmt.Sprint(id), id)
}

// RemoveConsumer gives back what a consumer has.
func (t *Tx) RemoveConsumer(id int64) error {
	c, err := t.consumer("c.id = ?", fmt.Sprint(id), id)
	if err != nil {
		return err
	}
	if _, err := t.exec("DELETE FROM consumer WHERE id = ?", id); err != nil {
		return err
	}
	return t.shrinkPool(c.AllocationID)
}

// AddConsumerMailbox lets a mailbox draw on a consumer store, whose pool grows
// for it (F291).
func (t *Tx) AddConsumerMailbox(resource int64, user GUID, kilobytes int64) (*Consumer, error) {
	var made *Consumer
	err := t.Savepoint(func() error {
		pool, err := t.AllocationIn(GUID{}, resource)
		if errors.Is(err, ErrNotFound) {
			pool, err = t.Allocate(GUID{}, resource, 0)
		}
		if err != nil {
			return err
		}
		made, err = t.AddConsumer(Consumer{AllocationID: pool.ID, Kind: MailboxConsumer, GUID: user, Kilobytes: kilobytes})
		return err
	})
	return made, err
}
