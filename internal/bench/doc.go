// Package bench compares the gateway with the least that could answer the same
// call: a handler of net/http that unmarshals the envelope with encoding/xml.
// It holds benchmarks only; make bench runs them.
package bench
