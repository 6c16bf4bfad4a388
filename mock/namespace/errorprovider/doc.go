// Package errorprovider is the namespace "Error Provider": procedures that
// raise and translate errors, for the catch branches of requests, and one that
// writes an event.
package errorprovider
