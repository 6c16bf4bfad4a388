package hostedexchange

import (
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// allocateMailbox reserves the plan's room, in the store that the caller names
// or the one that suits, and gives the mailStore element that names it.
// Business users draw on the organization's share, consumers on the consumer
// stores.
func allocateMailbox(c *engine.Call, user, org *directory.Object, p *servicePlan) (*xmldoc.Node, error) {
	asked := c.Node("mailStore")
	server, _ := xmldoc.ChildText(asked, "serverName")
	database, _ := xmldoc.ChildText(asked, "mailStoreName")
	server, database = strings.TrimSpace(server), strings.TrimSpace(database)
	if (server == "") != (database == "") {
		return nil, mpf.ArgumentInvalid.New("mailStore", "serverName and mailStoreName are needed together")
	}
	args := []*xmldoc.Node{pathTo("mailbox", user), xmldoc.TextElement("kilobytes", strconv.FormatInt(p.kilobytes, 10))}
	if isConsumer(c) {
		return allocateConsumer(c, user, server, database, args)
	}
	store := xmldoc.Element("mailStore")
	if server == "" {
		algorithm, given := xmldoc.Attr(asked, "algorithm")
		if !given || algorithm == "" {
			algorithm = "tightPack" // F349
		}
		xmldoc.SetAttr(store, "algorithm", algorithm)
	} else {
		store = xmldoc.Element("mailStore", xmldoc.TextElement("serverName", server), xmldoc.TextElement("mailStoreName", database))
	}
	args = append(args, pathTo("organization", org), store)
	room, err := resourceManager(c, "AllocateMailbox", args...)
	return xmldoc.Child(room, "mailStore"), err
}

// allocateConsumer reserves room for a consumer, in the consumer store named or
// one that the resource manager chooses.
func allocateConsumer(c *engine.Call, user *directory.Object, server, database string, args []*xmldoc.Node) (*xmldoc.Node, error) {
	name, err := c.Directory().Value(user, "userPrincipalName")
	if err != nil {
		return nil, err
	}
	if args = append(args, xmldoc.TextElement("userPrincipalName", name)); server != "" {
		args = append(args, xmldoc.TextElement("mailStoreServer", server), xmldoc.TextElement("mailStoreName", database))
	}
	room, err := withController(c, consumerStores, "AllocateConsumerUserMailbox", args)
	return xmldoc.Child(room, "mailStore"), err
}

// reallocateMailbox changes a mailbox's share to a size.
func reallocateMailbox(c *engine.Call, user *directory.Object, kilobytes int64) error {
	found, err := resourceManager(c, "QueryMailboxAllocation", pathTo("mailbox", user))
	if err != nil {
		return err
	}
	text, _ := xmldoc.ChildText(xmldoc.Path(found, "mailbox"), "kilobytes")
	now, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || now == kilobytes {
		return err
	}
	_, err = resourceManager(c, "ReallocateMailbox", pathTo("mailbox", user),
		xmldoc.TextElement("kilobytes", strconv.FormatInt(kilobytes-now, 10)))
	return err
}

// deallocateMailbox gives a mailbox's share back. One that was made without
// the resource manager has none.
func deallocateMailbox(c *engine.Call, user *directory.Object) error {
	found, err := resourceManager(c, "QueryMailboxAllocation", pathTo("mailbox", user))
	if err != nil || xmldoc.Child(found, "mailStore") == nil {
		return err
	}
	_, err = resourceManager(c, "DeallocateMailbox", pathTo("mailbox", user))
	return err
}
