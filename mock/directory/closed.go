package directory

import "strings"

// closedAttributes carry a meaning of the system's own: who is what in an
// organization, which rights follow, where a mailbox lies and how large it may
// be. Procedures that own them write them; of callers only a domain
// administrator may. Beside these it is every attribute of Exchange's own
// (F131).
var closedAttributes = map[string]bool{
	"otherWellKnownObjects": true, "wellKnownObjects": true, "primaryGroupID": true, "servicePrincipalName": true, "adminCount": true,
	"sIDHistory": true, "homeMDB": true, "homeMTA": true, "legacyExchangeDN": true,
	"mDBStorageQuota": true, "mDBOverQuotaLimit": true, "mDBOverHardQuotaLimit": true, "mDBUseDefaults": true,
}

// exchangePrefix begins the names of Exchange's own attributes.
const exchangePrefix = "msExch"

// Closed reports whether callers may not write the attribute unless they are
// domain administrators.
func (a AttributeType) Closed() bool {
	return closedAttributes[a.Name] || strings.HasPrefix(a.Name, exchangePrefix)
}

// OpenAccountBits are the bits of userAccountControl that administrators of
// organizations may set: disabled, password that cannot be changed, normal
// account, password that does not expire, expired password. The others give
// rights in the domain, such as delegation (F131).
const OpenAccountBits = 0x2 | 0x40 | 0x200 | 0x10000 | 0x800000
