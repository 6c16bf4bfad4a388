// Package ldappath reads and writes ADsPaths ("LDAP://server/DN") and the
// distinguished names in them.
//
// The syntax of names is RFC 4514, read by go-ldap; this package adds what ADSI
// and its callers put around it: the scheme in any letter case, an optional
// server, "\/" for a slash inside a name, and blanks around separators. Names
// are compared RDN by RDN, letter case folded, never as strings.
package ldappath
