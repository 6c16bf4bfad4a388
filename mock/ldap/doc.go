// Package ldap is the domain controller's LDAP door over the emulator's store.
//
// It reads only. Accounts bind by distinguished name, userPrincipalName,
// DOMAIN\account or plain account name, against the passwords and account
// states of the directory, and are told what Active Directory tells. Without a
// bind only the root DSE can be read. Domain administrators see everything,
// other accounts the organization they belong to and nothing of the others.
// Writes are refused with unwillingToPerform.
//
// The protocol is jimlambrt/gldap's, which ends a connection at what it does not
// know. So clients come in through a gate that refuses renames, comparisons and
// binds by SASL, passes over abandon, and speaks TLS; the library listens
// behind it on the loopback address. A program that listens bounds the size of
// requests once as it starts, by BoundRequests; of itself the library bounds
// only how deep they nest.
package ldap
