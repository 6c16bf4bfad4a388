package ldap

import (
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// octets writes a binary value as a filter has it.
func octets(value []byte) string {
	text := ""
	for _, b := range value {
		text += fmt.Sprintf(`\%02x`, b)
	}
	return text
}

func TestSearch_Filters(t *testing.T) {
	s := start(t)
	conn := bound(t, s, adminName, adminPass)
	alice, bob := "CN=Alice,"+alphaDN, "CN=Bob,"+betaDN
	result, err := conn.Search(at(alice, "objectGUID", "objectSid"))
	require.NoError(t, err)
	guid, sid := result.Entries[0].GetRawAttributeValue("objectGUID"), result.Entries[0].GetRawAttributeValue("objectSid")
	for filter, want := range map[string][]string{
		"(cn=alice)":                    {alice},
		"(cn=ALI*)":                     {alice},
		"(cn=*lic*)":                    {alice},
		"(cn=a*i*e)":                    {alice},
		"(&(objectClass=user)(cn=bob))": {bob},
		"(&(cn=bob)(cn=alice))":         {},
		"(|(cn=bob)(cn=alice))":         {alice, bob},
		"(&(mail=*)(!(cn=alice)))":      {oddDN, bob},
		"(!(|(objectClass=user)(objectClass=group)(cn=_private)(ou=*)))": {},
		"(&(objectClass=user)(cn>=alice)(cn<=bob))":                      {alice, bob},
		"(cn~=alice)":                       {alice},
		"(mail=*)":                          {alice, oddDN, bob},
		"(cn=Müller, Jürgen + Söhne)":       {oddDN},
		"(cn=*jürgen*)":                     {oddDN},
		`(distinguishedName=` + alice + `)`: {alice},
		"(objectGUID=" + octets(guid) + ")": {alice},
		"(objectSid=" + octets(sid) + ")":   {alice},
		"(&(cn=alice)(userAccountControl:1.2.840.113556.1.4.803:=512))": {alice},
		"(&(cn=alice)(userAccountControl:1.2.840.113556.1.4.803:=2))":   {},
		"(&(cn=alice)(userAccountControl:1.2.840.113556.1.4.804:=514))": {alice},
		"(cn:=Alice)":                     {alice},
		"(cn:2.5.13.2:=alice)":            {},
		"(:2.5.13.2:=alice)":              {},
		"(cn:1.2.3.4:=alice)":             {},
		"(&(cn=alice)(!(cn:1.2.3.4:=x)))": {},
		"(cn:dn:=alice)":                  {alice},
		"(cn:dn:2.5.13.2:=alice)":         {},
		"(&(cn=alice)(ou:dn:=alpha))":     {},
		"(|(ou:dn:=none)(cn:dn:=alice))":  {alice},
		"(anr=ali)":                       {alice},
		"(shoeSize=43)":                   {},
		"(!(shoeSize=43))":                {},
		"(cn=\\2a)":                       {},
	} {
		t.Run(filter, func(t *testing.T) {
			assert.ElementsMatch(t, want, names(t, conn, find(resellerDN, filter)))
		})
	}
}

func TestSearch_Scopes(t *testing.T) {
	conn := bound(t, start(t), adminName, adminPass)
	scoped := func(base string, scope int) []string {
		request := find(base, "(objectClass=*)", "1.1")
		request.Scope = scope
		return names(t, conn, request)
	}
	assert.Equal(t, []string{alphaDN}, scoped(alphaDN, ldap.ScopeBaseObject))
	assert.ElementsMatch(t, []string{"CN=Alice," + alphaDN, oddDN}, scoped(alphaDN, ldap.ScopeSingleLevel))
	assert.ElementsMatch(t, []string{alphaDN, "CN=Alice," + alphaDN, oddDN}, scoped(alphaDN, ldap.ScopeWholeSubtree))
	assert.Equal(t, []string{alphaDN}, scoped("ou = alpha , OU=reseller1, ou=HOSTING,dc=Fabrikam,DC=com", ldap.ScopeBaseObject), "blanks and letter case")
	assert.Equal(t, []string{oddDN}, scoped(`cn=m\C3\BCller\2C J\C3\BCrgen \2B S\C3\B6hne,`+alphaDN, ldap.ScopeBaseObject), "escapes")

	request := find(alphaDN, "(objectClass=*)")
	request.Scope = 3
	_, err := conn.Search(request)
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultProtocolError), "%v", err)
}

