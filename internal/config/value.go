package config

import (
	"encoding"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"wsexchange/internal/secret"
)

// value is what one place says of one setting.
type value struct {
	Key    string
	Source string     // for errors: the flag, the variable, file and line
	Texts  []string   // the text, or the elements of a list
	IsFile bool       // the text is the path of a file with the secret
	Node   *yaml.Node // of a list of structs
	File   string     // path of the YAML file, for the lines of Node
}

// parser reads one text into a value of its type; the error says what the text
// is not.
type parser func(text string, into reflect.Value) error

var textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()

// parserOf finds the parser of a type; nil if there is none.
func parserOf(t reflect.Type) parser {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return parseDuration
	case t == reflect.TypeFor[netip.Prefix]():
		return parsePrefix
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		return parseText
	}
	return parsersByKind[t.Kind()]
}

var parsersByKind = map[reflect.Kind]parser{
	reflect.String:  func(text string, into reflect.Value) error { into.SetString(text); return nil },
	reflect.Bool:    parseBool,
	reflect.Int:     parseInt,
	reflect.Int64:   parseInt,
	reflect.Float64: parseFloat,
}

func parseBool(text string, into reflect.Value) error {
	if text != "true" && text != "false" {
		return errors.New("neither true nor false")
	}
	into.SetBool(text == "true")
	return nil
}

func parseInt(text string, into reflect.Value) error {
	n, err := strconv.ParseInt(text, 10, into.Type().Bits())
	if err != nil {
		return errors.New("not a whole number")
	}
	into.SetInt(n)
	return nil
}

func parseFloat(text string, into reflect.Value) error {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != n {
		return errors.New("not a number")
	}
	into.SetFloat(n)
	return nil
}

func parseDuration(text string, into reflect.Value) error {
	d, err := time.ParseDuration(text)
	if err != nil {
		return errors.New("not a duration (such as 500ms, 60s or 1h30m)")
	}
	into.SetInt(int64(d))
	return nil
}

func parsePrefix(text string, into reflect.Value) error {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return errors.New("not a network (such as 10.0.0.0/8 or 192.0.2.1)")
		}
		prefix = netip.PrefixFrom(address, address.BitLen())
	}
	into.Set(reflect.ValueOf(prefix.Masked()))
	return nil
}

func parseText(text string, into reflect.Value) error {
	return into.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text))
}

// set puts a value into its field. The error names key, value and source; the
// value not if it is secret.
func (o option) set(v value, field reflect.Value) error {
	if o.isFile {
		return o.setFromFile(v, field)
	}
	if !o.isList() {
		if len(v.Texts) != 1 {
			return fmt.Errorf("%s: %s: expected a single value, got a list", v.Source, v.Key)
		}
		return o.setScalar(v, v.Texts[0], field)
	}
	list := reflect.MakeSlice(o.typ, len(v.Texts), len(v.Texts))
	for i, text := range v.Texts {
		if err := o.setScalar(v, text, list.Index(i)); err != nil {
			return err
		}
	}
	field.Set(list)
	return nil
}

func (o option) setScalar(v value, text string, field reflect.Value) error {
	if len(o.oneof) > 0 && !slices.Contains(o.oneof, text) {
		return fmt.Errorf("%s: %s: %q is not one of %s", v.Source, v.Key, text, strings.Join(o.oneof, ", "))
	}
	if o.secret {
		return o.setSecret(v, text, "the value", field)
	}
	err := parserOf(field.Type())(text, field)
	if err == nil {
		if wrong := o.outside(field); wrong != "" {
			return fmt.Errorf("%s: %s: %q %s", v.Source, v.Key, text, wrong)
		}
		return nil
	}
	return fmt.Errorf("%s: %s: %q: %w", v.Source, v.Key, text, err)
}

// setFromFile reads a secret from the file that v names.
func (o option) setFromFile(v value, field reflect.Value) error {
	if len(v.Texts) != 1 || v.Texts[0] == "" {
		return fmt.Errorf("%s: %s: expected the path of a file", v.Source, v.Key)
	}
	content, err := os.ReadFile(v.Texts[0])
	if err != nil {
		return fmt.Errorf("%s: %s: %w", v.Source, v.Key, err)
	}
	return o.setSecret(v, string(content), "file "+v.Texts[0], field)
}

// setSecret puts in a secret, without what editors leave around it. The error
// names the place and not the secret.
func (o option) setSecret(v value, text, place string, field reflect.Value) error {
	if text == "" && !o.isFile {
		field.SetZero()
		return nil
	}
	parsed, err := secret.Parse(text)
	if err != nil {
		return fmt.Errorf("%s: %s: %s is not a secret: %w", v.Source, v.Key, place, err)
	}
	if field.Type() == secretType {
		field.Set(reflect.ValueOf(parsed))
	} else {
		field.SetString(parsed.Reveal())
	}
	return nil
}

// split takes the text of a flag or variable apart, for a list.
func (o option) split(text string) []string {
	if !o.isList() {
		return []string{text}
	}
	var parts []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}

// setDefaults puts the defaults of the tags into a struct.
func (s *schema) setDefaults(into reflect.Value) error {
	for _, o := range s.options {
		if o.def == "" {
			continue
		}
		v := value{Key: o.key, Source: "default", Texts: o.split(o.def)}
		if err := o.set(v, into.FieldByIndex(o.index)); err != nil {
			return err
		}
	}
	return nil
}
