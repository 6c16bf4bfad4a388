package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
)

// Object is a directory object as it was when it was read. Its attributes are
// read through the transaction.
type Object struct {
	ID          int64 // row in the store, never given twice
	GUID        GUID
	SID         SID // empty for all but users, groups and computers
	DN          ldappath.DN
	Class       string // in the schema's spelling
	ParentID    int64  // 0 for a root
	WhenCreated time.Time
	WhenChanged time.Time
	USNCreated  int64
	USNChanged  int64
}

// Is tells whether the object is of the class or of one that descends from it.
func (o *Object) Is(class string) bool {
	c, ok := LookupClass(o.Class)
	return ok && c.is(class)
}

const objectColumns = "o.id, o.guid, o.sid, o.dn, o.class, o.parent_id, o.when_created, o.when_changed, o.usn_created, o.usn_changed"

func scanObject(row scanner) (*Object, error) {
	var (
		o                Object
		guid, dn         string
		sid              sql.NullString
		parent           sql.NullInt64
		created, changed int64
	)
	err := row.Scan(&o.ID, &guid, &sid, &dn, &o.Class, &parent, &created, &changed, &o.USNCreated, &o.USNChanged)
	if err != nil {
		return nil, err
	}
	if o.GUID, err = ParseGUID(guid); err != nil {
		return nil, fmt.Errorf("object %d: %w", o.ID, err)
	}
	if o.DN, err = ldappath.ParseDN(dn); err != nil {
		return nil, fmt.Errorf("object %d: %w", o.ID, err)
	}
	o.SID, o.ParentID = SID(sid.String), parent.Int64
	o.WhenCreated, o.WhenChanged = fromMicros(created), fromMicros(changed)
	return &o, nil
}

// find gives the one object of a query, or the error for what was looked for.
func (t *Tx) find(kind, value, query string, args ...any) (*Object, error) {
	found, err := collect(t, scanObject, query, args...)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, &NotFoundError{Kind: kind, Value: value}
	}
	return found[0], nil
}

// Get gives the object with the name. If there is none, the error tells the
// deepest ancestor that exists.
func (t *Tx) Get(dn ldappath.DN) (*Object, error) {
	o, err := t.find("name", dn.String(), "SELECT "+objectColumns+" FROM object o WHERE o.dn_key = ?", dn.Key())
	var missing *NotFoundError
	if errors.As(err, &missing) {
		for up := dn.Parent(); !up.IsZero(); up = up.Parent() {
			if above, aboveErr := t.lookup(up); aboveErr != nil {
				return nil, aboveErr
			} else if above != nil {
				missing.Ancestor = above.DN
				break
			}
		}
	}
	return o, err
}

// lookup is Get for those to whom a missing object is an answer: nil.
func (t *Tx) lookup(dn ldappath.DN) (*Object, error) {
	o, err := t.find("name", dn.String(), "SELECT "+objectColumns+" FROM object o WHERE o.dn_key = ?", dn.Key())
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return o, err
}

// Exists tells whether there is an object with the name.
func (t *Tx) Exists(dn ldappath.DN) (bool, error) {
	o, err := t.lookup(dn)
	return o != nil, err
}

// ByID gives the object of a row.
func (t *Tx) ByID(id int64) (*Object, error) {
	return t.find("row", fmt.Sprint(id), "SELECT "+objectColumns+" FROM object o WHERE o.id = ?", id)
}

// ByGUID gives the object with the objectGUID.
func (t *Tx) ByGUID(guid GUID) (*Object, error) {
	return t.find("objectGUID", guid.String(), "SELECT "+objectColumns+" FROM object o WHERE o.guid = ?", guid.Octets())
}

// BySID gives the account with the objectSid.
func (t *Tx) BySID(sid SID) (*Object, error) {
	return t.find("objectSid", string(sid), "SELECT "+objectColumns+" FROM object o WHERE o.sid = ?", string(sid))
}

