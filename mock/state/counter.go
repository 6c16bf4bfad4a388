package state

import "cmp"

// counter is the row of a Sequence.
type counter struct {
	Name string `json:"name"`
	Last int64  `json:"last"`
}

var counters = Declare(Spec[string, counter]{
	Name: "counter", Key: func(c *counter) string { return c.Name }, Compare: cmp.Compare[string],
})

// Counters is the table of the sequences. Every schema has it.
func Counters() Declaration { return counters }

// Next returns the next number of a sequence, 1 after it was never asked.
// Numbers that were taken back with their transaction are given again.
func (t *Tx) Next(sequence string) (int64, error) {
	next := t.Last(sequence) + 1
	return next, t.Skip(sequence, next)
}

// Last returns the number given last, 0 if none was.
func (t *Tx) Last(sequence string) int64 {
	if row := counters.Get(t, sequence); row != nil {
		return row.Last
	}
	return 0
}

// Skip makes a number the last one given.
func (t *Tx) Skip(sequence string, last int64) error {
	return counters.Put(t, &counter{Name: sequence, Last: last})
}
