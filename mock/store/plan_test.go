package store

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openSeeded opens a store with the default content and a clock that goes one
// second with each look at it.
func openSeeded(tb testing.TB) *Store {
	tb.Helper()
	now := time.Date(2006, 1, 2, 15, 0, 0, 0, time.UTC)
	s, err := Open(tb.Context(), Config{Synchronous: "OFF", HashCost: 4, Now: func() time.Time {
		now = now.Add(time.Second)
		return now
	}})
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, s.Close()) })
	require.NoError(tb, s.Seed(tb.Context(), DefaultSeed()))
	return s
}

func TestSeed_PlansAndResources(t *testing.T) {
	s := openSeeded(t)
	inTx(t, s, func(tx *Tx) {
		p, err := tx.Plan("platinumplusmail")
		require.NoError(t, err)
		assert.Equal(t, "PlatinumPlusMail", p.Name)
		assert.Equal(t, "ExchMailbox", p.Type)
		assert.Equal(t, StatusEnabled, p.Status)
		segment, ok := p.Feature("owasegment")
		require.True(t, ok)
		assert.Equal(t, "131071", segment.Value)
		assert.Equal(t, "properties", segment.ParentNode)
		outlook, ok := p.Feature("OutlookClient")
		require.True(t, ok)
		assert.Equal(t, "options", outlook.ParentNode)
		all, err := tx.Plans(PlanFilter{Type: "exchmailbox", Status: "enabled", Category: "HeBusiness"})
		require.NoError(t, err)
		assert.Len(t, all, 4)
		none, err := tx.Plans(PlanFilter{Category: "None"})
		require.NoError(t, err)
		assert.Empty(t, none)
		stores, err := tx.Resources(MailStore)
		require.NoError(t, err)
		require.NotEmpty(t, stores)
		at, err := tx.ByGUID(stores[0].GUID)
		require.NoError(t, err)
		assert.Equal(t, stores[0].Name, at.DN.RDN().Value)
		domain, err := tx.Domain()
		require.NoError(t, err)
		reseller, err := tx.Get(domain.Hosting.Child("OU", "Reseller1"))
		require.NoError(t, err)
		c, err := tx.Customer(reseller.GUID)
		require.NoError(t, err)
		assert.Equal(t, "ResellerOrganization", c.Type)
	})
}

func TestInitializePlans_MayRunAgain(t *testing.T) {
	s := openSeeded(t)
	inTx(t, s, func(tx *Tx) {
		before, err := tx.Terms(TermEventType)
		require.NoError(t, err)
		require.NoError(t, tx.InitializePlans())
		after, err := tx.Terms(TermEventType)
		require.NoError(t, err)
		assert.Equal(t, before, after)
		for _, code := range []string{"EN", "DS", "DE", "AA", "AD", "PC", "PA", "PR", "SB", "US", "NC", "CM", "PE"} {
			assert.True(t, slices.ContainsFunc(after, func(e Term) bool { return e.Code == code }), code)
		}
	})
}

func TestCreatePlan_LeavesNothingBehindWhenRefused(t *testing.T) {
	s := openSeeded(t)
	inTx(t, s, func(tx *Tx) {
		for name, row := range map[string]struct {
			plan Plan
			want error
		}{
			"taken":            {Plan{Name: "BASEMAIL", Type: "ExchMailbox"}, ErrConflict},
			"unknown type":     {Plan{Name: "P", Type: "None"}, ErrNotFound},
			"unknown status":   {Plan{Name: "P", Type: "ExchMailbox", Status: "None"}, ErrNotFound},
			"unknown category": {Plan{Name: "P", Type: "ExchMailbox", Categories: []string{"None"}}, ErrNotFound},
			"unknown feature":  {Plan{Name: "P", Type: "ExchMailbox", Features: []PlanFeature{{FeatureType: FeatureType{Name: "None"}}}}, ErrNotFound},
			"feature twice": {Plan{Name: "P", Type: "ExchMailbox", Features: []PlanFeature{
				{FeatureType: FeatureType{Name: "POP"}}, {FeatureType: FeatureType{Name: "pop"}},
			}}, ErrConflict},
		} {
			_, err := tx.CreatePlan(row.plan)
			assert.ErrorIs(t, err, row.want, name)
			_, err = tx.Plan("P")
			assert.ErrorIs(t, err, ErrNotFound, name)
		}
	})
}

