package ldap

import (
	"strings"

	"github.com/jimlambrt/gldap"

	"wsexchange/mock/directory"
)

// selection is which attributes a client asked for: named ones, all but the
// operational ones by "*" or by naming none, the operational ones by "+", none
// by "1.1".
type selection struct {
	all         bool
	operational bool
	named       map[string]bool // folded
	typesOnly   bool
}

// operationalAttributes are made on request only (F405).
var operationalAttributes = map[string]bool{
	"canonicalname": true, "createtimestamp": true, "modifytimestamp": true, "tokengroups": true,
}

func newSelection(message *gldap.SearchMessage) selection {
	s := selection{all: len(message.Attributes) == 0, named: map[string]bool{}, typesOnly: message.TypesOnly}
	for _, name := range message.Attributes {
		switch name {
		case "*":
			s.all = true
		case "+":
			s.operational = true
		default:
			name, _, _ = strings.Cut(name, ";") // options such as ;binary mean the same attribute
			s.named[strings.ToLower(name)] = true
		}
	}
	return s
}

// names gives the attributes to read from the store, none for all that are not
// operational.
func (s selection) names() []string {
	var names []string
	for _, a := range directory.AttributeTypes() {
		if s.wants(a.Name) {
			names = append(names, a.Name)
		}
	}
	switch {
	case s.all && len(s.named) == 0 && !s.operational:
		return nil
	case len(names) == 0:
		return []string{"objectClass"} // nothing that exists is asked for: read the least
	}
	return names
}

func (s selection) wants(name string) bool {
	name = strings.ToLower(name)
	if operationalAttributes[name] {
		return s.operational || s.named[name]
	}
	return s.all || s.named[name]
}

// of picks from an entry what was asked for.
func (s selection) of(attributes directory.Attributes) directory.Attributes {
	var picked directory.Attributes
	for _, a := range attributes {
		if !s.wants(a.Name) || len(a.Values) == 0 {
			continue
		}
		if s.typesOnly {
			a.Values = nil
		}
		picked = append(picked, a)
	}
	return picked
}
