package hostedexchange

import (
	"errors"
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/store"
	"wsexchange/mpf"
)

func addAvailablePlans(c *engine.Call) error    { return setAvailablePlans(c, store.StatusEnabled) }
func removeAvailablePlans(c *engine.Call) error { return setAvailablePlans(c, store.StatusDeleted) }

func setAvailablePlans(c *engine.Call, status string) error {
	count := 0
	for n := range under(c, "availablePlans", "planName") {
		name := strings.TrimSpace(xmldoc.Text(n))
		if name == "" {
			return mpf.ArgumentEmpty.New("availablePlans/planName")
		}
		_, err := c.Execute(planNamespace, "SetAvailablePlanStatus_", append(pass(c, "path"),
			xmldoc.TextElement("planName", name), xmldoc.TextElement("statusTypeName", status))...)
		if err != nil {
			return err
		}
		count++
	}
	if count == 0 {
		return mpf.ArgumentMissing.New("availablePlans/planName")
	}
	return nil
}

// setAvailablePlanStatus gives and takes plans. Giving one that is there does
// nothing; taking one that users have, or that is not there, is refused (F285).
func setAvailablePlanStatus(c *engine.Call) error {
	customer, err := organizationCustomerAt(c)
	if err != nil {
		return err
	}
	plan, status := c.Text("planName"), c.Text("statusTypeName")
	if _, err := c.Tx.Plan(plan); err != nil {
		return planFault(err)
	}
	now, err := c.Tx.AvailablePlan(customer.GUID, plan)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	given, want := sameName(now.Status, store.StatusEnabled), sameName(status, store.StatusEnabled)
	if given && want {
		return nil
	}
	if !want {
		if err := checkTaking(c, customer, plan, given); err != nil {
			return err
		}
	}
	if err := c.Tx.SetAvailablePlan(customer.GUID, plan, status); err != nil {
		return planFault(err)
	}
	event := "PlanRemoved"
	if want {
		event = "PlanAdded"
	}
	return planFault(c.Tx.LogEvent(customer.GUID, event))
}

// organizationCustomerAt gives the customer that the object at path is, which
// may be no user: plans are available to organizations (F362).
func organizationCustomerAt(c *engine.Call) (*store.Customer, error) {
	customer, err := customerAt(c)
	if err == nil && userType(customer.Type) {
		return nil, mpf.NotAnOrganization.New(c.DN("path").ADsPath())
	}
	return customer, err
}

func checkTaking(c *engine.Call, customer *store.Customer, plan string, given bool) error {
	if !given {
		return mpf.PlanNotAvailable.New(plan)
	}
	users, err := c.Tx.PlanUsers(customer.GUID, plan)
	if err != nil {
		return err
	}
	if users > 0 {
		return mpf.PlanInUse.New(plan, strconv.FormatInt(users, 10))
	}
	return nil
}

func getAvailablePlans(c *engine.Call) error {
	found, err := c.Execute(planNamespace, "GetCustomerAvailablePlansRecord_", pass(c, "path")...)
	if err != nil {
		return err
	}
	take(c, found, "servicePlans")
	return nil
}

func getCustomerAvailablePlansRecord(c *engine.Call) error {
	customer, err := organizationCustomerAt(c)
	if err != nil {
		return err
	}
	status := c.Text("statusTypeName")
	if status == "" {
		status = store.StatusEnabled
	}
	plans, err := c.Tx.AvailablePlans(customer.GUID, status)
	if err != nil {
		return planFault(err)
	}
	list := xmldoc.Element("servicePlans")
	for _, p := range plans {
		xmldoc.Append(list, planElement(&p.Plan, p.Status, p.Created, p.Updated))
	}
	c.Output(list)
	return nil
}

func ensureServicePlanAvailable(c *engine.Call) error {
	o, err := c.Open("path")
	if err != nil {
		return err
	}
	organization, err := customerOrganization(c, o)
	if err != nil {
		return err
	}
	p, err := c.Tx.Plan(c.Text("planName"))
	if err != nil {
		return planFault(err)
	}
	wanted := c.Text("planTypeName")
	if wanted == "" {
		wanted = mailboxPlan
	}
	if !sameName(p.Type, wanted) {
		return mpf.PlanTypeWrong.New(p.Name, wanted)
	}
	available, err := c.Tx.AvailablePlan(organization.GUID, p.Name)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && !sameName(available.Status, store.StatusEnabled):
		return mpf.PlanNotAvailable.New(p.Name)
	case err != nil:
		return err
	case !sameName(p.Status, store.StatusEnabled):
		return mpf.PlanDisabled.New(p.Name)
	}
	return nil
}
