package hostedexchange_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace/hostedexchange"
	"wsexchange/mock/plan"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const (
	planDC     = "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"
	planOrg    = "OU=Alpine," + enginetest.Reseller
	planUser   = "CN=bob@alpine.com," + planOrg
	planPath   = "<path>LDAP://" + planOrg + "</path>"
	planMember = "<path>LDAP://" + planUser + "</path>"
	planNobody = `FABRIKAM\nobody`
)

// planWorld is a universe in which Alpine is a customer that may use BaseMail
// and GoldMail, and bob one of its users, who has GoldMail.
func planWorld(t *testing.T) *enginetest.Universe {
	t.Helper()
	u := enginetest.New(t, hostedexchange.Namespace())
	u.User("CN=Users,DC=fabrikam,DC=com", "nobody", "Pr0vision!")
	u.Update(func(tx *state.Tx) error {
		o, err := directory.In(tx).Create(ldappath.MustParseDN(planOrg), "organizationalUnit", nil)
		require.NoError(t, err)
		return directory.In(tx).SetWellKnown(o, directory.WellKnownThisOrganizationRoot, o)
	})
	u.User(planOrg, "bob@alpine.com", "Pr0vision!")
	planPrivate(t, u, "CreateCustomerRecord_", planPath+"<customerTypeName>BusinessOrganization</customerTypeName>")
	planPrivate(t, u, "CreateCustomerRecord_", planMember+"<customerTypeName>BusinessUser</customerTypeName>")
	runPlan(t, u, "AddAvailablePlans", planPath+planDC+"<availablePlans><planName>BaseMail</planName><planName>goldmail</planName></availablePlans>")
	planPrivate(t, u, "SetCustomerPlanRecord_", planMember+"<planName>GoldMail</planName>")
	return u
}

func runPlan(t *testing.T, u *enginetest.Universe, procedure, data string) string {
	t.Helper()
	r := u.Call(hostedexchange.Name, procedure, data)
	require.Nil(t, r.Err, "%s: %v", procedure, r.Err)
	return xmldoc.String(r.Data)
}

func planPrivate(t *testing.T, u *enginetest.Universe, procedure, data string) string {
	t.Helper()
	r := u.CallPrivate(hostedexchange.Name, procedure, data)
	require.Nil(t, r.Err, "%s: %v", procedure, r.Err)
	return xmldoc.String(r.Data)
}

func aPlan(name, features string) string {
	return "<planName>" + name + "</planName><planDescription>d</planDescription>" +
		"<planCategories><category><categoryName>HeBusiness</categoryName></category></planCategories><planFeatures>" + features + "</planFeatures>"
}

func aFeature(name, value string) string {
	return "<feature><featureName>" + name + "</featureName><featureValue>" + value + "</featureValue></feature>"
}

func aFeatureType(name, native, parent string) string {
	return "<planFeatures><feature><featureName>" + name + "</featureName><featureDescription>d</featureDescription><nativeAttribute>" +
		native + "</nativeAttribute><parentNode>" + parent + "</parentNode></feature></planFeatures>" + planDC
}

