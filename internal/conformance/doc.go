// Package conformance tests the running gateway from outside, as its clients
// see it: the program is built, started and called over TCP.
//
// The clients are Apache Axis, zeep, curl, requests of Python, sockets, and the
// Go clients; a Samba domain controller stands behind the authentication, and
// the engine alone behind the other backends. What they found is written into
// docs/compatibility.md. Debian packages that bring them are installed by
// "make needs"; "make interop-axis" and its likes run one of them alone.
//
// By default the program runs with the embedded emulator. WSEXCHANGE_TARGET
// points the same tests at another service: the URL as it is typed into
// H-Sphere, "http://DOMAIN%5Clogin:password@server/MPSWS". What looks into the
// directory is left out then, unless WSEXCHANGE_TARGET_LDAP names it.
package conformance
