package ldap

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

const deletedDN = "CN=Deleted Objects," + domainDN

// deletedBase is how clients name the container of deleted objects.
const deletedBase = "<WKGUID=" + directory.WellKnownDeleted + "," + domainDN + ">"

// shown makes a search find deleted objects.
func shown(r *ldap.SearchRequest) *ldap.SearchRequest {
	r.Controls = append(r.Controls, ldap.NewControlMicrosoftShowDeleted())
	return r
}

// remove deletes an object and returns the name of what stays, as administrators
// see it.
func remove(t *testing.T, s *Server, dn string) (gone *directory.Object, name string) {
	t.Helper()
	update(t, s.cfg.Store, dn, func(tx *state.Tx, o *directory.Object) error {
		gone = o
		return directory.In(tx).DeleteTree(o)
	})
	rdn, _, _ := strings.Cut(dn, ",")
	return gone, rdn + `\0ADEL:` + strings.Trim(gone.GUID.String(), "{}") + "," + deletedDN
}

// TestSearch_DeletedObjects is a reader that notices what was deleted.
func TestSearch_DeletedObjects(t *testing.T) {
	s := start(t)
	conn := bound(t, s, adminName, adminPass)
	root, err := conn.Search(at("", "supportedControl", "highestCommittedUSN"))
	require.NoError(t, err)
	assert.Contains(t, root.Entries[0].GetAttributeValues("supportedControl"), ldap.ControlTypeMicrosoftShowDeleted)
	seen := root.Entries[0].GetAttributeValue("highestCommittedUSN")
	since := fmt.Sprintf("(&(isDeleted=TRUE)(uSNChanged>=%s))", seen)
	assert.Empty(t, names(t, conn, shown(find(deletedBase, since))))

	alice, name := remove(t, s, "CN=Alice,"+alphaDN)
	found, err := conn.Search(shown(find(deletedBase, since)))
	require.NoError(t, err)
	require.Len(t, found.Entries, 1)
	entry := found.Entries[0]
	assert.Equal(t, name, entry.DN)
	assert.Equal(t, alice.GUID[:], entry.GetRawAttributeValue("objectGUID"))
	assert.Equal(t, alice.SID.Octets(), entry.GetRawAttributeValue("objectSid"))
	assert.Equal(t, alphaDN, entry.GetAttributeValue("lastKnownParent"))
	assert.Equal(t, "Alice\nDEL:"+strings.Trim(alice.GUID.String(), "{}"), entry.GetAttributeValue("cn"))
	for _, gone := range []string{"mail", "userPrincipalName", "memberOf", "objectCategory", "sAMAccountType", "pwdLastSet"} {
		assert.Empty(t, entry.GetAttributeValues(gone), gone)
	}
	_, beta := remove(t, s, betaDN)
	bob, err := conn.Search(shown(find(deletedBase, "(cn=bob*)", "lastKnownParent")))
	require.NoError(t, err)
	assert.Equal(t, beta, bob.Entries[0].GetAttributeValue("lastKnownParent"))
	for _, form := range []string{name, "<GUID=" + hex.EncodeToString(alice.GUID[:]) + ">", strings.ToUpper(name)} {
		assert.Equal(t, []string{name}, names(t, conn, shown(at(form))), form)
	}
	for _, form := range []string{deletedBase, deletedDN, "cn=deleted objects, " + domainDN} {
		assert.Equal(t, []string{deletedDN}, names(t, conn, shown(at(form))), form)
	}
	domain, err := conn.Search(at(domainDN, "wellKnownObjects"))
	require.NoError(t, err)
	assert.Contains(t, domain.Entries[0].GetAttributeValues("wellKnownObjects"), "B:32:"+directory.WellKnownDeleted+":"+deletedDN)
	assert.Equal(t, []string{"CN=Users," + domainDN}, names(t, conn, at("<WKGUID=A9D1CA15768811D1ADED00C04FD8D5CD,"+domainDN+">")))
	one := ldap.NewSearchRequest(deletedDN, ldap.ScopeSingleLevel, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"1.1"}, nil)
	assert.Len(t, names(t, conn, shown(one)), 3)
	assert.Empty(t, names(t, conn, shown(find(alphaDN, "(isDeleted=TRUE)"))), "they are not where they were")
}

// TestSearch_DeletedObjectsAreHidden holds that they are found by those alone
// who ask for them and may see them.
func TestSearch_DeletedObjectsAreHidden(t *testing.T) {
	s := start(t)
	alice, name := remove(t, s, "CN=Alice,"+alphaDN)
	admin := bound(t, s, adminName, adminPass)
	for _, filter := range []string{"(isDeleted=TRUE)", "(lastKnownParent=*)", "(cn=Alice*)", "(objectGUID=" + escapeOctets(alice.GUID[:]) + ")"} {
		assert.Empty(t, names(t, admin, find(domainDN, filter)), filter)
	}
	hidden := func(conn *ldap.Conn, request *ldap.SearchRequest) {
		t.Helper()
		_, err := conn.Search(request)
		assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject), "%s: %v", request.BaseDN, err)
	}
	odd := bound(t, s, "odd@alpha.example", userPass)
	for _, base := range []string{deletedBase, deletedDN, name, "<GUID=" + hex.EncodeToString(alice.GUID[:]) + ">"} {
		hidden(admin, at(base))
		hidden(odd, at(base))
		hidden(odd, shown(at(base)))
	}
	assert.NotContains(t, names(t, odd, shown(find(domainDN, "(objectClass=*)"))), name)
	assert.Contains(t, names(t, admin, shown(find(domainDN, "(objectClass=*)"))), name)
}

func escapeOctets(octets []byte) string {
	text := ""
	for _, octet := range octets {
		text += fmt.Sprintf(`\%02x`, octet)
	}
	return text
}

// TestSearch_DeletedObjectsInPages reads all there is, page by page and sorted.
func TestSearch_DeletedObjectsInPages(t *testing.T) {
	s := start(t, func(c *Config) { c.GlobalCatalog = true })
	conn := bound(t, s, adminName, adminPass)
	gone := []string{deletedDN, "CN=Deleted Objects,CN=Configuration," + domainDN}
	for _, dn := range []string{"CN=Alice," + alphaDN, "CN=Bob," + betaDN} {
		_, name := remove(t, s, dn)
		gone = append(gone, name)
	}
	everything := func(base string) []string {
		return append(names(t, conn, find(base, "(objectClass=*)", "1.1")), gone...)
	}
	inDomain := slices.DeleteFunc(everything(domainDN), func(n string) bool { return n == gone[1] })
	for base, want := range map[string][]string{domainDN: inDomain, "": everything("")} {
		for _, size := range []uint32{1, 3, 7} {
			var got []string
			result, err := conn.SearchWithPaging(shown(find(base, "(objectClass=*)", "1.1")), size)
			require.NoError(t, err)
			for _, e := range result.Entries {
				got = append(got, e.DN)
			}
			assert.ElementsMatch(t, want, got, "%q in pages of %d", base, size)
		}
	}
	sorted := shown(find(domainDN, "(objectClass=*)", "1.1"))
	sorted.Controls = append(sorted.Controls, &ldap.ControlServerSideSorting{SortKeys: []*ldap.SortKey{{AttributeType: "whenChanged", Reverse: true}}})
	assert.ElementsMatch(t, inDomain, names(t, conn, sorted))
}
