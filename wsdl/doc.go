// Package wsdl holds the contract of the four provisioning web services as
// data, and writes it as WSDL.
//
// A Service is a table of Operations; an Operation has a name, Parameters in
// wire order, the Type of its result, and says whether an errorReturn string
// stands beside that result. There is one file per service, named for it, with
// one row per operation:
//
//	document("DisableUser", texts("ldapPath", "preferredDomainController")),
//	outcome("DeleteUser", Boolean, texts("user", "preferredDomainController"), flags("sendCredentials")),
//
// document is an operation whose string result is the whole answer, as all of
// HostedExchange and ExchangeResourceManager have it; outcome is one that
// answers with a value and an errorReturn. texts, flags and fragments are runs
// of string, boolean and XML parameters.
//
// These rows are the only place where names, order and types are written.
// Everything else is made from them: Render gives the document that ASMX
// reflection gives for the same contract, and the folders below hold Go clients
// generated from that document:
//
//	wsdl/hostedexchange           HostedExchange.asmx
//	wsdl/exchangeresourcemanager  ExchangeResourceManager.asmx
//	wsdl/managedactivedirectory   ManagedActiveDirectory.asmx
//	wsdl/mpsgeneral               MPSGeneral.asmx
//	wsdl/client                   the SOAP call that all four use
//
// After a change of a row, go generate ./wsdl writes the .wsdl files and the
// clients anew; a test fails while they differ.
package wsdl
