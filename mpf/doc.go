// Package mpf is the vocabulary that gateway and emulator share: the documents
// of the Microsoft Provisioning Framework and the interface that runs them.
//
// A Request names one procedure beside its data (a simple request) or brings
// its own steps (a trusted request). A Submitter runs it. The Response holds
// the request's data after the last step, and an Error if the procedure failed:
// a failed procedure is an answer, not a Go error. Go errors of Submit mean
// that no answer came.
//
// Submitters are the engine of the emulator, the Client of MPF's SOAP ISAPI
// door, the ServiceClient of a real MPSWS, and the Balancer over several of
// them. NewHandler serves any Submitter through the SOAP ISAPI door. The two
// clients and the Balancer never send a request twice unless it surely was not
// delivered.
//
// Error codes are rows in hresult.go, the failures that we raise ourselves are
// rows in causes.go; docs/errors.md is printed from both. Data stays an XML tree: only procedures look into it.
package mpf
