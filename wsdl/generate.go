package wsdl

//go:generate go run wsexchange/internal/wsdlgen/cmd/wsdlgen -dir .
