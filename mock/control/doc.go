// Package control is the emulator's API for those who test with it, in JSON
// under /_mock/: reset, snapshots, seed, usage, policy, store sizes, objects,
// journal, waiting, explanations, faults. It belongs on a listener of its own,
// since whoever has its token can do everything.
//
// Every endpoint is a row of the table in routes.go; openapi.yaml is printed
// from the rows, and a test holds it to them. Package client is the API in Go.
package control
