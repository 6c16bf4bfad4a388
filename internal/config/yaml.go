package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// readYAML reads a file of settings. Errors name file and line.
func readYAML(file string, s *schema) (layer, []error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return layer{}, []error{fmt.Errorf("configuration file: %w", err)}
	}
	var document yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF): // nothing but comments
		return layer{}, nil
	case err != nil:
		return layer{}, []error{fmt.Errorf("%s: %w", file, err)}
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return layer{}, []error{fmt.Errorf("%s: more than one document", file)}
	}
	r := &yamlReader{file: file, schema: s, found: layer{}}
	if root := document.Content[0]; root.Tag != "!!null" {
		r.mapping(root, "", "")
	}
	return r.found, r.problems
}

// yamlReader picks the settings of one schema out of a tree.
type yamlReader struct {
	file     string
	schema   *schema
	path     string // before the keys, for errors: of an element of a list
	found    layer
	problems []error
}

func (r *yamlReader) at(node *yaml.Node) string { return fmt.Sprintf("%s:%d", r.file, node.Line) }

func (r *yamlReader) fail(node *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s: "+format, append([]any{r.at(node)}, args...)...))
}

// mapping reads the keys of a section; the prefix ends with a dot, or is empty.
func (r *yamlReader) mapping(node *yaml.Node, prefix, name string) {
	node = resolved(node)
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" && name != "" {
		return // a section whose settings are all commented out
	}
	if node.Kind != yaml.MappingNode {
		what := r.path + name
		if what == "" {
			what = "the file"
		}
		r.fail(node, "%s: expected settings by name, got %s", strings.TrimSuffix(what, "."), kindNames[node.Kind])
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		r.pair(node.Content[i], node.Content[i+1], prefix)
	}
}

func (r *yamlReader) pair(name, node *yaml.Node, prefix string) {
	key := prefix + name.Value
	if name.Kind != yaml.ScalarNode {
		r.fail(name, "%sexpected a name as key", r.path)
		return
	}
	if slices.ContainsFunc(r.schema.sections, func(s section) bool { return s.key == key }) {
		r.mapping(node, key+".", key)
		return
	}
	o, known := r.schema.byKey[key]
	if !known {
		r.fail(name, "unknown key %s%s%s", r.path, key, didYouMean(r.path+key, r.schema.names(r.path)))
		return
	}
	v := value{Key: r.path + key, Source: r.at(name), File: r.file}
	if r.read(o, node, &v) {
		if err := r.found.put(o, v); err != nil {
			r.problems = append(r.problems, err)
		}
	}
}

// read takes the value of an option from a node.
func (r *yamlReader) read(o option, node *yaml.Node, v *value) bool {
	node = resolved(node)
	switch {
	case node.Tag == "!!null" && node.Kind == yaml.ScalarNode:
		r.fail(node, "%s: no value", v.Key)
		return false
	case o.element != nil:
		v.Node = node
		return true
	case node.Kind == yaml.ScalarNode:
		v.Texts = o.split(node.Value)
		return true
	case node.Kind == yaml.SequenceNode && o.isList():
		for _, element := range node.Content {
			element = resolved(element)
			if element.Kind != yaml.ScalarNode || element.Tag == "!!null" {
				r.fail(element, "%s: expected a value, got %s", v.Key, kindNames[element.Kind])
				return false
			}
			v.Texts = append(v.Texts, element.Value)
		}
		return true
	}
	expected := "a single value"
	if o.isList() {
		expected = "a list"
	}
	r.fail(node, "%s: expected %s, got %s", v.Key, expected, kindNames[node.Kind])
	return false
}

// fillList reads a list of structs.
func (o option) fillList(v value, field reflect.Value) []error {
	if v.Node.Kind != yaml.SequenceNode {
		return []error{fmt.Errorf("%s: %s: expected a list, got %s", v.Source, v.Key, kindNames[v.Node.Kind])}
	}
	var problems []error
	list := reflect.MakeSlice(o.typ, len(v.Node.Content), len(v.Node.Content))
	for i, node := range v.Node.Content {
		r := &yamlReader{file: v.File, schema: o.element, path: fmt.Sprintf("%s[%d].", v.Key, i), found: layer{}}
		r.mapping(node, "", "")
		problems = append(problems, r.problems...)
		problems = append(problems, o.element.fill(list.Index(i), r.found)...)
	}
	field.Set(list)
	return problems
}

var kindNames = map[yaml.Kind]string{
	yaml.MappingNode: "settings by name", yaml.SequenceNode: "a list", yaml.ScalarNode: "a single value",
}

func resolved(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// names are the keys and sections that YAML may have, after a path.
func (s *schema) names(path string) []string {
	var names []string
	for _, o := range s.options {
		names = append(names, path+o.key)
	}
	for _, section := range s.sections {
		names = append(names, path+section.key)
	}
	return names
}
