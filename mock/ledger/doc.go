// Package ledger keeps what lasts of an emulator: its state, the audit log and
// the transaction log.
//
// A [Store] has the head, the root with which the next writer begins, and the
// written root, which everyone reads. A [Writer] takes the one turn to write,
// changes the head within a transaction and commits: its root becomes the new
// head, the turn goes on to the next writer at once, and the commit is answered
// when the ledger has it. Commits that wait at the same time are written
// together, as one transaction of the database: one sync of the disk serves
// all of them. If that fails, every commit that stands on what was not written
// is refused with [ErrNotWritten], and the head is again the written root.
//
// Content is kept in memory alone, or in an SQLite file: one row of JSON for
// each row of the state, one revision for each commit with what it changed,
// the audit log and the transaction log. docs/backup.md describes the file.
//
// The package knows the meaning of no table of the state.
package ledger
