package exchangeresourcemanager

import (
	"errors"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	orgs "wsexchange/mock/namespace/organization"
	"wsexchange/mock/store"
	"wsexchange/mpf"
)

// openOrganization gives the organization at the organization argument.
func openOrganization(c *engine.Call) (*store.Object, error) {
	o, err := c.Open("organization")
	if err != nil {
		return nil, err
	}
	is, err := orgs.Is(c.Tx, o)
	if err == nil && !is {
		err = mpf.NotAnOrganization.New(o.DN.ADsPath())
	}
	return o, err
}

// shareOf gives an organization's share of a resource, or nil.
func shareOf(tx *store.Tx, organization store.GUID, r *store.Resource) (*store.Allocation, error) {
	share, err := tx.AllocationIn(organization, r.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	return share, err
}

// allocateOrganization gives an organization its first shares. One that has
// shares of a kind gets more of it by reallocation only.
func allocateOrganization(c *engine.Call) error {
	o, err := openOrganization(c)
	if err != nil {
		return err
	}
	public, hasPublic := argument(c, "publicStore")
	mail, hasMail := argument(c, "mailStore")
	if !hasPublic && !hasMail {
		return mpf.NoStoreNamed.New("give mailStore or publicStore")
	}
	if hasPublic {
		if err := firstShare(c.Tx, o, store.PublicStore); err != nil {
			return err
		}
		if err := allocatePublic(c.Tx, o, public); err != nil {
			return err
		}
	}
	if !hasMail {
		return nil
	}
	if err := firstShare(c.Tx, o, store.MailStore); err != nil {
		return err
	}
	return allocateMail(c.Tx, o, mail)
}

func firstShare(tx *store.Tx, o *store.Object, kind store.ResourceKind) error {
	shares, err := tx.Allocations(o.GUID, kind)
	if err == nil && len(shares) > 0 {
		err = mpf.AllocationExists.New(o.DN.ADsPath())
	}
	return err
}

// allocatePublic gives a share of one public store: the one of the named
// server, else the one with most room. An organization has one (F271).
func allocatePublic(tx *store.Tx, o *store.Object, e element) error {
	megabytes, err := e.amount("megabytes")
	if err != nil {
		return err
	}
	server := e.text("sourcePublicStoreServer")
	resources, err := tx.Resources(store.PublicStore)
	if err != nil {
		return err
	}
	var open []candidate
	known, free := false, int64(0)
	for _, r := range resources {
		onServer := server == "" || sameName(r.Server, server)
		known = known || onServer
		if onServer && r.Provisionable {
			open = append(open, candidate{resource: r})
			free = max(free, r.Free())
		}
	}
	if server != "" && !known {
		return mpf.StoreUnknown.New("*", server)
	}
	portions := place(open, megabytes, minStoreCount)
	if len(portions) != 1 {
		return mpf.NoRoom.New(number(megabytes), number(free))
	}
	return grow(tx, o.GUID, portions[0])
}

// allocateMail gives shares of mail stores: of the named ones, else of those
// chosen by the algorithm, which are told in sourceMailStores.
func allocateMail(tx *store.Tx, o *store.Object, e element) error {
	if sources := xmldoc.Child(e.node, "sourceMailStores"); sources != nil {
		return allocateNamed(tx, o, e, sources)
	}
	megabytes, err := e.amount("megabytes")
	if err != nil {
		return err
	}
	shared, err := e.boolean("shared", true)
	if err != nil {
		return err
	}
	text, _ := xmldoc.Attr(e.node, "algorithm")
	chosen, err := readAlgorithm(text, tightPack)
	if err != nil {
		return err
	}
	portions, err := allocateAutomatically(tx, o.GUID, megabytes, shared, chosen)
	if err != nil {
		return err
	}
	list := xmldoc.Element("sourceMailStores")
	for _, p := range portions {
		xmldoc.Append(list, xmldoc.Element("sourceMailStore",
			xmldoc.TextElement("serverName", p.resource.Server),
			xmldoc.TextElement("mailStoreName", p.resource.Name),
			xmldoc.TextElement("megabytes", number(p.megabytes))))
	}
	xmldoc.Append(e.node, list)
	return nil
}

func allocateNamed(tx *store.Tx, o *store.Object, e element, sources *xmldoc.Node) error {
	named, err := readSources(e, sources)
	if err != nil {
		return err
	}
	for _, s := range named {
		if s.op != "" && s.op != opAllocate {
			return mpf.ArgumentInvalid.New("sourceMailStore/@op", "the organization has nothing to give back yet")
		}
		if err := s.allocate(tx, o); err != nil {
			return err
		}
	}
	return nil
}

// deallocateOrganization gives back what an organization has. Having nothing
// is no error.
func deallocateOrganization(c *engine.Call) error {
	o, err := openOrganization(c)
	if err != nil {
		return err
	}
	var shares []*store.Allocation
	consumers := make(map[store.ResourceKind]int64, 2)
	for _, kind := range []store.ResourceKind{store.MailStore, store.PublicStore} {
		of, err := c.Tx.Allocations(o.GUID, kind)
		if err != nil {
			return err
		}
		for _, a := range of {
			consumers[kind] += a.Consumers
		}
		shares = append(shares, of...)
	}
	if mail, public := consumers[store.MailStore], consumers[store.PublicStore]; mail+public > 0 {
		return mpf.AllocationInUse.New(o.DN.ADsPath(), number(mail), number(public))
	}
	for _, a := range shares {
		if err := c.Tx.Release(a.ID); err != nil {
			return err
		}
	}
	return nil
}