func TestPlanRefusals(t *testing.T) {
	some := func(name string) string {
		return planPath + planDC + "<availablePlans><planName>" + name + "</planName></availablePlans>"
	}
	const resellerPath = "<path>LDAP://CN=Users,DC=fabrikam,DC=com</path>"
	for _, row := range []struct {
		name, procedure, data string
		want                  *mpf.Cause
	}{
		{"plans without a controller", "GetPlans", "", mpf.ArgumentMissing},
		{"detail of nothing", "GetPlanDetail", planDC, mpf.ArgumentMissing},
		{"detail of an unknown plan", "GetPlanDetail", planDC + "<planName>None</planName>", mpf.PlanUnknown},
		{"detail of a plan in another status", "GetPlanDetail", planDC + "<planName>BaseMail</planName><statusTypeName>Deleted</statusTypeName>", mpf.PlanUnknown},
		{"create a plan that exists", "CreateMailboxPlan", aPlan("BASEMAIL", ""), mpf.PlanExists},
		{"create a plan of an unknown feature", "CreateMailboxPlan", aPlan("ProMail", aFeature("None", "1")), mpf.PlanFeatureUnknown},
		{"create a plan of a feature twice", "CreateMailboxPlan", aPlan("ProMail", aFeature("POP", "1")+aFeature("pop", "0")), mpf.PlanFeatureExists},
		{"create a plan of an unknown category", "CreateMailboxPlan", strings.ReplaceAll(aPlan("ProMail", ""), "HeBusiness", "None"), mpf.PlanCategoryUnknown},
		{"create a plan of no category", "CreateMailboxPlan", strings.ReplaceAll(aPlan("ProMail", ""), "HeBusiness", ""), mpf.ArgumentMissing},
		{"create a plan with a size that is no number", "CreateMailboxPlan", aPlan("ProMail", aFeature("MailboxSize", "big")), mpf.PlanFeatureValue},
		{"create a plan with a feature without name", "CreateMailboxPlan", aPlan("ProMail", "<feature><featureValue>1</featureValue></feature>"), mpf.ArgumentMissing},
		{"create a plan without description", "CreateMailboxPlan", "<planName>ProMail</planName>", mpf.ArgumentMissing},
		{"feature type that exists", "CreatePlanFeatureTypes", aFeatureType("pop", "x", "mail"), mpf.PlanFeatureExists},
		{"feature type without name", "CreatePlanFeatureTypes", aFeatureType("", "x", "mail"), mpf.ArgumentEmpty},
		{"feature type of an unknown attribute", "CreatePlanFeatureTypes", aFeatureType("New", "noSuchAttribute", "properties"), mpf.AttributeUnknown},
		{"feature type under a node that is none", "CreatePlanFeatureTypes", aFeatureType("New", "x", "a b"), mpf.ArgumentInvalid},
		{"feature type of an element that is none", "CreatePlanFeatureTypes", aFeatureType("New", "1x", "mail"), mpf.ArgumentInvalid},
		{"no feature type", "CreatePlanFeatureTypes", "<planFeatures/>" + planDC, mpf.ArgumentMissing},
		{"add an unknown plan", "AddAvailablePlans", some("None"), mpf.PlanUnknown},
		{"add no plan", "AddAvailablePlans", planPath + planDC + "<availablePlans/>", mpf.ArgumentMissing},
		{"add an empty plan", "AddAvailablePlans", some(""), mpf.ArgumentEmpty},
		{"add a plan and an unknown one", "AddAvailablePlans", some("PlatinumMail</planName><planName>None"), mpf.PlanUnknown},
		{"add to what is no customer", "AddAvailablePlans", strings.Replace(some("BaseMail"), planPath, resellerPath, 1), mpf.CustomerUnknown},
		{"add to what is not there", "AddAvailablePlans", strings.Replace(some("BaseMail"), "OU=Alpine", "OU=None", 1), mpf.ObjectNotFound},
		{"remove a plan that users have", "RemoveAvailablePlans", some("GoldMail"), mpf.PlanInUse},
		{"remove a plan that is not available", "RemoveAvailablePlans", some("PlatinumMail"), mpf.PlanNotAvailable},
		{"available plans of no customer", "GetAvailablePlans", resellerPath + planDC, mpf.CustomerUnknown},
		{"modified without dates", "GetModifiedOrganizations", planDC, mpf.ArgumentMissing},
		{"modified in a time that ends before it begins", "GetModifiedOrganizations", planDC + "<startDate>12/03/2003 23:59:59</startDate><endDate>11/16/2003</endDate>", mpf.ArgumentInvalid},
	} {
		t.Run(row.name, func(t *testing.T) {
			u := planWorld(t)
			before := u.Dump()
			r := u.Call(hostedexchange.Name, row.procedure, row.data)
			require.NotNil(t, r.Err)
			assert.Equal(t, row.want.ID, r.Err.Cause, r.Err.Description)
			u.Unchanged(before)
		})
	}
}

