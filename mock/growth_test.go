package mock_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mpf"
)

// installation is an emulator in a file, with customers.
type installation struct {
	*mock.Emulator
	t     testing.TB
	ctx   context.Context
	users int
}

const (
	benchReseller  = "OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com"
	benchDC        = "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"
	usersOfOneOrg  = 100
	kilobytesAUser = 10000
)

func newInstallation(t testing.TB) *installation {
	t.Helper()
	ctx := mpf.WithCaller(context.WithoutCancel(t.Context()), mpf.Caller{Domain: "FABRIKAM", Username: "hsadmin", Trusted: true})
	e, err := mock.Open(ctx, mock.Config{Database: filepath.Join(t.TempDir(), "emulator.db"), HashCost: 4, Audit: "none"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return &installation{Emulator: e, t: t, ctx: ctx}
}

// call runs a procedure as the gateway does and demands success.
func (i *installation) call(namespace, procedure, executeData string) *xmldoc.Node {
	i.t.Helper()
	data, err := xmldoc.ParseString("<executeData>"+executeData+benchDC+"</executeData>", xmldoc.Limits{})
	require.NoError(i.t, err)
	response, err := i.Engine.Submit(i.ctx, &mpf.Request{Procedure: mpf.OneCall(mpf.Target{Namespace: namespace, Procedure: procedure}, mpf.On, data)})
	require.NoError(i.t, err)
	require.Nil(i.t, response.Err, procedure)
	return response.Data
}

func organizationOf(user int) (name, dn string) {
	name = "org" + strconv.Itoa(user/usersOfOneOrg)
	return name, "OU=" + name + "," + benchReseller
}

// createUser creates the next user with a mailbox, and an organization for
// every hundred.
func (i *installation) createUser() {
	name, dn := organizationOf(i.users)
	if i.users%usersOfOneOrg == 0 {
		i.call("Hosted Exchange", "CreateBusinessOrganization", "<container>LDAP://"+benchReseller+"</container><name>"+name+
			"</name><SMTPDomain>"+name+".example</SMTPDomain><mailStore><megabytes>"+strconv.Itoa(usersOfOneOrg*kilobytesAUser/1024+100)+
			"</megabytes><shared>1</shared></mailStore><publicStore><megabytes>1</megabytes></publicStore>"+
			"<availablePlans><planName>BaseMail</planName></availablePlans>")
	}
	upn := fmt.Sprintf("user%d@%s.example", i.users, name)
	i.call("Hosted Exchange", "CreateBusinessUser", "<container>LDAP://"+dn+"</container><userPrincipalName>"+upn+
		"</userPrincipalName><isAdmin>false</isAdmin><planName>BaseMail</planName><newPassword>P@ssw0rd!23</newPassword>")
	i.users++
}

// BenchmarkGrowth creates mailboxes, and asks for the consumers of one
// organization, in a small and in a large installation. The large one takes a
// while to fill: run it with -timeout 0. See scripts/growth.sh.
func BenchmarkGrowth(b *testing.B) {
	i := newInstallation(b)
	for _, size := range growthSizes() {
		for i.users < size {
			i.createUser()
		}
		b.Run(fmt.Sprintf("CreateBusinessUser/mailboxes=%d", size), func(b *testing.B) {
			for b.Loop() {
				i.createUser()
			}
		})
		b.Run(fmt.Sprintf("QueryConsumersByOrganization/mailboxes=%d", size), func(b *testing.B) {
			_, dn := organizationOf(0)
			for b.Loop() {
				i.call("Exchange Resource Manager", "QueryConsumersByOrganization", "<organization>LDAP://"+dn+"</organization>")
			}
		})
	}
}
