package config

import (
	"encoding"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"

	"wsexchange/internal/secret"
)

// Setting is one value of a configuration, as text, fit to be shown.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"` // secrets: empty if not set, else "[redacted]"
}

// Change is what differs between two configurations, fit to be shown. A value
// that is not there, in the shorter of two lists, is empty.
type Change struct {
	Key string `json:"key"`
	Old string `json:"old"`
	New string `json:"new"`
}

// String is the change in a line: key: "old" → "new".
func (c Change) String() string { return fmt.Sprintf("%s: %q → %q", c.Key, c.Old, c.New) }

// flat is a setting with what tells it from another, secrets too.
type flat struct {
	Setting
	identity string
}

// Redacted lists the values of a configuration, a pointer to its struct, in
// order of declaration.
func Redacted(config any) []Setting {
	settings := []Setting{}
	for _, s := range flatten(config) {
		settings = append(settings, s.Setting)
	}
	return settings
}

// Diff lists what differs between two configurations, pointers to structs of
// one type, in order of declaration. A changed secret is named, with
// "[redacted]" for both values.
func Diff(old, changed any) []Change {
	before, after := flatten(old), flatten(changed)
	known := map[string]flat{}
	for _, s := range before {
		known[s.Key] = s
	}
	changes := []Change{}
	for _, s := range after {
		was, ok := known[s.Key]
		delete(known, s.Key)
		if !ok || was.identity != s.identity {
			changes = append(changes, Change{s.Key, was.Value, s.Value})
		}
	}
	for _, s := range before {
		if _, gone := known[s.Key]; gone {
			changes = append(changes, Change{Key: s.Key, Old: s.Value})
		}
	}
	return changes
}

func flatten(config any) []flat {
	v := reflect.Indirect(reflect.ValueOf(config))
	if v.Kind() != reflect.Struct {
		return nil
	}
	s, err := newSchema(v.Type())
	if err != nil {
		return nil // New refuses such a struct
	}
	return s.flatten(v, "")
}

func (s *schema) flatten(v reflect.Value, prefix string) []flat {
	var settings []flat
	for _, o := range s.options {
		field, key := v.FieldByIndex(o.index), prefix+o.key
		switch {
		case o.isFile: // its content stands in the secret
		case o.element != nil:
			for i := range field.Len() {
				settings = append(settings, o.element.flatten(field.Index(i), key+"["+strconv.Itoa(i)+"].")...)
			}
		default:
			settings = append(settings, o.flatten(field, key))
		}
	}
	return settings
}

func (o option) flatten(field reflect.Value, key string) flat {
	if o.secret {
		text := field.String()
		if held, ok := field.Interface().(secret.String); ok {
			text = held.Reveal()
		}
		shown := ""
		if text != "" {
			shown = secret.Redacted
		}
		return flat{Setting{key, shown}, text}
	}
	var texts []string
	if o.isList() {
		for i := range field.Len() {
			texts = append(texts, textOf(field.Index(i)))
		}
	} else {
		texts = []string{textOf(field)}
	}
	// The length tells no element from an empty one, and "a,b" from "a", "b".
	identity := strconv.Itoa(len(texts)) + strings.Join(texts, "\x00")
	for i := range texts {
		texts[i] = shown(texts[i])
	}
	return flat{Setting{key, strings.Join(texts, ",")}, identity}
}

// shown is a text without the passwords of a URL.
func shown(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" {
		if scheme, rest, ok := strings.Cut(text, "://"); ok && strings.Contains(rest, "@") {
			return scheme + "://" + secret.Redacted
		}
		return text
	}
	query, hides := u.Query(), false
	for _, name := range []string{"password", "sslpassword"} {
		if query.Has(name) {
			query.Set(name, "xxxxx")
			hides = true
		}
	}
	if _, has := u.User.Password(); !has && !hides {
		return text
	}
	if hides {
		u.RawQuery = query.Encode()
	}
	return u.Redacted()
}

func textOf(v reflect.Value) string {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		if text, err := m.MarshalText(); err == nil {
			return string(text)
		}
	}
	return fmt.Sprint(v.Interface())
}
