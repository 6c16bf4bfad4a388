// Package operator gives those who operate an emulator its queue, on the
// listener of administrators of the program that runs it:
//
//	GET    /-/queue                  jobs that have not ended, oldest first
//	GET    /-/queue?status=S         jobs in a status, in any letter case; may repeat
//	POST   /-/queue/activate?id=ID   lets a suspended or parked job run
//	DELETE /-/queue?id=ID            removes a suspended, parked or ended job
//
// Parked is QUEUE_FAILED_AWAITING_OPERATOR: the job failed for good, and was
// submitted to wait for a decision then. What a job was asked to do is shown
// by namespace and procedure only: its request may hold passwords.
package operator
