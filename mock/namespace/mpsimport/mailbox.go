package mpsimport

import (
	"errors"
	"strconv"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// createMailbox is that of Hosted Exchange, in a store that has to be named.
func createMailbox(c *engine.Call) error {
	for _, name := range []string{"serverName", "mailStoreName"} {
		if value, _ := xmldoc.ChildText(c.Node("mailStore"), name); value == "" {
			return mpf.ArgumentMissing.New("mailStore/" + name)
		}
	}
	_, err := call(c, hostedExchange, "CreateMailbox", pass(c, "path", "planName", "mailStore", "proxyAddresses", "alias", "customerTypeName")...)
	return err
}

func applyMailboxPlan(c *engine.Call) error {
	_, err := call(c, hostedExchange, "ApplyMailboxPlan_", pass(c, "path", "planName", "proxyAddresses", "alias", "customerTypeName")...)
	return err
}

const overLimit = "mDBOverQuotaLimit"

// allocateMailbox takes room for a mailbox that is in a store already.
func allocateMailbox(c *engine.Call) error {
	user, org, err := openUser(c)
	if err != nil {
		return err
	}
	server, store, err := home(c, user)
	if err != nil {
		return err
	}
	kilobytes, err := sizeOf(c, user)
	if err != nil {
		return err
	}
	size := text("kilobytes", strconv.FormatInt(kilobytes, 10))
	if sameName(c.Text("customerTypeName"), consumerUser) {
		upn, err := c.Directory().Value(user, "userPrincipalName")
		if err != nil {
			return err
		}
		_, err = call(c, resourcesEx, "AllocateConsumerUserMailbox", text("userPrincipalName", upn), pathTo("mailbox", user), size,
			text("mailStoreServer", server), text("mailStoreName", store))
		return err
	}
	take := func() error {
		_, err := call(c, resources, "AllocateMailbox", pathTo("organization", org), pathTo("mailbox", user), xmldoc.Clone(size),
			xmldoc.Element("mailStore", text("serverName", server), text("mailStoreName", store)))
		return err
	}
	err = take()
	var refused *mpf.Error
	if !errors.As(err, &refused) || !mpf.StoreNotAllocated.Is(refused) && !mpf.NoRoomInOrganization.Is(refused) {
		return err
	}
	if err := grant(c, org, server, store, kilobytes); err != nil {
		return err
	}
	return take()
}

// home returns the server and the store of a user's mailbox.
func home(c *engine.Call, user *directory.Object) (server, store string, err error) {
	value, err := c.Directory().Value(user, "homeMDB")
	if err != nil {
		return "", "", err
	}
	if value == "" {
		return "", "", mpf.MailboxMissing.New(user.DN.ADsPath())
	}
	dn, err := ldappath.ParseDN(value)
	if err != nil {
		return "", "", err
	}
	// The store is in a storage group, that in the information store of the server.
	const aboveStore = 3
	if dn.Len() <= aboveStore {
		return "", "", mpf.StoreNotInExchange.New(dn.RDN().Value, "")
	}
	return dn.At(aboveStore).Value, dn.RDN().Value, nil
}

// sizeOf returns the size asked for, which becomes the mailbox's limit, else that
// limit.
func sizeOf(c *engine.Call, user *directory.Object) (int64, error) {
	if size := c.Number("kilobytes"); size > 0 {
		return size, c.Directory().Set(user, overLimit, strconv.FormatInt(size, 10))
	}
	limit, err := c.Directory().Value(user, overLimit)
	if err != nil {
		return 0, err
	}
	size, err := strconv.ParseInt(limit, 10, 64)
	if err != nil || size <= 0 {
		return 0, mpf.ArgumentMissing.New("kilobytes")
	}
	return size, nil
}

// grant gives an organization enough of a store for a mailbox. The store has to be
// one for business users.
func grant(c *engine.Call, org *directory.Object, server, store string, kilobytes int64) error {
	megabytes := (kilobytes + kilobytesEach - 1) / kilobytesEach
	share := func(op string) *xmldoc.Node {
		size := text("megabytes", strconv.FormatInt(megabytes, 10))
		source := xmldoc.Element("sourceMailStore", text("serverName", server), text("mailStoreName", store), xmldoc.Clone(size))
		if op != "" {
			xmldoc.SetAttr(source, "op", op)
		}
		return xmldoc.Element("mailStore", size, xmldoc.Element("sourceMailStores", source))
	}
	var err error
	for _, way := range []struct{ procedure, op string }{
		{"ReallocateOrganizationMailNoMove", ""}, {"ReallocateOrganizationMailNoMove", "allocate"}, {"AllocateOrganization", ""},
	} {
		_, err = call(c, resources, way.procedure, pathTo("organization", org), share(way.op))
		var refused *mpf.Error
		if !errors.As(err, &refused) || !mpf.StoreNotAllocated.Is(refused) && !mpf.AllocationMissing.Is(refused) {
			return err
		}
	}
	return err
}

// kilobytesEach is how many kilobytes are a megabyte.
const kilobytesEach = 1024