func TestSearch_TheConfigurationIsAContextOfItsOwn(t *testing.T) {
	conn := bound(t, start(t), adminName, adminPass)
	configuration := "CN=Configuration," + domainDN
	assert.NotContains(t, names(t, conn, find(domainDN, "(objectClass=*)", "1.1")), configuration)
	assert.Contains(t, names(t, conn, find(configuration, "(objectClass=*)", "1.1")), configuration)
}

func TestSearch_Attributes(t *testing.T) {
	conn := bound(t, start(t), adminName, adminPass)
	attributes := func(types bool, wanted ...string) []string {
		request := at("CN=Alice,"+alphaDN, wanted...)
		request.TypesOnly = types
		result, err := conn.Search(request)
		require.NoError(t, err)
		require.Len(t, result.Entries, 1)
		var found []string
		for _, a := range result.Entries[0].Attributes {
			found = append(found, a.Name)
			assert.Equal(t, types, len(a.Values) == 0, "values of %s", a.Name)
		}
		return found
	}
	all := attributes(false)
	assert.Subset(t, all, []string{"objectClass", "cn", "objectGUID", "objectSid", "userPrincipalName", "sAMAccountName", "whenCreated", "uSNChanged"})
	assert.NotContains(t, all, "canonicalName")
	assert.Equal(t, all, attributes(false, "*"))
	assert.ElementsMatch(t, append([]string{"canonicalName"}, all...), attributes(false, "*", "canonicalname"))
	assert.ElementsMatch(t, []string{"canonicalName", "createTimeStamp", "modifyTimeStamp", "tokenGroups"}, attributes(false, "+"))
	assert.Len(t, attributes(false, "*", "+"), len(all)+4)
	assert.ElementsMatch(t, []string{"cn", "mail"}, attributes(false, "CN", "MAIL", "mail", "shoeSize", "telephoneNumber"))
	assert.Equal(t, []string{"objectGUID"}, attributes(false, "objectGUID;binary"))
	assert.Empty(t, attributes(false, "1.1"))
	assert.Equal(t, []string{"cn"}, attributes(false, "1.1", "cn"))
	assert.Equal(t, all, attributes(true))
}

func TestSearch_ValuesOnTheWire(t *testing.T) {
	s := start(t)
	conn := bound(t, s, adminName, adminPass)
	result, err := conn.Search(at(oddDN, "objectGUID", "objectSid", "cn", "canonicalName", "distinguishedName", "whenCreated"))
	require.NoError(t, err)
	entry := result.Entries[0]
	var want *directory.Object
	update(t, s.cfg.Store, oddDN, func(_ *state.Tx, o *directory.Object) error { want = o; return nil })
	assert.Equal(t, want.GUID[:], entry.GetRawAttributeValue("objectGUID"))
	assert.Equal(t, want.SID.Octets(), entry.GetRawAttributeValue("objectSid"), hex.EncodeToString(entry.GetRawAttributeValue("objectSid")))
	assert.Equal(t, "Müller, Jürgen + Söhne", entry.GetAttributeValue("cn"))
	assert.Equal(t, "fabrikam.com/Hosting/Reseller1/Alpha/Müller, Jürgen + Söhne", entry.GetAttributeValue("canonicalName"))
	assert.Equal(t, oddDN, entry.DN)
	assert.Equal(t, entry.DN, entry.GetAttributeValue("distinguishedName"))
	_, err = time.Parse("20060102150405.0Z", entry.GetAttributeValue("whenCreated"))
	assert.NoError(t, err)
}

func TestSearch_BaseThatIsNotThere(t *testing.T) {
	conn := bound(t, start(t), adminName, adminPass)
	_, err := conn.Search(at("CN=x,CN=y," + alphaDN))
	require.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject), "%v", err)
	assert.Equal(t, alphaDN, err.(*ldap.Error).MatchedDN)
	_, err = conn.Search(find("", "(objectClass=*)"))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject), "%v", err)
	for _, bad := range []string{"nonsense", "CN=a+SN=b," + domainDN, "CN=," + domainDN} {
		_, err = conn.Search(at(bad))
		assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidDNSyntax), "%s: %v", bad, err)
	}
}

