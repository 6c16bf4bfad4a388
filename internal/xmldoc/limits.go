package xmldoc

import "fmt"

// Limits bounds what Parse accepts. A zero field takes its default.
type Limits struct {
	// Bytes is the largest document, in bytes of UTF-8 text. Default 4 MiB.
	Bytes int64
	// Depth is the deepest nesting of elements. Default 64.
	Depth int
	// Elements is the largest number of elements. Default 10 000.
	Elements int
	// Attributes is the largest number of attributes of one element, namespace
	// declarations included. Default 64.
	Attributes int
	// TotalAttributes is the largest number of attributes of all elements
	// together. Default 20 000.
	TotalAttributes int
	// Name is the longest element or attribute name, prefix included, in
	// bytes. Default 256.
	Name int
	// Value is the longest attribute value, in bytes. Default 4 KiB.
	Value int
	// Text is the longest text between two tags, in bytes, references resolved.
	// Comments count too. Default 1 MiB.
	Text int64
}

// DefaultLimits gives the defaults of every limit.
func DefaultLimits() Limits { return Limits{}.withDefaults() }

// Without gives the limits of further documents of the same message: what a
// document leaves of the numbers of elements and attributes, but at least one.
func (l Limits) Without(root *Node) Limits {
	l = l.withDefaults()
	elements, attributes := count(root)
	l.Elements = max(1, l.Elements-elements)
	l.TotalAttributes = max(1, l.TotalAttributes-attributes)
	return l
}

func count(n *Node) (elements, attributes int) {
	elements, attributes = 1, len(n.Attr)
	for c := range Elements(n) {
		e, a := count(c)
		elements, attributes = elements+e, attributes+a
	}
	return elements, attributes
}

func (l Limits) withDefaults() Limits {
	l.Bytes = orDefault(l.Bytes, 4<<20)
	l.Depth = orDefault(l.Depth, 64)
	l.Elements = orDefault(l.Elements, 10_000)
	l.Attributes = orDefault(l.Attributes, 64)
	l.TotalAttributes = orDefault(l.TotalAttributes, 20_000)
	l.Name = orDefault(l.Name, 256)
	l.Value = orDefault(l.Value, 4<<10)
	l.Text = orDefault(l.Text, 1<<20)
	return l
}

func orDefault[T int | int64](value, def T) T {
	if value <= 0 {
		return def
	}
	return value
}

// Names of the limits and of the other rules, as they stand in Error.Rule. They
// form a closed list, fit for a metric label.
const (
	RuleBytes           = "bytes"
	RuleDepth           = "depth"
	RuleElements        = "elements"
	RuleAttributes      = "attributes"
	RuleTotalAttributes = "total attributes"
	RuleName            = "name"
	RuleValue           = "value"
	RuleText            = "text"
	RuleDoctype         = "doctype"
	RuleInstruction     = "processing instruction"
	RuleDuplicate       = "duplicate attribute"
	RulePrefix          = "undeclared prefix"
	RuleRoot            = "root"
	RuleEncoding        = "encoding"
	RuleSyntax          = "syntax"
)

// Rules lists every value of Error.Rule.
func Rules() []string {
	return []string{
		RuleBytes, RuleDepth, RuleElements, RuleAttributes, RuleTotalAttributes, RuleName, RuleValue, RuleText,
		RuleDoctype, RuleInstruction, RuleDuplicate, RulePrefix, RuleRoot, RuleEncoding, RuleSyntax,
	}
}

// Error tells why a document was refused.
type Error struct {
	// Rule is the limit or rule that was broken, one of Rules.
	Rule string
	// Limit and Seen are the value of a limit and what was found; both are
	// zero where Rule is not a limit. Seen is a lower bound: reading stops
	// where the limit is passed.
	Limit, Seen int64
	// Offset is the position in the UTF-8 text, in bytes.
	Offset int64
	// Detail says what is wrong. It never holds text of the document but
	// names.
	Detail string
}

// Error gives the refusal in one sentence.
func (e *Error) Error() string {
	if e.Limit > 0 {
		return fmt.Sprintf("XML refused: limit %q is %d, seen %d, at byte %d", e.Rule, e.Limit, e.Seen, e.Offset)
	}
	return fmt.Sprintf("XML refused: %s, at byte %d", e.Detail, e.Offset)
}
