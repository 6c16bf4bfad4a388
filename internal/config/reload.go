package config

import "reflect"

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
