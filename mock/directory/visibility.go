package directory

import (
	"slices"
	"strings"

	"wsexchange/internal/ldappath"
)

// seeingAll are the groups whose members see the whole directory.
var seeingAll = []string{"Domain Admins", "Enterprise Admins", "MPFServiceAccts", "MPFAdmins", "MPSReaders"}

// Visibility is what an account may see: everything; or the domain without
// what others have in the hosting container; and with an organization of its
// own there, not the configuration either, which names the others' address
// lists (F401). The zero value is an account without an organization in a
// directory without hosting.
type Visibility struct {
	all           bool
	hosting       ldappath.DN
	configuration ldappath.DN
	own           ldappath.DN // zero: the account is in no organization
}

// Visibility returns what an account may see.
func (d Directory) Visibility(account *Object) (Visibility, error) {
	if all, err := d.InDomainGroup(account, seeingAll...); all || err != nil {
		return Visibility{all: all}, err
	}
	domain, err := d.Domain()
	if err != nil {
		return Visibility{}, err
	}
	v := Visibility{hosting: domain.Hosting, configuration: domain.Configuration}
	// The account's organization is the nearest OU above it, for it may be in
	// a container there.
	for dn := account.DN.Parent(); dn.Under(domain.Hosting) && !dn.Equal(domain.Hosting); dn = dn.Parent() {
		if strings.EqualFold(dn.RDN().Attribute, "OU") {
			v.own = dn
			break
		}
	}
	return v, nil
}

// Sees reports whether the account may see an entry.
func (v Visibility) Sees(dn ldappath.DN) bool {
	switch {
	case v.all:
		return true
	case !v.hosting.IsZero() && dn.Under(v.hosting):
		return !v.own.IsZero() && dn.Under(v.own)
	}
	return v.own.IsZero() || !dn.Under(v.configuration)
}

// SeesDeleted reports whether the account may see deleted objects: only who sees
// everything does (F452).
func (v Visibility) SeesDeleted() bool { return v.all }

// Begins reports whether a search of the account may begin at an entry: one that
// it may see, or one above its organization.
func (v Visibility) Begins(dn ldappath.DN) bool {
	return v.Sees(dn) || !v.own.IsZero() && v.own.Under(dn)
}

// Nearest returns the deepest name, at or above one, of which the account may
// know.
func (v Visibility) Nearest(dn ldappath.DN) ldappath.DN {
	for !dn.IsZero() && !v.Begins(dn) {
		dn = dn.Parent()
	}
	return dn
}

// InDomainGroup reports whether an object is in one of the named groups, through
// any number of groups. The names are sAMAccountNames of groups of the domain:
// one that anyone has made in the hosting container does not count (F130).
func (d Directory) InDomainGroup(o *Object, names ...string) (bool, error) {
	for group := range d.groupsAbove(o.ID) {
		name := group.first(attributeSAM)
		if !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
			continue
		}
		domain, err := d.Domain()
		if err != nil {
			return false, err
		}
		if domain.Hosting.IsZero() || !d.dn(group).Under(domain.Hosting) {
			return true, nil
		}
	}
	return false, d.tx.Ready(false)
}
