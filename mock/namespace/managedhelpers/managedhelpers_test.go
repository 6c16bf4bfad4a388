package managedhelpers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine/enginetest"
	"wsexchange/mock/namespace"
	"wsexchange/mock/namespace/managedhelpers"
	"wsexchange/mock/plan"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

const dc = "<preferredDomainController>dc1.fabrikam.com</preferredDomainController>"

// TestInitialisers holds that the guide's names do what those of the other
// namespaces do: they change nothing in an installation that is complete, and
// make what is missing.
func TestInitialisers(t *testing.T) {
	u := enginetest.New(t, namespace.All()...)
	u.MustCall("Managed Hosting", "InitializeADforHosting", "") // completes what the demo data leave out
	before := u.Dump()
	r := u.MustCall(managedhelpers.Name, "InitializeADforHosting", "<hostingOU>hosting</hostingOU>"+dc)
	assert.NotNil(t, xmldoc.Child(r.Data, "org"), "it has the answer of the other")
	u.MustCall(managedhelpers.Name, "InitializeNamespaceSecurity", dc)
	u.MustCall(managedhelpers.Name, "InitializePlanDatabase", dc)
	u.Unchanged(before)
	u.Update(func(tx *state.Tx) error {
		o, err := directory.In(tx).Get(ldappath.MustParseDN("CN=MPFClientAcct,CN=Users,DC=fabrikam,DC=com"))
		if err != nil {
			return err
		}
		return directory.In(tx).Delete(o)
	})
	u.MustCall(managedhelpers.Name, "InitializeNamespaceSecurity", dc)
	assert.Equal(t, []string{"MPFClientAcct@fabrikam.com"}, u.Attr("CN=MPFClientAcct,CN=Users,DC=fabrikam,DC=com", "userPrincipalName"))
	assert.Equal(t, []string{"CN=MPFClientAccts,CN=Users,DC=fabrikam,DC=com"}, u.Attr("CN=MPFClientAcct,CN=Users,DC=fabrikam,DC=com", "memberOf"))
}

// A plan of the client that was changed stays as it is.
func TestInitialisers_KeepPlans(t *testing.T) {
	u := enginetest.New(t, namespace.All()...)
	u.Update(func(tx *state.Tx) error { return plan.In(tx).SetPlanStatus("GoldMail", plan.StatusDisabled) })
	before := u.Dump()
	u.MustCall("Hosted Exchange", "InitializeHostedExchange", dc)
	u.Unchanged(before)
}

func TestInitialisers_Refusals(t *testing.T) {
	u := enginetest.New(t, namespace.All()...)
	u.User(enginetest.Reseller, "plain", "Secret-01")
	before := u.Dump()
	for _, procedure := range []string{"InitializeADforHosting", "InitializeNamespaceSecurity", "InitializePlanDatabase"} {
		r := u.CallAs(`FABRIKAM\plain`, managedhelpers.Name, procedure, dc)
		require.NotNil(t, r.Err, procedure)
		assert.Equal(t, mpf.NotDomainAdmin.ID, r.Err.Cause, procedure)
		r = u.Call(managedhelpers.Name, procedure, "<preferredDomainController>dc9</preferredDomainController>")
		require.NotNil(t, r.Err, procedure)
		assert.Equal(t, mpf.ControllerUnknown.ID, r.Err.Cause, procedure)
	}
	u.Unchanged(before)
}
