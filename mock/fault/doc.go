// Package fault makes the emulator fail on purpose, by rules: which requests,
// at which stage, and what happens to them.
//
//	rules, err := fault.New(fault.Config{})
//	rules.Add(fault.Rule{Procedure: "CreateMailbox", Action: fault.Fail, Code: "0x80070005", Times: 1})
//
// The engine asks the rules at every stage of a request (engine.Config's
// Intercept); the SOAP door carries out what concerns the connection (Handler),
// Submitter does the same in process. A failed call is undone like any other,
// so that every fault leaves a consistent state; the stage decides whether the
// caller's request was carried out:
//
//	request   before anything began
//	before    when a call is about to begin
//	after     when a call has written
//	rollback  when the request is being undone
//	answer    when everything is committed, and the caller does not know it
package fault
