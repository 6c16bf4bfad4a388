package store

import (
	"fmt"

	"wsexchange/internal/ldappath"
)

// databaseClasses are the classes of the directory's objects for stores.
var databaseClasses = map[ResourceKind]string{
	MailStore: "msExchPrivateMDB", ConsumerStore: "msExchPrivateMDB", PublicStore: "msExchPublicMDB",
}

// FindDatabase gives the object of a store in the Exchange configuration, by
// the server's NetBIOS name and its own, in any letter case. A missing one is
// ErrNotFound. Work grows with the number of stores.
func (t *Tx) FindDatabase(kind ResourceKind, server, name string) (*Object, error) {
	found, err := collect(t, scanObject, "SELECT "+objectColumns+" FROM object o WHERE o.class = ? ORDER BY o.dn_key", databaseClasses[kind])
	if err != nil {
		return nil, err
	}
	for _, o := range found {
		if ldappath.Fold(o.DN.RDN().Value) == ldappath.Fold(name) && onServer(o.DN, server) {
			return o, nil
		}
	}
	return nil, &NotFoundError{Kind: "store", Value: name + " on " + server}
}

// onServer tells whether a store lies below the server: server, information
// store, storage group, store.
func onServer(dn ldappath.DN, server string) bool {
	return ldappath.Fold(dn.Parent().Parent().Parent().RDN().Value) == ldappath.Fold(server)
}

// RegisterStore adds a store of an Exchange server to the pool, under its
// objectGUID and in the directory's spelling. A store that Exchange does not
// have is ErrNotFound; for the rest see AddResource.
func (t *Tx) RegisterStore(kind ResourceKind, server, name string, megabytes int64, shared bool) (*Resource, error) {
	o, err := t.FindDatabase(kind, server, name)
	if err != nil {
		return nil, err
	}
	return t.AddResource(Resource{
		GUID: o.GUID, Kind: kind, Server: o.DN.Parent().Parent().Parent().RDN().Value,
		Name: o.DN.RDN().Value, Megabytes: megabytes, Shared: shared, Provisionable: true,
	})
}

// RegisterServer adds a server of the domain to the pool, under the objectGUID
// of its computer account. A server without an account is ErrNotFound.
func (t *Tx) RegisterServer(kind ResourceKind, server string, capacity int64) (*Resource, error) {
	o, err := t.BySAM(server + "$")
	if err != nil {
		return nil, err
	}
	return t.AddResource(Resource{GUID: o.GUID, Kind: kind, Server: o.DN.RDN().Value, Megabytes: capacity, Shared: true, Provisionable: true})
}

// seedResources registers the resources of a seed. A public store serves all
// organizations.
func seedResources(t *Tx, seed Seed) error {
	pools := []struct {
		kind   ResourceKind
		stores []SeedMailStore
	}{
		{MailStore, seed.Resources.MailStores},
		{PublicStore, seed.Resources.PublicStores},
		{ConsumerStore, seed.Resources.ConsumerMailStores},
	}
	for _, pool := range pools {
		for _, s := range pool.stores {
			shared := s.Shared || pool.kind != MailStore
			if _, err := t.RegisterStore(pool.kind, s.Server, s.Store, s.Megabytes, shared); err != nil {
				return fmt.Errorf("store %q on %q: %w", s.Store, s.Server, err)
			}
		}
	}
	for _, s := range seed.Resources.OABServers {
		if _, err := t.RegisterServer(OABServer, s.Server, int64(s.Capacity)); err != nil {
			return fmt.Errorf("server %q: %w", s.Server, err)
		}
	}
	return nil
}
