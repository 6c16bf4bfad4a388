// Package directory is the directory of an emulator: objects with names,
// attributes, links, groups, accounts and passwords, their schema, filters and
// searches.
//
// [In] returns the directory in a transaction of package state; everything is
// read and written through it. Values are kept as LDAP shows them: booleans as
// TRUE and FALSE, times as 20060102150405.0Z, octets as upper-case hex, SIDs as
// S-1-…. What the original computes is computed when it is read.
//
// The tables of objects, links and rights are replicated: each domain
// controller may see its own content. Passwords and settings are not.
//
// An object's row holds its own RDN and the id of its parent; a distinguished
// name is made by walking up, so that a rename or a move changes one row. All
// plain attributes of an object are one encoded text in its row, whose values
// are read without copying. Links are rows of their own, by the ids of both
// ends, and follow when either is renamed.
//
// Passwords are hashed by bcrypt, which takes long on purpose: [Passwords]
// does it outside of transactions, which take what is [Prepared].
package directory
