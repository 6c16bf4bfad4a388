package adapter

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"

	"wsexchange/internal/ldappath"
	"wsexchange/mpf"
)

// scope is the part of the directory that this service manages. Its zero value
// manages nothing.
type scope struct {
	base      []ldappath.RDN // folded
	computers []ldappath.RDN // folded
	// part says that the base is a part of a domain.
	part    bool
	servers map[string]bool
	passed  *passed
}

func newScope(base, reseller ldappath.DN, controllers []string) scope {
	s := scope{base: folded(base), servers: make(map[string]bool, len(controllers)), passed: &passed{}}
	if !reseller.IsZero() {
		s.base = folded(reseller)
	}
	s.part = len(s.base) > 0 && s.base[0].Attribute != "dc"
	domain := base
	for !domain.IsZero() && !strings.EqualFold(domain.RDN().Attribute, "DC") {
		domain = domain.Parent()
	}
	s.computers = folded(domain.Child("CN", "Computers"))
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
	case s.passed.has(trimmed):
		return nil
	case len(trimmed) > maxPath:
		return mpf.PathUnreadable.New(strings.ToValidUTF8(trimmed[:maxPassedLength], "")+"...", "it is longer than 8 KiB")
	}
	path, err := ldappath.Parse(trimmed)
	switch {
	case err != nil:
		return mpf.PathUnreadable.New(trimmed, unreadable(trimmed, err))
	case path.Server != "" && !s.isController(path.Server):
		return mpf.ServerViolation.New(trimmed)
	case under(path.DN, s.base):
		s.passed.add(trimmed)
		return nil
	case g == guardRead && path.DN.Len() == len(s.computers)+1 && under(path.DN, s.computers):
		return nil
	}
	return mpf.ScopeViolation.New(trimmed)
}

// unreadable tells why a path cannot be read, without the path, which the answer
// has quoted already.
func unreadable(path string, err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	text := err.Error()
	if rest, ok := strings.CutPrefix(text, "path "+strconv.Quote(path)+" "); ok {
		return "it " + rest
	}
	for _, quoting := range []string{"path ", "distinguished name "} {
		if _, rest, ok := strings.Cut(text, `": `); ok && strings.HasPrefix(text, quoting) {
			return rest
		}
	}
	return text
}

// maxPath is the longest path that is read, in bytes. A name in the directory
// has 255 parts at most.
const maxPath = 8 << 10

// passed remembers paths that are under the base: callers name the same few
// organizations and users again and again, and reading a name is dear. What is
// refused is not remembered.
type passed struct {
	mu    sync.RWMutex
	paths map[string]struct{}
}

// Bounds of what passed remembers: so many paths, each so long in bytes.
const (
	maxPassed       = 4096
	maxPassedLength = 512
)

func (p *passed) has(path string) bool {
	if p == nil {
		return false
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	_, ok := p.paths[path]
	return ok
}

func (p *passed) add(path string) {
	if p == nil || len(path) > maxPassedLength {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paths == nil || len(p.paths) >= maxPassed {
		p.paths = make(map[string]struct{})
	}
	p.paths[strings.Clone(path)] = struct{}{}
}

func folded(dn ldappath.DN) []ldappath.RDN {
	rdns := dn.RDNs()
	for i, r := range rdns {
		rdns[i] = ldappath.RDN{Attribute: ldappath.Fold(r.Attribute), Value: ldappath.Fold(r.Value)}
	}
	return rdns
}

// under compares by RDN, as ldappath.DN.Under does, with one side folded ahead:
// every call passes here.
func under(dn ldappath.DN, base []ldappath.RDN) bool {
	rdns := dn.RDNs()
	n := len(rdns) - len(base)
	if n < 0 || len(base) == 0 {
		return false
	}
	for i, b := range base {
		r := rdns[n+i]
		if ldappath.Fold(r.Attribute) != b.Attribute || ldappath.Fold(r.Value) != b.Value {
			return false
		}
	}
	return true
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
