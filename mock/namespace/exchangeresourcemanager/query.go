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

// asked is the organization that a query is about. One that is gone from the
// directory has no name.
type asked struct {
	guid directory.GUID
	dn   ldappath.DN
}

// identify reads the organization of a query: by path, else by GUID. Where
// there is a path the GUID does not count, as callers put names there (F276).
func identify(c *engine.Call) (asked, error) {
	if c.Text("organization") != "" {
		o, err := openOrganization(c)
		if err != nil {
			return asked{}, err
		}
		return asked{o.GUID, o.DN}, nil
	}
	text := c.Text("GUID")
	if text == "" {
		return asked{}, mpf.ArgumentMissing.New("organization")
	}
	id, err := directory.ParseGUID(text)
	if err != nil {
		return asked{}, mpf.ArgumentInvalid.New("GUID", "'"+text+"' is not a GUID")
	}
	o, err := c.Directory().ByGUID(id)
	if err == nil && c.InBase(o.DN) {
		return asked{o.GUID, o.DN}, nil
	}
	if err == nil || !c.InBase(ldappath.DN{}) {
		return asked{}, mpf.ObjectNotFound.New(id.String())
	}
	if !errors.Is(err, state.ErrNotFound) {
		return asked{}, err
	}
	shares, err := sharesOf(c.Tx, id)
	if err == nil && len(shares) == 0 {
		err = mpf.ObjectNotFound.New(id.String())
	}
	return asked{guid: id}, err
}

func sharesOf(tx *state.Tx, organization directory.GUID) ([]*resource.Allocation, error) {
	mail, err := resource.In(tx).Allocations(organization, resource.MailStore)
	if err != nil {
		return nil, err
	}
	public, err := resource.In(tx).Allocations(organization, resource.PublicStore)
	return append(mail, public...), err
}

// queryResources answers in both shapes: the first mail store by itself, as
// before there could be several, then all of them in a list with sums. Where
// there is nothing, the flat elements stand with 0 (F275, F276).
func queryResources(c *engine.Call) error {
	org, err := identify(c)
	if err != nil {
		return err
	}
	mail, err := c.Resources().Allocations(org.guid, resource.MailStore)
	if err != nil {
		return err
	}
	public, err := c.Resources().Allocations(org.guid, resource.PublicStore)
	if err != nil {
		return err
	}
	if len(public) == 0 {
		public = []*resource.Allocation{nil}
	}
	var first *resource.Allocation
	if len(mail) > 0 {
		first = mail[0]
	}
	answer := xmldoc.Element("orgResources", mailShare(first), mailShares(mail))
	for _, a := range public {
		xmldoc.Append(answer, publicShareElement(a))
	}
	c.Output(answer)
	return nil
}

// bareGUID is the form in which QueryResourcesByOrganization writes GUIDs
// (F276).
func bareGUID(g directory.GUID) string { return strings.ToLower(g.Octets()) }

func mailShares(shares []*resource.Allocation) *xmldoc.Node {
	list := xmldoc.Element("mailStores")
	var megabytes, free int64
	for _, a := range shares {
		megabytes += a.Megabytes
		free += a.FreeKilobytes()
		xmldoc.Append(list, mailShare(a))
	}
	xmldoc.SetAttr(list, "megabytes", number(megabytes))
	return xmldoc.SetAttr(list, "megabytesFree", number(resource.MegabytesIn(free)))
}

// noServer is told as the server and the store where there is none: the client
// reads the text of each element and does not survive one without (F276).
const noServer = "-"

func mailShare(a *resource.Allocation) *xmldoc.Node {
	if a == nil {
		return fields("mailStore", "GUID", bareGUID(directory.GUID{}), "serverName", noServer, "mailStoreName", noServer,
			"megabytes", "0", "megabytesFree", "0", "shared", "0")
	}
	return fields("mailStore", "GUID", bareGUID(a.Resource.GUID), "serverName", a.Resource.Server, "mailStoreName", a.Resource.Name,
		"megabytes", number(a.Megabytes), "megabytesFree", number(a.FreeMegabytes()), "shared", flag(a.Resource.Shared))
}

func publicShareElement(a *resource.Allocation) *xmldoc.Node {
	if a == nil {
		return fields("publicStore", "GUID", bareGUID(directory.GUID{}), "serverName", noServer, "megabytes", "0", "megabytesFree", "0")
	}
	return fields("publicStore", "GUID", bareGUID(a.Resource.GUID), "serverName", a.Resource.Server,
		"megabytes", number(a.Megabytes), "megabytesFree", number(a.FreeMegabytes()))
}

// fields makes an element of name and text pairs.
func fields(name string, pairs ...string) *xmldoc.Node {
	n := xmldoc.Element(name)
	for i := 0; i+1 < len(pairs); i += 2 {
		xmldoc.Append(n, xmldoc.TextElement(pairs[i], pairs[i+1]))
	}
	return n
}

