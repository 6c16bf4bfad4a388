package resource

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/column"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// ConsumerKind says what draws on a share.
type ConsumerKind string

// The kinds of consumers.
const (
	MailboxConsumer ConsumerKind = "mailbox"
	FolderConsumer  ConsumerKind = "folder"
)

// KindConsumer is what state.NotFoundError and state.ConflictError tell of
// consumers.
const KindConsumer = "consumer"

// Consumer is a mailbox or a public folder with the part it has of a share. It
// stays when the user is gone from the directory (F290).
type Consumer struct {
	ID           int64 // row in the state
	AllocationID int64
	Kind         ConsumerKind
	GUID         directory.GUID // of the mailbox's user, or the folder's own
	Path         string         // of folders: /Organization; empty for mailboxes
	Kilobytes    int64
	DN           ldappath.DN // of mailboxes: the user's name; empty if the user is gone
}

// Megabytes is the size of a folder, which is always a whole number of them.
func (c *Consumer) Megabytes() int64 { return MegabytesIn(c.Kilobytes) }

// consumer makes the Consumer of a row.
func (r Resources) consumer(row *consumer) (*Consumer, error) {
	c := &Consumer{
		ID: row.ID, AllocationID: row.Share, Kind: MailboxConsumer, GUID: directory.GUID(row.GUID), Path: row.Path, Kilobytes: row.Kilobytes,
	}
	if row.Folder {
		c.Kind = FolderConsumer
	}
	var err error
	c.DN, err = r.dn(c.GUID)
	return c, err
}

// dn returns the name of an object, the empty one if it is gone.
func (r Resources) dn(guid directory.GUID) (ldappath.DN, error) {
	o, err := directory.In(r.tx).ByGUID(guid)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return ldappath.DN{}, nil
	case err != nil:
		return ldappath.DN{}, err
	}
	return o.DN, nil
}

