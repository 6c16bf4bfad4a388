package engine_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"wsexchange/mock/engine/enginetest"
)

// program draws steps of a request: calls that write, calls that fail, and
// tries around them.
func program(t *rapid.T, depth int) string {
	var b strings.Builder
	for range rapid.IntRange(1, 3).Draw(t, "steps") {
		name := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "name")
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0, 1:
			b.WriteString(step("Make", "<name>"+name+"</name>"))
		case 2:
			b.WriteString(step("Make", "<name>"+name+"</name><fail/>"))
		case 3:
			b.WriteString(step("Tree", "<name>"+name+"</name><levels>2</levels>"))
		case 4:
			b.WriteString(step("Tree", "<name>"+name+"</name><levels>1</levels><fail/>"))
		case 5:
			b.WriteString(step("Later", "<name>"+name+"</name>"))
		default:
			if depth > 0 {
				b.WriteString("<try>" + program(t, depth-1) + "</try><catch>" + program(t, depth-1) + "</catch>")
			}
		}
	}
	return b.String()
}

// TestProperty_AllOrNothing runs random programs: one that fails leaves the
// store as it was, one that succeeds leaves a log that agrees with it.
func TestProperty_AllOrNothing(t *testing.T) {
	u := enginetest.New(t, space())
	rapid.Check(t, func(r *rapid.T) {
		before := u.Dump()
		if response := u.Run(request(program(r, 2))); response.Err == nil {
			return
		}
		if u.Dump() != before {
			r.Fatal("a failed request changed the store")
		}
	})
}
