package exchangeprovider

import (
	"errors"

	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/store"
)

// stamp shows a recipient in the address lists that the container names, and
// points back from the recipient to the container (F241).
func stamp(c *engine.Call, o, container *store.Object) error {
	for _, wkName := range []string{organization.AddressList, organization.GlobalAddressList} {
		list, err := organization.Optional(c.Tx, container, wkName)
		if err != nil {
			return err
		}
		if list == nil {
			continue
		}
		err = c.Tx.Add(o, "showInAddressBook", list.DN.String())
		if err != nil && !errors.Is(err, store.ErrValueExists) {
			return err
		}
	}
	return c.Tx.SetWellKnown(o, store.WellKnownOwningOrganization, container)
}

// unstamp undoes stamp: it follows the recipient's pointer to the container;
// a recipient without one is taken to belong to otherwise.
func unstamp(c *engine.Call, o, otherwise *store.Object) error {
	container, err := c.Tx.WellKnown(o, store.WellKnownOwningOrganization)
	switch {
	case errors.Is(err, store.ErrNotFound):
		container = otherwise
	case err != nil:
		return err
	default:
		if err := c.Tx.RemoveWellKnown(o, store.WellKnownOwningOrganization); err != nil {
			return err
		}
	}
	for _, wkName := range []string{organization.AddressList, organization.GlobalAddressList} {
		list, err := organization.Optional(c.Tx, container, wkName)
		if err != nil {
			return err
		}
		if list == nil {
			continue
		}
		err = c.Tx.Remove(o, "showInAddressBook", list.DN.String())
		if err != nil && !errors.Is(err, store.ErrNoSuchValue) {
			return err
		}
	}
	return nil
}
