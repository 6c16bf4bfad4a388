package mpf

import (
	"context"
	"encoding/xml"
	"errors"

	"github.com/antchfx/xmlquery"

	"wsexchange/internal/soap"
	"wsexchange/internal/xmldoc"
)

// DoorPath is where MPF's SOAP ISAPI door stands by default.
const DoorPath = "/mpf/soapisapi.dll"

const provisioningHeader = "provisioning"

// writeProvisioning gives the header block that names the procedure of a
// simple request, or marks a trusted one. (F150, F151)
func writeProvisioning(target Target) *xmldoc.Node {
	n := xmldoc.Element(provisioningHeader)
	n.NamespaceURI = SchemaNamespace
	n.Attr = append(n.Attr, xmlquery.Attr{
		Name: xml.Name{Space: "soap", Local: "mustUnderstand"}, Value: "1", NamespaceURI: soap.Namespace11,
	})
	if target.IsZero() {
		return xmldoc.SetAttr(n, "trusted", "1")
	}
	for _, part := range [][2]string{{"namespace", target.Namespace}, {"procedure", target.Procedure}} {
		child := xmldoc.TextElement(part[0], part[1])
		child.NamespaceURI = SchemaNamespace
		xmldoc.Append(n, child)
	}
	return n
}

// readProvisioning finds the header block among the headers. A zero target
// stands for a trusted request. Namespace and procedure may be elements or
// attributes, in any XML namespace. (F150, F151)
func readProvisioning(env *soap.Envelope) (Target, error) {
	var found *xmldoc.Node
	for _, h := range env.Headers {
		switch {
		case h.Data != provisioningHeader:
		case found != nil:
			return Target{}, headerFault("The header 'provisioning' is given more than once.")
		default:
			found = h
		}
	}
	if found == nil {
		return Target{}, headerFault("The header 'provisioning' is missing: it names the namespace and the procedure of the request.")
	}
	target := Target{Namespace: partOf(found, "namespace"), Procedure: partOf(found, "procedure")}
	mark, _ := xmldoc.Attr(found, "trusted")
	trusted := mark == "1" || mark == "true"
	switch {
	case trusted && target.IsZero():
		return Target{}, nil
	case trusted:
		return Target{}, headerFault("A trusted request names no procedure in the header 'provisioning'.")
	case target.Namespace == "":
		return Target{}, headerFault("The header 'provisioning' has no 'namespace'.")
	case target.Procedure == "":
		return Target{}, headerFault("The header 'provisioning' has no 'procedure'.")
	}
	return target, nil
}

func partOf(n *xmldoc.Node, name string) string {
	if text, ok := xmldoc.ChildText(n, name); ok {
		return text
	}
	text, _ := xmldoc.Attr(n, name)
	return text
}

// understood tells which header blocks the door understands. The path block of
// SOAP routing is read and has no effect.
func understood(h *xmldoc.Node) bool { return h.Data == provisioningHeader || h.Data == "path" }

// headerFault is a fault about the header block of MPF, which has no detail.
func headerFault(text string) *soap.Fault {
	return &soap.Fault{Code: soap.Client, Header: true, String: text}
}

// outcomes lists the errors of a Submitter that keep their meaning through the
// door: they travel as the outcome attribute in the detail of a Server fault.
// (F152)
var outcomes = []struct {
	name string
	err  error
	text string
}{
	{"unreachable", ErrUnreachable, "The provisioning engine cannot be reached."},
	{"timeout", ErrTimeout, "The provisioning engine did not answer in time."},
	{"lost", ErrConnectionLost, "The connection to the provisioning engine broke before its answer was complete."},
	{"timeout", context.DeadlineExceeded, "The provisioning engine did not answer in time."},
	{"unknown", nil, "The provisioning engine gave no answer; its log has the details."},
}

const outcomeElement = "outcome"

// faultOf gives the fault that stands for an error of a Submitter. It tells
// nothing of the error but its kind.
func faultOf(err error) *soap.Fault {
	for _, row := range outcomes {
		if row.err != nil && !errors.Is(err, row.err) {
			continue
		}
		detail := xmldoc.SetAttr(xmldoc.Element(outcomeElement), "name", row.name)
		detail.NamespaceURI = SchemaNamespace
		return &soap.Fault{Code: soap.Server, String: row.text, Detail: []*xmldoc.Node{detail}, Cause: err}
	}
	return nil
}

// errorOf is the mirror of faultOf.
func errorOf(fault *soap.Fault) error {
	for _, n := range fault.Detail {
		name, _ := xmldoc.Attr(n, "name")
		if n.Data != outcomeElement || n.NamespaceURI != SchemaNamespace {
			continue
		}
		for _, row := range outcomes {
			if row.err != nil && row.name == name {
				return row.err
			}
		}
	}
	return ErrFault
}
