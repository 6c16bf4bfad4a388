package directory

import "strings"

// Attribute is an attribute's name and values.
type Attribute struct {
	Name   string
	Values []string
}

// Attributes is a list of attributes in a fixed order. Names are looked up
// without regard to letter case.
type Attributes []Attribute

// Get returns the values of an attribute, nil if it is absent.
func (a Attributes) Get(name string) []string {
	for _, attribute := range a {
		if strings.EqualFold(attribute.Name, name) {
			return attribute.Values
		}
	}
	return nil
}

// First returns the first value of an attribute, "" if it is absent.
func (a Attributes) First(name string) string {
	if values := a.Get(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// Has reports whether the attribute is in the list.
func (a Attributes) Has(name string) bool {
	for _, attribute := range a {
		if strings.EqualFold(attribute.Name, name) {
			return true
		}
	}
	return false
}

// With returns the list with the attribute's values replaced, or added at the
// end. The receiver is not changed.
func (a Attributes) With(name string, values ...string) Attributes {
	changed := append(Attributes(nil), a...)
	for i, attribute := range changed {
		if strings.EqualFold(attribute.Name, name) {
			changed[i].Values = values
			return changed
		}
	}
	return append(changed, Attribute{Name: name, Values: values})
}