func TestSearch_SizeLimits(t *testing.T) {
	conn := bound(t, start(t, func(c *Config) { c.SizeLimit = 3 }), adminName, adminPass)
	for limit, want := range map[int]int{0: 3, 2: 2, 3: 3, 100: 3} {
		request := find(domainDN, "(objectClass=*)", "1.1")
		request.SizeLimit = limit
		result, err := conn.Search(request)
		assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded), "%v", err)
		assert.Len(t, result.Entries, want, "limit %d", limit)
	}
	assert.Len(t, names(t, conn, find(alphaDN, "(objectClass=*)", "1.1")), 3, "as many as the limit are no excess")
}

func TestSearch_Pages(t *testing.T) {
	s := start(t)
	require.NoError(t, s.cfg.Store.Update(t.Context(), func(tx *state.Tx) error {
		for i := range 2*step + 7 {
			create(t, tx, fmt.Sprintf("CN=Contact %04d,%s", i, betaDN), "contact", nil)
		}
		return nil
	}))
	for _, account := range []string{adminName, "bob@beta.example"} {
		password := map[string]string{adminName: adminPass}[account]
		if password == "" {
			password = userPass
		}
		conn := bound(t, s, account, password)
		for _, size := range []uint32{50, 200, 406, 407, 408, 5000} {
			request := find(resellerDN, "(objectClass=contact)", "1.1")
			result, err := conn.SearchWithPaging(request, size)
			require.NoError(t, err, "pages of %d", size)
			seen := map[string]bool{}
			for _, entry := range result.Entries {
				seen[entry.DN] = true
			}
			assert.Len(t, result.Entries, 2*step+7, "pages of %d", size)
			assert.Len(t, seen, 2*step+7, "pages of %d: each once", size)
		}
	}
}

// TestSearch_CookiesTellNothingUnseen pages as somebody who may not see most
// of what the search passes.
func TestSearch_CookiesTellNothingUnseen(t *testing.T) {
	conn := bound(t, start(t), "bob@beta.example", userPass)
	paging := ldap.NewControlPaging(1)
	request := find(domainDN, "(objectClass=*)", "1.1")
	request.Controls = []ldap.Control{paging}
	for pages := 0; ; pages++ {
		require.Less(t, pages, 200)
		result, err := conn.Search(request)
		require.NoError(t, err)
		control, ok := ldap.FindControl(result.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
		require.True(t, ok)
		assert.NotContains(t, string(control.Cookie), "alpha")
		if len(control.Cookie) == 0 {
			return
		}
		require.Len(t, result.Entries, 1)
		paging.SetCookie(control.Cookie)
	}
}

func TestSearch_PageOfNothingEnds(t *testing.T) {
	conn := bound(t, start(t), adminName, adminPass)
	request := find(domainDN, "(objectClass=*)", "1.1")
	request.Controls = []ldap.Control{ldap.NewControlPaging(0)}
	result, err := conn.Search(request)
	require.NoError(t, err)
	assert.Empty(t, result.Entries)
	assert.Empty(t, ldap.FindControl(result.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging).Cookie)

	paging := ldap.NewControlPaging(5)
	paging.SetCookie([]byte("no cookie\x00 of ours \xff"))
	request.Controls = []ldap.Control{paging}
	_, err = conn.Search(request)
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailableCriticalExtension), "a made-up cookie: %v", err)
}

func TestSearch_Controls(t *testing.T) {
	conn := bound(t, start(t), adminName, adminPass)
	request := find(alphaDN, "(objectClass=*)", "1.1")
	for _, unknown := range []string{"1.2.3.4", ldap.ControlTypeMicrosoftNotification} {
		request.Controls = []ldap.Control{ldap.NewControlString(unknown, true, "")}
		_, err := conn.Search(request)
		assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultUnavailableCriticalExtension), "%s: %v", unknown, err)
	}
	request.Controls = []ldap.Control{ldap.NewControlString("1.2.3.4", false, "x"), ldap.NewControlManageDsaIT(false)}
	assert.Len(t, names(t, conn, request), 3)
}

