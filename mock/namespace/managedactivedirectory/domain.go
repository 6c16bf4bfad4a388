package managedactivedirectory

import (
	"errors"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// inDomains are the attributes whose values name an SMTP domain after the @,
// folded.
var inDomains = map[string]bool{"userprincipalname": true, "proxyaddresses": true, "mail": true}

// ownDomains refuses logon names and addresses in an SMTP domain of an
// organization that the object at does not lie in (F259).
func ownDomains(c *engine.Call, at ldappath.DN, properties *xmldoc.Node) error {
	for n := range xmldoc.Elements(properties) {
		name, _ := xmldoc.Attr(n, "name")
		mode, _ := xmldoc.Attr(n, "mode")
		if !inDomains[strings.ToLower(name)] || strings.EqualFold(mode, "delete") {
			continue
		}
		if err := ownDomain(c, at, xmldoc.Text(n)); err != nil {
			return err
		}
		for value := range xmldoc.Elements(n) {
			if err := ownDomain(c, at, xmldoc.Text(value)); err != nil {
				return err
			}
		}
	}
	return nil
}

func ownDomain(c *engine.Call, of ldappath.DN, text string) error {
	text = strings.TrimSpace(text)
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return nil
	}
	domain := text[at+1:]
	_, owner, err := c.Mail().DomainOwner(domain)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return nil
	case err != nil:
		return err
	case of.Under(owner.DN):
		return nil
	}
	return mpf.DomainTaken.New(domain, c.Holder(owner.DN))
}
