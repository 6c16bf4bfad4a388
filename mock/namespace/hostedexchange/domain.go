package hostedexchange

import (
	"errors"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/mail"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/plan"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Types of SMTP domains as callers name them.
const (
	primaryDomain   = string(mail.PrimaryDomain)
	secondaryDomain = string(mail.SecondaryDomain)
	vanityDomain    = string(mail.VanityDomain)
)

// maxDomain is the longest DNS name, in characters.
const maxDomain = 255

// domainKinds tells the type that a name in any letter case means; without a
// name a domain is a secondary one.
var domainKinds = map[string]mail.DomainKind{
	"":                             mail.SecondaryDomain,
	ldappath.Fold(primaryDomain):   mail.PrimaryDomain,
	ldappath.Fold(secondaryDomain): mail.SecondaryDomain,
	ldappath.Fold(vanityDomain):    mail.VanityDomain,
}

// createSMTPDomain adds a domain to an organization, or promotes one that it
// has. Promotion concerns new users only: addresses stay as they are (F330).
func createSMTPDomain(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	if _, err := defaultDomain(c, org); err != nil {
		return err
	}
	name, kind := domainAsked(c), domainKinds[ldappath.Fold(c.Text("domainTypeName"))]
	held, holder, err := c.Mail().DomainOwner(name)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return addToOrganization(c, org, name, kind)
	case err != nil:
		return err
	case holder.ID != org.ID || kind != mail.PrimaryDomain:
		return mpf.DomainTaken.New(name, c.Holder(holder.DN))
	case held.Kind == mail.PrimaryDomain:
		return nil
	}
	if err := promote(c, org, held.Name); err != nil || !c.Has("createSMTPDomain") {
		return err
	}
	_, err = provider(c, "CreateSMTPDomain", domainList(held.Name))
	return err
}

// domainAsked gives the SMTPDomain argument without the dot that may end a
// DNS name.
func domainAsked(c *engine.Call) string { return strings.TrimSuffix(c.Text("SMTPDomain"), ".") }

// addToOrganization adds a new domain. As only one can be primary, a new
// primary one begins as a secondary one.
func addToOrganization(c *engine.Call, org *directory.Object, name string, kind mail.DomainKind) error {
	if kind != mail.PrimaryDomain {
		return addDomain(c, org, name, kind, c.Has("createSMTPDomain"))
	}
	if err := addDomain(c, org, name, mail.SecondaryDomain, c.Has("createSMTPDomain")); err != nil {
		return err
	}
	return promote(c, org, name)
}

// promote makes a domain of the organization the primary one, and the former
// primary one secondary.
func promote(c *engine.Call, org *directory.Object, name string) error {
	former, err := c.Mail().PrimaryDomain(org)
	if err != nil {
		return err
	}
	if err := c.Mail().SetPrimaryDomain(org, name); err != nil {
		return err
	}
	if err := recordDomain(c, org, former.Name, secondaryDomain, plan.StatusEnabled); err != nil {
		return err
	}
	return recordDomain(c, org, name, primaryDomain, plan.StatusEnabled)
}

// addDomain gives an organization a domain that nobody has, and puts it into
// the recipient policies if asked to.
func addDomain(c *engine.Call, org *directory.Object, name string, kind mail.DomainKind, inPolicy bool) error {
	if !strings.Contains(name, ".") {
		return mpf.DomainInvalid.New(name)
	}
	err := c.Mail().CreateDomain(org, name, kind)
	var taken *state.ConflictError
	var bad *state.SyntaxError
	switch {
	case errors.As(err, &taken):
		return mpf.DomainTaken.New(name, c.Holder(taken.Holder))
	case errors.As(err, &bad):
		return mpf.DomainInvalid.New(name)
	case err != nil:
		return err
	}
	if err := recordDomain(c, org, name, string(kind), plan.StatusEnabled); err != nil || !inPolicy {
		return err
	}
	_, err = provider(c, "CreateSMTPDomain", domainList(name))
	return err
}

// recordDomain writes a domain into the organization's record.
func recordDomain(c *engine.Call, org *directory.Object, name, kind, status string) error {
	is, err := isCustomer(c, org)
	if err != nil || !is {
		return err
	}
	_, err = own(c, "SetCustomerAssetRecord_", pathTo("path", org), xmldoc.TextElement("assetTypeName", kind),
		xmldoc.TextElement("assetValue", name), xmldoc.TextElement("statusTypeName", status))
	return err
}

// domainList is how the recipient policies' procedures take domains.
func domainList(name string) *xmldoc.Node {
	return xmldoc.Element("SMTPDomains", xmldoc.TextElement("SMTPDomain", name))
}

