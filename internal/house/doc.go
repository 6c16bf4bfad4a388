// Package house holds the rules of the house as tests: which package may import
// which, that numbered facts and error causes are in use, and that documents
// name what exists. It has no code of its own.
package house
