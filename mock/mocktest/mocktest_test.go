package mocktest_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/journal"
	"wsexchange/mock/mocktest"
	"wsexchange/mock/resource"
	"wsexchange/mpf"
)

const reseller = "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"

func TestStart(t *testing.T) {
	e := mocktest.Start(t, mocktest.LDAP())
	client, err := mpf.NewClient(mpf.ClientConfig{URL: e.URL, Credentials: mpf.OfAccount, Account: e.Account("hsadmin")})
	require.NoError(t, err)
	response, err := client.Submit(t.Context(), mpf.Simple(mpf.Target{Namespace: "Windows-based Hosting", Procedure: "QueryPlans"}, xmldoc.Element("data")))
	require.NoError(t, err)
	require.Nil(t, response.Err)
	assert.Contains(t, xmldoc.String(response.Data), "GoldMail")
	assert.Equal(t, `FABRIKAM\hsadmin`, e.WaitFor(journal.Filter{Procedure: "QueryPlans"}).Caller)

	conn, err := ldap.DialURL(e.LDAPURL)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	account := e.Account("hsadmin")
	assert.NoError(t, conn.Bind(account.Domain+`\`+account.Username, account.Password.Reveal()))
}

func TestEmulator_Looks(t *testing.T) {
	e := mocktest.Start(t)
	e.MustCall("Managed Active Directory", "CreateUser", newUser("ann"))
	ann := dn("ann")
	require.NotNil(t, e.Object(ann))
	assert.Nil(t, e.Object(dn("bob")))
	assert.Equal(t, []string{"ann"}, e.Attr("LDAP://"+ann, "sAMAccountName"))
	assert.Contains(t, e.Members("CN=Domain Admins,CN=Users,DC=fabrikam,DC=com"), "CN=Administrator,CN=Users,DC=fabrikam,DC=com")
	assert.Empty(t, e.Consumers(reseller, resource.MailboxConsumer))
	assert.Contains(t, e.Difference(mock.StartSnapshot), "created "+ann+"\n")
	require.NoError(t, e.Reset(t.Context()))
	assert.Empty(t, e.Difference(mock.StartSnapshot))
	assert.Nil(t, e.Object(ann))
}

func TestPasswordPolicy(t *testing.T) {
	e := mocktest.Start(t, mocktest.PasswordPolicy(directory.PasswordPolicy{MinimumLength: 30}))
	refused := func() {
		e.MustCall("Managed Active Directory", "CreateUser", newUser("ann"))
		failed := e.Call("Managed Active Directory", "SetUserPassword", newPassword("ann"))
		assert.True(t, mpf.PasswordRefused.Is(failed.Err), "%v", failed.Err)
	}
	refused()
	require.NoError(t, e.Reset(t.Context()), "the policy is part of the start")
	refused()
}

// TestDeterministic runs a scenario twice and compares every byte.
func TestDeterministic(t *testing.T) {
	scenario := func() (answers string, content string) {
		e := mocktest.Start(t, mocktest.Deterministic())
		for i := range 5 {
			name := fmt.Sprint("user", i)
			answers += xmldoc.String(e.Call("Managed Active Directory", "CreateUser", newUser(name)).Element())
			answers += xmldoc.String(e.Call("Managed Active Directory", "CreateUser", newUser(name)).Element()) // fails
			answers += fmt.Sprintf("%+v\n", *e.Object(dn(name)))
		}
		for _, entry := range e.Journal.List(journal.Filter{}) {
			text, err := json.Marshal([]any{entry, entry.Explain()})
			require.NoError(t, err)
			answers += string(text) + "\n"
		}
		return answers, e.Difference(mock.StartSnapshot)
	}
	first, firstContent := scenario()
	second, secondContent := scenario()
	assert.Equal(t, first, second)
	assert.Equal(t, firstContent, secondContent)
	assert.Contains(t, first, "000000100001", "ids in order")

	other := mocktest.Start(t, mocktest.Deterministic(), mocktest.IDs(2))
	other.MustCall("Managed Active Directory", "CreateUser", newUser("user0"))
	assert.NotContains(t, first, other.Object(dn("user0")).GUID.String())
}

func TestPrepare(t *testing.T) {
	p := mocktest.Prepare(t, func(e *mocktest.Emulator) {
		e.MustCall("Managed Active Directory", "CreateUser", newUser("ann"))
	}, mocktest.Deterministic())
	first, second := p.Clone(t), p.Clone(t)
	assert.NotNil(t, first.Object(dn("ann")))
	first.MustCall("Managed Active Directory", "CreateUser", newUser("bob"))
	assert.Nil(t, second.Object(dn("bob")))
	second.MustCall("Managed Active Directory", "CreateUser", newUser("bob"))
	assert.Equal(t, first.Object(dn("bob")), second.Object(dn("bob")))
	assert.NotEqual(t, first.Object(dn("bob")).GUID, first.Object(dn("ann")).GUID)
}

// TestParallel runs many universes at once, each with work of its own.
func TestParallel(t *testing.T) {
	const universes = 200
	p := mocktest.Prepare(t, nil)
	var started, ended sync.WaitGroup
	started.Add(universes)
	for i := range universes {
		ended.Go(func() {
			e := func() *mocktest.Emulator {
				defer started.Done() // also if it fails
				return p.Clone(t)
			}()
			started.Wait() // all of them are there
			mine, other := fmt.Sprint("user", i), fmt.Sprint("user", (i+1)%universes)
			e.MustCall("Managed Active Directory", "CreateUser", newUser(mine))
			assert.NotNil(t, e.Object(dn(mine)))
			assert.Nil(t, e.Object(dn(other)))
		})
	}
	ended.Wait()
}

// newUser is executeData of CreateUser, and dn the user's name then.
func newUser(name string) string {
	return "<container>LDAP://" + reseller + "</container><userPrincipalName>" + name + "@fabrikam.com</userPrincipalName>" +
		"<sAMAccountName>" + name + "</sAMAccountName>"
}

func dn(name string) string { return "CN=" + name + "@fabrikam.com," + reseller }

func newPassword(name string) string {
	return "<user>LDAP://" + dn(name) + "</user><newPassword>Fabrikam-1234</newPassword>" +
		"<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"
}
