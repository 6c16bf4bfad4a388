package windowsbasedhosting

import (
	"iter"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// pass hands arguments that were given on to another procedure.
func pass(c *engine.Call, names ...string) []*xmldoc.Node {
	var given []*xmldoc.Node
	for _, name := range names {
		for n := range xmldoc.Children(c.Data, name) {
			given = append(given, xmldoc.Clone(n))
		}
	}
	return given
}

// queryPlans answers with the names that clients look for anywhere in it, in
// the order of the plans (F283).
func queryPlans(c *engine.Call) error {
	args := pass(c, "planTypeName", "categoryName")
	status := c.Text("statusTypeName")
	if status == "" {
		status = "Enabled"
	}
	found, err := c.Execute(plans, "GetPlanRecords_", append(args, xmldoc.TextElement("statusTypeName", status))...)
	if err != nil {
		return err
	}
	list := xmldoc.Element("plans")
	for p := range xmldoc.Children(xmldoc.Child(found, "servicePlans"), "plan") {
		one := xmldoc.Element("plan")
		for _, field := range []string{"planName", "planDescription", "planTypeName", "planStatus"} {
			text, _ := xmldoc.ChildText(p, field)
			xmldoc.Append(one, xmldoc.TextElement(field, text))
		}
		xmldoc.Append(list, one)
	}
	c.Output(list)
	return nil
}

// customerPlans gives the servicePlans of the customer at org.
func customerPlans(c *engine.Call) (*xmldoc.Node, error) {
	args := append(pass(c, "statusTypeName"), xmldoc.TextElement("path", c.DN("org").ADsPath()))
	found, err := c.Execute(plans, "GetCustomerAvailablePlansRecord_", args...)
	return xmldoc.Child(found, "servicePlans"), err
}

// queryCustomerPlans leaves out the parameters of the database connection that
// the original's answer gave away.
func queryCustomerPlans(c *engine.Call) error {
	found, err := customerPlans(c)
	if err != nil {
		return err
	}
	c.Output(xmldoc.Clone(found))
	return nil
}

func queryServices(c *engine.Call) error {
	found, err := customerPlans(c)
	if err != nil {
		return err
	}
	list := xmldoc.Element("plans")
	for p := range xmldoc.Children(found, "plan") {
		name, _ := xmldoc.ChildText(p, "planName")
		xmldoc.Append(list, xmldoc.TextElement("plan", name))
	}
	c.OutputText("orgLdapPath", c.DN("org").ADsPath())
	c.Output(list, xmldoc.Element("services",
		xmldoc.Element("SQLDatabases"), xmldoc.Element("sharePointSites"), xmldoc.Element("websites")))
	return nil
}

func createPlan(c *engine.Call) error {
	_, err := c.Execute(plans, "CreatePlanRecord_", pass(c, "planName", "planTypeName", "planDescription", "planCategories", "planFeatures")...)
	return err
}

func setStatus(status string) func(*engine.Call) error {
	return func(c *engine.Call) error {
		_, err := c.Execute(plans, "SetPlanStatus_", append(pass(c, "planName"), xmldoc.TextElement("statusTypeName", status))...)
		return err
	}
}

// setPlans gives plans to the customer at org, or takes them.
func setPlans(status string) func(*engine.Call) error {
	return func(c *engine.Call) error {
		count := 0
		for name := range planNames(c) {
			if name == "" {
				return mpf.ArgumentEmpty.New("plans/plan")
			}
			_, err := c.Execute(plans, "SetAvailablePlanStatus_", xmldoc.TextElement("path", c.DN("org").ADsPath()),
				xmldoc.TextElement("planName", name), xmldoc.TextElement("statusTypeName", status))
			if err != nil {
				return err
			}
			count++
		}
		if count == 0 {
			return mpf.ArgumentMissing.New("plans/plan")
		}
		return nil
	}
}

// changeCustomerPlan takes a plan and gives another of its type (F310).
func changeCustomerPlan(c *engine.Call) error {
	wanted, old := c.Text("planName"), c.Text("oldPlanName")
	if strings.EqualFold(wanted, old) {
		return mpf.ArgumentInvalid.New("planName", "it is the plan that the customer has")
	}
	kinds := make([]string, 0, 2)
	for _, name := range []string{old, wanted} {
		found, err := c.Execute(plans, "GetPlanDetailRecord_", xmldoc.TextElement("planName", name))
		if err != nil {
			return err
		}
		kind, _ := xmldoc.ChildText(found, "planTypeName")
		kinds = append(kinds, kind)
	}
	if !strings.EqualFold(kinds[0], kinds[1]) {
		return mpf.PlanTypeWrong.New(wanted, kinds[0])
	}
	for _, change := range [][2]string{{old, "Deleted"}, {wanted, "Enabled"}} {
		_, err := c.Execute(plans, "SetAvailablePlanStatus_", xmldoc.TextElement("path", c.DN("org").ADsPath()),
			xmldoc.TextElement("planName", change[0]), xmldoc.TextElement("statusTypeName", change[1]))
		if err != nil {
			return err
		}
	}
	return nil
}

// planNames walks the plans that a request names: plans/planName, as documented;
// plans/plan as text or with a planName in it, and availablePlans/planName are
// taken too (F289).
func planNames(c *engine.Call) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, form := range [][2]string{{"plans", "plan"}, {"plans", "planName"}, {"availablePlans", "planName"}} {
			for container := range xmldoc.Children(c.Data, form[0]) {
				for n := range xmldoc.Children(container, form[1]) {
					if !yield(strings.TrimSpace(xmldoc.Text(n))) {
						return
					}
				}
			}
		}
	}
}
