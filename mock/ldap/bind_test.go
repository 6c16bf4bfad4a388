package ldap

import (
	"net"
	"testing"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

func TestBind_NamesOfAnAccount(t *testing.T) {
	s := start(t)
	for _, name := range []string{
		"CN=hsadmin,CN=Users,DC=fabrikam,DC=com", "cn=HSADMIN, cn=users, dc=fabrikam, dc=com",
		"hsadmin@fabrikam.com", "HsAdmin@Fabrikam.COM", `FABRIKAM\hsadmin`, `fabrikam\HSADMIN`, "hsadmin",
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, s)
			require.NoError(t, conn.Bind(name, adminPass))
			assert.Equal(t, []string{domainDN}, names(t, conn, at(domainDN)))
		})
	}
	conn := dial(t, s)
	require.NoError(t, conn.Bind(oddDN, userPass), "a name with escapes")
}

func TestBind_RefusalsAreActiveDirectorys(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	store := opened(t, func() time.Time { return now })
	alice := "CN=Alice," + alphaDN
	s := start(t, func(c *Config) { c.Store, c.Logon = store, logon(store) })
	conn := dial(t, s)
	refused := func(name, password, data string) {
		t.Helper()
		err := conn.Bind(name, password)
		require.Error(t, err)
		assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials), "%v", err)
		assert.Contains(t, err.Error(), "AcceptSecurityContext error, data "+data+", ")
		assert.NotContains(t, err.Error(), password)
	}
	refused("nobody@fabrikam.com", userPass, "525")
	refused("CN=Nobody,"+alphaDN, userPass, "525")
	refused(`OTHERDOMAIN\hsadmin`, adminPass, "525")
	refused("alice@alpha.example", "wrong-Pass1", "52e")

	set := func(attribute, value string) {
		update(t, store, alice, func(tx *state.Tx, o *directory.Object) error { return directory.In(tx).Set(o, attribute, value) })
	}
	set("pwdLastSet", "0")
	refused(alice, userPass, "773")
	set("pwdLastSet", "-1")
	require.NoError(t, conn.Bind(alice, userPass))
	set("accountExpires", "116444736000000000") // 1970
	refused(alice, userPass, "701")
	set("accountExpires", "0")
	require.NoError(t, conn.Bind(alice, userPass))

	require.NoError(t, store.Update(t.Context(), func(tx *state.Tx) error {
		policy := directory.DefaultPasswordPolicy()
		policy.MaximumAge = 24 * time.Hour
		policy.LockoutThreshold, policy.LockoutDuration, policy.LockoutWindow = 2, time.Hour, time.Hour
		return directory.In(tx).SetPasswordPolicy(policy)
	}))
	refused(alice, "wrong-Pass1", "52e")
	refused(alice, "wrong-Pass1", "52e")
	refused(alice, userPass, "775")
	now = now.Add(48 * time.Hour)
	refused(alice, userPass, "532")
	update(t, store, alice, func(tx *state.Tx, o *directory.Object) error { return directory.In(tx).SetEnabled(o, false) })
	refused(alice, userPass, "533")
}

func TestBind_AnonymousSeesTheRootDSEOnly(t *testing.T) {
	conn := dial(t, start(t))
	check := func() {
		t.Helper()
		assert.Equal(t, []string{""}, names(t, conn, at("")))
		_, err := conn.Search(at(domainDN))
		assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultOperationsError), "%v", err)
		assert.ErrorContains(t, err, "a successful bind must be completed")
		_, err = conn.Search(at("CN=Nothing," + domainDN))
		assert.ErrorContains(t, err, "a successful bind must be completed", "what exists is not told")
	}
	check()
	require.NoError(t, conn.UnauthenticatedBind(""))
	check()
	err := conn.UnauthenticatedBind("hsadmin@fabrikam.com")
	assert.True(t, ldap.IsErrorWithCode(err, ldap.LDAPResultUnwillingToPerform), "%v", err)
	check()
}

func TestBind_AFailedOneForgetsTheAccount(t *testing.T) {
	conn := bound(t, start(t), adminName, adminPass)
	assert.Len(t, names(t, conn, at(domainDN)), 1)
	require.Error(t, conn.Bind(adminName, "wrong-Pass1"))
	_, err := conn.Search(at(domainDN))
	assert.ErrorContains(t, err, "a successful bind must be completed")
	require.NoError(t, conn.Bind(adminName, adminPass))
	require.NoError(t, conn.UnauthenticatedBind(""))
	_, err = conn.Search(at(domainDN))
	assert.ErrorContains(t, err, "a successful bind must be completed")
}

func TestBind_AnAccountThatIsGoneSeesNothing(t *testing.T) {
	s := start(t)
	conn := bound(t, s, "alice@alpha.example", userPass)
	assert.Len(t, names(t, conn, at(alphaDN)), 1)
	update(t, s.cfg.Store, "CN=Alice,"+alphaDN, func(tx *state.Tx, o *directory.Object) error { return directory.In(tx).Delete(o) })
	_, err := conn.Search(at(alphaDN))
	assert.ErrorContains(t, err, "a successful bind must be completed")
}

// saslBind is a bind by a method other than simple.
func saslBind(id int64) []byte {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationBindRequest, nil, "")
	op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 3, ""))
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "", ""))
	credentials := ber.Encode(ber.ClassContext, ber.TypeConstructed, 3, nil, "")
	credentials.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, "GSSAPI", ""))
	op.AppendChild(credentials)
	return newMessage(id, op).Bytes()
}

func TestBind_OtherMethods(t *testing.T) {
	s := start(t)
	conn, err := net.Dial("tcp", s.Address())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	simple := func(id int64) []byte {
		op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationBindRequest, nil, "")
		op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 3, ""))
		op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, adminName, ""))
		op.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, adminPass, ""))
		return newMessage(id, op).Bytes()
	}
	for _, step := range []struct {
		name    string
		request []byte
		want    int64
	}{
		{"a simple bind", simple(1), ldap.LDAPResultSuccess},
		{"another method", saslBind(2), ldap.LDAPResultAuthMethodNotSupported},
		{"it has made the client anonymous", searchMessage(3, domainDN), ldap.LDAPResultOperationsError},
		{"the connection goes on", simple(4), ldap.LDAPResultSuccess},
	} {
		_, err := conn.Write(step.request)
		require.NoError(t, err, step.name)
		answer, err := readMessage(conn)
		require.NoError(t, err, step.name)
		assert.Equal(t, step.want, answer.op.Children[0].Value, step.name)
	}
}

// searchMessage is a search of one entry.
func searchMessage(id int64, base string) []byte {
	op := ber.Encode(ber.ClassApplication, ber.TypeConstructed, ldap.ApplicationSearchRequest, nil, "")
	op.AppendChild(ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, base, ""))
	for _, tag := range []ber.Tag{ber.TagEnumerated, ber.TagEnumerated, ber.TagInteger, ber.TagInteger} {
		op.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, tag, 0, ""))
	}
	op.AppendChild(ber.NewBoolean(ber.ClassUniversal, ber.TypePrimitive, ber.TagBoolean, false, ""))
	op.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, ldap.FilterPresent, "objectClass", ""))
	op.AppendChild(ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, ""))
	return newMessage(id, op).Bytes()
}
