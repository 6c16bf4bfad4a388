package hostedexchange

import (
	"slices"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
)

// applyMailboxPlan fits a mailbox that was made without hosting to a plan. The
// address made of the logon name is always there and the primary one. Room is
// changed where the mailbox has some, and not taken where it has none.
func applyMailboxPlan(c *engine.Call) error {
	user, org, err := openMailboxUser(c)
	if err != nil {
		return err
	}
	p, err := planToUse(c)
	if err != nil {
		return err
	}
	if err := addressMailbox(c, user, org); err != nil {
		return err
	}
	found, err := resourceManager(c, "QueryMailboxAllocation", pathTo("mailbox", user))
	if err != nil {
		return err
	}
	if xmldoc.Child(found, "mailStore") != nil {
		return settle(c, user, org, func() error { return refitMailbox(c, user, org, p) })
	}
	return settle(c, user, org, func() error { return fitMailbox(c, user, org, p) })
}

// settle gives a mailbox the attributes of hosting before what the plan says.
func settle(c *engine.Call, user, org *directory.Object, fit func() error) error {
	if err := markMailbox(c, user, org); err != nil {
		return err
	}
	return fit()
}

// fitMailbox is refitMailbox for a mailbox without room.
func fitMailbox(c *engine.Call, user, org *directory.Object, p *servicePlan) error {
	if err := ensureRecord(c, user); err != nil {
		return err
	}
	if p.fullOutlook {
		if err := ensureAddressLists(c, org); err != nil {
			return err
		}
	}
	if _, err := provider(c, "EditMailbox", pathTo("path", user), p.mailElement()); err != nil {
		return err
	}
	if err := applyProperties(c, user, p.properties); err != nil {
		return err
	}
	_, err := own(c, "SetCustomerPlanRecord_", pathTo("path", user), xmldoc.TextElement("planName", p.name))
	return err
}

// addressMailbox gives a mailbox its alias and its addresses: that of the logon
// name, which becomes the primary one, and those asked for.
func addressMailbox(c *engine.Call, user, org *directory.Object) error {
	domain, err := defaultDomain(c, org)
	if err != nil {
		return err
	}
	logon, err := c.Directory().Value(user, "userPrincipalName")
	if err != nil {
		return err
	}
	name, _, _ := strings.Cut(logon, "@")
	primary := name + "@" + domain
	if err := checkAddress(primary); err != nil {
		return err
	}
	if err := addAddress(c, user, primary, true); err != nil {
		return err
	}
	if err := c.Directory().Set(user, "mailNickname", alias(c, primary)); err != nil {
		return err
	}
	asked, err := addressesAsked(c)
	if err != nil {
		return err
	}
	for _, address := range asked {
		held, err := c.Directory().Values(user, "proxyAddresses")
		if err != nil {
			return err
		}
		if slices.ContainsFunc(held, func(h string) bool { return sameName(h, "smtp:"+address) }) {
			continue
		}
		if err := checkOwnAddress(c, org, address); err != nil {
			return err
		}
		if err := addAddress(c, user, address, false); err != nil {
			return err
		}
	}
	return nil
}
