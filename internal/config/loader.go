package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Loader fills structs of type T.
type Loader[T any] struct {
	schema *schema
	prefix string
}

// New makes a loader for the struct T. The prefix begins the names of its
// environment variables, such as "WSEXCHANGE_". An error is a mistake in the
// struct: a missing or wrong tag, or a default that its field cannot take.
func New[T any](prefix string) (*Loader[T], error) {
	t := reflect.TypeFor[T]()
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("%s: not a struct", t)
	}
	s, err := newSchema(t)
	if err != nil {
		return nil, err
	}
	l := &Loader[T]{schema: s, prefix: prefix}
	if err := s.setDefaults(reflect.ValueOf(new(T)).Elem()); err != nil {
		return nil, fmt.Errorf("%s: %w", t, err)
	}
	variables := map[string]string{envName(prefix, "config"): "config"}
	for _, o := range s.options {
		name := envName(prefix, o.key)
		if other, twice := variables[name]; twice {
			return nil, fmt.Errorf("%s: %s and %s share the variable %s", t, other, o.key, name)
		}
		variables[name] = o.key
	}
	return l, nil
}

// Load fills a new struct from the flags, if parsed with those of AddFlags,
// from the environment (as os.Environ gives it), and from the YAML file that
// the flag --config or its variable names. It can be called again, for the
// file to be read anew. All errors are told at once, one a line, each with key,
// value and source; the struct is nil then.
func (l *Loader[T]) Load(flags *pflag.FlagSet, environ []string) (*T, error) {
	var problems []error
	fromEnv, fileFromEnv, err := l.environment(environ)
	problems = append(problems, err...)
	fromFlags, fileFromFlags, err := l.flagValues(flags)
	problems = append(problems, err...)
	fromFile := layer{}
	if file := cmp.Or(fileFromFlags, fileFromEnv); file != "" {
		fromFile, err = readYAML(file, l.schema)
		problems = append(problems, err...)
	}
	merged := layer{}
	for _, source := range []layer{fromFile, fromEnv, fromFlags} { // lowest precedence first
		maps.Copy(merged, source)
	}
	config := new(T)
	problems = append(problems, l.schema.fill(reflect.ValueOf(config).Elem(), merged)...)
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	if validator, ok := any(config).(interface{ Validate() error }); ok {
		if err := validator.Validate(); err != nil {
			return nil, fmt.Errorf("configuration: %w", err)
		}
	}
	return config, nil
}

// fill sets defaults, and then what is known of each option.
func (s *schema) fill(into reflect.Value, from layer) []error {
	var problems []error
	if err := s.setDefaults(into); err != nil { // New has tried them
		problems = append(problems, err)
	}
	for _, o := range s.options {
		v, ok := from[o.key]
		if !ok || o.isFile {
			continue // a file is looked up as its secret
		}
		field := into.FieldByIndex(o.index)
		if o.element != nil {
			problems = append(problems, o.fillList(v, field)...)
			continue
		}
		o.isFile = v.IsFile
		if err := o.set(v, field); err != nil {
			problems = append(problems, err)
		}
	}
	return problems
}

// layer is what one place says, by key. A secret and the file of a secret
// share the secret's key: whatever comes later replaces both.
type layer map[string]value

// put adds a value; a secret can be given once in a layer.
func (l layer) put(o option, v value) error {
	key := o.key
	if o.isFile {
		key = strings.TrimSuffix(key, "-file")
	}
	if other, ok := l[key]; ok {
		if other.Key == v.Key {
			return fmt.Errorf("%s: duplicate key %s, first set at %s", v.Source, v.Key, other.Source)
		}
		return fmt.Errorf("%s: %s and %s (%s) exclude each other", v.Source, v.Key, other.Key, other.Source)
	}
	v.IsFile = o.isFile
	l[key] = v
	return nil
}

// serviceLink matches what Kubernetes adds to the environment for a service of
// the program's name.
var serviceLink = regexp.MustCompile(`^(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?)$`)

// environment picks the variables of the prefix, and the file they name.
func (l *Loader[T]) environment(environ []string) (layer, string, []error) {
	byName, names := map[string]option{}, []string{envName(l.prefix, "config")}
	for _, o := range l.schema.options {
		if o.element == nil {
			byName[envName(l.prefix, o.key)] = o
			names = append(names, envName(l.prefix, o.key))
		}
	}
	found, file, problems := layer{}, "", []error(nil)
	for _, variable := range slices.Sorted(slices.Values(environ)) {
		name, text, _ := strings.Cut(variable, "=")
		if !strings.HasPrefix(name, l.prefix) || text == "" {
			continue
		}
		o, known := byName[name]
		switch {
		case name == names[0]:
			file = text
		case known:
			v := value{Key: o.key, Source: "environment " + name, Texts: o.split(text)}
			if err := found.put(o, v); err != nil {
				problems = append(problems, err)
			}
		case !serviceLink.MatchString(strings.TrimPrefix(name, l.prefix)):
			problems = append(problems, fmt.Errorf("environment %s: unknown variable%s", name, didYouMean(name, names)))
		}
	}
	return found, file, problems
}
