package plan

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wsexchange/mock/directory"
	"wsexchange/mock/roomtest"
	"wsexchange/mock/state"
)

// customerGUID returns the n-th of the GUIDs that the tests use.
func customerGUID(n int) directory.GUID {
	var g directory.GUID
	binary.BigEndian.PutUint64(g[:], uint64(n)+1)
	return g
}

// opened returns a plan database with the vocabularies and two plans, and a
// clock that goes one second with each look at it.
func opened(tb testing.TB) Plans {
	tb.Helper()
	now := roomtest.Clock
	env := state.Env{Now: func() time.Time {
		now = now.Add(time.Second)
		return now
	}}
	p := In(roomtest.Begin(tb, env, directory.Tables(), Tables()))
	require.NoError(tb, p.InitializePlans())
	for _, name := range []string{"BaseMail", "GoldMail"} {
		_, err := p.CreatePlan(Plan{
			Name: name, Type: "exchmailbox", Categories: []string{"HeBusiness", "HEBUSINESS"}, Description: "A mailbox",
			Features: []PlanFeature{{FeatureType: FeatureType{Name: "mailboxsize"}, Value: "10000"}, {FeatureType: FeatureType{Name: "POP"}, Value: "0"}},
		})
		require.NoError(tb, err)
	}
	return p
}

func TestPlans_AreFoundByNameAndFilter(t *testing.T) {
	plans := opened(t)
	p, err := plans.Plan("goldmail")
	require.NoError(t, err)
	assert.Equal(t, "GoldMail", p.Name)
	assert.Equal(t, "ExchMailbox", p.Type)
	assert.Equal(t, StatusEnabled, p.Status)
	assert.Equal(t, []string{"HeBusiness"}, p.Categories, "each once")
	size, ok := p.Feature("MAILBOXSIZE")
	require.True(t, ok)
	assert.Equal(t, "10000", size.Value)
	assert.Equal(t, "size", size.NativeAttribute)
	_, ok = p.Feature("None")
	assert.False(t, ok)
	all, err := plans.Plans(PlanFilter{Type: "exchmailbox", Status: "enabled", Category: "hebusiness"})
	require.NoError(t, err)
	assert.Len(t, all, 2)
	none, err := plans.Plans(PlanFilter{Category: "None"})
	require.NoError(t, err)
	assert.Empty(t, none)
	require.NoError(t, plans.SetPlanStatus("GOLDMAIL", "disabled"))
	all, err = plans.Plans(PlanFilter{Status: StatusDisabled})
	require.NoError(t, err)
	require.Len(t, all, 1)
	assert.True(t, all[0].Updated.After(all[0].Created))
	assert.ErrorIs(t, plans.SetPlanStatus("None", StatusEnabled), state.ErrNotFound)
	assert.ErrorIs(t, plans.SetPlanStatus("GoldMail", "None"), state.ErrNotFound)
}

func TestInitializePlans_MayRunAgain(t *testing.T) {
	plans := opened(t)
	before, err := plans.Terms(TermEventType)
	require.NoError(t, err)
	require.NoError(t, plans.InitializePlans())
	after, err := plans.Terms(TermEventType)
	require.NoError(t, err)
	assert.Equal(t, before, after)
	for _, code := range []string{"EN", "DS", "DE", "AA", "AD", "PC", "PA", "PR", "SB", "US", "NC", "CM", "PE"} {
		assert.True(t, slices.ContainsFunc(after, func(e Term) bool { return e.Code == code }), code)
	}
}

func TestCreatePlan_LeavesNothingBehindWhenRefused(t *testing.T) {
	plans := opened(t)
	for name, row := range map[string]struct {
		plan Plan
		want error
	}{
		"taken":            {Plan{Name: "BASEMAIL", Type: "ExchMailbox"}, state.ErrConflict},
		"unknown type":     {Plan{Name: "P", Type: "None"}, state.ErrNotFound},
		"unknown status":   {Plan{Name: "P", Type: "ExchMailbox", Status: "None"}, state.ErrNotFound},
		"unknown category": {Plan{Name: "P", Type: "ExchMailbox", Categories: []string{"None"}}, state.ErrNotFound},
		"unknown feature":  {Plan{Name: "P", Type: "ExchMailbox", Features: []PlanFeature{{FeatureType: FeatureType{Name: "None"}}}}, state.ErrNotFound},
		"feature twice": {Plan{Name: "P", Type: "ExchMailbox", Features: []PlanFeature{
			{FeatureType: FeatureType{Name: "POP"}}, {FeatureType: FeatureType{Name: "pop"}},
		}}, state.ErrConflict},
	} {
		_, err := plans.CreatePlan(row.plan)
		assert.ErrorIs(t, err, row.want, name)
		_, err = plans.Plan("P")
		assert.ErrorIs(t, err, state.ErrNotFound, name)
	}
}

