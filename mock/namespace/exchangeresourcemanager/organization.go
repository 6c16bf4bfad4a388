package exchangeresourcemanager

import (
	"errors"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	orgs "wsexchange/mock/namespace/organization"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// openOrganization gives the organization at the organization argument.
func openOrganization(c *engine.Call) (*directory.Object, error) {
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
func shareOf(tx *state.Tx, organization directory.GUID, r *resource.Resource) (*resource.Allocation, error) {
	share, err := resource.In(tx).AllocationIn(organization, r.ID)
	if errors.Is(err, state.ErrNotFound) {
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
		if err := firstShare(c.Tx, o, resource.PublicStore); err != nil {
			return err
		}
		if err := allocatePublic(c.Tx, o, public); err != nil {
			return err
		}
	}
	if !hasMail {
		return nil
	}
	if err := firstShare(c.Tx, o, resource.MailStore); err != nil {
		return err
	}
	return allocateMail(c.Tx, o, mail)
}

func firstShare(tx *state.Tx, o *directory.Object, kind resource.ResourceKind) error {
	shares, err := resource.In(tx).Allocations(o.GUID, kind)
	if err == nil && len(shares) > 0 {
		err = mpf.AllocationExists.New(o.DN.ADsPath())
	}
	return err
}

// allocatePublic gives a share of one public store: the one of the named
// server, else the one with most room. An organization has one (F271).
func allocatePublic(tx *state.Tx, o *directory.Object, e element) error {
	megabytes, err := e.amount("megabytes")
	if err != nil {
		return err
	}
	server := e.text("sourcePublicStoreServer")
	resources, err := resource.In(tx).Resources(resource.PublicStore)
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
func allocateMail(tx *state.Tx, o *directory.Object, e element) error {
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

func allocateNamed(tx *state.Tx, o *directory.Object, e element, sources *xmldoc.Node) error {
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
	var shares []*resource.Allocation
	consumers := make(map[resource.ResourceKind]int64, 2)
	for _, kind := range []resource.ResourceKind{resource.MailStore, resource.PublicStore} {
		of, err := c.Resources().Allocations(o.GUID, kind)
		if err != nil {
			return err
		}
		for _, a := range of {
			consumers[kind] += a.Consumers
		}
		shares = append(shares, of...)
	}
	if mail, public := consumers[resource.MailStore], consumers[resource.PublicStore]; mail+public > 0 {
		return mpf.AllocationInUse.New(o.DN.ADsPath(), number(mail), number(public))
	}
	for _, a := range shares {
		if err := c.Resources().Release(a.ID); err != nil {
			return err
		}
	}
	return nil
}
