// Package testcontainers is the example of ../testcontainers.md, in a module of
// its own, for the library brings a hundred more. It starts the emulator's image
// for a test and drives it with the control client:
//
//	cd docs/testcontainers && go test -mod=mod .
//
// needs an engine for images, and the image (make image).
package testcontainers
