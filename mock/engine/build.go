package engine

import (
	"encoding/xml"
	"regexp"
	"strings"

	"github.com/antchfx/xmlquery"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// buildable is one step of a destination path that can be made where it does
// not exist: a name, conditions that name an attribute or child and its text,
// or an attribute.
var (
	buildable = regexp.MustCompile(`^(@?)([\pL_][\pL\pN_.-]*)((?:\[\s*@?[\pL_][\pL\pN_.-]*\s*=\s*(?:'[^']*'|"[^"]*")\s*\])*)$`)
	condition = regexp.MustCompile(`\[\s*(@?)([\pL_][\pL\pN_.-]*)\s*=\s*(?:'([^']*)'|"([^"]*)")\s*\]`)
)

// build makes the element or attribute that a destination path names (F194).
// What part of the path exists is used.
func build(root place, path string) (place, error) {
	at := root.node
	steps := splitPath(strings.TrimPrefix(strings.TrimPrefix(path, "./"), "/"))
	for i, step := range steps {
		parts := buildable.FindStringSubmatch(strings.TrimSpace(step))
		last := i == len(steps)-1
		if parts == nil || parts[1] == "@" && (!last || parts[3] != "") {
			return place{}, mpf.RequestMalformed.New("the destination path '" + path + "' names nothing and cannot be made")
		}
		if parts[1] == "@" {
			made := place{at, &xml.Name{Local: parts[2]}}
			made.setText("")
			return made, nil
		}
		conditions := condition.FindAllStringSubmatch(parts[3], -1)
		next := fitting(at, parts[2], conditions)
		if next == nil {
			next = element(parts[2], conditions)
			xmldoc.Append(at, next)
		}
		at = next
	}
	return place{node: at}, nil
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
