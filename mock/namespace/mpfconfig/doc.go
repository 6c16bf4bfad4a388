// Package mpfconfig is the namespace "MPF Config": it tells which namespaces
// and procedures the engine has.
//
// Both answers are made from the rows that the engine runs by. What the
// original keeps beside them, credentials under which procedures run, does not
// exist here and is refused.
package mpfconfig
