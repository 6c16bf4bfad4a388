package rootdse

import (
	"strconv"
	"time"

	"wsexchange/mock/directory"
	"wsexchange/mock/ldap/wire"
)

// Content is what the root DSE says. Names are distinguished names as text.
type Content struct {
	Now           time.Time
	Domain        string // the domain's, such as DC=fabrikam,DC=com
	Configuration string // such as CN=Configuration,DC=fabrikam,DC=com
	DomainName    string // in DNS
	Host          string // of the domain controller, in DNS
	Server        string // the controller's object in the configuration, "" if there is none
	HighestUSN    int64
	// GlobalCatalog is set if the ports of the global catalog are served.
	GlobalCatalog bool
	Controls      []string // OIDs of what searches take and what answers them
	Extensions    []string // OIDs of extended operations
	Mechanisms    []string // of SASL
	Levels        Levels
}

// Levels are functional levels (MS-ADTS section 6.1.4), such as 2 for Windows
// Server 2003 and 4 for Windows Server 2008 R2.
type Levels struct{ Domain, Forest, Controller int }

// Functional levels.
const (
	Level2003   = 2
	Level2008   = 3
	Level2008R2 = 4
)

// Capabilities of Active Directory (MS-ADTS section 3.1.1.3.4.3), with the level
// that a controller has them from.
var capabilities = []struct {
	oid  string
	from int
}{
	{"1.2.840.113556.1.4.800", 0},            // it is an Active Directory
	{"1.2.840.113556.1.4.1670", Level2003},   // of Windows Server 2003
	{"1.2.840.113556.1.4.1791", Level2003},   // that signs after a bind by NTLM
	{"1.2.840.113556.1.4.1935", Level2008},   // of Windows Server 2008
	{"1.2.840.113556.1.4.2080", Level2008R2}, // of Windows Server 2008 R2
}

// Attributes returns the attributes of the root DSE. Those without values are
// left out.
func Attributes(c Content) []wire.Attribute {
	schema := "CN=Schema," + c.Configuration
	all := []wire.Attribute{
		one("currentTime", directory.GeneralizedTime(c.Now)),
		one("subschemaSubentry", "CN=Aggregate,"+schema),
		{Name: "namingContexts", Values: []string{c.Domain, c.Configuration, schema}},
		one("defaultNamingContext", c.Domain),
		one("schemaNamingContext", schema),
		one("configurationNamingContext", c.Configuration),
		one("rootDomainNamingContext", c.Domain),
		{Name: "supportedControl", Values: c.Controls},
		{Name: "supportedLDAPVersion", Values: []string{"3", "2"}},
		{Name: "supportedExtension", Values: c.Extensions},
		{Name: "supportedSASLMechanisms", Values: c.Mechanisms},
		{Name: "supportedCapabilities", Values: c.Levels.capabilities()},
		one("highestCommittedUSN", strconv.FormatInt(c.HighestUSN, 10)),
		one("dnsHostName", c.Host),
		one("ldapServiceName", c.DomainName+":"+c.Host),
		one("isSynchronized", "TRUE"),
		one("isGlobalCatalogReady", boolean(c.GlobalCatalog)),
		one("domainFunctionality", strconv.Itoa(c.Levels.Domain)),
		one("forestFunctionality", strconv.Itoa(c.Levels.Forest)),
		one("domainControllerFunctionality", strconv.Itoa(c.Levels.Controller)),
	}
	if c.Server != "" {
		all = append(all, one("serverName", c.Server), one("dsServiceName", "CN=NTDS Settings,"+c.Server))
	}
	kept := all[:0]
	for _, a := range all {
		if len(a.Values) > 0 {
			kept = append(kept, a)
		}
	}
	return kept
}

func one(name, value string) wire.Attribute {
	return wire.Attribute{Name: name, Values: []string{value}}
}

func boolean(b bool) string {
	if b {
		return "TRUE"
	}
	return "FALSE"
}

func (l Levels) capabilities() []string {
	var oids []string
	for _, c := range capabilities {
		if l.Controller >= c.from {
			oids = append(oids, c.oid)
		}
	}
	return oids
}
