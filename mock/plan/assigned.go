package plan

import (
	"time"

	"wsexchange/mock/column"
	"wsexchange/mock/directory"
	"wsexchange/mock/state"
)

// AvailablePlan is a plan that a customer may use. Its status is that of the
// availability; the plan has its own.
type AvailablePlan struct {
	Plan    Plan // without categories and features
	Status  string
	Created time.Time
	Updated time.Time
}

func (p Plans) available(row *availableRow) AvailablePlan {
	a := AvailablePlan{Status: row.Status.String(), Created: row.Created.Time(), Updated: row.Updated.Time()}
	if of := plans.Get(p.tx, row.Plan); of != nil {
		a.Plan = *of.plan()
	}
	return a
}

// availableTo returns the rows of the plans that a customer has or had, in the
// order in which the plans were made.
func (p Plans) availableTo(customer int64) []*availableRow {
	var rows []*availableRow
	for row := range availablePlans.From(p.tx, availableKey{customer: customer}) {
		if row.Customer != customer {
			break
		}
		rows = append(rows, row)
	}
	return rows
}

// both returns the rows of a customer and a plan.
func (p Plans) both(customer directory.GUID, plan string) (*customerRow, *planRow, error) {
	c, err := p.known(customer)
	if err != nil {
		return nil, nil, err
	}
	of, err := p.row(plan)
	return c, of, err
}

// SetAvailablePlan makes a plan available to a customer, or changes the status
// of that: StatusEnabled to give, StatusDeleted to take.
func (p Plans) SetAvailablePlan(customer directory.GUID, plan, status string) error {
	c, of, err := p.both(customer, plan)
	if err != nil {
		return err
	}
	term, err := p.term(TermStatusType, status)
	if err != nil {
		return err
	}
	now := column.At(p.tx.Now())
	row := availableRow{Customer: c.ID, Plan: of.ID, Created: now}
	if held := availablePlans.Get(p.tx, availableKey{c.ID, of.ID}); held != nil {
		row = *held
	}
	row.Status, row.Updated = term, now
	return availablePlans.Put(p.tx, &row)
}

// AvailablePlans lists the plans that a customer has or had, in the order in
// which the plans were made. An empty status lets all pass.
func (p Plans) AvailablePlans(customer directory.GUID, status string) ([]AvailablePlan, error) {
	c, err := p.known(customer)
	if err != nil {
		return nil, err
	}
	var all []AvailablePlan
	for _, row := range p.availableTo(c.ID) {
		if passes(status, row.Status.String()) {
			all = append(all, p.available(row))
		}
	}
	return all, p.tx.Ready(false)
}

// AvailablePlan returns one plan of a customer, whatever its status. A plan
// the customer never had is a *state.NotFoundError of KindPlan.
func (p Plans) AvailablePlan(customer directory.GUID, plan string) (AvailablePlan, error) {
	c, of, err := p.both(customer, plan)
	if err != nil {
		return AvailablePlan{}, err
	}
	row := availablePlans.Get(p.tx, availableKey{c.ID, of.ID})
	if row == nil {
		return AvailablePlan{}, &state.NotFoundError{Kind: KindPlan, Value: plan}
	}
	return p.available(row), nil
}

// AssignPlan gives a customer a plan, in place of the one of that plan type
// that it had.
func (p Plans) AssignPlan(customer directory.GUID, plan string) error {
	c, of, err := p.both(customer, plan)
	if err != nil {
		return err
	}
	row := &assignedRow{Customer: c.ID, Type: of.Type, Plan: of.ID, Since: column.At(p.tx.Now())}
	if c.Organization != (column.GUID{}) {
		row.Organization = p.organization(c).ID
	}
	return assignedPlans.Put(p.tx, row)
}

// UnassignPlan takes a customer's plan of a plan type back. Without one it does
// nothing.
func (p Plans) UnassignPlan(customer directory.GUID, planType string) error {
	key, err := p.assignment(customer, planType)
	if err != nil {
		return err
	}
	_, err = assignedPlans.Delete(p.tx, key)
	return err
}

func (p Plans) assignment(customer directory.GUID, planType string) (assignedKey, error) {
	c, err := p.known(customer)
	if err != nil {
		return assignedKey{}, err
	}
	kind, err := p.term(TermPlanType, planType)
	return assignedKey{c.ID, kind}, err
}

// unassignAll takes all plans of a customer back.
func (p Plans) unassignAll(customer int64) error {
	for row := range assignedPlans.From(p.tx, assignedKey{customer: customer}) {
		if row.Customer != customer {
			break
		}
		if _, err := assignedPlans.Delete(p.tx, assignedKey{customer, row.Type}); err != nil {
			return err
		}
	}
	return nil
}

// AssignedPlan returns the name of the plan of a plan type that a customer
// has, "" if none.
func (p Plans) AssignedPlan(customer directory.GUID, planType string) (string, error) {
	key, err := p.assignment(customer, planType)
	if err != nil {
		return "", err
	}
	row := assignedPlans.Get(p.tx, key)
	if row == nil {
		return "", nil
	}
	return planName(p.tx, row.Plan), nil
}

// PlanUsers counts the users of an organization that have the plan. Work grows
// with their number.
func (p Plans) PlanUsers(organization directory.GUID, plan string) (int64, error) {
	c, of, err := p.both(organization, plan)
	if err != nil {
		return 0, err
	}
	wanted, count := usersKey{c.ID, of.ID}, int64(0)
	for found := range planUsers.Keys(p.tx, wanted) {
		if found != wanted {
			break
		}
		count++
	}
	return count, p.tx.Ready(false)
}

// PlanCensus is one plan.
type PlanCensus struct {
	Plan     string
	Assigned int64
}

// PlanCensus counts the assignments of each plan, zero included, in the order
// of the plans' names. Work grows with the number of assignments.
func (p Plans) PlanCensus() []PlanCensus {
	counts := make(map[int64]int64)
	for found := range planUsers.Keys(p.tx, usersKey{}) {
		counts[found.plan]++
	}
	var all []PlanCensus
	for _, row := range plansByName.From(p.tx, "") {
		all = append(all, PlanCensus{Plan: row.Name, Assigned: counts[row.ID]})
	}
	return all
}

// Census is what the plan database holds, in numbers, for operators.
type Census struct {
	Customers []CustomerCensus
	Plans     []PlanCensus
}

// Census returns both censuses.
func (p Plans) Census() Census { return Census{Customers: p.CustomerCensus(), Plans: p.PlanCensus()} }
