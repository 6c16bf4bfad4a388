// Package managedhelpers is the namespace "Managed Helpers", as far as it is the
// name under which the deployment guide runs the initialisers of other
// namespaces.
package managedhelpers
