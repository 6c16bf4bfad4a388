package exchangeresourcemanager

import (
	"errors"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// allocateMailbox takes a mailbox out of the organization's share with most
// room, or of the named store, and tells the store.
func allocateMailbox(c *engine.Call) error {
	o, err := openOrganization(c)
	if err != nil {
		return err
	}
	user, err := c.Open("mailbox", "user")
	if err != nil {
		return err
	}
	if !user.DN.Under(o.DN) {
		return mpf.UsageOfOtherOrg.New(user.DN.ADsPath(), o.DN.ADsPath())
	}
	if _, err := c.Resources().Consumer(user.GUID); err == nil {
		return mpf.AllocationExists.New(user.DN.ADsPath())
	}
	share, err := mailboxShare(c, o, c.Number("kilobytes"))
	if err != nil {
		return err
	}
	_, err = c.Resources().AddConsumer(resource.Consumer{
		AllocationID: share.ID, Kind: resource.MailboxConsumer, GUID: user.GUID, Kilobytes: c.Number("kilobytes"),
	})
	if err != nil {
		return fault(err)
	}
	outputStore(c, &share.Resource)
	return nil
}

// outputStore tells the store of a mailbox in place of what the request said.
func outputStore(c *engine.Call, r *resource.Resource) {
	if n := c.Node("mailStore"); n != nil {
		xmldoc.Remove(n)
	}
	c.Output(xmldoc.Element("mailStore", xmldoc.TextElement("serverName", r.Server), xmldoc.TextElement("mailStoreName", r.Name)))
}

// mailboxShare chooses the share that a new mailbox draws on: the one in the
// named store, or by the attribute algorithm the one with most room left (level,
// the default, F274) or with least room left that is enough (tightPack, F349),
// the older of two alike.
func mailboxShare(c *engine.Call, o *directory.Object, kilobytes int64) (*resource.Allocation, error) {
	e, given := argument(c, "mailStore")
	if given && (e.has("serverName") || e.has("mailStoreName")) {
		return namedShare(c.Tx, o, e)
	}
	algorithm, _ := xmldoc.Attr(e.node, "algorithm")
	tight := strings.EqualFold(algorithm, "tightPack")
	if algorithm != "" && !tight && !strings.EqualFold(algorithm, "level") {
		return nil, mpf.ArgumentInvalid.New("mailStore/@algorithm", "'"+algorithm+"' is neither tightPack nor level")
	}
	shares, err := c.Resources().Allocations(o.GUID, resource.MailStore)
	if err != nil {
		return nil, err
	}
	var best *resource.Allocation
	most := int64(0)
	for _, share := range shares {
		free := share.FreeKilobytes()
		most = max(most, free)
		if free < kilobytes {
			continue
		}
		if best == nil || !tight && free > best.FreeKilobytes() || tight && free < best.FreeKilobytes() {
			best = share
		}
	}
	if best == nil {
		return nil, mpf.NoRoomInOrganization.New(number(most), number(kilobytes), resource.Kilobyte)
	}
	return best, nil
}

func namedShare(tx *state.Tx, o *directory.Object, e element) (*resource.Allocation, error) {
	a, err := pools[1].identify(e)
	if err != nil {
		return nil, err
	}
	r, err := a.registered(tx)
	if err != nil {
		return nil, err
	}
	share, err := shareOf(tx, o.GUID, r)
	if err == nil && share == nil {
		err = mpf.StoreNotAllocated.New(r.Name, r.Server, o.DN.ADsPath())
	}
	return share, err
}

// mailboxConsumer gives what the mailbox of the mailbox argument has.
func mailboxConsumer(c *engine.Call) (*directory.Object, *resource.Consumer, error) {
	user, err := c.Open("mailbox", "user")
	if err != nil {
		return nil, nil, err
	}
	consumer, err := c.Resources().Consumer(user.GUID)
	if errors.Is(err, state.ErrNotFound) {
		return user, nil, mpf.AllocationMissing.New(user.DN.ADsPath())
	}
	return user, consumer, err
}

func deallocateMailbox(c *engine.Call) error {
	if c.Text("mailbox") == "" {
		return deallocateOrphan(c)
	}
	_, consumer, err := mailboxConsumer(c)
	if err != nil {
		return err
	}
	return c.Resources().RemoveConsumer(consumer.ID)
}

// deallocateOrphan gives back what a mailbox has whose user is gone from the
// directory; a living user is named by path.
func deallocateOrphan(c *engine.Call) error {
	if c.Text("GUID") == "" {
		return mpf.ArgumentMissing.New("mailbox")
	}
	gone, err := directory.ParseGUID(c.Text("GUID"))
	if err != nil {
		return mpf.ArgumentInvalid.New("GUID", "'"+c.Text("GUID")+"' is not a GUID")
	}
	consumer, err := c.Resources().Consumer(gone)
	if err == nil {
		err = testShare(c, consumer.AllocationID)
	}
	if errors.Is(err, state.ErrNotFound) {
		return mpf.AllocationMissing.New(gone.String())
	}
	if err != nil {
		return err
	}
	if !consumer.DN.IsZero() || consumer.Kind != resource.MailboxConsumer {
		return mpf.ArgumentInvalid.New("GUID", "the object exists: give its path in mailbox")
	}
	return c.Resources().RemoveConsumer(consumer.ID)
}

// testShare fails with state.ErrNotFound if a share is that of an organization
// outside of the caller's base.
func testShare(c *engine.Call, id int64) error {
	if c.InBase(ldappath.DN{}) {
		return nil
	}
	share, err := c.Resources().AllocationByID(id)
	if err != nil {
		return err
	}
	o, err := c.Directory().ByGUID(share.Organization)
	if err == nil && !c.InBase(o.DN) {
		err = state.ErrNotFound
	}
	return err
}

func reallocateMailbox(c *engine.Call) error {
	_, consumer, err := mailboxConsumer(c)
	if err != nil {
		return err
	}
	_, err = c.Resources().ResizeConsumer(consumer.ID, c.Number("kilobytes"))
	return fault(err)
}

// queryMailbox tells what a mailbox has, and in which store.
func queryMailbox(c *engine.Call) error {
	consumer, err := outputMailbox(c)
	if err != nil || consumer.ID == 0 {
		return err
	}
	share, err := c.Resources().AllocationByID(consumer.AllocationID)
	if err != nil {
		return err
	}
	outputStore(c, &share.Resource)
	return nil
}

// queryConsumerMailbox tells what a mailbox has, and no store (F292).
func queryConsumerMailbox(c *engine.Call) error {
	_, err := outputMailbox(c)
	return err
}

// outputMailbox tells what a mailbox has, in the place of the argument of the
// same name. One that has nothing has no ID and 0 kilobytes.
func outputMailbox(c *engine.Call) (*resource.Consumer, error) {
	user, consumer, err := mailboxConsumer(c)
	var e *mpf.Error
	if errors.As(err, &e) && mpf.AllocationMissing.Is(e) {
		consumer = &resource.Consumer{GUID: user.GUID}
	} else if err != nil {
		return nil, err
	}
	asked := c.Node("mailbox")
	xmldoc.InsertBefore(asked, fields("mailbox",
		"GUID", consumer.GUID.Octets(), "path", user.DN.ADsPath(), "kilobytes", number(consumer.Kilobytes)))
	xmldoc.Remove(asked)
	return consumer, nil
}
