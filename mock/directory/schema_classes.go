package directory

import (
	"strings"

	"wsexchange/internal/ldappath"
)

// Class is a row of the schema: what objects of a class are and where they
// may be.
type Class struct {
	Name     string     // in the schema's spelling
	Chain    []string   // objectClass, from top to the class itself
	Category string     // name of the objectCategory's class
	RDN      string     // naming attribute
	Parents  []string   // classes it may be under; empty = any class that may have children
	Leaf     bool       // may have no children
	Account  bool       // has a SID and a sAMAccountName
	Defaults Attributes // values given at creation where the caller gives none
}

// value is an attribute with one value, for tables.
func value(name, v string) Attribute { return Attribute{Name: name, Values: []string{v}} }

var (
	underUnits  = []string{"domainDNS", "organizationalUnit", "container", "builtinDomain"}
	underDomain = []string{"domainDNS", "organizationalUnit"}
)

// classes is every class an object can be of. F112 has the flags of new users,
// F117 the places.
var classes = []Class{
	{Name: "domainDNS", Chain: []string{"top", "domain", "domainDNS"}, Category: "Domain-DNS", RDN: "DC"},
	{Name: "domain", Chain: []string{"top", "domain"}, Category: "Domain", RDN: "DC"},
	{Name: "configuration", Chain: []string{"top", "configuration"}, Category: "Configuration", RDN: "CN"},
	{
		Name: "organizationalUnit", Chain: []string{"top", "organizationalUnit"}, Category: "Organizational-Unit", RDN: "OU",
		Parents: underDomain,
	},
	{Name: "container", Chain: []string{"top", "container"}, Category: "Container", RDN: "CN"},
	{Name: "builtinDomain", Chain: []string{"top", "builtinDomain"}, Category: "Builtin-Domain", RDN: "CN", Parents: []string{"domainDNS"}},
	{
		Name: "user", Chain: []string{"top", "person", "organizationalPerson", "user"}, Category: "Person", RDN: "CN",
		Parents: underUnits, Leaf: true, Account: true, Defaults: Attributes{
			value("userAccountControl", "514"), value("primaryGroupID", "513"), value("pwdLastSet", "0"),
		},
	},
	{
		Name: "inetOrgPerson", Chain: []string{"top", "person", "organizationalPerson", "user", "inetOrgPerson"}, Category: "Person",
		RDN: "CN", Parents: underUnits, Leaf: true, Account: true, Defaults: Attributes{
			value("userAccountControl", "514"), value("primaryGroupID", "513"), value("pwdLastSet", "0"),
		},
	},
	{
		Name: "contact", Chain: []string{"top", "person", "organizationalPerson", "contact"}, Category: "Person", RDN: "CN",
		Parents: underUnits, Leaf: true,
	},
	{
		Name: "group", Chain: []string{"top", "group"}, Category: "Group", RDN: "CN", Parents: underUnits, Leaf: true, Account: true,
		Defaults: Attributes{value("groupType", "-2147483646")},
	},
	{
		Name: "computer", Chain: []string{"top", "person", "organizationalPerson", "user", "computer"}, Category: "Computer", RDN: "CN",
		Parents: underUnits, Account: true, Defaults: Attributes{
			value("userAccountControl", "4096"), value("primaryGroupID", "515"), value("pwdLastSet", "0"),
		},
	},
	{Name: "publicFolder", Chain: []string{"top", "publicFolder"}, Category: "ms-Exch-Public-Folder", RDN: "CN", Leaf: true},
	{Name: "crossRefContainer", Chain: []string{"top", "crossRefContainer"}, Category: "Cross-Ref-Container", RDN: "CN"},
	{Name: "crossRef", Chain: []string{"top", "crossRef"}, Category: "Cross-Ref", RDN: "CN", Leaf: true},
	{Name: "sitesContainer", Chain: []string{"top", "sitesContainer"}, Category: "Sites-Container", RDN: "CN"},
	{Name: "site", Chain: []string{"top", "site"}, Category: "Site", RDN: "CN", Parents: []string{"sitesContainer"}},
	{Name: "serversContainer", Chain: []string{"top", "serversContainer"}, Category: "Servers-Container", RDN: "CN", Parents: []string{"site"}},
	{Name: "server", Chain: []string{"top", "server"}, Category: "Server", RDN: "CN", Parents: []string{"serversContainer"}},
	{Name: "nTDSDSA", Chain: []string{"top", "applicationSettings", "nTDSDSA"}, Category: "NTDS-DSA", RDN: "CN", Parents: []string{"server"}},
	{
		Name: "msExchConfigurationContainer", Chain: []string{"top", "container", "msExchConfigurationContainer"},
		Category: "ms-Exch-Configuration-Container", RDN: "CN",
	},
	{
		Name: "msExchOrganizationContainer", Chain: []string{"top", "container", "msExchOrganizationContainer"},
		Category: "ms-Exch-Organization-Container", RDN: "CN",
	},
	{Name: "msExchContainer", Chain: []string{"top", "container", "msExchContainer"}, Category: "ms-Exch-Container", RDN: "CN"},
	{
		Name: "msExchAddressListsContainer", Chain: []string{"top", "container", "msExchAddressListsContainer"},
		Category: "ms-Exch-Address-Lists-Container", RDN: "CN",
	},
	{Name: "addressBookContainer", Chain: []string{"top", "addressBookContainer"}, Category: "Address-Book-Container", RDN: "CN"},
	{Name: "msExchOAB", Chain: []string{"top", "msExchOAB"}, Category: "ms-Exch-OAB", RDN: "CN", Leaf: true},
	{
		Name: "msExchRecipientPolicyContainer", Chain: []string{"top", "container", "msExchRecipientPolicyContainer"},
		Category: "ms-Exch-Recipient-Policy-Container", RDN: "CN",
	},
	{
		Name: "msExchRecipientPolicy", Chain: []string{"top", "msExchGenericPolicy", "msExchRecipientPolicy"},
		Category: "ms-Exch-Recipient-Policy", RDN: "CN", Leaf: true,
	},
	{
		Name: "msExchAdminGroupContainer", Chain: []string{"top", "container", "msExchAdminGroupContainer"},
		Category: "ms-Exch-Admin-Group-Container", RDN: "CN",
	},
	{Name: "msExchAdminGroup", Chain: []string{"top", "container", "msExchAdminGroup"}, Category: "ms-Exch-Admin-Group", RDN: "CN"},
	{
		Name: "msExchServersContainer", Chain: []string{"top", "container", "msExchServersContainer"},
		Category: "ms-Exch-Servers-Container", RDN: "CN",
	},
	{Name: "msExchExchangeServer", Chain: []string{"top", "server", "msExchExchangeServer"}, Category: "ms-Exch-Exchange-Server", RDN: "CN"},
	{
		Name: "msExchInformationStore", Chain: []string{"top", "container", "msExchInformationStore"},
		Category: "ms-Exch-Information-Store", RDN: "CN",
	},
	{Name: "msExchStorageGroup", Chain: []string{"top", "container", "msExchStorageGroup"}, Category: "ms-Exch-Storage-Group", RDN: "CN"},
	{Name: "msExchPrivateMDB", Chain: []string{"top", "msExchMDB", "msExchPrivateMDB"}, Category: "ms-Exch-Private-MDB", RDN: "CN"},
	{Name: "msExchPublicMDB", Chain: []string{"top", "msExchMDB", "msExchPublicMDB"}, Category: "ms-Exch-Public-MDB", RDN: "CN"},
	{Name: "msExchPFTree", Chain: []string{"top", "msExchPFTree"}, Category: "ms-Exch-PF-Tree", RDN: "CN"},
	{Name: "mTA", Chain: []string{"top", "applicationSettings", "applicationSiteSettings", "mTA"}, Category: "MTA", RDN: "CN"},
	{Name: "exchangeAdminService", Chain: []string{"top", "exchangeAdminService"}, Category: "Exchange-Admin-Service", RDN: "CN", Leaf: true},
	{
		Name: "protocolCfgSharedContainer", Chain: []string{"top", "container", "protocolCfgSharedContainer"},
		Category: "Protocol-Cfg-Shared", RDN: "CN",
	},
	{
		Name: "msExchProtocolCfgHTTPContainer", Chain: []string{"top", "container", "msExchProtocolCfgHTTPContainer"},
		Category: "ms-Exch-Protocol-Cfg-HTTP-Container", RDN: "CN",
	},
	{
		Name: "protocolCfgHTTPServer", Chain: []string{"top", "protocolCfg", "protocolCfgHTTP", "protocolCfgHTTPServer"},
		Category: "Protocol-Cfg-HTTP-Server", RDN: "CN",
	},
	{
		Name:     "msExchProtocolCfgHTTPVirtualDirectory",
		Chain:    []string{"top", "protocolCfg", "protocolCfgHTTP", "msExchProtocolCfgHTTPVirtualDirectory"},
		Category: "ms-Exch-Protocol-Cfg-HTTP-Virtual-Directory", RDN: "CN", Leaf: true,
	},
}

