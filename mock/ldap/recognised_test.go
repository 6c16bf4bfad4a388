package ldap

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/ldap/connection"
	"wsexchange/mock/state"
)

func TestCompare(t *testing.T) {
	s := start(t)
	conn := bound(t, s, adminName, adminPass)
	alice := "CN=Alice," + alphaDN
	for _, row := range []struct {
		attribute, value string
		want             bool
	}{
		{"cn", "ALICE", true},
		{"cn", "Bob", false},
		{"userPrincipalName", "alice@alpha.example", true},
		{"objectClass", "person", true},
		{"objectClass", "group", false},
	} {
		same, err := conn.Compare(alice, row.attribute, row.value)
		require.NoError(t, err, row.attribute)
		assert.Equal(t, row.want, same, "%s=%s", row.attribute, row.value)
	}
	for _, attribute := range []string{"shoeSize", "telephoneNumber"} {
		_, err := conn.Compare(alice, attribute, "x")
		assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchAttribute), "%s: %v", attribute, err)
	}
	_, err := conn.Compare("CN=Nobody,"+alphaDN, "cn", "x")
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject), "%v", err)
	_, err = bound(t, s, "bob@beta.example", userPass).Compare(alice, "cn", "Alice")
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject), "of another organization: %v", err)
	_, err = dial(t, s).Compare(alice, "cn", "Alice")
	assert.ErrorContains(t, err, "a successful bind must be completed")
}

func TestWhoAmI(t *testing.T) {
	s := start(t)
	answer, err := bound(t, s, "alice@alpha.example", userPass).WhoAmI(nil)
	require.NoError(t, err)
	assert.Regexp(t, `^u:FABRIKAM\\.+$`, answer.AuthzID)
	answer, err = dial(t, s).WhoAmI(nil)
	require.NoError(t, err)
	assert.Empty(t, answer.AuthzID)
}

func TestSearch_NamesOfOtherForms(t *testing.T) {
	s := start(t)
	conn := bound(t, s, adminName, adminPass)
	alice := "CN=Alice," + alphaDN
	var o *directory.Object
	update(t, s.cfg.Store, alice, func(tx *state.Tx, found *directory.Object) error {
		o = found
		unit, err := directory.In(tx).Parent(found)
		if err != nil {
			return err
		}
		return directory.In(tx).SetWellKnown(unit, directory.WellKnownOrgType, found)
	})
	for _, name := range []string{
		"<GUID=" + hex.EncodeToString(o.GUID[:]) + ">", "<GUID=" + strings.Trim(o.GUID.String(), "{}") + ">",
		"<SID=" + string(o.SID) + ">", "<SID=" + hex.EncodeToString(o.SID.Octets()) + ">",
		"<WKGUID=" + directory.WellKnownOrgType + "," + alphaDN + ">", "<guid=" + hex.EncodeToString(o.GUID[:]) + ">",
	} {
		assert.Equal(t, []string{alice}, names(t, conn, at(name)), name)
		_, err := bound(t, s, "bob@beta.example", userPass).Search(at(name))
		assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject), "of another organization: %s: %v", name, err)
	}
	for name, code := range map[string]uint16{
		"<GUID=00112233445566778899aabbccddeeff>":                          ldap.LDAPResultNoSuchObject,
		"<SID=S-1-5-21-1-2-3-4>":                                           ldap.LDAPResultNoSuchObject,
		"<WKGUID=" + strings.Repeat("0", 32) + "," + alphaDN + ">":         ldap.LDAPResultNoSuchObject,
		"<WKGUID=" + directory.WellKnownOrgType + ",CN=x," + alphaDN + ">": ldap.LDAPResultNoSuchObject,
		"<GUID=0011>": ldap.LDAPResultInvalidDNSyntax, "<GUID=zz>": ldap.LDAPResultInvalidDNSyntax, "<SID=x>": ldap.LDAPResultInvalidDNSyntax,
		"<GUID=" + hex.EncodeToString(o.GUID[:]): ldap.LDAPResultInvalidDNSyntax, "<OTHER=1>": ldap.LDAPResultInvalidDNSyntax, "<>": ldap.LDAPResultInvalidDNSyntax,
	} {
		_, err := conn.Search(at(name))
		assert.True(t, ldap.IsErrorWithCode(err, code), "%s: %v", name, err)
	}
}

