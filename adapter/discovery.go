package adapter

import (
	"bytes"
	"fmt"
	"html"

	"github.com/labstack/echo/v4"

	"wsexchange/wsdl"
)

// discoFile is the discovery document of the folder.
const discoFile = "default.disco"

// The documents by which the tools of .NET, wsdl.exe and disco.exe among them,
// find the WSDL of a service from its bare address. (F056)
const (
	discoveryStart = `<?xml version="1.0" encoding="utf-8"?>
<discovery xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.xmlsoap.org/disco/">
`
	discoveryEnd = "</discovery>"
	contractRef  = `  <contractRef ref="%[1]s?wsdl" docRef="%[1]s" xmlns="http://schemas.xmlsoap.org/disco/scl/" />
`
	soapRef = `  <soap address="%[1]s" xmlns:q%[2]d="%[3]s" binding="q%[2]d:%[4]s" xmlns="http://schemas.xmlsoap.org/disco/soap/" />
`
)

// discoveryOf returns the discovery document of a service at an address.
func discoveryOf(s wsdl.Service, address string) []byte {
	var b bytes.Buffer
	b.WriteString(discoveryStart)
	fmt.Fprintf(&b, contractRef, html.EscapeString(address))
	for i, binding := range s.Bindings() {
		fmt.Fprintf(&b, soapRef, html.EscapeString(address), i+1, wsdl.Namespace, binding)
	}
	b.WriteString(discoveryEnd)
	return b.Bytes()
}

// discovery answers with the discovery document of the folder: the contracts of
// all services.
func (h *Handler) discovery(c echo.Context) error {
	var b bytes.Buffer
	b.WriteString(discoveryStart)
	for _, s := range h.list {
		fmt.Fprintf(&b, contractRef, html.EscapeString(h.address(c.Request(), s)))
	}
	b.WriteString(discoveryEnd)
	return h.xml(c, b.Bytes())
}