// classNumbers finds classes by their names, as they are spelled and folded.
var classNumbers = func() map[string]uint16 {
	numbers := make(map[string]uint16, 2*len(classes))
	for i, c := range classes {
		numbers[c.Name], numbers[ldappath.Fold(c.Name)] = uint16(i), uint16(i)
	}
	return numbers
}()

// classNumber returns the index of a class, named in any letter case, and
// reports whether the schema has it.
func classNumber(name string) (uint16, bool) {
	number, known := classNumbers[name]
	if !known {
		number, known = classNumbers[ldappath.Fold(strings.TrimSpace(name))]
	}
	return number, known
}

// commonClasses are the classes of which a directory has so many objects that
// reading all is no worse than an index.
var commonClasses = func() []bool {
	common := make([]bool, len(classes))
	for i, c := range classes {
		common[i] = c.Category == "Person"
	}
	return common
}()

func commonClass(number uint16) bool { return commonClasses[number] }

// LookupClass returns the schema row of a class, named in any letter case, and
// reports whether there is one.
func LookupClass(name string) (Class, bool) {
	number, known := classNumber(name)
	if !known {
		return Class{}, false
	}
	return classes[number], true
}

// Classes returns all classes, in the order of the table.
func Classes() []Class { return append([]Class(nil), classes...) }

// under reports whether an object of the class may be under one of the other.
func (c *Class) under(parent *Class) bool {
	if parent.Leaf {
		return false
	}
	for _, allowed := range c.Parents {
		if allowed == parent.Name {
			return true
		}
	}
	return len(c.Parents) == 0
}

// is reports whether the class is the named one or descends from it.
func (c *Class) is(name string) bool {
	for _, link := range c.Chain {
		if strings.EqualFold(link, name) {
			return true
		}
	}
	return false
}

// descending returns the classes that are the named one or descend from it.
func descending(name string) []uint16 {
	var found []uint16
	for i, c := range classes {
		if c.is(name) {
			found = append(found, uint16(i))
		}
	}
	return found
}
