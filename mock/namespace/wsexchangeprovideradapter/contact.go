package wsexchangeprovideradapter

import (
	"errors"
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	orgs "wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
)

const (
	// mostNumbered is the largest number that is tried behind a local part.
	mostNumbered = 9999
	// longestLocal is the longest local part of an address.
	longestLocal = 64
)

// mailEnableContact is the provider's procedure, with the next free address
// where another recipient of the organization has the one that was asked for
// (F370). The answer has the address that the contact got.
func mailEnableContact(c *engine.Call) error {
	address, err := addressFor(c, c.Text(proxyAddress.Name))
	if err != nil {
		return err
	}
	var args []*xmldoc.Node
	for n := range xmldoc.Elements(c.Data) {
		if n.Data == proxyAddress.Name {
			args = append(args, xmldoc.TextElement(n.Data, address))
			continue
		}
		args = append(args, xmldoc.Clone(n))
	}
	if _, err := c.Execute(provider, "MailEnableContact", args...); err != nil {
		return err
	}
	xmldoc.Remove(c.Node(proxyAddress.Name))
	c.OutputText(proxyAddress.Name, address)
	return nil
}

// addressFor returns an address that a contact below path can have: the one
// asked for, or the first free one of those with a number from 2 behind the
// local part. What the provider has to refuse is returned as it is.
func addressFor(c *engine.Call, asked string) (string, error) {
	if c.Policies().RefuseTakenContactAddresses {
		return asked, nil
	}
	holder, err := holderOf(c, asked)
	if holder == nil || err != nil {
		return asked, err
	}
	if same, err := sameOrganization(c, holder); !same || err != nil {
		return asked, err
	}
	at := strings.LastIndexByte(asked, '@') // holder has it
	for number := 2; number <= mostNumbered; number++ {
		digits := strconv.Itoa(number)
		address := asked[:min(at, longestLocal-len(digits))] + digits + asked[at:]
		if holder, err = holderOf(c, address); holder == nil || err != nil {
			return address, err
		}
	}
	return asked, nil
}

// sameOrganization reports whether a recipient belongs to the organization of
// the container at path.
func sameOrganization(c *engine.Call, holder *directory.Object) (bool, error) {
	container, err := c.Directory().Get(c.DN("path"))
	if errors.Is(err, state.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	org, err := orgs.Above(c.Tx, container)
	if err != nil || org == nil {
		return false, err
	}
	own, err := orgs.Above(c.Tx, holder)
	return own != nil && own.ID == org.ID, err
}

// holderOf returns the recipient that has an address, nil if none has.
func holderOf(c *engine.Call, address string) (*directory.Object, error) {
	holder, err := c.Directory().ByProxyAddress(address)
	if errors.Is(err, state.ErrNotFound) {
		return nil, nil
	}
	return holder, err
}
