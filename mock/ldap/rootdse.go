package ldap

import (
	"strconv"

	"github.com/jimlambrt/gldap"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// rootDSE gives the entry without a name, which tells a client what this
// directory is. It is readable without a bind.
func (s *Server) rootDSE(tx *state.Tx) (directory.Attributes, error) {
	domain, err := directory.In(tx).Domain()
	if err != nil {
		return nil, err
	}
	usn := tx.Last("usn")
	host := s.cfg.Controller
	if host == "" {
		controllers, err := directory.In(tx).Controllers()
		if err != nil {
			return nil, err
		}
		if host = domain.Name; len(controllers) > 0 {
			host = controllers[0]
		}
	}
	base := domain.DN.String()
	return directory.Attributes{
		{Name: "currentTime", Values: []string{tx.Now().UTC().Format("20060102150405.0Z")}},
		{Name: "subschemaSubentry", Values: []string{"CN=Aggregate,CN=Schema," + domain.Configuration.String()}},
		{Name: "namingContexts", Values: []string{base, domain.Configuration.String()}},
		{Name: "defaultNamingContext", Values: []string{base}},
		{Name: "rootDomainNamingContext", Values: []string{base}},
		{Name: "configurationNamingContext", Values: []string{domain.Configuration.String()}},
		{Name: "supportedControl", Values: []string{gldap.ControlTypePaging}},
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
	return []string{string(gldap.ExtendedOperationStartTLS)}
}
