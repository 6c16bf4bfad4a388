package soap

import "wsexchange/internal/xmldoc"

// ASMX declares the two schema prefixes on every envelope, used or not, and
// clients of its time resolve xsi:type and xsi:nil by them.
const schemaPrefixes = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">`

const (
	start11 = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="` + Namespace11 + `"` + schemaPrefixes
	start12 = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="` + Namespace12 + `"` + schemaPrefixes
	end     = `</soap:Body></soap:Envelope>`
)

// AppendStart appends an envelope up to the start tag of its Body, with the
// header blocks given. What is appended next stands where no default namespace
// is declared.
func AppendStart(b []byte, v Version, headers ...*xmldoc.Node) []byte {
	if v == V12 {
		b = append(b, start12...)
	} else {
		b = append(b, start11...)
	}
	if len(headers) > 0 {
		b = append(b, "<soap:Header>"...)
		for _, h := range headers {
			b = xmldoc.AppendXML(b, h, "")
		}
		b = append(b, "</soap:Header>"...)
	}
	return append(b, "<soap:Body>"...)
}

// AppendEnd appends what closes an envelope begun with AppendStart.
func AppendEnd(b []byte) []byte { return append(b, end...) }

// AppendEnvelope appends a whole message with one body element. The result
// has no white space of its own and begins with an XML declaration.
func AppendEnvelope(b []byte, v Version, headers []*xmldoc.Node, body *xmldoc.Node) []byte {
	b = AppendStart(b, v, headers...)
	b = xmldoc.AppendXML(b, body, "")
	return AppendEnd(b)
}
