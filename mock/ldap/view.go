package ldap

import (
	"errors"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/store"
)

// readers are the groups whose members see the whole directory.
var readers = []string{"Domain Admins", "Enterprise Admins", "MPFServiceAccts", "MPFAdmins"}

// view is what an account may see: everything; or the domain without what
// others have in the hosting container; and with an organization of its own
// there, not the configuration either, which names the others' address lists
// (F401).
type view struct {
	all           bool
	hosting       ldappath.DN
	configuration ldappath.DN
	own           ldappath.DN // zero: the account lies in no organization
}

func newView(tx *store.Tx, account *store.Object) (view, error) {
	for _, name := range readers {
		group, err := tx.BySAM(name)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return view{}, err
		}
		member, err := tx.IsMember(account, group)
		if err != nil || member {
			return view{all: member}, err
		}
	}
	domain, err := tx.Domain()
	if err != nil {
		return view{}, err
	}
	v := view{hosting: domain.Hosting, configuration: domain.Configuration}
	// The account's organization is the nearest OU above it, for it may lie in
	// a container there.
	for dn := account.DN.Parent(); dn.Under(domain.Hosting) && !dn.Equal(domain.Hosting); dn = dn.Parent() {
		if strings.EqualFold(dn.RDN().Attribute, "OU") {
			v.own = dn
			break
		}
	}
	return v, nil
}

// sees tells whether an entry may be given.
func (v view) sees(dn ldappath.DN) bool {
	switch {
	case v.all:
		return true
	case dn.Under(v.hosting):
		return !v.own.IsZero() && dn.Under(v.own)
	}
	return v.own.IsZero() || !dn.Under(v.configuration)
}

// begins tells whether a search may begin at an entry: one that may be seen, or
// one above the account's organization.
func (v view) begins(dn ldappath.DN) bool {
	return v.sees(dn) || !v.own.IsZero() && v.own.Under(dn)
}

// nearest gives the deepest name, at or above one, of which the account may
// know.
func (v view) nearest(dn ldappath.DN) ldappath.DN {
	for !dn.IsZero() && !v.begins(dn) {
		dn = dn.Parent()
	}
	return dn
}
