package store

import (
	"strconv"
	"strings"
	"time"

	"wsexchange/internal/ldappath"
)

// computation makes the values of an attribute from its object.
type computation func(*Tx, *Object) ([]string, error)

// computations gives the attributes that are not stored under their names.
func computations() map[string]computation {
	made := map[string]computation{
		"objectClass":       fromObject(func(o *Object) []string { c, _ := LookupClass(o.Class); return c.Chain }),
		"objectCategory":    one(objectCategory),
		"distinguishedName": one(func(o *Object) string { return o.DN.String() }),
		"name":              one(func(o *Object) string { return o.DN.RDN().Value }),
		"cn":                fromObject(namedBy("CN")),
		"ou":                fromObject(namedBy("OU")),
		"dc":                fromObject(namedBy("DC")),
		"canonicalName":     one(canonicalName),
		"objectGUID":        one(func(o *Object) string { return o.GUID.Octets() }),
		"objectSid":         one(func(o *Object) string { return string(o.SID) }),
		"whenCreated":       one(func(o *Object) string { return generalizedTime(o.WhenCreated) }),
		"whenChanged":       one(func(o *Object) string { return generalizedTime(o.WhenChanged) }),
		"createTimeStamp":   one(func(o *Object) string { return generalizedTime(o.WhenCreated) }),
		"modifyTimeStamp":   one(func(o *Object) string { return generalizedTime(o.WhenChanged) }),
		"uSNCreated":        one(func(o *Object) string { return strconv.FormatInt(o.USNCreated, 10) }),
		"uSNChanged":        one(func(o *Object) string { return strconv.FormatInt(o.USNChanged, 10) }),
		"instanceType":      one(instanceType),
		"sAMAccountType":    sAMAccountType,
		"tokenGroups":       tokenGroups,
	}
	for name, forward := range backLinks {
		made[name] = backLink(forward)
	}
	return made
}

// backLinks are the attributes that show links from the other end, and the
// attributes that hold them.
var backLinks = map[string]string{
	"memberOf":             "member",
	"managedObjects":       "managedBy",
	"directReports":        "manager",
	"homeMDBBL":            "homeMDB",
	"altRecipientBL":       "altRecipient",
	"publicDelegatesBL":    "publicDelegates",
	"msExchUseOABBL":       "msExchUseOAB",
	"msExchOwningPFTreeBL": "msExchOwningPFTree",
}

func fromObject(make func(*Object) []string) computation {
	return func(_ *Tx, o *Object) ([]string, error) { return make(o), nil }
}

// one makes a single-valued attribute; no text is no value.
func one(make func(*Object) string) computation {
	return fromObject(func(o *Object) []string {
		if text := make(o); text != "" {
			return []string{text}
		}
		return nil
	})
}

// namedBy gives the value of the RDN to the attribute that names the object.
func namedBy(attribute string) func(*Object) []string {
	return func(o *Object) []string {
		if rdn := o.DN.RDN(); strings.EqualFold(rdn.Attribute, attribute) {
			return []string{rdn.Value}
		}
		return nil
	}
}

// domainOf gives the domain part of a name: its last RDNs that are DCs.
func domainOf(dn ldappath.DN) ldappath.DN {
	for !dn.IsZero() && !strings.EqualFold(dn.RDN().Attribute, "DC") {
		dn = dn.Parent()
	}
	return dn
}

func objectCategory(o *Object) string {
	c, ok := LookupClass(o.Class)
	if !ok {
		return ""
	}
	return schemaDN(o.DN).Child("CN", c.Category).String()
}

func schemaDN(dn ldappath.DN) ldappath.DN {
	return domainOf(dn).Child("CN", "Configuration").Child("CN", "Schema")
}

// canonicalName is the path from the domain down, such as
// fabrikam.com/Hosting/Reseller1; a domain's ends in a slash.
func canonicalName(o *Object) string {
	domain := domainOf(o.DN)
	rdns := o.DN.RDNs()
	parts := []string{domain.Domain()}
	for i := len(rdns) - domain.Len() - 1; i >= 0; i-- {
		parts = append(parts, strings.ReplaceAll(rdns[i].Value, "/", `\/`))
	}
	if len(parts) == 1 {
		return parts[0] + "/"
	}
	return strings.Join(parts, "/")
}

func generalizedTime(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(timeLayout)
}

func instanceType(o *Object) string {
	if o.ParentID == 0 {
		return "5" // head of a naming context, writable
	}
	return "4"
}

// accountTypes gives the sAMAccountType of groups by the scope and security
// bits of groupType.
var accountTypes = map[int64]string{
	groupGlobal | groupSecurity: "268435456", groupGlobal: "268435457",
	groupUniversal | groupSecurity: "268435456", groupUniversal: "268435457",
	groupLocal | groupSecurity: "536870912", groupLocal: "536870913",
}

func sAMAccountType(t *Tx, o *Object) ([]string, error) {
	switch {
	case o.Is("computer"):
		return []string{"805306369"}, nil
	case o.Is("user"):
		return []string{"805306368"}, nil
	case !o.Is("group"):
		return nil, nil
	}
	kind, err := t.integer(o, "groupType")
	if err != nil {
		return nil, err
	}
	return []string{accountTypes[kind&(groupGlobal|groupLocal|groupUniversal|groupSecurity)]}, nil
}

// integer gives the value of an integer attribute, 0 if it is absent.
func (t *Tx) integer(o *Object, attribute string) (int64, error) {
	text, err := t.Value(o, attribute)
	if err != nil || text == "" {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

func tokenGroups(t *Tx, o *Object) ([]string, error) {
	groups, err := t.AllGroups(o)
	if err != nil {
		return nil, err
	}
	var sids []string
	for _, group := range groups {
		if group.SID != "" {
			sids = append(sids, string(group.SID))
		}
	}
	return sids, nil
}

func backLink(forward string) computation {
	return func(t *Tx, o *Object) ([]string, error) {
		return collect(t, scanText, "SELECT o.dn FROM link l JOIN object o ON o.id = l.object_id"+
			" WHERE l.target_id = ? AND l.attribute = ? ORDER BY o.dn_key", o.ID, forward)
	}
}
