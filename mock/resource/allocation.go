package resource

import (
	"fmt"
	"slices"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/column"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// KindAllocation is what state.NotFoundError and state.ConflictError tell of
// shares.
const KindAllocation = "allocation"

// Allocation is the share of an organization in a resource. What its consumers
// use never exceeds it, and all shares never exceed the resource.
type Allocation struct {
	ID            int64 // row in the state
	Resource      Resource
	Organization  directory.GUID // objectGUID; zero for the pool of a consumer store, which grows with its mailboxes
	Megabytes     int64          // in the unit of the resource's kind
	UsedKilobytes int64
	Consumers     int64 // how many mailboxes or folders draw on it
}

// FreeKilobytes is what consumers may still take.
func (a *Allocation) FreeKilobytes() int64 { return Kilobytes(a.Megabytes) - a.UsedKilobytes }

// FreeMegabytes is FreeKilobytes in whole megabytes.
func (a *Allocation) FreeMegabytes() int64 { return MegabytesIn(a.FreeKilobytes()) }

// allocation makes the Allocation of a row.
func (r Resources) allocation(row *share) (*Allocation, error) {
	of, err := r.row(row.Resource)
	if err != nil {
		return nil, fmt.Errorf("allocation %d: %w", row.ID, err)
	}
	return &Allocation{
		ID: row.ID, Resource: *of.resource(), Organization: directory.GUID(row.Organization),
		Megabytes: row.Amount, UsedKilobytes: row.Used, Consumers: row.Consumers,
	}, nil
}

// shareRow returns the row of a share.
func (r Resources) shareRow(id int64) (*share, error) {
	if row := shares.Get(r.tx, id); row != nil {
		return row, nil
	}
	return nil, &state.NotFoundError{Kind: KindAllocation, Value: fmt.Sprint(id)}
}

// Allocations lists the shares of an organization in resources of a kind, in
// the order in which it got them.
func (r Resources) Allocations(organization directory.GUID, kind ResourceKind) ([]*Allocation, error) {
	var all []*Allocation
	for _, row := range r.sharesOf(organization) {
		a, err := r.allocation(row)
		if err != nil {
			return nil, err
		}
		if a.Resource.Kind == kind {
			all = append(all, a)
		}
	}
	return all, r.tx.Ready(false)
}

// sharesOf returns the rows of an organization's shares, in the order in which
// it got them.
func (r Resources) sharesOf(organization directory.GUID) []*share {
	var rows []*share
	for held, row := range sharesOf.From(r.tx, holderKey{organization: column.GUID(organization)}) {
		if held.organization != column.GUID(organization) {
			break
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b *share) int { return int(a.ID - b.ID) })
	return rows
}

// AllocationsOf lists the shares in a resource, in the order in which they
// were given.
func (r Resources) AllocationsOf(resource int64) ([]*Allocation, error) {
	var all []*Allocation
	for row := range sharesIn.Is(r.tx, resource) {
		a, err := r.allocation(row)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, r.tx.Ready(false)
}

// Usage is a resource with what organizations use of it.
type Usage struct {
	*Resource
	Organizations int   // that have a share
	Used          int64 // of the shares, in megabytes
}

// Usage returns the resources of a kind with what is used of each, in the order
// of Resources.
func (r Resources) Usage(kind ResourceKind) ([]Usage, error) {
	resources, err := r.Resources(kind)
	if err != nil {
		return nil, err
	}
	all := make([]Usage, 0, len(resources))
	for _, one := range resources {
		shares, err := r.AllocationsOf(one.ID)
		if err != nil {
			return nil, err
		}
		var kilobytes int64
		for _, share := range shares {
			kilobytes += share.UsedKilobytes
		}
		all = append(all, Usage{Resource: one, Organizations: len(shares), Used: MegabytesIn(kilobytes)})
	}
	return all, nil
}

// HeldByOthers reports whether an organization other than the given one has a
// share in the resource.
func (r Resources) HeldByOthers(resource int64, organization directory.GUID) (bool, error) {
	for row := range sharesIn.Is(r.tx, resource) {
		if row.Organization != column.GUID(organization) {
			return true, nil
		}
	}
	return false, r.tx.Ready(false)
}

// AllocationByID returns a share.
func (r Resources) AllocationByID(id int64) (*Allocation, error) {
	row, err := r.shareRow(id)
	if err != nil {
		return nil, err
	}
	return r.allocation(row)
}

// AllocationIn returns the share of an organization in a resource. A missing
// one is a *state.NotFoundError of KindAllocation.
func (r Resources) AllocationIn(organization directory.GUID, resource int64) (*Allocation, error) {
	row := sharesOf.Find(r.tx, holderKey{column.GUID(organization), resource})
	if row == nil {
		return nil, &state.NotFoundError{Kind: KindAllocation, Value: organization.String()}
	}
	return r.allocation(row)
}

// Allocate gives an organization a share in a resource, in the unit of its
// kind. A *CapacityError tells that the resource has not enough left, a
// *state.ConflictError of KindAllocation that the organization has a share
// already, state.ErrInUse that the resource is not shared and another has it.
// Whether it is provisionable is the caller's affair.
func (r Resources) Allocate(organization directory.GUID, resource, amount int64) (*Allocation, error) {
	row, err := r.row(resource)
	if err != nil {
		return nil, err
	}
	of := row.resource()
	if amount < 0 {
		return nil, &ReleaseError{Released: -max(amount, -MaxMegabytes), Unit: Megabyte}
	}
	if amount > of.Free() {
		return nil, &CapacityError{Level: LevelResource, Name: of.label(), Needed: amount, Free: of.Free(), Unit: Megabyte}
	}
	if held, err := r.HeldByOthers(resource, organization); err != nil {
		return nil, err
	} else if held && !of.Shared {
		return nil, fmt.Errorf("resource %s: %w", of.label(), state.ErrInUse)
	}
	if sharesOf.Find(r.tx, holderKey{column.GUID(organization), resource}) != nil {
		return nil, &state.ConflictError{Kind: KindAllocation, Value: of.label()}
	}
	id, err := r.tx.Next("allocation")
	if err != nil {
		return nil, err
	}
	made := &share{ID: id, Resource: resource, Organization: column.GUID(organization), Amount: amount}
	if err := r.putAllocation(nil, made); err != nil {
		return nil, err
	}
	return r.AllocationByID(id)
}

// Reallocate changes a share by a difference. A *CapacityError of
// LevelResource tells that the resource has not enough left, one of
// LevelAllocation that consumers use what should go, a *ReleaseError that the
// share is smaller than what should go.
func (r Resources) Reallocate(id, difference int64) (*Allocation, error) {
	a, err := r.AllocationByID(id)
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
	before := shares.Get(r.tx, id)
	after := *before
	after.Amount += difference
	if err := r.putAllocation(before, &after); err != nil {
		return nil, err
	}
	return r.AllocationByID(id)
}

// Release gives a share back. While consumers draw on it, it is state.ErrInUse.
func (r Resources) Release(id int64) error {
	row, err := r.shareRow(id)
	if err != nil {
		return err
	}
	if row.Consumers > 0 {
		return fmt.Errorf("allocation in %s: %w", resourceName(r.tx, row.Resource), state.ErrInUse)
	}
	return r.putAllocation(row, nil)
}

// Holder is an organization that has shares.
type Holder struct {
	GUID directory.GUID
	DN   ldappath.DN // empty if the organization is gone from the directory
}

// Holders lists the organizations that have a share in anything, in the order
// of their GUIDs.
func (r Resources) Holders() ([]Holder, error) {
	var all []Holder
	last := column.GUID{} // the pools of consumer stores
	for held := range sharesOf.Keys(r.tx, holderKey{}) {
		if held.organization == last {
			continue
		}
		last = held.organization
		guid := directory.GUID(last)
		dn, err := r.dn(guid)
		if err != nil {
			return nil, err
		}
		all = append(all, Holder{GUID: guid, DN: dn})
	}
	return all, r.tx.Ready(false)
}
