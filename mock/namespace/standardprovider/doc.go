// Package standardprovider has the standard namespaces of MPF that this emulator
// knows by name and does not carry out: those that reach outside of the process
// (SQL, Scripting, Command Line, File System, Registry, HTTP and SOAP, Custom
// Audit), and those that keep resources of any kind in a database of their own
// (CoreRMO, BlockModelRMO), in whose place the procedures of Exchange Resource
// Manager are.
//
// A call is checked against the row, so that a test learns of a wrong request,
// and then refused: with mpf.OutOfReach, or with mpf.NotSupported. Nothing is
// opened, started or sent (F170).
package standardprovider
