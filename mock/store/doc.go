// Package store is the emulator's database: a directory as Active Directory
// keeps one, the public folder tree, SMTP domains, the resource manager's stores
// and shares, plans with their customers, and the engine's audit, transaction
// log and queue.
//
// A [Store] is opened on a file or in memory. All work happens in a [Tx]:
// [Store.Update] gives one that may write, [Store.View] one that may only read.
// One writer runs at a time and holds the store until it commits or rolls
// back; readers of a file see the state before it and do not wait, readers of
// a store in memory do. Never open a second transaction while the same
// goroutine holds one.
//
// # The directory
//
// An [Object] is a name, a class, a GUID, for accounts a SID, and attributes.
// Names are [ldappath.DN]; attribute names are known in any letter case and
// given back in the schema's. All values are text: numbers in decimal, booleans
// TRUE and FALSE, times as 20060102150405.0Z, octets as upper-case hex, SIDs as
// S-1-…, DN-with-binary as B:32:HEX:DN; [AttributeType.Wire] turns them into
// what LDAP sends. DN-valued attributes are links by object id, so a rename
// keeps them right and a delete clears them; their back-links are computed.
// Names, sAMAccountName, userPrincipalName, proxy addresses, SMTP domains and
// folder paths are unique without regard to letter case, held by indexes.
//
// # Errors
//
// Every refusal is a sentinel to test with errors.Is ([ErrNotFound],
// [ErrConflict], …), most of them carried by a type with the particulars
// ([NotFoundError], [ConflictError], [ConstraintError], …).
//
// # Starting content
//
// [Store.Seed] writes a [Seed] once: the domain, its controllers, groups and
// accounts, the hosting OU with its resellers, the Exchange configuration.
// [LoadSeed] reads one from YAML; [DefaultSeed] is the one built in.
package store
