package wsdl

import "slices"

// Namespace is the target namespace of all four services. It ends without a
// slash (F001).
const Namespace = "http://provisioning.microsoft.com/webservices"

// ErrorReturn is the name of the string that stands after the result of an
// Operation with ErrorReturn set.
const ErrorReturn = "errorReturn"

// Type is the type of a parameter or of a result. The zero Type is none.
type Type int

// The types that the services use.
const (
	String  Type = iota + 1 // s:string; absent when null
	Boolean                 // s:boolean; always present
	XML                     // any XML content in a mixed element; absent when null
)

var typeNames = map[Type]string{String: "string", Boolean: "boolean", XML: "XmlNode"}

// String names the type as a help page shows it: string, boolean or XmlNode.
// Any other Type is "none".
func (t Type) String() string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	return "none"
}

// Service is one web service: an .asmx page and its operations.
type Service struct {
	Name       string      // as in the address, without .asmx
	Operations []Operation // in the order of the WSDL
}

// Operation is one method of a Service.
type Operation struct {
	Name        string
	Parameters  []Parameter // in wire order
	Result      Type        // type of the element that ResultName names
	ErrorReturn bool        // a string named errorReturn follows the result
}

// Parameter is one argument of an Operation. Its Name is spelled as the wire
// spells it.
type Parameter struct {
	Name string
	Type Type
}

// Services returns the four services in the order of the contract:
// HostedExchange, ExchangeResourceManager, ManagedActiveDirectory, MPSGeneral.
// The operations in them are shared and must not be changed.
func Services() []Service {
	return []Service{hostedExchange, exchangeResourceManager, managedActiveDirectory, mpsGeneral}
}

// Lookup finds a service by its exact name; ok is false when there is none.
func Lookup(service string) (found Service, ok bool) {
	for _, s := range Services() {
		if s.Name == service {
			return s, true
		}
	}
	return Service{}, false
}

// Operation finds an operation by its exact name; ok is false when the service
// has none of that name.
func (s Service) Operation(name string) (found Operation, ok bool) {
	for _, op := range s.Operations {
		if op.Name == name {
			return op, true
		}
	}
	return Operation{}, false
}

// Parameter finds a parameter by its exact name and gives its position from 0;
// ok is false, and the position -1, when the operation has none of that name.
func (op Operation) Parameter(name string) (found Parameter, position int, ok bool) {
	for i, p := range op.Parameters {
		if p.Name == name {
			return p, i, true
		}
	}
	return Parameter{}, -1, false
}

// SOAPAction is the value of the SOAPAction header, without its quotes.
func (op Operation) SOAPAction() string { return Namespace + "/" + op.Name }

// ResponseName is the local name of the body element that answers the operation.
func (op Operation) ResponseName() string { return op.Name + "Response" }

// ResultName is the local name of the result within the answer.
func (op Operation) ResultName() string { return op.Name + "Result" }

// document is an operation that answers with one string, an XML document.
func document(name string, parameters ...[]Parameter) Operation {
	return Operation{Name: name, Parameters: slices.Concat(parameters...), Result: String}
}

// outcome is an operation that answers with a result and an errorReturn.
func outcome(name string, result Type, parameters ...[]Parameter) Operation {
	return Operation{Name: name, Parameters: slices.Concat(parameters...), Result: result, ErrorReturn: true}
}

func texts(names ...string) []Parameter     { return typed(String, names) }
func flags(names ...string) []Parameter     { return typed(Boolean, names) }
func fragments(names ...string) []Parameter { return typed(XML, names) }

func typed(t Type, names []string) []Parameter {
	out := make([]Parameter, len(names))
	for i, name := range names {
		out[i] = Parameter{Name: name, Type: t}
	}
	return out
}
