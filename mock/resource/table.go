package resource

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/column"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// registered is the row of a resource.
type registered struct {
	ID            int64        `json:"id"`
	GUID          column.GUID  `json:"guid"`
	Kind          ResourceKind `json:"kind"`
	Server        string       `json:"server"`
	Name          string       `json:"name,omitempty"`
	Capacity      int64        `json:"capacity"`
	Allocated     int64        `json:"allocated,omitempty"` // the sum of its shares
	Shared        bool         `json:"shared,omitempty"`
	Provisionable bool         `json:"provisionable,omitempty"`
}

// share is the row of an allocation.
type share struct {
	ID           int64       `json:"id"`
	Resource     int64       `json:"resource"`
	Organization column.GUID `json:"organization,omitzero"` // stays when the object goes
	Amount       int64       `json:"amount"`
	Used         int64       `json:"usedKB,omitempty"`    // the sum of its consumers
	Consumers    int64       `json:"consumers,omitempty"` // their number
}

// consumer is the row of a mailbox or a public folder.
type consumer struct {
	ID        int64       `json:"id"`
	Share     int64       `json:"allocation"`
	Kilobytes int64       `json:"kilobytes"`
	GUID      column.GUID `json:"guid"` // of the mailbox's user, or the folder's own
	Path      string      `json:"path,omitempty"`
	Folder    bool        `json:"folder,omitempty"` // a mailbox else
}

var (
	resources = state.Declare(state.Spec[int64, registered]{
		Name: "resource", Key: func(r *registered) int64 { return r.ID }, Compare: cmp.Compare[int64], Describe: describeResource,
	})
	byName = state.Unique(resources, "kind, server and name", compareNames, func(r *registered, add func(nameKey)) { add(r.key()) })
	_      = state.Unique(resources, "objectGUID", compareGUIDs, func(r *registered, add func(guidKey)) {
		add(guidKey{r.GUID, string(r.Kind)})
	})
	// storesByName has the stores alone: mail stores and those of consumers
	// share names, public stores have their own.
	storesByName = state.Unique(resources, "name of a store", compareStores, func(r *registered, add func(storeKey)) {
		if r.Kind.store() {
			add(storeKey{r.Kind == PublicStore, ldappath.Fold(r.Name)})
		}
	})
	byServer = state.Ordered(resources, "server", strings.Compare, func(r *registered, add func(string)) { add(ldappath.Fold(r.Server)) })
	byKind   = state.Ordered(resources, "kind", cmp.Compare[ResourceKind], func(r *registered, add func(ResourceKind)) { add(r.Kind) })

	shares = state.Declare(state.Spec[int64, share]{
		Name: "allocation", Key: func(a *share) int64 { return a.ID }, Compare: cmp.Compare[int64], Describe: describeShare,
	})
	sharesOf = state.Unique(shares, "organization and resource", compareHolders, func(a *share, add func(holderKey)) {
		add(holderKey{a.Organization, a.Resource})
	})
	sharesIn = state.Ordered(shares, "resource", cmp.Compare[int64], func(a *share, add func(int64)) { add(a.Resource) })

	consumers = state.Declare(state.Spec[int64, consumer]{
		Name: "consumer", Key: func(c *consumer) int64 { return c.ID }, Compare: cmp.Compare[int64], Describe: describeConsumer,
	})
	consumersByGUID = state.Unique(consumers, "GUID", func(a, b column.GUID) int { return bytes.Compare(a[:], b[:]) },
		func(c *consumer, add func(column.GUID)) { add(c.GUID) })
	consumersOn = state.Ordered(consumers, "allocation", cmp.Compare[shareKind], func(c *consumer, add func(shareKind)) {
		add(on(c.Share, c.Folder))
	})
	foldersByPath = state.Unique(consumers, "path", comparePaths, func(c *consumer, add func(pathKey)) {
		if c.Folder {
			add(pathKey{c.Share, ldappath.Fold(c.Path)})
		}
	})
)

// Tables returns the tables of the resource manager: resource, allocation and
// consumer. All domain controllers have the same rows.
func Tables() []state.Declaration { return []state.Declaration{resources, shares, consumers} }

type nameKey struct {
	kind         ResourceKind
	server, name string // folded
}

func (r *registered) key() nameKey {
	return nameKey{r.Kind, ldappath.Fold(r.Server), ldappath.Fold(r.Name)}
}

func compareNames(a, b nameKey) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), strings.Compare(a.server, b.server), strings.Compare(a.name, b.name))
}

type guidKey struct {
	guid column.GUID
	kind string
}

func compareGUIDs(a, b guidKey) int {
	return cmp.Or(bytes.Compare(a.guid[:], b.guid[:]), strings.Compare(a.kind, b.kind))
}

type storeKey struct {
	public bool
	name   string // folded
}

func compareStores(a, b storeKey) int {
	if a.public != b.public {
		if b.public {
			return -1
		}
		return 1
	}
	return strings.Compare(a.name, b.name)
}

type holderKey struct {
	organization column.GUID
	resource     int64
}

func compareHolders(a, b holderKey) int {
	if c := bytes.Compare(a.organization[:], b.organization[:]); c != 0 {
		return c
	}
	return cmp.Compare(a.resource, b.resource)
}

// shareKind is a share together with a kind of consumers.
type shareKind int64

func on(share int64, folder bool) shareKind {
	key := shareKind(share << 1)
	if folder {
		key |= 1
	}
	return key
}

type pathKey struct {
	share int64
	path  string // folded
}

func comparePaths(a, b pathKey) int {
	if c := cmp.Compare(a.share, b.share); c != 0 {
		return c
	}
	return strings.Compare(a.path, b.path)
}

// Totals that rows keep are left out of what describes them: they follow from
// other rows.

func describeResource(_ *state.Tx, r *registered) state.Description {
	return state.Description{Object: "resource " + string(r.Kind) + " " + r.label(), Attributes: map[string][]string{
		"kind": {string(r.Kind)}, "server": {r.Server}, "name": {r.Name}, "capacity": {fmt.Sprint(r.Capacity)},
		"shared": {fmt.Sprint(r.Shared)}, "provisionable": {fmt.Sprint(r.Provisionable)},
	}}
}

func describeShare(tx *state.Tx, a *share) state.Description {
	holder := "consumers"
	if a.Organization != (column.GUID{}) {
		holder = objectName(tx, a.Organization)
	}
	return state.Description{Object: "allocation in " + resourceName(tx, a.Resource) + " of " + holder, Attributes: map[string][]string{
		"amount": {fmt.Sprint(a.Amount)},
	}}
}

func describeConsumer(tx *state.Tx, c *consumer) state.Description {
	d := state.Description{Object: "consumer " + objectName(tx, c.GUID), Attributes: map[string][]string{
		"kilobytes": {fmt.Sprint(c.Kilobytes)},
	}}
	if c.Folder {
		d.Object, d.Attributes["path"] = "consumer "+c.Path+" "+directory.GUID(c.GUID).String(), []string{c.Path}
	}
	if a := shares.Get(tx, c.Share); a != nil {
		d.Attributes["resource"] = []string{resourceName(tx, a.Resource)}
	}
	return d
}

func resourceName(tx *state.Tx, id int64) string {
	if r := resources.Get(tx, id); r != nil {
		return r.label()
	}
	return fmt.Sprintf("resource %d", id)
}

// objectName returns the distinguished name of an object, or its GUID if it is
// gone.
func objectName(tx *state.Tx, guid column.GUID) string {
	o, err := directory.In(tx).ByGUID(directory.GUID(guid))
	if err != nil {
		return directory.GUID(guid).String()
	}
	return o.DN.String()
}
