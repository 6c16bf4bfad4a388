package hostedexchange

import (
	"errors"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mpf"
)

// addressLists are the lists of an organization: how it names each, the end of
// its name, its word in answers and error texts, and how the provider makes
// and takes it.
var addressLists = []struct {
	wkName, suffix, element, kind, create, remove string
}{
	{organization.GlobalAddressList, " GAL", "globalAddressList", "global address list", "CreateGlobalAddressList", "DeleteGlobalAddressList"},
	{organization.AddressList, " AL", "addressList", "address list", "CreateAddressList", "DeleteAddressList"},
	{organization.OfflineAddressList, " OAL", "offlineAddressList", "offline address list", "CreateOfflineAddressList", "DeleteOfflineAddressList"},
}

// createOrganizationAddressLists makes those of the three lists that are
// missing. If none is, it is refused (F355).
func createOrganizationAddressLists(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	if _, err := defaultDomain(c, org); err != nil {
		return err
	}
	if _, err := ownDomain(c, org, domainAsked(c)); err != nil {
		return err
	}
	complete, err := hasAddressLists(c, org)
	if err != nil {
		return err
	}
	if complete {
		return mpf.AddressListsExist.New(organization.Name(org))
	}
	if _, err := own(c, "CreateAddressLists_", pass(c, "path")...); err != nil {
		return err
	}
	if err := note(c, org, "AddressListsCreated"); err != nil {
		return err
	}
	_, err = own(c, "ShowOrgUsersInAddressLists_", pass(c, "path")...)
	return err
}

// hasAddressLists tells whether an organization has all three lists.
func hasAddressLists(c *engine.Call, org *directory.Object) (bool, error) {
	for _, l := range addressLists {
		list, err := organization.Optional(c.Tx, org, l.wkName)
		if list == nil || err != nil {
			return false, err
		}
	}
	return true, nil
}

// ensureAddressLists makes the lists that a plan with full Outlook asks for.
func ensureAddressLists(c *engine.Call, org *directory.Object) error {
	complete, err := hasAddressLists(c, org)
	if err != nil || complete {
		return err
	}
	domain, err := defaultDomain(c, org)
	if err != nil {
		return err
	}
	_, err = own(c, "CreateOrganizationAddressLists", pathTo("path", org), xmldoc.TextElement("SMTPDomain", domain))
	return err
}

func createAddressLists(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	readers, err := listReaders(c, org)
	if err != nil {
		return err
	}
	for _, l := range addressLists {
		held, err := organization.Optional(c.Tx, org, l.wkName)
		if err != nil {
			return err
		}
		if held != nil {
			continue
		}
		args := []*xmldoc.Node{pathTo("path", org), xmldoc.TextElement("name", organization.Name(org)+l.suffix)}
		for _, reader := range readers {
			args = append(args, pathTo("readAccess", reader))
		}
		if l.wkName == organization.OfflineAddressList {
			server, err := allocateBook(c, org)
			if err != nil {
				return err
			}
			args = append(args, server)
		}
		if _, err := provider(c, l.create, args...); err != nil {
			return err
		}
	}
	return nil
}

// books is the namespace that counts offline address lists.
const books = "Exchange OAB Resource Manager"

// allocateBook gives an organization its offline address list on a server, as
// the argument of the provider that names it.
func allocateBook(c *engine.Call, org *directory.Object) (*xmldoc.Node, error) {
	answer, err := c.Execute(books, "QueryOrganization", pathTo("organization", org))
	if err == nil && xmldoc.Child(answer, "oabServer") == nil { // else it lost the list by another way
		answer, err = c.Execute(books, "AllocateOrganization", pathTo("organization", org))
	}
	if err != nil {
		return nil, err
	}
	name, _ := xmldoc.ChildText(xmldoc.Child(answer, "oabServer"), "serverName")
	return xmldoc.TextElement("server", name), nil
}

// releaseBook gives an organization's offline address list back. One from before
// lists were counted has nothing to give.
func releaseBook(c *engine.Call, org *directory.Object) error {
	held, err := c.Execute(books, "QueryOrganization", pathTo("organization", org))
	if err != nil || xmldoc.Child(held, "oabServer") == nil {
		return err
	}
	_, err = c.Execute(books, "DeallocateOrganization", pathTo("organization", org))
	return err
}

// listReaders are the groups that may read an organization's lists.
func listReaders(c *engine.Call, org *directory.Object) ([]*directory.Object, error) {
	users, err := organization.AllUsers(c.Tx, org)
	if err != nil {
		return nil, err
	}
	admins, err := organization.Admins(c.Tx, org)
	return []*directory.Object{users, admins}, err
}

// showUsersInAddressLists shows the users that were there before the lists in
// them, with a mailbox or without (F355).
func showUsersInAddressLists(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	for user, err := range c.Directory().Descendants(org, "user") {
		if err != nil {
			return err
		}
		if err := showInLists(c, org, user); err != nil {
			return err
		}
	}
	return nil
}

func showInLists(c *engine.Call, org, user *directory.Object) error {
	for _, wkName := range []string{organization.GlobalAddressList, organization.AddressList} {
		list, err := organization.Optional(c.Tx, org, wkName)
		if err != nil {
			return err
		}
		if list == nil {
			continue
		}
		if err := c.Directory().Add(user, "showInAddressBook", list.DN.String()); err != nil && !errors.Is(err, directory.ErrValueExists) {
			return err
		}
	}
	offline, err := organization.Optional(c.Tx, org, organization.OfflineAddressList)
	if err != nil || offline == nil {
		return err
	}
	return c.Directory().Set(user, "msExchUseOAB", offline.DN.String())
}

// deleteAddressLists takes the lists of an organization, the offline one, which
// is made of the others, first.
func deleteAddressLists(c *engine.Call, org *directory.Object) error {
	for i := len(addressLists) - 1; i >= 0; i-- {
		list, err := organization.Optional(c.Tx, org, addressLists[i].wkName)
		if err != nil {
			return err
		}
		if list == nil {
			continue
		}
		if _, err := provider(c, addressLists[i].remove, pathTo("path", org)); err != nil {
			return err
		}
	}
	return releaseBook(c, org)
}

func getAddressLists(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	for i := range addressLists {
		if err := tellList(c, org, i); err != nil {
			return err
		}
	}
	return nil
}

func getOfflineAddressList(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	return tellList(c, org, len(addressLists)-1)
}

// tellList puts the path of one of the lists into the answer.
func tellList(c *engine.Call, org *directory.Object, i int) error {
	list, err := organization.Optional(c.Tx, org, addressLists[i].wkName)
	if err != nil {
		return err
	}
	if list == nil {
		return mpf.AddressListMissing.New(organization.Name(org), addressLists[i].kind)
	}
	c.OutputText(addressLists[i].element, list.DN.ADsPath())
	return nil
}

func rebuildOfflineAddressList(c *engine.Call) error {
	if _, err := own(c, "GetOrgOfflineAddressList_", pass(c, "path")...); err != nil {
		return err
	}
	_, err := provider(c, "RebuildOfflineAddressList", pass(c, "path")...)
	return err
}