// pathOf is the ADsPath of a name, empty for what is gone from the directory.
func pathOf(dn ldappath.DN) string {
	if dn.IsZero() {
		return ""
	}
	return dn.ADsPath()
}

// goneContainer is where a directory keeps what was deleted.
const goneContainer = "Deleted Objects"

// pathOfMailbox is pathOf for the client, which reads a name out of the path of
// each mailbox: one that is gone has its GUID for a name, where a directory
// keeps what was deleted (F277).
func pathOfMailbox(tx *state.Tx, m *resource.Consumer) (string, error) {
	if !m.DN.IsZero() {
		return m.DN.ADsPath(), nil
	}
	domain, err := directory.In(tx).Domain()
	if err != nil {
		return "", err
	}
	return domain.DN.Child("CN", goneContainer).Child("CN", bareGUID(m.GUID)).ADsPath(), nil
}

// queryConsumers lists mailboxes and folders. The organization's top folder is
// always among the folders, with 0 and the GUID of none if it has nothing
// (F277).
func queryConsumers(c *engine.Call) error {
	org, err := identify(c)
	if err != nil {
		return err
	}
	mailboxes, err := c.Resources().Consumers(org.guid, resource.MailboxConsumer)
	if err != nil {
		return err
	}
	folders, err := c.Resources().Consumers(org.guid, resource.FolderConsumer)
	if err != nil {
		return err
	}
	list := xmldoc.Element("mailboxes")
	for _, m := range mailboxes {
		path, err := pathOfMailbox(c.Tx, m)
		if err != nil {
			return err
		}
		xmldoc.Append(list, fields("mailbox", "GUID", m.GUID.String(), "path", path, "kilobytes", number(m.Kilobytes)))
	}
	c.Output(list, folderList(org, folders))
	return nil
}

func folderList(org asked, folders []*resource.Consumer) *xmldoc.Node {
	list := xmldoc.Element("publicFolders")
	top, seen := "/"+org.dn.RDN().Value, org.dn.IsZero()
	for _, f := range folders {
		path := f.Path
		if !org.dn.IsZero() && sameName(path, top) {
			path, seen = top, true // as callers spell it
		}
		xmldoc.Append(list, fields("publicFolder", "GUID", f.GUID.String(), "folderPath", path, "megabytes", number(f.Megabytes())))
	}
	if !seen {
		xmldoc.Append(list, fields("publicFolder", "GUID", (directory.GUID{}).String(), "folderPath", top, "megabytes", "0"))
	}
	return list
}

func queryAllOrganizations(c *engine.Call) error {
	holders, err := c.Resources().Holders()
	if err != nil {
		return err
	}
	list := xmldoc.Element("organizations")
	for _, h := range holders {
		if !c.InBase(h.DN) {
			continue
		}
		xmldoc.Append(list, fields("organization", "GUID", h.GUID.String(), "path", pathOf(h.DN)))
	}
	c.Output(list)
	return nil
}

func queryByMailStore(c *engine.Call) error   { return queryByStore(c, pools[1]) }
func queryByPublicStore(c *engine.Call) error { return queryByStore(c, pools[0]) }

// queryByStore lists the organizations with shares of the stores that a name,
// a server or both mean.
func queryByStore(c *engine.Call, p pool) error {
	e, _ := argument(c, p.item)
	stores, err := matching(c.Tx, p, e)
	if err != nil {
		return err
	}
	list := xmldoc.Element("organizations")
	for _, r := range stores {
		shares, err := c.Resources().AllocationsOf(r.ID)
		if err != nil {
			return err
		}
		for _, a := range shares {
			var dn ldappath.DN
			if o, err := c.Directory().ByGUID(a.Organization); err == nil {
				dn = o.DN
			} else if !errors.Is(err, state.ErrNotFound) {
				return err
			}
			if !c.InBase(dn) {
				continue
			}
			xmldoc.Append(list, fields("organization", "GUID", a.Organization.Octets(), "path", pathOf(dn), "megabytes", number(a.Megabytes)))
		}
	}
	c.Output(list)
	return nil
}

// matching gives the registered stores that a query names. At least one of
// name and server has to be there.
func matching(tx *state.Tx, p pool, e element) ([]*resource.Resource, error) {
	server, name := e.text("serverName"), e.text(p.nameField)
	if server == "" && name == "" {
		return nil, mpf.ArgumentMissing.New(p.item + "/serverName")
	}
	resources, err := resource.In(tx).Resources(p.kind)
	if err != nil {
		return nil, err
	}
	var found []*resource.Resource
	for _, r := range resources {
		if (server == "" || sameName(r.Server, server)) && (name == "" || sameName(r.Name, name)) {
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		return nil, mpf.StoreUnknown.New(name, server)
	}
	return found, nil
}
