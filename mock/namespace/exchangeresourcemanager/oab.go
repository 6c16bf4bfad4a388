package exchangeresourcemanager

import (
	"errors"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// NameOAB is the namespace of the servers that generate offline address books.
const NameOAB = "Exchange OAB Resource Manager"

// listsOfServer is how many lists a server takes that is added without a
// capacity (F301).
const listsOfServer = 1000

var oabServers = engine.Argument{Name: "oabServers", Type: engine.Tree, Required: true}

// rowsOAB are the procedures for offline address books. Of the original's only
// RemoveResources is known; the others are named after those of the sister
// namespaces.
func rowsOAB() []engine.Procedure {
	return []engine.Procedure{
		{
			Name: "AddResources", Summary: "Registers servers for offline address lists, each with the number of lists that it takes.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: forServers(addOABServer),
			Arguments: []engine.Argument{oabServers, controller},
		},
		{
			Name: "ModifyResources", Summary: "Changes by differences how many lists servers take.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: forServers(resizeOABServer),
			Arguments: []engine.Argument{oabServers, controller},
		},
		{
			Name: "RemoveResources", Summary: "Takes servers out of the pool that have no list; one that is not in it is passed over.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: forServers(removeOABServer),
			Arguments: []engine.Argument{oabServers, controller},
		},
		{
			Name: "QueryAllResources", Summary: "Lists the servers with how many lists they take and may still take.",
			Type: engine.Read, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: queryOABServers,
			Arguments: []engine.Argument{controller},
		},
		{
			Name: "AllocateOrganization", Summary: "Gives an organization its list on the named server, or the one with most room, and tells which.",
			Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "organization", Fidelity: engine.Inferred, Run: allocateOAB,
			Arguments: []engine.Argument{organization, {Name: "serverName", Type: engine.Text}, controller},
		},
		{
			Name: "DeallocateOrganization", Summary: "Gives an organization's list back.",
			Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "organization", Fidelity: engine.Inferred, Run: deallocateOAB,
			Arguments: []engine.Argument{organization, controller},
		},
		{
			Name: "QueryOrganization", Summary: "Tells which server has an organization's list, if any.",
			Type: engine.Read, Access: engine.Public, Role: engine.UserCreator, Subject: "organization", Fidelity: engine.Inferred, Run: queryOAB,
			Arguments: []engine.Argument{organization, controller},
		},
	}
}

// forServers returns a function that runs fn for each server that a request
// names, at least one.
func forServers(fn func(*state.Tx, element, string) error) func(*engine.Call) error {
	return func(c *engine.Call) error {
		count := 0
		for container := range xmldoc.Children(c.Data, oabServers.Name) {
			for n := range xmldoc.Children(container, "oabServer") {
				e := element{n, "oabServers/oabServer"}
				name, err := e.need("serverName")
				if err != nil {
					return err
				}
				if err := fn(c.Tx, e, name); err != nil {
					return err
				}
				count++
			}
		}
		if count == 0 {
			return mpf.ArgumentMissing.New("oabServers/oabServer")
		}
		return nil
	}
}

func addOABServer(tx *state.Tx, e element, name string) error {
	capacity := int64(listsOfServer)
	if e.has("capacity") {
		var err error
		if capacity, err = e.amount("capacity"); err != nil {
			return err
		}
	}
	_, err := resource.In(tx).RegisterServer(resource.OABServer, name, capacity)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return mpf.ServerNotInDirectory.New(name)
	case errors.Is(err, state.ErrConflict):
		return mpf.OABServerExists.New(name)
	case errors.Is(err, state.ErrConstraint):
		return mpf.ArgumentInvalid.New("oabServers/oabServer/capacity", "it is larger than can be kept")
	}
	return err
}

