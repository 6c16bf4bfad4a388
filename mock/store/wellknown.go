package store

import (
	"encoding/hex"
	"strings"
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

const wellKnown = "otherWellKnownObjects"

// WellKnown gives the object that o names under a well-known GUID, 32 hex
// digits in any letter case. If there is none it is ErrNotFound.
func (t *Tx) WellKnown(o *Object, guid string) (*Object, error) {
	return t.find("well-known object", guid, "SELECT "+objectColumns+" FROM link l JOIN object o ON o.id = l.target_id"+
		" WHERE l.object_id = ? AND l.attribute = 'otherWellKnownObjects' AND l.data = ? ORDER BY l.id",
		o.ID, strings.ToUpper(guid))
}

// SetWellKnown makes o name target under a well-known GUID, in the place of
// what it named before.
func (t *Tx) SetWellKnown(o *Object, guid string, to *Object) error {
	a, err := LookupAttribute(wellKnown)
	if err != nil {
		return err
	}
	if raw, err := hex.DecodeString(guid); err != nil || len(raw) != 16 {
		return &SyntaxError{Attribute: wellKnown, Syntax: a.Syntax, Value: guid}
	}
	if _, err := t.deleteWellKnown(o, guid); err != nil {
		return err
	}
	if err := t.insertLinks(o, a, []target{{object: to, data: strings.ToUpper(guid)}}); err != nil {
		return err
	}
	return t.touch(o)
}

// RemoveWellKnown makes o name nothing under a well-known GUID. If it did not,
// it is ErrNotFound.
func (t *Tx) RemoveWellKnown(o *Object, guid string) error {
	removed, err := t.deleteWellKnown(o, guid)
	if err != nil {
		return err
	}
	if removed == 0 {
		return &NotFoundError{Kind: "well-known object", Value: guid}
	}
	return t.touch(o)
}

func (t *Tx) deleteWellKnown(o *Object, guid string) (int64, error) {
	return t.exec("DELETE FROM link WHERE object_id = ? AND attribute = 'otherWellKnownObjects' AND data = ?",
		o.ID, strings.ToUpper(guid))
}

// WellKnownNamer is an object together with the well-known GUID under which it
// names another.
type WellKnownNamer struct {
	GUID   string // 32 upper-case hex digits
	Object *Object
}

// WellKnownBy gives the objects that name o as a well-known one, under any
// GUID, in the order of their names.
func (t *Tx) WellKnownBy(o *Object) ([]WellKnownNamer, error) {
	type named struct {
		id   int64
		data string
	}
	rows, err := collect(t, func(row scanner) (named, error) {
		var n named
		return n, row.Scan(&n.id, &n.data)
	}, "SELECT l.object_id, l.data FROM link l JOIN object o ON o.id = l.object_id"+
		" WHERE l.target_id = ? AND l.attribute = 'otherWellKnownObjects' ORDER BY o.dn_key, l.data", o.ID)
	if err != nil {
		return nil, err
	}
	namers := make([]WellKnownNamer, 0, len(rows))
	for _, row := range rows {
		namer, err := t.ByID(row.id)
		if err != nil {
			return nil, err
		}
		namers = append(namers, WellKnownNamer{GUID: row.data, Object: namer})
	}
	return namers, nil
}
