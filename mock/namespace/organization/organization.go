package organization

import (
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Types of organizations, as Type gives them.
const (
	Hosting  = "hosting"
	Reseller = "reseller"
	Customer = "customer"
)

// Of gives the organization that an object belongs to: the nearest OU that is
// an organization, beginning with the object itself. If there is none the
// error is mpf.NotAnOrganization.
func Of(tx *state.Tx, o *directory.Object) (*directory.Object, error) {
	org, err := Above(tx, o)
	if err == nil && org == nil {
		err = mpf.NotAnOrganization.New(o.DN.ADsPath())
	}
	return org, err
}

// Above is Of for those to whom an object outside of all organizations is an
// answer: nil.
func Above(tx *state.Tx, o *directory.Object) (*directory.Object, error) {
	for at := o; ; {
		is, err := Is(tx, at)
		if err != nil || is {
			return at, err
		}
		if at.ParentID == 0 {
			return nil, nil
		}
		if at, err = directory.In(tx).Parent(at); err != nil {
			return nil, err
		}
	}
}

// Root is Of by name. A name without an object is state.ErrNotFound.
func Root(tx *state.Tx, dn ldappath.DN) (*directory.Object, error) {
	o, err := directory.In(tx).Get(dn)
	if err != nil {
		return nil, err
	}
	return Of(tx, o)
}

// Is tells whether an object is the root of an organization.
func Is(tx *state.Tx, o *directory.Object) (bool, error) {
	if !o.Is("organizationalUnit") {
		return false, nil
	}
	root, err := Optional(tx, o, ThisOrganizationRoot)
	return root != nil && root.ID == o.ID, err
}

// Name is the name of an organization: the plain text of its OU's RDN.
func Name(org *directory.Object) string { return org.DN.RDN().Value }

// Admins gives the group whose members may create users: Admins@.
func Admins(tx *state.Tx, org *directory.Object) (*directory.Object, error) {
	return WellKnown(tx, org, UserCreators)
}

// AllUsers gives the group of the organization's users: AllUsers@ in
// CN=_Private.
func AllUsers(tx *state.Tx, org *directory.Object) (*directory.Object, error) {
	return WellKnown(tx, org, AllUsersGroup)
}

// Type gives what an organization is: Hosting, Reseller or Customer. One that
// names no type is a customer: only the others are marked (F222).
func Type(tx *state.Tx, org *directory.Object) (string, error) {
	marked, err := Optional(tx, org, OrgType)
	if err != nil || marked == nil {
		return Customer, err
	}
	return strings.ToLower(marked.DN.RDN().Value), nil
}
