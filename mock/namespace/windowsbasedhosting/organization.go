package windowsbasedhosting

import (
	"wsexchange/internal/xmldoc"
	"wsexchange/mock/engine"
)

// create makes an organization as a policy tells and enters it in the plan
// database as a customer of a type.
func create(policy, customerType string) func(*engine.Call) error {
	return func(c *engine.Call) error {
		args := append(pass(c, "name", "container", "description", "properties", "preferredDomainController"),
			xmldoc.TextElement("policyName", policy))
		made, err := c.Execute(activeDirectory, "CreateOrganization", args...)
		if err != nil {
			return err
		}
		org := xmldoc.Child(made, "org")
		path, _ := xmldoc.Attr(org, "path")
		_, err = c.Execute(plans, "CreateCustomerRecord_", xmldoc.TextElement("path", path), xmldoc.TextElement("customerTypeName", customerType))
		if err != nil {
			return err
		}
		c.Output(xmldoc.Clone(org))
		return nil
	}
}
