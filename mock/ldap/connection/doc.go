// Package connection serves LDAP clients: it accepts connections, reads their
// requests, and answers them through a Handler, which knows the directory.
//
//	s := connection.New(connection.Config{Handler: directory})
//	go s.Serve(ctx, listener)
//	...
//	s.Shutdown(ctx)
//
// What a client can make the server do is bounded, each bound a field of
// Config: connections in all and of one address, the size of a request before
// and after a bind, operations at a time, requests that wait, how much of an
// answer is held, and how long a client may be silent, send one request, or
// leave an answer unread. A Queue bounds the checks of passwords in the whole
// process.
//
// A connection has one goroutine that reads, and one for each operation. The
// reader goes on while operations run, so that an abandon request and the end
// of the connection are noticed at once: both end the context of the work. A
// bind runs alone (RFC 4511 section 4.2.1): it waits for the operations before
// it, and what comes after it waits, as received, in a queue that is bounded by
// its octets.
//
// The package answers by itself what needs no directory: anonymous binds and
// binds by methods other than a name and password, StartTLS, Who am I?,
// unknown extended operations and critical controls, abandon, and all writes,
// which are refused.
package connection
