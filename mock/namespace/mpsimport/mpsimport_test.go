package mpsimport_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace/activedirectory"
	"wsexchange/mock/namespace/exchangeprovider"
	"wsexchange/mock/namespace/exchangeresourcemanager"
	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/namespace/managedactivedirectory"
	"wsexchange/mock/namespace/mpsimport"
	"wsexchange/mock/plan"
	"wsexchange/mock/resource"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	pdc    = "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"
	old    = "OU=Old," + enginetest.Reseller
	jim    = "CN=jim," + old
	jimNow = "CN=jim@old.example," + old
	ofOld  = "<path>LDAP://" + old + "</path>" + pdc
	ofJim  = "<path>LDAP://" + jim + "</path>" + pdc
	named  = "<userPrincipalName>jim@old.example</userPrincipalName>"
	now    = "<path>LDAP://" + jimNow + "</path>" + pdc
	gold   = "<planName>GoldMail</planName>"
	whole  = ofOld + "<policyName>customer</policyName><SMTPDomain>old.example</SMTPDomain>" +
		"<availablePlans><planName>GoldMail</planName></availablePlans>"
)

// left is a universe with an OU and a user with a mailbox that hosting does not
// know.
func left(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := enginetest.New(t, append(append(activedirectory.Namespaces(), exchangeresourcemanager.Namespaces()...), []engine.Namespace{
		managedactivedirectory.Namespace(), exchangeprovider.Namespace(), hostedexchange.Namespace(), mpsimport.Namespace(),
	}...)...)
	u.Update(func(tx *state.Tx) error {
		_, err := directory.In(tx).Create(ldappath.MustParseDN(old), "organizationalUnit", nil)
		return err
	})
	u.User(old, "jim", "Secret-01")
	return u
}

// store names a mail store of the demo data.
func store(t *testing.T, u *enginetest.Universe, kind resource.ResourceKind) (server, name string) {
	t.Helper()
	u.View(func(tx *state.Tx) {
		all, err := resource.In(tx).Resources(kind)
		require.NoError(t, err)
		require.NotEmpty(t, all)
		server, name = all[0].Server, all[0].Name
	})
	return server, name
}

func withMailbox(t *testing.T, u *enginetest.Universe, mail string) {
	t.Helper()
	server, name := store(t, u, resource.MailStore)
	u.MustCall("Exchange Provider", "CreateMailbox", "<path>LDAP://"+jimNow+"</path><alias>jimmy</alias><mdb>"+name+"</mdb><server>"+server+"</server>"+
		"<proxyAddresses><value>jimmy@old.example</value></proxyAddresses>"+mail+"<orgPath>LDAP://"+old+"</orgPath>")
}

func must(u *enginetest.Universe, procedure, data string) *mpf.Response {
	return u.MustCall(mpsimport.Name, procedure, data)
}

func refused(t *testing.T, u *enginetest.Universe, cause *mpf.Cause, procedure, data string) {
	t.Helper()
	before := u.Dump()
	r := u.Call(mpsimport.Name, procedure, data)
	require.NotNil(t, r.Err, "%s %s", procedure, data)
	assert.Equal(t, cause.ID, r.Err.Cause, "%s: %s", procedure, r.Err.Description)
	u.Unchanged(before)
}

func customer(t *testing.T, u *enginetest.Universe, path string) (found *plan.Customer) {
	t.Helper()
	guid := u.Object(path).GUID
	u.View(func(tx *state.Tx) {
		var err error
		found, err = plan.In(tx).Customer(guid)
		require.NoError(t, err)
	})
	return found
}

// consumer is what a mailbox has of a store.
func kilobytes(t *testing.T, u *enginetest.Universe, path string) (size int64) {
	t.Helper()
	guid := u.Object(path).GUID
	u.View(func(tx *state.Tx) {
		c, err := resource.In(tx).Consumer(guid)
		require.NoError(t, err)
		size = c.Kilobytes
	})
	return size
}

