package config

import (
	"fmt"
	"reflect"
	"time"
)

// noTime is the smallest duration of a setting without a bound of its own: a
// negative duration is never what an operator means.
const noTime = "0s"

// checkBounds returns an error if a bound is not a value of the setting's
// type, or if that type has no order.
func (o option) checkBounds() error {
	for _, bound := range []string{o.min, o.max} {
		if bound == "" {
			continue
		}
		limit := reflect.New(scalarOf(o.typ)).Elem()
		parse := parserOf(limit.Type())
		if _, ordered := number(limit); !ordered || parse == nil {
			return fmt.Errorf("type %s has no bounds", o.typ)
		}
		if err := parse(bound, limit); err != nil {
			return fmt.Errorf("bound %q: %w", bound, err)
		}
	}
	return nil
}

// outside returns what is wrong with a value that is beyond the bounds, or "".
func (o option) outside(field reflect.Value) string {
	least := o.min
	if least == "" && field.Type() == reflect.TypeFor[time.Duration]() {
		least = noTime
	}
	beyond := func(bound string, sign float64) bool {
		if bound == "" {
			return false
		}
		limit := reflect.New(field.Type()).Elem()
		if parserOf(field.Type())(bound, limit) != nil {
			return false // checkBounds has refused it
		}
		value, _ := number(field)
		at, _ := number(limit)
		return sign*value > sign*at
	}
	switch {
	case beyond(least, -1):
		return "must not be less than " + least
	case beyond(o.max, 1):
		return "must not be more than " + o.max
	}
	return ""
}

// number returns a value as a number, and reports whether it is one.
func number(v reflect.Value) (float64, bool) {
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		return float64(v.Int()), true
	case reflect.Float64:
		return v.Float(), true
	}
	return 0, false
}
