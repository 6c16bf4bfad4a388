package mpf

import (
	"fmt"
	"log/slog"
	"strconv"

	"wsexchange/internal/xmldoc"
)

// Response is the answer to a request.
type Response struct {
	// Data is the data element: on success what the steps made of the
	// request's data, on failure its state then. It is nil if the request had
	// none and failed before it made any.
	Data *xmldoc.Node
	// Err is the failure, or nil.
	Err *Error
	// Engine is the name of the engine that answered, if a Balancer chose it.
	// It is not sent.
	Engine string
}

// Element writes the response. data goes before errorContext. (F156)
func (r *Response) Element() *xmldoc.Node {
	n := xmldoc.Element("response")
	switch {
	case r.Data != nil:
		xmldoc.Append(n, xmldoc.Clone(r.Data))
	case r.Err == nil:
		xmldoc.Append(n, xmldoc.Element("data"))
	}
	if r.Err != nil {
		xmldoc.Append(n, r.Err.Element())
	}
	return n
}

// LogValue gives what may be logged of a response: the failure, no data.
func (r *Response) LogValue() slog.Value {
	if r.Err == nil {
		return slog.GroupValue(slog.Bool("failed", false))
	}
	return slog.GroupValue(slog.Bool("failed", true), slog.Any("error", r.Err))
}

// ParseResponse reads a response element. The namespace of the provisioning
// schema is dropped.
func ParseResponse(n *xmldoc.Node) (*Response, error) {
	xmldoc.WithoutNamespace(n, SchemaNamespace)
	if n.Data != "response" || n.NamespaceURI != "" {
		return nil, fmt.Errorf("%w: root element is %q", ErrProtocol, n.Data)
	}
	r := &Response{}
	for c := range xmldoc.Elements(n) {
		switch {
		case local(c) == "data" && r.Data == nil:
			r.Data = c
		case local(c) == "errorContext" && r.Err == nil:
			e, err := parseErrorContext(c)
			if err != nil {
				return nil, err
			}
			r.Err = e
		default:
			return nil, fmt.Errorf("%w: element %q under response", ErrProtocol, c.Data)
		}
	}
	if r.Data != nil {
		xmldoc.Remove(r.Data)
	}
	return r, nil
}

func parseErrorContext(n *xmldoc.Node) (*Error, error) {
	text, _ := xmldoc.Attr(n, "code")
	code, err := ParseHRESULT(text)
	if err != nil {
		return nil, fmt.Errorf("%w: errorContext: %w", ErrProtocol, err)
	}
	e := &Error{Code: code}
	e.Description, _ = xmldoc.Attr(n, "description")
	e.Cause = causeIn(e.Description)
	if seq, ok := xmldoc.Attr(n, "executeSeqNo"); ok {
		if e.ExecuteSeqNo, err = strconv.Atoi(seq); err != nil {
			return nil, fmt.Errorf("%w: executeSeqNo %q", ErrProtocol, seq)
		}
	}
	for c := range xmldoc.Elements(n) {
		switch c.Data {
		case "errorSource":
			namespace, _ := xmldoc.Attr(c, "namespace")
			procedure, _ := xmldoc.Attr(c, "procedure")
			e.Sources = append(e.Sources, Source{namespace, procedure})
		case "errorDescription":
			e.Detail = detached(c)
		}
	}
	return e, nil
}
