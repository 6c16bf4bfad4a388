package activedirectory

import (
	"cmp"
	"net/netip"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// server is what stands before the name in a path argument, "" for nothing.
func server(c *engine.Call, argument string) string {
	p, err := ldappath.ParseLoose(c.Text(argument))
	if err != nil {
		return "" // a userPrincipalName
	}
	return p.Server
}

// beside writes the path of a name as the path argument is written that it
// comes from: with the same server (F224).
func beside(c *engine.Call, argument string, dn ldappath.DN) string {
	return ldappath.Path{Server: server(c, argument), DN: dn}.String()
}

// specific is a path at a domain controller.
type specific struct {
	path       string
	controller string
}

// specify makes a path of an argument domain controller specific: the address
// in it, else the domainController, else the preferredDomainController if there
// is one of that name, else the one that the path's server or the directory
// offers.
func specify(c *engine.Call, argument string, dn ldappath.DN) (specific, error) {
	host := server(c, argument)
	if _, err := netip.ParseAddr(host); err == nil {
		return specific{path: c.Text(argument), controller: host}, nil
	}
	if given := c.Text("domainController"); given != "" {
		return specific{path: ldappath.Path{Server: given, DN: dn}.String(), controller: given}, nil
	}
	for _, name := range []string{c.Text("preferredDomainController"), host, ""} {
		found, err := c.ControllerName(name)
		if err != nil {
			return specific{}, err
		}
		if found != "" {
			return specific{path: ldappath.Path{Server: found, DN: dn}.String(), controller: found}, nil
		}
	}
	return specific{}, mpf.ControllerUnknown.New(cmp.Or(c.Text("preferredDomainController"), host))
}

func makeSpecific(c *engine.Call) error {
	made, err := specify(c, "path", c.DN("path"))
	if err != nil {
		return err
	}
	made.put(c)
	return nil
}

// put answers with the path and its controller.
func (s specific) put(c *engine.Call) {
	put(c, text("dcPath", s.path))
	put(c, text("domainController", s.controller))
}

func makeDomainSpecific(c *engine.Call) error {
	dn := c.DN("path")
	c.OutputText("domainPath", ldappath.Path{Server: dn.Domain(), DN: dn}.String())
	return nil
}

func pathFromDN(c *engine.Call) error {
	dn, err := ldappath.ParseDN(c.Text("distinguishedName"))
	if err != nil {
		return mpf.PathInvalid.New(err.Error())
	}
	if !strings.EqualFold(dn.Domain(), c.DN("referencePath").Domain()) {
		return mpf.DomainOfOtherDC.New()
	}
	c.OutputText("path", beside(c, "referencePath", dn))
	return nil
}

func pathFromRN(c *engine.Call) error {
	relative, err := ldappath.ParseDN(c.Text("relativeName"))
	if err != nil {
		return mpf.PathInvalid.New(err.Error())
	}
	dn := ldappath.FromRDNs(c.DN("referencePath").AppendRDNs(relative.RDNs()))
	c.OutputText("path", beside(c, "referencePath", dn))
	return nil
}

func pathToDN(c *engine.Call) error {
	c.OutputText("distinguishedName", c.DN("path").String())
	return nil
}

// openNamed opens the object that the argument name names, by an ADsPath or a
// distinguished name, as the caller sees it.
func openNamed(c *engine.Call) (*directory.Object, error) {
	name := c.Text("name")
	if !strings.HasPrefix(strings.ToUpper(name), "LDAP:") {
		name = "LDAP://" + name
	}
	dn, err := c.ParsePath(name)
	if err != nil {
		return nil, err
	}
	sees, err := c.Sees(dn)
	if err != nil {
		return nil, err
	}
	if !sees || !c.InBase(dn) {
		return nil, mpf.ObjectNotFound.New(dn.ADsPath())
	}
	return c.OpenDN(dn)
}
