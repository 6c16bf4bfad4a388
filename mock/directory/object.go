package directory

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// Directory is the directory as a transaction sees it. It belongs to the
// goroutine of the transaction.
type Directory struct{ tx *state.Tx }

// In returns the directory in a transaction.
func In(tx *state.Tx) Directory { return Directory{tx: tx} }

// Object is a directory object as it was when it was read. Its attributes are
// read through the transaction.
type Object struct {
	ID          int64 // never given twice
	GUID        GUID
	SID         SID // empty for all but users, groups, computers and the domain
	DN          ldappath.DN
	Class       string // in the schema's spelling
	ParentID    int64  // 0 for a root
	WhenCreated time.Time
	WhenChanged time.Time
	USNCreated  int64
	USNChanged  int64

	deleted *record // of a deleted object, which is in no table of objects: its row
}

// Is reports whether the object is of the class or of one that descends from
// it.
func (o *Object) Is(class string) bool {
	number, ok := classNumber(o.Class)
	return ok && classes[number].is(class)
}

// object makes the Object of a row.
func (d Directory) object(r *record) *Object { return r.object(d.dn(r)) }

// object makes the Object of a row with its name.
func (r *record) object(dn ldappath.DN) *Object {
	o := &Object{
		ID: r.id, GUID: r.guid, SID: r.sid.text(), DN: dn, Class: classes[r.class].Name, ParentID: r.parent,
		WhenCreated: fromMicros(r.created), WhenChanged: fromMicros(r.changed), USNCreated: r.usnCreated, USNChanged: r.usnChanged,
	}
	if r.deleted {
		o.deleted = r
	}
	return o
}

// record makes a row of what the object itself says, without attributes. That of
// a deleted object has all and must not be changed.
func (o *Object) record() *record {
	if o.deleted != nil {
		return o.deleted
	}
	class, _ := classNumber(o.Class)
	r := &record{
		id: o.ID, parent: o.ParentID, guid: o.GUID, created: micros(o.WhenCreated), changed: micros(o.WhenChanged),
		usnCreated: o.USNCreated, usnChanged: o.USNChanged, sid: o.SID.compact(), class: class, rdn: o.DN.RDN().Value,
	}
	if o.ParentID == 0 {
		r.root = &o.DN
	}
	return r
}

// dn makes the name of an object by walking up to its root.
func (d Directory) dn(r *record) ldappath.DN {
	if r.root != nil {
		return *r.root
	}
	var few [16]*record
	way := few[:0]
	for ; r != nil && r.root == nil; r = objects.Get(d.tx, r.parent) {
		way = append(way, r)
	}
	size := len(way)
	if r != nil {
		size += r.root.Len()
	}
	rdns := make([]ldappath.RDN, len(way), size)
	for i, one := range way {
		rdns[i] = ldappath.RDN{Attribute: classes[one.class].RDN, Value: one.rdn}
	}
	if r != nil {
		rdns = r.root.AppendRDNs(rdns)
	}
	return ldappath.FromRDNs(rdns)
}

// walkTo returns the row of a name, or the deepest one above it: nil if not
// even a root is there. spelled is that the name of the row is written as dn is.
func (d Directory) walkTo(dn ldappath.DN) (r *record, found, spelled bool) {
	var buffer [256]byte
	key := buffer[:0]
	for i := dn.Len() - 1; i >= 0; i-- {
		rdn := dn.At(i)
		key = append(rdn.AppendKey(key), ',')
		var next *record
		if kind, ok := rdnKind(rdn.Attribute); ok && r != nil && found {
			next = byParent.Find(d.tx, child(r.id, kind, rdn.KeyValue()))
		}
		if next == nil { // a root has all of its name for a key
			next = byParent.Find(d.tx, childKey{key: string(key)})
		}
		if found = next != nil; !found {
			continue
		}
		switch r = next; {
		case r.root != nil:
			spelled = r.root.Same(dn, i)
		case r.rdn != rdn.Value || classes[r.class].RDN != rdn.Attribute:
			spelled = false
		}
	}
	return r, found, spelled
}

// Get returns the object with the name. If there is none, the error has the
// deepest ancestor that exists.
func (d Directory) Get(dn ldappath.DN) (*Object, error) {
	if err := d.tx.Ready(false); err != nil {
		return nil, err
	}
	r, found, spelled := d.walkTo(dn)
	switch {
	case found && spelled:
		return r.object(dn), nil
	case found:
		return d.object(r), nil
	}
	missing := &state.NotFoundError{Kind: "name", Value: dn.String()}
	if r != nil {
		missing.Ancestor = d.dn(r)
	}
	return nil, missing
}

// lookup returns the row of a name, nil if there is none.
func (d Directory) lookup(dn ldappath.DN) *record {
	if r, found, _ := d.walkTo(dn); found {
		return r
	}
	return nil
}

// Exists reports whether there is an object with the name.
func (d Directory) Exists(dn ldappath.DN) (bool, error) {
	return d.lookup(dn) != nil, d.tx.Ready(false)
}

