// Package mpfconfig is the namespace "MPF Config": it tells which namespaces
// and procedures the engine has, and says as whom procedures run.
//
// The answers about namespaces are made from the rows that the engine runs by.
// Credentials are accounts of the directory. The original's are defined in its
// Provisioning Manager; here DefineCredential does it, which checks the password
// and keeps none.
package mpfconfig
