package seed

import (
	"wsexchange/mock/directory"
)

// listRights are what the readers of an address list may do; those of an
// offline one open no list on the server. F246.
var listRights = []string{"Read", "Execute", "Read Permissions", "List Contents", "Read Properties", "Open Address List"}

// makeLists makes the address lists of an organization (F355).
func (m maker) makeLists(o *organization, _ Progress) error {
	global, err := m.list(o, allGlobalLists, " GAL", directory.WellKnownGlobalAddressList)
	if err != nil {
		return err
	}
	top, err := m.directory.Get(m.generator.place.top)
	if err != nil {
		return err
	}
	if err := m.directory.Add(top, "globalAddressList", global.DN.String()); err != nil {
		return err
	}
	list, err := m.list(o, allAddressLists, " AL", directory.WellKnownAddressList)
	if err != nil {
		return err
	}
	o.global, o.list = global.DN.String(), list.DN.String()
	if err := m.makeBook(o); err != nil {
		return err
	}
	return m.plans.LogEvent(o.object.GUID, "AddressListsCreated")
}

// list makes a list of what is stamped with it (F247).
func (m maker) list(o *organization, container, suffix, guid string) (*directory.Object, error) {
	dn := m.generator.place.lists.Child("CN", container).Child("CN", o.name+suffix)
	made, err := m.directory.Create(dn, "addressBookContainer", directory.Attributes{
		value("displayName", o.name+suffix),
		value("purportedSearch", "(&(mailNickname=*)(showInAddressBook="+dn.String()+"))"),
	})
	if err != nil {
		return nil, err
	}
	return made, m.publish(o, made, guid, listRights)
}

// makeBook makes the offline address list.
func (m maker) makeBook(o *organization) error {
	place := &m.generator.place
	dn := place.lists.Child("CN", offlineLists).Child("CN", o.name+" OAL")
	made, err := m.directory.Create(dn, "msExchOAB", directory.Attributes{
		value("displayName", o.name+" OAL"), value("offLineABServer", place.publicServer.String()),
		value("siteFolderServer", place.publicStore.String()), value("versionNumber", "0"), value("offLineABContainers", o.list),
	})
	if err != nil {
		return err
	}
	o.book = made.DN.String()
	if _, err := m.resources.Allocate(o.object.GUID, place.books, 1); err != nil {
		return err
	}
	return m.publish(o, made, directory.WellKnownOfflineAddressList, listRights[:len(listRights)-1])
}

// publish lets users and administrators read a list, which the organization
// names by a well-known GUID.
func (m maker) publish(o *organization, list *directory.Object, guid string, rights []string) error {
	for _, reader := range []*directory.Object{o.users, o.admins} {
		if err := m.directory.GrantAccess(list, reader, rights...); err != nil {
			return err
		}
	}
	return m.directory.SetWellKnown(o.object, guid, list)
}