func TestSearch_TimeLimit(t *testing.T) {
	s := start(t, func(c *Config) { c.Timeout = time.Nanosecond })
	conn := bound(t, s, adminName, adminPass)
	_, err := conn.Search(find(domainDN, "(description=*x*)"))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultTimeLimitExceeded), "%v", err)

	h := &handler{cfg: Config{Timeout: 30 * time.Second}}
	assert.Equal(t, 30*time.Second, h.timeout(0))
	assert.Equal(t, 5*time.Second, h.timeout(5))
	assert.Equal(t, 30*time.Second, h.timeout(1<<30))
	assert.Equal(t, 30*time.Second, h.timeout(-1))
}

func TestRootDSE(t *testing.T) {
	conn := dial(t, start(t))
	result, err := conn.Search(at(""))
	require.NoError(t, err)
	require.Len(t, result.Entries, 1)
	root := result.Entries[0]
	assert.Equal(t, "", root.DN)
	assert.Equal(t, []string{domainDN, "CN=Configuration," + domainDN, "CN=Schema,CN=Configuration," + domainDN}, root.GetAttributeValues("namingContexts"))
	for attribute, want := range map[string]string{
		"defaultNamingContext": domainDN, "dnsHostName": "dc1.fabrikam.com", "supportedControl": ldap.ControlTypePaging,
		"supportedLDAPVersion": "3", "configurationNamingContext": "CN=Configuration," + domainDN, "supportedExtension": "1.3.6.1.4.1.4203.1.11.3",
	} {
		assert.Equal(t, want, root.GetAttributeValue(attribute), attribute)
	}
	result, err = conn.Search(at("", "defaultnamingcontext", "dNSHostName"))
	require.NoError(t, err)
	assert.Len(t, result.Entries[0].Attributes, 2)
	result, err = conn.Search(at("", "+"))
	require.NoError(t, err)
	assert.Len(t, result.Entries[0].Attributes, len(root.Attributes))
	other := at("")
	other.Filter = "(cn=*)"
	assert.Empty(t, names(t, conn, other), "no filter but the one for everything")

	other.Filter = "(OBJECTCLASS=*)"
	assert.Len(t, names(t, dial(t, start(t, func(c *Config) { c.Controller = "mock.example" })), other), 1)
}

func TestView(t *testing.T) {
	s := start(t)
	everything := "(objectClass=*)"
	hosting := "OU=Hosting," + domainDN

	admin := bound(t, s, adminName, adminPass)
	assert.Subset(t, names(t, admin, find(hosting, everything, "1.1")), []string{hosting, resellerDN, alphaDN, betaDN})

	alice := bound(t, s, "alice@alpha.example", userPass)
	assert.ElementsMatch(t, []string{alphaDN, "CN=Alice," + alphaDN, oddDN}, names(t, alice, find(hosting, everything, "1.1")))
	assert.Empty(t, names(t, alice, find(hosting, "(cn=Bob)", "1.1")))
	assert.Empty(t, names(t, alice, at(resellerDN)), "what lies above can be named, not read")
	for _, hidden := range []string{betaDN, "CN=Bob," + betaDN, "CN=Nobody," + betaDN} {
		_, err := alice.Search(at(hidden))
		require.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject), "%s: %v", hidden, err)
		assert.Equal(t, resellerDN, err.(*ldap.Error).MatchedDN, "%s: as if it were not there", hidden)
		assert.NotContains(t, err.Error(), "Beta")
	}
	_, err := alice.Search(at("CN=Configuration," + domainDN))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject), "%v", err)
	assert.Contains(t, names(t, alice, find(domainDN, "(cn=Domain Admins)", "1.1")), "CN=Domain Admins,CN=Users,"+domainDN)

	require.NoError(t, s.cfg.Store.Update(t.Context(), func(tx *state.Tx) error {
		clerk := create(t, tx, "CN=Clerk,CN=Users,"+domainDN, "user", nil)
		require.NoError(t, directory.In(tx).SetPassword(clerk, userPass))
		return directory.In(tx).SetEnabled(clerk, true)
	}))
	clerk := bound(t, s, "CN=Clerk,CN=Users,"+domainDN, userPass)
	assert.Contains(t, names(t, clerk, find(domainDN, everything, "1.1")), "CN=Users,"+domainDN)
	_, err = clerk.Search(find(hosting, everything, "1.1"))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject), "%v", err)
	assert.Equal(t, domainDN, err.(*ldap.Error).MatchedDN)
}
