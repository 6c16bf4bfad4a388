package exchangeresourcemanager

import (
	"errors"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

var (
	consumerStores = engine.Argument{Name: "consumerMailStores", Type: engine.Tree}
	frontEnds      = engine.Argument{Name: "frontEndServers", Type: engine.Tree}
)

// rowsEx are the procedures of the sister namespace, as far as they are
// documented, and the older names that it passes through.
func rowsEx() []engine.Procedure {
	resources := []engine.Argument{publicStores, mailStores, frontEnds, consumerStores, controller}
	return []engine.Procedure{
		{
			Name: "InitializeExchRMEx", Summary: "Makes the types of consumer stores and front-end servers; they are there from the start.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: initializeEx,
		},
		{
			Name: "UninitializeExchRMEx", Summary: "Removes the types of consumer stores and front-end servers, of which there may be none then.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: uninitializeEx,
		},
		{
			Name: "AddExchangeResources", Summary: "Registers stores, consumer stores and front-end servers.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: addAll, Arguments: resources,
		},
		{
			Name: "RemoveExchangeResources", Summary: "Takes stores, consumer stores and front-end servers out of the pool that nobody has a share of.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: removeAll, Arguments: resources,
		},
		{
			Name: "ReallocateConsumerMailStoreResource", Summary: "Changes the sizes of consumer mail stores by differences.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: resizeStores,
			Arguments: []engine.Argument{required(consumerStores), controller},
		},
		{
			Name: "ReallocateBusinessMailstoreResource", Summary: "Changes the sizes of mail stores by differences; ModifyExchangeResources replaced it.",
			Type: engine.Write, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: resizeStores,
			Arguments: []engine.Argument{required(mailStores), controller},
		},
		{
			Name: "ReallocateOrganizationMailNoMove", Summary: "Passes on to the procedure of that name in Exchange Resource Manager.",
			Type: engine.Write, Access: engine.Public, Role: engine.OrgCreator, Subject: "organization", Fidelity: engine.Documented,
			Run: passOn("ReallocateOrganizationMailNoMove"), Arguments: []engine.Argument{organization, required(mailStore), controller},
		},
		{
			Name: "QueryMailboxAllocation", Summary: "Passes on to the procedure of that name in Exchange Resource Manager.",
			Type: engine.Read, Access: engine.Public, Role: engine.UserCreator, Subject: "mailbox", Fidelity: engine.Inferred,
			Run: passOn("QueryMailboxAllocation"), Arguments: []engine.Argument{mailbox, controller},
		},
		{
			Name: "QueryAllExchangeResources", Summary: "Lists stores, consumer stores and front-end servers.",
			Type: engine.Read, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: queryAll, Arguments: []engine.Argument{controller},
		},
		{
			Name: "QueryAllMailServers", Summary: "Lists the servers of the registered mail stores.",
			Type: engine.Read, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Inferred, Run: queryMailServers, Arguments: []engine.Argument{controller},
		},
		{
			Name: "QueryAllFrontEndServers", Summary: "Lists the registered front-end servers.",
			Type: engine.Read, Access: engine.Public, Role: engine.DomainAdmin, Fidelity: engine.Documented, Run: queryFrontEnds, Arguments: []engine.Argument{controller},
		},
		{
			Name: "AllocateConsumerUserMailbox", Summary: "Takes a consumer's mailbox out of a consumer store and tells which.",
			Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "mailbox", Fidelity: engine.Documented, Run: allocateConsumer,
			Arguments: []engine.Argument{
				{Name: "userPrincipalName", Type: engine.Text, Required: true},
				mailbox, kilobytes,
				{Name: "mailStoreServer", Type: engine.Text},
				{Name: "mailStoreName", Type: engine.Text},
				controller,
			},
		},
		{
			Name: "DeAllocateConsumerUserMailbox", Summary: "Gives a consumer mailbox's size back.",
			Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "mailbox", Fidelity: engine.Inferred, Run: deallocateMailbox,
			Arguments: []engine.Argument{mailbox, controller},
		},
		{
			Name: "ReAllocateConsumerMailbox", Summary: "Changes a consumer mailbox's size by a difference.",
			Type: engine.Write, Access: engine.Public, Role: engine.UserCreator, Subject: "mailbox", Fidelity: engine.Inferred, Run: reallocateMailbox,
			Arguments: []engine.Argument{mailbox, difference, controller},
		},
		{
			Name: "QueryConsumerMailboxAllocation", Summary: "Tells a consumer mailbox's size.",
			Type: engine.Read, Access: engine.Public, Role: engine.UserCreator, Subject: "mailbox", Fidelity: engine.Documented, Run: queryConsumerMailbox,
			Arguments: []engine.Argument{mailbox, controller},
		},
	}
}

// passOn hands a call to the procedure of a name in Exchange Resource Manager
// and takes over its executeData.
func passOn(procedure string) func(*engine.Call) error {
	return func(c *engine.Call) error {
		var args []*xmldoc.Node
		for n := range xmldoc.Elements(c.Data) {
			args = append(args, xmldoc.Clone(n))
		}
		answer, err := c.Execute(Name, procedure, args...)
		if err != nil {
			return err
		}
		for n := range xmldoc.Elements(c.Data) {
			xmldoc.Remove(n)
		}
		for n := range xmldoc.Elements(answer) {
			c.Output(xmldoc.Clone(n))
		}
		return nil
	}
}

// frontEndNames reads the servers that a request names as front-ends.
func frontEndNames(c *engine.Call) ([]string, error) {
	var names []string
	for container := range xmldoc.Children(c.Data, "frontEndServers") {
		for n := range xmldoc.Children(container, "frontEndServer") {
			name, err := element{n, "frontEndServers/frontEndServer"}.need("serverName")
			if err != nil {
				return nil, err
			}
			names = append(names, name)
		}
	}
	return names, nil
}

// forAll is forStores with front-end servers beside the stores.
func forAll(c *engine.Call, onStore func(*state.Tx, storeArgument) error, onServer func(*state.Tx, string) error) error {
	servers, err := frontEndNames(c)
	if err != nil {
		return err
	}
	for _, name := range servers {
		if err := onServer(c.Tx, name); err != nil {
			return err
		}
	}
	stores, err := storeArguments(c)
	if err != nil || len(stores) == 0 && len(servers) > 0 {
		return err
	}
	return forStores(c, onStore)
}

func addAll(c *engine.Call) error {
	if err := forAll(c, addStore, addFrontEnd); err != nil {
		return err
	}
	return warnUnshared(c)
}

func removeAll(c *engine.Call) error { return forAll(c, removeStore, removeFrontEnd) }

func addFrontEnd(tx *state.Tx, name string) error {
	if err := needExTypes(tx, resource.FrontEndServer); err != nil {
		return err
	}
	_, err := resource.In(tx).RegisterServer(resource.FrontEndServer, name, 0)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return mpf.ServerNotInDirectory.New(name)
	case errors.Is(err, state.ErrConflict):
		return mpf.StoreExists.New("front-end", name)
	}
	return err
}

