// Package conformance tests the running gateway from outside, as its clients
// see it: the program is built, started and called over TCP.
//
// By default the program runs with the embedded emulator. WSEXCHANGE_TARGET
// points the same tests at another service: the URL as it is typed into
// H-Sphere, "http://DOMAIN%5Clogin:password@server/MPSWS". What looks into the
// directory is left out then, unless WSEXCHANGE_TARGET_LDAP names it.
package conformance
