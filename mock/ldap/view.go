package ldap

import (
	"errors"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/store"
)

// readers are the groups whose members see the whole directory.
var readers = []string{"Domain Admins", "Enterprise Admins", "MPFServiceAccts", "MPFAdmins"}

// view is what an account may see: everything, or what lies outside of the
// hosting container and its own organization in it (F401).
type view struct {
	all     bool
	hosting ldappath.DN
	own     ldappath.DN
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
		if err != nil {
			return view{}, err
		}
		if member {
			return view{all: true}, nil
		}
	}
	domain, err := tx.Domain()
	if err != nil {
		return view{}, err
	}
	v := view{hosting: domain.Hosting}
	// The account's organization is the OU it lies in, below any container.
	for dn := account.DN.Parent(); dn.Under(domain.Hosting) && !dn.Equal(domain.Hosting); dn = dn.Parent() {
		if dn.RDN().Attribute == "OU" {
			v.own = dn
			break
		}
	}
	return v, nil
}

// sees tells whether an entry may be given.
func (v view) sees(dn ldappath.DN) bool {
	if v.all || !v.own.IsZero() && dn.Under(v.own) {
		return true
	}
	return v.own.IsZero() && !dn.Under(v.hosting)
}

// leadsTo tells whether an entry lies above what may be seen, so that a search
// may begin there.
func (v view) leadsTo(dn ldappath.DN) bool {
	if v.own.IsZero() {
		return v.hosting.Under(dn)
	}
	return v.own.Under(dn)
}
