// Package namespace collects the namespaces of the emulator, one package
// below each.
package namespace