// The order for an existing customer: organization, user, mailbox.
func TestImport(t *testing.T) {
	u := left(t)
	r := must(u, "ImportOrganization", whole)
	path, _ := xmldoc.Attr(xmldoc.Child(r.Data, "org"), "path")
	assert.Equal(t, "LDAP://"+old, path)
	assert.NotNil(t, u.Object("LDAP://CN=Admins@Old,"+old))
	assert.Equal(t, "BusinessOrganization", customer(t, u, old).Type)

	r = must(u, "EnableUserForHosting", ofJim+named+"<customerTypeName>BusinessUser</customerTypeName>")
	assert.Contains(t, xmldoc.String(r.Data), "<path>LDAP://"+jimNow+"</path>", "the new path")
	assert.Equal(t, []string{"jim@old.example"}, u.Attr(jimNow, "userPrincipalName"))
	assert.Contains(t, u.Attr(jimNow, "memberOf"), "CN=AllUsers@Old,CN=_Private,"+old)
	must(u, "EnableUserForHosting", now+named)
	must(u, "EnableCustomerForPlans", now)
	assert.Equal(t, "BusinessUser", customer(t, u, jimNow).Type)
	before := u.Dump()
	must(u, "EnableCustomerForPlans", now)
	u.Unchanged(before)

	withMailbox(t, u, "<mail><size>20480</size></mail>")
	must(u, "ApplyMailboxPlan", now+gold+"<proxyAddresses><value>james@old.example</value></proxyAddresses>")
	assert.Subset(t, u.Attr(jimNow, "proxyAddresses"), []string{"SMTP:jim@old.example", "smtp:james@old.example", "smtp:jimmy@old.example"})
	assert.Equal(t, []string{"jim"}, u.Attr(jimNow, "mailNickname"))
	assert.Equal(t, []string{old}, u.Attr(jimNow, "msExchQueryBaseDN"))
	must(u, "AllocateExistingMailbox", now)
	assert.Equal(t, u.Attr(jimNow, "mDBOverQuotaLimit"), []string{strconv.FormatInt(kilobytes(t, u, jimNow), 10)}, "the mailbox's limit; the organization had no room")
	refused(t, u, mpf.AllocationExists, "AllocateExistingMailbox", now)
	must(u, "ApplyMailboxPlan", now+gold)
	u.MustCall("Hosted Exchange", "DeleteBusinessUser", now)
	assert.Nil(t, u.Object(jimNow))
}

func TestAllocateExistingMailbox_Sizes(t *testing.T) {
	u := left(t)
	must(u, "ImportOrganization", whole)
	must(u, "EnableUserForHosting", ofJim+named)
	refused(t, u, mpf.MailboxMissing, "AllocateExistingMailbox", now)
	refused(t, u, mpf.MailboxMissing, "ApplyMailboxPlan", now+gold)
	withMailbox(t, u, "<mail><size>20480</size></mail>")
	u.Update(func(tx *state.Tx) error { return directory.In(tx).Set(u.Object(jimNow), "mDBOverQuotaLimit") })
	refused(t, u, mpf.ArgumentMissing, "AllocateExistingMailbox", now)
	must(u, "AllocateExistingMailbox", now+"<kilobytes>5000</kilobytes>")
	assert.Equal(t, int64(5000), kilobytes(t, u, jimNow))
	assert.Equal(t, []string{"5000"}, u.Attr(jimNow, "mDBOverQuotaLimit"))
}

func TestCreateMailbox(t *testing.T) {
	u := left(t)
	server, name := store(t, u, resource.MailStore)
	where := "<mailStore><serverName>" + server + "</serverName><mailStoreName>" + name + "</mailStoreName></mailStore>"
	must(u, "ImportOrganization", whole+"<mailStore><megabytes>100</megabytes><sourceMailStores><sourceMailStore><serverName>"+server+
		"</serverName><mailStoreName>"+name+"</mailStoreName><megabytes>100</megabytes></sourceMailStore></sourceMailStores></mailStore>")
	must(u, "EnableUserForHosting", ofJim+named)
	refused(t, u, mpf.ArgumentMissing, "CreateMailbox", now+gold+"<mailStore><serverName>"+server+"</serverName></mailStore>")
	refused(t, u, mpf.PlanNotAvailable, "CreateMailbox", now+"<planName>BaseMail</planName>"+where)
	must(u, "CreateMailbox", now+gold+where)
	assert.NotEmpty(t, u.Attr(jimNow, "homeMDB"))
	refused(t, u, mpf.MailboxExists, "CreateMailbox", now+gold+where)
}

