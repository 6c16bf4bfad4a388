package store

import (
	"database/sql"
	"fmt"

	"wsexchange/internal/ldappath"
)

// KindAllocation is what NotFoundError and ConflictError tell of shares.
const KindAllocation = "allocation"

// Allocation is the share of an organization in a resource. What its consumers
// use never exceeds it, and all shares never exceed the resource: the database
// itself holds both.
type Allocation struct {
	ID            int64 // row in the store
	Resource      Resource
	Organization  GUID  // objectGUID; zero for the pool of a consumer store, which grows with its mailboxes
	Megabytes     int64 // in the unit of the resource's kind
	UsedKilobytes int64
	Consumers     int64 // how many mailboxes or folders draw on it
}

// FreeKilobytes is what consumers may still take.
func (a *Allocation) FreeKilobytes() int64 { return Kilobytes(a.Megabytes) - a.UsedKilobytes }

// FreeMegabytes is FreeKilobytes in whole megabytes.
func (a *Allocation) FreeMegabytes() int64 { return MegabytesIn(a.FreeKilobytes()) }

const allocationQuery = "SELECT a.id, a.organization, a.amount, a.used_kb, a.consumers, " + resourceColumns +
	" FROM allocation a JOIN resource r ON r.id = a.resource_id WHERE "

func scanAllocation(row scanner) (*Allocation, error) {
	var a Allocation
	var organization, guid string
	err := row.Scan(append([]any{&a.ID, &organization, &a.Megabytes, &a.UsedKilobytes, &a.Consumers}, a.Resource.fields(&guid)...)...)
	if err != nil {
		return nil, err
	}
	if a.Organization, err = ParseGUID(organization); err != nil {
		return nil, fmt.Errorf("allocation %d: %w", a.ID, err)
	}
	if a.Resource.GUID, err = ParseGUID(guid); err != nil {
		return nil, fmt.Errorf("resource %d: %w", a.Resource.ID, err)
	}
	return &a, nil
}

// Allocations lists the shares of an organization in resources of a kind, in
// the order in which it got them.
func (t *Tx) Allocations(organization GUID, kind ResourceKind) ([]*Allocation, error) {
	return collect(t, scanAllocation, allocationQuery+"a.organization = ? AND r.kind = ? ORDER BY a.id", organization.Octets(), kind)
}

// AllocationsOf lists the shares in a resource, in the order in which they
// were given.
func (t *Tx) AllocationsOf(resource int64) ([]*Allocation, error) {
	return collect(t, scanAllocation, allocationQuery+"a.resource_id = ? ORDER BY a.id", resource)
}

// HeldByOthers tells whether an organization other than the given one has a
// share in the resource.
func (t *Tx) HeldByOthers(resource int64, organization GUID) (bool, error) {
	held, err := collect(t, scanID, "SELECT id FROM allocation WHERE resource_id = ? AND organization <> ? LIMIT 1", resource, organization.Octets())
	return len(held) > 0, err
}

// AllocationByID gives a share.
func (t *Tx) AllocationByID(id int64) (*Allocation, error) {
	return t.allocation("a.id = ?", fmt.Sprint(id), id)
}

// AllocationIn gives the share of an organization in a resource. A missing one
// is a *NotFoundError of KindAllocation.
func (t *Tx) AllocationIn(organization GUID, resource int64) (*Allocation, error) {
	return t.allocation("a.organization = ? AND a.resource_id = ?", organization.String(), organization.Octets(), resource)
}

func (t *Tx) allocation(condition, label string, args ...any) (*Allocation, error) {
	found, err := collect(t, scanAllocation, allocationQuery+condition, args...)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &NotFoundError{Kind: KindAllocation, Value: label}
	}
	return found[0], nil
}

