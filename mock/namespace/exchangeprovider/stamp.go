package exchangeprovider

import (
	"errors"

	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/namespace/organization"
	"wsexchange/mock/state"
)

// stamp shows a recipient in the address lists that the container names, and
// points back from the recipient to the container (F241).
func stamp(c *engine.Call, o, container *directory.Object) error {
	for _, wkName := range []string{organization.AddressList, organization.GlobalAddressList} {
		list, err := organization.Optional(c.Tx, container, wkName)
		if err != nil {
			return err
		}
		if list == nil {
			continue
		}
		err = c.Directory().Add(o, "showInAddressBook", list.DN.String())
		if err != nil && !errors.Is(err, directory.ErrValueExists) {
			return err
		}
	}
	return c.Directory().SetWellKnown(o, directory.WellKnownOwningOrganization, container)
}

// unstamp undoes stamp: it follows the recipient's pointer to the container;
// a recipient without one is taken to belong to otherwise.
func unstamp(c *engine.Call, o, otherwise *directory.Object) error {
	container, err := c.Directory().WellKnown(o, directory.WellKnownOwningOrganization)
	switch {
	case errors.Is(err, state.ErrNotFound):
		container = otherwise
	case err != nil:
		return err
	default:
		if err := c.Directory().RemoveWellKnown(o, directory.WellKnownOwningOrganization); err != nil {
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
		err = c.Directory().Remove(o, "showInAddressBook", list.DN.String())
		if err != nil && !errors.Is(err, directory.ErrNoSuchValue) {
			return err
		}
	}
	return nil
}
