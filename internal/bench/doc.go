// Package bench compares the gateway with the least that could answer the same
// call: a handler of net/http that unmarshals the envelope with encoding/xml.
//
// Both answer the same EnableUser; the gateway has a submitter that answers at
// once, and everything that it has in service: metrics, a log line for each
// call, and authentication unless that is left out. The benchmarks of this
// package (make bench) time the handlers in one process; cmd/loadtarget serves
// each of them in a process of its own for scripts/load.sh (make load), which
// puts wrk before them and counts their CPU time.
package bench
