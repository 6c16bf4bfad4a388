package seed

import (
	"fmt"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/resource"
)

// place finds the names that every batch needs.
func (r rooms) place() (place, error) {
	var p place
	var err error
	if p.domain, err = r.directory.Domain(); err != nil {
		return p, err
	}
	hosting, err := r.directory.Get(p.domain.Hosting)
	if err != nil {
		return p, err
	}
	if err := r.findReseller(hosting, &p); err != nil {
		return p, err
	}
	p.lists, p.top = p.domain.Exchange.Child("CN", addressLists), p.domain.Exchange.Parent()
	p.everyone = p.lists.Child("CN", allGlobalLists).Child("CN", defaultGlobalList).String()
	exchange, err := r.directory.Get(p.domain.Exchange)
	if err != nil {
		return p, err
	}
	if err := r.findServers(exchange, &p); err != nil {
		return p, err
	}
	if err := r.findStores(&p); err != nil {
		return p, err
	}
	group, err := r.first(exchange, "msExchAdminGroup")
	if err != nil {
		return p, err
	}
	legacy, err := r.directory.Value(group, "legacyExchangeDN")
	name := exchange.DN.RDN().Value
	p.recipients = legacy + "/cn=Recipients/cn="
	p.x400 = "c=us;a= ;p=" + name[:min(len(name), longestX400Part)] + ";o=Exchange;s="
	return p, err
}

const longestX400Part = 16

// findReseller takes the first reseller of the hosting OU.
func (r rooms) findReseller(hosting *directory.Object, p *place) error {
	children, err := r.directory.Children(hosting, "organizationalUnit")
	if err != nil {
		return err
	}
	for _, child := range children {
		customers, err := r.directory.WellKnown(child, directory.WellKnownAllCustomers)
		if err != nil {
			continue // not a reseller
		}
		p.reseller, p.customers = child.DN, customers.DN
		return nil
	}
	return fmt.Errorf("%w: the hosting OU has no reseller", ErrInventory)
}

// first returns the first object of a class below another.
func (r rooms) first(at *directory.Object, class string) (*directory.Object, error) {
	for o, err := range r.directory.Descendants(at, class) {
		return o, err
	}
	return nil, fmt.Errorf("%w: %s has no %s", ErrInventory, at.DN, class)
}

func (r rooms) findServers(exchange *directory.Object, p *place) error {
	for server, err := range r.directory.Descendants(exchange, "msExchExchangeServer") {
		if err != nil {
			return err
		}
		p.servers = append(p.servers, server.DN)
	}
	public, err := r.first(exchange, "msExchPublicMDB")
	if err != nil {
		return err
	}
	p.publicStore, p.publicServer = public.DN, serverOf(public.DN)
	return nil
}

// serverOf returns the server of a store: server, information store, storage
// group, store.
func serverOf(store ldappath.DN) ldappath.DN { return store.Parent().Parent().Parent() }

// findStores finds what mailboxes in each of the mail stores point to.
func (r rooms) findStores(p *place) error {
	stores, err := r.shared(resource.MailStore)
	if err != nil {
		return err
	}
	p.stores = make(map[string]mailHome, len(stores))
	for _, store := range stores {
		o, err := r.directory.ByGUID(store.GUID)
		if err != nil {
			return err
		}
		server, err := r.directory.Get(serverOf(o.DN))
		if err != nil {
			return err
		}
		home := mailHome{store: o.DN.String()}
		if home.server, err = r.directory.Value(server, "legacyExchangeDN"); err != nil {
			return err
		}
		transfer := server.DN.Child("CN", "Microsoft MTA")
		if exists, err := r.directory.Exists(transfer); err != nil {
			return err
		} else if exists {
			home.transfer = transfer.String()
		}
		p.stores[store.Name] = home
	}
	return nil
}
