package exchangeprovider

import (
	"errors"
	"strings"
	"unicode"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const smtpPrefix = "smtp:"

// bare takes the type off an SMTP address and checks its form. Both local part
// and domain are limited as in RFC 5321.
func bare(address string) (string, error) {
	address = strings.TrimSpace(address)
	if len(address) >= len(smtpPrefix) && strings.EqualFold(address[:len(smtpPrefix)], smtpPrefix) {
		address = address[len(smtpPrefix):]
	}
	const longestLocal = 64
	at := strings.LastIndexByte(address, '@')
	if at < 1 || at > longestLocal || !domainName(address[at+1:]) ||
		strings.ContainsFunc(address, unicode.IsSpace) || strings.ContainsAny(address[:at], "@<>()[],;:\"\\") {
		return "", mpf.AddressInvalid.New(address)
	}
	return address, nil
}

// domainName tells whether a text is a name of DNS.
func domainName(name string) bool {
	const longest, longestLabel = 255, 63
	for label := range strings.SplitSeq(name, ".") {
		odd := func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
		}
		if label == "" || len(label) > longestLabel || strings.ContainsFunc(ldappath.Fold(label), odd) ||
			label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return len(name) <= longest
}

// readAddresses gives the SMTP addresses of a proxyAddresses element, the
// primary first: the one with the prefix in capitals or else the first.
func readAddresses(n *xmldoc.Node) ([]string, error) {
	if n == nil {
		return nil, nil
	}
	var addresses []string
	seen, primary := make(map[string]bool), 0
	for value := range xmldoc.Elements(n) {
		text := strings.TrimSpace(xmldoc.Text(value))
		address, err := bare(text)
		if err != nil {
			return nil, err
		}
		if seen[ldappath.Fold(address)] {
			continue
		}
		seen[ldappath.Fold(address)] = true
		if strings.HasPrefix(text, strings.ToUpper(smtpPrefix)) && primary == 0 {
			primary = len(addresses)
		}
		addresses = append(addresses, address)
	}
	if primary > 0 {
		addresses[0], addresses[primary] = addresses[primary], addresses[0]
	}
	return addresses, nil
}

// enable gives an object what makes it a mail recipient: alias, addresses and
// the names that Exchange makes of them (F242). The first address becomes the
// primary one.
func enable(c *engine.Call, o *directory.Object, alias string, addresses []string) error {
	if err := ownDomains(c, o, addresses); err != nil {
		return err
	}
	if alias == "" {
		alias, _, _ = strings.Cut(addresses[0], "@")
	}
	if alias = cleanAlias(alias); alias == "" {
		alias = strings.ToLower(o.GUID.Octets())
	}
	legacy, err := legacyName(c, o, alias)
	if err != nil {
		return err
	}
	x400, err := x400Address(c, o, alias)
	if err != nil {
		return err
	}
	proxies := []string{strings.ToUpper(smtpPrefix) + addresses[0]}
	for _, address := range addresses[1:] {
		proxies = append(proxies, smtpPrefix+address)
	}
	set := directory.Attributes{}.With("proxyAddresses", append(proxies, "X400:"+x400)...).With("mail", addresses[0]).
		With("mailNickname", alias).With("legacyExchangeDN", legacy).With("textEncodedORAddress", x400)
	shown, err := c.Directory().Value(o, "displayName")
	if err != nil {
		return err
	}
	if shown == "" {
		set = set.With("displayName", o.DN.RDN().Value)
	}
	return c.Directory().SetAll(o, set)
}

// ownDomains refuses addresses in a domain of an organization that the object
// does not belong to (F258).
func ownDomains(c *engine.Call, o *directory.Object, addresses []string) error {
	for _, address := range addresses {
		domain := address[strings.LastIndexByte(address, '@')+1:]
		_, owner, err := c.Mail().DomainOwner(domain)
		switch {
		case errors.Is(err, state.ErrNotFound):
		case err != nil:
			return err
		case !o.DN.Under(owner.DN):
			return mpf.DomainTaken.New(domain, c.Holder(owner.DN))
		}
	}
	return nil
}

// cleanAlias leaves of a text what an alias may hold.
func cleanAlias(text string) string {
	const longest = 64
	alias := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`"(),:;<>@[\]`, r) {
			return -1
		}
		return r
	}, text)
	alias = strings.Trim(alias, ".")
	return alias[:min(len(alias), longest)]
}

// legacyName makes the X.500 name of a recipient, unique in the directory.
func legacyName(c *engine.Call, o *directory.Object, alias string) (string, error) {
	root, err := below(c)
	if err != nil {
		return "", err
	}
	group, err := named(c, root, "msExchAdminGroup", "")
	if err != nil {
		return "", err
	}
	base := "/o=" + root.DN.RDN().Value
	if group != nil {
		if base, err = c.Directory().Value(group, "legacyExchangeDN"); err != nil {
			return "", err
		}
	}
	name := base + "/cn=Recipients/cn=" + alias
	holders, err := c.Directory().ByValue("legacyExchangeDN", name)
	if err != nil {
		return "", err
	}
	if len(holders) > 0 {
		name += strings.ToLower(o.GUID.Octets())
	}
	return name, nil
}

// x400Address makes the X.400 address of a recipient, unique in the directory.
func x400Address(c *engine.Call, o *directory.Object, alias string) (string, error) {
	root, err := below(c)
	if err != nil {
		return "", err
	}
	const longestPart, longestSurname, ofGUID = 16, 40, 12
	part := cleanAlias(root.DN.RDN().Value)
	front := "c=us;a= ;p=" + part[:min(len(part), longestPart)] + ";o=Exchange;s="
	address := front + alias[:min(len(alias), longestSurname)] + ";"
	_, err = c.Directory().ByProxyAddress("X400:" + address)
	if errors.Is(err, state.ErrNotFound) {
		return address, nil
	}
	return front + alias[:min(len(alias), longestSurname-ofGUID)] + strings.ToLower(o.GUID.Octets()[len(o.GUID.Octets())-ofGUID:]) + ";", err
}

// mailAttributes are what disable takes from any recipient.
var mailAttributes = []string{
	"proxyAddresses", "mail", "mailNickname", "legacyExchangeDN", "textEncodedORAddress", "targetAddress",
	"showInAddressBook", "mAPIRecipient", "internetEncoding", "reportToOriginator",
}

// disable takes the attributes from an object, as far as it has them.
func disable(c *engine.Call, o *directory.Object, attributes []string) error {
	for _, name := range attributes {
		held, err := c.Directory().Values(o, name)
		if err != nil {
			return err
		}
		if len(held) == 0 {
			continue
		}
		if err := c.Directory().Set(o, name); err != nil {
			return err
		}
	}
	return nil
}

// isMailEnabled tells whether an object is a recipient.
func isMailEnabled(c *engine.Call, o *directory.Object) (bool, error) {
	alias, err := c.Directory().Value(o, "mailNickname")
	return alias != "", err
}