// found returns the object of a row, or what is missing if it is nil.
func (d Directory) found(r *record, kind, value string) (*Object, error) {
	if err := d.tx.Ready(false); err != nil {
		return nil, err
	}
	if r == nil {
		return nil, &state.NotFoundError{Kind: kind, Value: value}
	}
	return d.object(r), nil
}

// ByID returns the object of an id.
func (d Directory) ByID(id int64) (*Object, error) {
	r := objects.Get(d.tx, id)
	if r == nil {
		return d.found(nil, "row", fmt.Sprint(id))
	}
	return d.found(r, "", "")
}

// ByGUID returns the object with the objectGUID.
func (d Directory) ByGUID(guid GUID) (*Object, error) {
	r := byGUID.Find(d.tx, guid)
	if r == nil {
		return d.found(nil, "objectGUID", guid.String())
	}
	return d.found(r, "", "")
}

// BySID returns the account with the objectSid.
func (d Directory) BySID(sid SID) (*Object, error) {
	return d.found(d.sidRow(sid.compact()), "objectSid", string(sid))
}

func (d Directory) sidRow(sid compactSID) *record {
	if sid.form == noSID {
		return nil
	}
	return bySID.Find(d.tx, sid)
}

// BySAM returns the account with the sAMAccountName, in any letter case.
func (d Directory) BySAM(name string) (*Object, error) {
	return d.found(bySAM.Find(d.tx, ldappath.Fold(name)), KindSAM, name)
}

// ByUPN returns the account with the userPrincipalName, in any letter case.
func (d Directory) ByUPN(upn string) (*Object, error) {
	return d.found(byUPN.Find(d.tx, ldappath.Fold(upn)), KindUPN, upn)
}

// ByProxyAddress returns the recipient that has the address among its
// proxyAddresses, primary or not. An address without a type is an SMTP one.
func (d Directory) ByProxyAddress(address string) (*Object, error) {
	return d.found(d.addressRow(address), KindAddress, address)
}

func (d Directory) addressRow(address string) *record {
	folded := ldappath.Fold(strings.TrimSpace(address))
	if !strings.Contains(folded, ":") {
		folded = "smtp:" + folded
	}
	return byAddress.Find(d.tx, folded)
}

// ByValue returns the objects that have the value of an indexed attribute, in
// the order of their names. The attribute must be Indexed, and not be
// proxyAddresses.
func (d Directory) ByValue(attribute, value string) ([]*Object, error) {
	a, err := LookupAttribute(attribute)
	if err != nil {
		return nil, err
	}
	if !a.Is(Indexed) || a.number == attributeAddresses {
		return nil, fmt.Errorf("attribute %s is not in the value index", a.Name)
	}
	return d.sorted(equalValue(d.tx, a.number, ldappath.Fold(value))), d.tx.Ready(false)
}

// Parent returns the object directly above. A root has none: state.ErrNotFound.
func (d Directory) Parent(o *Object) (*Object, error) {
	if o.ParentID == 0 {
		return nil, &state.NotFoundError{Kind: "parent", Value: o.DN.String()}
	}
	return d.ByID(o.ParentID)
}

// Resolve returns the object that a trustee's name means: an ADsPath or a
// distinguished name, DOMAIN\account, a userPrincipalName, a SID, or a
// sAMAccountName. A userPrincipalName may have been taken apart at its @, as
// web servers do, and be written suffix\name. Each account has
// account@domain for a userPrincipalName in addition to its own (F129).
func (d Directory) Resolve(name string) (*Object, error) {
	name = strings.TrimSpace(name)
	if path, err := ldappath.ParseLoose(name); err == nil && strings.Contains(name, "=") {
		return d.Get(path.DN)
	}
	if domain, account, ok := strings.Cut(name, `\`); ok {
		home, err := d.Domain()
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(domain, home.NetBIOS) {
			return d.BySAM(account)
		}
		return d.principal(account, domain, home)
	}
	if sid, err := ParseSID(name); err == nil {
		return d.BySID(sid)
	}
	first, second := d.BySAM, d.ByUPN // a name without an @ is an account's first
	if strings.Contains(name, "@") {
		first, second = second, first
	}
	o, err := first(name)
	if errors.Is(err, state.ErrNotFound) {
		o, err = second(name)
	}
	if i := strings.LastIndexByte(name, '@'); errors.Is(err, state.ErrNotFound) && i > 0 {
		home, err := d.Domain()
		if err != nil {
			return nil, err
		}
		return d.principal(name[:i], name[i+1:], home)
	}
	if errors.Is(err, state.ErrNotFound) {
		return nil, &state.NotFoundError{Kind: "account", Value: name}
	}
	return o, err
}

// principal returns the account of a userPrincipalName: its own, or the one that
// it has in its domain in any case.
func (d Directory) principal(account, suffix string, home Domain) (*Object, error) {
	name := account + "@" + suffix
	o, err := d.ByUPN(name)
	if errors.Is(err, state.ErrNotFound) && strings.EqualFold(suffix, home.Name) {
		o, err = d.BySAM(account)
	}
	if errors.Is(err, state.ErrNotFound) {
		return nil, &state.NotFoundError{Kind: "account", Value: name}
	}
	return o, err
}
