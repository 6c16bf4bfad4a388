package windowsbasedhosting_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace/activedirectory"
	"wsexchange/mock/namespace/exchangeprovider"
	"wsexchange/mock/namespace/exchangeresourcemanager"
	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/namespace/managedactivedirectory"
	wbh "wsexchange/mock/namespace/windowsbasedhosting"
	"wsexchange/mock/plan"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	dc     = "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"
	alpine = "OU=Alpine," + enginetest.Reseller
	org    = "<org>LDAP://" + alpine + "</org>" + dc
	nobody = `FABRIKAM\nobody`
)

func open(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := enginetest.New(t, slices.Concat(activedirectory.Namespaces(), exchangeresourcemanager.Namespaces(), []engine.Namespace{
		managedactivedirectory.Namespace(), exchangeprovider.Namespace(), hostedexchange.Namespace(), wbh.Namespace(),
	})...)
	u.User("CN=Users,DC=fabrikam,DC=com", "nobody", "Pr0vision!")
	return u
}

func newOrg(name, container string) string {
	return "<name>" + name + "</name><container>LDAP://" + container + "</container>" + dc + "<description>A company</description>"
}

// withAlpine is a universe in which Alpine is a customer with GoldMail.
func withAlpine(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := open(t)
	u.MustCall(wbh.Name, "CreateCustomerOrganization", newOrg("Alpine", enginetest.Reseller))
	u.MustCall(wbh.Name, "AddPlansToCustomer", org+"<plans><plan>GoldMail</plan></plans>")
	return u
}

func planNames(n *xmldoc.Node) []string {
	var names []string
	for _, part := range strings.Split(xmldoc.String(n), "<planName>")[1:] {
		name, _, _ := strings.Cut(part, "<")
		names = append(names, name)
	}
	return names
}

// An organization is entered in the plan database also if its name came with
// the naming attribute.
func TestCreateCustomerOrganization_NameWithItsAttribute(t *testing.T) {
	u := open(t)
	u.MustCall(wbh.Name, "CreateCustomerOrganization", newOrg("OU=Alpine", enginetest.Reseller))
	u.MustCall(wbh.Name, "AddPlansToCustomer", org+"<plans><plan>GoldMail</plan></plans>")
}

func TestQueryPlans(t *testing.T) {
	u := open(t)
	const asked = dc + "<sendCredentials>true</sendCredentials>"
	answer := u.MustCall(wbh.Name, "QueryPlans", asked).Data
	assert.Equal(t, []string{"BaseMail", "GoldMail", "PlatinumMail", "PlatinumPlusMail"}, planNames(answer))
	assert.True(t, strings.HasPrefix(xmldoc.String(answer), "<data>"+asked+"<plans><plan><planName>BaseMail</planName><planDescription>"), xmldoc.String(answer))
	assert.Contains(t, xmldoc.String(answer), "<planTypeName>ExchMailbox</planTypeName><planStatus>Enabled</planStatus></plan>")
	u.MustCall(wbh.Name, "DisablePlan", dc+"<planName>GoldMail</planName>")
	assert.Equal(t, []string{"BaseMail", "PlatinumMail", "PlatinumPlusMail"}, planNames(u.MustCall(wbh.Name, "QueryPlans", asked).Data))
	assert.Equal(t, []string{"GoldMail"}, planNames(u.MustCall(wbh.Name, "QueryPlans", dc+"<statusTypeName>disabled</statusTypeName>").Data))
	u.MustCall(wbh.Name, "EnablePlan", dc+"<planName>GoldMail</planName>")
	assert.Len(t, planNames(u.MustCall(wbh.Name, "QueryPlans", asked).Data), 4)
	assert.Empty(t, planNames(u.MustCall(wbh.Name, "QueryPlans", dc+"<planTypeName>WebPlan</planTypeName>").Data))
}

func TestCreatePlan(t *testing.T) {
	u := open(t)
	u.MustCall(wbh.Name, "CreatePlan", "<planName>WebBasic</planName><planTypeName>WebPlan</planTypeName><planDescription>d</planDescription>"+dc)
	assert.Equal(t, []string{"WebBasic"}, planNames(u.MustCall(wbh.Name, "QueryPlans", dc+"<planTypeName>WebPlan</planTypeName>").Data))
}

func TestCustomerPlans(t *testing.T) {
	u := withAlpine(t)
	u.MustCall(wbh.Name, "AddPlansToCustomer", org+"<availablePlans><planName>BaseMail</planName></availablePlans><plans><plan><planName>PlatinumMail</planName></plan></plans>")
	assert.Equal(t, []string{"BaseMail", "GoldMail", "PlatinumMail"}, planNames(u.MustCall(wbh.Name, "QueryCustomerPlans", org).Data))
	u.MustCall(wbh.Name, "RemovePlansFromCustomer", org+"<plans><planName>PlatinumMail</planName></plans>")
	assert.Equal(t, []string{"PlatinumMail"}, planNames(u.MustCall(wbh.Name, "QueryCustomerPlans", org+"<statusTypeName>Deleted</statusTypeName>").Data))
	assert.Equal(t, "<data>"+org+"<orgLdapPath>LDAP://"+alpine+"</orgLdapPath><plans><plan>BaseMail</plan><plan>GoldMail</plan></plans>"+
		"<services><SQLDatabases/><sharePointSites/><websites/></services></data>",
		xmldoc.String(u.MustCall(wbh.Name, "QueryServicesByCustomer", org).Data))
}

