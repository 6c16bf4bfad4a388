package hostedexchange

import (
	"errors"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Limits of SMTP addresses, in characters.
const (
	maxAddress   = 320
	maxLocalPart = 64
)

// Prefixes of a primary and of a secondary address in proxyAddresses (F332).
const (
	primaryPrefix   = "SMTP:"
	secondaryPrefix = "smtp:"
)

// localCharacters are those that the part before the @ may have beside
// letters and digits.
const localCharacters = "!#$%&'*+-/=?^_`{|}~."

// checkAddress refuses what is no plain SMTP address.
func checkAddress(address string) error {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || !localPart(address[:at]) || !strings.Contains(address[at+1:], ".") || strings.ContainsFunc(address[at+1:], notInDomain) {
		return mpf.AddressInvalid.New(address)
	}
	return nil
}

func localPart(s string) bool {
	if s == "" || len(s) > maxLocalPart || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !letterOrDigit(r) && !strings.ContainsRune(localCharacters, r) })
}

func letterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func notInDomain(r rune) bool { return !letterOrDigit(r) && r != '-' && r != '.' && r != '_' }

// checkOwnAddress refuses an address outside of the organization's domains.
func checkOwnAddress(c *engine.Call, org *directory.Object, address string) error {
	if err := checkAddress(address); err != nil {
		return err
	}
	_, err := ownDomain(c, org, address[strings.LastIndexByte(address, '@')+1:])
	return err
}

func createSMTPProxyAddress(c *engine.Call) error {
	recipient, org, err := openRecipient(c)
	if err != nil {
		return err
	}
	address := c.Text("proxyAddress")
	if err := checkOwnAddress(c, org, address); err != nil {
		return err
	}
	primary, err := primaryAsked(c)
	if err != nil {
		return err
	}
	return addAddress(c, recipient, address, primary)
}

// openRecipient gives the mail-enabled object at the path argument and its
// organization. The original speaks of users only (F333).
func openRecipient(c *engine.Call) (recipient, org *directory.Object, err error) {
	if recipient, err = c.Open("path", "user", "group", "contact"); err != nil {
		return nil, nil, err
	}
	org, err = organization.Of(c.Tx, recipient)
	return recipient, org, err
}

// primaryAsked reads the attribute setPrimary of proxyAddress.
func primaryAsked(c *engine.Call) (bool, error) {
	text, _ := xmldoc.Attr(c.Node("proxyAddress"), "setPrimary")
	switch ldappath.Fold(strings.TrimSpace(text)) {
	case "1", "true":
		return true, nil
	case "", "0", "false":
		return false, nil
	}
	return false, mpf.ArgumentInvalid.New("proxyAddress/@setPrimary", "'"+text+"' is none of 1, 0, true, false")
}

// addAddress gives a recipient an address, or makes one that it has the
// primary one. An address that it has is taken, except to become or stay the
// primary one (F334).
func addAddress(c *engine.Call, recipient *directory.Object, address string, primary bool) error {
	held, err := mailAddresses(c, recipient)
	if err != nil {
		return err
	}
	holder, err := c.Directory().ByProxyAddress(address)
	switch {
	case errors.Is(err, state.ErrNotFound):
		held = append(held, secondaryPrefix+address)
	case err != nil:
		return err
	case holder.ID != recipient.ID || !primary:
		return mpf.AddressTaken.New(address, c.Holder(holder.DN))
	}
	if !primary {
		return c.Directory().Set(recipient, "proxyAddresses", held...)
	}
	return setPrimary(c, recipient, held, address)
}

// mailAddresses gives the proxy addresses of a recipient that is mail-enabled.
func mailAddresses(c *engine.Call, recipient *directory.Object) ([]string, error) {
	alias, err := c.Directory().Value(recipient, "mailNickname")
	if err != nil {
		return nil, err
	}
	if alias == "" {
		return nil, mpf.MailEnabledNot.New(recipient.DN.ADsPath())
	}
	return c.Directory().Values(recipient, "proxyAddresses")
}

// setPrimary writes addresses with one of them as the primary one; mail
// follows it.
func setPrimary(c *engine.Call, recipient *directory.Object, held []string, address string) error {
	marked := make([]string, 0, len(held))
	wanted := ldappath.Fold(address)
	for _, one := range held {
		rest, isPrimary := strings.CutPrefix(one, primaryPrefix)
		if !isPrimary {
			rest, _ = strings.CutPrefix(one, secondaryPrefix)
		}
		switch {
		case ldappath.Fold(rest) == wanted:
			address = rest
			one = primaryPrefix + rest
		case isPrimary:
			one = secondaryPrefix + rest
		}
		marked = append(marked, one)
	}
	if err := c.Directory().Set(recipient, "proxyAddresses", marked...); err != nil {
		return err
	}
	return c.Directory().Set(recipient, "mail", address)
}

// deleteSMTPProxyAddress takes a secondary address; the primary one is refused.
func deleteSMTPProxyAddress(c *engine.Call) error {
	recipient, _, err := openRecipient(c)
	if err != nil {
		return err
	}
	held, err := mailAddresses(c, recipient)
	if err != nil {
		return err
	}
	address := c.Text("proxyAddress")
	for _, one := range held {
		if !sameName(one, secondaryPrefix+address) {
			continue
		}
		if strings.HasPrefix(one, primaryPrefix) {
			return mpf.AddressIsPrimary.New(address)
		}
		return c.Directory().Remove(recipient, "proxyAddresses", one)
	}
	return mpf.AddressUnknown.New(address, recipient.DN.ADsPath())
}
