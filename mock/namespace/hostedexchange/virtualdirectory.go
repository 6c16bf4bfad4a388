package hostedexchange

import (
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/store"
	"wsexchange/mpf"
)

// defaultInstance is the number of the default HTTP virtual server.
const defaultInstance = "1"

func ensureExchangeVirtualDirectories(c *engine.Call) error {
	_, err := own(c, "EnsureExchangeVirtualDirectories_", pass(c, "path")...)
	return err
}

func createVirtualDirectories(c *engine.Call) error {
	org, err := openOrganization(c)
	if err != nil {
		return err
	}
	domain, err := defaultDomain(c, org)
	if err != nil {
		return err
	}
	servers, err := exchangeServers(c)
	if err != nil {
		return err
	}
	for _, server := range servers {
		_, err := provider(c, "CreateExchangeVirtualDirectory", append(directoryOn(server, org), xmldoc.TextElement("SMTPDomain", domain))...)
		if err != nil && !hasCode(err, mpf.AlreadyExists) {
			return err
		}
	}
	return nil
}

// deleteVirtualDirectories takes an organization's virtual directory from
// every server that has it.
func deleteVirtualDirectories(c *engine.Call, org *store.Object) error {
	servers, err := exchangeServers(c)
	if err != nil {
		return err
	}
	for _, server := range servers {
		_, err := provider(c, "DeleteExchangeVirtualDirectory", directoryOn(server, org)...)
		if err != nil && !hasCode(err, mpf.NoSuchObject) {
			return err
		}
	}
	return nil
}

// directoryOn names the virtual directory of an organization on a server. A
// dot is not allowed in it (F324).
func directoryOn(server string, org *store.Object) []*xmldoc.Node {
	name := strings.ReplaceAll(organization.Name(org), ".", "_")
	return []*xmldoc.Node{
		xmldoc.TextElement("server", server), xmldoc.TextElement("serverInstance", defaultInstance), xmldoc.TextElement("name", name),
	}
}

// exchangeServers lists the names of all Exchange servers.
func exchangeServers(c *engine.Call) ([]string, error) {
	domain, err := c.Tx.Domain()
	if err != nil {
		return nil, err
	}
	root, err := c.Tx.Get(domain.Exchange)
	if err != nil {
		return nil, err
	}
	var names []string
	for server, err := range c.Tx.Descendants(root, "msExchExchangeServer") {
		if err != nil {
			return nil, err
		}
		names = append(names, server.DN.RDN().Value)
	}
	return names, nil
}
