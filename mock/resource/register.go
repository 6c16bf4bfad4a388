package resource

import (
	"fmt"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// databaseClasses are the classes of the directory's objects for stores.
var databaseClasses = map[ResourceKind]string{
	MailStore: "msExchPrivateMDB", ConsumerStore: "msExchPrivateMDB", PublicStore: "msExchPublicMDB",
}

// FindDatabase returns the object of a store in the Exchange configuration, by
// the server's NetBIOS name and its own, in any letter case. A missing one is
// state.ErrNotFound. Work grows with the number of stores.
func (r Resources) FindDatabase(kind ResourceKind, server, name string) (*directory.Object, error) {
	found, err := r.databases(databaseClasses[kind])
	if err != nil {
		return nil, err
	}
	for _, o := range found {
		if ldappath.Fold(o.DN.RDN().Value) == ldappath.Fold(name) && onServer(o.DN, server) {
			return o, nil
		}
	}
	return nil, &state.NotFoundError{Kind: "store", Value: name + " on " + server}
}

// StoreNamed returns the object of a store of any Exchange server by its name, in
// any letter case, nil if none has it. Work grows with the number of stores.
func (r Resources) StoreNamed(kind ResourceKind, name string) (*directory.Object, error) {
	found, err := r.databases(databaseClasses[kind])
	if err != nil {
		return nil, err
	}
	for _, o := range found {
		if ldappath.Fold(o.DN.RDN().Value) == ldappath.Fold(name) {
			return o, nil
		}
	}
	return nil, nil
}

// databases returns the objects of a class in the configuration, in the order
// of their names.
func (r Resources) databases(class string) ([]*directory.Object, error) {
	if class == "" {
		return nil, nil
	}
	domain, err := directory.In(r.tx).Domain()
	if err != nil {
		return nil, err
	}
	filter, err := directory.ParseFilter(fmt.Sprintf("(objectClass=%s)", class))
	if err != nil {
		return nil, err
	}
	found, _, err := directory.In(r.tx).Search(directory.Query{Base: domain.Configuration, Scope: directory.ScopeSubtree, Filter: filter})
	return found, err
}

// onServer reports whether a store is below the server: server, information
// store, storage group, store.
func onServer(dn ldappath.DN, server string) bool {
	return ldappath.Fold(dn.Parent().Parent().Parent().RDN().Value) == ldappath.Fold(server)
}

// RegisterStore adds a store of an Exchange server to the pool, under its
// objectGUID and in the directory's spelling. A store that Exchange does not
// have is state.ErrNotFound; for the rest see AddResource.
func (r Resources) RegisterStore(kind ResourceKind, server, name string, megabytes int64, shared bool) (*Resource, error) {
	o, err := r.FindDatabase(kind, server, name)
	if err != nil {
		return nil, err
	}
	return r.AddResource(Resource{
		GUID: o.GUID, Kind: kind, Server: o.DN.Parent().Parent().Parent().RDN().Value,
		Name: o.DN.RDN().Value, Megabytes: megabytes, Shared: shared, Provisionable: true,
	})
}

// RegisterServer adds a server of the domain to the pool, under the objectGUID
// of its computer account. A server without an account is state.ErrNotFound.
func (r Resources) RegisterServer(kind ResourceKind, server string, capacity int64) (*Resource, error) {
	o, err := directory.In(r.tx).BySAM(server + "$")
	if err != nil {
		return nil, err
	}
	return r.AddResource(Resource{GUID: o.GUID, Kind: kind, Server: o.DN.RDN().Value, Megabytes: capacity, Shared: true, Provisionable: true})
}
