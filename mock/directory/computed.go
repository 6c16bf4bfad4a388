package directory

import (
	"slices"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
)

// fromRow makes the values of attributes that an object's row says without
// storing them, by number; nil for all other attributes.
var fromRow = byNumber(map[string]func(*record) []string{
	"objectClass":     func(r *record) []string { return classes[r.class].Chain },
	"name":            one(func(r *record) string { return r.rdn }),
	"cn":              namedBy("CN"),
	"ou":              namedBy("OU"),
	"dc":              namedBy("DC"),
	"objectGUID":      one(func(r *record) string { return r.guid.Octets() }),
	"objectSid":       one(func(r *record) string { return string(r.sid.text()) }),
	"whenCreated":     one(func(r *record) string { return GeneralizedTime(fromMicros(r.created)) }),
	"whenChanged":     one(func(r *record) string { return GeneralizedTime(fromMicros(r.changed)) }),
	"createTimeStamp": one(func(r *record) string { return GeneralizedTime(fromMicros(r.created)) }),
	"modifyTimeStamp": one(func(r *record) string { return GeneralizedTime(fromMicros(r.changed)) }),
	"uSNCreated":      one(func(r *record) string { return strconv.FormatInt(r.usnCreated, 10) }),
	"uSNChanged":      one(func(r *record) string { return strconv.FormatInt(r.usnChanged, 10) }),
	"instanceType":    one(instanceType),
	"isDeleted":       one(isDeleted),
})

// fromDirectory makes the values of attributes that depend on an object's name
// or on other objects, by number; nil for all other attributes.
var fromDirectory = byNumber(withBackLinks(map[string]func(Directory, *Object) []string{
	"objectCategory":    func(_ Directory, o *Object) []string { return some(objectCategory(o)) },
	"distinguishedName": func(_ Directory, o *Object) []string { return some(o.DN.String()) },
	"canonicalName":     func(_ Directory, o *Object) []string { return some(canonicalName(o)) },
	"sAMAccountType":    Directory.accountType,
	"tokenGroups":       Directory.tokenGroups,
	"lastKnownParent":   Directory.lastKnownParent,
}))

// backLinks are the attributes that show links from the other end, and the
// attributes that hold them.
var backLinks = map[string]string{
	"memberOf":             "member",
	"managedObjects":       "managedBy",
	"directReports":        "manager",
	"homeMDBBL":            "homeMDB",
	"altRecipientBL":       "altRecipient",
	"publicDelegatesBL":    "publicDelegates",
	"serverReferenceBL":    "serverReference",
	"msExchUseOABBL":       "msExchUseOAB",
	"msExchOwningPFTreeBL": "msExchOwningPFTree",
}

// forwardOf are the back-link attributes and the links that they show, backOf
// the other way round.
var forwardOf, backOf = func() (forward, back map[uint16]uint16) {
	forward, back = make(map[uint16]uint16), make(map[uint16]uint16)
	for b, f := range backLinks {
		forward[mustNumber(b)], back[mustNumber(f)] = mustNumber(f), mustNumber(b)
	}
	return forward, back
}()

// onRequest are the attributes that a read of all attributes leaves out.
var onRequest = []string{"canonicalName", "createTimeStamp", "modifyTimeStamp", "tokenGroups"}

// madeForAll are the computed attributes that every object may have.
var madeForAll = func() (all []uint16) {
	for _, a := range attributeTypes {
		_, back := forwardOf[a.number]
		if (fromRow[a.number] != nil || fromDirectory[a.number] != nil) && !back && !slices.Contains(onRequest, a.Name) {
			all = append(all, a.number)
		}
	}
	return all
}()

// byNumber turns a table by names of attributes into one by their numbers.
func byNumber[F any](byName map[string]F) []F {
	table := make([]F, len(attributeTypes))
	for name, f := range byName {
		table[mustNumber(name)] = f
	}
	return table
}

func withBackLinks(table map[string]func(Directory, *Object) []string) map[string]func(Directory, *Object) []string {
	for back, forward := range backLinks {
		number := mustNumber(forward)
		table[back] = func(d Directory, o *Object) []string { return d.backLinkValues(o.ID, number) }
	}
	return table
}

// one makes a single-valued attribute.
func one(text func(*record) string) func(*record) []string {
	return func(r *record) []string { return some(text(r)) }
}

// some returns the text as the only value; no text is no value.
func some(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// namedBy returns the value of the RDN for the attribute that names the object.
func namedBy(attribute string) func(*record) []string {
	return func(r *record) []string {
		if classes[r.class].RDN == attribute {
			return []string{r.rdn}
		}
		return nil
	}
}

// domainOf returns the domain part of a name: its last RDNs that are DCs.
func domainOf(dn ldappath.DN) ldappath.DN {
	for !dn.IsZero() && !strings.EqualFold(dn.RDN().Attribute, "DC") {
		dn = dn.Parent()
	}
	return dn
}

func objectCategory(o *Object) string {
	class, ok := classNumber(o.Class)
	if !ok || o.deleted != nil && o.ID != 0 { // of deleted objects their container alone has one (F451)
		return ""
	}
	return "CN=" + classes[class].Category + ",CN=Schema,CN=Configuration," + domainOf(o.DN).String() // as schemaDN
}

func schemaDN(dn ldappath.DN) ldappath.DN {
	return domainOf(dn).Child("CN", "Configuration").Child("CN", "Schema")
}

// canonicalName is the path from the domain down, such as
// fabrikam.com/Hosting/Reseller1; a domain's ends in a slash.
func canonicalName(o *Object) string {
	domain := domainOf(o.DN)
	parts := []string{domain.Domain()}
	for i := o.DN.Len() - domain.Len() - 1; i >= 0; i-- {
		parts = append(parts, strings.ReplaceAll(o.DN.At(i).Value, "/", `\/`))
	}
	if len(parts) == 1 {
		return parts[0] + "/"
	}
	return strings.Join(parts, "/")
}

func isDeleted(r *record) string {
	if r.deleted {
		return "TRUE"
	}
	return ""
}

func instanceType(r *record) string {
	if r.parent == 0 {
		return "5" // head of a naming context, writable
	}
	return "4"
}

// accountTypes are the sAMAccountTypes of groups by the scope and security bits
// of groupType.
var accountTypes = map[int64]string{
	groupGlobal | groupSecurity: "268435456", groupGlobal: "268435457",
	groupUniversal | groupSecurity: "268435456", groupUniversal: "268435457",
	groupLocal | groupSecurity: "536870912", groupLocal: "536870913",
}

func (d Directory) accountType(o *Object) []string {
	switch {
	case o.deleted != nil:
		return nil
	case o.Is("computer"):
		return []string{"805306369"}
	case o.Is("user"):
		return []string{"805306368"}
	case !o.Is("group"):
		return nil
	}
	return []string{accountTypes[d.integer(o, attributeGroupType)&(groupGlobal|groupLocal|groupUniversal|groupSecurity)]}
}

// tokenGroups are the SIDs of all groups that an account is in.
func (d Directory) tokenGroups(o *Object) []string {
	var sids []string
	for _, group := range d.sortedRows(d.groupsAbove(o.ID)) {
		if group.sid.form != noSID {
			sids = append(sids, string(group.sid.text()))
		}
	}
	return sids
}
