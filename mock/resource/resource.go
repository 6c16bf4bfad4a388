package resource

import (
	"fmt"
	"slices"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/column"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// ResourceKind says what a resource is.
type ResourceKind string

// The kinds of resources.
const (
	MailStore      ResourceKind = "mail"     // business mail store, megabytes
	PublicStore    ResourceKind = "public"   // public folder store, megabytes
	ConsumerStore  ResourceKind = "consumer" // mail store for users without an organization, megabytes
	OABServer      ResourceKind = "oab"      // server of offline address books, counted in books
	FrontEndServer ResourceKind = "frontend" // has no capacity
)

// kinds are those that rows may have.
var kinds = []ResourceKind{MailStore, PublicStore, ConsumerStore, OABServer, FrontEndServer}

// store reports whether a resource of the kind is a store.
func (k ResourceKind) store() bool { return k == MailStore || k == PublicStore || k == ConsumerStore }

// KindResource is what state.ConflictError and state.NotFoundError tell of
// resources.
const KindResource = "resource"

// MaxMegabytes is the largest capacity of a resource, in megabytes: so large
// that sums of kilobytes never leave an int64.
const MaxMegabytes = 1 << 40

// Resources is the resource manager as a transaction sees it. It belongs to
// the goroutine of the transaction.
type Resources struct{ tx *state.Tx }

// In returns the resource manager in a transaction.
func In(tx *state.Tx) Resources { return Resources{tx: tx} }

// Resource is something registered that organizations get shares of. Its
// server and name are found in any letter case; a store's name is unique in
// the directory.
type Resource struct {
	ID            int64          // row in the state
	GUID          directory.GUID // objectGUID of the store or server
	Kind          ResourceKind
	Server        string // NetBIOS name
	Name          string // of stores; empty for servers
	Megabytes     int64  // capacity, in the unit of the kind
	Allocated     int64  // given to organizations, in the unit of the kind
	Shared        bool   // several organizations may have it
	Provisionable bool   // new allocations may be made
}

// Free is what may still be allocated, in the unit of the kind.
func (r *Resource) Free() int64 { return r.Megabytes - r.Allocated }

func (r *Resource) label() string { return label(r.Server, r.Name) }

func (r *registered) label() string { return label(r.Server, r.Name) }

func label(server, name string) string {
	if name == "" {
		return server
	}
	return name + " on " + server
}

func (r *registered) resource() *Resource {
	return &Resource{
		ID: r.ID, GUID: directory.GUID(r.GUID), Kind: r.Kind, Server: r.Server, Name: r.Name,
		Megabytes: r.Capacity, Allocated: r.Allocated, Shared: r.Shared, Provisionable: r.Provisionable,
	}
}

// AddResource registers a resource with nothing allocated. One of the kind,
// server and name, or another mail store or public store of that name, that is
// registered already is a *state.ConflictError of KindResource; a capacity
// outside of 0 to MaxMegabytes is a *state.ConstraintError.
func (r Resources) AddResource(made Resource) (*Resource, error) {
	if made.Megabytes < 0 || made.Megabytes > MaxMegabytes {
		return nil, capacityRange(made.Megabytes)
	}
	if !slices.Contains(kinds, made.Kind) {
		return nil, &state.SyntaxError{Attribute: KindResource, Syntax: "kind of resource", Value: string(made.Kind)}
	}
	row := &registered{
		GUID: column.GUID(made.GUID), Kind: made.Kind, Server: strings.Clone(made.Server), Name: strings.Clone(made.Name),
		Capacity: made.Megabytes, Shared: made.Shared, Provisionable: made.Provisionable,
	}
	if holder := r.holder(row); holder != nil {
		return nil, &state.ConflictError{Kind: KindResource, Value: holder.label()}
	}
	var err error
	if row.ID, err = r.tx.Next("resource"); err != nil {
		return nil, err
	}
	if err := resources.Put(r.tx, row); err != nil {
		return nil, fmt.Errorf("resource %s: %w", row.label(), err)
	}
	return row.resource(), nil
}

// holder returns what is in the way of a new resource, or nil.
func (r Resources) holder(made *registered) *registered {
	same := byName.Find(r.tx, made.key())
	named := storesByName.Find(r.tx, storeKey{made.Kind == PublicStore, ldappath.Fold(made.Name)})
	if same == nil || named != nil && named.ID < same.ID {
		return named
	}
	return same
}

func capacityRange(amount int64) error {
	return &state.ConstraintError{Attribute: "megabytes", Rule: state.RuleRange, Detail: fmt.Sprintf("%d is not between 0 and %d", amount, int64(MaxMegabytes))}
}

// row returns the row of a resource.
func (r Resources) row(id int64) (*registered, error) {
	if row := resources.Get(r.tx, id); row != nil {
		return row, nil
	}
	return nil, &state.NotFoundError{Kind: KindResource, Value: fmt.Sprint(id)}
}

// Resource returns a registered resource. A missing one is a
// *state.NotFoundError of KindResource.
func (r Resources) Resource(kind ResourceKind, server, name string) (*Resource, error) {
	row := byName.Find(r.tx, nameKey{kind, ldappath.Fold(server), ldappath.Fold(name)})
	if row == nil {
		return nil, &state.NotFoundError{Kind: KindResource, Value: label(server, name)}
	}
	return row.resource(), nil
}

// Resources lists the resources of a kind in the order of registration.
func (r Resources) Resources(kind ResourceKind) ([]*Resource, error) {
	var all []*Resource
	for row := range byKind.Is(r.tx, kind) {
		all = append(all, row.resource())
	}
	return all, r.tx.Ready(false)
}

// ResizeResource changes the capacity by a difference. Less than is allocated
// is a *CapacityError.
func (r Resources) ResizeResource(id, difference int64) (*Resource, error) {
	row, err := r.row(id)
	if err != nil {
		return nil, err
	}
	was := row.resource()
	if difference > MaxMegabytes-was.Megabytes || difference < -was.Megabytes {
		return nil, capacityRange(was.Megabytes + max(min(difference, MaxMegabytes), -MaxMegabytes))
	}
	if -difference > was.Free() {
		return nil, &CapacityError{Level: LevelResource, Name: was.label(), Needed: -difference, Free: was.Free(), Unit: Megabyte}
	}
	changed := *row
	changed.Capacity += difference
	return changed.resource(), resources.Put(r.tx, &changed)
}

// SetShared says whether several organizations may have a resource. While
// several have it, it cannot stop being shared: state.ErrInUse.
func (r Resources) SetShared(id int64, shared bool) error {
	row := resources.Get(r.tx, id)
	if row == nil {
		return r.tx.Ready(true)
	}
	if !shared && r.owners(id) > 1 {
		return fmt.Errorf("resource: %w", state.ErrInUse)
	}
	changed := *row
	changed.Shared = shared
	return resources.Put(r.tx, &changed)
}

// owners counts the organizations that have a share in a resource, up to 2.
func (r Resources) owners(id int64) int {
	count := 0
	for range sharesIn.Is(r.tx, id) {
		if count++; count == 2 {
			break
		}
	}
	return count
}

// SetProvisionable says whether new allocations may be made on the stores of a
// server; what else it is registered as stays as it is. A server without a
// store is a *state.NotFoundError of KindResource.
func (r Resources) SetProvisionable(server string, provisionable bool) error {
	found := false
	for row := range byServer.Is(r.tx, ldappath.Fold(server)) {
		if !row.Kind.store() {
			continue
		}
		found = true
		changed := *row
		changed.Provisionable = provisionable
		if err := resources.Put(r.tx, &changed); err != nil {
			return err
		}
	}
	if !found {
		return &state.NotFoundError{Kind: KindResource, Value: server}
	}
	return nil
}

// RemoveResource takes a resource out of the pool. One that organizations have
// shares of is state.ErrInUse.
func (r Resources) RemoveResource(id int64) error {
	if r.owners(id) > 0 {
		return fmt.Errorf("resource: %w", state.ErrInUse)
	}
	removed, err := resources.Delete(r.tx, id)
	if err == nil && !removed {
		return &state.NotFoundError{Kind: KindResource, Value: fmt.Sprint(id)}
	}
	return err
}

// ResourceCensus is one resource. Amounts are in the unit of its kind:
// megabytes for stores.
type ResourceCensus struct {
	Kind                ResourceKind
	Server, Name        string
	Allocated, Capacity int64
}

// Census returns the totals of every resource, in the order of kinds, servers
// and names.
func (r Resources) Census() []ResourceCensus {
	var all []ResourceCensus
	for _, row := range byName.From(r.tx, nameKey{}) {
		all = append(all, ResourceCensus{Kind: row.Kind, Server: row.Server, Name: row.Name, Allocated: row.Allocated, Capacity: row.Capacity})
	}
	return all
}
