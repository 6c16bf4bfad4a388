package seed

import (
	"errors"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// organizationGroups are the groups of an organization: where they are, the
// beginning of name and sAMAccountName, and the well-known GUID under which the
// organization names them. F104, F105, F118.
var organizationGroups = []struct {
	private   bool // in CN=_Private, else in the OU itself
	name, sam string
	guid      string
}{
	{false, "Admins@", "A@", directory.WellKnownUserCreators},
	{false, "CSRAdmins@", "CA@", directory.WellKnownChildOrgCreators},
	{true, "AllCustomers@", "AC@", directory.WellKnownAllCustomers},
	{true, "AllUsers@", "AU@", directory.WellKnownAllUsers},
}

// privateContainer is the container of what an organization keeps for itself.
const privateContainer = "_Private"

// organizationTypes is the container, in the hosting OU's private one, of the
// objects that stand for types of organizations.
const organizationTypes = "WatOrgTypes"

// makeHosting makes the hosting OU with the objects of the organization types,
// and the resellers in it.
func (w *writer) makeHosting() error {
	if w.seed.Hosting.Name == "" {
		return nil
	}
	root, err := w.directory.Get(w.domain)
	if err != nil {
		return err
	}
	hosting, err := w.makeOrganization(root, w.seed.Hosting.Name, "")
	if err != nil {
		return err
	}
	if err := w.directory.SetSetting(settingHosting, hosting.DN.String()); err != nil {
		return err
	}
	types, err := w.directory.Create(hosting.DN.Child("CN", privateContainer).Child("CN", organizationTypes), "container", nil)
	if err != nil {
		return err
	}
	for _, name := range w.seed.Hosting.OrganizationTypes {
		if _, err := w.plant(types, branch{name, "container", nil, nil}); err != nil {
			return err
		}
	}
	if err := w.setOrganizationType(hosting, types.DN, "hosting"); err != nil {
		return err
	}
	for _, reseller := range w.seed.Hosting.Resellers {
		o, err := w.makeOrganization(hosting, reseller.Name, reseller.Description)
		if err != nil {
			return err
		}
		if err := w.directory.SetWellKnown(o, directory.WellKnownForeignOwnerOrg, hosting); err != nil {
			return err
		}
		if err := w.setOrganizationType(o, types.DN, "reseller"); err != nil {
			return err
		}
		if err := w.joinAbove(o, hosting); err != nil {
			return err
		}
	}
	return nil
}

// setOrganizationType names the object of a type, if there is one, as the
// organization's.
func (w *writer) setOrganizationType(o *directory.Object, types ldappath.DN, name string) error {
	kind, err := w.directory.Get(types.Child("CN", name))
	if errors.Is(err, state.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return w.directory.SetWellKnown(o, directory.WellKnownOrgType, kind)
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
func (w *writer) joinAbove(o, above *directory.Object) error {
	users, err := w.directory.WellKnown(o, directory.WellKnownAllUsers)
	if err != nil {
		return err
	}
	customers, err := w.directory.WellKnown(above, directory.WellKnownAllCustomers)
	if err != nil {
		return err
	}
	return w.directory.AddMember(customers, users)
}

// makeOrganization makes an organization's OU, private container and groups.
func (w *writer) makeOrganization(parent *directory.Object, name, description string) (*directory.Object, error) {
	var attributes directory.Attributes
	if description != "" {
		attributes = attributes.With("description", description)
	}
	o, err := w.plant(parent, branch{name, "organizationalUnit", attributes, nil})
	if err != nil {
		return nil, err
	}
	if err := w.directory.SetWellKnown(o, directory.WellKnownThisOrganizationRoot, o); err != nil {
		return nil, err
	}
	private, err := w.plant(o, branch{privateContainer, "container", nil, nil})
	if err != nil {
		return nil, err
	}
	for _, group := range organizationGroups {
		home := o
		if group.private {
			home = private
		}
		made, err := w.plant(home, branch{group.name + name, "group", directory.Attributes{value(directory.KindSAM, accountName(group.sam+name))}, nil})
		if err != nil {
			return nil, err
		}
		if err := w.directory.SetWellKnown(o, group.guid, made); err != nil {
			return nil, err
		}
	}
	return o, nil
}
