package directory

import (
	"fmt"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/state"
)

// Create makes an object. The parent must exist (state.ErrNotFound) and may
// hold the class (ErrNaming); the name and all unique attributes must be free
// (state.ErrConflict). An account without a sAMAccountName gets a made-up one.
// The naming attribute may be repeated among the attributes if it agrees with
// the name. Either everything is written or nothing.
func (d Directory) Create(dn ldappath.DN, class string, attributes Attributes) (*Object, error) {
	return d.CreateWithSID(dn, class, attributes, "")
}

// CreateWithSID is Create for accounts that have a well-known SID. The empty
// SID takes the domain's next.
func (d Directory) CreateWithSID(dn ldappath.DN, class string, attributes Attributes, sid SID) (*Object, error) {
	parent, err := d.Get(dn.Parent())
	if err != nil {
		return nil, fmt.Errorf("parent of %s: %w", dn, err)
	}
	return d.create(parent, dn, class, attributes, sid)
}

// create makes an object under parent, which is nil for a root.
func (d Directory) create(parent *Object, dn ldappath.DN, class string, attributes Attributes, sid SID) (*Object, error) {
	if err := d.tx.Ready(true); err != nil {
		return nil, err
	}
	o, number, err := d.place(parent, dn, class)
	if err != nil {
		return nil, err
	}
	if err := d.identify(o, number, sid); err != nil {
		return nil, err
	}
	changes, err := d.initial(o, number, attributes)
	if err != nil {
		return nil, err
	}
	if err := d.insert(o, changes); err != nil {
		return nil, err
	}
	return o, nil
}

// place checks class and name and returns the object to be, without identity.
func (d Directory) place(parent *Object, dn ldappath.DN, class string) (*Object, uint16, error) {
	number, ok := classNumber(class)
	if !ok {
		return nil, 0, &ObjectError{DN: dn, Detail: fmt.Sprintf("class %q is unknown", class), Err: ErrClassViolation}
	}
	if err := checkPlace(parent, dn, number); err != nil {
		return nil, 0, err
	}
	c, above := &classes[number], dn.Parent()
	o := &Object{Class: c.Name}
	if parent != nil {
		above, o.ParentID = parent.DN, parent.ID
	}
	o.DN = above.Child(c.RDN, strings.Clone(dn.RDN().Value))
	return o, number, d.checkFree(o, o.DN)
}

// checkPlace reports why an object of the class may not have the name or be
// under parent.
func checkPlace(parent *Object, dn ldappath.DN, class uint16) error {
	rdn, c := dn.RDN(), &classes[class]
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
	if above, ok := classNumber(parent.Class); !ok || !c.under(&classes[above]) {
		return &ObjectError{
			DN:     dn,
			Detail: fmt.Sprintf("class %s is not allowed under %s", c.Name, parent.Class), Err: ErrNaming,
		}
	}
	return nil
}

// checkFree reports why the name cannot be read back, or who else than o has
// it.
func (d Directory) checkFree(o *Object, dn ldappath.DN) error {
	text := dn.String()
	if len(text) > ldappath.MaxDN {
		return &state.ConstraintError{
			Attribute: "distinguishedName", Rule: state.RuleTooLong,
			Detail: fmt.Sprintf("%d, limit %d", len(text), ldappath.MaxDN),
		}
	}
	// What is above the leaf is the name of an object and was read back before.
	if _, err := ldappath.ParseDN(dn.RDN().String()); err != nil {
		if _, err = ldappath.ParseDN(text); err != nil {
			return &state.ConstraintError{Attribute: "distinguishedName", Rule: state.RuleCharacters, Detail: err.Error()}
		}
	}
	holder := d.lookup(dn)
	if holder == nil || holder.id == o.ID {
		return nil
	}
	return &state.ConflictError{Kind: KindName, Value: text, Holder: d.dn(holder)}
}

// identify gives the object its GUID, SID, times and numbers. The numbers are
// taken when the object is inserted.
func (d Directory) identify(o *Object, class uint16, sid SID) error {
	o.GUID, o.WhenCreated = d.tx.NewGUID(), d.tx.Now()
	o.WhenChanged = o.WhenCreated
	o.USNCreated = d.tx.Last("usn") + 1
	o.USNChanged = o.USNCreated
	if o.SID = sid; classes[class].Account && sid == "" {
		domain := d.text(settingSID)
		if domain == "" {
			return ErrNotSeeded
		}
		o.SID = SID(domain).Child(d.tx.Last("rid") + 1)
	}
	if holder := byGUID.Find(d.tx, o.GUID); holder != nil {
		return &state.ConflictError{Kind: KindGUID, Value: o.GUID.String(), Holder: d.dn(holder)}
	}
	return nil
}

// initial checks the attributes of a new object, its class's defaults among
// them.
func (d Directory) initial(o *Object, class uint16, attributes Attributes) ([]change, error) {
	c, given := &classes[class], attributes
	attributes = given[:len(given):len(given)]
	if c.Account && !given.Has(KindSAM) {
		rid := o.SID[strings.LastIndexByte(string(o.SID), '-')+1:]
		attributes = append(attributes, value(KindSAM, fmt.Sprintf(generatedSAMForm, len(rid), o.USNCreated)))
	}
	for _, standard := range c.Defaults {
		if !given.Has(standard.Name) {
			attributes = append(attributes, standard)
		}
	}
	changes := make([]change, 0, len(attributes))
	for _, attribute := range attributes {
		checked, err := d.check(o, attribute.Name, attribute.Values)
		if err != nil {
			return nil, err
		}
		for _, other := range changes {
			if other.attribute.number == checked.attribute.number {
				return nil, &AttributeError{Attribute: attribute.Name, Err: ErrValueExists}
			}
		}
		changes = append(changes, checked)
	}
	return changes, nil
}

// insert writes a new object and its attributes, and takes its numbers.
func (d Directory) insert(o *Object, changes []change) error {
	o.ID = d.tx.Last("object") + 1
	row := o.record()
	if row.root != nil {
		row.root = ptr(o.DN)
	}
	plain := make([]plainAttribute, 0, len(changes))
	for _, c := range changes {
		if len(c.values) > 0 {
			plain = append(plain, plainAttribute{c.attribute.number, c.values})
		}
	}
	row.plain = encodeValues(plain)
	if err := objects.Put(d.tx, row); err != nil {
		return err
	}
	if err := d.takeNumbers(o); err != nil {
		return err
	}
	for _, c := range changes {
		if c.attribute.near() {
			continue
		}
		if err := d.insertLinks(o, c.attribute, c.targets); err != nil {
			return err
		}
	}
	return nil
}

func ptr[T any](value T) *T { return &value }

// takeNumbers makes the numbers of a new object the ones given last.
func (d Directory) takeNumbers(o *Object) error {
	if err := d.tx.Skip("object", o.ID); err != nil {
		return err
	}
	if err := d.tx.Skip("usn", o.USNCreated); err != nil {
		return err
	}
	next := d.tx.Last("rid") + 1
	if o.SID == "" || o.SID != SID(d.text(settingSID)).Child(next) {
		return nil
	}
	return d.tx.Skip("rid", next)
}
