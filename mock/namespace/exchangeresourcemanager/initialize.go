package exchangeresourcemanager

import (
	"strconv"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// exTypes is the setting that says that the types of the sister namespace were
// removed. They are there without it (F311).
const exTypes, removedTypes = "exchange resource manager ex", "removed"

// kindsOfEx are the resources that only the sister namespace knows.
var kindsOfEx = []resource.ResourceKind{resource.ConsumerStore, resource.FrontEndServer}

// initializeEx makes the types; where they are there it does nothing.
func initializeEx(c *engine.Call) error {
	if err := c.TestWhole(ldappath.DN{}); err != nil {
		return err
	}
	now, err := c.Directory().Setting(exTypes)
	if err != nil || now == "" {
		return err
	}
	return c.Directory().SetSetting(exTypes, "")
}

// uninitializeEx removes the types unless there are resources of them.
func uninitializeEx(c *engine.Call) error {
	if err := c.TestWhole(ldappath.DN{}); err != nil {
		return err
	}
	count := 0
	for _, kind := range kindsOfEx {
		found, err := c.Resources().Resources(kind)
		if err != nil {
			return err
		}
		count += len(found)
	}
	if count > 0 {
		return mpf.TypesInUse.New(strconv.Itoa(count))
	}
	return c.Directory().SetSetting(exTypes, removedTypes)
}

// needExTypes refuses resources whose types were removed.
func needExTypes(tx *state.Tx, kind resource.ResourceKind) error {
	for _, of := range kindsOfEx {
		if of != kind {
			continue
		}
		now, err := directory.In(tx).Setting(exTypes)
		if err != nil {
			return err
		}
		if now == removedTypes {
			return mpf.TypesRemoved.New()
		}
	}
	return nil
}
