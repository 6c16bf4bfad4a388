package hostedexchange

import (
	"slices"
	"strconv"
	"strings"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/plan"
	"wsexchange/mpf"
)

func sameName(a, b string) bool { return ldappath.Fold(a) == ldappath.Fold(b) }

func createMailboxPlan(c *engine.Call) error {
	given := pass(c, "planName", "planDescription", "planCategories", "planFeatures")
	_, err := c.Execute(planNamespace, "CreatePlanRecord_", append(given, xmldoc.TextElement("planTypeName", mailboxPlan))...)
	return err
}

func createPlanRecord(c *engine.Call) error {
	p := plan.Plan{Name: c.Text("planName"), Description: c.Text("planDescription"), Type: c.Text("planTypeName")}
	for category := range under(c, "planCategories", "category") {
		name, _ := xmldoc.ChildText(category, "categoryName")
		if name = strings.TrimSpace(name); name == "" {
			return mpf.ArgumentMissing.New("planCategories/category/categoryName")
		}
		p.Categories = append(p.Categories, name)
	}
	for f := range under(c, "planFeatures", "feature") {
		one, err := readPlanFeature(f)
		if err != nil {
			return err
		}
		p.Features = append(p.Features, one)
	}
	made, err := c.Plans().CreatePlan(p)
	if err != nil {
		return planFault(err)
	}
	return checkFeatureValues(made)
}

// under walks the children of a name in all tree arguments of a name.
func under(c *engine.Call, tree, child string) func(yield func(*xmldoc.Node) bool) {
	return func(yield func(*xmldoc.Node) bool) {
		for root := range xmldoc.Children(c.Data, tree) {
			for n := range xmldoc.Children(root, child) {
				if !yield(n) {
					return
				}
			}
		}
	}
}

// readPlanFeature reads a feature of a plan. One without a value is there by its
// name alone (F300).
func readPlanFeature(n *xmldoc.Node) (plan.PlanFeature, error) {
	name, _ := xmldoc.ChildText(n, "featureName")
	value, _ := xmldoc.ChildText(n, "featureValue")
	f := plan.PlanFeature{FeatureType: plan.FeatureType{Name: strings.TrimSpace(name)}, Value: strings.TrimSpace(value)}
	if f.Name == "" {
		return f, mpf.ArgumentMissing.New("planFeatures/feature/featureName")
	}
	return f, nil
}

// checkFeatureValues refuses values that no mailbox could be given: all that
// goes under mail is a number, and -1 only where it means no limit.
func checkFeatureValues(p *plan.Plan) error {
	for _, f := range p.Features {
		if f.ParentNode != "mail" || f.Value == "" || f.Value == noLimit && slices.Contains(limits, f.NativeAttribute) {
			continue
		}
		if _, err := strconv.ParseUint(f.Value, 10, 31); err != nil {
			return mpf.PlanFeatureValue.New(f.Name, f.Value, "a number of 0 or more is needed")
		}
	}
	return nil
}

func createPlanFeatureTypes(c *engine.Call) error {
	count := 0
	for n := range under(c, "planFeatures", "feature") {
		f, err := readFeatureType(n)
		if err != nil {
			return err
		}
		if err := c.Plans().AddFeatureType(f); err != nil {
			return planFault(err)
		}
		count++
	}
	if count == 0 {
		return mpf.ArgumentMissing.New("planFeatures/feature")
	}
	return nil
}

func readFeatureType(n *xmldoc.Node) (plan.FeatureType, error) {
	var f plan.FeatureType
	for _, field := range []struct {
		name string
		into *string
	}{{"featureName", &f.Name}, {"featureDescription", &f.Description}, {"nativeAttribute", &f.NativeAttribute}, {"parentNode", &f.ParentNode}} {
		text, ok := xmldoc.ChildText(n, field.name)
		if *field.into = strings.TrimSpace(text); *field.into == "" {
			if ok {
				return f, mpf.ArgumentEmpty.New("planFeatures/feature/" + field.name)
			}
			return f, mpf.ArgumentMissing.New("planFeatures/feature/" + field.name)
		}
	}
	dataType, _ := xmldoc.ChildText(n, "xslDataType")
	unit, _ := xmldoc.ChildText(n, "unitDescription")
	f.DataType, f.Unit = strings.TrimSpace(dataType), strings.TrimSpace(unit)
	return f, checkFeatureType(f)
}

// checkFeatureType refuses a feature type whose settings could not be written:
// both names become elements, and below properties the native attribute is
// one of the directory's.
func checkFeatureType(f plan.FeatureType) error {
	if !elementName(f.ParentNode) {
		return mpf.ArgumentInvalid.New("parentNode", "'"+f.ParentNode+"' is not an element name")
	}
	if f.ParentNode != "properties" {
		if !elementName(f.NativeAttribute) {
			return mpf.ArgumentInvalid.New("nativeAttribute", "'"+f.NativeAttribute+"' is not an element name")
		}
		return nil
	}
	if _, err := directory.LookupAttribute(f.NativeAttribute); err != nil {
		return mpf.AttributeUnknown.New(f.NativeAttribute)
	}
	return nil
}

// elementName tells whether a name of ASCII letters, digits, '-' and '_' can
// be an element's.
func elementName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_'
		if !letter && (i == 0 || !(r >= '0' && r <= '9' || r == '-')) {
			return false
		}
	}
	return s != ""
}

func setPlanStatus(c *engine.Call) error {
	return planFault(c.Plans().SetPlanStatus(c.Text("planName"), c.Text("statusTypeName")))
}

func initializeCustomerPlanDatabase(c *engine.Call) error { return c.Plans().InitializePlans() }
