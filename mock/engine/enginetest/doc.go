// Package enginetest starts an engine over a seeded store in one line of a
// test.
//
//	u := enginetest.New(t, hostedexchange.Namespace())
//	r := u.MustCall("Hosted Exchange", "DisableUser", `<path>LDAP://…</path>`)
//
// A Universe has a store of its own in a file that ends with the test, a clock
// that stands still until it is moved, and ids in order, so that what it
// answers can be compared as text.
package enginetest
