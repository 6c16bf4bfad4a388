package config

import (
	"reflect"
	"strings"
)

// Merge makes the configuration that a running program can change to: what was
// loaded, but with the running values of settings that need a restart. These
// are listed, if they differ.
func Merge[T any](running, loaded *T) (next *T, waiting []Change) {
	next = new(T)
	*next = *loaded
	s, err := newSchema(reflect.TypeFor[T]())
	if err != nil {
		return running, nil // New refuses such a struct
	}
	from, to := reflect.ValueOf(running).Elem(), reflect.ValueOf(next).Elem()
	for _, o := range s.options {
		if o.restart {
			to.FieldByIndex(o.index).Set(from.FieldByIndex(o.index))
		}
	}
	return next, Diff(next, loaded)
}

// Touched reports whether one of the settings or sections is among the changes.
func Touched(changes []Change, keys ...string) bool {
	for _, c := range changes {
		for _, key := range keys {
			if c.Key == key || strings.HasPrefix(c.Key, key+".") {
				return true
			}
		}
	}
	return false
}
