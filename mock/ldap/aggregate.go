package ldap

import (
	"strings"

	"github.com/go-ldap/ldap/v3"

	"wsexchange/internal/ldappath"
	"wsexchange/mock/directory"
	"wsexchange/mock/ldap/wire"
	"wsexchange/mock/state"
)

// schema answers a search at the schema, which is made of the directory's own
// rows and not stored: CN=Schema and below it CN=Aggregate, which has all
// attributes and classes (F418). It reports false for every other base.
func (q *query) schema(tx *state.Tx) (bool, error) {
	domain, err := directory.In(tx).Domain()
	if err != nil {
		return true, err
	}
	top := domain.Configuration.Child("CN", "Schema")
	base, err := ldappath.ParseDN(q.request.Base)
	if err != nil || !base.Under(top) {
		return false, nil
	}
	aggregate := top.Child("CN", "Aggregate")
	entries := []schemaEntry{{top, schemaTop(tx, top)}, {aggregate, schemaAggregate(tx, aggregate)}}
	if !base.Equal(top) && !base.Equal(aggregate) {
		return true, missing(top)
	}
	for _, e := range entries {
		if e.inScope(base, q.request.Scope) && matches(&q.request.Filter, e.attributes) {
			if err := q.writeSchema(e); err != nil {
				return true, err
			}
		}
	}
	q.complete()
	return true, nil
}

// schemaEntry is an entry that is made of the schema.
type schemaEntry struct {
	name       ldappath.DN
	attributes []wire.Attribute
}

func (e *schemaEntry) inScope(base ldappath.DN, scope wire.Scope) bool {
	switch scope {
	case ldap.ScopeBaseObject:
		return e.name.Equal(base)
	case ldap.ScopeSingleLevel:
		return e.name.Parent().Equal(base)
	}
	return e.name.Under(base)
}

// schemaOperational are attributes of the schema that are given when they are
// named.
var schemaOperational = map[string]bool{
	"attributeTypes": true, "objectClasses": true, "modifyTimeStamp": true, "createTimeStamp": true, "subSchemaSubEntry": true,
}

func (q *query) writeSchema(e schemaEntry) error {
	encoder := q.writer.Begin(e.name.String())
	for _, a := range e.attributes {
		if !q.selection.Includes(a.Name, schemaOperational[a.Name]) {
			continue
		}
		if q.request.TypesOnly {
			a.Values = nil
		}
		encoder.Attribute(a.Name, a.Values...)
	}
	return q.writer.End()
}

func schemaTop(tx *state.Tx, name ldappath.DN) []wire.Attribute {
	return append([]wire.Attribute{
		{Name: "objectClass", Values: []string{"top", "dMD"}},
		{Name: "cn", Values: []string{"Schema"}},
		{Name: "distinguishedName", Values: []string{name.String()}},
		{Name: "objectVersion", Values: []string{"31"}},
	}, schemaTimes(tx)...)
}

func schemaAggregate(tx *state.Tx, name ldappath.DN) []wire.Attribute {
	types := wire.Attribute{Name: "attributeTypes"}
	for _, a := range directory.AttributeTypes() {
		types.Values = append(types.Values, a.Definition())
	}
	classes := wire.Attribute{Name: "objectClasses", Values: directory.ClassDefinitions()}
	return append([]wire.Attribute{
		{Name: "objectClass", Values: []string{"top", "subSchema"}},
		{Name: "cn", Values: []string{"Aggregate"}},
		{Name: "distinguishedName", Values: []string{name.String()}},
		types, classes,
	}, schemaTimes(tx)...)
}

func schemaTimes(tx *state.Tx) []wire.Attribute {
	now := []string{directory.GeneralizedTime(tx.Now())}
	return []wire.Attribute{{Name: "createTimeStamp", Values: now}, {Name: "modifyTimeStamp", Values: now}}
}

// matches reports whether an entry of the schema matches a filter of and, or,
// not, presence and equality. Other items are false.
func matches(f *wire.Filter, attributes []wire.Attribute) bool {
	switch f.Choice {
	case ldap.FilterAnd, ldap.FilterOr:
		for i := range f.Parts {
			if matches(&f.Parts[i], attributes) == (f.Choice == ldap.FilterOr) {
				return f.Choice == ldap.FilterOr
			}
		}
		return f.Choice == ldap.FilterAnd
	case ldap.FilterNot:
		return !matches(&f.Parts[0], attributes)
	}
	for _, a := range attributes {
		if !strings.EqualFold(a.Name, f.Attribute) {
			continue
		}
		if f.Choice == ldap.FilterPresent {
			return true
		}
		for _, value := range a.Values {
			if f.Choice == ldap.FilterEqualityMatch && strings.EqualFold(value, f.Value) {
				return true
			}
		}
	}
	return false
}
