// Command sbom prints the bill of materials of a Go program: the modules that
// the linker put into it, as the program itself tells, in CycloneDX's JSON.
//
//	go run ./deploy/sbom bin/wsexchange v1.2.3 >wsexchange.cdx.json
//
// The version may be left out of a program built without -trimpath.
//
// The same program gives the same bill: there is no time and no number in it
// that changes.
package main
