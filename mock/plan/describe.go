package plan

import (
	"fmt"

	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// Times and numbers of rows are left out of what describes them. Plans, assets
// and events are attributes of the customer that has them.

func describeTerm(_ *state.Tx, t *termRow) state.Description {
	return state.Description{Object: "term " + t.Kind + " " + t.Name, Attributes: map[string][]string{
		"kind": {t.Kind}, "name": {t.Name}, "code": {t.Code}, "description": {t.Description},
	}}
}

func describeFeatureType(_ *state.Tx, f *featureRow) state.Description {
	return state.Description{Object: "feature_type " + f.Name, Attributes: map[string][]string{
		"name": {f.Name}, "description": {f.Description}, "native_attribute": {f.NativeAttribute},
		"parent_node": {f.ParentNode}, "data_type": {f.DataType}, "unit": {f.Unit},
	}}
}

func describePlan(_ *state.Tx, p *planRow) state.Description {
	attributes := map[string][]string{
		"name": {p.Name}, "description": {p.Description}, "type": {p.Type.String()}, "status": {p.Status.String()},
		"category": p.Categories,
	}
	for _, f := range p.Features {
		attributes["feature"] = append(attributes["feature"], f.Name+": "+f.Value)
	}
	return state.Description{Object: "plan " + p.Name, Attributes: attributes}
}

func describeCustomer(tx *state.Tx, c *customerRow) state.Description {
	attributes := map[string][]string{"name": {c.Name}, "type": {c.Type.String()}, "status": {c.Status.String()}}
	if guid := directory.GUID(c.Organization); guid != (directory.GUID{}) {
		attributes["organization"] = []string{guid.String()}
		if o, err := directory.In(tx).ByGUID(guid); err == nil {
			attributes["organization"] = []string{o.DN.String()}
		}
	}
	return state.Description{Object: c.label(), Attributes: attributes}
}

// label names a customer: several may have one name.
func (c *customerRow) label() string {
	return "customer " + c.Name + " " + directory.GUID(c.GUID).String()
}

func describeAvailable(tx *state.Tx, a *availableRow) state.Description {
	return ofCustomer(tx, a.Customer, "available plan", planName(tx, a.Plan)+" ("+a.Status.String()+")")
}

func describeAssigned(tx *state.Tx, a *assignedRow) state.Description {
	return ofCustomer(tx, a.Customer, "plan", planName(tx, a.Plan))
}

func describeAsset(tx *state.Tx, a *assetRow) state.Description {
	return ofCustomer(tx, a.Customer, "asset", a.Type.String()+" "+a.Value+" ("+a.Status.String()+")")
}

func describeEvent(tx *state.Tx, e *eventRow) state.Description {
	return ofCustomer(tx, e.Customer, "event", e.Type.String())
}

// ofCustomer describes a row that is a value of an attribute of a customer.
func ofCustomer(tx *state.Tx, id int64, attribute, value string) state.Description {
	name := fmt.Sprintf("customer %d", id)
	if c := customers.Get(tx, id); c != nil {
		name = c.label()
	}
	return state.Description{Object: name, Owned: true, Attributes: map[string][]string{attribute: {value}}}
}

func planName(tx *state.Tx, id int64) string {
	if p := plans.Get(tx, id); p != nil {
		return p.Name
	}
	return fmt.Sprintf("plan %d", id)
}
