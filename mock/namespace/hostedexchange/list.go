package hostedexchange

import (
	"errors"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// createDistributionList makes a universal group and mail-enables it, as the
// client makes no call of its own for that (F350).
func createDistributionList(c *engine.Call) error {
	parent, err := c.Open("container")
	if err != nil {
		return err
	}
	org, err := organization.Of(c.Tx, parent)
	if err != nil {
		return err
	}
	address, err := listAddress(c, org)
	if err != nil {
		return err
	}
	made, err := runDirectory(c, "CreateGroup", append(pass(c, "container", "name"), xmldoc.TextElement("groupType", "UNIVERSAL DISTRIBUTION"))...)
	if err != nil {
		return err
	}
	at, _ := xmldoc.Attr(xmldoc.Child(made, "group"), "path")
	dn, err := c.ParsePath(at)
	if err != nil {
		return err
	}
	list, err := c.OpenDN(dn)
	if err != nil {
		return err
	}
	if err := setOwner(c, list, org); err != nil {
		return err
	}
	if err := mailEnableGroup(c, list, address); err != nil {
		return err
	}
	c.OutputText("path", at)
	return nil
}

// listAddress gives the address of a new list: its name if that is an address,
// else its name without what an address cannot have, in the primary domain
// (F351).
func listAddress(c *engine.Call, org *directory.Object) (string, error) {
	domain, err := defaultDomain(c, org)
	if err != nil {
		return "", err
	}
	name := c.Text("name")
	if strings.Contains(name, "@") {
		return name, checkOwnAddress(c, org, name)
	}
	address := plainLocalPart(name) + "@" + domain
	return address, checkAddress(address)
}

// plainLocalPart drops from a name what cannot stand before the @ of an
// address.
func plainLocalPart(name string) string {
	kept := strings.Map(func(r rune) rune {
		if letterOrDigit(r) || strings.ContainsRune(localCharacters, r) {
			return r
		}
		return -1
	}, name)
	for strings.Contains(kept, "..") {
		kept = strings.ReplaceAll(kept, "..", ".")
	}
	kept = strings.Trim(kept, ".")
	return kept[:min(len(kept), maxLocalPart)]
}

// mailEnableGroup gives a group an address that nobody has.
func mailEnableGroup(c *engine.Call, group *directory.Object, address string) error {
	switch holder, err := c.Directory().ByProxyAddress(address); {
	case err == nil:
		return mpf.AddressTaken.New(address, c.Holder(holder.DN))
	case !errors.Is(err, state.ErrNotFound):
		return err
	}
	parent, err := c.Directory().Parent(group)
	if err != nil {
		return err
	}
	_, err = provider(c, "MailEnableGroup", pathTo("path", parent), xmldoc.TextElement("cn", group.DN.RDN().Value),
		xmldoc.TextElement("proxyAddress", address))
	return err
}

// setOwner writes managedBy if it was given. The owner has to be of the list's
// organization or of one above it: others are as if they did not exist (F352).
func setOwner(c *engine.Call, list, org *directory.Object) error {
	if c.DN("managedBy").IsZero() {
		return nil
	}
	owner, err := c.Open("managedBy", "user", "group", "contact")
	if err != nil {
		return err
	}
	of, err := organization.Of(c.Tx, owner)
	if err != nil || !org.DN.Under(of.DN) {
		return mpf.ObjectNotFound.New(owner.DN.ADsPath())
	}
	return c.Directory().Set(list, "managedBy", owner.DN.String())
}

func modifyDistributionList(c *engine.Call) error {
	list, org, err := openList(c)
	if err != nil {
		return err
	}
	return setOwner(c, list, org)
}

func deleteDistributionList(c *engine.Call) error {
	list, _, err := openList(c)
	if err != nil {
		return err
	}
	_, err = runDirectory(c, "DeleteGroup", pathTo("group", list))
	return err
}

// openList gives the group at the path argument and its organization. The
// groups that an organization's rights rest on are not lists (F353).
func openList(c *engine.Call) (list, org *directory.Object, err error) {
	if list, err = c.Open("path", "group"); err != nil {
		return nil, nil, err
	}
	if org, err = organization.Of(c.Tx, list); err != nil {
		return nil, nil, err
	}
	named, err := c.Directory().WellKnownBy(list)
	if err != nil {
		return nil, nil, err
	}
	for _, by := range named {
		if by.Object.ID == org.ID {
			return nil, nil, mpf.ClassWrong.New(list.DN.ADsPath(), "security group of the organization", "distribution list")
		}
	}
	return list, org, nil
}
