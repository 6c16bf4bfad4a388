package state

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
)

// Dump writes all rows as text, the same text for the same content: tables in
// the order of the schema, rows in the order of their keys, but the tables named
// in except. Rows of secret tables are shown by a digest, so that a dump tells
// whether they changed and nothing more.
func (r *Root) Dump(w io.Writer, except ...string) error {
	out := bufio.NewWriter(w)
	last := ""
	err := r.Rows(func(table, key string, value []byte) error {
		if slices.Contains(except, table) {
			return nil
		}
		if table != last {
			fmt.Fprintf(out, "[%s]\n", table) // the writer keeps its error until Flush
			last = table
		}
		if r.schema.named[table].Secret() {
			fmt.Fprintf(out, " %s #%x\n", key, sha256.Sum256(value))
			return nil
		}
		fmt.Fprintf(out, " %s %s\n", key, value)
		return nil
	})
	if err != nil {
		return err
	}
	return out.Flush()
}
