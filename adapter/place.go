package adapter

import (
	"strings"

	"github.com/antchfx/xmlquery"

	"wsexchange/internal/ldappath"
	"wsexchange/internal/xmldoc"
	"wsexchange/wsdl"
)

// place puts elements with unknown names into parameters that are still free,
// by position. Elements between two known neighbours go between these; order
// is kept; type and content must fit; and there must be exactly one way to do
// all that, since a value in the wrong parameter does harm. It gives the first
// element that finds no place.
func (op *operation) place(body *xmldoc.Node, placed []*xmldoc.Node) *xmldoc.Node {
	position := make(map[*xmldoc.Node]int, len(placed))
	for i, n := range placed {
		if n != nil {
			position[n] = i
		}
	}
	low := 0
	var run []*xmldoc.Node
	for c := range xmldoc.Elements(body) {
		i, known := position[c]
		if !known {
			run = append(run, c)
			continue
		}
		if n := op.placeRun(run, placed, low, i); n != nil {
			return n
		}
		run, low = run[:0], i+1
	}
	return op.placeRun(run, placed, low, len(placed))
}

// placeRun places a run of elements into the free parameters from low up to,
// not including, high.
func (op *operation) placeRun(run, placed []*xmldoc.Node, low, high int) *xmldoc.Node {
	if len(run) == 0 {
		return nil
	}
	var free []int
	for i := low; i < high; i++ {
		if placed[i] == nil {
			free = append(free, i)
		}
	}
	if len(run) > len(free) {
		return run[len(free)]
	}
	chosen := op.onlyWay(run, free)
	if chosen == nil {
		return run[0]
	}
	for k, n := range run {
		placed[chosen[k]] = n
	}
	return nil
}

// onlyWay gives the parameters for a run of elements, or nil unless there is
// exactly one way. ways[k][j] counts, up to two, the ways to place the elements
// from k on into the free parameters from j on.
func (op *operation) onlyWay(run []*xmldoc.Node, free []int) []int {
	ways := make([][]int, len(run)+1)
	for k := range ways {
		ways[k] = make([]int, len(free)+1)
	}
	for j := range ways[len(run)] {
		ways[len(run)][j] = 1
	}
	for k := len(run) - 1; k >= 0; k-- {
		for j := len(free) - 1; j >= 0; j-- {
			ways[k][j] = ways[k][j+1]
			if op.fits(free[j], run[k]) {
				ways[k][j] = min(2, ways[k][j]+ways[k+1][j+1])
			}
		}
	}
	if ways[0][0] != 1 {
		return nil
	}
	chosen := make([]int, 0, len(run))
	for k, j := 0, 0; k < len(run); j++ {
		if ways[k][j+1] == 0 {
			chosen = append(chosen, free[j])
			k++
		}
	}
	return chosen
}

// fits tells whether an element can be the value of a parameter, as far as it
// can be seen.
func (op *operation) fits(i int, n *xmldoc.Node) bool {
	if isNil(n) {
		return true
	}
	p, nodes := op.wire[i], hasElements(n)
	if op.types[i] == wsdl.XML {
		root := xmldoc.Child(n, p.root)
		return root != nil && root.NextSibling == nil && root.PrevSibling == nil
	}
	if nodes {
		return false
	}
	value := strings.TrimSpace(xmldoc.Text(n))
	if op.types[i] == wsdl.Boolean {
		_, ok := boolean(value)
		return ok
	}
	if p.kind == kindFragment {
		return value == "" || rootName(value) == p.root
	}
	isPath := len(value) >= len(ldappath.Scheme) && strings.EqualFold(value[:len(ldappath.Scheme)], ldappath.Scheme)
	switch {
	case value == "true" || value == "false" || rootName(value) != "":
		return false
	case p.guard == guardPath || p.guard == guardRead:
		return isPath
	}
	return !isPath || p.guard == guardOrName
}

// rootName guesses the name of the root element of XML text, "" if it does not
// look like XML. It decides about positions only, never about content.
func rootName(s string) string {
	s = xmlStart(s)
	if strings.HasPrefix(s, "<?xml") {
		_, rest, ok := strings.Cut(s, "?>")
		if !ok {
			return ""
		}
		s = strings.TrimLeft(rest, " \t\r\n")
	}
	if !strings.HasPrefix(s, "<") {
		return ""
	}
	name := s[1:]
	if end := strings.IndexAny(name, " \t\r\n/>"); end >= 0 {
		name = name[:end]
	}
	if colon := strings.IndexByte(name, ':'); colon >= 0 {
		name = name[colon+1:]
	}
	return name
}

// xmlStart cuts what callers put before an XML document in a string (F045).
func xmlStart(s string) string { return strings.TrimLeft(s, " \t\r\n\ufeff") }

func isText(n *xmldoc.Node) bool {
	return n.Type == xmlquery.TextNode || n.Type == xmlquery.CharDataNode
}
