package deployment_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/deployment"
	"wsexchange/mock/directory"
	"wsexchange/mock/mocktest"
	"wsexchange/mock/namespace"
	"wsexchange/mock/plan"
	"wsexchange/mock/seed"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// installation is an emulator with the requirements of its state.
type installation struct {
	*mocktest.Emulator
	t      *testing.T
	failed map[string]error
}

func virgin(t *testing.T) *installation {
	t.Helper()
	return &installation{Emulator: mocktest.Start(t, mocktest.Seed(seed.Virgin())), t: t}
}

func (i *installation) tree() deployment.Requirement {
	i.t.Helper()
	at := deployment.Surroundings{Database: "x.db", Failed: i.failed}
	for _, n := range namespace.All() {
		at.Namespaces = append(at.Namespaces, n.Name)
	}
	var tree deployment.Requirement
	require.NoError(i.t, i.Store.View(i.t.Context(), func(tx *state.Tx) (err error) {
		tree, err = deployment.Tree(tx, at)
		return err
	}))
	return tree
}

// state is the state of a requirement with its reason and next step.
func (i *installation) state(name string) (deployment.State, string) {
	i.t.Helper()
	tree := i.tree()
	found := tree.Find(name)
	require.NotNil(i.t, found, name)
	return found.State, found.Reason + "; next: " + found.Next
}

func (i *installation) is(name string, want deployment.State, text string) {
	i.t.Helper()
	got, reason := i.state(name)
	assert.Equal(i.t, want, got, "%s: %s", name, reason)
	assert.Contains(i.t, reason, text, name)
}

func (i *installation) initialize(in deployment.Input) []string {
	i.t.Helper()
	in.Controller = "dc1"
	var done []string
	ctx := mpf.WithCaller(i.t.Context(), mpf.Caller{Trusted: true})
	require.NoError(i.t, deployment.Initialize(ctx, i.Engine, in, func(s deployment.Step, err error) {
		require.NoError(i.t, err)
		done = append(done, s.Procedure.Procedure)
	}))
	return done
}

func (i *installation) update(fn func(directory.Directory) error) {
	i.t.Helper()
	require.NoError(i.t, i.Store.Update(i.t.Context(), func(tx *state.Tx) error { return fn(directory.In(tx)) }))
}

func TestInitialize_FromNothing(t *testing.T) {
	i := virgin(t)
	i.is(deployment.ADForHosting, deployment.InputNeeded, "there is no hosting organization")
	i.is(deployment.NamespaceSecurity, deployment.NotInstalled, "it was not run; next: run init")
	i.is(deployment.PlanDatabase, deployment.NotInstalled, "it was not run")
	i.is(deployment.HostedExchange, deployment.NotInstalled, "it was not run")
	i.is(deployment.ExchangeOrganization, deployment.NotInstalled, "it was not run")
	i.is("Business Mailstores", deployment.InputNeeded, "no mailbox can be created; next: run AddExchangeResources")
	i.is("Create a reseller organization", deployment.InputNeeded, "next: run CreateResellerOrganization")
	i.is("Managed Web Hosting: InitializeNamespaceSecurity", deployment.Verified, "not applicable")
	i.is("Managed Sharepoint Hosting: InitializeNamespaceSecurity", deployment.Verified, "not applicable")
	i.is("MPSWS", deployment.Unverified, "next: run wsexchange check")

	assert.Equal(t, []string{
		"CreateOrganization", "InitializeADforHosting", "InitializeNamespaceSecurity", "InitializePlanDatabase", "InitializeHostedExchange",
	}, i.initialize(deployment.Input{Hosting: "Rooms", Exchange: "Contoso"}))
	i.is(deployment.ADForHosting, deployment.Verified, "OU=Rooms,DC=fabrikam,DC=com")
	i.is(deployment.NamespaceSecurity, deployment.Verified, "")
	i.is(deployment.PlanDatabase, deployment.Verified, "")
	i.is(deployment.HostedExchange, deployment.Verified, "BaseMail, GoldMail, PlatinumMail, PlatinumPlusMail")
	i.is(deployment.ExchangeOrganization, deployment.Verified, "Contoso")
	i.is("Exchange Servers", deployment.InputNeeded, "no server")

	before := i.Dump()
	i.initialize(deployment.Input{})
	assert.Equal(t, before, i.Dump(), "each may run again, and names that were chosen stay")
}

// The groups and accounts that an initialised installation has are those of the
// demo data, with the same memberships; so are the plans.
func TestInitialize_MakesWhatTheDemoDataHave(t *testing.T) {
	i, demo := virgin(t), mocktest.Start(t)
	i.initialize(deployment.Input{})
	for _, name := range []string{
		"MPFAdmins", "MPFTrustedUsers", "MPFAuditors", "MPFServiceAccts", "MPFClientAccts", "MPSExchangeAccts", "MPSOabUpdateAccts", "MPSReaders",
		"MPFServiceAcct", "MPFClientAcct",
	} {
		assert.Equal(t, about(t, demo, name), about(t, i.Emulator, name), name)
	}
	assert.Equal(t, plans(t, demo), plans(t, i.Emulator))
	assert.Len(t, plans(t, demo), 4)
}

