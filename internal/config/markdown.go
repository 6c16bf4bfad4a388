package config

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
)

// typeNames are what documents call the types of values; those that read
// themselves are called by their own name.
var typeNames = map[string]string{
	"time.Duration": "duration", "config.Bytes": "size", "netip.Prefix": "network", "netip.Addr": "address",
	"int64": "int", "float64": "float", "secret.String": "secret",
}

func (o option) typeName() string {
	switch {
	case o.isFile:
		return "file"
	case o.secret:
		return "secret"
	case o.element != nil:
		return "list"
	}
	scalar := scalarOf(o.typ)
	name := scalar.String()
	if known, ok := typeNames[name]; ok {
		name = known
	} else if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		name = strings.ToLower(name[dot+1:])
	}
	if scalar.Kind() == reflect.String && parserOf(scalar) != nil && typeNames[scalar.String()] == "" {
		name = "string" // named strings too
	}
	if o.isList() {
		name += ", ..."
	}
	return name
}

// usage is the help with all that the tags add.
func (o option) usage() string {
	text := o.help
	if (o.unit != "" || len(o.oneof) > 0 || o.min != "" || o.max != "" || o.example != "") && !strings.HasSuffix(text, ".") {
		text += "."
	}
	if o.unit != "" {
		text += " Unit: " + o.unit + "."
	}
	if len(o.oneof) > 0 {
		text += " One of " + strings.Join(o.oneof, ", ") + "."
	}
	switch {
	case o.min != "" && o.max != "":
		text += " From " + o.min + " to " + o.max + "."
	case o.min != "":
		text += " At least " + o.min + "."
	case o.max != "":
		text += " At most " + o.max + "."
	}
	if o.example != "" {
		text += " Example: " + o.example
	}
	return text
}

// Markdown writes a table of all settings, a section of it for each nested
// struct, for the documentation.
func (l *Loader[T]) Markdown(w io.Writer) error {
	out := &strings.Builder{}
	fmt.Fprintf(out, markdownHead, envName(l.prefix, "config"))
	if l.schema.restarts() {
		out.WriteString(restartNote)
	}
	l.table(out, "", l.schema)
	for _, section := range l.schema.sections {
		fmt.Fprintf(out, "\n## %s\n\n%s\n\n", section.key, section.help)
		l.table(out, section.key+".", l.schema)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

const markdownHead = `# Configuration

Every setting has one name in three places, the first of which counts: a flag, a variable of the environment,
and a YAML file, where the dots are levels. --config or %s names the file. Unknown names are refused.
A secret has no flag: it stands in the environment or the file, or in a file of its own that its -file setting
names.

`

const restartNote = `SIGHUP makes a running program read everything again, all or nothing, and log what has changed. Settings marked
with (restart) keep their value until the next start.

`

func (s *schema) restarts() bool {
	return slices.ContainsFunc(s.options, func(o option) bool { return o.restart })
}

const tableHead = "| Flag and YAML key | Environment | Type | Default | Meaning |\n|---|---|---|---|---|\n"

// table writes the options directly in one section. Those of the elements of a
// list follow it.
func (l *Loader[T]) table(out *strings.Builder, prefix string, s *schema) {
	rows := &strings.Builder{}
	for _, o := range s.options {
		if rest, ok := strings.CutPrefix(o.key, prefix); !ok || strings.Contains(rest, ".") {
			continue
		}
		l.row(rows, o, o.key, o.element == nil)
		if o.element == nil {
			continue
		}
		for _, inner := range o.element.options {
			l.row(rows, inner, o.key+"[]."+inner.key, false)
		}
	}
	if rows.Len() > 0 {
		out.WriteString(tableHead + rows.String())
	}
}

func (l *Loader[T]) row(out *strings.Builder, o option, name string, everywhere bool) {
	flag, variable := "`--"+name+"`", "`"+envName(l.prefix, o.key)+"`"
	if !everywhere {
		flag, variable = "`"+name+"` (YAML only)", ""
	} else if !o.hasFlag() {
		flag = "`" + name + "` (no flag)"
	}
	def := ""
	if o.def != "" && !o.secret {
		def = "`" + o.def + "`"
	}
	meaning := o.usage()
	if o.restart {
		meaning += " (restart)"
	}
	fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", flag, variable, o.typeName(), cell(def), cell(meaning))
}

// cell escapes what would end a cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "|", `\|`), "\n", " ")
}
