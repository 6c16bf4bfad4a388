package directory

import (
	"encoding/json"
	"fmt"

	"wsexchange/mock/state"
)

func unmarshal(data []byte, into any) error { return json.Unmarshal(data, into) }

// describing is Directory as the declarations of tables see it: they cannot
// name its methods, which use the tables.
type describing interface {
	describe(row any) state.Description
}

func describe[R any](tx *state.Tx, row *R) state.Description {
	var d describing = In(tx)
	return d.describe(row)
}

// describe returns what a row says about an object. Numbers, times and
// identifiers are left out.
func (d Directory) describe(row any) state.Description {
	switch row := row.(type) {
	case *record:
		return d.describeObject(row)
	case *link:
		name := attributeTypes[row.from.attribute()].Name
		return state.Description{Object: d.name(row.from.object()), Owned: true, Attributes: map[string][]string{name: {d.name(row.to)}}}
	case *grant:
		return state.Description{Object: d.name(row.Object), Owned: true, Attributes: map[string][]string{"access": {row.Access}}}
	case *aceRow:
		return state.Description{Object: d.name(row.Object), Owned: true, Attributes: map[string][]string{string(row.List): {string(row.Trustee)}}}
	case *password:
		return state.Description{Object: d.name(row.Object), Owned: true, Attributes: map[string][]string{"password": {state.Hidden}}}
	}
	return state.Description{}
}

func (d Directory) describeObject(r *record) state.Description {
	dn := d.dn(r).String()
	attributes := map[string][]string{"dn": {dn}, "class": {classes[r.class].Name}}
	for number, value := range r.plain.all() {
		a := attributeTypes[number]
		if a.near() {
			to, _ := cutLink(value)
			value = d.name(to)
		}
		attributes[a.Name] = append(attributes[a.Name], value)
	}
	return state.Description{Object: dn, Attributes: attributes}
}

// name returns the distinguished name of an object, or its number if it is gone.
func (d Directory) name(id int64) string {
	if r := objects.Get(d.tx, id); r != nil {
		return d.dn(r).String()
	}
	return fmt.Sprintf("object %d", id)
}
