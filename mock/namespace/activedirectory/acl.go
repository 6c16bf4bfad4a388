package activedirectory

import (
	"errors"
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	dacl = directory.DACL
	sacl = directory.SACL
)

// Numbers and names that the children of an ace take.
var (
	objectTypes = map[string]uint32{
		"SE_UNKNOWN_OBJECT_TYPE": 0, "SE_FILE_OBJECT": 1, "SE_SERVICE": 2, "SE_PRINTER": 3, "SE_REGISTRY_KEY": 4,
		"SE_LMSHARE": 5, "SE_KERNEL_OBJECT": 6, "SE_WINDOW_OBJECT": 7, "SE_DS_OBJECT": 8, "SE_DS_OBJECT_ALL": 9,
		"SE_PROVIDER_DEFINED_OBJECT": 10, "SE_WMIGUID_OBJECT": 11, "SE_REGISTRY_WOW64_32KEY": 12,
	}
	permissions = map[string]uint32{
		"ADS_RIGHT_DELETE": 0x10000, "ADS_RIGHT_READ_CONTROL": 0x20000, "ADS_RIGHT_WRITE_DAC": 0x40000, "ADS_RIGHT_WRITE_OWNER": 0x80000,
		"ADS_RIGHT_SYNCHRONIZE": 0x100000, "ADS_RIGHT_ACCESS_SYSTEM_SECURITY": 0x1000000,
		"ADS_RIGHT_GENERIC_READ": genericRead, "ADS_RIGHT_GENERIC_WRITE": genericWrite,
		"ADS_RIGHT_GENERIC_EXECUTE": genericExecute, "ADS_RIGHT_GENERIC_ALL": genericAll,
		"ADS_RIGHT_DS_CREATE_CHILD": 0x1, "ADS_RIGHT_DS_DELETE_CHILD": 0x2, "ADS_RIGHT_ACTRL_DS_LIST": 0x4, "ADS_RIGHT_DS_SELF": 0x8,
		"ADS_RIGHT_DS_READ_PROP": 0x10, "ADS_RIGHT_DS_WRITE_PROP": 0x20, "ADS_RIGHT_DS_DELETE_TREE": 0x40,
		"ADS_RIGHT_DS_LIST_OBJECT": 0x80, "ADS_RIGHT_DS_CONTROL_ACCESS": directory.ControlAccess,
		"DELETE": 0x10000, "READ_CONTROL": 0x20000, "WRITE_DAC": 0x40000, "WRITE_OWNER": 0x80000, "SYNCHRONIZE": 0x100000,
		"GENERIC_READ": genericRead, "GENERIC_WRITE": genericWrite, "GENERIC_EXECUTE": genericExecute, "GENERIC_ALL": genericAll,
	}
	modesOfACE = map[string]uint32{
		"GRANT_ACCESS": grantAccess, "SET_ACCESS": setAccess, "DENY_ACCESS": denyAccess, "REVOKE_ACCESS": revokeAccess,
		"SET_AUDIT_SUCCESS": auditSuccess, "SET_AUDIT_FAILURE": auditFailure,
	}
	trusteeForms = map[string]uint32{
		"TRUSTEE_IS_SID": trusteeSID, "TRUSTEE_IS_NAME": trusteeName,
		"TRUSTEE_IS_OBJECTS_AND_SID": trusteeObjectsSID, "TRUSTEE_IS_OBJECTS_AND_NAME": trusteeObjectsName,
	}
	trusteeTypes = map[string]uint32{
		"TRUSTEE_IS_UNKNOWN": 0, "TRUSTEE_IS_USER": 1, "TRUSTEE_IS_GROUP": 2, "TRUSTEE_IS_DOMAIN": 3, "TRUSTEE_IS_ALIAS": 4,
		"TRUSTEE_IS_WELL_KNOWN_GROUP": 5, "TRUSTEE_IS_DELETED": 6, "TRUSTEE_IS_INVALID": 7, "TRUSTEE_IS_COMPUTER": 8,
	}
	inheritances = map[string]uint32{
		"NO_INHERITANCE": 0, "SUB_OBJECTS_ONLY_INHERIT": directory.InheritObjects, "SUB_CONTAINERS_ONLY_INHERIT": directory.InheritContainers,
		"SUB_CONTAINERS_AND_OBJECTS_INHERIT": directory.InheritObjects | directory.InheritContainers,
		"INHERIT_NO_PROPAGATE":               directory.InheritNoPropagate, "INHERIT_ONLY": directory.InheritOnly,
		"OBJECT_INHERIT_ACE": directory.InheritObjects, "CONTAINER_INHERIT_ACE": directory.InheritContainers,
		"NO_PROPAGATE_INHERIT_ACE": directory.InheritNoPropagate, "INHERIT_ONLY_ACE": directory.InheritOnly,
	}
)

