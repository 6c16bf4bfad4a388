package exchangeprovider

import (
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mpf"
)

// list is a row: a kind of address list that an organization can have.
type list struct {
	wkName    string
	container string // below CN=Address Lists Container
	class     string
	rights    []string
}

// listRights are what readers of a list may do; readers of an offline one open
// no list on the server. F246.
var listRights = []string{"Read", "Execute", "Read Permissions", "List Contents", "Read Properties", "Open Address List"}

var (
	globalList  = list{organization.GlobalAddressList, "All Global Address Lists", "addressBookContainer", listRights}
	addressList = list{organization.AddressList, "All Address Lists", "addressBookContainer", listRights}
	offlineList = list{organization.OfflineAddressList, "Offline Address Lists", "msExchOAB", listRights[:len(listRights)-1]}
)

const listsContainer = "Address Lists Container"

// openOrganization gives the organization at path.
func openOrganization(c *engine.Call) (*directory.Object, error) {
	org, err := c.Open("path", "organizationalUnit")
	if err != nil {
		return nil, err
	}
	is, err := organization.Is(c.Tx, org)
	if err == nil && !is {
		err = mpf.NotAnOrganization.New(org.DN.ADsPath())
	}
	return org, err
}

// create makes the organization's list, lets the readers read it and marks it.
func (l list) create(c *engine.Call) (org, made *directory.Object, err error) {
	if org, err = openOrganization(c); err != nil {
		return nil, nil, err
	}
	held, err := organization.Optional(c.Tx, org, l.wkName)
	if err != nil {
		return nil, nil, err
	}
	if held != nil {
		return nil, nil, mpf.AddressListsExist.New(organization.Name(org))
	}
	readers, err := l.readers(c)
	if err != nil {
		return nil, nil, err
	}
	container, err := below(c, listsContainer, l.container)
	if err != nil {
		return nil, nil, err
	}
	name := c.Text("name")
	if name == "" {
		name = organization.Name(org)
	}
	if made, err = c.Directory().Create(container.DN.Child("CN", name), l.class, directory.Attributes{}.With("displayName", name)); err != nil {
		return nil, nil, err
	}
	for _, reader := range readers {
		if err := c.Directory().GrantAccess(made, reader, l.rights...); err != nil {
			return nil, nil, err
		}
	}
	return org, made, organization.Mark(c.Tx, org, l.wkName, made)
}

// readers gives the trustees that readAccess names: by path, name, UPN or
// DOMAIN\account.
func (l list) readers(c *engine.Call) ([]*directory.Object, error) {
	var readers []*directory.Object
	for n := range xmldoc.Children(c.Data, "readAccess") {
		name := strings.TrimSpace(xmldoc.Text(n))
		if name == "" {
			continue
		}
		reader, err := c.Directory().Resolve(name)
		if err != nil {
			return nil, err
		}
		readers = append(readers, reader)
	}
	return readers, nil
}

// remove deletes the organization's list; what names it lets go of it.
func (l list) remove(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	held, err := l.open(c, org)
	if err != nil {
		return err
	}
	return c.Directory().Delete(held)
}

func (l list) open(c *engine.Call, org *directory.Object) (*directory.Object, error) {
	held, err := organization.Optional(c.Tx, org, l.wkName)
	if err == nil && held == nil {
		err = mpf.AddressListMissing.New(organization.Name(org), l.wkName)
	}
	return held, err
}

// search gives the purportedSearch of a list: the caller's, or what shows the
// recipients that are stamped with it (F247).
func search(c *engine.Call, made *directory.Object) error {
	filter := c.Text("filter")
	if filter == "" {
		filter = "(&(mailNickname=*)(showInAddressBook=" + made.DN.String() + "))"
	} else if _, err := directory.ParseFilter(filter); err != nil {
		return mpf.ArgumentInvalid.New("filter", err.Error())
	}
	return c.Directory().Set(made, "purportedSearch", filter)
}

func createGlobalAddressList(c *engine.Call) error {
	_, made, err := globalList.create(c)
	if err != nil {
		return err
	}
	if err := search(c, made); err != nil {
		return err
	}
	root, err := below(c)
	if err != nil {
		return err
	}
	top, err := c.Directory().Parent(root)
	if err != nil {
		return err
	}
	return c.Directory().Add(top, "globalAddressList", made.DN.String())
}

func createAddressList(c *engine.Call) error {
	_, made, err := addressList.create(c)
	if err != nil {
		return err
	}
	return search(c, made)
}

// createOfflineAddressList makes a list of what the organization's address
// list shows.
func createOfflineAddressList(c *engine.Call) error {
	org, made, err := offlineList.create(c)
	if err != nil {
		return err
	}
	mdb, err := offlineHost(c)
	if err != nil {
		return err
	}
	server, err := generator(c, mdb)
	if err != nil {
		return err
	}
	set := directory.Attributes{}.With("offLineABServer", server.DN.String()).With("siteFolderServer", mdb.DN.String()).
		With("versionNumber", "0")
	shown, err := organization.Optional(c.Tx, org, organization.AddressList)
	if err != nil {
		return err
	}
	if shown != nil {
		set = set.With("offLineABContainers", shown.DN.String())
	}
	return c.Directory().SetAll(made, set)
}

// generator returns the server that generates an offline address list: the one
// named, else that of the public store.
func generator(c *engine.Call, mdb *directory.Object) (*directory.Object, error) {
	if name := c.Text("server"); name != "" {
		return openServer(c, name)
	}
	return serverOf(c, mdb)
}

// offlineHost gives the public store that hosts an offline address list.
func offlineHost(c *engine.Call) (*directory.Object, error) {
	text := c.Text("publicMDB")
	if text == "" {
		return publicStore(c)
	}
	mdb, err := c.Directory().Resolve(text)
	if err != nil {
		return nil, err
	}
	return c.OpenDN(mdb.DN, "msExchPublicMDB")
}

// rebuildOfflineAddressList counts the generations of a list in its
// versionNumber: the emulator keeps no files for Outlook to load (F248).
func rebuildOfflineAddressList(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	held, err := offlineList.open(c, org)
	if err != nil {
		return err
	}
	server, err := c.Directory().Value(held, "offLineABServer")
	if err != nil {
		return err
	}
	if server == "" {
		return mpf.AddressListMissing.New(organization.Name(org), "server that generates its offline address list")
	}
	written, err := c.Directory().Value(held, "versionNumber")
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(written) // an integer by the schema, or absent
	return c.Directory().Set(held, "versionNumber", strconv.Itoa(version+1))
}
