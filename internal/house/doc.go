// Package house holds the rules of the house as tests: which package may import
// which. It has no code of its own.
package house