// Consumers lists what draws on the shares of an organization, of one kind, in
// the order in which it was added. Work grows with the organization only.
func (r Resources) Consumers(organization directory.GUID, kind ConsumerKind) ([]*Consumer, error) {
	var all []*Consumer
	for _, a := range r.sharesOf(organization) {
		for row := range consumersOn.Is(r.tx, on(a.ID, kind == FolderConsumer)) {
			c, err := r.consumer(row)
			if err != nil {
				return nil, err
			}
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(a, b *Consumer) int { return int(a.ID - b.ID) })
	return all, r.tx.Ready(false)
}

// Consumer returns the consumer with the GUID. A missing one is a
// *state.NotFoundError of KindConsumer.
func (r Resources) Consumer(guid directory.GUID) (*Consumer, error) {
	row := consumersByGUID.Find(r.tx, column.GUID(guid))
	if row == nil {
		return nil, &state.NotFoundError{Kind: KindConsumer, Value: guid.String()}
	}
	return r.consumer(row)
}

// FolderOn returns the folder of a path on a share, in any letter case.
func (r Resources) FolderOn(allocation int64, path string) (*Consumer, error) {
	row := foldersByPath.Find(r.tx, pathKey{allocation, ldappath.Fold(path)})
	if row == nil {
		return nil, &state.NotFoundError{Kind: KindConsumer, Value: path}
	}
	return r.consumer(row)
}

// consumerRow returns the row of a consumer.
func (r Resources) consumerRow(id int64) (*consumer, error) {
	if row := consumers.Get(r.tx, id); row != nil {
		return row, nil
	}
	return nil, &state.NotFoundError{Kind: KindConsumer, Value: fmt.Sprint(id)}
}

// AddConsumer lets a consumer draw on a share. Its GUID, or a folder's path on
// the share, that draws already is a *state.ConflictError of KindConsumer; more
// than is left a *CapacityError of LevelAllocation, or of LevelResource where
// the share grows with its mailboxes.
func (r Resources) AddConsumer(c Consumer) (*Consumer, error) {
	if c.Kilobytes < 0 {
		return nil, &ReleaseError{Released: -max(c.Kilobytes, -1<<62), Unit: Kilobyte}
	}
	if c.Kind != MailboxConsumer && c.Kind != FolderConsumer {
		return nil, &state.SyntaxError{Attribute: KindConsumer, Syntax: "kind of consumer", Value: string(c.Kind)}
	}
	row := &consumer{
		Share: c.AllocationID, GUID: column.GUID(c.GUID), Path: strings.Clone(c.Path), Kilobytes: c.Kilobytes, Folder: c.Kind == FolderConsumer,
	}
	if consumersByGUID.Find(r.tx, row.GUID) != nil ||
		row.Folder && foldersByPath.Find(r.tx, pathKey{row.Share, ldappath.Fold(row.Path)}) != nil {
		return nil, &state.ConflictError{Kind: KindConsumer, Value: c.GUID.String()}
	}
	a, err := r.AllocationByID(row.Share)
	if err != nil {
		return nil, err
	}
	if err := r.makeRoom(a, row.Kilobytes); err != nil {
		return nil, err
	}
	if row.ID, err = r.tx.Next("consumer"); err != nil {
		return nil, err
	}
	if err := r.putConsumer(nil, row); err != nil {
		return nil, err
	}
	return r.consumer(row)
}

// makeRoom ensures that a share has a number of kilobytes left. The pool of a
// consumer store grows for that.
func (r Resources) makeRoom(a *Allocation, kilobytes int64) error {
	missing := kilobytes - a.FreeKilobytes()
	if missing <= 0 {
		return nil
	}
	if a.Organization != (directory.GUID{}) {
		return &CapacityError{Level: LevelAllocation, Name: a.Resource.label(), Needed: kilobytes, Free: a.FreeKilobytes(), Unit: Kilobyte}
	}
	_, err := r.Reallocate(a.ID, MegabytesFor(missing))
	return err
}

// shrinkPool gives back what the pool of a consumer store needs no more.
func (r Resources) shrinkPool(id int64) error {
	a, err := r.AllocationByID(id)
	if err != nil || a.Organization != (directory.GUID{}) {
		return err
	}
	if a.Consumers == 0 {
		return r.Release(id)
	}
	_, err = r.Reallocate(id, -a.FreeMegabytes())
	return err
}

// ResizeConsumer changes a consumer by a difference in kilobytes. A
// *CapacityError tells that its share has not enough left, a *ReleaseError that
// it has less than what should go.
func (r Resources) ResizeConsumer(id, difference int64) (*Consumer, error) {
	row, err := r.consumerRow(id)
	if err != nil {
		return nil, err
	}
	if difference < -row.Kilobytes {
		return nil, &ReleaseError{Allocated: row.Kilobytes, Released: -max(difference, -1<<62), Unit: Kilobyte}
	}
	a, err := r.AllocationByID(row.Share)
	if err != nil {
		return nil, err
	}
	if err := r.makeRoom(a, difference); err != nil {
		return nil, err
	}
	changed := *row
	changed.Kilobytes += difference
	if err := r.putConsumer(row, &changed); err != nil {
		return nil, err
	}
	if err := r.shrinkPool(a.ID); err != nil {
		return nil, err
	}
	return r.consumer(&changed)
}

// RemoveConsumer gives back what a consumer has.
func (r Resources) RemoveConsumer(id int64) error {
	row, err := r.consumerRow(id)
	if err != nil {
		return err
	}
	if err := r.putConsumer(row, nil); err != nil {
		return err
	}
	return r.shrinkPool(row.Share)
}

// AddConsumerMailbox lets a mailbox draw on a consumer store, whose pool grows
// for it (F291).
func (r Resources) AddConsumerMailbox(resource int64, user directory.GUID, kilobytes int64) (*Consumer, error) {
	var made *Consumer
	err := r.tx.Savepoint(func() error {
		pool, err := r.AllocationIn(directory.GUID{}, resource)
		if errors.Is(err, state.ErrNotFound) {
			pool, err = r.Allocate(directory.GUID{}, resource, 0)
		}
		if err != nil {
			return err
		}
		made, err = r.AddConsumer(Consumer{AllocationID: pool.ID, Kind: MailboxConsumer, GUID: user, Kilobytes: kilobytes})
		return err
	})
	return made, err
}