func resizeOABServer(tx *state.Tx, e element, name string) error {
	r, err := oabServer(tx, name)
	if err != nil {
		return err
	}
	difference, err := e.signed("capacity")
	if err != nil {
		return err
	}
	_, err = resource.In(tx).ResizeResource(r.ID, difference)
	switch {
	case errors.Is(err, resource.ErrCapacity):
		return mpf.OABServerInUse.New(r.Server, number(r.Allocated))
	case errors.Is(err, state.ErrConstraint):
		return mpf.ArgumentInvalid.New("oabServers/oabServer/capacity", "the server would take fewer than none, or more than can be kept")
	}
	return err
}

// removeOABServer takes a server out of the pool. One that is not in it is no
// error (F301).
func removeOABServer(tx *state.Tx, _ element, name string) error {
	r, err := resource.In(tx).Resource(resource.OABServer, name, "")
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := resource.In(tx).RemoveResource(r.ID); errors.Is(err, state.ErrInUse) {
		return mpf.OABServerInUse.New(r.Server, number(r.Allocated))
	} else if err != nil {
		return err
	}
	return nil
}

// oabServer returns a server of the pool.
func oabServer(tx *state.Tx, name string) (*resource.Resource, error) {
	r, err := resource.In(tx).Resource(resource.OABServer, name, "")
	if errors.Is(err, state.ErrNotFound) {
		return nil, mpf.OABServerUnknown.New(name)
	}
	return r, err
}

func queryOABServers(c *engine.Call) error {
	servers, err := c.Resources().Resources(resource.OABServer)
	if err != nil {
		return err
	}
	list := xmldoc.Element(oabServers.Name)
	for _, r := range servers {
		xmldoc.Append(list, fields("oabServer", "GUID", r.GUID.String(), "serverName", r.Server,
			"capacity", number(r.Megabytes), "capacityFree", number(r.Free())))
	}
	c.Output(list)
	return nil
}

// oabShares opens the organization that the call is about, and returns what it
// has on servers for offline address lists.
func oabShares(c *engine.Call) (*directory.Object, []*resource.Allocation, error) {
	o, err := openOrganization(c)
	if err != nil {
		return nil, nil, err
	}
	held, err := c.Resources().Allocations(o.GUID, resource.OABServer)
	return o, held, err
}

// allocateOAB gives an organization one list on one server.
func allocateOAB(c *engine.Call) error {
	o, held, err := oabShares(c)
	if err != nil {
		return err
	}
	if len(held) > 0 {
		return mpf.AllocationExists.New(o.DN.ADsPath())
	}
	server, err := freeOABServer(c)
	if err != nil {
		return err
	}
	if _, err := c.Resources().Allocate(o.GUID, server.ID, 1); errors.Is(err, resource.ErrCapacity) {
		return mpf.OABNoRoom.New(server.Server)
	} else if err != nil {
		return err
	}
	c.Output(fields("oabServer", "serverName", server.Server))
	return nil
}

// freeOABServer returns the server that is named, else the one with most room;
// of two alike the one registered first.
func freeOABServer(c *engine.Call) (*resource.Resource, error) {
	if name := c.Text("serverName"); name != "" {
		return oabServer(c.Tx, name)
	}
	servers, err := c.Resources().Resources(resource.OABServer)
	if err != nil {
		return nil, err
	}
	var best *resource.Resource
	for _, r := range servers {
		if best == nil || r.Free() > best.Free() {
			best = r
		}
	}
	if best == nil {
		return nil, mpf.OABNoRoom.New("*")
	}
	return best, nil
}

func deallocateOAB(c *engine.Call) error {
	o, held, err := oabShares(c)
	if err != nil {
		return err
	}
	if len(held) == 0 {
		return mpf.AllocationMissing.New(o.DN.ADsPath())
	}
	for _, a := range held {
		if err := c.Resources().Release(a.ID); err != nil {
			return err
		}
	}
	return nil
}

func queryOAB(c *engine.Call) error {
	_, held, err := oabShares(c)
	if err != nil {
		return err
	}
	for _, a := range held {
		c.Output(fields("oabServer", "serverName", a.Resource.Server))
	}
	return nil
}
