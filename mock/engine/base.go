package engine

import (
	"errors"
	"strings"

	"github.com/antchfx/xmlquery"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// This file holds callers to the base that their gateway gave them (F134): a part
// of the directory outside of which nothing exists for them, whatever rights the
// account has and whatever names it. It is asked of the calls that a request
// makes; what procedures call themselves names what is the system's own.

// holdToBase takes over the base of the request's caller. One that has the whole
// domain in it holds nobody.
func (r *run) holdToBase() error {
	base := r.origin.caller.Base
	if base.IsZero() {
		return nil
	}
	domain, err := directory.In(r.tx).Domain()
	if err == nil && !domain.DN.Under(base) {
		r.base = base
	}
	return err
}

func (r *run) inBase(dn ldappath.DN) bool { return r.base.IsZero() || dn.Under(r.base) }

// InBase reports whether an object may be opened for the caller, or listed to him,
// by the base that he is held to. What is gone from the directory, and has the
// zero name, is in no base but the whole.
func (c *Call) InBase(dn ldappath.DN) bool { return c.run.inBase(dn) }

// TestWhole refuses what belongs to the installation as a whole, at a name outside
// of all organizations, to a caller who is held to a base. Calls that procedures
// make are not tested.
func (c *Call) TestWhole(dn ldappath.DN) error {
	if c.scope.nested || c.InBase(dn) {
		return nil
	}
	return mpf.ObjectNotFound.New(dn.ADsPath())
}

// testBase refuses a call that names something outside of the base, as if it did
// not exist.
func (c *Call) testBase() error {
	if c.scope.nested || c.run.base.IsZero() {
		return nil
	}
	for i := range c.row.Arguments {
		name := c.row.Arguments[i].Name
		if dn := c.DN(name); !dn.IsZero() && !c.InBase(dn) && !c.readsComputer(dn) {
			return mpf.ObjectNotFound.New(askedAs(c.Text(name), dn))
		}
	}
	return c.testTexts(c.run.engine.redact(c.Data))
}

// askedAs writes the name of an object as the error of one that does not exist
// does.
func askedAs(text string, dn ldappath.DN) string {
	if strings.Contains(text, "=") {
		return dn.ADsPath()
	}
	return text
}

// readsComputer reports whether a call reads a computer account of the domain:
// panels need them, so they are outside of no base.
func (c *Call) readsComputer(dn ldappath.DN) bool {
	domain, err := c.Directory().Domain()
	return err == nil && c.row.Type == Read && dn.Parent().Equal(domain.DN.Child("CN", "Computers"))
}

// testTexts tests the texts of a tree, those of arguments that are paths or
// accounts left out.
func (c *Call) testTexts(n *xmldoc.Node) error {
	for _, a := range n.Attr {
		if err := c.testText(a.Value); err != nil {
			return err
		}
	}
	leaf := n.FirstChild == nil
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if child.Type != xmlquery.ElementNode {
			leaf = leaf || strings.TrimSpace(child.Data) != ""
			continue
		}
		if !c.DN(child.Data).IsZero() && child.Parent == n && n.Data == mpf.DocumentExecuteData {
			continue
		}
		if err := c.testTexts(child); err != nil {
			return err
		}
	}
	if leaf {
		return c.testText(xmldoc.Text(n))
	}
	return nil
}

// testText refuses a text that is the path, distinguished name, GUID or SID of
// something outside of the base.
func (c *Call) testText(text string) error {
	text = strings.TrimSpace(text)
	if dn, ok := nameIn(text); ok {
		if !c.InBase(dn) {
			return mpf.ObjectNotFound.New(dn.ADsPath())
		}
		return nil
	}
	o, err := c.byIdentity(text)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return nil
	case err != nil:
		return err
	case !c.InBase(o.DN):
		return mpf.ObjectNotFound.New(text)
	}
	return nil
}

// nameIn reads a path or a distinguished name of a domain, also one with a binary
// before it.
func nameIn(text string) (ldappath.DN, bool) {
	if !strings.Contains(text, "=") {
		return ldappath.DN{}, false
	}
	if parts := strings.SplitN(text, ":", 4); len(parts) == 4 && (strings.EqualFold(parts[0], "B") || strings.EqualFold(parts[0], "S")) {
		text = parts[3]
	}
	path, err := ldappath.ParseLoose(text)
	return path.DN, err == nil && path.DN.Domain() != ""
}

// byIdentity finds the object that a text is the GUID or the SID of.
func (c *Call) byIdentity(text string) (*directory.Object, error) {
	if guid, err := directory.ParseGUID(text); err == nil {
		return c.Directory().ByGUID(guid)
	}
	if sid, err := directory.ParseSID(text); err == nil {
		return c.Directory().BySID(sid)
	}
	return nil, state.ErrNotFound
}