// ACCESS_MODE.
const (
	grantAccess  = 1
	setAccess    = 2
	denyAccess   = 3
	revokeAccess = 4
	auditSuccess = 5
	auditFailure = 6
)

// TRUSTEE_FORM.
const (
	trusteeSID         = 0
	trusteeName        = 1
	trusteeObjectsSID  = 3
	trusteeObjectsName = 4
)

// Generic rights, and the specific ones that they are on objects of the
// directory: what is stored (F239).
const (
	genericRead    uint32 = 0x80000000
	genericWrite   uint32 = 0x40000000
	genericExecute uint32 = 0x20000000
	genericAll     uint32 = 0x10000000
)

var genericRights = map[uint32]uint32{genericRead: 0x20094, genericWrite: 0x20028, genericExecute: 0x20004, genericAll: 0xf01ff}

// openSecured opens the object of an access control list. Only objects of the
// directory have one here.
func openSecured(c *engine.Call) (*directory.Object, error) {
	kind, ok := numbered(objectTypes, c.Text("objectType"))
	switch {
	case !ok:
		return nil, c.Invalid("objectType", "'"+c.Text("objectType")+"' is not an SE_OBJECT_TYPE")
	case kind != objectTypes["SE_DS_OBJECT"] && kind != objectTypes["SE_DS_OBJECT_ALL"]:
		return nil, mpf.OutOfReach.New("access control lists outside of the directory", "objectType "+c.Text("objectType"))
	}
	return openNamed(c)
}

// numbered reads the name of a constant or a number, decimal or with 0x.
func numbered(names map[string]uint32, text string) (uint32, bool) {
	if n, ok := names[strings.ToUpper(text)]; ok {
		return n, true
	}
	n, err := strconv.ParseInt(text, 0, 64)
	if err != nil || n > 1<<32-1 || n < -1<<31 {
		return 0, false
	}
	for _, known := range names {
		if known == uint32(n) {
			return known, true
		}
	}
	return uint32(n), len(names) == 0
}

// mask reads the name of a right or a number of any bits.
func mask(names map[string]uint32, text string) (uint32, bool) {
	if n, ok := numbered(names, text); ok {
		return n, true
	}
	return numbered(nil, text)
}

// getACL returns the function of Get DACL and Get SACL.
func getACL(kind directory.ACLKind) func(*engine.Call) error {
	return func(c *engine.Call) error {
		o, err := openSecured(c)
		if err != nil {
			return err
		}
		entries, err := c.Directory().ACL(o, kind)
		if err != nil {
			return err
		}
		list := xmldoc.Element(string(kind))
		for _, one := range entries {
			n, err := aceNode(c, one)
			if err != nil {
				return err
			}
			xmldoc.Append(list, n)
		}
		c.Output(list)
		return nil
	}
}

