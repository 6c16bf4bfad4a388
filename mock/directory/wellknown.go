package directory

import (
	"encoding/hex"
	"iter"
	"slices"
	"strings"

	"wsexchange/mock/state"
)

// Well-known objects of organizations and recipients, by the GUIDs that
// otherWellKnownObjects names them with. The first five are documented (F104);
// for the others the original's GUIDs are unknown and these are the
// emulator's own (F105).
const (
	WellKnownAddressList          = "9E444526CB6F4D5C9A59C9A84E26B627" // on an organization
	WellKnownGlobalAddressList    = "89FB25B7DF784FC198A493E2E8A0EE7E" // on an organization
	WellKnownOfflineAddressList   = "D22DFCC5B73645E99E16C9AD3D61F34F" // on an organization
	WellKnownOwningOrganization   = "B7AE2ABCCBAD41A28973559FCA154DB0" // on a recipient
	WellKnownThisOrganizationRoot = "CC016CF08DEF4EA4A05C9C54B198785A" // on an organization
	WellKnownForeignOwnerOrg      = "5D1B7C0E2A934F6B8E70C1A4D95F3B21" // on an organization: its parent
	WellKnownOrgType              = "7A0C94E35B1D4B0F9C26E8F3A1D7504B" // on an organization
	WellKnownUserCreators         = "1F62D8B94C3E47A5B0897E5AC6D2F013" // on an organization: Admins@
	WellKnownChildOrgCreators     = "C84E0A17F2B649D3A75B90D3E16F8C42" // on an organization: CSRAdmins@
	WellKnownAllCustomers         = "3B95F1C6E07A4D28841FA6C2B0D3975E" // on an organization: AllCustomers@
	WellKnownAllUsers             = "E6207DA8913C4F7EA3D45B1C8F60E92D" // on an organization: AllUsers@
)

const (
	wellKnown       = "otherWellKnownObjects"
	systemWellKnown = "wellKnownObjects" // of a naming context, written by the directory
)

// WellKnown returns the object that o names under a well-known GUID, 32 hex
// digits in any letter case. If there is none it is state.ErrNotFound.
func (d Directory) WellKnown(o *Object, guid string) (*Object, error) {
	data := strings.ToUpper(guid)
	for _, attribute := range []uint16{attributeWellKnown, attributeSystemWellKnown} {
		for to, held := range d.linksFrom(o.ID, attribute) {
			if held == data {
				return d.found(objects.Get(d.tx, to), "well-known object", guid)
			}
		}
	}
	return d.found(nil, "well-known object", guid)
}

// SetWellKnown makes o name target under a well-known GUID, in the place of
// what it named before.
func (d Directory) SetWellKnown(o *Object, guid string, to *Object) error {
	a := attributeTypes[attributeWellKnown]
	if raw, err := hex.DecodeString(guid); err != nil || len(raw) != 16 {
		return &state.SyntaxError{Attribute: wellKnown, Syntax: string(a.Syntax), Value: guid}
	}
	if err := d.tx.Ready(true); err != nil {
		return err
	}
	if _, err := d.row(to); err != nil {
		return err
	}
	row, err := d.row(o)
	if err != nil {
		return err
	}
	changed := *row
	values := slices.DeleteFunc(row.values(a.number), underGUID(guid))
	changed.plain = row.plain.with(a.number, append(values, encodeLink(to.ID, guid)))
	return d.touch(o, &changed)
}

// RemoveWellKnown makes o name nothing under a well-known GUID. If it did not,
// it is state.ErrNotFound.
func (d Directory) RemoveWellKnown(o *Object, guid string) error {
	if err := d.tx.Ready(true); err != nil {
		return err
	}
	row := objects.Get(d.tx, o.ID)
	if row == nil || !slices.ContainsFunc(row.values(attributeWellKnown), underGUID(guid)) {
		return &state.NotFoundError{Kind: "well-known object", Value: guid}
	}
	changed := *row
	changed.plain = row.without(attributeWellKnown, underGUID(guid))
	return d.touch(o, &changed)
}

// underGUID finds the values that name an object under a well-known GUID.
func underGUID(guid string) func(value string) bool {
	data := strings.ToUpper(guid)
	return func(value string) bool {
		_, octets := cutLink(value)
		return hexData(octets) == data
	}
}

// WellKnownNamer is an object together with the well-known GUID under which it
// names another.
type WellKnownNamer struct {
	GUID   string // 32 upper-case hex digits
	Object *Object
}

// WellKnownBy returns the objects that name o as a well-known one, under any
// GUID, in the order of their names.
func (d Directory) WellKnownBy(o *Object) ([]WellKnownNamer, error) {
	byID := make(map[int64][]string)
	for r := range d.linkingRows(o.ID, attributeWellKnown) {
		if byID[r.id] != nil {
			continue
		}
		for to, data := range d.linksFrom(r.id, attributeWellKnown) {
			if to == o.ID {
				byID[r.id] = append(byID[r.id], data)
			}
		}
		slices.Sort(byID[r.id])
	}
	namers := make([]WellKnownNamer, 0, len(byID))
	for _, namer := range d.sorted(d.rowsOf(byID)) {
		for _, guid := range byID[namer.ID] {
			namers = append(namers, WellKnownNamer{GUID: guid, Object: namer})
		}
	}
	return namers, d.tx.Ready(false)
}

// rowsOf returns the rows of the ids, in no order.
func (d Directory) rowsOf(ids map[int64][]string) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		for id := range ids {
			if r := objects.Get(d.tx, id); r != nil && !yield(r) {
				return
			}
		}
	}
}