// about is what an account is and which groups it is in.
func about(t *testing.T, e *mocktest.Emulator, name string) []string {
	t.Helper()
	var found []string
	require.NoError(t, e.Store.View(t.Context(), func(tx *state.Tx) error {
		o, err := directory.In(tx).BySAM(name)
		if err != nil {
			return err
		}
		found = append(found, o.DN.String(), o.Class)
		for _, attribute := range []string{"description", "groupType", "userAccountControl", "userPrincipalName", "memberOf"} {
			values, err := directory.In(tx).Values(o, attribute)
			if err != nil {
				return err
			}
			slices.Sort(values)
			found = append(found, attribute+"="+strings.Join(values, ";"))
		}
		return nil
	}))
	return found
}

func plans(t *testing.T, e *mocktest.Emulator) (found []plan.Plan) {
	t.Helper()
	require.NoError(t, e.Store.View(t.Context(), func(tx *state.Tx) error {
		all, err := plan.In(tx).Plans(plan.PlanFilter{})
		if err != nil {
			return err
		}
		for _, one := range all {
			p, err := plan.In(tx).Plan(one.Name)
			if err != nil {
				return err
			}
			made := plan.Plan{Name: p.Name, Description: p.Description, Type: p.Type, Status: p.Status, Categories: p.Categories}
			for _, f := range p.Features {
				made.Features = append(made.Features, plan.PlanFeature{FeatureType: plan.FeatureType{Name: f.Name, NativeAttribute: f.NativeAttribute, ParentNode: f.ParentNode, Unit: f.Unit}, Value: f.Value})
			}
			found = append(found, made)
		}
		return nil
	}))
	return found
}

func TestTree_TellsWhatIsMissing(t *testing.T) {
	i := virgin(t)
	i.initialize(deployment.Input{})
	i.update(func(d directory.Directory) error {
		for _, dn := range []string{"CN=MPFAuditors,CN=Users,DC=fabrikam,DC=com", "CN=Admins@Hosting,OU=Hosting,DC=fabrikam,DC=com"} {
			o, err := d.Get(ldappath.MustParseDN(dn))
			if err != nil {
				return err
			}
			if err := d.Delete(o); err != nil {
				return err
			}
		}
		return nil
	})
	i.is(deployment.NamespaceSecurity, deployment.VerifyFailed, "missing: MPFAuditors; next: run init")
	i.is(deployment.ADForHosting, deployment.VerifyFailed, "missing: the group Admins@")
	i.initialize(deployment.Input{})
	i.is(deployment.NamespaceSecurity, deployment.Verified, "")
	i.is(deployment.ADForHosting, deployment.Verified, "")
	i.update(func(d directory.Directory) error {
		o, err := d.Get(ldappath.MustParseDN("OU=Hosting,DC=fabrikam,DC=com"))
		if err != nil {
			return err
		}
		return d.DeleteTree(o)
	})
	i.is(deployment.ADForHosting, deployment.VerifyFailed, "missing: OU=Hosting")
}

func TestTree_InstallFailed(t *testing.T) {
	i := virgin(t)
	i.failed = map[string]error{deployment.HostedExchange: errors.New("the disk is full"), deployment.ADForHosting: errors.New("not allowed")}
	i.is(deployment.HostedExchange, deployment.InstallFailed, "the disk is full; next: remove the cause")
	i.is(deployment.ADForHosting, deployment.InstallFailed, "not allowed")
	assert.Equal(t, deployment.InstallFailed, i.tree().State, "a group has the worst state below it")
	i.initialize(deployment.Input{})
	i.is(deployment.HostedExchange, deployment.Verified, "")
}

func TestInitialize_EndsWithTheFirstThatFails(t *testing.T) {
	i := virgin(t)
	before := i.Dump()
	var done []string
	ctx := mpf.WithCaller(t.Context(), mpf.Caller{Trusted: true})
	err := deployment.Initialize(ctx, i.Engine, deployment.Input{Controller: "dc9"}, func(s deployment.Step, err error) {
		assert.Error(t, err)
		done = append(done, s.Name)
	})
	assert.ErrorContains(t, err, deployment.ExchangeOrganization+": ")
	assert.ErrorContains(t, err, "dc9")
	assert.Equal(t, []string{deployment.ExchangeOrganization}, done)
	assert.Equal(t, before, i.Dump())
	ended, cancel := context.WithCancel(ctx)
	cancel()
	assert.Error(t, deployment.Initialize(ended, i.Engine, deployment.Input{}, func(deployment.Step, error) {}))
}

// TestTree_OfTheDemoData holds that nothing is open there but what cannot be
// seen.
func TestTree_OfTheDemoData(t *testing.T) {
	i := &installation{Emulator: mocktest.Start(t), t: t}
	tree := i.tree()
	var text strings.Builder
	require.NoError(t, deployment.Write(&text, tree))
	assert.Zero(t, tree.Open(), text.String())
	assert.Equal(t, deployment.Unverified, tree.State)
	assert.Contains(t, text.String(), "Managed Helpers: InitializeADforHosting")
	i.is("Settings of H-Sphere", deployment.Unverified, `URL http://FABRIKAM\LOGIN:PASSWORD@SERVER/MPSWS; Primary Domain Controller dc1.fabrikam.com; LDAP OU=Reseller1,OU=Hosting,DC=fabrikam,DC=com`)
	for _, line := range strings.Split(text.String(), "\n") {
		assert.LessOrEqual(t, len(line), 300)
	}
}
