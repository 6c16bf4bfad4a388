package store

import "fmt"

// seedPlans writes the plan database of a seed: its own words first, then the
// ones that every plan database has, then plans, and the resellers as
// customers.
func seedPlans(t *Tx, seed Seed) error {
	for _, c := range seed.Plans.Categories {
		if _, err := t.EnsureTerm(Term{Kind: TermPlanCategory, Name: c.Name, Description: c.Description}); err != nil {
			return err
		}
	}
	for _, f := range seed.Plans.Features {
		kind := FeatureType{
			Name: f.Name, Description: f.Description, NativeAttribute: f.NativeAttribute,
			ParentNode: f.ParentNode, DataType: f.XSLDataType, Unit: f.Unit,
		}
		if err := t.AddFeatureType(kind); err != nil {
			return err
		}
	}
	if err := t.InitializePlans(); err != nil {
		return err
	}
	for _, p := range seed.Plans.Plans {
		plan := Plan{Name: p.Name, Description: p.Description, Type: p.Type, Categories: p.Categories}
		for _, f := range p.Features {
			plan.Features = append(plan.Features, PlanFeature{FeatureType: FeatureType{Name: f.Name}, Value: f.Value})
		}
		if _, err := t.CreatePlan(plan); err != nil {
			return fmt.Errorf("plan %q: %w", p.Name, err)
		}
	}
	return seedResellers(t, seed)
}

func seedResellers(t *Tx, seed Seed) error {
	domain, err := t.Domain()
	if err != nil {
		return err
	}
	for _, r := range seed.Hosting.Resellers {
		o, err := t.Get(domain.Hosting.Child("OU", r.Name))
		if err != nil {
			return err
		}
		if _, err := t.CreateCustomer(Customer{GUID: o.GUID, Name: r.Name, Type: "ResellerOrganization"}); err != nil {
			return fmt.Errorf("reseller %q: %w", r.Name, err)
		}
	}
	return nil
}