func TestImport_Resellers(t *testing.T) {
	u := left(t)
	const far = "OU=Far,OU=Hosting,DC=fabrikam,DC=com"
	u.Update(func(tx *state.Tx) error {
		_, err := directory.In(tx).Create(ldappath.MustParseDN(far), "organizationalUnit", nil)
		return err
	})
	of := "<path>LDAP://" + far + "</path>" + pdc
	refused(t, u, mpf.NotAnOrganization, "EnableCustomerForPlans", of)
	refused(t, u, mpf.PolicyMisfit, "EnableOrganizationForHosting", of)
	must(u, "ImportOrganization", of+"<policyName>Reseller</policyName>")
	assert.Equal(t, "ResellerOrganization", customer(t, u, far).Type)
	must(u, "EnableOrganizationForHosting", of+"<policyName>reseller</policyName>")
}

func TestRefusals(t *testing.T) {
	u := left(t)
	for _, row := range []struct {
		procedure, data string
		want            *mpf.Cause
	}{
		{"ImportOrganization", ofOld + "<policyName>hosting</policyName>", mpf.ArgumentInvalid},
		{"ImportOrganization", ofOld + "<policyName>reseller</policyName>", mpf.PolicyMisfit},
		{"ImportOrganization", "<path>LDAP://OU=none,DC=fabrikam,DC=com</path>" + pdc, mpf.ObjectNotFound},
		{"ImportOrganization", ofOld + "<mailStore><megabytes>1</megabytes></mailStore>", mpf.ArgumentMissing},
		{"ImportOrganization", ofOld + "<availablePlans><planName>None</planName></availablePlans>", mpf.PlanUnknown},
		{"EnableOrganizationForHosting", ofJim, mpf.ClassWrong},
		{"EnableOrganizationForHosting", "<path>LDAP://" + old + "</path>", mpf.ArgumentMissing},
		{"EnableUserForHosting", ofOld + named, mpf.ClassWrong},
		{"EnableUserForHosting", ofJim, mpf.ArgumentMissing},
		{"EnableUserForHosting", ofJim + named + "<policyName>customer</policyName>", mpf.PolicyMisfit},
		{"EnableCustomerForPlans", ofJim + "<customerTypeName>BusinessOrganization</customerTypeName>", mpf.ArgumentInvalid},
		{"EnableCustomerForPlans", "<path>LDAP://CN=Admins@Reseller1," + enginetest.Reseller + "</path>" + pdc, mpf.ClassWrong},
		{"ApplyMailboxPlan", ofJim, mpf.ArgumentMissing},
	} {
		refused(t, u, row.want, row.procedure, row.data)
	}
	for _, procedure := range []string{
		"ImportOrganization", "EnableOrganizationForHosting", "EnableUserForHosting", "EnableCustomerForPlans", "CreateMailbox", "ApplyMailboxPlan",
		"AllocateExistingMailbox",
	} {
		data := map[string]string{
			"EnableUserForHosting": ofJim + named, "CreateMailbox": ofJim + gold + "<mailStore/>", "ApplyMailboxPlan": ofJim + gold,
		}[procedure]
		if data == "" {
			data = ofOld
		}
		r := u.CallAs(`FABRIKAM\jim`, mpsimport.Name, procedure, data)
		require.NotNil(t, r.Err)
		assert.Equal(t, mpf.NotDomainAdmin.ID, r.Err.Cause, procedure)
	}
}
