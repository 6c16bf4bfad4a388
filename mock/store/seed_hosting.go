package store

import (
	"strings"

	"wsexchange/internal/ldappath"
)

// organizationGroups are the groups of an organization: where they lie, the
// beginning of name and sAMAccountName, and the well-known GUID under which the
// organization names them. F104, F105, F118.
var organizationGroups = []struct {
	private   bool // in CN=_Private, else in the OU itself
	name, sam string
	guid      string
}{
	{false, "Admins@", "A@", WellKnownUserCreators},
	{false, "CSRAdmins@", "CA@", WellKnownChildOrgCreators},
	{true, "AllCustomers@", "AC@", WellKnownAllCustomers},
	{true, "AllUsers@", "AU@", WellKnownAllUsers},
}

// privateContainer is the container of what an organization keeps for itself.
const privateContainer = "_Private"

// organizationTypes is the container, in the hosting OU's private one, of the
// objects that stand for types of organizations.
const organizationTypes = "WatOrgTypes"

// seedHosting makes the hosting OU with the objects of the organization types,
// and the resellers in it.
func seedHosting(t *Tx, seed Seed) error {
	root, err := t.Get(domainName(seed.Domain.Name))
	if err != nil {
		return err
	}
	hosting, err := seedOrganization(t, root, seed.Hosting.Name, "")
	if err != nil {
		return err
	}
	if err := t.SetSetting(settingHosting, hosting.DN.String()); err != nil {
		return err
	}
	types, err := t.Create(hosting.DN.Child("CN", privateContainer).Child("CN", organizationTypes), "container", nil)
	if err != nil {
		return err
	}
	for _, name := range seed.Hosting.OrganizationTypes {
		if _, err := plant(t, types, branch{name, "container", nil, nil}); err != nil {
			return err
		}
	}
	if err := setOrganizationType(t, hosting, types.DN, "hosting"); err != nil {
		return err
	}
	for _, reseller := range seed.Hosting.Resellers {
		o, err := seedOrganization(t, hosting, reseller.Name, reseller.Description)
		if err != nil {
			return err
		}
		if err := t.SetWellKnown(o, WellKnownForeignOwnerOrg, hosting); err != nil {
			return err
		}
		if err := setOrganizationType(t, o, types.DN, "reseller"); err != nil {
			return err
		}
		if err := joinAbove(t, o, hosting); err != nil {
			return err
		}
	}
	return nil
}

// setOrganizationType names the object of a type, if there is one, as the
// organization's.
func setOrganizationType(t *Tx, o *Object, types ldappath.DN, name string) error {
	kind, err := t.lookup(types.Child("CN", name))
	if err != nil || kind == nil {
		return err
	}
	return t.SetWellKnown(o, WellKnownOrgType, kind)
}

// accountName leaves out what a sAMAccountName must not have.
func accountName(name string) string {
	plain := strings.Map(func(c rune) rune {
		if strings.ContainsRune(forbiddenInSAM, c) {
			return -1
		}
		return c
	}, name)
	return strings.TrimRight(plain, ". ")
}

// joinAbove puts the users of an organization among the customers of the one
// above.
func joinAbove(t *Tx, o, above *Object) error {
	users, err := t.WellKnown(o, WellKnownAllUsers)
	if err != nil {
		return err
	}
	customers, err := t.WellKnown(above, WellKnownAllCustomers)
	if err != nil {
		return err
	}
	return t.AddMember(customers, users)
}

// seedOrganization makes an organization's OU, private container and groups.
func seedOrganization(t *Tx, parent *Object, name, description string) (*Object, error) {
	var attributes Attributes
	if description != "" {
		attributes = attributes.With("description", description)
	}
	o, err := plant(t, parent, branch{name, "organizationalUnit", attributes, nil})
	if err != nil {
		return nil, err
	}
	if err := t.SetWellKnown(o, WellKnownThisOrganizationRoot, o); err != nil {
		return nil, err
	}
	private, err := plant(t, o, branch{privateContainer, "container", nil, nil})
	if err != nil {
		return nil, err
	}
	for _, group := range organizationGroups {
		home := o
		if group.private {
			home = private
		}
		made, err := plant(t, home, branch{group.name + name, "group", Attributes{value(KindSAM, accountName(group.sam+name))}, nil})
		if err != nil {
			return nil, err
		}
		if err := t.SetWellKnown(o, group.guid, made); err != nil {
			return nil, err
		}
	}
	return o, nil
}
