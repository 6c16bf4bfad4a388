package mpf

import (
	"iter"
	"strings"

	"wsexchange/internal/xmldoc"
)

// Procedure is an ordered list of steps with its own scratch data.
type Procedure struct {
	// Data is the procedureData element, or nil.
	Data  *xmldoc.Node
	Steps []Step
}

// Step is one of a call, a try with its catch, or a select.
type Step struct {
	Call   *Call
	Try    *Try
	Select *Select
}

// Try runs Body; if it fails, Catch. A failing Catch passes the error on.
type Try struct {
	Body  []Step
	Catch []Step
}

// Kind is the element name of a call.
type Kind string

// The kinds of calls. A transform calls nothing: it only moves data.
const (
	Execute   Kind = "execute"
	Queue     Kind = "queue"
	Transform Kind = "transform"
)

// Call is an execute, queue or transform step.
type Call struct {
	Kind        Kind
	Target      Target
	Impersonate Inherit
	Sensitive   Inherit
	Trusted     Inherit
	// QueueActivated lets a queued call run whatever becomes of the
	// transaction; else it is suspended until the transaction succeeds.
	QueueActivated bool
	// ExecuteData is the literal executeData element, or nil.
	ExecuteData *xmldoc.Node
	ForEach     []ForEach
	When        []When
	Repeat      []Repeat
	Before      []Transfer
	After       []Transfer
}

// Missing says what becomes of a step whose source node does not exist.
type Missing string

// What ifNull can say. The zero value fails.
const (
	FailIfNull   Missing = "fail"
	SkipIfNull   Missing = "skip"
	IgnoreIfNull Missing = "ignore"
)

// ForEach runs a call once for each node.
type ForEach struct {
	Name   string
	Root   string
	Path   string
	IfNull Missing
}

// Repeat runs a call a number of times that stands in the data.
type Repeat struct {
	Source     string
	SourcePath string
	IfNull     Missing
}

// When makes a call depend on a node's existence, or on the case of a select.
type When struct {
	Source     string
	SourcePath string
	Select     string
	Case       string
}

// Select picks a case by the value of a node.
type Select struct {
	Name        string
	Source      string
	SourcePath  string
	DefaultCase *string
	IfNullCase  *string
	Where       []Where
}

// Where is a value and the case it stands for.
type Where struct {
	Value string
	Case  string
}

// Mode says how a transfer writes its nodes.
type Mode string

// The modes of before and after. The zero value inserts.
const (
	Insert  Mode = "insert"
	Merge   Mode = "merge"
	Replace Mode = "replace"
	Move    Mode = "move"
)

// Transfer is a before or after element.
type Transfer struct {
	Source             string
	SourcePath         string
	Destination        string
	DestinationPath    string
	Mode               Mode
	IfNull             Missing
	AllowNullTransform bool
	// Templates are the xsl:template elements inside, if any.
	Templates []*xmldoc.Node
}

// Documents that a transfer can name beside the aliases of forEach.
const (
	DocumentData          = "data"
	DocumentContext       = "context"
	DocumentProcedureData = "procedureData"
	DocumentExecuteData   = "executeData"
)

// OneCall gives the procedure that calls one target with executeData and
// merges what comes out into the request's data, as the web services of the
// original do.
func OneCall(target Target, impersonate Inherit, executeData *xmldoc.Node) *Procedure {
	return &Procedure{Steps: []Step{{Call: &Call{
		Kind: Execute, Target: target, Impersonate: impersonate, ExecuteData: executeData,
		After: []Transfer{{Source: DocumentExecuteData, Destination: DocumentData, Mode: Merge}},
	}}}}
}

// Constants iterates over the data that stands in the procedure itself: its
// procedureData, and the executeData of its calls.
func (p *Procedure) Constants() iter.Seq[*xmldoc.Node] {
	return func(yield func(*xmldoc.Node) bool) {
		if p.Data == nil || yield(p.Data) {
			constants(p.Steps, yield)
		}
	}
}

func constants(steps []Step, yield func(*xmldoc.Node) bool) bool {
	for _, s := range steps {
		switch {
		case s.Call != nil && s.Call.ExecuteData != nil && !yield(s.Call.ExecuteData):
			return false
		case s.Try != nil && (!constants(s.Try.Body, yield) || !constants(s.Try.Catch, yield)):
			return false
		}
	}
	return true
}

// isSecretName tells whether an element, attribute or property of this name
// holds a password: unicodePwd is the directory's.
func isSecretName(name string) bool {
	if len(name) < len("password") {
		return false
	}
	name = strings.ToLower(name)
	return strings.Contains(name, "password") || strings.Contains(name, "unicodepwd")
}
