package store

import (
	"database/sql"
	"errors"
	"time"

	"wsexchange/internal/ldappath"
)

// AvailablePlan is a plan that a customer may use. Its status is that of the
// availability; the plan has its own.
type AvailablePlan struct {
	Plan    Plan // without categories and features
	Status  string
	Created time.Time
	Updated time.Time
}

// SetAvailablePlan makes a plan available to a customer, or changes the status
// of that: StatusEnabled to give, StatusDeleted to take.
func (t *Tx) SetAvailablePlan(customer GUID, plan, status string) error {
	c, err := t.Customer(customer)
	if err != nil {
		return err
	}
	p, err := t.planRow(plan)
	if err != nil {
		return err
	}
	id, err := t.term(TermStatusType, status)
	if err != nil {
		return err
	}
	now := micros(t.Now())
	_, err = t.exec("INSERT INTO available_plan (customer_id, plan_id, status_id, created, updated) VALUES (?, ?, ?, ?, ?)"+
		" ON CONFLICT (customer_id, plan_id) DO UPDATE SET status_id = excluded.status_id, updated = excluded.updated",
		c.ID, p.ID, id, now, now)
	return err
}

// AvailablePlans lists the plans that a customer has or had, in the order in
// which the plans were made. An empty status lets all pass.
func (t *Tx) AvailablePlans(customer GUID, status string) ([]AvailablePlan, error) {
	c, err := t.Customer(customer)
	if err != nil {
		return nil, err
	}
	return collect(t, scanAvailablePlan, "SELECT "+availableColumns+
		" WHERE x.customer_id = ? AND (? = '' OR a.folded = ?) ORDER BY p.id", c.ID, status, ldappath.Fold(status))
}

// AvailablePlan gives one plan of a customer, whatever its status. A plan the
// customer never had is a *NotFoundError of KindPlan.
func (t *Tx) AvailablePlan(customer GUID, plan string) (AvailablePlan, error) {
	c, err := t.Customer(customer)
	if err != nil {
		return AvailablePlan{}, err
	}
	found, err := collect(t, scanAvailablePlan, "SELECT "+availableColumns+
		" WHERE x.customer_id = ? AND p.folded = ?", c.ID, ldappath.Fold(plan))
	if err != nil {
		return AvailablePlan{}, err
	}
	if len(found) == 0 {
		return AvailablePlan{}, &NotFoundError{Kind: KindPlan, Value: plan}
	}
	return found[0], nil
}

const availableColumns = "p.id, p.name, p.description, t.name, s.name, p.created, p.updated, a.name, x.created, x.updated" +
	" FROM available_plan x JOIN plan p ON p.id = x.plan_id JOIN term t ON t.id = p.type_id JOIN term s ON s.id = p.status_id" +
	" JOIN term a ON a.id = x.status_id"

func scanAvailablePlan(row scanner) (AvailablePlan, error) {
	var a AvailablePlan
	var planCreated, planUpdated, created, updated int64
	err := row.Scan(&a.Plan.ID, &a.Plan.Name, &a.Plan.Description, &a.Plan.Type, &a.Plan.Status, &planCreated, &planUpdated,
		&a.Status, &created, &updated)
	a.Plan.Created, a.Plan.Updated = fromMicros(planCreated), fromMicros(planUpdated)
	a.Created, a.Updated = fromMicros(created), fromMicros(updated)
	return a, err
}

// AssignPlan gives a customer a plan, in place of the one of that plan type
// that it had.
func (t *Tx) AssignPlan(customer GUID, plan string) error {
	c, err := t.Customer(customer)
	if err != nil {
		return err
	}
	p, err := t.planRow(plan)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO assigned_plan (customer_id, type_id, plan_id, organization_id, since)"+
		" SELECT c.id, p.type_id, p.id, c.organization_id, ? FROM customer c, plan p WHERE c.id = ? AND p.id = ?"+
		" ON CONFLICT (customer_id, type_id) DO UPDATE SET plan_id = excluded.plan_id, since = excluded.since",
		micros(t.Now()), c.ID, p.ID)
	return err
}

// UnassignPlan takes a customer's plan of a plan type back. Without one it does
// nothing.
func (t *Tx) UnassignPlan(customer GUID, planType string) error {
	c, err := t.Customer(customer)
	if err != nil {
		return err
	}
	kind, err := t.term(TermPlanType, planType)
	if err != nil {
		return err
	}
	_, err = t.exec("DELETE FROM assigned_plan WHERE customer_id = ? AND type_id = ?", c.ID, kind)
	return err
}

// AssignedPlan gives the name of the plan of a plan type that a customer has,
// "" if none.
func (t *Tx) AssignedPlan(customer GUID, planType string) (string, error) {
	c, err := t.Customer(customer)
	if err != nil {
		return "", err
	}
	kind, err := t.term(TermPlanType, planType)
	if err != nil {
		return "", err
	}
	var name string
	err = t.row("SELECT p.name FROM assigned_plan x JOIN plan p ON p.id = x.plan_id WHERE x.customer_id = ? AND x.type_id = ?",
		[]any{c.ID, kind}, &name)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return name, err
}

// PlanUsers counts the users of an organization that have the plan.
func (t *Tx) PlanUsers(organization GUID, plan string) (int64, error) {
	c, err := t.Customer(organization)
	if err != nil {
		return 0, err
	}
	p, err := t.planRow(plan)
	if err != nil {
		return 0, err
	}
	var n int64
	err = t.row("SELECT COUNT(*) FROM assigned_plan WHERE organization_id = ? AND plan_id = ?", []any{c.ID, p.ID}, &n)
	return n, err
}
