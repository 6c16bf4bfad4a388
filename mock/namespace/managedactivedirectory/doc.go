// Package managedactivedirectory is the namespace "Managed Active Directory":
// organizations, users, groups and contacts of a hosting directory.
//
// Its procedures chain those of the Active Directory Provider. What they add
// stands in files by concept: policy.go says what an organization of each type
// is made of, organization.go makes, renames and deletes one, samobject.go
// finds account names that are free, user.go, group.go and contact.go hold the
// rest, query.go what only reads. The rows are in rows.go, in the documented
// order.
package managedactivedirectory
