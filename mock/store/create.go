package store

import (
	"errors"
	"fmt"
	"strings"

	"wsexchange/internal/ldappath"
)

// Create makes an object. The parent must exist (ErrNotFound) and may hold the
// class (ErrNaming); the name and all unique attributes must be free
// (ErrConflict). An account without a sAMAccountName gets a made-up one. The
// naming attribute may be repeated among the attributes if it agrees with the
// name. Either everything is written or nothing.
func (t *Tx) Create(dn ldappath.DN, class string, attributes Attributes) (*Object, error) {
	parent, err := t.Get(dn.Parent())
	if err != nil {
		return nil, fmt.Errorf("parent of %s: %w", dn, err)
	}
	return t.create(parent, dn, class, attributes, "")
}

// create makes an object under parent, which is nil for a root. sid is given
// for accounts that have a well-known one; empty takes the domain's next.
func (t *Tx) create(parent *Object, dn ldappath.DN, class string, attributes Attributes, sid SID) (*Object, error) {
	if err := t.ready(true); err != nil {
		return nil, err
	}
	o, c, err := t.place(parent, dn, class)
	if err != nil {
		return nil, err
	}
	if err := t.Savepoint(func() error { return t.complete(o, c, attributes, sid) }); err != nil {
		return nil, err
	}
	return o, nil
}

// complete gives a placed object its identity and writes it with its attributes.
func (t *Tx) complete(o *Object, c Class, attributes Attributes, sid SID) error {
	if err := t.identify(o, c, sid); err != nil {
		return err
	}
	changes, err := t.initial(o, c, attributes)
	if err != nil {
		return err
	}
	return t.insert(o, changes)
}

// place checks class and name and gives the object to be, without identity.
func (t *Tx) place(parent *Object, dn ldappath.DN, class string) (*Object, Class, error) {
	c, ok := LookupClass(class)
	if !ok {
		return nil, c, &ObjectError{DN: dn, Detail: fmt.Sprintf("class %q is unknown", class), Err: ErrClassViolation}
	}
	if err := checkPlace(parent, dn, c); err != nil {
		return nil, c, err
	}
	o := &Object{DN: dn.Parent().Child(c.RDN, dn.RDN().Value), Class: c.Name}
	if parent != nil {
		o.DN, o.ParentID = parent.DN.Child(c.RDN, dn.RDN().Value), parent.ID
	}
	return o, c, t.checkFree(o, o.DN)
}

// checkPlace tells whether an object of the class may have the name and lie
// under parent.
func checkPlace(parent *Object, dn ldappath.DN, c Class) error {
	rdn := dn.RDN()
	if !strings.EqualFold(rdn.Attribute, c.RDN) {
		return &ObjectError{DN: dn, Detail: fmt.Sprintf("class %s is named by %s", c.Name, c.RDN), Err: ErrNaming}
	}
	naming, err := LookupAttribute(c.RDN)
	if err != nil {
		return err
	}
	if _, err := naming.normalize(rdn.Value); err != nil {
		return err
	}
	if parent == nil {
		return nil
	}
	if above, ok := LookupClass(parent.Class); !ok || !c.under(above) {
		return &ObjectError{
			DN:     dn,
			Detail: fmt.Sprintf("class %s is not allowed under %s", c.Name, parent.Class), Err: ErrNaming,
		}
	}
	return nil
}

// checkFree tells whether the name can be read back and is free for o.
func (t *Tx) checkFree(o *Object, dn ldappath.DN) error {
	if text := dn.String(); len(text) > ldappath.MaxDN {
		return &ConstraintError{
			Attribute: "distinguishedName", Rule: RuleTooLong,
			Detail: fmt.Sprintf("%d, limit %d", len(text), ldappath.MaxDN),
		}
	}
	if _, err := ldappath.ParseDN(dn.String()); err != nil {
		return &ConstraintError{Attribute: "distinguishedName", Rule: RuleCharacters, Detail: err.Error()}
	}
	holder, err := t.lookup(dn)
	if err != nil || holder == nil || holder.ID == o.ID {
		return err
	}
	return &ConflictError{Kind: KindName, Value: dn.String(), Holder: holder}
}

// identify gives the object its GUID, SID, times and numbers.
func (t *Tx) identify(o *Object, c Class, sid SID) error {
	var err error
	o.GUID, o.WhenCreated = t.NewGUID(), t.Now()
	o.WhenChanged = o.WhenCreated
	if o.USNCreated, err = t.next("usn"); err != nil {
		return err
	}
	o.USNChanged = o.USNCreated
	if o.SID = sid; c.Account && sid == "" {
		if o.SID, err = t.nextSID(); err != nil {
			return err
		}
	}
	if holder, err := t.ByGUID(o.GUID); err == nil {
		return &ConflictError{Kind: KindGUID, Value: o.GUID.String(), Holder: holder}
	} else if !errors.Is(err, ErrNotFound) {
		return err
	}
	return nil
}

// nextSID gives the domain's next SID for an account.
func (t *Tx) nextSID() (SID, error) {
	domain, err := t.Setting(settingSID)
	if err != nil {
		return "", err
	}
	if domain == "" {
		return "", ErrNotSeeded
	}
	rid, err := t.next("rid")
	return SID(domain).Child(rid), err
}

// initial checks the attributes of a new object, its class's defaults among
// them.
func (t *Tx) initial(o *Object, c Class, attributes Attributes) ([]change, error) {
	if c.Account && !attributes.Has(KindSAM) {
		rid := o.SID[strings.LastIndexByte(string(o.SID), '-')+1:]
		attributes = attributes.With(KindSAM, fmt.Sprintf(generatedSAMForm, len(rid), o.USNCreated))
	}
	for _, standard := range c.Defaults {
		if !attributes.Has(standard.Name) {
			attributes = attributes.With(standard.Name, standard.Values...)
		}
	}
	changes := make([]change, 0, len(attributes))
	seen := make(map[string]bool, len(attributes))
	for _, attribute := range attributes {
		checked, err := t.check(o, attribute.Name, attribute.Values)
		if err != nil {
			return nil, err
		}
		if seen[checked.attribute.Name] {
			return nil, &AttributeError{Attribute: attribute.Name, Err: ErrValueExists}
		}
		seen[checked.attribute.Name] = true
		changes = append(changes, checked)
	}
	return changes, nil
}

// insert writes a new object and its attributes.
func (t *Tx) insert(o *Object, changes []change) error {
	var err error
	if o.ID, err = t.next("object"); err != nil {
		return err
	}
	var parent, sid any
	if o.ParentID != 0 {
		parent = o.ParentID
	}
	if o.SID != "" {
		sid = string(o.SID)
	}
	if _, err := t.exec("INSERT INTO object (id, parent_id, class, dn_key, dn, name_key, guid, sid, when_created, when_changed, usn_created, usn_changed)"+
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", o.ID, parent, o.Class, o.DN.Key(), o.DN.String(),
		ldappath.Fold(o.DN.RDN().Value), o.GUID.Octets(), sid,
		micros(o.WhenCreated), micros(o.WhenChanged), o.USNCreated, o.USNChanged); err != nil {
		return err
	}
	var plain []change
	for _, c := range changes {
		switch {
		case c.attribute.Link():
			err = t.insertLinks(o, c.attribute, c.targets)
		case c.attribute.Name == proxyAddresses:
			err = t.insertAddresses(o, c.values)
		case !c.attribute.Is(Naming):
			plain = append(plain, c)
		}
		if err != nil {
			return err
		}
	}
	return t.insertValues(o, plain)
}