func TestCreateOrganizations(t *testing.T) {
	u := open(t)
	answer := u.MustCall(wbh.Name, "CreateResellerOrganization", newOrg("Reseller2", "OU=Hosting,DC=fabrikam,DC=com")).Data
	assert.Contains(t, xmldoc.String(answer), "<org ")
	u.MustCall(wbh.Name, "CreateCustomerOrganization", newOrg("Alpine", "OU=Reseller2,OU=Hosting,DC=fabrikam,DC=com"))
	for name, want := range map[string]string{
		"OU=Reseller2,OU=Hosting,DC=fabrikam,DC=com":           "ResellerOrganization",
		"OU=Alpine,OU=Reseller2,OU=Hosting,DC=fabrikam,DC=com": "BusinessOrganization",
	} {
		made := u.Object(name)
		require.NotNil(t, made, name)
		assert.Equal(t, []string{"A company"}, u.Attr(name, "description"))
		u.View(func(tx *state.Tx) {
			c, err := plan.In(tx).Customer(made.GUID)
			require.NoError(t, err)
			assert.Equal(t, want, c.Type)
			assert.Equal(t, made.DN.RDN().Value, c.Name)
		})
	}
}

const newUser = "<container>LDAP://" + alpine + "</container><userPrincipalName>eve@alpine.example</userPrincipalName>" + dc

func TestChangeCustomerPlan(t *testing.T) {
	u := withAlpine(t)
	u.MustCall(wbh.Name, "ChangeCustomerPlan", org+"<planName>BaseMail</planName><oldPlanName>GoldMail</oldPlanName>")
	assert.Equal(t, []string{"BaseMail"}, planNames(u.MustCall(wbh.Name, "QueryCustomerPlans", org).Data))
}

func TestUsers(t *testing.T) {
	u := withAlpine(t)
	r := u.MustCall(wbh.Name, "CreateUser", newUser+"<isAdmin>1</isAdmin><newPassword>Secret-01</newPassword><policyName>customer</policyName>"+
		"<giveName>Eve</giveName><surname>Adams</surname>")
	const eve = "LDAP://CN=eve@alpine.example," + alpine
	assert.Contains(t, xmldoc.String(r.Data), `<user path="`+eve+`" name="eve@alpine.example" samName="eve_alpine.example"/>`)
	assert.NotContains(t, xmldoc.String(r.Data), "Secret-01")
	assert.Equal(t, []string{"Eve", "Adams", "512"}, slices.Concat(u.Attr(eve, "givenName"), u.Attr(eve, "sn"), u.Attr(eve, "userAccountControl")))
	assert.Contains(t, u.Attr(eve, "memberOf"), "CN=Admins@Alpine,"+alpine)
	guid := u.Object(eve).GUID
	status := func() (status string) {
		u.View(func(tx *state.Tx) {
			c, err := plan.In(tx).Customer(guid)
			require.NoError(t, err)
			status = c.Status
		})
		return status
	}
	assert.Equal(t, plan.StatusEnabled, status())
	u.MustCall(wbh.Name, "DeleteUser", "<path>"+eve+"</path>"+dc)
	assert.Nil(t, u.Object(eve))
	assert.Equal(t, plan.StatusDeleted, status())
	u.MustCall(wbh.Name, "CreateUser", newUser)
	assert.Equal(t, []string{"514"}, u.Attr(eve, "userAccountControl"), "disabled without a password")
}

