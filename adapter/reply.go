package adapter

import (
	"slices"

	"wsexchange/internal/soap"
	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
	"wsexchange/wsdl"
)

// reply writes the answer of one call.
type reply struct {
	op        *operation
	version   soap.Version
	namespace string // of the operation element in the request
	response  *mpf.Response
}

// append appends the whole message. scratch is overwritten; it comes back grown.
func (r *reply) append(b, scratch []byte) (message, grown []byte) {
	name := r.op.contract.ResponseName()
	b = soap.AppendStart(b, r.version)
	b = append(append(b, '<'), name...)
	if r.namespace != "" {
		b = append(b, ` xmlns="`...)
		b = appendAttribute(b, r.namespace)
		b = append(b, '"')
	}
	b = append(b, '>')
	switch {
	case !r.op.contract.ErrorReturn:
		scratch = r.appendResponse(scratch[:0], "<response>")
		b = r.appendTag(b, "<", r.op.contract.ResultName())
		b = slices.Grow(b, len(scratch)+len(scratch)/4+1<<10)
		b = appendEscaped(b, scratch)
		b = r.appendTag(b, "</", r.op.contract.ResultName())
	case r.op.contract.Result == wsdl.XML:
		b = r.appendTag(b, "<", r.op.contract.ResultName())
		b = r.appendResponse(b, `<response xmlns="">`)
		b = r.appendTag(b, "</", r.op.contract.ResultName())
		b = r.appendError(b)
	default:
		b = r.appendValue(b)
		b = r.appendError(b)
	}
	b = append(append(append(b, '<', '/'), name...), '>')
	return soap.AppendEnd(b), scratch
}

// appendResponse appends the response document without a declaration: the
// client puts its own in front (F048).
func (r *reply) appendResponse(b []byte, start string) []byte {
	b = append(b, start...)
	switch {
	case r.response.Data != nil:
		// Growing step by step would leave behind several times the size. What
		// follows the data takes some bytes too.
		b = slices.Grow(b, xmldoc.Size(r.response.Data)+1<<10)
		b = xmldoc.AppendXML(b, r.response.Data, "")
	case r.response.Err == nil:
		b = append(b, "<data/>"...)
	}
	if r.response.Err != nil {
		b = xmldoc.AppendXML(b, r.response.Err.Element(), "")
	}
	return append(b, "</response>"...)
}

// appendValue appends a boolean, which is always there, or a string, which is
// absent when null (F049).
func (r *reply) appendValue(b []byte) []byte {
	name := r.op.contract.ResultName()
	if r.op.contract.Result == wsdl.Boolean {
		b = r.appendTag(b, "<", name)
		if r.response.Err == nil {
			b = append(b, "true"...)
		} else {
			b = append(b, "false"...)
		}
		return r.appendTag(b, "</", name)
	}
	if r.response.Err != nil {
		return b
	}
	value, _ := r.op.value.in(r.response.Data)
	return r.appendString(b, name, value)
}

// appendError appends errorReturn: the description and code of a failure, and
// an empty element on success (F050).
func (r *reply) appendError(b []byte) []byte {
	text := ""
	if r.response.Err != nil {
		text = r.response.Err.Error()
	}
	return r.appendString(b, wsdl.ErrorReturn, text)
}

func (r *reply) appendString(b []byte, name, value string) []byte {
	if len(value) == 0 {
		return append(append(append(b, '<'), name...), " />"...)
	}
	b = r.appendTag(b, "<", name)
	b = xmldoc.AppendText(b, value)
	return r.appendTag(b, "</", name)
}

func (r *reply) appendTag(b []byte, open, name string) []byte {
	return append(append(append(b, open...), name...), '>')
}

// in finds the place in a data element.
func (p place) in(data *xmldoc.Node) (string, bool) {
	if data == nil {
		return "", false
	}
	if p.attribute == "" {
		n := xmldoc.Path(data, p.elements...)
		return xmldoc.Text(n), n != nil
	}
	// The inputs are echoed beside the outputs, sometimes under one name.
	for n := range xmldoc.Children(data, p.elements[0]) {
		if value, ok := xmldoc.Attr(n, p.attribute); ok {
			return value, true
		}
	}
	return "", false
}

// forget empties the secrets that a procedure echoes among its inputs: nobody
// needs his own password back, and callers log what they get (F053).
func (op *operation) forget(response *mpf.Response) {
	for _, p := range op.secrets {
		for n := range xmldoc.Children(response.Data, p) {
			xmldoc.SetText(n, "")
		}
	}
}

// complete turns a success whose value is missing into a failure: a caller
// that got neither value nor reason could not tell what happened.
func (op *operation) complete(response *mpf.Response) *mpf.Response {
	if response.Err != nil || len(op.value.elements) == 0 {
		return response
	}
	if value, _ := op.value.in(response.Data); value != "" {
		return response
	}
	return &mpf.Response{Data: response.Data, Err: mpf.AnswerIncomplete.New(op.contract.Name, op.value.String())}
}

// appendEscaped escapes XML that xmldoc wrote, and which therefore holds no
// character but valid ones, without copying it into a string first.
func appendEscaped(b, text []byte) []byte {
	from := 0
	for i, c := range text {
		escape := ""
		switch c {
		case '&':
			escape = "&amp;"
		case '<':
			escape = "&lt;"
		case '>':
			escape = "&gt;"
		case '\r':
			escape = "&#xD;"
		default:
			continue
		}
		b = append(append(b, text[from:i]...), escape...)
		from = i + 1
	}
	return append(b, text[from:]...)
}

func appendAttribute(b []byte, value string) []byte {
	for i := 0; i < len(value); i++ {
		switch c := value[i]; c {
		case '&':
			b = append(b, "&amp;"...)
		case '<':
			b = append(b, "&lt;"...)
		case '"':
			b = append(b, "&quot;"...)
		case '\t', '\n', '\r':
			b = append(b, ' ')
		default:
			b = append(b, c)
		}
	}
	return b
}
