package hostedexchange

import (
	"errors"
	"strconv"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/plan"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

func addAvailablePlans(c *engine.Call) error    { return setAvailablePlans(c, plan.StatusEnabled) }
func removeAvailablePlans(c *engine.Call) error { return setAvailablePlans(c, plan.StatusDeleted) }

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
	name, status := c.Text("planName"), c.Text("statusTypeName")
	if _, err := c.Plans().Plan(name); err != nil {
		return planFault(err)
	}
	now, err := c.Plans().AvailablePlan(customer.GUID, name)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return err
	}
	given, want := sameName(now.Status, plan.StatusEnabled), sameName(status, plan.StatusEnabled)
	if given && want {
		return nil
	}
	if !want {
		if err := checkTaking(c, customer, name, given); err != nil {
			return err
		}
	}
	if err := c.Plans().SetAvailablePlan(customer.GUID, name, status); err != nil {
		return planFault(err)
	}
	event := "PlanRemoved"
	if want {
		event = "PlanAdded"
	}
	return planFault(c.Plans().LogEvent(customer.GUID, event))
}

// organizationCustomerAt gives the customer that the object at path is, which
// may be no user: plans are available to organizations (F362).
func organizationCustomerAt(c *engine.Call) (*plan.Customer, error) {
	customer, err := customerAt(c)
	if err == nil && userType(customer.Type) {
		return nil, mpf.NotAnOrganization.New(c.DN("path").ADsPath())
	}
	return customer, err
}

func checkTaking(c *engine.Call, customer *plan.Customer, plan string, given bool) error {
	if !given {
		return mpf.PlanNotAvailable.New(plan)
	}
	users, err := c.Plans().PlanUsers(customer.GUID, plan)
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
		status = plan.StatusEnabled
	}
	plans, err := c.Plans().AvailablePlans(customer.GUID, status)
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
	p, err := c.Plans().Plan(c.Text("planName"))
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
	available, err := c.Plans().AvailablePlan(organization.GUID, p.Name)
	switch {
	case errors.Is(err, state.ErrNotFound), err == nil && !sameName(available.Status, plan.StatusEnabled):
		return mpf.PlanNotAvailable.New(p.Name)
	case err != nil:
		return err
	case !sameName(p.Status, plan.StatusEnabled):
		return mpf.PlanDisabled.New(p.Name)
	}
	return nil
}
