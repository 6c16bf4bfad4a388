// Package zeroed makes the series of a metric when they are first asked for. A
// counter has to be there at 0 for a rate over its first event to be right; where
// there are many, the start of a program would wait for them.
package zeroed
