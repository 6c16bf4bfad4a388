// Package tlsreload serves a TLS certificate from files and follows them when
// they are renewed.
//
// Renewing tools replace the certificate and its key one after the other, by
// renaming or by writing in place, or swap a symbolic link to a directory.
// [Certificates] therefore watches the directories, reads both files a moment
// after the last change, and takes them only if they belong together and are
// whole; until then it keeps serving the pair it has.
package tlsreload