// aceNode writes an entry. Its values are numbers, never names (F239); a trustee
// that the caller may not see is written as a security identifier.
func aceNode(c *engine.Call, a directory.ACE) (*xmldoc.Node, error) {
	who, err := accountOf(c, a.Trustee)
	if err != nil {
		return nil, err
	}
	form, name, kind := uint32(trusteeSID), string(a.Trustee), 0
	if who != nil {
		form, name, kind = trusteeName, who.String(), who.kind
	}
	if kind == kindComputer {
		kind = int(trusteeTypes["TRUSTEE_IS_COMPUTER"])
	}
	if a.ObjectType != "" || a.InheritedType != "" {
		form += trusteeObjectsSID - trusteeSID
	}
	n := xmldoc.Element("ace", decimal("permission", a.Mask), decimal("mode", uint32(a.Mode)), decimal("trusteeForm", form),
		text("trustee", name), decimal("trusteeType", uint32(kind)), decimal("inheritance", a.Flags))
	if a.ObjectType != "" {
		xmldoc.Append(n, text("objectTypeName", a.ObjectType))
	}
	if a.InheritedType != "" {
		xmldoc.Append(n, text("inheritedObjectTypeName", a.InheritedType))
	}
	return n, nil
}

func decimal(name string, n uint32) *xmldoc.Node {
	return text(name, strconv.FormatUint(uint64(n), 10))
}

