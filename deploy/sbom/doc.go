// Command sbom prints the bill of materials of a Go program: the modules that
// the linker put into it, as the program itself tells, in CycloneDX's JSON.
//
//	go run ./deploy/sbom bin/wsexchange >wsexchange.cdx.json
//
// The same program gives the same bill: there is no time and no number in it
// that changes.
package main
