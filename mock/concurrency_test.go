package mock_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// Sizes of the concurrent run: few names, so that callers get in each other's
// way.
const (
	concurrentCallers = 6
	callsOfEach       = 40
	concurrentLogins  = 5
)

// concurrentCalls are what the callers do; %[1]s is an organization's name,
// %[2]s a login, %[3]s another one.
var concurrentCalls = []struct{ namespace, procedure, data string }{
	{"Hosted Exchange", "CreateBusinessUser", `<container>LDAP://OU=%[1]s,` + benchReseller + `</container><userPrincipalName>%[2]s@%[1]s.example</userPrincipalName><isAdmin>true</isAdmin><planName>GoldMail</planName><newPassword>P@ssw0rd!23</newPassword>`},
	{"Hosted Exchange", "CreateBusinessUser", `<container>LDAP://OU=%[1]s,` + benchReseller + `</container><userPrincipalName>%[2]s@%[1]s.example</userPrincipalName><isAdmin>false</isAdmin><planName>BaseMail</planName><newPassword>weak</newPassword>`},
	{"Hosted Exchange", "DeleteBusinessUser", `<path>LDAP://CN=%[2]s@%[1]s.example,OU=%[1]s,` + benchReseller + `</path>`},
	{"Hosted Exchange", "ChangeUserMailboxPlan", `<path>LDAP://CN=%[2]s@%[1]s.example,OU=%[1]s,` + benchReseller + `</path><planName>PlatinumMail</planName>`},
	{"Hosted Exchange", "CreateSMTPProxyAddress", `<path>LDAP://CN=%[2]s@%[1]s.example,OU=%[1]s,` + benchReseller + `</path><proxyAddress>%[3]s.x@%[1]s.example</proxyAddress>`},
	{"Hosted Exchange", "DisableUser", `<path>LDAP://CN=%[2]s@%[1]s.example,OU=%[1]s,` + benchReseller + `</path>`},
	{"Hosted Exchange", "MakeUserAdmin", `<path>LDAP://CN=%[2]s@%[1]s.example,OU=%[1]s,` + benchReseller + `</path><isAdmin>0</isAdmin>`},
	{"Hosted Exchange", "CreateDistributionList", `<container>LDAP://OU=%[1]s,` + benchReseller + `</container><name>list-%[2]s</name><managedBy>%[3]s@%[1]s.example</managedBy>`},
	{"Managed Active Directory", "GroupAdd", `<group>LDAP://CN=list-%[2]s,OU=%[1]s,` + benchReseller + `</group><newMember>LDAP://CN=%[3]s@%[1]s.example,OU=%[1]s,` + benchReseller + `</newMember>`},
	{"Exchange Resource Manager", "QueryConsumersByOrganization", `<organization>LDAP://OU=%[1]s,` + benchReseller + `</organization>`},
	{"Exchange Resource Manager", "ReallocateOrganizationMailNoMove", `<organization>LDAP://OU=%[1]s,` + benchReseller + `</organization><mailStore><megabytes>-15</megabytes><shared>1</shared></mailStore>`},
	{"Exchange Resource Manager", "ReallocateOrganizationMailNoMove", `<organization>LDAP://OU=%[1]s,` + benchReseller + `</organization><mailStore><megabytes>20</megabytes><shared>1</shared></mailStore>`},
}

// TestConcurrentCallers lets callers that know nothing of each other work on the
// same organizations, and looks whether what they leave fits together.
func TestConcurrentCallers(t *testing.T) {
	ctx := mpf.WithCaller(t.Context(), mpf.Caller{Domain: "FABRIKAM", Username: "hsadmin", Trusted: true})
	e, err := mock.Open(ctx, mock.Config{HashCost: 4})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, e.Close()) })
	organizations := []string{"alpine", "contoso"}
	for _, name := range organizations {
		response := submit(t, ctx, e, "Hosted Exchange", "CreateBusinessOrganization", `<container>LDAP://`+benchReseller+`</container><name>`+name+
			`</name><SMTPDomain>`+name+`.example</SMTPDomain><mailStore><megabytes>60</megabytes><shared>1</shared></mailStore>`+
			`<publicStore><megabytes>1</megabytes></publicStore><availablePlans><planName>BaseMail</planName><planName>GoldMail</planName><planName>PlatinumMail</planName></availablePlans>`)
		require.Nil(t, response.Err)
	}
	var callers sync.WaitGroup
	for caller := range concurrentCallers {
		callers.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(caller), 7))
			for range callsOfEach {
				c := concurrentCalls[dice.IntN(len(concurrentCalls))]
				name := organizations[dice.IntN(len(organizations))]
				data := fmt.Sprintf(c.data+"%.0[1]s%.0[2]s%.0[3]s", name, login(dice), login(dice))
				response := submit(t, ctx, e, c.namespace, c.procedure, data)
				assert.False(t, mpf.InternalError.Is(response.Err), "%s: %v", c.procedure, response.Err)
			}
		})
	}
	callers.Wait()
	require.NoError(t, e.Store.View(ctx, func(tx *state.Tx) error {
		require.NoError(t, resource.In(tx).CheckConservation())
		for _, name := range organizations {
			checkMailboxes(t, tx, name)
		}
		return nil
	}))
}

func login(dice *rand.Rand) string { return fmt.Sprintf("user%d", dice.IntN(concurrentLogins)) }

func submit(t *testing.T, ctx context.Context, e *mock.Emulator, namespace, procedure, executeData string) *mpf.Response {
	t.Helper()
	data, err := xmldoc.ParseString("<executeData>"+executeData+benchDC+"</executeData>", xmldoc.Limits{})
	require.NoError(t, err)
	response, err := e.Engine.Submit(ctx, &mpf.Request{Procedure: mpf.OneCall(mpf.Target{Namespace: namespace, Procedure: procedure}, mpf.On, data)})
	require.NoError(t, err)
	return response
}

// checkMailboxes demands that mailbox, allocation, address and memberships of
// every user go together.
func checkMailboxes(t *testing.T, tx *state.Tx, name string) {
	t.Helper()
	org, err := directory.In(tx).Get(ldappath.MustParseDN("OU=" + name + "," + benchReseller))
	require.NoError(t, err)
	users, err := directory.In(tx).Children(org, "user")
	require.NoError(t, err)
	consumers, err := resource.In(tx).Consumers(org.GUID, resource.MailboxConsumer)
	require.NoError(t, err)
	assert.Len(t, consumers, len(users), "one allocation for each user")
	for _, u := range users {
		_, err := resource.In(tx).Consumer(u.GUID)
		assert.NoError(t, err, u.DN)
		primary, err := directory.In(tx).PrimaryAddress(u)
		require.NoError(t, err)
		mail, err := directory.In(tx).Value(u, "mail")
		require.NoError(t, err)
		assert.True(t, strings.EqualFold(mail, strings.TrimPrefix(primary, "SMTP:")), "%s: %s, %s", u.DN, mail, primary)
		groups, err := directory.In(tx).MemberOf(u)
		require.NoError(t, err)
		for _, g := range groups {
			members, err := directory.In(tx).Members(g)
			require.NoError(t, err)
			assert.Contains(t, names(members), u.DN.String())
		}
	}
}

func names(objects []*directory.Object) []string {
	var dns []string
	for _, o := range objects {
		dns = append(dns, o.DN.String())
	}
	return dns
}
