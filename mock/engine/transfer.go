package engine

import (
	"encoding/xml"
	"maps"
	"slices"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

// verdict is what becomes of an iteration after a missing source.
type verdict int

const (
	goOn verdict = iota
	skip
)

// documents are what the paths of a step can start from, by name. A forEach
// that found nothing and may is there without a place.
type documents map[string]*place

func (d documents) with(name string, p *place) documents {
	all := maps.Clone(d)
	all[name] = p
	return all
}

// transfer runs a before or after element.
func (r *run) transfer(t mpf.Transfer, in documents) (verdict, error) {
	if err := r.alive(); err != nil {
		return goOn, err
	}
	sources, err := r.sources(t, in)
	if err != nil {
		return goOn, err
	}
	if len(sources) == 0 {
		switch t.IfNull {
		case mpf.SkipIfNull:
			return skip, nil
		case mpf.IgnoreIfNull:
			return goOn, nil
		}
		return goOn, mpf.SourceNodeMissing.New(sourceName(t.Source, t.SourcePath))
	}
	if in[t.Destination] == nil {
		return goOn, mpf.SourceNodeMissing.New(t.Destination)
	}
	target, err := r.target(*in[t.Destination], t.DestinationPath)
	if err != nil {
		return goOn, err
	}
	return goOn, r.put(t, sources, target)
}

func sourceName(document, path string) string {
	if path == "" {
		return document
	}
	return document + "/" + path
}

func (r *run) sources(t mpf.Transfer, in documents) ([]place, error) {
	from := in[t.Source]
	if from == nil {
		return nil, nil
	}
	found, err := r.find(*from, t.SourcePath)
	if err != nil {
		return nil, err
	}
	if r.engine.policies.FirstSourceOnly && len(found) > 1 {
		found = found[:1]
	}
	for _, p := range found {
		if err := r.charge(p.node); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// target finds where a transfer writes, and makes it if it is not there.
func (r *run) target(root place, path string) (place, error) {
	found, err := r.find(root, path)
	if err != nil {
		return place{}, err
	}
	if len(found) > 0 {
		return found[0], nil
	}
	if root.isAttribute() {
		return place{}, mpf.RequestMalformed.New("the destination path '" + path + "' starts from an attribute")
	}
	return build(root, path)
}

func (r *run) put(t mpf.Transfer, sources []place, target place) error {
	switch t.Mode {
	case mpf.Merge:
		for _, s := range sources {
			r.merge(target, s)
		}
		return nil
	case mpf.Replace:
		return r.replace(target, sources)
	case mpf.Move:
		return r.move(t, target, sources)
	}
	for _, s := range sources {
		r.insert(t, target, s)
	}
	return nil
}

// insert puts a copy of the source under the target, after what is there. An
// attribute becomes an attribute of the target (F191).
func (r *run) insert(t mpf.Transfer, target, source place) {
	switch {
	case target.isAttribute():
		target.setText(source.text())
	case source.isAttribute():
		place{target.node, source.attribute}.setText(source.text())
	case t.SourcePath == "" && r.engine.policies.DropWrapperOnRootInsert && isDocument(t.Source):
		for c := source.node.FirstChild; c != nil; c = c.NextSibling {
			xmldoc.Append(target.node, xmldoc.Clone(c))
		}
	default:
		xmldoc.Append(target.node, xmldoc.Clone(source.node))
	}
}

func isDocument(name string) bool {
	switch name {
	case mpf.DocumentData, mpf.DocumentContext, mpf.DocumentProcedureData, mpf.DocumentExecuteData:
		return true
	}
	return false
}

// move is insert by reference: the source disappears from where it was. The
// root of a document cannot; it is left empty.
func (r *run) move(t mpf.Transfer, target place, sources []place) error {
	for _, s := range sources {
		if !s.isAttribute() && within(target.node, s.node) {
			return mpf.RequestMalformed.New("'" + sourceName(t.Source, t.SourcePath) + "' cannot be moved into itself")
		}
		if target.isAttribute() || s.isAttribute() || s.node.Parent == nil {
			r.insert(t, target, s)
			if s.isAttribute() || s.node.Parent != nil {
				s.remove()
			} else {
				s.node.Attr = nil
				xmldoc.SetText(s.node, "")
			}
			continue
		}
		xmldoc.Append(target.node, s.node)
	}
	return nil
}

func within(n, of *xmldoc.Node) bool {
	for ; n != nil; n = n.Parent {
		if n == of {
			return true
		}
	}
	return false
}

// replace puts the sources in the target's place. The root of a document
// stays, with its content replaced (F192).
func (r *run) replace(target place, sources []place) error {
	if target.isAttribute() {
		target.setText(sources[0].text())
		return nil
	}
	var copies []*xmldoc.Node
	for _, s := range sources {
		if s.isAttribute() {
			return mpf.RequestMalformed.New("an element cannot be replaced by the attribute '" + s.attribute.Local + "'")
		}
		copies = append(copies, xmldoc.Clone(s.node))
	}
	if target.node.Parent == nil {
		xmldoc.SetText(target.node, "")
		for _, n := range copies {
			xmldoc.Append(target.node, n)
		}
		return nil
	}
	for _, n := range copies {
		xmldoc.InsertBefore(target.node, n)
	}
	xmldoc.Remove(target.node)
	return nil
}

// merge combines the content of the source with the target's.
func (r *run) merge(target, source place) {
	switch {
	case target.isAttribute():
		target.setText(source.text())
	case source.isAttribute():
		place{target.node, source.attribute}.setText(source.text())
	case isText(source.node):
		xmldoc.SetText(target.node, source.text())
	case target.node != source.node:
		r.engine.policies.mergeInto(target.node, source.node, &r.merged)
	}
}

// mergedNodes are what the merges of a step have added, for the sake of its
// iterations: what one of them brought is not what the next one is about.
type mergedNodes struct {
	earlier map[*xmldoc.Node]bool // by the iterations that have ended
	now     []*xmldoc.Node        // by the one that runs
}

// next begins another iteration.
func (m *mergedNodes) next() {
	for _, n := range m.now {
		if m.earlier == nil {
			m.earlier = make(map[*xmldoc.Node]bool)
		}
		m.earlier[n] = true
	}
	m.now = nil
}

// mergeInto merges the attributes, text and children of one element into
// another (F182, F183). Elements take the place of a text. What an earlier
// iteration of the step added is left as it is (F210).
func (p Policies) mergeInto(target, source *xmldoc.Node, merged *mergedNodes) {
	if !p.KeepAttributesInMerge {
		for _, a := range source.Attr {
			name := a.Name
			place{target, &name}.setText(a.Value)
		}
	}
	if !hasElements(source) {
		if text := xmldoc.Text(source); text != "" && !hasElements(target) {
			xmldoc.SetText(target, text)
		}
		return
	}
	if !hasElements(target) {
		xmldoc.SetText(target, "")
	}
	before, coming := byName(target), byName(source)
	for n := source.FirstChild; n != nil; n = n.NextSibling {
		key := nameOf(n)
		present := before[key]
		ours := slices.DeleteFunc(slices.Clone(present), func(n *xmldoc.Node) bool { return merged.earlier[n] })
		switch {
		case p.AppendInMerge:
		case len(ours) == 1 && len(coming[key]) == 1 && !isText(n):
			p.mergeInto(ours[0], n, merged)
			continue
		default:
			if i := equalIn(present, n); i >= 0 {
				before[key] = append(present[:i:i], present[i+1:]...)
				continue
			}
		}
		added := xmldoc.Clone(n)
		xmldoc.Append(target, added)
		merged.now = append(merged.now, added)
	}
}

func nameOf(n *xmldoc.Node) xml.Name {
	if isText(n) {
		return xml.Name{}
	}
	return xml.Name{Space: n.NamespaceURI, Local: n.Data}
}

func byName(n *xmldoc.Node) map[xml.Name][]*xmldoc.Node {
	all := make(map[xml.Name][]*xmldoc.Node)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		all[nameOf(c)] = append(all[nameOf(c)], c)
	}
	return all
}

func equalIn(among []*xmldoc.Node, n *xmldoc.Node) int {
	for i, other := range among {
		if xmldoc.Equal(other, n) {
			return i
		}
	}
	return -1
}
