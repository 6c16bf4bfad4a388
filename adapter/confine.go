package adapter

import (
	"regexp"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// confinement checks every text of a request against the base, wherever it is.
// An engine that knows nothing of the base opens whatever a text names, also one
// that is not a guarded parameter: a property, the data of SubmitMpsRequest, XML
// in a string. What names an object otherwise than by its path, a login or the
// name of a plan for instance, cannot be told to be outside.
type confinement struct {
	scope scope
	// objects refuses names that do not tell where their objects are: GUIDs and
	// SIDs. There is nothing to hide from them where the base is a whole domain.
	objects bool
	limits  xmldoc.Limits
	// passed are the elements that a guard with other rules has let pass.
	passed map[*xmldoc.Node]bool
}

var (
	// pathScheme begins an ADsPath.
	pathScheme = regexp.MustCompile(`(?i)(?:ldaps?|gc|winnt|nds|nwcompat|iis|ads)://`)
	// domainComponent is part of every distinguished name that an engine can open.
	domainComponent = regexp.MustCompile(`(?i)(?:^|[^a-z0-9.-])(?:dc|(?:oid\.)?0\.9\.2342\.19200300\.100\.1\.25)\s*=`)
	// binding is a name of an object in the forms that LDAP extends names by.
	binding = regexp.MustCompile(`(?i)^<\s*(?:guid|sid|wkguid)\s*=`)
	// accountSID is the SID of an account or a group of a domain.
	accountSID = regexp.MustCompile(`(?i)^S-1-5-21(?:-[0-9]+)+$`)
	// withBinary begins a DN with a binary or a string, such as the values of
	// wellKnownObjects.
	withBinary = regexp.MustCompile(`^[BS]:[0-9]+:[^:]*:`)
)

// check returns the answer to a tree that holds a text which is outside, or nil.
func (c *confinement) check(n *xmldoc.Node) *mpf.Error {
	if n == nil || c.passed[n] {
		return nil
	}
	for _, a := range n.Attr {
		if isPassword(a.Name.Local) {
			continue
		}
		if refused := c.text(a.Value); refused != nil {
			return refused
		}
	}
	leaf := true
	for child := range xmldoc.Elements(n) {
		leaf = false
		if refused := c.check(child); refused != nil {
			return refused
		}
	}
	if property, _ := xmldoc.Attr(n, "name"); leaf && (isPassword(n.Data) || isPassword(property)) {
		return nil
	}
	if leaf || stray(n) { // text beside elements: who reads it reads all of it
		return c.text(xmldoc.Text(n))
	}
	return nil
}

// isPassword reports whether the text of an element, attribute or property of
// this name is a password: it names nothing, and must not be quoted.
func isPassword(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "password") || strings.Contains(name, "unicodepwd")
}

func (c *confinement) text(text string) *mpf.Error {
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "":
		return nil
	case isGUID(strings.Trim(trimmed, "()")), binding.MatchString(trimmed), accountSID.MatchString(trimmed):
		if c.objects {
			return mpf.ObjectScopeUnknown.New(quotable(trimmed))
		}
		return nil
	case trimmed[0] == '<' || strings.HasPrefix(trimmed, "\ufeff"):
		if root, err := xmldoc.ParseString(xmlStart(trimmed), c.limits); err == nil {
			return c.check(root)
		}
	}
	switch at := pathScheme.FindAllStringIndex(trimmed, 2); {
	case len(at) > 1 || len(at) == 1 && at[0][0] > 0:
		return mpf.PathUnreadable.New(quotable(trimmed), "it is not one path alone")
	case len(at) == 1:
		return c.path(trimmed)
	case domainComponent.MatchString(trimmed):
		return c.name(withBinary.ReplaceAllString(trimmed, ""))
	}
	return nil
}

func (c *confinement) path(text string) *mpf.Error {
	if refused := c.scope.check(text, guardPath); refused != nil {
		return refused
	}
	if path, err := ldappath.Parse(text); err != nil || several(path.DN) {
		return mpf.PathUnreadable.New(quotable(text), "it is not one path alone")
	}
	return nil
}

// several reports whether a name looks like two that were joined, of which the
// last one only would be checked: the components of the domain are in the middle.
func several(dn ldappath.DN) bool {
	component := false
	for _, r := range dn.RDNs() {
		if strings.EqualFold(r.Attribute, "DC") {
			component = true
		} else if component {
			return true
		}
	}
	return false
}

// name checks a distinguished name without a scheme.
func (c *confinement) name(text string) *mpf.Error {
	dn, err := ldappath.ParseDN(text)
	switch {
	case err != nil:
		return mpf.NameUnreadable.New(quotable(text), unreadable(text, err))
	case several(dn):
		return mpf.NameUnreadable.New(quotable(text), "it is not one name alone")
	case !under(dn, c.scope.base):
		return mpf.ScopeViolation.New(quotable(text))
	}
	return nil
}

// quotable cuts a text to what an answer quotes.
func quotable(text string) string {
	if len(text) <= maxPassedLength {
		return text
	}
	return strings.ToValidUTF8(text[:maxPassedLength], "") + "..."
}
