// Package daemon is what the long-running programs have in common: a logger,
// servers that stop in order, and the listener of metrics and health.
package daemon
