package hostedexchange

import (
	"errors"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// hasMailbox tells whether a user has a mailbox.
func hasMailbox(c *engine.Call, user *directory.Object) (bool, error) {
	home, err := c.Directory().Value(user, "homeMDB")
	return home != "", err
}

// isConsumer tells whether the call is about a consumer user. Without a type
// a user is a business user.
func isConsumer(c *engine.Call) bool { return sameName(c.Text("customerTypeName"), consumerUser) }

// createMailbox reserves room, creates the mailbox and gives it what the plan
// says.
func createMailbox(c *engine.Call) error {
	user, org, err := openUser(c)
	if err != nil {
		return err
	}
	mailbox, err := hasMailbox(c, user)
	if err != nil {
		return err
	}
	if mailbox {
		return mpf.MailboxExists.New(user.DN.ADsPath())
	}
	p, err := planToUse(c)
	if err != nil {
		return err
	}
	domain, err := defaultDomain(c, org)
	if err != nil {
		return err
	}
	addresses, err := newAddresses(c, user, org, domain)
	if err != nil {
		return err
	}
	return makeMailbox(c, user, org, p, addresses)
}

// makeMailbox is createMailbox after the checks.
func makeMailbox(c *engine.Call, user, org *directory.Object, p *servicePlan, addresses []string) error {
	if err := ensureRecord(c, user); err != nil {
		return err
	}
	if p.fullOutlook {
		if err := ensureAddressLists(c, org); err != nil {
			return err
		}
	}
	where, err := allocateMailbox(c, user, org, p)
	if err != nil {
		return err
	}
	if err := mailEnableUser(c, user, org, p, addresses, where); err != nil {
		return err
	}
	if err := markMailbox(c, user, org); err != nil {
		return err
	}
	if err := applyProperties(c, user, p.properties); err != nil {
		return err
	}
	_, err = own(c, "SetCustomerPlanRecord_", pathTo("path", user), xmldoc.TextElement("planName", p.name))
	return err
}

// mailEnableUser creates the mailbox in the store where room was reserved.
func mailEnableUser(c *engine.Call, user, org *directory.Object, p *servicePlan, addresses []string, where *xmldoc.Node) error {
	list := xmldoc.Element("proxyAddresses")
	for _, address := range addresses {
		xmldoc.Append(list, xmldoc.TextElement("value", address))
	}
	server, _ := xmldoc.ChildText(where, "serverName")
	database, _ := xmldoc.ChildText(where, "mailStoreName")
	_, err := provider(c, "CreateMailbox", pathTo("path", user), xmldoc.TextElement("alias", alias(c, addresses[0])),
		xmldoc.TextElement("mdb", database), xmldoc.TextElement("server", server), list,
		p.mailElement(), pathTo("orgPath", org))
	return err
}

// alias gives the alias asked for, else the part before the @ of the primary
// address.
func alias(c *engine.Call, address string) string {
	if name := c.Text("alias"); name != "" {
		return name
	}
	return address[:strings.LastIndexByte(address, '@')]
}

// newAddresses lists the addresses of a new mailbox: that made of the logon
// name and the primary domain, and those asked for.
func newAddresses(c *engine.Call, user, org *directory.Object, domain string) ([]string, error) {
	logon, err := c.Directory().Value(user, "userPrincipalName")
	if err != nil {
		return nil, err
	}
	name, _, _ := strings.Cut(logon, "@")
	addresses := []string{name + "@" + domain}
	if err := checkAddress(addresses[0]); err != nil {
		return nil, err
	}
	more, err := addressesAsked(c)
	if err != nil {
		return nil, err
	}
	for _, address := range more {
		if sameName(address, addresses[0]) {
			continue
		}
		if err := checkOwnAddress(c, org, address); err != nil {
			return nil, err
		}
		addresses = append(addresses, address)
	}
	for _, address := range addresses {
		if holder, err := c.Directory().ByProxyAddress(address); err == nil {
			return nil, mpf.AddressTaken.New(address, c.Holder(holder.DN))
		}
	}
	return addresses, nil
}

// addressesAsked gives the texts of the elements in proxyAddresses, whatever
// the elements are called (F361).
func addressesAsked(c *engine.Call) ([]string, error) {
	var asked []string
	for list := range xmldoc.Children(c.Data, "proxyAddresses") {
		if list.FirstChild != nil && !hasElement(list) && strings.TrimSpace(xmldoc.Text(list)) != "" {
			return nil, mpf.ArgumentInvalid.New("proxyAddresses", "each address needs an element of its own")
		}
		for value := range xmldoc.Elements(list) {
			if address := strings.TrimSpace(xmldoc.Text(value)); address != "" {
				asked = append(asked, address)
			}
		}
	}
	return asked, nil
}

func hasElement(n *xmldoc.Node) bool {
	for range xmldoc.Elements(n) {
		return true
	}
	return false
}

// ensureRecord makes a user a customer who was made without this namespace.
func ensureRecord(c *engine.Call, user *directory.Object) error {
	is, err := isCustomer(c, user)
	if err != nil || is {
		return err
	}
	kind := businessUser
	if isConsumer(c) {
		kind = consumerUser
	}
	_, err = own(c, "CreateCustomerRecord_", pathTo("path", user), xmldoc.TextElement("customerTypeName", kind))
	return err
}

// markMailbox sets what hosting adds to a mailbox: the default list, without
// which clients find no name, and where to look up addresses. A consumer does
// that from the own object, which hides all others (F345).
func markMailbox(c *engine.Call, user, org *directory.Object) error {
	base := org
	if isConsumer(c) {
		base = user
	}
	domain, err := c.Directory().Domain()
	if err != nil {
		return err
	}
	list := domain.Exchange.Child("CN", "Address Lists Container").Child("CN", "All Global Address Lists").Child("CN", "Default Global Address List")
	exists, err := c.Directory().Exists(list)
	if err != nil {
		return err
	}
	if exists {
		err := c.Directory().Add(user, "showInAddressBook", list.String())
		if err != nil && !errors.Is(err, directory.ErrValueExists) {
			return err
		}
	}
	return c.Directory().SetAll(user, directory.Attributes{
		{Name: "msExchUserAccountControl", Values: []string{"0"}},
		{Name: "msExchQueryBaseDN", Values: []string{base.DN.String()}},
	})
}

// applyProperties writes attributes of the directory that a plan sets.
func applyProperties(c *engine.Call, user *directory.Object, properties *xmldoc.Node) error {
	if properties == nil || properties.FirstChild == nil {
		return nil
	}
	_, err := runDirectory(c, "ModifyUser", pathTo("user", user), xmldoc.Clone(properties))
	return err
}

// openMailboxUser opens the user that the call is about, who must have a
// mailbox, and the organization.
func openMailboxUser(c *engine.Call) (user, org *directory.Object, err error) {
	if user, org, err = openUser(c); err != nil {
		return nil, nil, err
	}
	mailbox, err := hasMailbox(c, user)
	if err == nil && !mailbox {
		err = mpf.MailboxMissing.New(user.DN.ADsPath())
	}
	return user, org, err
}

// deleteMailbox gives the room back and deletes the mailbox.
func deleteMailbox(c *engine.Call) error {
	user, org, err := openMailboxUser(c)
	if err != nil {
		return err
	}
	if err := deallocateMailbox(c, user); err != nil {
		return err
	}
	_, err = provider(c, "DeleteMailbox", pathTo("path", user), pathTo("orgPath", org))
	return err
}
