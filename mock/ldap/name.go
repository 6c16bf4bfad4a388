package ldap

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// Names that are not distinguished names (MS-ADTS section 3.1.1.3.1.2.4).
const (
	guidForm      = "GUID"
	sidForm       = "SID"
	wellKnownForm = "WKGUID"
)

// lookup returns the object that a name means: a distinguished name, or
// <GUID=…>, <SID=…>, <WKGUID=…,DN>. sees is what a refusal may tell of names
// above one that does not exist.
func lookup(tx *state.Tx, sees directory.Visibility, name string) (*directory.Object, error) {
	d := directory.In(tx)
	form, value, isForm := cutForm(name)
	switch {
	case isForm:
	case directory.DeletedName(name):
		return nil, missing(ldappath.DN{})
	default:
		return findDN(d, sees, name)
	}
	var o *directory.Object
	var err error
	switch form {
	case guidForm:
		guid, bad := readGUID(value)
		if bad != nil {
			return nil, badName(name)
		}
		o, err = d.ByGUID(guid)
	case sidForm:
		sid, bad := readSID(value)
		if bad != nil {
			return nil, badName(name)
		}
		o, err = d.BySID(sid)
	case wellKnownForm:
		guid, at, _ := strings.Cut(value, ",")
		var of *directory.Object
		if of, err = findDN(d, sees, at); err == nil {
			o, err = d.WellKnown(of, guid)
		}
	default:
		return nil, badName(name)
	}
	if errors.Is(err, state.ErrNotFound) {
		return nil, missing(ldappath.DN{})
	}
	return o, err
}

// cutForm splits a name that is not a distinguished name, such as <GUID=…>: the
// form in upper case and the value. It reports false for every other name. A
// form without its end is "".
func cutForm(name string) (form, value string, isForm bool) {
	inside, isForm := strings.CutPrefix(name, "<")
	inside, closed := strings.CutSuffix(inside, ">")
	if !isForm || !closed {
		return "", "", isForm
	}
	form, value, _ = strings.Cut(inside, "=")
	return strings.ToUpper(strings.TrimSpace(form)), value, true
}

func findDN(d directory.Directory, sees directory.Visibility, name string) (*directory.Object, error) {
	dn, err := ldappath.ParseDN(name)
	if err != nil {
		return nil, refuse(ldap.LDAPResultInvalidDNSyntax, err.Error())
	}
	o, err := d.Get(dn)
	var absent *state.NotFoundError
	if errors.As(err, &absent) {
		return nil, missing(sees.Nearest(absent.Ancestor))
	}
	return o, err
}

func badName(name string) error {
	return refuse(ldap.LDAPResultInvalidDNSyntax, fmt.Sprintf("%q is not a distinguished name, <GUID=...>, <SID=...> or <WKGUID=...,DN>", name))
}

// readGUID reads a GUID with hyphens, or its octets in hex.
func readGUID(text string) (guid directory.GUID, err error) {
	if strings.Contains(text, "-") {
		return directory.ParseGUID(text)
	}
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(guid) {
		return guid, errors.New("not a GUID")
	}
	copy(guid[:], raw)
	return guid, nil
}

// readSID reads a SID in its text form, or its octets in hex.
func readSID(text string) (directory.SID, error) {
	if raw, err := hex.DecodeString(text); err == nil {
		return directory.SIDFromOctets(raw)
	}
	return directory.ParseSID(text)
}

func noObjectText(nearest ldappath.DN) string {
	return strings.Replace(noObject, "%s", nearest.String(), 1)
}
