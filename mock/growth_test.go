package mock_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock"
	"wsexchange/mock/directory"
	"wsexchange/mock/plan"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// installation is an emulator with customers.
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

// newInstallation opens an emulator with a database, none if it is empty.
func newInstallation(t testing.TB, database string) *installation {
	t.Helper()
	ctx := mpf.WithCaller(context.WithoutCancel(t.Context()), mpf.Caller{Domain: "FABRIKAM", Username: "hsadmin", Trusted: true})
	e, err := mock.Open(ctx, mock.Config{Database: database, HashCost: directory.LowestCost, Audit: "none"})
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

// createOrganization creates the organization of the next user.
func (i *installation) createOrganization() {
	name, _ := organizationOf(i.users)
	i.call("Hosted Exchange", "CreateBusinessOrganization", "<container>LDAP://"+benchReseller+"</container><name>"+name+
		"</name><SMTPDomain>"+name+".example</SMTPDomain><mailStore><megabytes>"+strconv.Itoa(usersOfOneOrg*kilobytesAUser/1024+100)+
		"</megabytes><shared>1</shared></mailStore><publicStore><megabytes>1</megabytes></publicStore>"+
		"<availablePlans><planName>BaseMail</planName></availablePlans>")
}

// createUser creates the next user with a mailbox through the engine, and an
// organization for every hundred.
func (i *installation) createUser() {
	if i.users%usersOfOneOrg == 0 {
		i.createOrganization()
	}
	name, dn := organizationOf(i.users)
	upn := fmt.Sprintf("user%d@%s.example", i.users, name)
	i.call("Hosted Exchange", "CreateBusinessUser", "<container>LDAP://"+dn+"</container><userPrincipalName>"+upn+
		"</userPrincipalName><isAdmin>false</isAdmin><planName>BaseMail</planName><newPassword>P@ssw0rd!23</newPassword>")
	i.users++
}

// fill writes a whole organization's users, as CreateBusinessUser leaves them,
// into the store in one transaction: a hundred times as fast as asking for
// each.
func (i *installation) fill() {
	i.t.Helper()
	i.createOrganization()
	name, dn := organizationOf(i.users)
	require.NoError(i.t, i.Store.Update(i.ctx, func(tx *state.Tx) error {
		unit := ldappath.MustParseDN(dn)
		org, err := directory.In(tx).Get(unit)
		require.NoError(i.t, err)
		everybody, err := directory.In(tx).Get(unit.Child("CN", "_Private").Child("CN", "AllUsers@"+name))
		require.NoError(i.t, err)
		shares, err := resource.In(tx).Allocations(org.GUID, resource.MailStore)
		require.NoError(i.t, err)
		for range usersOfOneOrg {
			upn := fmt.Sprintf("user%d@%s.example", i.users, name)
			attributes := directory.Attributes{}.With("sAMAccountName", fmt.Sprintf("user%d", i.users)).With("userPrincipalName", upn).
				With("mail", upn).With("proxyAddresses", "SMTP:"+upn).With("mailNickname", fmt.Sprintf("user%d", i.users))
			user, err := directory.In(tx).Create(unit.Child("CN", upn), "user", attributes)
			require.NoError(i.t, err)
			require.NoError(i.t, directory.In(tx).AddMember(everybody, user))
			_, err = resource.In(tx).AddConsumer(resource.Consumer{
				AllocationID: shares[0].ID, Kind: resource.MailboxConsumer, GUID: user.GUID, Kilobytes: kilobytesAUser,
			})
			require.NoError(i.t, err)
			_, err = plan.In(tx).CreateCustomer(plan.Customer{GUID: user.GUID, Name: upn, Type: "BusinessUser", Status: plan.StatusEnabled, Organization: org.GUID})
			require.NoError(i.t, err)
			require.NoError(i.t, plan.In(tx).AssignPlan(user.GUID, "BaseMail"))
			i.users++
		}
		return nil
	}))
}

// BenchmarkGrowth creates mailboxes, and asks for the consumers of one
// organization, in a small and in a large installation, in memory and in a
// file. The large ones take a while to fill: run it with -timeout 0. See
// scripts/growth.sh.
func BenchmarkGrowth(b *testing.B) {
	b.Run("memory", func(b *testing.B) { growth(b, newInstallation(b, "")) })
	b.Run("file", func(b *testing.B) { growth(b, newInstallation(b, filepath.Join(b.TempDir(), "emulator.db"))) })
}

func growth(b *testing.B, i *installation) {
	for _, size := range growthSizes() {
		i.users = (i.users + usersOfOneOrg - 1) / usersOfOneOrg * usersOfOneOrg
		for i.users < size {
			i.fill()
		}
		b.Run(fmt.Sprintf("CreateBusinessUser/mailboxes=%d", size), func(b *testing.B) {
			measured(b, i.createUser)
		})
		b.Run(fmt.Sprintf("QueryConsumersByOrganization/mailboxes=%d", size), func(b *testing.B) {
			_, dn := organizationOf(0)
			measured(b, func() {
				i.call("Exchange Resource Manager", "QueryConsumersByOrganization", "<organization>LDAP://"+dn+"</organization>")
			})
		})
	}
}

// measured runs a function b.N times and reports, beside the time that passed,
// the processor time, which other programs on the machine do not lengthen.
func measured(b *testing.B, f func()) {
	b.Helper()
	before := processorTime(b)
	for b.Loop() {
		f()
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
}

func processorTime(b *testing.B) int64 {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano() + usage.Stime.Nano()
}
