// Package queue keeps the requests that run later: their order, what they wait
// for and how often they are tried. Who runs them is the engine.
//
// [In] returns the queue as a transaction sees it. A job may hold secrets,
// which running it needs: its table is secret and never described.
package queue
