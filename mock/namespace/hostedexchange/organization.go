package hostedexchange

import (
	"errors"
	"strconv"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/mail"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Types of customers, as the plan database names them.
const (
	businessOrganization = "BusinessOrganization"
	resellerOrganization = "ResellerOrganization"
	businessUser         = "BusinessUser"
	consumerUser         = "ConsumerUser"
)

// maxName is the longest RDN value of the directory, in characters.
const maxName = 64

func createBusinessOrganization(c *engine.Call) error {
	org, err := createUnit(c, organization.Customer, businessOrganization)
	if err != nil {
		return err
	}
	at, _ := xmldoc.Attr(org, "path")
	enable := append(pass(c, "SMTPDomain", "mailStore", "sourceMailStores", "publicStore", "createAddressLists", "createSMTPDomain"),
		xmldoc.TextElement("path", at))
	if _, err := own(c, "ExchangeEnableOrganization", enable...); err != nil {
		return err
	}
	for range under(c, "availablePlans", "planName") {
		if _, err := own(c, "AddAvailablePlans", append(pass(c, "availablePlans"), xmldoc.TextElement("path", at))...); err != nil {
			return err
		}
		break
	}
	c.Output(org)
	return nil
}

func createResellerOrganization(c *engine.Call) error {
	org, err := createUnit(c, organization.Reseller, resellerOrganization)
	if err != nil {
		return err
	}
	c.Output(org)
	return nil
}

// createUnit makes the organization's unit with its groups, and its record,
// and gives the org element that tells of them.
func createUnit(c *engine.Call, policy, customer string) (*xmldoc.Node, error) {
	made, err := runDirectory(c, "CreateOrganization", append(pass(c, "name", "container", "description", "properties"),
		xmldoc.TextElement("policyName", policy))...)
	if err != nil {
		return nil, err
	}
	org := xmldoc.Child(made, "org")
	at, _ := xmldoc.Attr(org, "path")
	_, err = own(c, "CreateCustomerRecord_", xmldoc.TextElement("path", at), xmldoc.TextElement("customerTypeName", customer))
	return org, err
}

func exchangeEnableOrganization(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	switch _, err := c.Mail().PrimaryDomain(org); {
	case err == nil:
		return mpf.ExchangeEnabled.New(organization.Name(org))
	case !errors.Is(err, state.ErrNotFound):
		return err
	}
	if err := addDomain(c, org, domainAsked(c), mail.PrimaryDomain, c.Has("createSMTPDomain")); err != nil {
		return err
	}
	if err := allocateOrganization(c, org); err != nil {
		return err
	}
	if _, err := own(c, "EnsureExchangeVirtualDirectories_", pass(c, "path")...); err != nil {
		return err
	}
	if !c.Has("createAddressLists") {
		return nil
	}
	_, err = own(c, "CreateOrganizationAddressLists", pass(c, "path", "SMTPDomain")...)
	return err
}

// allocateOrganization reserves room for mailboxes and public folders. Source
// stores may stand beside the mail store or in it (F322).
func allocateOrganization(c *engine.Call, org *directory.Object) error {
	mail, public := xmldoc.Clone(c.Node("mailStore")), xmldoc.Clone(c.Node("publicStore"))
	if sources := c.Node("sourceMailStores"); sources != nil {
		if mail == nil {
			mail = xmldoc.Element("mailStore")
		}
		if xmldoc.Child(mail, "sourceMailStores") == nil {
			xmldoc.Append(mail, xmldoc.Clone(sources))
		}
	}
	args := []*xmldoc.Node{pathTo("organization", org)}
	for _, part := range []*xmldoc.Node{public, mail} {
		if part != nil {
			args = append(args, part)
		}
	}
	if len(args) == 1 {
		return nil
	}
	_, err := resourceManager(c, "AllocateOrganization", args...)
	return err
}

func deleteBusinessOrganization(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	left, err := dependents(c, org)
	if err != nil {
		return err
	}
	if left > 0 {
		return mpf.OrganizationNotEmpty.New(strconv.Itoa(left))
	}
	if err := forget(c, org); err != nil {
		return err
	}
	_, err = own(c, "DeleteOrganization_", pass(c, "path", "SMTPDomain", "deleteSMTPDomain")...)
	return err
}

// dependents counts the users and organizations inside of one. Lists, contacts
// and folders are its own and do not count (F323).
func dependents(c *engine.Call, org *directory.Object) (int, error) {
	count := 0
	for o, err := range c.Directory().Descendants(org, "user", "organizationalUnit") {
		if err != nil {
			return 0, err
		}
		counts := o.Is("user")
		if !counts {
			if counts, err = organization.Is(c.Tx, o); err != nil {
				return 0, err
			}
		}
		if counts {
			count++
		}
	}
	return count, nil
}

// deleteOrganizationUnit takes from an organization what it has outside of its
// unit, in the reverse order of creation, and then the unit.
func deleteOrganizationUnit(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	for _, step := range []func(*engine.Call, *directory.Object) error{
		deleteVirtualDirectories, deleteFolders, deleteContacts, deleteAddressLists, deleteDomains, deallocateOrganization,
	} {
		if err := step(c, org); err != nil {
			return err
		}
	}
	_, err = runDirectory(c, "DeleteOrganization", pathTo("org", org))
	return err
}

// deleteContacts takes the contacts of an organization, which its unit may not
// hold when it is deleted.
func deleteContacts(c *engine.Call, org *directory.Object) error {
	for contact, err := range c.Directory().Descendants(org, "contact") {
		if err != nil {
			return err
		}
		if _, err := runDirectory(c, "DeleteContact", pathTo("contact", contact)); err != nil {
			return err
		}
	}
	return nil
}

// deallocateOrganization gives back what an organization has of the stores, and
// before that what mailboxes and folders have of it that are gone already.
func deallocateOrganization(c *engine.Call, org *directory.Object) error {
	found, err := resourceManager(c, "QueryConsumersByOrganization", pathTo("organization", org))
	if err != nil {
		return err
	}
	for m := range xmldoc.Children(xmldoc.Child(found, "mailboxes"), "mailbox") {
		guid, _ := xmldoc.ChildText(m, "GUID")
		if _, err := resourceManager(c, "DeallocateMailbox", xmldoc.TextElement("GUID", guid)); err != nil {
			return err
		}
	}
	for f := range xmldoc.Children(xmldoc.Child(found, "publicFolders"), "publicFolder") {
		guid, _ := xmldoc.ChildText(f, "GUID")
		path, _ := xmldoc.ChildText(f, "folderPath")
		if guid == (directory.GUID{}).String() {
			continue // the top folder, which is listed without a share too
		}
		if _, err := resourceManager(c, "DeallocatePublicFolder", pathTo("organization", org),
			xmldoc.Element("publicStore", xmldoc.TextElement("folderPath", path))); err != nil {
			return err
		}
	}
	_, err = resourceManager(c, "DeallocateOrganization", pathTo("organization", org))
	return err
}
