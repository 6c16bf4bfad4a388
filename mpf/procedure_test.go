package mpf_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"wsexchange/internal/xmldoc"
	"wsexchange/mpf"
)

func TestProcedure_Constants(t *testing.T) {
	call := func(name string) mpf.Step {
		return mpf.Step{Call: &mpf.Call{Kind: mpf.Execute, ExecuteData: xmldoc.Element(name)}}
	}
	p := &mpf.Procedure{Data: xmldoc.Element("scratch"), Steps: []mpf.Step{
		call("first"),
		{Call: &mpf.Call{Kind: mpf.Transform}},
		{Select: &mpf.Select{}},
		{Try: &mpf.Try{Body: []mpf.Step{call("second")}, Catch: []mpf.Step{call("third")}}},
	}}
	names := func(limit int) (found []string) {
		for n := range p.Constants() {
			if found = append(found, n.Data); len(found) == limit {
				break
			}
		}
		return found
	}
	all := []string{"scratch", "first", "second", "third"}
	for limit := 1; limit <= len(all); limit++ {
		assert.Equal(t, all[:limit], names(limit))
	}
	assert.Equal(t, all, names(0))
}