// deleteSMTPDomain takes a domain from an organization. The primary one and
// those with addresses are refused (F331).
func deleteSMTPDomain(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	held, err := ownDomain(c, org, domainAsked(c))
	if err != nil {
		return err
	}
	if held.Kind == mail.PrimaryDomain {
		return mpf.DomainIsPrimary.New(held.Name)
	}
	used, err := addressesIn(c, org, held.Name)
	if err != nil {
		return err
	}
	if used > 0 {
		return mpf.DomainInUse.New(held.Name, strconv.Itoa(used))
	}
	return dropDomain(c, org, held)
}

// ownDomain gives a domain that the organization must have.
func ownDomain(c *engine.Call, org *directory.Object, name string) (mail.SMTPDomain, error) {
	held, holder, err := c.Mail().DomainOwner(name)
	if errors.Is(err, state.ErrNotFound) || err == nil && holder.ID != org.ID {
		return held, mpf.DomainUnknown.New(name, organization.Name(org))
	}
	return held, err
}

// addressesIn counts the addresses in a domain. An organization's recipients
// are the only ones who can have any.
func addressesIn(c *engine.Call, org *directory.Object, domain string) (int, error) {
	count, suffix := 0, "@"+ldappath.Fold(domain)
	for o, err := range c.Directory().Descendants(org, "user", "group", "contact") {
		if err != nil {
			return 0, err
		}
		addresses, err := c.Directory().Values(o, "proxyAddresses")
		if err != nil {
			return 0, err
		}
		for _, address := range addresses {
			if strings.HasSuffix(ldappath.Fold(address), suffix) {
				count++
			}
		}
	}
	return count, nil
}

// dropDomain takes a domain from its organization, its record, and the
// recipient policies if asked to.
func dropDomain(c *engine.Call, org *directory.Object, d mail.SMTPDomain) error {
	if err := c.Mail().DeleteDomain(org, d.Name); err != nil {
		return err
	}
	if err := recordDomain(c, org, d.Name, string(d.Kind), plan.StatusDeleted); err != nil || !c.Has("deleteSMTPDomain") {
		return err
	}
	_, err := provider(c, "DeleteSMTPDomain", domainList(d.Name))
	return err
}

// deleteDomains takes all domains of an organization that is being deleted. A
// named one must be among them.
func deleteDomains(c *engine.Call, org *directory.Object) error {
	if name := domainAsked(c); name != "" {
		if _, err := ownDomain(c, org, name); err != nil {
			return err
		}
	}
	domains, err := c.Mail().Domains(org)
	if err != nil {
		return err
	}
	for _, d := range domains {
		if err := dropDomain(c, org, d); err != nil {
			return err
		}
	}
	return nil
}

func getOrganizationDomains(c *engine.Call) error {
	o, err := c.Open("path")
	if err != nil {
		return err
	}
	org, err := organization.Of(c.Tx, o)
	if err != nil {
		return err
	}
	domains, err := c.Mail().Domains(org)
	if err != nil {
		return err
	}
	list := xmldoc.Element("SMTPDomains")
	for _, d := range domains {
		xmldoc.Append(list, xmldoc.Element("SMTPDomain",
			xmldoc.TextElement("domainName", d.Name), xmldoc.TextElement("domainTypeName", string(d.Kind))))
	}
	c.Output(list)
	return nil
}

// createConsumerVanityDomain gives a user a domain and the primary address in
// it. A vanity domain that the organization has already is used again.
func createConsumerVanityDomain(c *engine.Call) error {
	user, org, err := openUser(c)
	if err != nil {
		return err
	}
	name := domainAsked(c)
	address := c.Text("name") + "@" + name
	if err := checkAddress(address); err != nil {
		return err
	}
	held, holder, err := c.Mail().DomainOwner(name)
	switch {
	case errors.Is(err, state.ErrNotFound):
		err = addDomain(c, org, name, mail.VanityDomain, c.Has("createSMTPDomain"))
	case err == nil && (holder.ID != org.ID || held.Kind != mail.VanityDomain):
		err = mpf.DomainTaken.New(name, c.Holder(holder.DN))
	}
	if err != nil {
		return err
	}
	return addAddress(c, user, address, true)
}

// deleteVanityDomains takes the vanity domains of a user's addresses that no
// other recipient has an address in.
func deleteVanityDomains(c *engine.Call, org *directory.Object, addresses []string) error {
	for _, address := range addresses {
		_, domain, _ := strings.Cut(address, "@")
		held, holder, err := c.Mail().DomainOwner(domain)
		if errors.Is(err, state.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if holder.ID != org.ID || held.Kind != mail.VanityDomain {
			continue
		}
		used, err := addressesIn(c, org, held.Name)
		if err != nil {
			return err
		}
		if used > 0 {
			continue
		}
		if err := dropDomain(c, org, held); err != nil {
			return err
		}
	}
	return nil
}
