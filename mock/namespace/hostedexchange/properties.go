package hostedexchange

import (
	"errors"
	"strings"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mpf"
)

// getProperties answers in the order of the question, with an empty property
// for an attribute that is unset or unknown (F356). No attribute holds a
// password.
func getProperties(c *engine.Call) error {
	o, err := c.Open("path")
	if err != nil {
		return err
	}
	answer := xmldoc.Element("properties")
	for asked := range under(c, "propertyList", "property") {
		name, _ := xmldoc.Attr(asked, "name")
		if name = strings.TrimSpace(name); name == "" {
			return mpf.ArgumentMissing.New("propertyList/property/@name")
		}
		property := xmldoc.SetAttr(xmldoc.Element("property"), "name", name)
		values, err := c.Directory().Values(o, name)
		if err != nil && !errors.Is(err, directory.ErrNoSuchAttribute) {
			return err
		}
		for _, value := range values {
			xmldoc.Append(property, xmldoc.TextElement("value", value))
		}
		xmldoc.Append(answer, property)
	}
	if answer.FirstChild == nil {
		return mpf.ArgumentMissing.New("propertyList/property")
	}
	c.Output(answer)
	return nil
}
