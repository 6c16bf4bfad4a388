package managedexchange

import (
	"errors"
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// text makes an argument.
func text(name, value string) *xmldoc.Node { return xmldoc.TextElement(name, value) }

// given copies those of the named arguments that the caller gave.
func given(c *engine.Call, names ...string) []*xmldoc.Node {
	var nodes []*xmldoc.Node
	for _, name := range names {
		if n := c.Node(name); n != nil {
			nodes = append(nodes, xmldoc.Clone(n))
		}
	}
	return nodes
}

// mailEnableGroup lets a repetition pass: callers ask for the groups of a
// public folder to be enabled before each folder (F254).
func mailEnableGroup(c *engine.Call) error {
	container, err := c.Open("path")
	if err != nil {
		return err
	}
	group, err := c.OpenDN(container.DN.Child("CN", c.Text("cn")), "group")
	if err != nil {
		return err
	}
	holder, err := c.Directory().ByProxyAddress(c.Text("proxyAddress"))
	if err == nil && holder.ID == group.ID {
		return nil
	}
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	_, err = c.Execute(provider, "MailEnableGroup", given(c, "path", "cn", "proxyAddress", pdcName)...)
	return err
}

func createMailbox(c *engine.Call) error {
	user, err := c.Open("path", "user")
	if err != nil {
		return err
	}
	org, err := organization.Of(c.Tx, user)
	if err != nil {
		return err
	}
	home, err := c.Directory().Value(user, "homeMDB")
	if err != nil {
		return err
	}
	if home != "" {
		return mpf.MailboxExists.New(user.DN.ADsPath())
	}
	kilobytes, err := size(c)
	if err != nil {
		return err
	}
	room, err := c.Execute(resources, "AllocateMailbox", append(given(c, pdcName), text("organization", org.DN.ADsPath()),
		text("mailbox", user.DN.ADsPath()), text("kilobytes", kilobytes))...)
	if err != nil {
		return err
	}
	where := xmldoc.Child(room, "mailStore")
	server, _ := xmldoc.ChildText(where, "serverName")
	mdb, _ := xmldoc.ChildText(where, "mailStoreName")
	_, err = c.Execute(provider, "CreateMailbox", append(given(c, "path", "alias", "proxyAddresses", "mail", pdcName),
		text("mdb", mdb), text("server", server), text("orgPath", org.DN.ADsPath()))...)
	return err
}

// size gives the kilobytes that the mail element asks for, which the
// organization's share is charged with.
func size(c *engine.Call) (string, error) {
	n := xmldoc.Child(c.Node("mail"), "size")
	written := strings.TrimSpace(xmldoc.Text(n))
	if written == "" {
		return "", mpf.ArgumentMissing.New("mail/size")
	}
	const bits, kilobytesInMegabyte = 32, 1024
	number, err := strconv.ParseUint(written, 10, bits)
	if err != nil {
		return "", mpf.ArgumentInvalid.New("mail/size", "'"+written+"' is not a number of 0 or more")
	}
	if unit, _ := xmldoc.Attr(n, "unit"); strings.EqualFold(unit, "MB") {
		number *= kilobytesInMegabyte
	}
	return strconv.FormatUint(number, 10), nil
}

func deleteMailbox(c *engine.Call) error {
	user, err := c.Open("path", "user")
	if err != nil {
		return err
	}
	found, err := c.Execute(resources, "QueryMailboxAllocation", append(given(c, pdcName), text("mailbox", user.DN.ADsPath()))...)
	if err == nil && xmldoc.Child(found, "mailStore") != nil {
		_, err = c.Execute(resources, "DeallocateMailbox", append(given(c, pdcName), text("mailbox", user.DN.ADsPath()))...)
	}
	if err != nil {
		return err
	}
	_, err = c.Execute(provider, "DeleteMailbox", given(c, "path", pdcName)...)
	return err
}

func createFolder(c *engine.Call) error {
	above := strings.Trim(strings.ReplaceAll(c.Text("folderPath"), `\`, "/"), "/ ")
	whole := "/" + c.Text("folderName")
	if above != "" {
		whole = "/" + above + whole
		if err := testFolder(c, above); err != nil {
			return err
		}
	}
	room, err := c.Execute(resources, "AllocatePublicFolder", append(given(c, pdcName),
		text("organization", c.DN("owningOrg").ADsPath()),
		xmldoc.Element("publicStore", text("folderPath", whole), text("megabytes", c.Text("megabytes"))))...)
	if err != nil {
		return err
	}
	where, _ := xmldoc.ChildText(room, "publicStorePath")
	const kilobytesInMegabyte = 1024
	args := append(given(c, "Permissions", "owningOrg", pdcName), text("mdbDN", where), text("folderpath", "/"+above),
		text("name", c.Text("folderName")),
		text("prohibitPostLimit", strconv.FormatInt(c.Number("megabytes")*kilobytesInMegabyte, 10)))
	if c.Text("MaxItemSize") != "" {
		args = append(args, text("maxItemSize", c.Text("MaxItemSize")))
	}
	_, err = c.Execute(provider, "CreateFolder", args...)
	return err
}

// testFolder refuses a folder that is not the organization's, as if it did not
// exist.
func testFolder(c *engine.Call, path string) error {
	owning, err := c.Open("owningOrg")
	if err != nil {
		return err
	}
	org, err := organization.Of(c.Tx, owning)
	if err != nil {
		return err
	}
	f, err := c.Mail().Folder(path)
	switch {
	case err == nil && f.OrganizationID == org.ID:
		return nil
	case err == nil, errors.Is(err, state.ErrNotFound):
		return mpf.FolderUnknown.New("/" + path)
	}
	return err
}
