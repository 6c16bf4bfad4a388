package soap

import (
	"strings"

	"wsexchange/internal/xmldoc"
)

// Code is a fault code, in the terms of SOAP 1.1.
type Code string

// The codes. In SOAP 1.2 Client is Sender and Server is Receiver.
const (
	Client          Code = "Client"
	Server          Code = "Server"
	MustUnderstand  Code = "MustUnderstand"
	VersionMismatch Code = "VersionMismatch"
)

var codes12 = map[Code]string{
	Client: "Sender", Server: "Receiver", MustUnderstand: "MustUnderstand", VersionMismatch: "VersionMismatch",
}

// Fault is a failure that is no answer of an operation. It is an error.
type Fault struct {
	Code Code
	// String is the sentence for people.
	String string
	// Header says that the fault is about a header block, not about the body.
	// SOAP 1.1 tells the two apart by the detail element: it must be absent
	// from such a fault (section 4.4), as it is with ASMX. (F057)
	Header bool
	// Detail holds the children of the detail element. Most faults have none.
	Detail []*xmldoc.Node
	// Cause is the error behind the fault, or nil. It is not sent.
	Cause error
}

// Error gives code and sentence.
func (f *Fault) Error() string { return "SOAP fault " + string(f.Code) + ": " + f.String }

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Cause }

// AppendFault appends a whole message that holds the fault, in the form of
// ASMX: the detail is there even when it is empty, but not in a fault of SOAP
// 1.1 about a header.
func AppendFault(b []byte, v Version, f *Fault) []byte {
	b = AppendStart(b, v)
	if v == V12 {
		b = f.append12(b)
	} else {
		b = f.append11(b)
	}
	return AppendEnd(b)
}

func (f *Fault) append11(b []byte) []byte {
	b = append(b, "<soap:Fault><faultcode>soap:"...)
	b = append(b, f.Code...)
	b = append(b, "</faultcode><faultstring>"...)
	b = xmldoc.AppendText(b, f.String)
	b = append(b, "</faultstring>"...)
	if !f.Header {
		b = f.appendDetail(b, "detail")
	}
	return append(b, "</soap:Fault>"...)
}

func (f *Fault) append12(b []byte) []byte {
	b = append(b, "<soap:Fault><soap:Code><soap:Value>soap:"...)
	b = append(b, codes12[f.Code]...)
	b = append(b, `</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="en">`...)
	b = xmldoc.AppendText(b, f.String)
	b = append(b, "</soap:Text></soap:Reason>"...)
	b = f.appendDetail(b, "soap:Detail")
	return append(b, "</soap:Fault>"...)
}

func (f *Fault) appendDetail(b []byte, name string) []byte {
	b = append(append(b, '<'), name...)
	if len(f.Detail) == 0 {
		return append(b, " />"...)
	}
	b = append(b, '>')
	for _, n := range f.Detail {
		b = xmldoc.AppendXML(b, n, "")
	}
	b = append(append(b, '<', '/'), name...)
	return append(b, '>')
}

// Fault gives the fault that the body holds, or nil if the body is none. An
// unknown code is read as Server.
func (e *Envelope) Fault() *Fault {
	if e.Body == nil || e.Body.Data != "Fault" || e.Body.NamespaceURI != e.Version.Namespace() {
		return nil
	}
	f := &Fault{}
	var code string
	var detail *xmldoc.Node
	if e.Version == V12 {
		code = xmldoc.Text(xmldoc.Path(e.Body, "Code", "Value"))
		f.String = xmldoc.Text(xmldoc.Path(e.Body, "Reason", "Text"))
		detail = xmldoc.Child(e.Body, "Detail")
	} else {
		code = xmldoc.Text(xmldoc.Child(e.Body, "faultcode"))
		f.String = xmldoc.Text(xmldoc.Child(e.Body, "faultstring"))
		detail = xmldoc.Child(e.Body, "detail")
	}
	f.Code = parseCode(code)
	for n := range xmldoc.Elements(detail) {
		f.Detail = append(f.Detail, n)
	}
	return f
}

func parseCode(text string) Code {
	text = strings.TrimSpace(text)
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		text = text[i+1:]
	}
	for code, name := range codes12 {
		// Codes of SOAP 1.1 may be refined by dots: "Client.Authentication".
		if own, _, _ := strings.Cut(text, "."); own == string(code) || own == name {
			return code
		}
	}
	return Server
}
