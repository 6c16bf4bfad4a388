package mail

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// DomainKind is what an SMTP domain is to its organization.
type DomainKind string

// The kinds of SMTP domains, named as the plan database's assets. F120.
const (
	PrimaryDomain   DomainKind = "PrimaryDomain"
	SecondaryDomain DomainKind = "SecondaryDomain"
	VanityDomain    DomainKind = "VanityDomain"
)

// SMTPDomain is a mail domain and the organization that has it.
type SMTPDomain struct {
	Name           string     `json:"name"`
	OrganizationID int64      `json:"organization"` // Object.ID
	Kind           DomainKind `json:"kind"`
	Created        time.Time  `json:"created"`
}

var (
	domains = state.Declare(state.Spec[string, SMTPDomain]{
		Name: "smtp_domain", Key: func(d *SMTPDomain) string { return ldappath.Fold(d.Name) }, Compare: strings.Compare,
		Describe: describeDomain,
	})
	domainsByOrganization = state.Ordered(domains, "organization", cmp.Compare[int64], func(d *SMTPDomain, add func(int64)) {
		add(d.OrganizationID)
	})
	primaryDomains = state.Unique(domains, "primary domain", cmp.Compare[int64], func(d *SMTPDomain, add func(int64)) {
		if d.Kind == PrimaryDomain {
			add(d.OrganizationID)
		}
	})
)

func describeDomain(tx *state.Tx, d *SMTPDomain) state.Description {
	return state.Description{Object: "smtp_domain " + d.Name, Attributes: map[string][]string{
		"name": {d.Name}, "kind": {string(d.Kind)}, "organization": {objectName(tx, d.OrganizationID)},
	}}
}

// checkDomainName holds a mail domain to the form of DNS names.
func checkDomainName(name string) error {
	bad := &state.SyntaxError{Attribute: KindDomain, Syntax: "DNS name", Value: name}
	const longest, longestLabel = 255, 63
	if len(name) > longest {
		return bad
	}
	for label := range strings.SplitSeq(name, ".") {
		plain := strings.Trim(ldappath.Fold(label), "abcdefghijklmnopqrstuvwxyz0123456789-_")
		if label == "" || len(label) > longestLabel || plain != "" || label[0] == '-' || label[len(label)-1] == '-' {
			return bad
		}
	}
	return nil
}

// CreateDomain gives an organization an SMTP domain. One that any organization
// has already is state.ErrConflict, a second primary one state.ErrConstraint.
func (m Mail) CreateDomain(org *directory.Object, name string, kind DomainKind) error {
	name = strings.TrimSuffix(strings.TrimSpace(name), ".")
	if err := checkDomainName(name); err != nil {
		return err
	}
	switch kind {
	case PrimaryDomain:
		if primaryDomains.Find(m.tx, org.ID) != nil {
			return &state.ConstraintError{Attribute: KindDomain, Rule: state.RulePrimary, Detail: string(kind)}
		}
	case SecondaryDomain, VanityDomain:
	default:
		return &state.SyntaxError{Attribute: KindDomain, Syntax: "kind of domain", Value: string(kind)}
	}
	if _, holder, err := m.DomainOwner(name); err == nil {
		return &state.ConflictError{Kind: KindDomain, Value: name, Holder: holder.DN}
	} else if !errors.Is(err, state.ErrNotFound) {
		return err
	}
	if err := m.exists(org.ID); err != nil {
		return err
	}
	return domains.Put(m.tx, &SMTPDomain{Name: strings.Clone(name), OrganizationID: org.ID, Kind: kind, Created: m.tx.Now()})
}

// canonical is the one form in which a domain's name is compared: folded, in
// ASCII, without the root's dot. A name that cannot be in ASCII stays as it is
// and is nobody's.
func canonical(name string) string {
	name = strings.TrimRight(strings.TrimSpace(name), ".")
	if ascii, err := idna.Lookup.ToASCII(name); err == nil {
		name = ascii
	}
	return ldappath.Fold(name)
}

// domainNamed returns the row of a domain, or nil. Blanks around the name do
// not count.
func (m Mail) domainNamed(name string) *SMTPDomain {
	return domains.Get(m.tx, canonical(name))
}

// DeleteDomain takes an SMTP domain from an organization. One that it does not
// have is state.ErrNotFound.
func (m Mail) DeleteDomain(org *directory.Object, name string) error {
	held := m.domainNamed(name)
	if held == nil || held.OrganizationID != org.ID {
		return &state.NotFoundError{Kind: KindDomain, Value: name}
	}
	_, err := domains.Delete(m.tx, ldappath.Fold(held.Name))
	return err
}

// Domains returns the SMTP domains of an organization in the order of their
// names.
func (m Mail) Domains(org *directory.Object) ([]SMTPDomain, error) {
	var all []SMTPDomain
	for d := range domainsByOrganization.Is(m.tx, org.ID) {
		all = append(all, *d)
	}
	return all, m.tx.Ready(false)
}

// PrimaryDomain returns the primary SMTP domain of an organization. If it has
// none it is state.ErrNotFound.
func (m Mail) PrimaryDomain(org *directory.Object) (SMTPDomain, error) {
	found := primaryDomains.Find(m.tx, org.ID)
	if found == nil {
		return SMTPDomain{}, &state.NotFoundError{Kind: "primary SMTP domain of", Value: org.DN.String()}
	}
	return *found, nil
}

// SetPrimaryDomain makes one of an organization's SMTP domains its primary
// one; the one that was becomes secondary.
func (m Mail) SetPrimaryDomain(org *directory.Object, name string) error {
	found, holder, err := m.DomainOwner(name)
	if err != nil {
		return err
	}
	if holder.ID != org.ID {
		return &state.ConflictError{Kind: KindDomain, Value: name, Holder: holder.DN}
	}
	if was := primaryDomains.Find(m.tx, org.ID); was != nil {
		if ldappath.Fold(was.Name) == ldappath.Fold(found.Name) {
			return nil
		}
		if err := m.setKind(*was, SecondaryDomain); err != nil {
			return err
		}
	}
	return m.setKind(found, PrimaryDomain)
}

func (m Mail) setKind(d SMTPDomain, kind DomainKind) error {
	d.Kind = kind
	return domains.Put(m.tx, &d)
}

// DomainOwner returns an SMTP domain, named in any letter case, and the
// organization that has it.
func (m Mail) DomainOwner(name string) (SMTPDomain, *directory.Object, error) {
	found := m.domainNamed(name)
	if found == nil {
		return SMTPDomain{}, nil, &state.NotFoundError{Kind: KindDomain, Value: name}
	}
	holder, err := m.directory().ByID(found.OrganizationID)
	return *found, holder, err
}

// forgetDomains removes the domains of an organization that is deleted.
func (m Mail) forgetDomains(org int64) error {
	for _, d := range slices.Collect(domainsByOrganization.Is(m.tx, org)) {
		if _, err := domains.Delete(m.tx, ldappath.Fold(d.Name)); err != nil {
			return err
		}
	}
	return nil
}
