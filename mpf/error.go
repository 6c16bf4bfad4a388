package mpf

import (
	"log/slog"
	"slices"
	"strconv"

	"wsexchange/internal/xmldoc"
)

// Source names a procedure that an error passed through.
type Source struct {
	Namespace string
	Procedure string
}

// Error is a failed procedure: the errorContext of a response.
type Error struct {
	Code        HRESULT
	Description string
	// ExecuteSeqNo is the number of the failing call in its request, from 1,
	// counted in the order in which calls begin. It is 0 until the engine has
	// set it, and written as 1 then: clients parse it as an integer.
	ExecuteSeqNo int
	// Sources lists the procedures that the error passed through, innermost
	// first.
	Sources []Source
	// Detail is an errorDescription element in XML form, or nil.
	Detail *xmldoc.Node
	// Cause is the id of the row in the table of causes, or "".
	Cause string
}

// Error gives code and description in one line.
func (e *Error) Error() string { return e.Description + " (" + e.Code.String() + ")" }

// LogValue gives what may be logged of an error.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("code", e.Code.String()), slog.String("cause", e.Cause),
		slog.Int("seq", e.ExecuteSeqNo), slog.String("description", e.Description))
}

// Element writes the error as an errorContext element, attributes in the order
// in which traces of the original show them.
func (e *Error) Element() *xmldoc.Node {
	n := xmldoc.Element("errorContext")
	xmldoc.SetAttr(n, "description", e.Description)
	xmldoc.SetAttr(n, "code", e.Code.String())
	xmldoc.SetAttr(n, "executeSeqNo", strconv.Itoa(max(e.ExecuteSeqNo, 1)))
	if e.Detail != nil {
		xmldoc.Append(n, xmldoc.Clone(e.Detail))
	}
	for _, s := range e.Sources {
		source := xmldoc.Element("errorSource")
		xmldoc.SetAttr(source, "namespace", s.Namespace)
		xmldoc.SetAttr(source, "procedure", s.Procedure)
		xmldoc.Append(n, source)
	}
	return n
}

// Through gives a copy of the error that has passed through one more
// procedure.
func (e *Error) Through(s Source) *Error {
	c := *e
	c.Sources = append(slices.Clone(e.Sources), s)
	return &c
}

// engineSource is what the original's engine calls itself where its clients
// want the source of an error, and the method that takes a request (F162).
const engineSource = "Provisioning.MPFProcessController.1"

// AtEngine gives the error as it leaves an engine: one that no procedure raised
// has the engine's method for requests of the target as its source, for an
// errorContext has one at least.
func (e *Error) AtEngine(target Target) *Error {
	if len(e.Sources) > 0 {
		return e
	}
	method := "SubmitRequest"
	if target.IsZero() {
		method = "SubmitTrustedRequest"
	}
	return e.Through(Source{Namespace: engineSource, Procedure: method})
}
