// Package mpsimport is the namespace "MPS Import": the last mile of a migration.
// Organizations, users and mailboxes exist already, below the hosting OU and at
// the right level; its procedures make them known to the plan database, the
// resource manager and the security scheme (F312).
//
// It keeps nothing itself. All of its procedures are for domain administrators.
package mpsimport