func TestPrivatePlanRefusals(t *testing.T) {
	u := planWorld(t)
	before := u.Dump()
	named := func(name string) string { return "<planName>" + name + "</planName>" }
	for _, row := range []struct {
		procedure, data string
		want            *mpf.Cause
	}{
		{"EnsureServicePlanAvailable_", planMember + named("PlatinumMail"), mpf.PlanNotAvailable},
		{"EnsureServicePlanAvailable_", planMember + named("None"), mpf.PlanUnknown},
		{"EnsureServicePlanAvailable_", planMember + named("GoldMail") + "<planTypeName>WebPlan</planTypeName>", mpf.PlanTypeWrong},
		{"EnsureServicePlanAvailable_", "<path>LDAP://DC=fabrikam,DC=com</path>" + named("GoldMail"), mpf.CustomerUnknown},
		{"SetAvailablePlanStatus_", planPath + named("PlatinumMail") + "<statusTypeName>Deleted</statusTypeName>", mpf.PlanNotAvailable},
		{"SetPlanStatus_", named("BaseMail") + "<statusTypeName>None</statusTypeName>", mpf.PlanTermUnknown},
		{"LogEventRecord_", planPath + "<eventTypeName>None</eventTypeName>", mpf.PlanTermUnknown},
		{"LogEventRecord_", "<path>LDAP://DC=fabrikam,DC=com</path><eventTypeName>Created</eventTypeName>", mpf.CustomerUnknown},
		{"CreateCustomerRecord_", planPath + "<customerTypeName>BusinessOrganization</customerTypeName>", mpf.CustomerExists},
		{"CreateCustomerRecord_", "<path>LDAP://DC=fabrikam,DC=com</path><customerTypeName>None</customerTypeName>", mpf.PlanTermUnknown},
		{"DeleteCustomerRecord_", "<path>LDAP://DC=fabrikam,DC=com</path>", mpf.CustomerUnknown},
		{"SetCustomerPlanRecord_", planMember + named("None"), mpf.PlanUnknown},
		{"SetCustomerAssetRecord_", planPath + "<assetTypeName>None</assetTypeName><assetValue>x</assetValue>", mpf.PlanTermUnknown},
		{"ExecPlanSQL_", "<query>SELECT 1</query><startDate>2003-01-01</startDate><endDate>2003-01-02</endDate><maximumRows>1</maximumRows>", mpf.ArgumentInvalid},
	} {
		r := u.CallPrivate(hostedexchange.Name, row.procedure, row.data)
		if assert.NotNil(t, r.Err, row.procedure) {
			assert.Equal(t, row.want.ID, r.Err.Cause, row.procedure+": "+r.Err.Description)
		}
	}
	u.Unchanged(before)
}

func TestPlanRoles(t *testing.T) {
	u := planWorld(t)
	for procedure, row := range map[string]struct {
		data string
		want *mpf.Cause
	}{
		"CreateMailboxPlan":              {aPlan("ProMail", ""), mpf.NotDomainAdmin},
		"CreatePlanFeatureTypes":         {aFeatureType("New", "x", "mail"), mpf.NotDomainAdmin},
		"InitializeCustomerPlanDatabase": {planDC, mpf.NotDomainAdmin},
		"AddAvailablePlans":              {planPath + planDC + "<availablePlans><planName>BaseMail</planName></availablePlans>", mpf.RoleMissing},
		"RemoveAvailablePlans":           {planPath + planDC + "<availablePlans><planName>BaseMail</planName></availablePlans>", mpf.RoleMissing},
		"GetAvailablePlans":              {planPath + planDC, mpf.RoleMissing},
		"GetModifiedOrganizations":       {planDC + "<startDate>2003-01-01</startDate><endDate>2003-01-02</endDate>", mpf.RoleMissing},
	} {
		r := u.CallAs(planNobody, hostedexchange.Name, procedure, row.data)
		if assert.NotNil(t, r.Err, procedure) {
			assert.Equal(t, row.want.ID, r.Err.Cause, procedure)
		}
	}
	assert.Nil(t, u.CallAs(planNobody, hostedexchange.Name, "GetPlans", planDC).Err)
}

func TestGetPlanDetail(t *testing.T) {
	u := planWorld(t)
	feature := func(name, description, value, unit, native, parent string) string {
		if unit != "" {
			unit = "<unitDescription>" + unit + "</unitDescription>"
		}
		return "<feature><featureName>" + name + "</featureName><featureDescription>" + description + "</featureDescription><featureValue>" + value +
			"</featureValue>" + unit + "<nativeAttribute>" + native + "</nativeAttribute><parentNode>" + parent + "</parentNode></feature>"
	}
	p := new(plan.Plan)
	u.View(func(tx *state.Tx) {
		var err error
		p, err = plan.In(tx).Plan("PlatinumPlusMail")
		require.NoError(t, err)
	})
	describe := func(name string) string {
		f, ok := p.Feature(name)
		require.True(t, ok)
		return f.Description
	}
	assert.Equal(t, "<data><planName>platinumplusmail</planName>"+planDC+"<statusTypeName/><planDescription>"+p.Description+"</planDescription><planTypeName>ExchMailbox</planTypeName>"+
		"<planSettings><mail><size>20000</size><disablePOP>0</disablePOP><disableIMAP>0</disableIMAP><disableHTTP>0</disableHTTP></mail>"+
		`<properties><property name="msExchMailboxFolderSet"><value>131071</value></property></properties>`+
		"<options><showInAddressLists>1</showInAddressLists></options></planSettings>"+
		"<planFeatures>"+feature("MailboxSize", describe("MailboxSize"), "20000", "kb", "size", "mail")+
		feature("POP", describe("POP"), "0", "", "disablePOP", "mail")+feature("IMAP", describe("IMAP"), "0", "", "disableIMAP", "mail")+
		feature("OWA", describe("OWA"), "0", "", "disableHTTP", "mail")+
		feature("OwaSegment", describe("OwaSegment"), "131071", "", "msExchMailboxFolderSet", "properties")+
		feature("OutlookClient", describe("OutlookClient"), "1", "", "showInAddressLists", "options")+"</planFeatures></data>",
		runPlan(t, u, "GetPlanDetail", "<planName>platinumplusmail</planName>"+planDC+"<statusTypeName></statusTypeName>"))
}

