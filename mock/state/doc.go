// Package state holds the content of an emulator as one immutable value.
//
// A [Schema] lists the tables, each declared once by [Declare] with its key,
// its indexes and how a row is written for the ledger. A [Root] has the rows of
// all tables in ordered copy-on-write trees and never changes. A [Tx] is a root
// that is being changed: it shares all that it does not write, so that making
// one, and a savepoint within it, costs next to nothing, and undoing is
// forgetting.
//
// From that follow, without code of their own: a reader that waits for nobody
// (it keeps a root), a snapshot (a root that is kept), a dry run (a transaction
// that is dropped), what a step changed (the changes of its transaction, object
// by object), and the difference of two roots ([Difference]).
//
// The package knows the meaning of no table and does no I/O. Rows are values
// that are never modified after they were put: to change one, put a copy.
package state
