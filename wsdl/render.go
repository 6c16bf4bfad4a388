package wsdl

import (
	"bytes"
	"encoding/xml"
	"fmt"
)

// The declarations are those that ASMX reflection writes, used or not: some
// toolkits look a prefix up by its customary name.
const definitionsStart = `<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:http="http://schemas.xmlsoap.org/wsdl/http/" xmlns:tns="` + Namespace + `" xmlns:mime="http://schemas.xmlsoap.org/wsdl/mime/" xmlns:tm="http://microsoft.com/wsdl/mime/textMatching/" xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" targetNamespace="` + Namespace + `" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/">
`

// parameterElement is how a Type is declared within a sequence; the one verb is
// the name. An XmlNode is an anonymous mixed type with one wildcard: from that
// shape Axis 1.x derives the classes that clients were compiled with (F002).
var parameterElement = map[Type]string{
	String:  "            <s:element minOccurs=\"0\" maxOccurs=\"1\" name=\"%s\" type=\"s:string\" />\n",
	Boolean: "            <s:element minOccurs=\"1\" maxOccurs=\"1\" name=\"%s\" type=\"s:boolean\" />\n",
	XML: `            <s:element minOccurs="0" maxOccurs="1" name="%s">
              <s:complexType mixed="true">
                <s:sequence>
                  <s:any />
                </s:sequence>
              </s:complexType>
            </s:element>
`,
}

// soapBindings are the bindings of every service: the suffix of the binding's
// and the port's name, and the prefix of its extension elements.
var soapBindings = []struct{ suffix, prefix string }{
	{"Soap", "soap"},
	{"Soap12", "soap12"},
}

// Bindings returns the names of the bindings that the WSDL of the service
// declares.
func (s Service) Bindings() []string {
	names := make([]string, len(soapBindings))
	for i, b := range soapBindings {
		names[i] = s.Name + b.suffix
	}
	return names
}

// Render writes the WSDL of a service as ASMX reflection writes it (F003),
// except for the HTTP GET and POST bindings: the services answer SOAP only.
// location is the address that clients shall call; it is escaped as needed.
// The result is UTF-8 and the same for the same arguments.
func Render(s Service, location string) []byte {
	var b bytes.Buffer
	b.WriteString(definitionsStart)
	renderTypes(&b, s)
	renderMessages(&b, s)
	renderPortType(&b, s)
	for _, binding := range soapBindings {
		renderBinding(&b, s, binding.suffix, binding.prefix)
	}
	renderService(&b, s, location)
	b.WriteString("</wsdl:definitions>\n")
	return b.Bytes()
}

func renderTypes(b *bytes.Buffer, s Service) {
	b.WriteString("  <wsdl:types>\n")
	fmt.Fprintf(b, "    <s:schema elementFormDefault=\"qualified\" targetNamespace=\"%s\">\n", Namespace)
	for _, op := range s.Operations {
		renderElement(b, op.Name, op.Parameters)
		answer := []Parameter{{op.ResultName(), op.Result}}
		if op.ErrorReturn {
			answer = append(answer, Parameter{ErrorReturn, String})
		}
		renderElement(b, op.ResponseName(), answer)
	}
	b.WriteString("    </s:schema>\n  </wsdl:types>\n")
}

func renderElement(b *bytes.Buffer, name string, content []Parameter) {
	fmt.Fprintf(b, "      <s:element name=\"%s\">\n        <s:complexType>\n          <s:sequence>\n", name)
	for _, p := range content {
		fmt.Fprintf(b, parameterElement[p.Type], p.Name)
	}
	b.WriteString("          </s:sequence>\n        </s:complexType>\n      </s:element>\n")
}

func renderMessages(b *bytes.Buffer, s Service) {
	for _, op := range s.Operations {
		renderMessage(b, op.Name+"SoapIn", op.Name)
		renderMessage(b, op.Name+"SoapOut", op.ResponseName())
	}
}

func renderMessage(b *bytes.Buffer, name, element string) {
	fmt.Fprintf(b, `  <wsdl:message name="%s">
    <wsdl:part name="parameters" element="tns:%s" />
  </wsdl:message>
`, name, element)
}

func renderPortType(b *bytes.Buffer, s Service) {
	fmt.Fprintf(b, "  <wsdl:portType name=\"%sSoap\">\n", s.Name)
	for _, op := range s.Operations {
		fmt.Fprintf(b, `    <wsdl:operation name="%[1]s">
      <wsdl:input message="tns:%[1]sSoapIn" />
      <wsdl:output message="tns:%[1]sSoapOut" />
    </wsdl:operation>
`, op.Name)
	}
	b.WriteString("  </wsdl:portType>\n")
}

func renderBinding(b *bytes.Buffer, s Service, suffix, prefix string) {
	fmt.Fprintf(b, `  <wsdl:binding name="%[1]s%[2]s" type="tns:%[1]sSoap">
    <%[3]s:binding transport="http://schemas.xmlsoap.org/soap/http" />
`, s.Name, suffix, prefix)
	for _, op := range s.Operations {
		fmt.Fprintf(b, `    <wsdl:operation name="%[1]s">
      <%[2]s:operation soapAction="%[3]s" style="document" />
      <wsdl:input>
        <%[2]s:body use="literal" />
      </wsdl:input>
      <wsdl:output>
        <%[2]s:body use="literal" />
      </wsdl:output>
    </wsdl:operation>
`, op.Name, prefix, op.SOAPAction())
	}
	b.WriteString("  </wsdl:binding>\n")
}

func renderService(b *bytes.Buffer, s Service, location string) {
	fmt.Fprintf(b, "  <wsdl:service name=\"%s\">\n", s.Name)
	for _, binding := range soapBindings {
		fmt.Fprintf(b, `    <wsdl:port name="%[1]s%[2]s" binding="tns:%[1]s%[2]s">
      <%[3]s:address location="%[4]s" />
    </wsdl:port>
`, s.Name, binding.suffix, binding.prefix, escape(location))
	}
	b.WriteString("  </wsdl:service>\n")
}

func escape(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a Buffer takes every write
	return b.String()
}
