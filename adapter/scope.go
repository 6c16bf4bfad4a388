package adapter

import (
	"net"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mpf"
)

// scope is the part of the directory that this service manages. Its zero value
// manages nothing.
type scope struct {
	base      string // key of the DN
	computers ldappath.DN
	servers   map[string]bool
}

func newScope(base, reseller ldappath.DN, controllers []string) scope {
	s := scope{base: base.Key(), servers: make(map[string]bool, len(controllers))}
	if !reseller.IsZero() {
		s.base = reseller.Key()
	}
	domain := base
	for !domain.IsZero() && !strings.EqualFold(domain.RDN().Attribute, "DC") {
		domain = domain.Parent()
	}
	s.computers = domain.Child("CN", "Computers")
	for _, c := range controllers {
		s.servers[ldappath.Fold(c)] = true
	}
	return s
}

// check gives the answer to a parameter that the guard refuses, or nil. Empty
// text passes: it names nothing, and the procedure will say so in its terms.
func (s scope) check(value string, g guard) *mpf.Error {
	trimmed := strings.TrimSpace(value)
	switch {
	case g == unguarded || trimmed == "":
		return nil
	case g == guardOrName && !looksLikePath(trimmed):
		return nil
	}
	path, err := ldappath.Parse(trimmed)
	switch {
	case err != nil:
		return mpf.PathUnreadable.New(trimmed, strings.TrimPrefix(err.Error(), "path "))
	case path.Server != "" && !s.isController(path.Server):
		return mpf.ServerViolation.New(trimmed)
	case strings.HasPrefix(path.DN.Key(), s.base):
		return nil
	case g == guardRead && path.DN.Len() == s.computers.Len()+1 && path.DN.Under(s.computers):
		return nil
	}
	return mpf.ScopeViolation.New(trimmed)
}

// looksLikePath tells a path, however badly written, from a login name.
func looksLikePath(s string) bool {
	return strings.Contains(s, "://") || strings.ContainsAny(s, "=<")
}

func (s scope) isController(server string) bool {
	if host, _, err := net.SplitHostPort(server); err == nil {
		server = host
	}
	return s.servers[ldappath.Fold(server)]
}
