package config

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

const sampleHead = `# Every setting, with its default or an example. Remove the # before a key to set it; what stays
# commented out has its default. The environment (%s) and flags take precedence over this file.
`

// Sample writes a YAML file with every setting commented out, to be edited.
// The file is valid as it is and changes nothing.
func (l *Loader[T]) Sample(w io.Writer) error {
	out := &strings.Builder{}
	fmt.Fprintf(out, sampleHead, l.prefix+"...")
	l.schema.sample(out, "", "")
	_, err := io.WriteString(w, out.String())
	return err
}

// sample writes the settings of one section, then its sections.
func (s *schema) sample(out *strings.Builder, prefix, indent string) {
	for _, o := range s.options {
		name, ok := strings.CutPrefix(o.key, prefix)
		if !ok || strings.Contains(name, ".") || o.secret && !o.isFile {
			continue // a secret is better in a file of its own
		}
		o.sample(out, name, indent)
	}
	for _, section := range s.sections {
		name, ok := strings.CutPrefix(section.key, prefix)
		if !ok || strings.Contains(name, ".") {
			continue
		}
		fmt.Fprintf(out, "\n%s# %s\n%s%s:\n", indent, sentence(section.help), indent, name)
		s.sample(out, section.key+".", indent+"  ")
	}
}

func (o option) sample(out *strings.Builder, name, indent string) {
	fmt.Fprintf(out, "\n%s# %s\n", indent, sentence(o.usageWithoutExample()))
	if o.element == nil {
		fmt.Fprintf(out, "%s#%s: %s\n", indent, name, o.sampleValue())
		return
	}
	fmt.Fprintf(out, "%s#%s:\n", indent, name)
	for i, inner := range o.element.options {
		if inner.secret && !inner.isFile {
			continue
		}
		dash := "    "
		if i == 0 {
			dash = "  - "
		}
		fmt.Fprintf(out, "%s#%s%s: %s\n", indent, dash, inner.key, inner.sampleValue())
	}
}

func (o option) usageWithoutExample() string {
	o.example = ""
	return o.usage()
}

// sampleValue is the default, the example, or the empty value of the type.
func (o option) sampleValue() string {
	text := o.def
	if text == "" {
		text = o.example
	}
	if o.isList() {
		var quoted []string
		for _, part := range o.split(text) {
			quoted = append(quoted, strconv.Quote(part))
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	switch {
	case o.isFile:
		return strconv.Quote("/path/of/file")
	case o.typeName() == "string" || o.typeName() == "secret":
		return strconv.Quote(text)
	case text != "":
		return text
	case o.typeName() == "bool":
		return "false"
	case o.typeName() == "duration":
		return noTime
	}
	return "0"
}

// sentence begins a text with a capital letter.
func sentence(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
