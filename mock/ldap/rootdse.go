package ldap

import (
	"strconv"
	"strings"

	"wsexchange/mock/store"
)

// rootDSE gives the entry without a name, which tells a client what this
// directory is. It is readable without a bind.
func (s *Server) rootDSE(tx *store.Tx) (store.Attributes, error) {
	domain, err := tx.Domain()
	if err != nil {
		return nil, err
	}
	usn, err := tx.HighestUSN()
	if err != nil {
		return nil, err
	}
	host := s.cfg.Controller
	if host == "" {
		host = domain.Name
		controllers, err := tx.ByValue("objectClass", "computer")
		if err != nil {
			return nil, err
		}
		for _, c := range controllers {
			if strings.EqualFold(c.DN.Parent().RDN().Value, "Domain Controllers") {
				if host, err = tx.Value(c, "dNSHostName"); err != nil {
					return nil, err
				}
				break
			}
		}
	}
	base := domain.DN.String()
	return store.Attributes{
		{Name: "currentTime", Values: []string{tx.Now().UTC().Format("20060102150405.0Z")}},
		{Name: "subschemaSubentry", Values: []string{"CN=Aggregate,CN=Schema," + domain.Configuration.String()}},
		{Name: "namingContexts", Values: []string{base, domain.Configuration.String()}},
		{Name: "defaultNamingContext", Values: []string{base}},
		{Name: "rootDomainNamingContext", Values: []string{base}},
		{Name: "configurationNamingContext", Values: []string{domain.Configuration.String()}},
		{Name: "supportedControl", Values: []string{pagingControl}},
		{Name: "supportedLDAPVersion", Values: []string{"3"}},
		{Name: "supportedExtension", Values: s.extensions()},
		{Name: "highestCommittedUSN", Values: []string{strconv.FormatInt(usn, 10)}},
		{Name: "dnsHostName", Values: []string{host}},
		{Name: "ldapServiceName", Values: []string{domain.Name + ":" + host}},
		{Name: "isSynchronized", Values: []string{"TRUE"}},
		{Name: "isGlobalCatalogReady", Values: []string{"TRUE"}},
		{Name: "domainFunctionality", Values: []string{"2"}},
		{Name: "forestFunctionality", Values: []string{"2"}},
		{Name: "domainControllerFunctionality", Values: []string{"2"}},
	}, nil
}

func (s *Server) extensions() []string {
	if s.cfg.TLS == nil || s.cfg.Implicit {
		return nil
	}
	return []string{"1.3.6.1.4.1.1466.20037"}
}