func TestSearch_Schema(t *testing.T) {
	s := start(t)
	root, err := dial(t, s).Search(at("", "subschemaSubentry", "schemaNamingContext"))
	require.NoError(t, err)
	aggregate, top := root.Entries[0].GetAttributeValue("subschemaSubentry"), root.Entries[0].GetAttributeValue("schemaNamingContext")
	conn := bound(t, s, adminName, adminPass)
	request := at(aggregate, "attributeTypes", "objectClasses")
	request.Filter = "(objectClass=subschema)"
	result, err := conn.Search(request)
	require.NoError(t, err)
	require.Len(t, result.Entries, 1)
	types := result.Entries[0].GetAttributeValues("attributeTypes")
	assert.Len(t, types, len(directory.AttributeTypes()))
	assert.Contains(t, types, "( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' SYNTAX '1.3.6.1.4.1.1466.115.121.1.15' SINGLE-VALUE )")
	classes := strings.Join(result.Entries[0].GetAttributeValues("objectClasses"), "\n")
	assert.Contains(t, classes, "( 1.2.840.113556.1.5.9 NAME 'user' SUP organizationalPerson STRUCTURAL )")
	assert.Contains(t, classes, "NAME 'top' ABSTRACT")

	assert.Equal(t, []string{top, aggregate}, names(t, conn, find(top, "(objectClass=*)", "1.1")))
	assert.Equal(t, []string{aggregate}, names(t, conn, find(top, "(&(cn=aggregate)(!(objectClass=dMD)))", "1.1")))
	_, err = conn.Search(at("CN=Nothing," + top))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject), "%v", err)
	_, err = dial(t, s).Search(request)
	assert.ErrorContains(t, err, "a successful bind must be completed")
}

func TestSearch_Sorted(t *testing.T) {
	s := start(t)
	conn := bound(t, s, adminName, adminPass)
	sorted := func(reverse bool, by string) *ldap.SearchRequest {
		request := find(resellerDN, "(objectClass=user)", "cn")
		request.Controls = []ldap.Control{&ldap.ControlServerSideSorting{SortKeys: []*ldap.SortKey{{AttributeType: by, Reverse: reverse}}}}
		return request
	}
	want := []string{"CN=Alice," + alphaDN, "CN=Bob," + betaDN, oddDN}
	assert.Equal(t, want, names(t, conn, sorted(false, "cn")))
	assert.Equal(t, []string{want[2], want[1], want[0]}, names(t, conn, sorted(true, "cn")))
	assert.ElementsMatch(t, want, names(t, conn, sorted(false, "shoeSize")), "it is not critical")

	paged := sorted(false, "cn")
	paging := ldap.NewControlPaging(2)
	paged.Controls = append(paged.Controls, paging)
	result, err := conn.Search(paged)
	require.NoError(t, err)
	require.Len(t, result.Entries, 2)
	paging.SetCookie(ldap.FindControl(result.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging).Cookie)
	assert.Equal(t, want[2:], names(t, conn, paged))
}

func TestSearch_RangesOfValues(t *testing.T) {
	const members = 1501
	s := start(t)
	group := "CN=Everybody," + betaDN
	require.NoError(t, s.cfg.Store.Update(t.Context(), func(tx *state.Tx) error {
		all := create(t, tx, group, "group", nil)
		for i := range members {
			if err := directory.In(tx).AddMember(all, create(t, tx, fmt.Sprintf("CN=Contact %04d,%s", i, betaDN), "contact", nil)); err != nil {
				return err
			}
		}
		return nil
	}))
	conn := bound(t, s, adminName, adminPass)
	got := map[string]bool{}
	for asked := "member"; asked != ""; {
		result, err := conn.Search(at(group, asked))
		require.NoError(t, err)
		require.Len(t, result.Entries[0].Attributes, 1, asked)
		piece := result.Entries[0].Attributes[0]
		for _, value := range piece.Values {
			got[value] = true
		}
		asked = ""
		if !strings.HasSuffix(piece.Name, "-*") {
			require.Equal(t, "member;range=0-1499", piece.Name)
			asked = "member;range=1500-*"
		}
	}
	assert.Len(t, got, members)
	_, err := conn.Search(at(group, "member;range=1501-*"))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultOperationsError), "%v", err)
}

