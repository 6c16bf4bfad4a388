package exchangeprovider

import (
	"strings"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// below gives the container that is reached from the Exchange organization by
// the names.
func below(c *engine.Call, names ...string) (*directory.Object, error) {
	domain, err := c.Directory().Domain()
	if err != nil {
		return nil, err
	}
	dn := domain.Exchange
	for _, name := range names {
		dn = dn.Child("CN", name)
	}
	return c.OpenDN(dn)
}

// named gives the first object of a class below at that has the name, nil if
// there is none. The classes asked for are those of the configuration, of
// which there are few.
func named(c *engine.Call, at *directory.Object, class, name string) (*directory.Object, error) {
	for o, err := range c.Directory().Descendants(at, class) {
		if err != nil {
			return nil, err
		}
		if name == "" || strings.EqualFold(o.DN.RDN().Value, name) {
			return o, nil
		}
	}
	return nil, nil
}

// openServer gives an Exchange server by its NetBIOS name.
func openServer(c *engine.Call, name string) (*directory.Object, error) {
	root, err := below(c)
	if err != nil {
		return nil, err
	}
	server, err := named(c, root, "msExchExchangeServer", name)
	if err == nil && server == nil {
		err = mpf.ServerNotInDirectory.New(name)
	}
	return server, err
}

// openStore gives a mailbox store of a server by its name.
func openStore(c *engine.Call, mdb, server string) (where, home *directory.Object, err error) {
	if home, err = openServer(c, server); err != nil {
		return nil, nil, err
	}
	where, err = named(c, home, "msExchPrivateMDB", mdb)
	if err == nil && where == nil {
		err = mpf.StoreNotInExchange.New(mdb, server)
	}
	return where, home, err
}

// publicStore gives the public store that hosts by default: the first one of
// the folder tree (F252).
func publicStore(c *engine.Call) (*directory.Object, error) {
	root, err := below(c)
	if err != nil {
		return nil, err
	}
	found, err := named(c, root, "msExchPublicMDB", "")
	if err == nil && found == nil {
		err = mpf.StoreNotInExchange.New("public store", root.DN.RDN().Value)
	}
	return found, err
}

// serverOf gives the server that a store belongs to.
func serverOf(c *engine.Call, mdb *directory.Object) (*directory.Object, error) {
	owning, err := c.Directory().Linked(mdb, "msExchOwningServer")
	if err != nil {
		return nil, err
	}
	if len(owning) > 0 {
		return owning[0], nil
	}
	for at := mdb; ; {
		if at, err = c.Directory().Parent(at); err != nil || at.Is("msExchExchangeServer") {
			return at, err
		}
	}
}
