package hostedexchange

import (
	"errors"
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
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
	if server == "" {
		var err error
		if server, database, err = chooseStore(c, org, p.kilobytes); err != nil {
			return nil, err
		}
	}
	if args = append(args, pathTo("organization", org)); server != "" {
		args = append(args, xmldoc.Element("mailStore", xmldoc.TextElement("serverName", server), xmldoc.TextElement("mailStoreName", database)))
	}
	room, err := resourceManager(c, "AllocateMailbox", args...)
	return xmldoc.Child(room, "mailStore"), err
}

// chooseStore gives the store for a new mailbox among the organization's
// shares: that with least room left but enough, which keeps large gaps (the
// default, tightPack), or that with most (level). Where none has enough the
// names are empty, and the resource manager says so (F349).
func chooseStore(c *engine.Call, org *directory.Object, kilobytes int64) (server, database string, err error) {
	algorithm, _ := xmldoc.Attr(c.Node("mailStore"), "algorithm")
	level := sameName(algorithm, "level")
	if algorithm != "" && !level && !sameName(algorithm, "tightPack") {
		return "", "", mpf.ArgumentInvalid.New("mailStore/@algorithm", "'"+algorithm+"' is neither tightPack nor level")
	}
	shares, err := c.Resources().Allocations(org.GUID, resource.MailStore)
	if err != nil {
		return "", "", err
	}
	var best *resource.Allocation
	for _, share := range shares {
		free := share.FreeKilobytes()
		if free < kilobytes {
			continue
		}
		if best == nil || level && free > best.FreeKilobytes() || !level && free < best.FreeKilobytes() {
			best = share
		}
	}
	if best == nil {
		return "", "", nil
	}
	return best.Resource.Server, best.Resource.Name, nil
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
	_, err := c.Resources().Consumer(user.GUID)
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = resourceManager(c, "DeallocateMailbox", pathTo("mailbox", user))
	return err
}
