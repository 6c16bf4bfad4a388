package control

import (
	"strings"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/mock/ldap/wire"
)

// Sort is the order that a client asked for.
type Sort struct {
	Keys     []wire.SortKey
	Critical bool
}

// Fault returns why the result cannot be sorted so: a code of RFC 2891 and the
// attribute at fault. The code is success if it can. Active Directory sorts by
// one attribute, by its own matching rule only (F413).
func (s *Sort) Fault(known func(attribute string) bool) (code uint16, attribute string) {
	key := s.Keys[0]
	switch {
	case len(s.Keys) > 1:
		return ldap.LDAPResultUnwillingToPerform, s.Keys[1].Attribute
	case !known(key.Attribute):
		return ldap.LDAPResultNoSuchAttribute, key.Attribute
	case key.Rule != "":
		return ldap.LDAPResultInappropriateMatching, key.Attribute
	}
	return ldap.LDAPResultSuccess, ""
}

// Answer returns the control that reports how the sorting went, and the result of
// the search if that must be refused: a critical control that cannot be
// followed.
func (s *Sort) Answer(code uint16, attribute string) (wire.Control, wire.Result) {
	control := wire.Control{OID: SortResult, Value: wire.EncodeSortResult(code, attribute), HasValue: true}
	if code == ldap.LDAPResultSuccess || !s.Critical {
		return control, wire.Result{}
	}
	return control, wire.Result{Code: ldap.LDAPResultUnavailableCriticalExtension, Text: "the result cannot be sorted by " + attribute}
}

// Compare compares the values that two entries have of the attribute sorted by.
// The least value of each counts, letter case does not; an entry without values
// is the largest (RFC 2891 section 1.1).
func (s *Sort) Compare(a, b []string) int {
	order := compare(a, b)
	if s.Keys[0].Reverse {
		return -order
	}
	return order
}

func compare(a, b []string) int {
	switch {
	case len(a) == 0 && len(b) == 0:
		return 0
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	}
	return strings.Compare(least(a), least(b))
}

func least(values []string) string {
	smallest := strings.ToLower(values[0])
	for _, value := range values[1:] {
		smallest = min(smallest, strings.ToLower(value))
	}
	return smallest
}
