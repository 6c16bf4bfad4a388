package rootdse

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// content is a root DSE with everything.
var content = Content{
	Now:    time.Date(2026, 3, 1, 13, 0, 0, 987654321, time.FixedZone("CET", 3600)),
	Domain: "DC=fabrikam,DC=com", Configuration: "CN=Configuration,DC=fabrikam,DC=com", DomainName: "fabrikam.com", Host: "dc1.fabrikam.com",
	Server:     "CN=DC1,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,DC=fabrikam,DC=com",
	HighestUSN: 12345, GlobalCatalog: true, Controls: []string{"1.2.3"}, Extensions: []string{"1.2.4"}, Mechanisms: []string{"GSSAPI"},
	Levels: Levels{Domain: Level2003, Forest: Level2003, Controller: Level2008R2},
}

func attributes(c Content) map[string][]string {
	all := map[string][]string{}
	for _, a := range Attributes(c) {
		all[a.Name] = a.Values
	}
	return all
}

func TestAttributes(t *testing.T) {
	assert.Equal(t, map[string][]string{
		"currentTime":                   {"20260301120000.0Z"},
		"subschemaSubentry":             {"CN=Aggregate,CN=Schema,CN=Configuration,DC=fabrikam,DC=com"},
		"namingContexts":                {"DC=fabrikam,DC=com", "CN=Configuration,DC=fabrikam,DC=com", "CN=Schema,CN=Configuration,DC=fabrikam,DC=com"},
		"defaultNamingContext":          {"DC=fabrikam,DC=com"},
		"schemaNamingContext":           {"CN=Schema,CN=Configuration,DC=fabrikam,DC=com"},
		"configurationNamingContext":    {"CN=Configuration,DC=fabrikam,DC=com"},
		"rootDomainNamingContext":       {"DC=fabrikam,DC=com"},
		"supportedControl":              {"1.2.3"},
		"supportedLDAPVersion":          {"3", "2"},
		"supportedExtension":            {"1.2.4"},
		"supportedSASLMechanisms":       {"GSSAPI"},
		"supportedCapabilities":         {"1.2.840.113556.1.4.800", "1.2.840.113556.1.4.1670", "1.2.840.113556.1.4.1791", "1.2.840.113556.1.4.1935", "1.2.840.113556.1.4.2080"},
		"highestCommittedUSN":           {"12345"},
		"dnsHostName":                   {"dc1.fabrikam.com"},
		"ldapServiceName":               {"fabrikam.com:dc1.fabrikam.com"},
		"isSynchronized":                {"TRUE"},
		"isGlobalCatalogReady":          {"TRUE"},
		"domainFunctionality":           {"2"},
		"forestFunctionality":           {"2"},
		"domainControllerFunctionality": {"4"},
		"serverName":                    {content.Server},
		"dsServiceName":                 {"CN=NTDS Settings," + content.Server},
	}, attributes(content))
}

func TestAttributes_SayOnlyWhatIsThere(t *testing.T) {
	c := content
	c.Server, c.Controls, c.Extensions, c.Mechanisms, c.GlobalCatalog = "", nil, nil, nil, false
	c.Levels.Controller = Level2003
	all := attributes(c)
	for _, name := range []string{"serverName", "dsServiceName", "supportedControl", "supportedExtension", "supportedSASLMechanisms"} {
		assert.NotContains(t, all, name)
	}
	assert.Equal(t, []string{"FALSE"}, all["isGlobalCatalogReady"])
	assert.NotContains(t, all["supportedCapabilities"], "1.2.840.113556.1.4.1935")
}
