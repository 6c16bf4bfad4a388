package store

import (
	"errors"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
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
	Name           string
	OrganizationID int64 // Object.ID
	Kind           DomainKind
	Created        time.Time
}

const domainColumns = "name, org_id, kind, created"

func scanDomain(row scanner) (SMTPDomain, error) {
	var (
		d       SMTPDomain
		created int64
	)
	err := row.Scan(&d.Name, &d.OrganizationID, &d.Kind, &created)
	d.Created = fromMicros(created)
	return d, err
}

// checkDomainName holds a mail domain to the form of DNS names.
func checkDomainName(name string) error {
	bad := &SyntaxError{Attribute: KindDomain, Syntax: "DNS name", Value: name}
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
// has already is ErrConflict, a second primary one ErrConstraint.
func (t *Tx) CreateDomain(org *Object, name string, kind DomainKind) error {
	name = strings.TrimSuffix(strings.TrimSpace(name), ".")
	if err := checkDomainName(name); err != nil {
		return err
	}
	switch kind {
	case PrimaryDomain:
		if _, err := t.PrimaryDomain(org); err == nil {
			return &ConstraintError{Attribute: KindDomain, Rule: RulePrimary, Detail: string(kind)}
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
	case SecondaryDomain, VanityDomain:
	default:
		return &SyntaxError{Attribute: KindDomain, Syntax: "kind of domain", Value: string(kind)}
	}
	if _, holder, err := t.DomainOwner(name); err == nil {
		return &ConflictError{Kind: KindDomain, Value: name, Holder: holder}
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	_, err := t.exec("INSERT INTO smtp_domain (folded, name, org_id, kind, created) VALUES (?, ?, ?, ?, ?)",
		ldappath.Fold(name), name, org.ID, string(kind), micros(t.Now()))
	return err
}

// DeleteDomain takes an SMTP domain from an organization. One that it does not
// have is ErrNotFound.
func (t *Tx) DeleteDomain(org *Object, name string) error {
	removed, err := t.exec("DELETE FROM smtp_domain WHERE folded = ? AND org_id = ?", ldappath.Fold(strings.TrimSpace(name)), org.ID)
	if err == nil && removed == 0 {
		return &NotFoundError{Kind: KindDomain, Value: name}
	}
	return err
}

// Domains gives the SMTP domains of an organization in the order of their
// names.
func (t *Tx) Domains(org *Object) ([]SMTPDomain, error) {
	return collect(t, scanDomain, "SELECT "+domainColumns+" FROM smtp_domain WHERE org_id = ? ORDER BY folded", org.ID)
}

// PrimaryDomain gives the primary SMTP domain of an organization. If it has
// none it is ErrNotFound.
func (t *Tx) PrimaryDomain(org *Object) (SMTPDomain, error) {
	found, err := collect(t, scanDomain, "SELECT "+domainColumns+" FROM smtp_domain WHERE org_id = ? AND kind = 'PrimaryDomain'", org.ID)
	if err == nil && len(found) == 0 {
		err = &NotFoundError{Kind: "primary SMTP domain of", Value: org.DN.String()}
	}
	if err != nil {
		return SMTPDomain{}, err
	}
	return found[0], nil
}

// SetPrimaryDomain makes one of an organization's SMTP domains its primary
// one; the one that was becomes secondary.
func (t *Tx) SetPrimaryDomain(org *Object, name string) error {
	found, holder, err := t.DomainOwner(name)
	if err != nil {
		return err
	}
	if holder.ID != org.ID {
		return &ConflictError{Kind: KindDomain, Value: name, Holder: holder}
	}
	if _, err := t.exec("UPDATE smtp_domain SET kind = 'SecondaryDomain' WHERE org_id = ? AND kind = 'PrimaryDomain'", org.ID); err != nil {
		return err
	}
	_, err = t.exec("UPDATE smtp_domain SET kind = 'PrimaryDomain' WHERE folded = ?", ldappath.Fold(found.Name))
	return err
}

// DomainOwner gives an SMTP domain, named in any letter case, and the
// organization that has it.
func (t *Tx) DomainOwner(name string) (SMTPDomain, *Object, error) {
	found, err := collect(t, scanDomain, "SELECT "+domainColumns+" FROM smtp_domain WHERE folded = ?", ldappath.Fold(strings.TrimSpace(name)))
	if err == nil && len(found) == 0 {
		err = &NotFoundError{Kind: KindDomain, Value: name}
	}
	if err != nil {
		return SMTPDomain{}, nil, err
	}
	holder, err := t.ByID(found[0].OrganizationID)
	return found[0], holder, err
}