func TestSearch_WorkIsBounded(t *testing.T) {
	const objects = 500
	s := start(t, func(c *Config) { c.MaxWork = objects })
	require.NoError(t, s.cfg.Store.Update(t.Context(), func(tx *state.Tx) error {
		for i := range objects {
			create(t, tx, fmt.Sprintf("CN=Contact %04d,%s", i, betaDN), "contact", nil)
		}
		return nil
	}))
	conn := bound(t, s, adminName, adminPass)
	_, err := conn.Search(find(domainDN, "(description=*x*)", "1.1"))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultAdminLimitExceeded), "%v", err)
	chain := "(|" + strings.Repeat("(memberOf:1.2.840.113556.1.4.1941:=CN=Domain Admins,CN=Users,"+domainDN+")", 200) + ")"
	_, err = conn.Search(find(domainDN, chain, "1.1"))
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultAdminLimitExceeded), "%v", err)
	assert.Len(t, names(t, conn, find(domainDN, "(cn=alice)", "1.1")), 1, "an index looks at few")
}

func TestSearch_GlobalCatalog(t *testing.T) {
	s := start(t, func(c *Config) { c.GlobalCatalog = true })
	conn := bound(t, s, adminName, adminPass)
	assert.Equal(t, []string{"CN=Alice," + alphaDN}, names(t, conn, find("", "(cn=alice)", "1.1")))
	assert.NotEmpty(t, names(t, conn, find("", "(objectClass=configuration)", "1.1")), "the configuration is of the forest")
	bob := bound(t, s, "bob@beta.example", userPass)
	assert.Equal(t, []string{"CN=Bob," + betaDN}, names(t, bob, find("", "(|(cn=alice)(cn=bob))", "1.1")))
}

func TestBind_WaitsInAQueue(t *testing.T) {
	release, entered := make(chan struct{}), make(chan struct{}, 1)
	s := start(t, func(c *Config) {
		c.Binds = connection.NewQueue(1, 0)
		c.Store = opened(t, nil)
		c.Logon = func(context.Context, string, string) (*directory.Object, error) {
			entered <- struct{}{}
			<-release
			return nil, directory.ErrWrongPassword
		}
	})
	first := make(chan error, 1)
	conn := dial(t, s)
	go func() { first <- conn.Bind(adminName, "x") }()
	<-entered
	err := dial(t, s).Bind(adminName, "x")
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultBusy), "%v", err)
	close(release)
	assert.True(t, ldap.IsErrorWithCode(<-first, ldap.LDAPResultInvalidCredentials))
}

// TestPing asks over UDP and, as adcli does, over TCP.
func TestPing(t *testing.T) {
	s := start(t, func(c *Config) { c.Ping = true })
	filter := "(&(DnsDomain=fabrikam.com)(NtVer=\\06\\00\\00\\00))"
	request := at("", "netlogon")
	request.Filter = filter
	result, err := dial(t, s).Search(request)
	require.NoError(t, err)
	require.Len(t, result.Entries, 1)
	assert.Contains(t, result.Entries[0].GetAttributeValue("netlogon"), "FABRIKAM")
	request.Filter = "(&(DnsDomain=other.example)(NtVer=\\06\\00\\00\\00))"
	assert.Empty(t, names(t, dial(t, s), request))

	conn, err := net.Dial("udp", s.Address())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(eventually)))
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchRequest, nil, "")
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	for _, tag := range []ber.Tag{ber.TagEnumerated, ber.TagEnumerated, ber.TagInteger, ber.TagInteger} {
		op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, tag, 0, ""))
	}
	op.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, ""))
	compiled, err := ldap.CompileFilter(filter)
	require.NoError(t, err)
	op.AppendChild(compiled)
	wanted := ber.NewSequence("")
	wanted.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "netlogon", ""))
	op.AppendChild(wanted)
	_, err = conn.Write(newMessage(1, op).Bytes())
	require.NoError(t, err)
	answer := make([]byte, 2000)
	n, err := conn.Read(answer)
	require.NoError(t, err)
	assert.Contains(t, string(answer[:n]), "FABRIKAM")
}

