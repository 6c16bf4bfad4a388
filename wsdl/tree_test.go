package wsdl_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// node is an element of a WSDL with every name resolved: its own, those of its
// attributes, and those that attributes hold.
type node struct {
	name     string
	attrs    []string // name=value, sorted
	children []*node
	text     string // without white space around it
}

// label is the element with its attributes, and stands for it in a path.
func (n *node) label() string { return n.name + "[" + strings.Join(n.attrs, " ") + "]" }

// qnameAttrs are the attributes whose value is a qualified name.
var qnameAttrs = []string{"type", "element", "message", "binding"}

type scope map[string]string

func parseTree(t *testing.T, document []byte) *node {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(document))
	root := new(node)
	stack, scopes := []*node{root}, []scope{{}}
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		top := stack[len(stack)-1]
		switch x := token.(type) {
		case xml.StartElement:
			in := declare(scopes[len(scopes)-1], x.Attr)
			child := resolve(t, x, in)
			top.children = append(top.children, child)
			stack, scopes = append(stack, child), append(scopes, in)
		case xml.EndElement:
			top.text = strings.TrimSpace(top.text)
			stack, scopes = stack[:len(stack)-1], scopes[:len(scopes)-1]
		case xml.CharData:
			top.text += string(x)
		}
	}
	require.Len(t, root.children, 1)
	return root.children[0]
}

func declare(outer scope, attrs []xml.Attr) scope {
	in := scope{}
	for prefix, space := range outer {
		in[prefix] = space
	}
	for _, a := range attrs {
		if a.Name.Space == "xmlns" {
			in[a.Name.Local] = a.Value
		}
		if a.Name.Space == "" && a.Name.Local == "xmlns" {
			in[""] = a.Value
		}
	}
	return in
}

func resolve(t *testing.T, e xml.StartElement, in scope) *node {
	t.Helper()
	n := &node{name: qname(t, e.Name.Space, e.Name.Local, in)}
	for _, a := range e.Attr {
		if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
			continue
		}
		value := a.Value
		if slices.Contains(qnameAttrs, a.Name.Local) {
			if prefix, local, found := strings.Cut(value, ":"); found {
				value = qname(t, prefix, local, in)
			}
		}
		require.Empty(t, a.Name.Space, "a WSDL has no qualified attributes")
		n.attrs = append(n.attrs, a.Name.Local+"="+value)
	}
	slices.Sort(n.attrs)
	return n
}

func qname(t *testing.T, prefix, local string, in scope) string {
	t.Helper()
	space, ok := in[prefix]
	require.True(t, ok, "prefix %q", prefix)
	return "{" + space + "}" + local
}

// diff lists where two trees differ, as paths of labels; an element on one side
// only is listed without its content. Elements on both sides must be in the same
// order.
func diff(path string, want, got *node) []string {
	path += "/" + want.name
	if want.label() != got.label() {
		return []string{fmt.Sprintf("%s: want %s, got %s", path, want.label(), got.label())}
	}
	var out []string
	if want.text != got.text {
		out = append(out, fmt.Sprintf("%s: text %q, got %q", path, want.text, got.text))
	}
	g := 0
	for _, w := range want.children {
		if g < len(got.children) && got.children[g].label() == w.label() {
			out = append(out, diff(path, w, got.children[g])...)
			g++
			continue
		}
		out = append(out, "missing "+w.label())
	}
	for _, extra := range got.children[g:] {
		out = append(out, "extra "+extra.label())
	}
	return out
}
