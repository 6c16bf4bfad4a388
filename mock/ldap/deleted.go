package ldap

import (
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// Deleted objects are found by searches with the control for them, of accounts
// that may see them (F452).

// showsDeleted reports whether the search finds deleted objects.
func (q *query) showsDeleted() bool { return q.controls.Deleted && q.sees.SeesDeleted() }

// named returns the object of the search's base, a deleted one if the search
// finds those.
func (q *query) named(tx *state.Tx) (*directory.Object, error) {
	o, err := named(tx, q.sees, q.request.Base)
	if err == nil || !q.showsDeleted() {
		return o, err
	}
	gone, missed := lookupDeleted(tx, q.sees, q.request.Base)
	if missed != nil {
		return nil, err
	}
	return gone, nil
}

// lookupDeleted returns the deleted object, or container of such, that a name
// means, in the forms of lookup but for <SID=…>.
func lookupDeleted(tx *state.Tx, sees directory.Visibility, name string) (*directory.Object, error) {
	d := directory.In(tx)
	form, value, isForm := cutForm(name)
	switch {
	case !isForm:
		return d.DeletedByName(name)
	case form == guidForm:
		guid, err := readGUID(value)
		if err != nil {
			break
		}
		return d.DeletedByGUID(guid)
	case form == wellKnownForm:
		guid, at, _ := strings.Cut(value, ",")
		if !strings.EqualFold(guid, directory.WellKnownDeleted) {
			break
		}
		of, err := findDN(d, sees, at)
		if err != nil || of.ParentID != 0 {
			break
		}
		return d.DeletedByName(containerOf(of).String())
	}
	return nil, state.ErrNotFound
}

// containerOf is the name of a naming context's container of deleted objects.
func containerOf(context *directory.Object) ldappath.DN {
	return context.DN.Child("CN", "Deleted Objects")
}

// withDeleted adds where deleted objects are to where the search looks.
func (q *query) withDeleted(bases []base, name ldappath.DN) []base {
	if q.showsDeleted() {
		return append(bases, base{name, true})
	}
	return bases
}

// atDeleted is where a search looks whose base is deleted.
func (q *query) atDeleted(o *directory.Object) []base {
	if o == nil {
		return nil
	}
	return []base{{o.DN, true}}
}

// search returns the search of the directory that looks there.
func (b base) search(tx *state.Tx) func(directory.Query) ([]*directory.Object, bool, error) {
	if b.deleted {
		return directory.In(tx).SearchDeleted
	}
	return directory.In(tx).Search
}

// placeOf returns the place of an object among those of its base.
func placeOf(o *directory.Object) string {
	if o.Deleted() {
		return strconv.FormatInt(o.USNChanged, 10)
	}
	return o.DN.Key()
}

// withDeletedContainer adds the container of deleted objects to what a naming
// context names among wellKnownObjects, if that is asked for.
func withDeletedContainer(o *directory.Object, attributes directory.Attributes) directory.Attributes {
	const known = "wellKnownObjects"
	if o.ParentID != 0 || !attributes.Has(known) {
		return attributes
	}
	named := "B:32:" + directory.WellKnownDeleted + ":" + containerOf(o).String()
	return attributes.With(known, append([]string{named}, attributes.Get(known)...)...)
}