// Allocate gives an organization a share in a resource, in the unit of its
// kind. A *CapacityError tells that the resource has not enough left, a
// *ConflictError of KindAllocation that the organization has a share already,
// ErrInUse that the resource is not shared and another has it. Whether it is
// provisionable is the caller's affair.
func (t *Tx) Allocate(organization GUID, resource, amount int64) (*Allocation, error) {
	r, err := t.resource("r.id = ?", fmt.Sprint(resource), resource)
	if err != nil {
		return nil, err
	}
	if amount < 0 {
		return nil, &ReleaseError{Released: -max(amount, -MaxMegabytes), Unit: Megabyte}
	}
	if amount > r.Free() {
		return nil, &CapacityError{Level: LevelResource, Name: r.label(), Needed: amount, Free: r.Free(), Unit: Megabyte}
	}
	if held, err := t.HeldByOthers(resource, organization); err != nil {
		return nil, err
	} else if held && !r.Shared {
		return nil, fmt.Errorf("resource %s: %w", r.label(), ErrInUse)
	}
	id, err := t.next("allocation")
	if err != nil {
		return nil, err
	}
	n, err := t.exec("INSERT INTO allocation (id, resource_id, organization, amount) VALUES (?, ?, ?, ?)"+
		" ON CONFLICT (organization, resource_id) DO NOTHING", id, resource, organization.Octets(), amount)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, &ConflictError{Kind: KindAllocation, Value: r.label()}
	}
	return t.AllocationByID(id)
}

// Reallocate changes a share by a difference. A *CapacityError of
// LevelResource tells that the resource has not enough left, one of
// LevelAllocation that consumers use what should go, a *ReleaseError that the
// share is smaller than what should go.
func (t *Tx) Reallocate(id, difference int64) (*Allocation, error) {
	a, err := t.AllocationByID(id)
	if err != nil {
		return nil, err
	}
	switch {
	case difference > a.Resource.Free():
		return nil, &CapacityError{Level: LevelResource, Name: a.Resource.label(), Needed: difference, Free: a.Resource.Free(), Unit: Megabyte}
	case difference < -a.Megabytes:
		return nil, &ReleaseError{Allocated: a.Megabytes, Released: -max(difference, -1<<62), Unit: Megabyte}
	case difference < -a.FreeMegabytes():
		return nil, &CapacityError{Level: LevelAllocation, Name: a.Resource.label(), Needed: -difference, Free: a.FreeMegabytes(), Unit: Megabyte}
	}
	if _, err := t.exec("UPDATE allocation SET amount = amount + ? WHERE id = ?", difference, id); err != nil {
		return nil, err
	}
	return t.AllocationByID(id)
}

// Release gives a share back. While consumers draw on it, it is ErrInUse.
func (t *Tx) Release(id int64) error {
	a, err := t.AllocationByID(id)
	if err != nil {
		return err
	}
	if a.Consumers > 0 {
		return fmt.Errorf("allocation in %s: %w", a.Resource.label(), ErrInUse)
	}
	_, err = t.exec("DELETE FROM allocation WHERE id = ?", id)
	return err
}

// Holder is an organization that has shares.
type Holder struct {
	GUID GUID
	DN   ldappath.DN // empty if the organization is gone from the directory
}

// Holders lists the organizations that have a share in anything, in the order
// of their GUIDs.
func (t *Tx) Holders() ([]Holder, error) {
	return collect(t, func(row scanner) (Holder, error) {
		var guid string
		var dn sql.NullString
		if err := row.Scan(&guid, &dn); err != nil {
			return Holder{}, err
		}
		return holder(guid, dn)
	}, "SELECT DISTINCT a.organization, o.dn FROM allocation a LEFT JOIN object o ON o.guid = a.organization"+
		" WHERE a.organization <> ? ORDER BY a.organization", GUID{}.Octets())
}

func holder(guid string, dn sql.NullString) (Holder, error) {
	var h Holder
	var err error
	if h.GUID, err = ParseGUID(guid); err != nil {
		return h, err
	}
	if dn.Valid {
		h.DN, err = ldappath.ParseDN(dn.String)
	}
	return h, err
}
