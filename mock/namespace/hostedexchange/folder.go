package hostedexchange

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/mail"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

func createPublicFolder(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	if _, err := own(c, "CreatePublicFolder_", pass(c, "path", "megabytes", "SMTPDomain")...); err != nil {
		return err
	}
	return note(c, org, "PublicFolderCreated")
}

func deletePublicFolder(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	if _, err := own(c, "DeletePublicFolder_", pass(c, "path", "name")...); err != nil {
		return err
	}
	return note(c, org, "PublicFolderDeleted")
}

// allocatePublicFolder reserves room, mail-enables the groups that get rights,
// which the provider asks for, and creates the folder (F354).
func allocatePublicFolder(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	domain, err := folderDomain(c, org)
	if err != nil {
		return err
	}
	name := topFolder(organization.Name(org))
	switch _, err := c.Mail().Folder("/" + name); {
	case err == nil: // said before the room that a second one would need
		return mpf.FolderExists.New("/" + name)
	case !errors.Is(err, state.ErrNotFound):
		return err
	}
	room, err := resourceManager(c, "AllocatePublicFolder", pathTo("organization", org), xmldoc.Element("publicStore",
		xmldoc.TextElement("folderPath", "/"+name), xmldoc.TextElement("megabytes", c.Text("megabytes"))))
	if err != nil {
		return err
	}
	permissions, err := folderPermissions(c, org, domain)
	if err != nil {
		return err
	}
	where, _ := xmldoc.ChildText(room, "publicStorePath")
	const kilobytesInMegabyte = 1024
	_, err = provider(c, "CreateFolder", xmldoc.TextElement("mdbDN", where), xmldoc.TextElement("folderpath", "/"),
		xmldoc.TextElement("name", name), pathTo("owningOrg", org),
		xmldoc.TextElement("prohibitPostLimit", strconv.FormatInt(c.Number("megabytes")*kilobytesInMegabyte, 10)), permissions)
	return err
}

// folderDomain is the domain in which the folder's groups get addresses.
func folderDomain(c *engine.Call, org *directory.Object) (string, error) {
	primary, err := defaultDomain(c, org)
	if err != nil || domainAsked(c) == "" {
		return primary, err
	}
	held, err := ownDomain(c, org, domainAsked(c))
	return held.Name, err
}

// topFolder is a name as that of a folder: slashes would part it.
func topFolder(name string) string {
	return strings.NewReplacer("/", "-", `\`, "-").Replace(strings.Trim(name, `/\ `))
}

// folderPermissions tells who may do what in the organization's folder.
func folderPermissions(c *engine.Call, org *directory.Object, domain string) (*xmldoc.Node, error) {
	list := xmldoc.SetAttr(xmldoc.Element("Permissions"), "mode", "set")
	for _, g := range []struct {
		wkName, role string
	}{{organization.UserCreators, "owner"}, {organization.AllUsersGroup, "publishing author"}} {
		group, err := organization.WellKnown(c.Tx, org, g.wkName)
		if err != nil {
			return nil, err
		}
		if err := ensureAddress(c, group, domain); err != nil {
			return nil, err
		}
		xmldoc.Append(list, xmldoc.SetAttr(xmldoc.TextElement("Permission", group.DN.ADsPath()), "role", g.role))
	}
	return list, nil
}

// ensureAddress mail-enables a group unless it is: the client may have done it
// before, or have failed to. Where a user has the address that the client
// would choose, the whole name of the group stands in for it (F354).
func ensureAddress(c *engine.Call, group *directory.Object, domain string) error {
	alias, err := c.Directory().Value(group, "mailNickname")
	if err != nil || alias != "" {
		return err
	}
	name := group.DN.RDN().Value
	short, _, _ := strings.Cut(name, "@")
	address := plainLocalPart(short) + "@" + domain
	if _, err := c.Directory().ByProxyAddress(address); err == nil {
		address = plainLocalPart(strings.ReplaceAll(name, "@", ".")) + "@" + domain
	}
	return mailEnableGroup(c, group, address)
}

func deallocatePublicFolder(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	name := topFolder(c.Text("name"))
	if name == "" {
		name = topFolder(organization.Name(org))
	}
	folder, err := c.Mail().Folder("/" + name)
	if errors.Is(err, state.ErrNotFound) || err == nil && folder.OrganizationID != org.ID {
		return mpf.FolderUnknown.New("/" + name)
	}
	if err != nil {
		return err
	}
	return dropFolder(c, org, folder)
}

// dropFolder deletes a folder that has none below it and gives its room back,
// if it was made with any.
func dropFolder(c *engine.Call, org *directory.Object, folder *mail.Folder) error {
	slash := strings.LastIndexByte(folder.Path, '/')
	_, err := provider(c, "DeleteFolder", xmldoc.TextElement("folderpath", folder.Path[:slash+1]),
		xmldoc.TextElement("name", folder.Path[slash+1:]))
	if err != nil {
		return err
	}
	_, err = resourceManager(c, "DeallocatePublicFolder", pathTo("organization", org),
		xmldoc.Element("publicStore", xmldoc.TextElement("folderPath", folder.Path)))
	var e *mpf.Error
	if errors.As(err, &e) && mpf.AllocationMissing.Is(e) {
		return nil
	}
	return err
}

// deleteFolders takes all public folders of an organization, those below
// before those above.
func deleteFolders(c *engine.Call, org *directory.Object) error {
	folders, err := c.Mail().Folders(org)
	if err != nil {
		return err
	}
	for _, folder := range slices.Backward(folders) {
		if err := dropFolder(c, org, folder); err != nil {
			return err
		}
	}
	return nil
}