func TestCustomer_PlansAssetsEvents(t *testing.T) {
	plans := opened(t)
	org, err := plans.CreateCustomer(Customer{GUID: customerGUID(1), Name: "Alpine", Type: "BusinessOrganization"})
	require.NoError(t, err)
	assert.True(t, org.DN.IsZero(), "no object of that GUID")
	user, err := plans.CreateCustomer(Customer{GUID: customerGUID(2), Name: "bob", Type: "BusinessUser", Organization: org.GUID})
	require.NoError(t, err)
	assert.Equal(t, org.GUID, user.Organization)
	_, err = plans.CreateCustomer(Customer{GUID: customerGUID(2), Name: "bob", Type: "BusinessUser"})
	assert.ErrorIs(t, err, state.ErrConflict)
	_, err = plans.CreateCustomer(Customer{GUID: customerGUID(3), Type: "BusinessUser", Organization: customerGUID(99)})
	assert.ErrorIs(t, err, state.ErrNotFound)

	require.NoError(t, plans.SetAvailablePlan(org.GUID, "GoldMail", StatusEnabled))
	require.NoError(t, plans.SetAvailablePlan(org.GUID, "BaseMail", StatusEnabled))
	require.NoError(t, plans.SetAvailablePlan(org.GUID, "BaseMail", StatusDeleted))
	available, err := plans.AvailablePlans(org.GUID, "")
	require.NoError(t, err)
	require.Len(t, available, 2)
	assert.Equal(t, "BaseMail", available[0].Plan.Name)
	assert.Equal(t, StatusDeleted, available[0].Status)
	assert.Equal(t, StatusEnabled, available[0].Plan.Status)
	assert.True(t, available[0].Updated.After(available[0].Created))
	available, err = plans.AvailablePlans(org.GUID, StatusEnabled)
	require.NoError(t, err)
	assert.Len(t, available, 1)

	require.NoError(t, plans.AssignPlan(user.GUID, "BaseMail"))
	require.NoError(t, plans.AssignPlan(user.GUID, "GoldMail"))
	name, err := plans.AssignedPlan(user.GUID, "ExchMailbox")
	require.NoError(t, err)
	assert.Equal(t, "GoldMail", name)
	for plan, want := range map[string]int64{"GoldMail": 1, "BaseMail": 0} {
		n, err := plans.PlanUsers(org.GUID, plan)
		require.NoError(t, err)
		assert.Equal(t, want, n, plan)
	}
	require.NoError(t, plans.UnassignPlan(user.GUID, "ExchMailbox"))
	name, err = plans.AssignedPlan(user.GUID, "ExchMailbox")
	require.NoError(t, err)
	assert.Empty(t, name)

	require.NoError(t, plans.SetAsset(org.GUID, Asset{Type: "PrimaryDomain", Value: "alpine.com"}))
	require.NoError(t, plans.SetAsset(org.GUID, Asset{Type: "SecondaryDomain", Value: "ALPINE.COM"}))
	assets, err := plans.Assets(org.GUID, "", StatusEnabled)
	require.NoError(t, err)
	require.Len(t, assets, 1)
	assert.Equal(t, "SecondaryDomain", assets[0].Type)

	require.NoError(t, plans.DeleteCustomer(org.GUID))
	org, err = plans.Customer(org.GUID)
	require.NoError(t, err)
	assert.Equal(t, StatusDeleted, org.Status)
	assets, err = plans.Assets(org.GUID, "", StatusDeleted)
	require.NoError(t, err)
	assert.Len(t, assets, 1)
}

func TestModifiedOrganizations(t *testing.T) {
	plans := opened(t)
	start := plans.tx.Now()
	for n := range 3 {
		_, err := plans.CreateCustomer(Customer{GUID: customerGUID(n), Name: "o", Type: "BusinessOrganization"})
		require.NoError(t, err)
	}
	_, err := plans.CreateCustomer(Customer{GUID: customerGUID(10), Name: "u", Type: "BusinessUser", Organization: customerGUID(2)})
	require.NoError(t, err)
	require.NoError(t, plans.LogEvent(customerGUID(0), "Created"))
	require.NoError(t, plans.LogEvent(customerGUID(0), "PlanChange"))
	require.NoError(t, plans.LogEvent(customerGUID(1), "PublicFolderCreated"))
	require.NoError(t, plans.LogEvent(customerGUID(10), "Created"))
	end := plans.tx.Now()
	guids := func(from, to time.Time, limit int, events ...string) []directory.GUID {
		found, err := plans.ModifiedOrganizations(from, to, events, limit)
		require.NoError(t, err)
		var all []directory.GUID
		for _, c := range found {
			all = append(all, c.GUID)
		}
		return all
	}
	assert.Equal(t, []directory.GUID{customerGUID(0), customerGUID(2)}, guids(start, end, 10, "Created", "PlanChange"))
	assert.Equal(t, []directory.GUID{customerGUID(0)}, guids(start, end, 1, "Created"))
	assert.Equal(t, []directory.GUID{customerGUID(1)}, guids(start, end, 10, "PublicFolderCreated"))
	assert.Empty(t, guids(end, end.Add(time.Hour), 10, "Created"))
	_, err = plans.ModifiedOrganizations(start, end, []string{"None"}, 1)
	assert.ErrorIs(t, err, state.ErrNotFound)
	events, err := plans.Events(customerGUID(0))
	require.NoError(t, err)
	require.Len(t, events, 2)
	assert.Equal(t, "Created", events[0].Type)
}
