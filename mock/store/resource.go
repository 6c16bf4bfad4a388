package store

import (
	"errors"
	"fmt"

	"wsexchange/internal/ldappath"
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

// KindResource is what ConflictError and NotFoundError tell of resources.
const KindResource = "resource"

// MaxMegabytes is the largest capacity of a resource, in megabytes: so large
// that sums of kilobytes never leave an int64.
const MaxMegabytes = 1 << 40

// Resource is something registered that organizations get shares of. Its
// server and name are found in any letter case; a store's name is unique in
// the directory.
type Resource struct {
	ID            int64 // row in the store
	GUID          GUID  // objectGUID of the store or server
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

const resourceColumns = "r.id, r.guid, r.kind, r.server, r.name, r.capacity, r.allocated, r.shared, r.provisionable"

func (r *Resource) fields(guid *string) []any {
	return []any{&r.ID, guid, &r.Kind, &r.Server, &r.Name, &r.Megabytes, &r.Allocated, &r.Shared, &r.Provisionable}
}

func scanResource(row scanner) (*Resource, error) {
	var r Resource
	var guid string
	err := row.Scan(r.fields(&guid)...)
	if err != nil {
		return nil, err
	}
	if r.GUID, err = ParseGUID(guid); err != nil {
		return nil, fmt.Errorf("resource %d: %w", r.ID, err)
	}
	return &r, nil
}

// AddResource registers a resource with nothing allocated. One of the kind,
// server and name, or another mail store or public store of that name, that is
// registered already is a *ConflictError of KindResource; a capacity outside
// of 0 to MaxMegabytes is a *ConstraintError.
func (t *Tx) AddResource(r Resource) (*Resource, error) {
	if r.Megabytes < 0 || r.Megabytes > MaxMegabytes {
		return nil, capacityRange(r.Megabytes)
	}
	if holder, err := t.registered(r); err != nil {
		return nil, err
	} else if holder != nil {
		return nil, &ConflictError{Kind: KindResource, Value: holder.label()}
	}
	id, err := t.next("resource")
	if err != nil {
		return nil, err
	}
	_, err = t.exec("INSERT INTO resource (id, guid, kind, server, server_key, name, name_key, capacity, shared, provisionable)"+
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", id, r.GUID.Octets(), r.Kind, r.Server, ldappath.Fold(r.Server),
		r.Name, ldappath.Fold(r.Name), r.Megabytes, r.Shared, r.Provisionable)
	if err != nil {
		return nil, fmt.Errorf("resource %s: %w", r.label(), err)
	}
	return t.resource("r.id = ?", r.label(), id)
}

// registered gives what stands in the way of a new resource, or nil.
func (t *Tx) registered(r Resource) (*Resource, error) {
	found, err := collect(t, scanResource, "SELECT "+resourceColumns+" FROM resource r WHERE r.name_key = ? AND r.kind <> 'oab' AND r.kind <> 'frontend'"+
		" UNION SELECT "+resourceColumns+" FROM resource r WHERE r.kind = ? AND r.server_key = ? AND r.name_key = ?",
		ldappath.Fold(r.Name), r.Kind, ldappath.Fold(r.Server), ldappath.Fold(r.Name))
	if err != nil {
		return nil, err
	}
	for _, other := range found {
		if (other.Kind == PublicStore) == (r.Kind == PublicStore) {
			return other, nil
		}
	}
	return nil, nil
}

func (r *Resource) label() string {
	if r.Name == "" {
		return r.Server
	}
	return r.Name + " on " + r.Server
}

func capacityRange(amount int64) error {
	return &ConstraintError{Attribute: "megabytes", Rule: RuleRange, Detail: fmt.Sprintf("%d is not between 0 and %d", amount, int64(MaxMegabytes))}
}

func (t *Tx) resource(condition, label string, args ...any) (*Resource, error) {
	found, err := collect(t, scanResource, "SELECT "+resourceColumns+" FROM resource r WHERE "+condition, args...)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &NotFoundError{Kind: KindResource, Value: label}
	}
	return found[0], nil
}

// Resource gives a registered resource. A missing one is a *NotFoundError of
// KindResource.
func (t *Tx) Resource(kind ResourceKind, server, name string) (*Resource, error) {
	r := Resource{Server: server, Name: name}
	return t.resource("r.kind = ? AND r.server_key = ? AND r.name_key = ?", r.label(), kind, ldappath.Fold(server), ldappath.Fold(name))
}

// Resources lists the resources of a kind in the order of registration.
func (t *Tx) Resources(kind ResourceKind) ([]*Resource, error) {
	return collect(t, scanResource, "SELECT "+resourceColumns+" FROM resource r WHERE r.kind = ? ORDER BY r.id", kind)
}

// ResizeResource changes the capacity by a difference. Less than is allocated
// is a *CapacityError.
func (t *Tx) ResizeResource(id, difference int64) (*Resource, error) {
	r, err := t.resource("r.id = ?", "", id)
	if err != nil {
		return nil, err
	}
	if difference > MaxMegabytes-r.Megabytes || difference < -r.Megabytes {
		return nil, capacityRange(r.Megabytes + max(min(difference, MaxMegabytes), -MaxMegabytes))
	}
	if -difference > r.Free() {
		return nil, &CapacityError{Level: LevelResource, Name: r.label(), Needed: -difference, Free: r.Free(), Unit: Megabyte}
	}
	if _, err := t.exec("UPDATE resource SET capacity = capacity + ? WHERE id = ?", difference, id); err != nil {
		return nil, err
	}
	return t.resource("r.id = ?", "", id)
}

// SetShared says whether several organizations may have a resource. While
// several have it, it cannot stop being shared: ErrInUse.
func (t *Tx) SetShared(id int64, shared bool) error {
	if !shared {
		var owners int64
		if err := t.row("SELECT COUNT(*) FROM (SELECT 1 FROM allocation WHERE resource_id = ? LIMIT 2)", []any{id}, &owners); err != nil {
			return err
		}
		if owners > 1 {
			return fmt.Errorf("resource: %w", ErrInUse)
		}
	}
	_, err := t.exec("UPDATE resource SET shared = ? WHERE id = ?", shared, id)
	return err
}

// SetProvisionable says whether new allocations may be made on the stores of a
// server; what else it is registered as stays as it is. A server without a
// store is a *NotFoundError of KindResource.
func (t *Tx) SetProvisionable(server string, provisionable bool) error {
	n, err := t.exec("UPDATE resource SET provisionable = ? WHERE server_key = ? AND kind IN (?, ?, ?)",
		provisionable, ldappath.Fold(server), MailStore, PublicStore, ConsumerStore)
	if err == nil && n == 0 {
		return &NotFoundError{Kind: KindResource, Value: server}
	}
	return err
}

// RemoveResource takes a resource out of the pool. One that organizations have
// shares of is ErrInUse.
func (t *Tx) RemoveResource(id int64) error {
	held, err := collect(t, scanID, "SELECT id FROM allocation WHERE resource_id = ? LIMIT 1", id)
	if err != nil {
		return err
	}
	if len(held) > 0 {
		return fmt.Errorf("resource: %w", ErrInUse)
	}
	n, err := t.exec("DELETE FROM resource WHERE id = ?", id)
	if err == nil && n == 0 {
		return &NotFoundError{Kind: KindResource, Value: fmt.Sprint(id)}
	}
	return err
}

// ErrInUse is that somebody has a share of what should go.
var ErrInUse = errors.New("in use")
