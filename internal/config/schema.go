package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"wsexchange/internal/secret"
)

// option is one setting of a struct.
type option struct {
	key     string // with dots
	index   []int  // of the field, from the struct of the schema
	typ     reflect.Type
	help    string
	def     string
	unit    string
	example string
	oneof   []string
	min     string // smallest and largest value, "" for no bound
	max     string
	secret  bool
	restart bool    // a change has no effect in a running program
	isFile  bool    // the "-file" sibling of a secret: names a file with it
	element *schema // of a list of structs
}

// section is a nested struct.
type section struct{ key, help string }

// schema is what a struct declares.
type schema struct {
	options  []option // in order of declaration
	byKey    map[string]option
	sections []section
}

var (
	secretType = reflect.TypeFor[secret.String]()
	validName  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
)

// newSchema reads the tags of a struct. An error is a mistake in the struct.
func newSchema(t reflect.Type) (*schema, error) {
	s := &schema{byKey: map[string]option{}}
	if err := s.addStruct(t, "", nil, false); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *schema) addStruct(t reflect.Type, prefix string, index []int, restart bool) error {
	for i := range t.NumField() {
		field := t.Field(i)
		at := append(append([]int{}, index...), i)
		name := field.Tag.Get("setting")
		if name == "-" || !field.IsExported() {
			continue
		}
		if field.Anonymous && name == "" {
			if err := s.addStruct(field.Type, prefix, at, restart); err != nil {
				return err
			}
			continue
		}
		if !validName.MatchString(name) {
			return fmt.Errorf("field %s.%s: tag setting: %q is not a name", t, field.Name, name)
		}
		if field.Tag.Get("help") == "" {
			return fmt.Errorf("field %s.%s: no help", t, field.Name)
		}
		if err := s.addField(field, prefix+name, at, restart || field.Tag.Get("restart") == "true"); err != nil {
			return fmt.Errorf("field %s.%s: %w", t, field.Name, err)
		}
	}
	return nil
}

func (s *schema) addField(field reflect.StructField, key string, index []int, restart bool) error {
	if isSection(field.Type) {
		s.sections = append(s.sections, section{key, field.Tag.Get("help")})
		return s.addStruct(field.Type, key+".", index, restart)
	}
	o := option{
		key: key, index: index, typ: field.Type, restart: restart,
		help: field.Tag.Get("help"), def: field.Tag.Get("default"), unit: field.Tag.Get("unit"), example: field.Tag.Get("example"),
		secret: field.Type == secretType || field.Tag.Get("secret") == "true",
	}
	if list := field.Tag.Get("oneof"); list != "" {
		o.oneof = strings.Split(list, ",")
	}
	o.min, o.max = field.Tag.Get("min"), field.Tag.Get("max")
	if err := o.checkBounds(); err != nil {
		return err
	}
	switch {
	case field.Type.Kind() == reflect.Slice && isSection(field.Type.Elem()):
		element, err := newSchema(field.Type.Elem())
		if err != nil {
			return err
		}
		o.element = element
	case parserOf(scalarOf(field.Type)) == nil:
		return fmt.Errorf("type %s is not supported", field.Type)
	case o.secret && field.Type.Kind() != reflect.String && field.Type != secretType:
		return fmt.Errorf("a secret is a string, not %s", field.Type)
	}
	if err := s.add(o); err != nil {
		return err
	}
	if !o.secret {
		return nil
	}
	file := option{key: key + "-file", index: index, typ: field.Type, secret: true, isFile: true, restart: restart}
	file.help = "File with the value of " + key + "."
	return s.add(file)
}

func (s *schema) add(o option) error {
	if _, twice := s.byKey[o.key]; twice || o.key == "config" || o.key == "help" {
		return fmt.Errorf("key %s is taken", o.key)
	}
	s.options = append(s.options, o)
	s.byKey[o.key] = o
	return nil
}

// isSection reports whether a type holds settings, and is none itself.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && parserOf(t) == nil
}

// scalarOf is the type of one value: of the elements, for a list.
func scalarOf(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Slice && parserOf(t) == nil {
		return t.Elem()
	}
	return t
}

func (o option) isList() bool { return scalarOf(o.typ) != o.typ }

// hasFlag reports whether the setting may stand on the command line.
func (o option) hasFlag() bool { return o.element == nil && (!o.secret || o.isFile) }

// envName is the variable of a key.
func envName(prefix, key string) string {
	return prefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}
