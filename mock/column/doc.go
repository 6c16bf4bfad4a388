// Package column has types for the columns of rows that several rooms of the
// state have: small in memory, and text that a person can read where the ledger
// writes them as JSON. The zero value of each is nothing, which the option
// omitzero leaves out.
package column
