package engine

import (
	"encoding/xml"
	"regexp"
	"strings"
	"sync"

	"github.com/antchfx/xmlquery"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// buildable is one step of a destination path that can be made where it does
// not exist: a name, conditions that name an attribute or child and its text,
// or an attribute.
var (
	buildable = lazyRegexp(`^(@?)([\pL_][\pL\pN_.-]*)((?:\[\s*@?[\pL_][\pL\pN_.-]*\s*=\s*(?:'[^']*'|"[^"]*")\s*\])*)$`)
	condition = lazyRegexp(`\[\s*(@?)([\pL_][\pL\pN_.-]*)\s*=\s*(?:'([^']*)'|"([^"]*)")\s*\]`)
)

// lazyRegexp compiles an expression when it is first asked for: few requests
// need it, and the start of the program would wait for its classes.
func lazyRegexp(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// build makes the element or attribute that a destination path names (F194).
// What part of the path exists is used.
func build(root place, path string) (place, error) {
	steps, err := buildSteps(path)
	if err != nil {
		return place{}, err
	}
	at := root.node
	for _, step := range steps {
		if step.attribute {
			made := place{at, &xml.Name{Local: step.name}}
			made.setText("")
			return made, nil
		}
		next := fitting(at, step.name, step.conditions)
		if next == nil {
			next = element(step.name, step.conditions)
			xmldoc.Append(at, next)
		}
		at = next
	}
	return place{node: at}, nil
}

// buildStep is one step of a destination path.
type buildStep struct {
	name       string
	attribute  bool
	conditions [][]string
}

// buildSteps reads a whole path before anything of it is made.
func buildSteps(path string) ([]buildStep, error) {
	texts := splitPath(strings.TrimPrefix(strings.TrimPrefix(path, "./"), "/"))
	steps := make([]buildStep, 0, len(texts))
	for i, text := range texts {
		parts := buildable().FindStringSubmatch(strings.TrimSpace(text))
		if parts == nil || parts[1] == "@" && (i < len(texts)-1 || parts[3] != "") {
			return nil, mpf.RequestMalformed.New("the destination path '" + path + "' names nothing and cannot be made")
		}
		steps = append(steps, buildStep{
			name: parts[2], attribute: parts[1] == "@", conditions: condition().FindAllStringSubmatch(parts[3], -1),
		})
	}
	return steps, nil
}

// splitPath cuts a path at its slashes, but not within conditions.
func splitPath(path string) []string {
	var steps []string
	depth, from := 0, 0
	for i, ch := range path {
		switch ch {
		case '[':
			depth++
		case ']':
			depth--
		case '/':
			if depth == 0 {
				steps, from = append(steps, path[from:i]), i+1
			}
		}
	}
	return append(steps, path[from:])
}

func fitting(parent *xmldoc.Node, name string, conditions [][]string) *xmldoc.Node {
	for n := range xmldoc.Children(parent, name) {
		fits := true
		for _, c := range conditions {
			value, ok := xmldoc.ChildText(n, c[2])
			if c[1] == "@" {
				value, ok = xmldoc.Attr(n, c[2])
			}
			fits = fits && ok && value == c[3]+c[4]
		}
		if fits {
			return n
		}
	}
	return nil
}

func element(name string, conditions [][]string) *xmldoc.Node {
	n := xmldoc.Element(name)
	for _, c := range conditions {
		if c[1] == "@" {
			xmldoc.SetAttr(n, c[2], c[3]+c[4])
		} else {
			xmldoc.Append(n, xmldoc.TextElement(c[2], c[3]+c[4]))
		}
	}
	return n
}

func isText(n *xmldoc.Node) bool {
	return n.Type == xmlquery.TextNode || n.Type == xmlquery.CharDataNode
}
