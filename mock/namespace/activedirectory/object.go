package activedirectory

import (
	"errors"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// rdnValue reads a name as callers write it: plain text, or with the naming
// attribute of the class before it, "CN=Admins@acme" (F224).
func rdnValue(class, name string) string {
	c, ok := directory.LookupClass(class)
	if !ok {
		return name
	}
	attribute, value, found := strings.Cut(name, "=")
	if !found || !strings.EqualFold(strings.TrimSpace(attribute), c.RDN) {
		return name
	}
	if dn, err := ldappath.ParseDN(name); err == nil && dn.Len() == 1 {
		return dn.RDN().Value
	}
	return strings.TrimSpace(value)
}

func createObject(c *engine.Call) error {
	container, err := c.Open("container")
	if err != nil {
		return err
	}
	class, ok := directory.LookupClass(c.Text("class"))
	if !ok {
		return mpf.ClassConstraint.New("the class '" + c.Text("class") + "' is unknown")
	}
	changes, err := readChanges(c.Node("properties"))
	if err != nil {
		return err
	}
	var attributes directory.Attributes
	for _, change := range changes {
		if err := change.initial(); err != nil {
			return err
		}
		if len(change.values) > 0 {
			attributes = attributes.With(change.attribute, change.values...)
		}
	}
	dn := container.DN.Child(class.RDN, rdnValue(class.Name, c.Text("name")))
	made, err := c.Directory().Create(dn, class.Name, attributes)
	var taken *state.ConflictError
	if errors.As(err, &taken) && taken.Kind == directory.KindName && c.Boolean("flagIgnoreAlreadyExistsError") {
		if made, err = c.Directory().Get(taken.Holder); err == nil {
			c.Output(xmldoc.Element("flagSkipAction"))
		}
	}
	if err != nil {
		return err
	}
	c.OutputText("path", beside(c, "container", made.DN))
	return nil
}

// deleteObject deletes the object with all below it. A naming context stays.
func deleteObject(c *engine.Call) error {
	o, err := c.Open("path")
	var missing *mpf.Error
	switch {
	case errors.As(err, &missing) && missing.Cause == mpf.ObjectNotFound.ID && c.Boolean("flagIgnoreDoesNotExistError"):
		return nil
	case err != nil:
		return err
	case o.ParentID == 0:
		return mpf.ObjectIsRoot.New(o.DN.ADsPath())
	}
	return c.Directory().DeleteTree(o)
}

func moveObject(c *engine.Call) error {
	o, err := c.Open("source")
	if err != nil {
		return err
	}
	container, err := c.Open("destination")
	if err != nil {
		return err
	}
	moved, err := c.Directory().Move(o, container)
	if err != nil {
		return err
	}
	c.OutputText("path", beside(c, "destination", moved.DN))
	return nil
}

func renameObject(c *engine.Call) error {
	o, err := c.Open("source")
	if err != nil {
		return err
	}
	renamed, err := c.Directory().Rename(o, rdnValue(o.Class, c.Text("name")))
	if err != nil {
		return err
	}
	c.OutputText("path", beside(c, "source", renamed.DN))
	return nil
}

func objectExists(c *engine.Call) error {
	o, err := c.Directory().Get(c.DN("path"))
	if errors.Is(err, state.ErrNotFound) {
		c.OutputText("exists", "0")
		return nil
	}
	if err != nil {
		return err
	}
	c.OutputText("exists", "1")
	c.OutputText("class", o.Class)
	return nil
}