// TestRootDSE_NamesWhatExists reads the objects that the root DSE names.
func TestRootDSE_NamesWhatExists(t *testing.T) {
	conn := bound(t, start(t), adminName, adminPass)
	root, err := conn.Search(at("", "serverName", "dsServiceName"))
	require.NoError(t, err)
	for name, class := range map[string]string{"serverName": "server", "dsServiceName": "nTDSDSA"} {
		dn := root.Entries[0].GetAttributeValue(name)
		found, err := conn.Search(at(dn, "objectClass", "serverReference"))
		require.NoError(t, err, name)
		require.Len(t, found.Entries, 1, name)
		assert.Contains(t, found.Entries[0].GetAttributeValues("objectClass"), class)
		if name == "serverName" {
			account := found.Entries[0].GetAttributeValue("serverReference")
			assert.Equal(t, []string{account}, names(t, conn, at(account)))
		}
	}
}

func TestSearch_CatalogHasAPartOfTheAttributes(t *testing.T) {
	store := opened(t, nil)
	update(t, store, "CN=Alice,"+alphaDN, func(tx *state.Tx, o *directory.Object) error {
		return directory.In(tx).SetAll(o, directory.Attributes{
			{Name: "comment", Values: []string{"c"}}, {Name: "title", Values: []string{"t"}}, {Name: "proxyAddresses", Values: []string{"SMTP:a@alpha.example"}},
		})
	})
	catalog := bound(t, start(t, func(c *Config) { c.Store, c.GlobalCatalog = store, true }), adminName, adminPass)
	whole := bound(t, start(t, func(c *Config) { c.Store = store }), adminName, adminPass)
	alice := "CN=Alice," + alphaDN
	for _, asked := range [][]string{nil, {"*", "canonicalName"}, {"comment", "title", "proxyAddresses", "canonicalName", "memberOf"}} {
		found, err := catalog.Search(at(alice, asked...))
		require.NoError(t, err)
		assert.Equal(t, "t", found.Entries[0].GetAttributeValue("title"))
		assert.Equal(t, "SMTP:a@alpha.example", found.Entries[0].GetAttributeValue("proxyAddresses"))
		assert.Empty(t, found.Entries[0].GetAttributeValues("comment"), asked)
		assert.Equal(t, len(asked) > 0, len(found.Entries[0].GetAttributeValues("canonicalName")) > 0)
	}
	for filter, want := range map[string]int{"(comment=c)": 0, "(!(comment=c))": 0, "(&(title=t)(proxyAddresses=smtp:a@alpha.example))": 1} {
		assert.Len(t, names(t, catalog, find(alphaDN, filter)), want, filter)
	}
	assert.Len(t, names(t, whole, find(alphaDN, "(comment=c)")), 1)
	same, err := whole.Compare(alice, "comment", "c")
	require.NoError(t, err)
	assert.True(t, same)
	_, err = catalog.Compare(alice, "comment", "c")
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchAttribute), err)
	sorted := find(alphaDN, "(title=t)")
	sorted.Controls = []ldap.Control{&ldap.ControlServerSideSorting{SortKeys: []*ldap.SortKey{{AttributeType: "comment"}}}}
	found, err := catalog.Search(sorted)
	require.NoError(t, err, "the control is not critical")
	require.NotNil(t, ldap.FindControl(found.Controls, ldap.ControlTypeServerSideSortingResult))
}
