// Package adapter is the HTTP API that the control panel speaks: the four web
// services of the contract, translated into requests of the provisioning
// framework.
//
// An operation is one row of data in the file of its service: hostedexchange.go,
// exchangeresourcemanager.go, managedactivedirectory.go, mpsgeneral.go. A row
// says which executeData element each parameter becomes; names, order and types
// on the wire come from package wsdl. A row that names no operation of the
// contract, or leaves a parameter out, fails at start-up.
//
// The life of a call, file by file:
//
//	handler.go    path, method, request id, authentication, log line
//	call.go       envelope, SOAPAction, operation, submit
//	bind.go       child elements → parameters by name, alias, position
//	place.go      the position rule alone
//	scope.go      LDAP paths stay inside the managed directory
//	translate.go  parameters → mpf.Request
//	reply.go      mpf.Response → body of the answer
//
// A failed procedure is an answer (HTTP 200); only bad messages, refused logins
// and a silent engine are faults. Help pages and WSDL are in pages.go, metrics
// in metrics.go, docs/operations.md is printed by WriteOperations.
package adapter
