package seed

import (
	"fmt"

	"wsexchange/mock/plan"
)

// makePlans writes the plan database of a seed: its own words first, then the
// ones that every plan database has, then plans, and the resellers as
// customers.
func (w *writer) makePlans() error {
	if own := w.seed.Plans; w.seed.Hosting.Name == "" && len(own.Categories)+len(own.Features)+len(own.Plans) == 0 {
		return nil
	}
	plans := plan.In(w.tx)
	for _, c := range w.seed.Plans.Categories {
		if _, err := plans.EnsureTerm(plan.Term{Kind: plan.TermPlanCategory, Name: c.Name, Description: c.Description}); err != nil {
			return err
		}
	}
	for _, f := range w.seed.Plans.Features {
		kind := plan.FeatureType{
			Name: f.Name, Description: f.Description, NativeAttribute: f.NativeAttribute,
			ParentNode: f.ParentNode, DataType: f.XSLDataType, Unit: f.Unit,
		}
		if err := plans.AddFeatureType(kind); err != nil {
			return err
		}
	}
	if err := plans.InitializePlans(); err != nil {
		return err
	}
	for _, p := range w.seed.Plans.Plans {
		made := plan.Plan{Name: p.Name, Description: p.Description, Type: p.Type, Categories: p.Categories}
		for _, f := range p.Features {
			made.Features = append(made.Features, plan.PlanFeature{FeatureType: plan.FeatureType{Name: f.Name}, Value: f.Value})
		}
		if _, err := plans.CreatePlan(made); err != nil {
			return fmt.Errorf("plan %q: %w", p.Name, err)
		}
	}
	return w.makeCustomers()
}

// makeCustomers makes the resellers customers.
func (w *writer) makeCustomers() error {
	domain, err := w.directory.Domain()
	if err != nil {
		return err
	}
	for _, r := range w.seed.Hosting.Resellers {
		o, err := w.directory.Get(domain.Hosting.Child("OU", r.Name))
		if err != nil {
			return err
		}
		customer := plan.Customer{GUID: o.GUID, Name: r.Name, Type: "ResellerOrganization"}
		if _, err := plan.In(w.tx).CreateCustomer(customer); err != nil {
			return fmt.Errorf("reseller %q: %w", r.Name, err)
		}
	}
	return nil
}
