package activedirectory

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"wsexchange/internal/xmldoc"
	"wsexchange/mock/directory"
	"wsexchange/mock/engine"
	"wsexchange/mock/state"
	"wsexchange/mpf"
)

// change is one property element.
type change struct {
	attribute string
	mode      mode
	values    []string
}

// mode is how a change is made, as IADs::PutEx has it.
type mode string

const (
	modeUpdate mode = "update" // replace all values; none clears
	modeClear  mode = "clear"
	modeAppend mode = "append"
	modeDelete mode = "delete"
)

// modes are the spellings of the mode attribute. F225.
var modes = map[string]mode{
	"": modeUpdate, "update": modeUpdate, "replace": modeUpdate, "clear": modeClear,
	"append": modeAppend, "delete": modeDelete,
}

// readChanges reads a properties element, which may be nil or empty.
func readChanges(properties *xmldoc.Node) ([]change, error) {
	if properties == nil {
		return nil, nil
	}
	var changes []change
	for property := range xmldoc.Elements(properties) {
		if property.Data != "property" {
			return nil, mpf.ArgumentInvalid.New("properties", "it holds an element '"+property.Data+"' where property is meant")
		}
		one, err := readChange(property)
		if err != nil {
			return nil, err
		}
		changes = append(changes, one)
	}
	return changes, nil
}

func readChange(property *xmldoc.Node) (change, error) {
	name, _ := xmldoc.Attr(property, "name")
	name = strings.TrimSpace(name)
	if name == "" {
		return change{}, mpf.ArgumentInvalid.New("properties", "a property has no name")
	}
	written, _ := xmldoc.Attr(property, "mode")
	how, ok := modes[strings.ToLower(strings.TrimSpace(written))]
	if !ok {
		return change{}, mpf.PropertyMode.New(name)
	}
	attribute, err := directory.LookupAttribute(name)
	if err != nil {
		return change{}, err
	}
	one := change{attribute: attribute.Name, mode: how}
	for _, n := range valueNodes(property) {
		value, err := readValue(attribute, n)
		if err != nil {
			return change{}, err
		}
		if value != "" {
			one.values = append(one.values, value)
		}
	}
	if how == modeClear {
		one.values = nil
	}
	return one, nil
}

// valueNodes gives the elements whose text are the values: the value children
// or, if there are none, the property itself.
func valueNodes(property *xmldoc.Node) []*xmldoc.Node {
	var nodes []*xmldoc.Node
	for n := range xmldoc.Elements(property) {
		nodes = append(nodes, n)
	}
	if len(nodes) == 0 {
		return []*xmldoc.Node{property}
	}
	return nodes
}

// typed turns the text of a value with a data type into the text that the
// directory keeps. Types that are text already are not in the table. F226.
var typed = map[string]func(string) (string, error){
	"bin.hex": func(s string) (string, error) {
		raw, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
		return strings.ToUpper(hex.EncodeToString(raw)), err
	},
	"bin.base64": func(s string) (string, error) {
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
		return strings.ToUpper(hex.EncodeToString(raw)), err
	},
	"boolean": func(s string) (string, error) {
		switch strings.ToLower(s) {
		case "1", "true":
			return "TRUE", nil
		case "0", "false":
			return "FALSE", nil
		}
		return "", errNotBoolean
	},
	"datetime":    typedTime("2006-01-02T15:04:05"),
	"datetime.tz": typedTime(time.RFC3339),
}

var errNotBoolean = errors.New("none of 1, 0, true, false")

// typedTime reads a time in a form of XML data types.
func typedTime(form string) func(string) (string, error) {
	return func(s string) (string, error) {
		at, err := time.Parse(form, s)
		return directory.GeneralizedTime(at), err
	}
}

func readValue(attribute directory.AttributeType, n *xmldoc.Node) (string, error) {
	if n.Data != "value" && n.Data != "property" {
		return "", mpf.ArgumentInvalid.New("properties", "it holds an element '"+n.Data+"' where value is meant")
	}
	text := strings.TrimSpace(xmldoc.Text(n))
	convert, ok := typed[strings.ToLower(dataType(n))]
	if !ok || text == "" {
		return text, nil
	}
	value, err := convert(text)
	if err != nil {
		return "", mpf.AttributeBadSyntax.New(attribute.Name + ": '" + text + "' is no " + dataType(n))
	}
	return value, nil
}

// dataType gives the dt:dt attribute of a value, "" if it has none.
func dataType(n *xmldoc.Node) string {
	for _, a := range n.Attr {
		if a.Name.Local == "dt" && a.Name.Space != "xmlns" {
			return strings.TrimSpace(a.Value)
		}
	}
	return ""
}

// initial checks that a change makes sense on an object that is being created.
func (ch change) initial() error {
	if ch.mode == modeDelete {
		return mpf.PropertyMode.New(ch.attribute)
	}
	return nil
}

// apply makes the change.
func (ch change) apply(tx *state.Tx, o *directory.Object) error {
	if len(ch.values) == 0 && (ch.mode == modeAppend || ch.mode == modeDelete) {
		return mpf.ArgumentInvalid.New("properties", "the property '"+ch.attribute+"' has no value to "+string(ch.mode))
	}
	switch ch.mode {
	case modeAppend:
		return directory.In(tx).Add(o, ch.attribute, ch.values...)
	case modeDelete:
		return directory.In(tx).Remove(o, ch.attribute, ch.values...)
	default:
		return directory.In(tx).Set(o, ch.attribute, ch.values...)
	}
}

func setProperties(c *engine.Call) error {
	if !c.Has("properties") {
		return mpf.ArgumentMissing.New("properties")
	}
	o, err := c.Open("path")
	if err != nil {
		return err
	}
	changes, err := readChanges(c.Node("properties"))
	if err != nil {
		return err
	}
	if len(changes) == 0 { // E_INVALIDARG, not as other elements (F225)
		return mpf.ArgumentEmpty.New("properties")
	}
	if c.Boolean("flagSkipAction") {
		return nil
	}
	for _, one := range changes {
		if err := one.apply(c.Tx, o); err != nil {
			return err
		}
	}
	return nil
}