// BySAM gives the account with the sAMAccountName, in any letter case.
func (t *Tx) BySAM(name string) (*Object, error) {
	return t.find(KindSAM, name, "SELECT "+objectColumns+" FROM object o WHERE o.sam_key = ?", ldappath.Fold(name))
}

// ByUPN gives the account with the userPrincipalName, in any letter case.
func (t *Tx) ByUPN(upn string) (*Object, error) {
	return t.find(KindUPN, upn, "SELECT "+objectColumns+" FROM object o WHERE o.upn_key = ?", ldappath.Fold(upn))
}

// ByProxyAddress gives the recipient that has the address among its
// proxyAddresses, primary or not. An address without a type is an SMTP one.
func (t *Tx) ByProxyAddress(address string) (*Object, error) {
	folded := ldappath.Fold(strings.TrimSpace(address))
	if !strings.Contains(folded, ":") {
		folded = "smtp:" + folded
	}
	return t.find(KindAddress, address, "SELECT "+objectColumns+
		" FROM proxy_address p JOIN object o ON o.id = p.object_id WHERE p.folded = ?", folded)
}

// ByValue gives the objects that have the value of an indexed attribute, in
// the order of their names. The attribute must be indexed and no link.
func (t *Tx) ByValue(attribute, value string) ([]*Object, error) {
	a, err := LookupAttribute(attribute)
	if err != nil {
		return nil, err
	}
	if !a.Is(Indexed) || a.Name == "proxyAddresses" {
		return nil, fmt.Errorf("attribute %s is not in the value index", a.Name)
	}
	return collect(t, scanObject, "SELECT "+objectColumns+" FROM attribute_value v JOIN object o ON o.id = v.object_id"+
		" WHERE v.attribute = ? AND v.folded = ? ORDER BY o.dn_key", a.Name, ldappath.Fold(value))
}

// Parent gives the object directly above. A root has none: ErrNotFound.
func (t *Tx) Parent(o *Object) (*Object, error) {
	if o.ParentID == 0 {
		return nil, &NotFoundError{Kind: "parent", Value: o.DN.String()}
	}
	return t.ByID(o.ParentID)
}

// Resolve gives the object that a trustee's name means: an ADsPath or a
// distinguished name, DOMAIN\account, a userPrincipalName, a SID, or a
// sAMAccountName. A userPrincipalName may have been taken apart at its @, as
// web servers do, and be written suffix\name. Each account has
// account@domain for a userPrincipalName beside its own (F129).
func (t *Tx) Resolve(name string) (*Object, error) {
	name = strings.TrimSpace(name)
	if path, err := ldappath.ParseLoose(name); err == nil && strings.Contains(name, "=") {
		return t.Get(path.DN)
	}
	if domain, account, ok := strings.Cut(name, `\`); ok {
		home, err := t.Domain()
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(domain, home.NetBIOS) {
			return t.BySAM(account)
		}
		return t.principal(account, domain, home)
	}
	if sid, err := ParseSID(name); err == nil {
		return t.BySID(sid)
	}
	o, err := t.ByUPN(name)
	if errors.Is(err, ErrNotFound) {
		o, err = t.BySAM(name)
	}
	if i := strings.LastIndexByte(name, '@'); errors.Is(err, ErrNotFound) && i > 0 {
		home, err := t.Domain()
		if err != nil {
			return nil, err
		}
		return t.principal(name[:i], name[i+1:], home)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, &NotFoundError{Kind: "account", Value: name}
	}
	return o, err
}

// principal gives the account of a userPrincipalName: its own, or the one that
// it has in its domain in any case.
func (t *Tx) principal(account, suffix string, home Domain) (*Object, error) {
	name := account + "@" + suffix
	o, err := t.ByUPN(name)
	if errors.Is(err, ErrNotFound) && strings.EqualFold(suffix, home.Name) {
		o, err = t.BySAM(account)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, &NotFoundError{Kind: "account", Value: name}
	}
	return o, err
}
