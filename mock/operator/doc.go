// Package operator gives those who operate an emulator its queue and its audit
// log, on the listener of administrators of the program that runs it:
//
//	GET    /-/queue                  jobs that have not ended, oldest first
//	GET    /-/queue?status=S         jobs in a status, in any letter case; may repeat
//	POST   /-/queue/activate?id=ID   lets a suspended or parked job run
//	DELETE /-/queue?id=ID            removes a suspended, parked or ended job
//	GET    /-/audit                  the newest requests of the audit log
//	GET    /-/audit?id=ID            those with a transaction's or a client's id
//
// Parked is QUEUE_FAILED_AWAITING_OPERATOR: the job failed for good, and was
// submitted to wait for a decision then. What a job was asked to do is shown
// by namespace and procedure only: its request may hold passwords. The audit log
// has requests without them. It is asked by organization (a path), namespace,
// procedure, code, failed, from and to as well, and gives limit of them, newest
// first. Times are those of RFC 3339, or how long ago: from=90m.
package operator
