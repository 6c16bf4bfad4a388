package hostedexchange

import (
	"time"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
	"wsexchange/mock/plan"
	"wsexchange/mpf"
)

// planDate is how the plan database's dates are written (F286).
const planDate = "2006-01-02T15:04:05.000000000"

// pass hands arguments that were given on to another procedure.
func pass(c *engine.Call, names ...string) []*xmldoc.Node {
	var given []*xmldoc.Node
	for _, name := range names {
		if n := c.Node(name); n != nil {
			given = append(given, xmldoc.Clone(n))
		}
	}
	return given
}

// take moves results of a nested call to the call's own.
func take(c *engine.Call, from *xmldoc.Node, names ...string) {
	for _, name := range names {
		if n := xmldoc.Child(from, name); n != nil {
			c.Output(xmldoc.Clone(n))
		}
	}
}

func getPlans(c *engine.Call) error {
	found, err := c.Execute(planNamespace, "GetPlanRecords_", pass(c, "planTypeName", "categoryName", "statusTypeName")...)
	if err != nil {
		return err
	}
	take(c, found, "servicePlans")
	return nil
}

func getPlanRecords(c *engine.Call) error {
	plans, err := c.Plans().Plans(plan.PlanFilter{Type: c.Text("planTypeName"), Category: c.Text("categoryName"), Status: c.Text("statusTypeName")})
	if err != nil {
		return err
	}
	list := xmldoc.Element("servicePlans")
	for _, p := range plans {
		xmldoc.Append(list, planElement(p, p.Status, p.Created, p.Updated))
	}
	c.Output(list)
	return nil
}

func planElement(p *plan.Plan, status string, created, updated time.Time) *xmldoc.Node {
	return xmldoc.Element("plan",
		xmldoc.TextElement("planName", p.Name),
		xmldoc.TextElement("planDescription", p.Description),
		xmldoc.TextElement("planStatus", status),
		xmldoc.TextElement("dateCreated", created.Format(planDate)),
		xmldoc.TextElement("dateLastUpdated", updated.Format(planDate)),
		xmldoc.TextElement("planTypeName", p.Type))
}

func getPlanDetail(c *engine.Call) error {
	found, err := c.Execute(planNamespace, "GetPlanDetailRecord_", pass(c, "planName", "statusTypeName")...)
	if err != nil {
		return err
	}
	take(c, found, "planDescription", "planTypeName", "planSettings", "planFeatures")
	return nil
}

func getPlanDetailRecord(c *engine.Call) error {
	p, err := c.Plans().Plan(c.Text("planName"))
	if err != nil {
		return planFault(err)
	}
	if status := c.Text("statusTypeName"); status != "" && !sameName(status, p.Status) {
		if sameName(status, plan.StatusEnabled) {
			return mpf.PlanDisabled.New(p.Name)
		}
		return mpf.PlanUnknown.New(p.Name)
	}
	c.OutputText("planDescription", p.Description)
	c.OutputText("planTypeName", p.Type)
	c.Output(planSettings(p), planFeatures(p))
	return nil
}

// planSettings makes the settings that a plan's features mean: the native
// attribute below the parent node, and a property below properties (F284). A
// feature without a value sets neither attribute nor limit: it is a setting
// below other nodes, and the one that shows in address lists (F300).
func planSettings(p *plan.Plan) *xmldoc.Node {
	settings := xmldoc.Element("planSettings", xmldoc.Element("mail"), xmldoc.Element("properties"))
	for _, f := range p.Features {
		if f.Value == "" && (f.ParentNode == "properties" || f.ParentNode == "mail" && f.NativeAttribute != fullOutlook) {
			continue
		}
		parent := xmldoc.Child(settings, f.ParentNode)
		if parent == nil {
			parent = xmldoc.Element(f.ParentNode)
			xmldoc.Append(settings, parent)
		}
		if f.ParentNode != "properties" {
			xmldoc.Append(parent, xmldoc.TextElement(f.NativeAttribute, f.Value))
			continue
		}
		property := xmldoc.Element("property", xmldoc.TextElement("value", f.Value))
		xmldoc.Append(parent, xmldoc.SetAttr(property, "name", f.NativeAttribute))
	}
	return settings
}

func planFeatures(p *plan.Plan) *xmldoc.Node {
	list := xmldoc.Element("planFeatures")
	for _, f := range p.Features {
		one := xmldoc.Element("feature",
			xmldoc.TextElement("featureName", f.Name),
			xmldoc.TextElement("featureDescription", f.Description))
		if f.Value != "" {
			xmldoc.Append(one, xmldoc.TextElement("featureValue", f.Value))
		}
		if f.Unit != "" {
			xmldoc.Append(one, xmldoc.TextElement("unitDescription", f.Unit))
		}
		xmldoc.Append(one, xmldoc.TextElement("nativeAttribute", f.NativeAttribute))
		xmldoc.Append(one, xmldoc.TextElement("parentNode", f.ParentNode))
		xmldoc.Append(list, one)
	}
	return list
}
