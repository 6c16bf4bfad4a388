// Package wsdlgen writes what is generated from the rows of package wsdl: a
// .wsdl file and a Go client for each service. go generate ./wsdl runs it by
// way of cmd/wsdlgen.
//
// The Go code comes from gowsdl, used as a library. Its types and operations are
// kept; before they are printed a few rewrites make them fit for use:
//
//   - an anonymous type with a wildcard, which is how ASMX declares an XmlNode,
//     comes as an empty struct that loses the payload: it becomes a
//     *client.AnyType;
//   - booleans and numbers come with omitempty, which hides the false that says
//     that a call failed: they are always written;
//   - strings become pointers, so that null and empty stay apart;
//   - every operation comes twice, with a context and without: the one with
//     stays, under the plain name;
//   - json tags go, except that a password gets one that keeps it out of JSON;
//   - the transport is package wsdl/client.
//
// gowsdl's server part is not used.
package wsdlgen