// updateACL applies the lists to the object's.
func updateACL(c *engine.Call) error {
	o, err := openSecured(c)
	if err != nil {
		return err
	}
	for _, kind := range []directory.ACLKind{dacl, sacl} {
		if !c.Has(string(kind)) {
			continue
		}
		changes, err := readACL(c, c.Node(string(kind)))
		if err != nil {
			return err
		}
		entries, err := c.Directory().ACL(o, kind)
		if err != nil {
			return err
		}
		err = c.Directory().SetACL(o, kind, applied(entries, changes))
		if errors.Is(err, state.ErrConstraint) {
			return mpf.ACLRefused.New(err.Error())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// applied returns the own entries of a list after changes: new entries that deny
// at the front, new ones that allow before those that allow already, audits at
// the end; revoked ones are gone, which may be none (F239).
func applied(entries []directory.ACE, changes []aceChange) []directory.ACE {
	var denied, rest, audits []directory.ACE
	gone := func(same func(directory.ACE) bool) {
		for _, list := range []*[]directory.ACE{&denied, &rest, &audits} {
			kept := (*list)[:0]
			for _, one := range *list {
				if !same(one) {
					kept = append(kept, one)
				}
			}
			*list = kept
		}
	}
	for _, one := range entries {
		switch {
		case one.Flags&directory.Inherited != 0:
		case one.Mode == directory.ACEDeny:
			denied = append(denied, one)
		case one.Mode == directory.ACEAllow:
			rest = append(rest, one)
		default:
			audits = append(audits, one)
		}
	}
	for _, change := range changes {
		one := change.entry
		switch change.mode {
		case denyAccess:
			denied = append([]directory.ACE{one}, denied...)
		case auditSuccess, auditFailure:
			audits = append(audits, one)
		case revokeAccess:
			gone(func(held directory.ACE) bool {
				held.Mode = one.Mode
				return held == one
			})
		case setAccess:
			gone(func(held directory.ACE) bool {
				return held.Trustee == one.Trustee && held.Mode < directory.ACEAuditSuccess
			})
			rest = append([]directory.ACE{one}, rest...)
		default:
			rest = append([]directory.ACE{one}, rest...)
		}
	}
	return append(append(denied, rest...), audits...)
}

// aceChange is an ace element of a request.
type aceChange struct {
	mode  uint32
	form  uint32
	entry directory.ACE
}

// aceChildren are the children of an ace, by how often they may be there.
var aceChildren = map[string]struct{ many bool }{
	"permission": {many: true}, "mode": {}, "trusteeForm": {}, "trustee": {},
	"trusteeType": {}, "inheritance": {many: true}, "objectTypeName": {}, "inheritedObjectTypeName": {},
}

func readACL(c *engine.Call, list *xmldoc.Node) ([]aceChange, error) {
	var changes []aceChange
	for n := range xmldoc.Elements(list) {
		if n.Data != "ace" {
			return nil, mpf.ACEChild.New(n.Data)
		}
		if len(changes) == directory.MostACEs {
			return nil, mpf.ACLRefused.New("more than " + strconv.Itoa(directory.MostACEs) + " entries")
		}
		one, err := readACE(c, n)
		if err != nil {
			return nil, err
		}
		changes = append(changes, one)
	}
	return changes, nil
}

// checkACE checks which children an ace has.
func checkACE(n *xmldoc.Node) error {
	seen := make(map[string]bool)
	for child := range xmldoc.Elements(n) {
		row, ok := aceChildren[child.Data]
		switch {
		case !ok:
			return mpf.ACEChild.New(child.Data)
		case seen[child.Data] && !row.many:
			return mpf.ACERepeated.New(child.Data)
		}
		seen[child.Data] = true
	}
	for _, name := range []string{"permission", "mode", "trusteeForm", "trustee"} {
		if !seen[name] {
			return mpf.ACEMissing.New(name)
		}
	}
	return nil
}

func readACE(c *engine.Call, n *xmldoc.Node) (aceChange, error) {
	if err := checkACE(n); err != nil {
		return aceChange{}, err
	}
	r := aceReader{node: n}
	var change aceChange
	change.mode = r.number("mode", modesOfACE)
	change.form = r.number("trusteeForm", trusteeForms)
	if xmldoc.Child(n, "trusteeType") != nil {
		_ = r.number("trusteeType", trusteeTypes)
	}
	change.entry = directory.ACE{
		Mode: storedMode(change.mode), Mask: specificRights(r.bits("permission", permissions)),
		Flags: r.bits("inheritance", inheritances) &^ directory.Inherited,
	}
	if r.err != nil {
		return aceChange{}, r.err
	}
	return change, change.identify(c, n)
}

// identify reads the trustee and what the entry is about.
func (a *aceChange) identify(c *engine.Call, n *xmldoc.Node) error {
	for name, to := range map[string]*string{"objectTypeName": &a.entry.ObjectType, "inheritedObjectTypeName": &a.entry.InheritedType} {
		value, _ := xmldoc.ChildText(n, name)
		if *to = strings.TrimSpace(value); len(*to) > longestObjectType {
			return mpf.ACEValue.New(name, (*to)[:longestObjectType])
		}
		if *to != "" && a.form < trusteeObjectsSID {
			return mpf.ACEObject.New(*to)
		}
	}
	value, _ := xmldoc.ChildText(n, "trustee")
	value = strings.TrimSpace(value)
	if a.form == trusteeSID || a.form == trusteeObjectsSID {
		sid, err := directory.ParseSID(value)
		if err != nil {
			return mpf.ACEValue.New("trustee", value)
		}
		a.entry.Trustee = sid
		return nil
	}
	who, err := accountNamed(c, value)
	if err != nil {
		return err
	}
	if who == nil {
		return mpf.ACLRefused.New("there is no account '" + value + "'")
	}
	a.entry.Trustee = who.sid
	return nil
}

// longestObjectType bounds the names in an entry, in bytes.
const longestObjectType = 256

// storedMode is how an entry is stored that a request adds.
func storedMode(mode uint32) directory.ACEMode {
	if mode == setAccess || mode == revokeAccess {
		return directory.ACEAllow
	}
	return directory.ACEMode(mode)
}

// specificRights turns generic rights into those that are stored.
func specificRights(mask uint32) uint32 {
	for generic, rights := range genericRights {
		if mask&generic != 0 {
			mask = mask&^generic | rights
		}
	}
	return mask
}

// aceReader reads numbers of an ace until one is wrong.
type aceReader struct {
	node *xmldoc.Node
	err  error
}

func (r *aceReader) number(name string, names map[string]uint32) uint32 {
	value, _ := xmldoc.ChildText(r.node, name)
	value = strings.TrimSpace(value)
	n, ok := numbered(names, value)
	if !ok && r.err == nil {
		r.err = mpf.ACEValue.New(name, value)
	}
	return n
}

// bits ors what all children of a name say.
func (r *aceReader) bits(name string, names map[string]uint32) uint32 {
	var all uint32
	for child := range xmldoc.Children(r.node, name) {
		value := strings.TrimSpace(xmldoc.Text(child))
		n, ok := mask(names, value)
		if !ok && r.err == nil {
			r.err = mpf.ACEValue.New(name, value)
		}
		all |= n
	}
	return all
}
