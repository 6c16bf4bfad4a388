// Package rootdse says what the root DSE has: the entry without a name by which
// an LDAP client learns what a directory is and can do (RFC 4512 section 5.1,
// MS-ADTS section 3.1.1.3.2). It announces only what its caller says is there.
package rootdse
