package plan

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/roomtest"
)

// filled returns a plan database with an organization and a user of it, who
// has a plan.
func filled(t *testing.T) (p Plans, org, user *Customer) {
	t.Helper()
	p = opened(t)
	org, err := p.CreateCustomer(Customer{GUID: customerGUID(1), Name: "Alpine", Type: "BusinessOrganization"})
	require.NoError(t, err)
	user, err = p.CreateCustomer(Customer{GUID: customerGUID(2), Name: "bob", Type: "BusinessUser", Organization: org.GUID, Status: "Pending"})
	require.NoError(t, err)
	require.NoError(t, p.SetAvailablePlan(org.GUID, "GoldMail", StatusEnabled))
	require.NoError(t, p.AssignPlan(user.GUID, "GoldMail"))
	require.NoError(t, p.SetAsset(org.GUID, Asset{Type: "PrimaryDomain", Value: "Alpine.com"}))
	require.NoError(t, p.LogEvent(user.GUID, "Created"))
	return p, org, user
}

func TestRows_AreReadableAndComeBack(t *testing.T) {
	p, org, user := filled(t)
	rows := roomtest.Rows(t, p.tx)
	assert.JSONEq(t, `{"id":1,"kind":"event type","name":"Created","code":"CR","description":"The customer was created."}`, rows["term 1"])
	assert.JSONEq(t, `{"id":2,"name":"POP","description":"POP3 access","nativeAttribute":"disablePOP","parentNode":"mail"}`, rows["feature_type 2"])
	assert.JSONEq(t, `{"id":1,"name":"BaseMail","description":"A mailbox","type":"ExchMailbox","status":"Enabled","created":"2004-05-06T07:08:10Z",
		"updated":"2004-05-06T07:08:10Z","categories":["HeBusiness"],"features":[{"name":"MailboxSize","value":"10000"},{"name":"POP","value":"0"}]}`, rows["plan 1"])
	assert.JSONEq(t, `{"id":2,"guid":"`+user.GUID.String()+`","organization":"`+org.GUID.String()+`","name":"bob","type":"BusinessUser",
		"status":"Pending","created":"2004-05-06T07:08:13Z","updated":"2004-05-06T07:08:13Z"}`, rows["customer 2"])
	assert.JSONEq(t, `{"customer":1,"plan":2,"status":"Enabled","created":"2004-05-06T07:08:14Z","updated":"2004-05-06T07:08:14Z"}`, rows["available_plan 1/2"])
	assert.JSONEq(t, `{"customer":2,"type":"ExchMailbox","plan":2,"organization":1,"since":"2004-05-06T07:08:15Z"}`, rows["assigned_plan 2/ExchMailbox"])
	assert.JSONEq(t, `{"id":1,"customer":1,"type":"PrimaryDomain","value":"Alpine.com","status":"Enabled","created":"2004-05-06T07:08:16Z",
		"updated":"2004-05-06T07:08:16Z"}`, rows["asset 1"])
	assert.JSONEq(t, `{"id":1,"customer":2,"type":"Created","at":"2004-05-06T07:08:17Z"}`, rows["event 1"])

	loaded := In(roomtest.Reload(t, p.tx))
	again, err := loaded.Customer(user.GUID)
	require.NoError(t, err)
	assert.Equal(t, user, again)
	name, err := loaded.AssignedPlan(user.GUID, "exchmailbox")
	require.NoError(t, err)
	assert.Equal(t, "GoldMail", name)
}

func TestRows_AreDescribedByNames(t *testing.T) {
	p, org, user := filled(t)
	d := directory.In(p.tx)
	_, err := d.CreateDomainRoot(ldappath.MustParseDN("DC=fabrikam,DC=com"), "FABRIKAM", "S-1-5-21-1-2-3")
	require.NoError(t, err)
	got := roomtest.Described(p.tx)
	assert.Equal(t, map[string][]string{
		"name": {"bob"}, "type": {"BusinessUser"}, "status": {"Pending"}, "organization": {org.GUID.String()},
		"plan": {"GoldMail"}, "event": {"Created"},
	}, got["customer bob "+user.GUID.String()])
	assert.Equal(t, map[string][]string{
		"name": {"Alpine"}, "type": {"BusinessOrganization"}, "status": {"Enabled"},
		"available plan": {"GoldMail (Enabled)"}, "asset": {"PrimaryDomain Alpine.com (Enabled)"},
	}, got["customer Alpine "+org.GUID.String()])
	assert.Equal(t, []string{"MailboxSize: 10000", "POP: 0"}, got["plan GoldMail"]["feature"])
	assert.Contains(t, got, "term plan type ExchMailbox")
	assert.Contains(t, got, "feature_type POP")
}

func TestCustomer_HasTheNameOfItsObject(t *testing.T) {
	p := opened(t)
	d := directory.In(p.tx)
	root, err := d.CreateDomainRoot(ldappath.MustParseDN("DC=fabrikam,DC=com"), "FABRIKAM", "S-1-5-21-1-2-3")
	require.NoError(t, err)
	org, err := d.Create(root.DN.Child("OU", "org"), "organizationalUnit", nil)
	require.NoError(t, err)
	c, err := p.CreateCustomer(Customer{GUID: org.GUID, Name: "org", Type: "BusinessOrganization"})
	require.NoError(t, err)
	assert.Equal(t, org.DN.String(), c.DN.String())
	require.NoError(t, d.Delete(org))
	c, err = p.Customer(org.GUID)
	require.NoError(t, err, "a customer outlives its object")
	assert.True(t, c.DN.IsZero())
}

func TestCensus(t *testing.T) {
	p, _, user := filled(t)
	census := p.Census()
	require.Len(t, census.Customers, 16, "four types in four statuses")
	assert.Equal(t, CustomerCensus{Type: "BusinessOrganization", Status: "Deleted"}, census.Customers[0])
	assert.Contains(t, census.Customers, CustomerCensus{Type: "BusinessOrganization", Status: "Enabled", Count: 1})
	assert.Contains(t, census.Customers, CustomerCensus{Type: "BusinessUser", Status: "Pending", Count: 1})
	assert.Equal(t, []PlanCensus{{Plan: "BaseMail"}, {Plan: "GoldMail", Assigned: 1}}, census.Plans)
	require.NoError(t, p.DeleteCustomer(user.GUID))
	assert.Equal(t, []PlanCensus{{Plan: "BaseMail"}, {Plan: "GoldMail"}}, p.PlanCensus())
}