func TestCreateMailboxPlan(t *testing.T) {
	u := planWorld(t)
	runPlan(t, u, "CreatePlanFeatureTypes", aFeatureType("Quota", "mDBOverHardQuotaLimit", "properties"))
	runPlan(t, u, "CreateMailboxPlan", aPlan("ProMail", aFeature("MailboxSize", "50000")+aFeature("quota", "60000")))
	answer := runPlan(t, u, "GetPlanDetail", "<planName>ProMail</planName>"+planDC)
	assert.Contains(t, answer, "<planSettings><mail><size>50000</size></mail>"+
		`<properties><property name="mDBOverHardQuotaLimit"><value>60000</value></property></properties></planSettings>`)
	runPlan(t, u, "InitializeCustomerPlanDatabase", planDC)
	assert.Equal(t, answer, runPlan(t, u, "GetPlanDetail", "<planName>ProMail</planName>"+planDC))
}

func TestGetPlans(t *testing.T) {
	u := planWorld(t)
	planPrivate(t, u, "SetPlanStatus_", "<planName>GoldMail</planName><statusTypeName>Disabled</statusTypeName>")
	at := enginetest.Start().Format("2006-01-02T15:04:05.000000000")
	all := runPlan(t, u, "GetPlans", planDC)
	assert.Equal(t, 4, strings.Count(all, "<plan>"))
	assert.Contains(t, all, "<data>"+planDC+"<servicePlans><plan><planName>BaseMail</planName><planDescription>")
	assert.Contains(t, all, "<planStatus>Disabled</planStatus><dateCreated>"+at+"</dateCreated><dateLastUpdated>"+at+"</dateLastUpdated><planTypeName>ExchMailbox</planTypeName></plan>")
	assert.NotContains(t, runPlan(t, u, "GetPlans",
		"<planTypeName>ExchMailbox</planTypeName><categoryName>HeBusiness</categoryName><statusTypeName>Enabled</statusTypeName>"+planDC), "GoldMail")
	assert.Contains(t, runPlan(t, u, "GetPlans", "<categoryName>None</categoryName>"+planDC), "<servicePlans/>")
	r := u.Call(hostedexchange.Name, "GetPlanDetail", "<planName>GoldMail</planName>"+planDC+"<statusTypeName>Enabled</statusTypeName>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.PlanDisabled.ID, r.Err.Cause)
	r = u.CallPrivate(hostedexchange.Name, "EnsureServicePlanAvailable_", planMember+"<planName>GoldMail</planName>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.PlanDisabled.ID, r.Err.Cause)
}

func planNames(answer string) []string {
	var names []string
	for _, part := range strings.Split(answer, "<planName>")[1:] {
		name, _, _ := strings.Cut(part, "<")
		names = append(names, name)
	}
	return names
}

func TestAvailablePlans(t *testing.T) {
	u := planWorld(t)
	available := func() []string { return planNames(runPlan(t, u, "GetAvailablePlans", planPath+planDC)) }
	assert.Equal(t, []string{"BaseMail", "GoldMail"}, available())
	planPrivate(t, u, "EnsureServicePlanAvailable_", planMember+"<planName>BaseMail</planName>")
	runPlan(t, u, "RemoveAvailablePlans", planPath+planDC+"<availablePlans><planName>basemail</planName></availablePlans>")
	assert.Equal(t, []string{"GoldMail"}, available())
	r := u.CallPrivate(hostedexchange.Name, "EnsureServicePlanAvailable_", planPath+"<planName>BaseMail</planName>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.PlanNotAvailable.ID, r.Err.Cause)
	assert.Equal(t, []string{"BaseMail"}, planNames(planPrivate(t, u, "GetCustomerAvailablePlansRecord_", planPath+"<statusTypeName>Deleted</statusTypeName>")))
	again := planPath + planDC + "<availablePlans><planName>BaseMail</planName></availablePlans>"
	runPlan(t, u, "AddAvailablePlans", again)
	before := u.Dump()
	runPlan(t, u, "AddAvailablePlans", again)
	u.Unchanged(before)
	assert.Equal(t, []string{"BaseMail", "GoldMail"}, available())
}

func TestCustomerRecords(t *testing.T) {
	u := planWorld(t)
	has := func(path string) string {
		answer := planPrivate(t, u, "GetCustomerPlanRecord_", path)
		return strings.Join(planNames(answer), "")
	}
	assert.Equal(t, "GoldMail", has(planMember))
	planPrivate(t, u, "SetCustomerPlanRecord_", planMember+"<planName>BaseMail</planName>")
	assert.Equal(t, "BaseMail", has(planMember))
	assert.Empty(t, has(planPath))
	planPrivate(t, u, "SetCustomerAssetRecord_", planPath+"<assetTypeName>PrimaryDomain</assetTypeName><assetValue>alpine.com</assetValue>")
	planPrivate(t, u, "SetCustomerAssetRecord_", planPath+"<assetTypeName>SecondaryDomain</assetTypeName><assetValue>alpine.net</assetValue>")
	planPrivate(t, u, "SetCustomerAssetRecord_", planPath+"<assetTypeName>SecondaryDomain</assetTypeName><assetValue>Alpine.net</assetValue><statusTypeName>Deleted</statusTypeName>")
	asset := "<assets><asset><assetTypeName>PrimaryDomain</assetTypeName><assetValue>alpine.com</assetValue><assetStatus>Enabled</assetStatus></asset></assets>"
	assert.Contains(t, planPrivate(t, u, "GetCustomerAssetsRecord_", planPath), asset)
	assert.Contains(t, planPrivate(t, u, "GetCustomerAssetsRecord_", planPath+"<assetTypeName>PrimaryDomain</assetTypeName>"), asset)
	planPrivate(t, u, "SetCustomerStatus_", planMember+"<statusTypeName>Disabled</statusTypeName>")
	planPrivate(t, u, "LogEventRecord_", planPath+"<eventTypeName>PublicFolderCreated</eventTypeName>")
	planPrivate(t, u, "DeleteCustomerRecord_", planMember)
	user, organization := u.Object(planUser).GUID, u.Object(planOrg).GUID
	u.View(func(tx *state.Tx) {
		c, err := plan.In(tx).Customer(user)
		require.NoError(t, err)
		assert.Equal(t, plan.StatusDeleted, c.Status)
		assert.Equal(t, organization, c.Organization)
		events, err := plan.In(tx).Events(c.GUID)
		require.NoError(t, err)
		var names []string
		for _, e := range events {
			names = append(names, e.Type)
		}
		assert.Equal(t, []string{"Created", "PlanChange", "PlanChange", "Disabled", "Deleted"}, names)
	})
	r := u.CallPrivate(hostedexchange.Name, "LogEventRecord_", planMember+"<eventTypeName>Created</eventTypeName>")
	require.NotNil(t, r.Err)
	assert.Equal(t, mpf.CustomerUnknown.ID, r.Err.Cause, "a deleted customer is none")
}

func TestGetModifiedOrganizations(t *testing.T) {
	u := planWorld(t)
	window := func(from, to time.Time) string {
		return runPlan(t, u, "GetModifiedOrganizations",
			planDC+"<startDate>"+from.Format(time.RFC3339)+"</startDate><endDate>"+to.Format("01/02/2006 15:04:05")+"</endDate>")
	}
	start := enginetest.Start()
	assert.Contains(t, window(start, start), "<orgs><org>LDAP://"+planOrg+"</org></orgs>")
	u.Advance(time.Hour)
	planPrivate(t, u, "LogEventRecord_", planPath+"<eventTypeName>PublicFolderCreated</eventTypeName>")
	later := start.Add(time.Minute)
	assert.Contains(t, window(later, start.Add(2*time.Hour)), "<orgs/>", "a folder changes no membership")
	planPrivate(t, u, "SetCustomerStatus_", planMember+"<statusTypeName>Disabled</statusTypeName>")
	assert.Contains(t, window(later, start.Add(2*time.Hour)), "<orgs><org>LDAP://"+planOrg+"</org></orgs>")
	assert.Contains(t, runPlan(t, u, "GetModifiedOrganizations",
		planDC+"<startDate>2000-01-01</startDate><endDate>2100-01-01</endDate><maximumRows>0</maximumRows>"), "<orgs/>")
	u.Update(func(tx *state.Tx) error {
		o, err := directory.In(tx).Get(ldappath.MustParseDN(planOrg))
		require.NoError(t, err)
		return directory.In(tx).DeleteTree(o)
	})
	assert.Contains(t, window(later, start.Add(2*time.Hour)), "<orgs/>", "what is gone has no address lists")
}
