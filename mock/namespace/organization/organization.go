package organization

import (
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/store"
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
func Of(tx *store.Tx, o *store.Object) (*store.Object, error) {
	org, err := Above(tx, o)
	if err == nil && org == nil {
		err = mpf.NotAnOrganization.New(o.DN.ADsPath())
	}
	return org, err
}

// Above is Of for those to whom an object outside of all organizations is an
// answer: nil.
func Above(tx *store.Tx, o *store.Object) (*store.Object, error) {
	for at := o; ; {
		is, err := Is(tx, at)
		if err != nil || is {
			return at, err
		}
		if at.ParentID == 0 {
			return nil, nil
		}
		if at, err = tx.Parent(at); err != nil {
			return nil, err
		}
	}
}

// Root is Of by name. A name without an object is store.ErrNotFound.
func Root(tx *store.Tx, dn ldappath.DN) (*store.Object, error) {
	o, err := tx.Get(dn)
	if err != nil {
		return nil, err
	}
	return Of(tx, o)
}

// Is tells whether an object is the root of an organization.
func Is(tx *store.Tx, o *store.Object) (bool, error) {
	if !o.Is("organizationalUnit") {
		return false, nil
	}
	root, err := Optional(tx, o, ThisOrganizationRoot)
	return root != nil && root.ID == o.ID, err
}

// Name is the name of an organization: the plain text of its OU's RDN.
func Name(org *store.Object) string { return org.DN.RDN().Value }

// Admins gives the group whose members may create users: Admins@.
func Admins(tx *store.Tx, org *store.Object) (*store.Object, error) {
	return WellKnown(tx, org, UserCreators)
}

// AllUsers gives the group of the organization's users: AllUsers@ in
// CN=_Private.
func AllUsers(tx *store.Tx, org *store.Object) (*store.Object, error) {
	return WellKnown(tx, org, AllUsersGroup)
}

// Type gives what an organization is: Hosting, Reseller or Customer. One that
// names no type is a customer: only the others are marked (F222).
func Type(tx *store.Tx, org *store.Object) (string, error) {
	marked, err := Optional(tx, org, OrgType)
	if err != nil || marked == nil {
		return Customer, err
	}
	return strings.ToLower(marked.DN.RDN().Value), nil
}