func TestRefusals(t *testing.T) {
	u := withAlpine(t)
	u.MustCall(wbh.Name, "CreatePlan", "<planName>Sites</planName><planTypeName>WebPlan</planTypeName><planDescription>d</planDescription>")
	before := u.Dump()
	for _, row := range []struct {
		name, procedure, data string
		want                  *mpf.Cause
	}{
		{"plans of an unknown controller", "QueryPlans", strings.Replace(dc, "dc1", "dc9", 1), mpf.ControllerUnknown},
		{"customer that is not there", "QueryCustomerPlans", strings.Replace(org, "Alpine", "None", 1), mpf.ObjectNotFound},
		{"services of no customer", "QueryServicesByCustomer", "<org>LDAP://CN=Users,DC=fabrikam,DC=com</org>", mpf.CustomerUnknown},
		{"plan that exists", "CreatePlan", "<planName>basemail</planName><planTypeName>WebPlan</planTypeName><planDescription>d</planDescription>", mpf.PlanExists},
		{"plan of an unknown type", "CreatePlan", "<planName>P</planName><planTypeName>None</planTypeName><planDescription>d</planDescription>", mpf.PlanTermUnknown},
		{"plan without a type", "CreatePlan", "<planName>P</planName><planDescription>d</planDescription>", mpf.ArgumentMissing},
		{"enable an unknown plan", "EnablePlan", "<planName>None</planName>", mpf.PlanUnknown},
		{"disable an unknown plan", "DisablePlan", "<planName>None</planName>", mpf.PlanUnknown},
		{"add an unknown plan", "AddPlansToCustomer", org + "<plans><plan>BaseMail</plan><plan>None</plan></plans>", mpf.PlanUnknown},
		{"add no plan", "AddPlansToCustomer", org, mpf.ArgumentMissing},
		{"add an empty plan", "AddPlansToCustomer", org + "<plans><plan/></plans>", mpf.ArgumentEmpty},
		{"remove what is not there", "RemovePlansFromCustomer", org + "<plans><plan>BaseMail</plan></plans>", mpf.PlanNotAvailable},
		{"change to a plan of another type", "ChangeCustomerPlan", org + "<planName>Sites</planName><oldPlanName>GoldMail</oldPlanName>", mpf.PlanTypeWrong},
		{"change to an unknown plan", "ChangeCustomerPlan", org + "<planName>None</planName><oldPlanName>GoldMail</oldPlanName>", mpf.PlanUnknown},
		{"change from a plan that is not there", "ChangeCustomerPlan", org + "<planName>GoldMail</planName><oldPlanName>BaseMail</oldPlanName>", mpf.PlanNotAvailable},
		{"change to the same plan", "ChangeCustomerPlan", org + "<planName>goldmail</planName><oldPlanName>GoldMail</oldPlanName>", mpf.ArgumentInvalid},
		{"change without the old plan", "ChangeCustomerPlan", org + "<planName>BaseMail</planName>", mpf.ArgumentMissing},
		{"user of another policy", "CreateUser", newUser + "<policyName>reseller</policyName>", mpf.PolicyMisfit},
		{"user with a weak password", "CreateUser", newUser + "<newPassword>x</newPassword>", mpf.PasswordRefused},
		{"user in the hosting OU", "CreateUser", strings.Replace(newUser, alpine, "OU=Hosting,DC=fabrikam,DC=com", 1), mpf.CustomerUnknown},
		{"user without a name", "CreateUser", "<container>LDAP://" + alpine + "</container>", mpf.ArgumentMissing},
		{"delete a user that is not there", "DeleteUser", "<path>LDAP://CN=none," + alpine + "</path>", mpf.ObjectNotFound},
		{"delete an organization as a user", "DeleteUser", "<path>LDAP://" + alpine + "</path>", mpf.ClassWrong},
		{"organization that exists", "CreateCustomerOrganization", newOrg("Alpine", enginetest.Reseller), mpf.ObjectInTheWay},
		{"organization in nothing", "CreateResellerOrganization", newOrg("X", "OU=None,DC=fabrikam,DC=com"), mpf.ObjectNotFound},
		{"organization without a name", "CreateCustomerOrganization", "<container>LDAP://" + enginetest.Reseller + "</container>", mpf.ArgumentMissing},
	} {
		r := u.Call(wbh.Name, row.procedure, row.data)
		if assert.NotNil(t, r.Err, row.name) {
			assert.Equal(t, row.want.ID, r.Err.Cause, row.name+": "+r.Err.Description)
		}
		u.Unchanged(before)
	}
}

func TestRoles(t *testing.T) {
	u := withAlpine(t)
	for procedure, row := range map[string]struct {
		data string
		want *mpf.Cause
	}{
		"CreatePlan":                 {"<planName>P</planName><planTypeName>WebPlan</planTypeName><planDescription>d</planDescription>", mpf.NotDomainAdmin},
		"EnablePlan":                 {"<planName>GoldMail</planName>", mpf.NotDomainAdmin},
		"DisablePlan":                {"<planName>GoldMail</planName>", mpf.NotDomainAdmin},
		"QueryCustomerPlans":         {org, mpf.ObjectNotFound}, // no role, but nobody sees it
		"ChangeCustomerPlan":         {org + "<planName>BaseMail</planName><oldPlanName>GoldMail</oldPlanName>", mpf.RoleMissing},
		"CreateUser":                 {newUser, mpf.RoleMissing},
		"DeleteUser":                 {"<path>LDAP://" + alpine + "</path>", mpf.RoleMissing},
		"QueryServicesByCustomer":    {org, mpf.RoleMissing},
		"AddPlansToCustomer":         {org + "<plans><plan>BaseMail</plan></plans>", mpf.RoleMissing},
		"RemovePlansFromCustomer":    {org + "<plans><plan>GoldMail</plan></plans>", mpf.RoleMissing},
		"CreateResellerOrganization": {newOrg("X", enginetest.Reseller), mpf.RoleMissing},
		"CreateCustomerOrganization": {newOrg("X", enginetest.Reseller), mpf.RoleMissing},
	} {
		r := u.CallAs(nobody, wbh.Name, procedure, row.data)
		if assert.NotNil(t, r.Err, procedure) {
			assert.Equal(t, row.want.ID, r.Err.Cause, procedure)
		}
	}
}
