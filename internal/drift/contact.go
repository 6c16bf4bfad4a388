package drift

import (
	"strconv"
	"strings"

	"wsexchange/internal/hsphere"
	"wsexchange/internal/ldappath"
)

// compareContacts compares the outside addresses that mail is forwarded to. The
// panel may have several rows for one.
func (c *comparison) compareContacts() {
	done := map[string]hsphere.Contact{}
	for _, contact := range c.panel.Contacts {
		dn := c.contactDN(contact)
		if first, ok := done[dn.Key()]; ok {
			if ldappath.Fold(first.Target) != ldappath.Fold(contact.Target) {
				c.problem("he_contacts", contact.ID, "the row %d has the alias too, with another address", first.ID)
			}
			continue
		}
		done[dn.Key()] = contact
		c.compareContact(contact, dn)
	}
}

func (c *comparison) contactDN(contact hsphere.Contact) ldappath.DN {
	return c.dn.Child("CN", contact.Alias)
}

func (c *comparison) compareContact(contact hsphere.Contact, dn ldappath.DN) {
	held := c.seen.contacts[dn.Key()]
	enable := func() Call { return c.enableContact(c.dn, contact.Alias, contact.Target, c.addressOf(contact)) }
	if held == nil {
		create := c.call(managedDirectory, "CreateContact", path("container", c.dn), text("name", contact.Alias), properties())
		create.Needed = true
		c.add(Finding{Kind: Ghost, Object: Contact, Path: dn.ADsPath(), Note: "to " + contact.Target, Calls: []Call{create, enable()}})
		return
	}
	target := held.first("targetAddress")
	if target == "" {
		c.add(Finding{
			Kind: Difference, Object: Contact, Path: dn.ADsPath(), Field: "targetAddress", Panel: contact.Target, Calls: []Call{enable()},
		})
		return
	}
	if plain := bare(target); ldappath.Fold(plain) != ldappath.Fold(bare(contact.Target)) {
		c.add(Finding{
			Kind: Difference, Object: Contact, Path: dn.ADsPath(), Field: "targetAddress", Panel: contact.Target, Directory: plain,
			Calls: []Call{c.call(managedDirectory, "ModifyContact", path("contact", dn), properties(property{"targetAddress", "SMTP:" + bare(contact.Target)}))},
		})
	}
	if contact.Address == "" || c.holds(held, contact.Address) {
		return
	}
	var addresses []string
	for _, a := range smtp(held) {
		addresses = append(addresses, a.text)
	}
	c.add(Finding{
		Kind: Difference, Object: Contact, Path: dn.ADsPath(), Field: "proxyAddresses", Panel: contact.Address, Directory: strings.Join(addresses, ", "),
		Calls: []Call{c.call(hostedExchange, "CreateSMTPProxyAddress", path("path", dn), text("proxyAddress", contact.Address))},
	})
}

// holds reports whether a contact has its address, or another recipient has it:
// the panel makes it of the address outside, which may be that of a user, and the
// contact gets another. F907.
func (c *comparison) holds(contact *object, address string) bool {
	if c.taken[ldappath.Fold(address)] {
		return true
	}
	return c.seen.addresses[ldappath.Fold(address)] != ""
}

// addressOf is the address that a contact is to have: that of its row or, where
// a user has it, the next one that is free. F907.
func (c *comparison) addressOf(contact hsphere.Contact) string {
	address := contact.Address
	if address == "" {
		address = contact.Alias + "@" + c.primary()
	}
	local, domain, _ := strings.Cut(address, "@")
	for n := 2; ; n++ {
		key := ldappath.Fold(address)
		holder, held := c.seen.addresses[key]
		if !c.taken[key] && (!held || holder == c.contactDN(contact).Key()) {
			c.taken[key] = true
			return address
		}
		address = local + "-" + strconv.Itoa(n) + "@" + domain
	}
}

// bare is an address without its type.
func bare(address string) string {
	prefix, rest, ok := strings.Cut(address, ":")
	if ok && strings.EqualFold(prefix, "smtp") {
		return rest
	}
	return address
}
