// Package examples is a folder of request files: one for each public procedure
// of the emulator, in a folder named for its namespace. Submit them with
// provtest.
//
// The comment at the top of a file says what the request does, and in lines of
// their own what has to be:
//
//	Needs: Hosted Exchange/CreateBusinessOrganization
//	Fails: 0x80070057
//
// Needs names an example to run before, with what that one needs itself; there
// may be several. Fails is the code that the request ends with, for procedures
// that do nothing but fail. Every other example succeeds on a new emulator with
// the demo data after those that it needs. A test holds all of this.
package examples

import "embed"

//go:embed */*.xml
var files embed.FS

// Of returns the example of a procedure, and false if there is none.
func Of(namespace, procedure string) (string, bool) {
	text, err := files.ReadFile(namespace + "/" + procedure + ".xml")
	return string(text), err == nil
}
