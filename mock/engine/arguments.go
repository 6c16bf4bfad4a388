package engine

import (
	"cmp"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// longest is the length of a text argument whose row names none, in
// characters.
const longest = 1024

// timeForms are the ways in which a DateTime argument may be written. Times
// without a zone are UTC.
var timeForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02", "20060102150405.0Z", "1/2/2006 15:04:05", "1/2/2006 3:04:05 PM", "1/2/2006"}

// readArguments checks executeData against the row and keeps what had to be
// read for it.
func (c *Call) readArguments() error {
	if err := c.refuseStrangers(); err != nil {
		return err
	}
	for i := range c.row.Arguments {
		if err := c.readArgument(&c.row.Arguments[i]); err != nil {
			return err
		}
	}
	return c.checkController()
}

// refuseStrangers refuses elements that the row does not know, and those given
// twice that may stand once. Elements in another letter case get the row's
// spelling.
func (c *Call) refuseStrangers() error {
	seen := make(map[*Argument]bool, len(c.row.Arguments))
	for n := range xmldoc.Elements(c.Data) {
		a := c.row.argument(n.Data)
		if a == nil {
			if a = cmp.Or(c.row.folded(n.Data), c.row.alias(n.Data)); a != nil {
				n.Data = a.Name
			}
		}
		switch {
		case a == nil && !c.run.engine.policies.IgnoreUnknownArguments:
			return mpf.ArgumentUnknown.New(n.Data, c.row.Name)
		case a != nil && seen[a] && a.Type != Tree && a.Type != Ignored:
			return mpf.ArgumentRepeated.New(n.Data)
		}
		seen[a] = true
	}
	return nil
}

func (c *Call) readArgument(a *Argument) error {
	n := xmldoc.Child(c.Data, a.Name)
	if n == nil {
		if a.Required {
			return c.row.missing(a.Name)
		}
		return nil
	}
	if a.Type == Tree || a.Type == Flag || a.Type == Ignored {
		return nil
	}
	text := xmldoc.Text(n)
	if a.Type != Secret {
		text = strings.TrimSpace(text)
	}
	if text == "" {
		if a.Required {
			return c.row.empty(a.Name)
		}
		return nil
	}
	if hasElements(n) {
		return c.row.invalid(a.Name, "a text is needed, not elements")
	}
	if wrong := a.unfit(text); wrong != "" {
		return c.row.invalid(a.Name, wrong)
	}
	return c.readText(a, text)
}

func hasElements(n *xmldoc.Node) bool {
	for range xmldoc.Elements(n) {
		return true
	}
	return false
}

// unfit says what is wrong with the length of a text or, where there is a closed
// list, with the text; nothing if it fits.
func (a *Argument) unfit(text string) string {
	limit := a.Max
	switch {
	case limit > 0:
	case a.Type == Path || a.Type == PathOrUPN:
		limit = ldappath.MaxDN
	default:
		limit = longest
	}
	if n := utf8.RuneCountInString(text); n > limit {
		return "it has " + strconv.Itoa(n) + " characters, at most " + strconv.Itoa(limit) + " are allowed"
	}
	for _, allowed := range a.OneOf {
		if strings.EqualFold(text, allowed) {
			return ""
		}
	}
	if len(a.OneOf) > 0 {
		return "'" + text + "' is not one of " + strings.Join(a.OneOf, ", ")
	}
	return ""
}

func (c *Call) readText(a *Argument, text string) error {
	switch a.Type {
	case Path:
		return c.readPath(a.Name, text)
	case PathOrUPN:
		if !strings.Contains(text, "=") && strings.Contains(text, "@") {
			return c.readPrincipal(a.Name, text)
		}
		return c.readPath(a.Name, text)
	case Number:
		if _, err := strconv.ParseUint(text, 10, 63); err != nil {
			return c.row.invalid(a.Name, "'"+text+"' is not a number of 0 or more")
		}
	case Signed:
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return c.row.invalid(a.Name, "'"+text+"' is not a number")
		}
	case Boolean:
		if _, ok := parseBoolean(text); !ok {
			return c.row.invalid(a.Name, "'"+text+"' is none of 1, 0, true, false")
		}
	case DateTime:
		return c.readTime(a.Name, text)
	case GUID:
		if _, err := directory.ParseGUID(text); err != nil {
			return c.row.invalid(a.Name, "'"+text+"' is not a GUID")
		}
	}
	return nil
}

func (c *Call) readPath(name, text string) error {
	dn, err := c.parsePath(text)
	if err != nil {
		return err
	}
	c.dns[name] = dn
	return nil
}

// parsePath reads an ADsPath as the policies allow. A server in it has to be
// one of the domain controllers.
func (c *Call) parsePath(text string) (ldappath.DN, error) {
	parse := ldappath.Parse
	if c.run.engine.policies.AcceptBareNames {
		parse = ldappath.ParseLoose
	}
	p, err := parse(text)
	if err != nil {
		return ldappath.DN{}, mpf.PathInvalid.New(err.Error())
	}
	if p.Server != "" {
		if err := c.knownController(p.Server); err != nil {
			return ldappath.DN{}, err
		}
	}
	return p.DN, nil
}

// ParsePath reads an ADsPath that stands inside a tree argument, by the same
// rules as a Path argument. It fails with mpf.PathInvalid.
func (c *Call) ParsePath(text string) (ldappath.DN, error) {
	return c.parsePath(strings.TrimSpace(text))
}

func (c *Call) readPrincipal(name, upn string) error {
	o, err := directory.In(c.Tx).ByUPN(upn)
	if errors.Is(err, state.ErrNotFound) {
		return mpf.ObjectNotFound.New(upn)
	}
	if err != nil {
		return err
	}
	c.dns[name] = o.DN
	return nil
}

func (c *Call) readTime(name, text string) error {
	for _, form := range timeForms {
		if at, err := time.Parse(form, text); err == nil {
			c.times[name] = at.UTC()
			return nil
		}
	}
	return c.row.invalid(name, "'"+text+"' is not a date and time")
}

// checkController checks the preferred domain controller, and that the paths
// beside it are of its domain (F189).
func (c *Call) checkController() error {
	for i := range c.row.Arguments {
		a := &c.row.Arguments[i]
		if a.Type != Controller && a.Type != Preferred || c.Text(a.Name) == "" {
			continue
		}
		if err := c.knownController(c.Text(a.Name)); err != nil && a.Type == Controller {
			return err
		}
		domain, err := directory.In(c.Tx).Domain()
		if err != nil {
			return err
		}
		for _, dn := range c.dns {
			if !strings.EqualFold(dn.Domain(), domain.Name) {
				return mpf.DomainOfOtherDC.New()
			}
		}
	}
	return nil
}

func (c *Call) knownController(name string) error {
	known, err := c.run.controller(name)
	if err != nil {
		return err
	}
	if known == "" {
		return mpf.ControllerUnknown.New(name)
	}
	return nil
}

// dropSecrets takes passwords out of executeData, so that they are not echoed.
func (c *Call) dropSecrets() {
	for i := range c.row.Arguments {
		if c.row.Arguments[i].Type != Secret {
			continue
		}
		for n := range xmldoc.Children(c.Data, c.row.Arguments[i].Name) {
			xmldoc.Remove(n)
		}
	}
}

func parseBoolean(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "1", "true":
		return true, true
	case "0", "false":
		return false, true
	}
	return false, false
}
