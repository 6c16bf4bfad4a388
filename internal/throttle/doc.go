// Package throttle shuts out who sends too many wrong passwords, the same on
// every way into a program: web services, LDAP, MPF's own endpoint.
//
// Failures are counted for each source address, and for each account as seen
// from one source, so that nobody can shut an account for others. An attempt is
// reserved by Begin and gets its verdict by End, so that many at once cannot
// try more than the limit before the first verdict.
package throttle
