// Package ldap is a domain controller's LDAP listener over the emulator's
// directory.
//
// It reads only. Accounts bind by distinguished name, userPrincipalName,
// DOMAIN\account or plain account name, against the passwords and account
// states of the directory, and are told what Active Directory tells. Without a
// bind only the root DSE can be read. Domain administrators see everything,
// other accounts the organization they belong to and nothing of the others.
// Writes are refused with unwillingToPerform.
//
// Package wire encodes, connection keeps clients within limits, control,
// attribute and rootdse know what the protocol adds to a search; this package
// has what they ask: binds, searches and comparisons in the directory, and the
// schema as the entry CN=Aggregate.
package ldap
