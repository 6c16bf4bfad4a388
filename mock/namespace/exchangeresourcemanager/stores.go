package exchangeresourcemanager

import (
	"errors"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// forStores runs fn for each store that a request names, at least one.
func forStores(c *engine.Call, fn func(*state.Tx, storeArgument) error) error {
	stores, err := storeArguments(c)
	if err != nil {
		return err
	}
	if len(stores) == 0 {
		return mpf.NoStoreNamed.New("give publicStores or mailStores with a store in it")
	}
	for _, a := range stores {
		if err := fn(c.Tx, a); err != nil {
			return err
		}
	}
	return nil
}

func addResources(c *engine.Call) error {
	if err := forStores(c, addStore); err != nil {
		return err
	}
	return warnUnshared(c)
}

// warnUnshared adds a warning to the answer for each business store that a
// request makes unshared: the sign-up of the client asks for shared ones (F302).
func warnUnshared(c *engine.Call) error {
	stores, err := storeArguments(c)
	if err != nil {
		return err
	}
	for _, a := range stores {
		shared, err := a.boolean("shared", true)
		if err != nil {
			return err
		}
		if a.kind == resource.MailStore && !shared {
			c.OutputText("warning", "The store '"+a.name+"' on server '"+a.server+"' has shared 0: a sign-up of the control panel asks for shared 1 and does not get it.")
		}
	}
	return nil
}

// addStore registers one store. The size is taken as told: nothing compares it
// with a disk.
func addStore(tx *state.Tx, a storeArgument) error {
	if err := needExTypes(tx, a.kind); err != nil {
		return err
	}
	megabytes, err := a.amount("megabytes")
	if err != nil {
		return err
	}
	shared := true
	if a.kind == resource.MailStore {
		if _, err := a.need("shared"); err != nil {
			return err
		}
		if shared, err = a.boolean("shared", true); err != nil {
			return err
		}
	}
	_, err = resource.In(tx).RegisterStore(a.kind, a.server, a.name, megabytes, shared)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return mpf.StoreNotInExchange.New(a.name, a.server)
	case errors.Is(err, state.ErrConflict):
		return mpf.StoreExists.New(a.name, a.server)
	case errors.Is(err, state.ErrConstraint):
		return mpf.ArgumentInvalid.New(a.path+"/megabytes", "the size is larger than can be kept")
	}
	return err
}

func removeResources(c *engine.Call) error { return forStores(c, removeStore) }

func removeStore(tx *state.Tx, a storeArgument) error {
	r, err := a.registered(tx)
	if err != nil {
		return err
	}
	if err := resource.In(tx).RemoveResource(r.ID); errors.Is(err, state.ErrInUse) {
		return mpf.StoreInUse.New(r.Name, r.Server, number(r.Allocated))
	} else if err != nil {
		return err
	}
	return nil
}

// modifyResources changes sizes, and the provisionable state of whole servers;
// either may be left out, not both.
func modifyResources(c *engine.Call) error {
	changed, err := setProvisionable(c)
	if err != nil {
		return err
	}
	stores, err := storeArguments(c)
	if err != nil {
		return err
	}
	if len(stores) == 0 && !changed {
		return mpf.NoStoreNamed.New("give publicStores, mailStores or provisionable")
	}
	for _, a := range stores {
		if err := modifyStore(c.Tx, a); err != nil {
			return err
		}
	}
	return warnUnshared(c)
}

// modifyStore changes a store's size by a signed difference (F278), and
// whether it is shared.
func modifyStore(tx *state.Tx, a storeArgument) error {
	r, err := a.registered(tx)
	if err != nil {
		return err
	}
	if a.has("megabytes") {
		difference, err := a.signed("megabytes")
		if err != nil {
			return err
		}
		if err := resize(tx, a, r, difference); err != nil {
			return err
		}
	}
	shared, err := a.boolean("shared", r.Shared)
	if err != nil || shared == r.Shared || a.kind != resource.MailStore {
		return err
	}
	if err := resource.In(tx).SetShared(r.ID, shared); errors.Is(err, state.ErrInUse) {
		return mpf.StoreInUse.New(r.Name, r.Server, number(r.Allocated))
	} else if err != nil {
		return err
	}
	return nil
}

func resize(tx *state.Tx, a storeArgument, r *resource.Resource, difference int64) error {
	_, err := resource.In(tx).ResizeResource(r.ID, difference)
	switch {
	case errors.Is(err, resource.ErrCapacity):
		return mpf.StoreInUse.New(r.Name, r.Server, number(r.Allocated))
	case errors.Is(err, state.ErrConstraint) && difference < 0:
		return mpf.ReleaseExceeds.New(number(r.Megabytes), a.text("megabytes"), resource.Megabyte)
	case errors.Is(err, state.ErrConstraint):
		return mpf.ArgumentInvalid.New(a.path+"/megabytes", "the size would be larger than can be kept")
	}
	return err
}

// setProvisionable reads serverName elements with the attribute provisionable
// and tells whether there was one (F293).
func setProvisionable(c *engine.Call) (bool, error) {
	changed := false
	for container := range xmldoc.Children(c.Data, "provisionable") {
		for n := range xmldoc.Children(container, "serverName") {
			text, _ := xmldoc.Attr(n, "provisionable")
			value, ok := booleans[strings.ToLower(strings.TrimSpace(text))]
			if !ok {
				return false, mpf.ArgumentInvalid.New("provisionable/serverName", "the attribute provisionable has to be 1 or 0")
			}
			server := strings.TrimSpace(xmldoc.Text(n))
			if server == "" {
				return false, mpf.ArgumentEmpty.New("provisionable/serverName")
			}
			if err := c.Resources().SetProvisionable(server, value); errors.Is(err, state.ErrNotFound) {
				return false, mpf.StoreUnknown.New("*", server)
			} else if err != nil {
				return false, err
			}
			changed = true
		}
	}
	return changed, nil
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

func queryAllStores(c *engine.Call) error {
	for _, p := range pools[:2] {
		list, err := storeList(c.Tx, p)
		if err != nil {
			return err
		}
		c.Output(list)
	}
	return nil
}

// storeList lists the registered stores of a kind. Public stores are listed
// without name and shared (F275).
func storeList(tx *state.Tx, p pool) (*xmldoc.Node, error) {
	resources, err := resource.In(tx).Resources(p.kind)
	if err != nil {
		return nil, err
	}
	list := xmldoc.Element(p.container)
	for _, r := range resources {
		one := xmldoc.Element(p.item, xmldoc.TextElement("GUID", r.GUID.String()), xmldoc.TextElement("serverName", r.Server))
		xmldoc.SetAttr(one, "provisionable", flag(r.Provisionable))
		if p.kind != resource.PublicStore {
			xmldoc.Append(one, xmldoc.TextElement(p.nameField, r.Name))
		}
		xmldoc.Append(one, xmldoc.TextElement("megabytes", number(r.Megabytes)))
		xmldoc.Append(one, xmldoc.TextElement("megabytesFree", number(r.Free())))
		if p.kind != resource.PublicStore {
			xmldoc.Append(one, xmldoc.TextElement("shared", flag(r.Shared)))
		}
		xmldoc.Append(list, one)
	}
	return list, nil
}
