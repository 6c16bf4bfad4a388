package hostedexchange

import (
	"errors"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
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
// every server that has it. One of the same name that serves a domain of
// another organization stays.
func deleteVirtualDirectories(c *engine.Call, org *directory.Object) error {
	servers, err := exchangeServers(c)
	if err != nil {
		return err
	}
	for _, server := range servers {
		owns, err := ownsDirectoryOn(c, server, org)
		if err != nil {
			return err
		}
		if !owns {
			continue
		}
		if _, err := provider(c, "DeleteExchangeVirtualDirectory", directoryOn(server, org)...); err != nil {
			return err
		}
	}
	return nil
}

// ownsDirectoryOn tells whether a server has the organization's virtual
// directory.
func ownsDirectoryOn(c *engine.Call, server, org *directory.Object) (bool, error) {
	dn := server.DN.Child("CN", "Protocols").Child("CN", "HTTP").Child("CN", defaultInstance).Child("CN", directoryName(org))
	found, err := c.Directory().Get(dn)
	if errors.Is(err, state.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	domain, err := c.Directory().Value(found, "msExchDefaultDomain")
	if err != nil {
		return false, err
	}
	_, holder, err := c.Mail().DomainOwner(domain)
	if errors.Is(err, state.ErrNotFound) {
		return false, nil
	}
	return err == nil && holder.ID == org.ID, err
}

// directoryName is the name of an organization's virtual directory. A dot is
// not allowed in it (F324).
func directoryName(org *directory.Object) string {
	return strings.ReplaceAll(organization.Name(org), ".", "_")
}

// directoryOn names the virtual directory of an organization on a server.
func directoryOn(server, org *directory.Object) []*xmldoc.Node {
	return []*xmldoc.Node{
		xmldoc.TextElement("server", server.DN.RDN().Value),
		xmldoc.TextElement("serverInstance", defaultInstance), xmldoc.TextElement("name", directoryName(org)),
	}
}

// exchangeServers lists all Exchange servers.
func exchangeServers(c *engine.Call) ([]*directory.Object, error) {
	domain, err := c.Directory().Domain()
	if err != nil {
		return nil, err
	}
	root, err := c.Directory().Get(domain.Exchange)
	if err != nil {
		return nil, err
	}
	var servers []*directory.Object
	for server, err := range c.Directory().Descendants(root, "msExchExchangeServer") {
		if err != nil {
			return nil, err
		}
		servers = append(servers, server)
	}
	return servers, nil
}