func TestCustomer_PlansAssetsEvents(t *testing.T) {
	s := openSeeded(t)
	inTx(t, s, func(tx *Tx) {
		org, err := tx.CreateCustomer(Customer{GUID: poolGUID(1), Name: "Alpine", Type: "BusinessOrganization"})
		require.NoError(t, err)
		assert.True(t, org.DN.IsZero(), "no object of that GUID")
		user, err := tx.CreateCustomer(Customer{GUID: poolGUID(2), Name: "bob", Type: "BusinessUser", Organization: org.GUID})
		require.NoError(t, err)
		assert.Equal(t, org.GUID, user.Organization)
		_, err = tx.CreateCustomer(Customer{GUID: poolGUID(2), Name: "bob", Type: "BusinessUser"})
		assert.ErrorIs(t, err, ErrConflict)
		_, err = tx.CreateCustomer(Customer{GUID: poolGUID(3), Type: "BusinessUser", Organization: poolGUID(99)})
		assert.ErrorIs(t, err, ErrNotFound)

		require.NoError(t, tx.SetAvailablePlan(org.GUID, "GoldMail", StatusEnabled))
		require.NoError(t, tx.SetAvailablePlan(org.GUID, "BaseMail", StatusEnabled))
		require.NoError(t, tx.SetAvailablePlan(org.GUID, "BaseMail", StatusDeleted))
		available, err := tx.AvailablePlans(org.GUID, "")
		require.NoError(t, err)
		require.Len(t, available, 2)
		assert.Equal(t, "BaseMail", available[0].Plan.Name)
		assert.Equal(t, StatusDeleted, available[0].Status)
		assert.Equal(t, StatusEnabled, available[0].Plan.Status)
		assert.True(t, available[0].Updated.After(available[0].Created))
		available, err = tx.AvailablePlans(org.GUID, StatusEnabled)
		require.NoError(t, err)
		assert.Len(t, available, 1)

		require.NoError(t, tx.AssignPlan(user.GUID, "BaseMail"))
		require.NoError(t, tx.AssignPlan(user.GUID, "GoldMail"))
		name, err := tx.AssignedPlan(user.GUID, "ExchMailbox")
		require.NoError(t, err)
		assert.Equal(t, "GoldMail", name)
		for plan, want := range map[string]int64{"GoldMail": 1, "BaseMail": 0} {
			n, err := tx.PlanUsers(org.GUID, plan)
			require.NoError(t, err)
			assert.Equal(t, want, n, plan)
		}
		require.NoError(t, tx.UnassignPlan(user.GUID, "ExchMailbox"))
		name, err = tx.AssignedPlan(user.GUID, "ExchMailbox")
		require.NoError(t, err)
		assert.Empty(t, name)

		require.NoError(t, tx.SetAsset(org.GUID, Asset{Type: "PrimaryDomain", Value: "alpine.com"}))
		require.NoError(t, tx.SetAsset(org.GUID, Asset{Type: "SecondaryDomain", Value: "ALPINE.COM"}))
		assets, err := tx.Assets(org.GUID, "", StatusEnabled)
		require.NoError(t, err)
		require.Len(t, assets, 1)
		assert.Equal(t, "SecondaryDomain", assets[0].Type)

		require.NoError(t, tx.DeleteCustomer(org.GUID))
		org, err = tx.Customer(org.GUID)
		require.NoError(t, err)
		assert.Equal(t, StatusDeleted, org.Status)
		assets, err = tx.Assets(org.GUID, "", StatusDeleted)
		require.NoError(t, err)
		assert.Len(t, assets, 1)
	})
}

func TestModifiedOrganizations(t *testing.T) {
	s := openSeeded(t)
	inTx(t, s, func(tx *Tx) {
		start := tx.Now()
		for n := range 3 {
			_, err := tx.CreateCustomer(Customer{GUID: poolGUID(n), Name: "o", Type: "BusinessOrganization"})
			require.NoError(t, err)
		}
		_, err := tx.CreateCustomer(Customer{GUID: poolGUID(10), Name: "u", Type: "BusinessUser", Organization: poolGUID(2)})
		require.NoError(t, err)
		require.NoError(t, tx.LogEvent(poolGUID(0), "Created"))
		require.NoError(t, tx.LogEvent(poolGUID(0), "PlanChange"))
		require.NoError(t, tx.LogEvent(poolGUID(1), "PublicFolderCreated"))
		require.NoError(t, tx.LogEvent(poolGUID(10), "Created"))
		end := tx.Now()
		guids := func(from, to time.Time, limit int, events ...string) []GUID {
			found, err := tx.ModifiedOrganizations(from, to, events, limit)
			require.NoError(t, err)
			var all []GUID
			for _, c := range found {
				all = append(all, c.GUID)
			}
			return all
		}
		assert.Equal(t, []GUID{poolGUID(0), poolGUID(2)}, guids(start, end, 10, "Created", "PlanChange"))
		assert.Equal(t, []GUID{poolGUID(0)}, guids(start, end, 1, "Created"))
		assert.Equal(t, []GUID{poolGUID(1)}, guids(start, end, 10, "PublicFolderCreated"))
		assert.Empty(t, guids(end, end.Add(time.Hour), 10, "Created"))
		_, err = tx.ModifiedOrganizations(start, end, []string{"None"}, 1)
		assert.ErrorIs(t, err, ErrNotFound)
		events, err := tx.Events(poolGUID(0))
		require.NoError(t, err)
		require.Len(t, events, 2)
		assert.Equal(t, "Created", events[0].Type)
	})
}
