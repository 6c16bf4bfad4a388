package ldappath

import (
	"fmt"
	"strings"
)

// Scheme begins every ADsPath. It is read in any letter case.
const Scheme = "LDAP://"

// Path is an ADsPath: an entry, and the server to ask for it if one is named.
type Path struct {
	Server string
	DN     DN
}

// Parse reads an ADsPath. The scheme is required; a server before the name is
// kept in Path.Server.
func Parse(s string) (Path, error) {
	rest := strings.TrimSpace(s)
	if len(rest) < len(Scheme) || !strings.EqualFold(rest[:len(Scheme)], Scheme) {
		return Path{}, fmt.Errorf("path %q does not begin with %s", s, Scheme)
	}
	rest = strings.TrimSpace(rest[len(Scheme):])
	if strings.HasPrefix(rest, "<") {
		return Path{}, fmt.Errorf("path %q: binding by GUID is not supported", s)
	}
	var path Path
	if i := strings.IndexByte(rest, '/'); i >= 0 && !strings.ContainsAny(rest[:i], `=,\`) {
		path.Server, rest = strings.TrimSpace(rest[:i]), rest[i+1:]
		if path.Server == "" {
			return Path{}, fmt.Errorf("path %q names an empty server", s)
		}
	}
	dn, err := ParseDN(strings.ReplaceAll(rest, `\/`, "/"))
	if err != nil {
		return Path{}, fmt.Errorf("path %q: %w", s, err)
	}
	path.DN = dn
	return path, nil
}

// ParseLoose reads what callers type where a path is meant: an ADsPath, or a
// bare distinguished name.
func ParseLoose(s string) (Path, error) {
	if trimmed := strings.TrimSpace(s); len(trimmed) >= len(Scheme) && strings.EqualFold(trimmed[:len(Scheme)], Scheme) {
		return Parse(s)
	}
	dn, err := ParseDN(s)
	return Path{DN: dn}, err
}

// String gives the path as ADSI writes it.
func (p Path) String() string {
	name := strings.ReplaceAll(p.DN.String(), "/", `\/`)
	if p.Server == "" {
		return Scheme + name
	}
	return Scheme + p.Server + "/" + name
}
