package soap

import (
	"errors"
	"fmt"
	"io"

	"wsexchange/internal/xmldoc"
)

// Version is the version of an envelope. The zero Version counts as V11.
type Version int

// The versions.
const (
	V11 Version = iota + 1
	V12
)

// Namespaces of the envelope in the two versions.
const (
	Namespace11 = "http://schemas.xmlsoap.org/soap/envelope/"
	Namespace12 = "http://www.w3.org/2003/05/soap-envelope"
)

// Namespace gives the namespace of the envelope.
func (v Version) Namespace() string {
	if v == V12 {
		return Namespace12
	}
	return Namespace11
}

// ContentType gives the value of the HTTP header for a message in UTF-8.
func (v Version) ContentType() string {
	if v == V12 {
		return "application/soap+xml; charset=utf-8"
	}
	return "text/xml; charset=utf-8"
}

// String names the version.
func (v Version) String() string {
	if v == V12 {
		return "SOAP 1.2"
	}
	return "SOAP 1.1"
}

// Envelope is a message that was read.
type Envelope struct {
	Version Version
	// Headers are the header blocks, in order.
	Headers []*xmldoc.Node
	// Body is the one child element of the soap Body. It may be a fault:
	// see Fault.
	Body *xmldoc.Node
}

// ReadEnvelope reads a message. charset is that of the transport's content
// type, or "". What the message breaks comes back as a *Fault, whose cause, if
// the XML itself was refused, is the *xmldoc.Error; errors of r come back
// wrapped. On a fault the envelope is not nil but holds the version to answer
// in, or 0 if it was not recognized.
func ReadEnvelope(r io.Reader, charset string, limits xmldoc.Limits) (*Envelope, error) {
	env := &Envelope{}
	root, err := xmldoc.Parse(r, charset, limits)
	if err != nil {
		var refused *xmldoc.Error
		if errors.As(err, &refused) {
			return env, &Fault{Code: Client, String: "Server was unable to read request. ---> " + err.Error(), Cause: err}
		}
		return env, fmt.Errorf("envelope: %w", err)
	}
	if err := env.take(root); err != nil {
		return env, err
	}
	return env, nil
}

func (e *Envelope) take(root *xmldoc.Node) error {
	switch {
	case root.Data != "Envelope":
		return clientFault("the root element is <%s>, not a SOAP Envelope", root.Data)
	case root.NamespaceURI == Namespace11:
		e.Version = V11
	case root.NamespaceURI == Namespace12:
		e.Version = V12
	default:
		return &Fault{Code: VersionMismatch, String: fmt.Sprintf(
			"Possible SOAP version mismatch: Envelope namespace %s was unexpected. Expecting %s or %s.",
			root.NamespaceURI, Namespace11, Namespace12)}
	}
	var header, body *xmldoc.Node
	for c := range xmldoc.Elements(root) {
		own := c.NamespaceURI == root.NamespaceURI
		switch {
		case own && c.Data == "Header" && header == nil && body == nil:
			header = c
		case own && c.Data == "Body" && body == nil:
			body = c
		default:
			return clientFault("element <%s> is out of place in the Envelope", c.Data)
		}
	}
	if body == nil {
		return clientFault("the Envelope has no Body")
	}
	for c := range xmldoc.Elements(header) {
		e.Headers = append(e.Headers, c)
	}
	for c := range xmldoc.Elements(body) {
		if e.Body != nil {
			return clientFault("the Body has more than one child element: <%s> and <%s>", e.Body.Data, c.Data)
		}
		e.Body = c
	}
	if e.Body == nil {
		return clientFault("the Body is empty")
	}
	return nil
}

func clientFault(format string, args ...any) *Fault {
	return &Fault{Code: Client, String: "Server was unable to read request. ---> " + fmt.Sprintf(format, args...) + "."}
}

const (
	actorNext     = "http://schemas.xmlsoap.org/soap/actor/next"
	roleNext      = "http://www.w3.org/2003/05/soap-envelope/role/next"
	roleUltimate  = "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver"
	mustAttribute = "mustUnderstand"
)

// CheckHeaders gives a MustUnderstand fault for the first header block that
// must be understood, is meant for the last receiver, and is not accepted by
// understood; nil stands for a function that accepts none. Other blocks, such
// as those of WS-Addressing, are nobody's business.
func (e *Envelope) CheckHeaders(understood func(*xmldoc.Node) bool) error {
	for _, h := range e.Headers {
		must, err := e.mandatory(h)
		if err != nil {
			return err
		}
		if must && (understood == nil || !understood(h)) {
			return &Fault{Code: MustUnderstand, Header: true, String: "SOAP header " + h.Data + " was not understood."}
		}
	}
	return nil
}

func (e *Envelope) mandatory(h *xmldoc.Node) (bool, error) {
	must, forUs := "", true
	for _, a := range h.Attr {
		switch {
		case a.NamespaceURI != e.Version.Namespace():
		case a.Name.Local == mustAttribute:
			must = a.Value
		case a.Name.Local == "actor" && e.Version == V11:
			forUs = a.Value == "" || a.Value == actorNext
		case a.Name.Local == "role" && e.Version == V12:
			forUs = a.Value == "" || a.Value == roleNext || a.Value == roleUltimate
		}
	}
	switch must {
	case "", "0", "false":
		return false, nil
	case "1", "true":
		return forUs, nil
	}
	fault := clientFault("attribute %s of header <%s> is neither 1 nor 0", mustAttribute, h.Data)
	fault.Header = true
	return false, fault
}