func removeFrontEnd(tx *state.Tx, name string) error {
	r, err := resource.In(tx).Resource(resource.FrontEndServer, name, "")
	if err != nil {
		return unknownStore(err, name, "front-end")
	}
	return resource.In(tx).RemoveResource(r.ID)
}

func resizeStores(c *engine.Call) error {
	return forStores(c, func(tx *state.Tx, a storeArgument) error {
		if _, err := a.need("megabytes"); err != nil {
			return err
		}
		return modifyStore(tx, a)
	})
}

func queryAll(c *engine.Call) error {
	for _, p := range pools {
		list, err := storeList(c.Tx, p)
		if err != nil {
			return err
		}
		c.Output(list)
	}
	servers, err := c.Resources().Resources(resource.FrontEndServer)
	if err != nil {
		return err
	}
	list := xmldoc.Element("frontEndServers")
	for _, r := range servers {
		xmldoc.Append(list, fields("frontEndServer", "GUID", r.GUID.String(), "serverName", r.Server))
	}
	c.Output(list)
	return nil
}

func queryFrontEnds(c *engine.Call) error   { return serverNames(c, resource.FrontEndServer) }
func queryMailServers(c *engine.Call) error { return serverNames(c, resource.MailStore) }

// serverNames lists the servers of a kind of resources, each once.
func serverNames(c *engine.Call, kind resource.ResourceKind) error {
	resources, err := c.Resources().Resources(kind)
	if err != nil {
		return err
	}
	list, seen := xmldoc.Element("servers"), make(map[string]bool)
	for _, r := range resources {
		if !seen[r.Server] {
			seen[r.Server] = true
			xmldoc.Append(list, xmldoc.TextElement("server", r.Server))
		}
	}
	c.Output(list)
	return nil
}

// allocateConsumer takes a mailbox out of the consumer store that is named, or
// the one with most room, on the named server if there is one (F349).
func allocateConsumer(c *engine.Call) error {
	user, err := c.Open("mailbox", "user")
	if err != nil {
		return err
	}
	upn, err := c.Directory().Value(user, "userPrincipalName")
	if err != nil {
		return err
	}
	if !sameName(upn, c.Text("userPrincipalName")) {
		return mpf.ArgumentInvalid.New("userPrincipalName", "it is not that of the mailbox's user")
	}
	if _, err := c.Resources().Consumer(user.GUID); err == nil {
		return mpf.AllocationExists.New(user.DN.ADsPath())
	}
	r, err := consumerStoreAsked(c)
	if err != nil {
		return err
	}
	if _, err := c.Resources().AddConsumerMailbox(r.ID, user.GUID, c.Number("kilobytes")); err != nil {
		return fault(err)
	}
	outputStore(c, r)
	return nil
}

// consumerStoreAsked gives the store that server and name tell, or one that
// suits.
func consumerStoreAsked(c *engine.Call) (*resource.Resource, error) {
	server, name := c.Text("mailStoreServer"), c.Text("mailStoreName")
	switch {
	case name == "":
		return consumerStore(c.Tx, server, c.Number("kilobytes"))
	case server == "":
		return nil, mpf.ArgumentMissing.New("mailStoreServer")
	}
	r, err := c.Resources().Resource(resource.ConsumerStore, server, name)
	if errors.Is(err, state.ErrNotFound) {
		return nil, mpf.StoreUnavailable.New(name, server, "it is not a consumer mail store")
	}
	return r, err
}

func consumerStore(tx *state.Tx, server string, kilobytes int64) (*resource.Resource, error) {
	resources, err := resource.In(tx).Resources(resource.ConsumerStore)
	if err != nil {
		return nil, err
	}
	var best *resource.Resource
	known := server == ""
	for _, r := range resources {
		onServer := server == "" || sameName(r.Server, server)
		known = known || onServer
		if onServer && r.Provisionable && (best == nil || r.Free() > best.Free()) {
			best = r
		}
	}
	switch {
	case !known:
		return nil, mpf.StoreUnknown.New("*", server)
	case best == nil:
		return nil, mpf.NoRoom.New(number(resource.MegabytesFor(kilobytes)), "0")
	}
	return best, nil
}
