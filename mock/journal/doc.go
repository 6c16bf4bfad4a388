// Package journal keeps what an emulator was asked and what became of it, for
// tests to look into: SOAP call (operation, and its id as clientTransactionId) →
// request → calls → objects changed, before and after → answer. It is bounded in
// memory and holds no passwords.
//
// Wait waits for a request without asking again and again; Explain says why
// one failed; Export writes request files, and ReadNote reads what stands in them
// beside the request.
package journal
