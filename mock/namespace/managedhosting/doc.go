// Package managedhosting is the namespace "Managed Hosting": it prepares a
// directory for hosting and tells what organizations and callers are.
package managedhosting
