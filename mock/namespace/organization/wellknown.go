package organization

import (
	"errors"
	"strings"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Names of the objects that an organization names as well-known, as the
// wkName attribute of answers spells them. The first five are documented, the
// others are ours (F221).
const (
	ThisOrganizationRoot = "ThisOrganizationRoot" // the organization itself
	ForeignOwnerOrg      = "ForeignOwnerOrg"      // the organization above
	OrgType              = "OrgType"              // the object of its type below WatOrgTypes
	UserCreators         = "UserCreators"         // the group Admins@
	ChildOrgCreators     = "ChildOrgCreators"     // the group CSRAdmins@, of those that may have children
	AllCustomers         = "AllCustomers"         // the group AllCustomers@, of those that may have children
	AllUsersGroup        = "AllUsers"             // the group AllUsers@ in CN=_Private
	AddressList          = "AddressList"          // the address list that goes into the offline one
	GlobalAddressList    = "GlobalAddressList"    // the global address list
	OfflineAddressList   = "OfflineAddressList"   // the offline address list
)

// marks tells by which GUID each of them is named, in the order in which
// answers list them.
var marks = []struct{ name, guid string }{
	{ThisOrganizationRoot, directory.WellKnownThisOrganizationRoot},
	{ForeignOwnerOrg, directory.WellKnownForeignOwnerOrg},
	{OrgType, directory.WellKnownOrgType},
	{UserCreators, directory.WellKnownUserCreators},
	{ChildOrgCreators, directory.WellKnownChildOrgCreators},
	{AllCustomers, directory.WellKnownAllCustomers},
	{AllUsersGroup, directory.WellKnownAllUsers},
	{GlobalAddressList, directory.WellKnownGlobalAddressList},
	{AddressList, directory.WellKnownAddressList},
	{OfflineAddressList, directory.WellKnownOfflineAddressList},
}

// WellKnownNames lists the names in the order in which answers give them.
func WellKnownNames() []string {
	names := make([]string, 0, len(marks))
	for _, m := range marks {
		names = append(names, m.name)
	}
	return names
}

// guid gives the GUID of a name in any letter case, "" for an unknown one.
func guid(wkName string) string {
	for _, m := range marks {
		if strings.EqualFold(m.name, wkName) {
			return m.guid
		}
	}
	return ""
}

// WellKnown gives what an organization names as wkName, a name in any letter
// case or a GUID of 32 hex digits. If it names nothing so, the error is
// mpf.WellKnownMissing.
func WellKnown(tx *state.Tx, org *directory.Object, wkName string) (*directory.Object, error) {
	o, err := Optional(tx, org, wkName)
	if err == nil && o == nil {
		err = mpf.WellKnownMissing.New(org.DN.ADsPath(), wkName)
	}
	return o, err
}

// Optional is WellKnown for those to whom a missing object is an answer: nil.
func Optional(tx *state.Tx, org *directory.Object, wkName string) (*directory.Object, error) {
	id := guid(wkName)
	if id == "" {
		id = wkName
	}
	o, err := directory.In(tx).WellKnown(org, id)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	return o, err
}

// Mark makes an organization name o as wkName, in the place of what it named
// so before. wkName is one of WellKnownNames.
func Mark(tx *state.Tx, org *directory.Object, wkName string, o *directory.Object) error {
	return directory.In(tx).SetWellKnown(org, guid(wkName), o)
}
